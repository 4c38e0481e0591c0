import { OaopsError } from '../../core/errors.ts';
import { damaged } from './damaged.ts';

/** Text of the line format: a first line with name and version, lines, and `end` with their number. */
export function formatLines(format: string, lines: readonly string[]): string {
  const body = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  return `${format}\t1\n${body}end\t${lines.length}\n`;
}

/** The lines between the first and the last. Throws `repository-damaged` or `format-unknown`. */
export function parseLines(format: string, text: string): string[] {
  const lines = text.split('\n');
  checkFirstLine(format, lines[0] ?? '');
  if (lines.pop() !== '') throw damaged(`${format} text does not end with a line feed`);
  const end = lines.pop();
  if (lines.length < 1 || end !== `end\t${lines.length - 1}`) throw damaged(`${format} text is cut or has a wrong end`);
  lines.shift();
  return lines;
}

/** Lines that wait for so long that the garbage collector moves them about cost more than they do. */
const portionBytes = 64 * 1024;

/** As `parseLines`, one line after the other without ever holding all; what is wrong with the last is told when all others were given. */
export function* eachLine(format: string, text: Buffer): Generator<string> {
  let isFirst = true;
  let count = 0;
  let last: string | undefined;
  for (let at = 0; at < text.length; ) {
    let end = text.lastIndexOf(0x0a, at + portionBytes);
    if (end < at) end = text.indexOf(0x0a, at);
    const lines = text.toString('latin1', at, end < 0 ? text.length : end).split('\n');
    if (isFirst) checkFirstLine(format, lines.shift()!);
    isFirst = false;
    if (end < 0) throw damaged(`${format} text does not end with a line feed`);
    for (const line of lines) {
      if (last !== undefined) {
        count += 1;
        yield last;
      }
      last = line;
    }
    at = end + 1;
  }
  if (isFirst) checkFirstLine(format, '');
  if (last !== `end\t${count}`) throw damaged(`${format} text is cut or has a wrong end`);
}

/** Refuses another format or version. */
export function checkFirstLine(format: string, line: string): void {
  if (line === `${format}\t1`) return;
  const [name, version] = line.split('\t');
  if (name === format && version !== undefined && /^\d+$/.test(version))
    throw new OaopsError('format-unknown', `${format} has format version ${version}, this program reads version 1`, {
      next: 'Use a newer version of oaops.',
    });
  throw damaged(`${format} text has a wrong first line`);
}

const decimal = /^\d{1,15}$/;
const hash = /^[0-9a-f]{64}$/;

/** A whole number below 10^15. */
export function parseCount(field: string | undefined, what: string): number {
  if (field === undefined || !decimal.test(field)) throw damaged(`${what} is not a number`);
  return Number(field);
}

export function parseHash(field: string | undefined, what: string): string {
  if (field === undefined || !hash.test(field)) throw damaged(`${what} is not a sha256`);
  return field;
}

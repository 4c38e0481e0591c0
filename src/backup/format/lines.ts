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

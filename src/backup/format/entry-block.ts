import { type Entry, parseEntry } from './entry.ts';
import { eachLine, formatLines, parseLines } from './lines.ts';

export const entryBlockFormat = 'oaops-entries';

/** Plain text of an entry block from its lines (`formatEntry`). */
export function formatEntryBlock(lines: readonly string[]): string {
  return formatLines(entryBlockFormat, lines);
}

/** The lines of a block, unparsed. */
export function entryBlockLines(text: string): string[] {
  return parseLines(entryBlockFormat, text);
}

/** The same one after the other, from the plain bytes. Throws at the end when the block is cut. */
export function eachEntryLine(plain: Buffer): Generator<string> {
  return eachLine(entryBlockFormat, plain);
}

export function parseEntryBlock(text: string): Entry[] {
  return entryBlockLines(text).map(parseEntry);
}

import { plainLines } from '../../core/plain-text.ts';
import { wrapLines } from './width.ts';

/** A text of several lines that is in the user's language already: in a terminal no line breaks in the middle of a word. */
export function laidOut(said: string): string {
  return process.stdout.isTTY ? wrapLines(plainLines(said), process.stdout.columns || 80) : said;
}

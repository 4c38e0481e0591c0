import type { YAMLError } from 'yaml';

/** A key that is indented below a plain text continues that text: the parser reports where the text starts, on a line above. */
export function indentedTooFar(error: YAMLError, text: string): number | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY' || /^["'[{|>]/.test(text.slice(error.pos[0], error.pos[0] + 1)))
    return undefined;
  const lineEnd = text.indexOf('\n', error.pos[0]);
  if (lineEnd < 0 || /:[ \t\r\n]/.test(text.slice(error.pos[0], lineEnd + 1))) return undefined;
  const key = /^[ \t]*(?=\S.*?:(?:[ \t\r]|$))/m;
  const rest = text.slice(lineEnd + 1, lineEnd + 1 + 100_000);
  const found = key.exec(rest);
  return found ? lineEnd + 1 + found.index + found[0].length : undefined;
}

/** The first character of a line whose indentation is wrong, which is where one looks. */
export function afterIndentation(text: string, offset: number): number {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  let at = offset;
  if (text.slice(lineStart, offset).trim() === '') while (text[at] === ' ') at++;
  return at;
}

/**
 * A no-break or full-width space, which looks like indentation and is none, at the start of the line of `offset` or of the one
 * above it.
 */
export function foreignSpace(text: string, offset: number): number | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  for (const start of [lineStart, text.lastIndexOf('\n', lineStart - 2) + 1]) {
    const found = /^ *(?=[\u00a0\u2000-\u200b\u202f\u205f\u3000])/.exec(text.slice(start, start + 1000));
    if (found) return start + found[0].length;
  }
  return undefined;
}

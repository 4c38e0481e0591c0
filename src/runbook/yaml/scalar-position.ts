import type { Scalar } from 'yaml';
import type { Range } from './document.ts';

/**
 * Range in the text of `start..end` within a scalar's value: the value and its source form are walked side by side, so
 * that quotes, indentation, folded lines and escapes are stepped over. Falls back to the whole scalar.
 */
export function rangeInScalar(text: string, scalar: Scalar, start: number, end: number): Range {
  const range = scalar.range;
  const value = scalar.value;
  if (!range || typeof value !== 'string') return [range?.[0] ?? 0, range?.[1] ?? 0];
  const whole: Range = [range[0], range[1]];
  const from = contentStart(text, scalar, range[0], range[1]);
  const offsets = align(
    text.slice(from, range[1]),
    value,
    scalar.type === 'QUOTE_DOUBLE',
    scalar.type === 'QUOTE_SINGLE',
  );
  const first = offsets[start];
  if (first === undefined) return whole;
  const last = offsets[Math.max(start, end - 1)];
  return [from + first, from + (last === undefined ? first : last + (end > start ? 1 : 0))];
}

/** Where the content starts: after the quote, or after the header line of a block scalar. */
function contentStart(text: string, scalar: Scalar, start: number, end: number): number {
  if (scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE') return start + 1;
  if (scalar.type === 'BLOCK_FOLDED' || scalar.type === 'BLOCK_LITERAL') {
    const lineEnd = text.indexOf('\n', start);
    return lineEnd < 0 ? end : lineEnd + 1;
  }
  return start;
}

/** Offset in `source` of each character of `value`, as far as both can be matched; one more entry for the end. */
function align(source: string, value: string, doubleQuoted: boolean, singleQuoted: boolean): number[] {
  const offsets: number[] = [];
  let at = 0;
  let lineStart = true;
  for (const character of value.split('')) {
    // Indentation of continuation lines is not part of the value.
    if (lineStart || /\s/.test(source[at] ?? '')) {
      if (!/\s/.test(character)) while (at < source.length && /\s/.test(source[at]!)) at++;
    }
    lineStart = false;
    if (/\s/.test(character)) {
      if (source[at] !== character && !/\s/.test(source[at] ?? '')) return offsets;
      offsets.push(at);
      at++;
      continue;
    }
    if (doubleQuoted && source[at] === '\\') {
      if (source[at + 1] !== character) return offsets;
      offsets.push(at + 1);
      at += 2;
      continue;
    }
    if (source[at] !== character) return offsets;
    offsets.push(at);
    at += singleQuoted && character === "'" ? 2 : 1;
  }
  offsets.push(at);
  return offsets;
}

/**
 * Thresholds as monitoring plugins write them (Monitoring Plugins Development Guidelines, "Threshold and ranges"): `10` alerts below
 * 0 and above 10, `10:` below 10, `~:10` above 10, `10:20` outside of both, `@10:20` inside, ends included.
 */
export interface Range {
  start: number;
  end: number;
  inside: boolean;
}

const number = '[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)';
const pattern = new RegExp(`^(@?)(?:(~|${number})?:)?(${number})?$`);

/** undefined: it is no range. */
export function parseRange(text: string): Range | undefined {
  const match = pattern.exec(text.trim());
  if (!match || text.trim() === '' || text.trim() === '@') return undefined;
  const [, at, from, to] = match;
  const start = from === '~' ? Number.NEGATIVE_INFINITY : Number(from ?? 0);
  const end = to === undefined ? Number.POSITIVE_INFINITY : Number(to);
  if (start > end) return undefined;
  return { start, end, inside: at === '@' };
}

/** Whether the value is one that the range warns of. */
export function alerts({ start, end, inside }: Range, value: number): boolean {
  return (value >= start && value <= end) === inside;
}

/** A number as other programs read it: plain digits, without an exponent. */
export function plainNumber(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  return Math.abs(value) < 1
    ? value.toFixed(20).replace(/0+$/, '').replace(/\.$/, '')
    : BigInt(Math.round(value)).toString();
}

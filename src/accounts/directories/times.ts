/** Times as directories write them, as milliseconds since 1970 UTC. `undefined`: there is none, it means "never", or it is no time. */

/** Milliseconds from 1601, where FILETIME begins, to 1970. */
const from1601Ms = 11_644_473_600_000n;
const ticksPerMs = 10_000n;
const neverTicks = 0x7fff_ffff_ffff_ffffn;
const dayMs = 86_400_000;
/** What `Date` is able to hold. */
const farthestMs = 8_640_000_000_000_000;

/** 100 ns since 1601 UTC, as Active Directory writes times. 0 and the largest number: never. */
export function filetimeMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) return undefined;
  const ticks = BigInt(text);
  if (ticks <= 0n || ticks === neverTicks) return undefined;
  return known(Number(ticks / ticksPerMs - from1601Ms));
}

export function filetimeOf(ms: number): string {
  return String((BigInt(Math.trunc(ms)) + from1601Ms) * ticksPerMs);
}

/** A length of time as Active Directory writes it: negative, in 100 ns. 0 and the smallest number: none. */
export function intervalMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) return undefined;
  const ticks = BigInt(text);
  if (ticks >= 0n || ticks <= -neverTicks) return undefined;
  return Number(-ticks / ticksPerMs);
}

/**
 * `20261231235959.123Z`, `202612312359+0800`: generalized time (RFC 4517 section 3.3.13). Minutes and seconds may be absent, and the fraction is one of
 * the last part that is there.
 */
export function generalizedTimeMs(text: string | undefined): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d+))?(Z|[+-]\d\d(?:\d\d)?)$/.exec(text ?? '');
  if (!found) return undefined;
  const [, year, month, day, hour, minute = '00', second = '00', fraction = '0', zone] = found;
  const unitMs = found[6] !== undefined ? 1000 : found[5] !== undefined ? 60_000 : 3_600_000;
  // A leap second counts as the first second of the next minute.
  const leap = second === '60' ? 1000 : 0;
  const wholeMs = utcMs([year!, month!, day!, hour!, minute, leap ? '59' : second].map(Number));
  if (wholeMs === undefined) return undefined;
  return known(wholeMs + leap + Math.trunc(Number(`0.${fraction}`) * unitMs) - offsetMs(zone!));
}

export function generalizedTimeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
}

/** Days since 1970, as shadow(5) writes them; the beginning of that day in UTC. Empty and negative: none. */
export function daysMs(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,8}$/.test(text) ? known(Number(text) * dayMs) : undefined;
}

/**
 * `2026-12-31`: the beginning of that day in UTC; `2026-12-31T23:59:59.5+08:00`, with a blank instead of the T as databases write it, and
 * without an offset in UTC.
 */
export function isoTimeMs(text: string | undefined): number | undefined {
  const found =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i.exec(
      text ?? '',
    );
  if (!found) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = found;
  const wholeMs = utcMs([year!, month!, day!, hour, minute, second].map(Number));
  if (wholeMs === undefined) return undefined;
  return known(wholeMs + Math.trunc(Number(`0.${fraction}`) * 1000) - offsetMs(zone.replace(':', '')));
}

/** Any of the ways above but FILETIME and plain numbers longer than days. */
export function anyTimeMs(text: string | undefined): number | undefined {
  return generalizedTimeMs(text) ?? isoTimeMs(text) ?? daysMs(text);
}

/** Undefined for a day or an hour that there is not. */
function utcMs(parts: number[]): number | undefined {
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second);
  const same =
    at.getUTCFullYear() === year &&
    at.getUTCMonth() === month - 1 &&
    at.getUTCDate() === day &&
    at.getUTCHours() === hour &&
    at.getUTCMinutes() === minute &&
    at.getUTCSeconds() === second;
  return same ? at.getTime() : undefined;
}

/** `+0800`, `-03`, `Z`. */
function offsetMs(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3) || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function known(ms: number): number | undefined {
  return Math.abs(ms) <= farthestMs ? ms : undefined;
}

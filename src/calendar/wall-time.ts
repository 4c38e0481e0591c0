import { wallTimeOf } from '../core/zoned-time.ts';

const dayMs = 86_400_000;

/**
 * The moment at which the clocks of a zone show a date and a time of day (`HH:MM`), in milliseconds since the epoch. Of a time that comes twice
 * it is the first one; a time that a clock change leaves out is the end of the gap.
 */
export function momentOf(date: string, time: string, timeZone: string): number {
  const wallMs = Date.parse(`${date}T${time}:00Z`);
  const offsetAt = (ms: number) => wallTimeOf(ms, timeZone) - ms;
  // The offsets around the day: the earliest moment that leads back to the same time is right.
  const offsets = [offsetAt(wallMs - dayMs), offsetAt(wallMs + dayMs)];
  const fits = offsets.map((offset) => wallMs - offset).filter((ms) => wallTimeOf(ms, timeZone) === wallMs);
  if (fits.length > 0) return Math.min(...fits);
  // In a gap: the change lies between what the two offsets make of it.
  let [before, after] = [wallMs - Math.max(...offsets) - 1, wallMs - Math.min(...offsets)];
  const passed = (ms: number) => wallTimeOf(ms, timeZone) > wallMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (passed(middle)) after = middle;
    else before = middle;
  }
  return after;
}

import { addDays } from '../../calendar/dates.ts';
import { localClock, wallTimeOf } from '../../core/zoned-time.ts';

const dayMs = 86_400_000;

/** Now, and dates on the clocks of the company. */
export class Days {
  readonly nowMs: number;
  readonly today: string;
  readonly #timeZone: string;
  /** Offset of the zone at the beginning of a UTC day: asking for 100,000 dates one by one takes a second. */
  readonly #offsets = new Map<number, number>();
  readonly #dates = new Map<number, string>();

  constructor(nowMs: number, today: string, timeZone: string) {
    this.nowMs = nowMs;
    this.today = today;
    this.#timeZone = timeZone;
  }

  dateOf(ms: number): string {
    const day = Math.floor(ms / dayMs);
    const [before, after] = [this.#offsetAt(day), this.#offsetAt(day + 1)];
    const wall = before === after ? ms + before : wallTimeOf(ms, this.#timeZone);
    const wallDay = Math.floor(wall / dayMs);
    let date = this.#dates.get(wallDay);
    if (date === undefined) {
      date = new Date(wallDay * dayMs).toISOString().slice(0, 10);
      this.#dates.set(wallDay, date);
    }
    return date;
  }

  /** The first moment after a date. */
  endOf(date: string): number {
    return localClock(this.#timeZone).msAt(addDays(date, 1), '00:00');
  }

  #offsetAt(day: number): number {
    let offset = this.#offsets.get(day);
    if (offset === undefined) {
      offset = wallTimeOf(day * dayMs, this.#timeZone) - day * dayMs;
      this.#offsets.set(day, offset);
    }
    return offset;
  }
}

/** A policy's figure as it is written: `90d`, `36h`. */
export function tellAge(ms: number): string {
  for (const [unit, size] of [
    ['d', dayMs],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

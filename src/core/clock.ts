import { setTimeout as delay } from 'node:timers/promises';

/** The time source that everything is given; tests pass their own. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. */
  nowMs(): number;
  /** A clock that never jumps, in milliseconds; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with an AbortError when `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Timers hold 31 bits: one of 25 days would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    const options = signal ? { signal } : {};
    let leftMs = ms;
    for (; leftMs > longestTimerMs; leftMs -= longestTimerMs) await delay(longestTimerMs, undefined, options);
    await delay(leftMs, undefined, options);
  },
};

/**
 * A date (`2026-01-31`, from its first moment in UTC) or a time with its zone, as `isoTime` writes it; undefined when the
 * text is anything else: a time without a zone means another moment on every machine.
 */
export function parseIsoTime(text: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : isoTime(ms);
}

/** ISO 8601 in UTC with milliseconds (`2026-11-22T18:05:12.123Z`): the only form in which times are stored. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

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

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {});
  },
};

/** ISO 8601 in UTC with milliseconds (`2026-11-22T18:05:12.123Z`): the only form in which times are stored. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

import type { Clock } from '../../core/clock.ts';

/** Calls `end` when the time is over or `signal` aborts, whichever is first; `release` when neither matters any more. */
export interface Deadline {
  readonly timedOut: boolean;
  /** Aborted by `release`. */
  readonly over: AbortSignal;
  release(): void;
}

export function startDeadline(
  clock: Clock,
  timeoutMs: number | undefined,
  signal: AbortSignal,
  end: () => void,
): Deadline {
  const over = new AbortController();
  let timedOut = false;
  if (timeoutMs !== undefined) {
    clock.sleep(timeoutMs, over.signal).then(
      () => {
        timedOut = true;
        end();
      },
      () => {},
    );
  }
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return {
    get timedOut() {
      return timedOut;
    },
    over: over.signal,
    release() {
      over.abort();
      signal.removeEventListener('abort', end);
    },
  };
}

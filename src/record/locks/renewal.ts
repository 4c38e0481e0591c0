import type { Clock } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';

export interface Renewal {
  /** Fires when the lock was lost, or could not be renewed and is about to expire. */
  lost: AbortSignal;
  stop(): void;
}

export interface RenewalOptions {
  clock: Clock;
  ttlMs: number;
  /** When the present term began, on the monotonic clock. */
  renewedAtMs: number;
  /** Resolves to false when somebody else has the lock now. */
  renew(): Promise<boolean>;
  lockName: string;
}

/**
 * Renews after a third of the term, again and again if that fails, and gives the lock up after three quarters: early
 * enough that work already started can come to its next checkpoint before another machine may take over. Only the
 * monotonic clock counts. The timers keep no process alive.
 */
export function renewInBackground({ clock, ttlMs, renewedAtMs, renew, lockName }: RenewalOptions): Renewal {
  const controller = new AbortController();
  let renewed = renewedAtMs;
  let renewing = false;
  let tried = false;

  const timer = setInterval(
    () => {
      const elapsedMs = clock.monotonicMs() - renewed;
      // Not tried in this term yet although it is late: the process itself was held up. It may ask once.
      if (elapsedMs >= ttlMs * 0.75 && tried) giveUp(`the lock "${lockName}" could not be renewed in time`);
      else if (elapsedMs >= ttlMs / 3 && !renewing) void attempt();
    },
    Math.max(5, ttlMs / 12),
  );
  timer.unref();

  async function attempt(): Promise<void> {
    renewing = true;
    tried = true;
    const askedAt = clock.monotonicMs();
    try {
      if (await renew()) {
        renewed = askedAt;
        tried = false;
      } else {
        giveUp(`the lock "${lockName}" was taken by another process`);
      }
    } catch {
      // Tried again at the next tick, until the term is nearly over.
    } finally {
      renewing = false;
    }
  }

  function giveUp(message: string): void {
    clearInterval(timer);
    if (!controller.signal.aborted) {
      controller.abort(
        new OaopsError('lock-lost', message, {
          exitCode: 11,
          next: 'Look with "oaops lock list" who works on it now.',
        }),
      );
    }
  }

  return { lost: controller.signal, stop: () => clearInterval(timer) };
}

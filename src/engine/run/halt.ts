import type { Clock } from '../../core/clock.ts';
import type { ExitCode } from '../../core/exit-codes.ts';

/** Why a run starts nothing new. */
export interface HaltReason {
  kind: 'signal' | 'abort' | 'pause' | 'lock-lost';
  message: string;
  exitCode: ExitCode;
}

/** How long a unit may take to reach its next checkpoint after the first signal. */
export const checkpointGraceMs = 60_000;

/**
 * The two stages of stopping. Stage one (`stopping`): start nothing new, go to the next checkpoint. Stage two (`killed`): end
 * at once; what was under way is journalled as unknown. Stage two follows stage one after a minute by itself.
 */
export class Halt {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #clock: Clock;
  readonly #graceMs: number;
  reason: HaltReason | undefined;

  constructor(clock: Clock, graceMs = checkpointGraceMs) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  get killed(): AbortSignal {
    return this.#kill.signal;
  }

  stop(reason: HaltReason): void {
    // A pause is the mildest of them: whatever comes after it stands over it.
    if (this.reason && (this.reason.kind !== 'pause' || reason.kind === 'pause')) return;
    this.reason = reason;
    this.#stop.abort('stop');
    // Who pauses a run wants what is under way to end well, however long it takes.
    if (reason.kind === 'pause') return;
    this.#clock.sleep(this.#graceMs, this.#kill.signal).then(
      () => this.#kill.abort('killed'),
      () => undefined,
    );
  }

  kill(reason: HaltReason): void {
    if (!this.reason || this.reason.kind === 'pause') this.reason = reason;
    this.#stop.abort('stop');
    this.#kill.abort('killed');
  }

  /** Joins signals from outside; gives the function that leaves them again and ends the minute's timer. */
  join(sources: {
    stop?: AbortSignal | undefined;
    kill?: AbortSignal | undefined;
    lost?: AbortSignal | undefined;
  }): () => void {
    const leave: (() => void)[] = [];
    const on = (signal: AbortSignal | undefined, act: () => void) => {
      if (!signal) return;
      if (signal.aborted) act();
      signal.addEventListener('abort', act);
      leave.push(() => signal.removeEventListener('abort', act));
    };
    on(sources.stop, () => this.stop(signalReason(sources.stop)));
    on(sources.kill, () => this.kill(signalReason(sources.kill)));
    on(sources.lost, () =>
      this.stop({ kind: 'lock-lost', message: 'the lock of this run could not be renewed', exitCode: 11 }),
    );
    return () => {
      for (const step of leave) step();
      this.#kill.abort('ended');
    };
  }
}

/** The command aborts with the signal's exit code as the reason: 130 or 143. */
function signalReason(signal: AbortSignal | undefined): HaltReason {
  const exitCode = signal?.reason === 143 ? 143 : 130;
  return { kind: 'signal', message: exitCode === 143 ? 'stopped by SIGTERM' : 'stopped by SIGINT', exitCode };
}

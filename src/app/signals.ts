import { ExitCode } from '../core/exit-codes.ts';

/** First and second signal as abort signals whose reason is the exit code; the terminal is given back at the end. */
export interface StopSignals extends Disposable {
  stop: AbortSignal;
  kill: AbortSignal;
  /** As if SIGINT had come: Ctrl-C at a question is read as a key and reaches nobody else. */
  interrupt(): void;
}

/**
 * From now on SIGINT, SIGTERM and SIGHUP stop the run instead of ending the process. A terminal that is closed is like
 * SIGTERM: what is under way comes to its checkpoint and is journalled.
 */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  const kill = new AbortController();
  const on = (exitCode: ExitCode, second = true) => {
    if (stop.signal.aborted && second) kill.abort(exitCode);
    stop.abort(exitCode);
  };
  const handlers = {
    SIGINT: () => on(ExitCode.sigint),
    SIGTERM: () => on(ExitCode.sigterm),
    // The kernel and the shell both send it when a terminal goes away: it never counts as the second signal.
    SIGHUP: () => on(ExitCode.sigterm, false),
  };
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
  return {
    stop: stop.signal,
    kill: kill.signal,
    interrupt: handlers.SIGINT,
    [Symbol.dispose]() {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
    },
  };
}

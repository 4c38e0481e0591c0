import { ExitCode } from '../core/exit-codes.ts';

/** First and second SIGINT/SIGTERM as abort signals whose reason is the exit code; the terminal is given back at the end. */
export interface StopSignals extends Disposable {
  stop: AbortSignal;
  kill: AbortSignal;
}

/** From now on SIGINT and SIGTERM stop the run instead of ending the process. */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  const kill = new AbortController();
  const on = (exitCode: ExitCode) => () => {
    if (stop.signal.aborted) kill.abort(exitCode);
    stop.abort(exitCode);
  };
  const handlers = { SIGINT: on(ExitCode.sigint), SIGTERM: on(ExitCode.sigterm) };
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
  return {
    stop: stop.signal,
    kill: kill.signal,
    [Symbol.dispose]() {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
    },
  };
}

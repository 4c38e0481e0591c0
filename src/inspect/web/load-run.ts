import type { LoadOutcome, LoadSession } from '../ports.ts';

/** What was measured of a URL under load. */
export interface LoadFigures {
  requests: number;
  /** Seconds of each answer with a good status, in order. */
  seconds: Float64Array;
  /** What went wrong, and how often: a status, or why there was no answer. */
  problems: Map<string, number>;
  elapsedSeconds: number;
  bytes: number;
}

export interface LoadPlan {
  concurrency: number;
  /** Requests that are not counted, so that connections, caches and compilers are warm. */
  warmUp: number;
  /** No more requests than these, whatever the time. */
  requests: number;
  durationMs: number | undefined;
  isGood(status: number): boolean;
}

/**
 * So many workers that each send the next request when the last is answered. Ends after the requests or the time; a request that is under way then
 * is waited for. undefined: none of the warm-up was answered well, so nothing more is sent. @throws whatever `signal` was aborted with
 */
export async function runLoad(
  session: LoadSession,
  plan: LoadPlan,
  monotonicMs: () => number,
  signal: AbortSignal,
): Promise<LoadFigures | { refused: Map<string, number> }> {
  const warm = await send(session, plan, plan.warmUp, undefined, monotonicMs, signal);
  if (plan.warmUp > 0 && warm.seconds.length === 0) return { refused: warm.problems };
  return send(session, plan, plan.requests, plan.durationMs, monotonicMs, signal);
}

async function send(
  session: LoadSession,
  { concurrency, isGood }: LoadPlan,
  requests: number,
  durationMs: number | undefined,
  monotonicMs: () => number,
  signal: AbortSignal,
): Promise<LoadFigures> {
  const seconds: number[] = [];
  const problems = new Map<string, number>();
  let started = 0;
  let bytes = 0;
  const beganMs = monotonicMs();
  const worker = async () => {
    while (started < requests && (durationMs === undefined || monotonicMs() - beganMs < durationMs)) {
      signal.throwIfAborted();
      started++;
      const sentMs = monotonicMs();
      const outcome = await session.once(signal);
      bytes += outcome.bytes;
      const problem = problemOf(outcome, isGood);
      if (problem === undefined) seconds.push((monotonicMs() - sentMs) / 1000);
      else problems.set(problem, (problems.get(problem) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests) }, worker));
  const elapsedSeconds = (monotonicMs() - beganMs) / 1000;
  return { requests: started, seconds: Float64Array.from(seconds).sort(), problems, elapsedSeconds, bytes };
}

function problemOf({ status, problem }: LoadOutcome, isGood: (status: number) => boolean): string | undefined {
  if (status === null) return problem ?? 'no answer';
  return isGood(status) ? undefined : String(status);
}

/** The nearest rank: so many percent of the answers took this time or less. NaN where there are none. */
export function percentile(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

import { messageOf } from '../../core/errors.ts';
import type { UnitStatus } from '../../core/events.ts';
import type { JournalRow } from '../../record/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import { isFailure, unitPath } from '../journal/journal-state.ts';
import type { PlannedUnit } from '../plan/plan-types.ts';
import {
  type AttemptEnd,
  actionOf,
  attempt,
  emitEnded,
  emitStarted,
  failedEnd,
  type Job,
  phaseStatus,
  recoverAttempt,
  storedFailure,
} from './attempt.ts';
import { runScope, unitOutputs } from './scope.ts';
import { decideNext } from './unit-decision.ts';
import { evaluateCondition } from './values.ts';

/** How a unit stands when nothing more can be done with it in this process. */
export interface UnitEnd {
  /** `pending`: the run stopped before the (next) attempt. */
  status: UnitStatus | 'pending';
  message?: string;
  next?: string;
  exitCode?: number;
  wakeAtMs?: number;
}

/**
 * Brings one unit as far as it goes: recovery, attempts, verification, retries with back-off. `mayStart`: no means that only what was begun before is
 * brought to its end.
 */
export async function runUnit(run: RunContext, state: StepState, unit: PlannedUnit, mayStart = true): Promise<UnitEnd> {
  const { step } = state;
  const entrySeq = run.journal.view.rows.at(-1)?.seq ?? 0;
  const job = doJob(run, state, unit);
  for (;;) {
    const next = decideNext(run.journal.view, step, unit.id, entrySeq, run.plan);
    if (next.do === 'end') return endOfRow(run, next.row, next.status);
    if (run.halt.stopping.aborted) return { status: 'pending' };
    if (next.do === 'verify') {
      await verify(run, state, unit, next.row);
      const row = run.journal.view.last(step.id, unit.id, 'verify')!;
      if (row.status === 'waiting') return endOfRow(run, row, 'waiting');
      // No answer is no yes: what was looked at in part, or lost from sight, is verified again by a resume.
      if (row.status === 'incomplete' || (row.status === 'unknown' && !run.halt.stopping.aborted))
        return unverifiedEnd(row, row.status);
      if (row.status !== 'ok' && !isFailure(row.status)) return { status: 'pending' };
    } else if (next.do === 'recover') {
      if ((await recover(run, job, next.row, () => verify(run, state, unit, next.row))) === 'unknown')
        return unknownEnd(run, next.row);
      if (run.halt.stopping.aborted) return { status: 'pending' };
      if (mayStart && isOpen(run, step.id, unit.id)) await attempt(run, job);
    } else if (!mayStart) {
      return { status: 'pending' };
    } else {
      if (next.delayMs > 0 && !(await pause(run, state, unit, next.delayMs, next.after!))) return { status: 'pending' };
      await attempt(run, job);
    }
  }
}

/** `settled`: the journal now says how it ended, or that it is to be run again. */
export type Recovery = 'settled' | 'unknown';

/**
 * Finds out about an attempt without a result. A person's decision comes first, then what the action can tell, then `verify`,
 * then `idempotent`; else it stays unknown and a person is asked.
 */
export async function recover(
  run: RunContext,
  job: Job,
  row: JournalRow,
  verify?: () => Promise<'in-place' | 'not-in-place' | 'inconclusive'>,
): Promise<Recovery> {
  emitStarted(run, row);
  const started = run.deps.clock.monotonicMs();
  const settle = async (end: AttemptEnd): Promise<Recovery> => {
    const phased = { ...end, status: phaseStatus(job.phase, end.status) };
    emitEnded(run, await run.journal.settle(row, phased), run.deps.clock.monotonicMs() - started);
    return 'settled';
  };
  const again = (message: string, result: Record<string, unknown> = {}): Promise<Recovery> =>
    settle({ status: 'aborted', result, message });

  const decision = run.journal.view.decisionFor(row);
  if (decision?.as === 'done')
    return settle({ status: 'ok', result: { declaredBy: decision.by }, message: `declared done by ${decision.by}` });
  if (decision?.as === 'failed')
    return settle(failedEnd(`declared failed by ${decision.by}`, { code: 'declared-failed', retryable: false }));
  if (decision?.as === 'retry') return again(`run again by decision of ${decision.by}`);

  const told = await recoverAttempt(run, job, row);
  if (told === 'not-started') return again('interrupted before it started', { started: false });
  if (told) return settle(told);
  if (job.step.verify && verify) {
    const verdict = await verify();
    if (verdict === 'in-place')
      return settle({
        status: 'ok',
        result: { recoveredBy: 'verify' },
        message: 'interrupted; verified to be in place',
      });
    if (verdict === 'not-in-place') return again('interrupted; verified not to be in place');
  }
  const action = actionOf(run, job.uses);
  const idempotent =
    job.phase === 'do' ? job.step.idempotent : action.idempotent || action.effect === 'read' || job.step.idempotent;
  if (idempotent) return again('interrupted; run again because it is idempotent');

  if (row.status === null)
    await run.journal.end(row, {
      status: 'unknown',
      result: { next: decideCommand(run, row) },
      message: 'interrupted; nobody knows whether it took effect',
    });
  emitEnded(run, row, run.deps.clock.monotonicMs() - started);
  return 'unknown';
}

/** The command that settles a unit nobody knows about. */
export function decideCommand(run: RunContext, row: JournalRow): string {
  return `Look at ${row.target}, then run "oaops runs resume ${run.runId} --unit ${unitPath(row.step, row.unit)} --as done|failed|retry".`;
}

/** The step's own call, judged by `success` and `outputs`. */
export function doJob(run: RunContext, state: StepState, unit: PlannedUnit): Job {
  const { step } = state;
  return {
    step,
    unit,
    phase: 'do',
    uses: step.uses,
    args: unit.with,
    ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
    judge: (end) => judged(run, state, unit, end),
  };
}

/** `success` overrules the action in both directions, but not a timeout or an error without a result. */
function judged(run: RunContext, state: StepState, unit: PlannedUnit, end: AttemptEnd): AttemptEnd {
  const { step } = state;
  const judgeable =
    end.status === 'ok' || end.status === 'incomplete' || (end.status === 'failed' && end.result['thrown'] !== true);
  if (!judgeable) return end;
  const result = run.deps.redactor.redactValue(end.result);
  let verdict = end;
  if (step.success !== undefined) {
    try {
      const good = evaluateCondition(step.success, runScope(run, unit, result));
      const { error: _error, ...rest } = end.result;
      if (good && end.status === 'failed') verdict = { status: 'ok', result: rest };
      if (!good && end.status !== 'failed')
        verdict = withFailure(end, `not a success: ${step.success} is false`, { code: 'success-false' });
    } catch (error) {
      if (end.status !== 'failed')
        verdict = withFailure(end, messageOf(error), { code: 'expression-failed', retryable: false });
    }
  }
  if (verdict.status !== 'ok' && verdict.status !== 'incomplete') return verdict;
  try {
    unitOutputs(run, state, unit, result);
    return verdict;
  } catch (error) {
    return withFailure(end, `outputs cannot be computed: ${messageOf(error)}`, {
      code: 'outputs-failed',
      retryable: false,
    });
  }
}

function withFailure(end: AttemptEnd, message: string, error: { code: string; retryable?: boolean }): AttemptEnd {
  return { status: 'failed', result: { ...end.result, error }, message };
}

/** Runs the step's `verify`, journalled in its own phase. */
async function verify(
  run: RunContext,
  state: StepState,
  unit: PlannedUnit,
  done: JournalRow,
): Promise<'in-place' | 'not-in-place' | 'inconclusive'> {
  const spec = state.step.verify!;
  // Looking again is always possible; a row that a process left without a result must not stay so.
  const cut = run.journal.view.last(state.step.id, unit.id, 'verify');
  if (cut?.status === null)
    await run.journal.end(cut, { status: 'aborted', result: {}, message: 'interrupted; looked at again' });
  const row = await attempt(run, {
    step: state.step,
    unit,
    phase: 'verify',
    uses: spec.uses,
    args: { ...spec.with },
    result: done.result ?? {},
    ...(state.step.timeoutMs === undefined ? {} : { timeoutMs: state.step.timeoutMs }),
    judge: (end) => {
      const conclusive = end.status === 'ok' || (end.status === 'failed' && end.result['thrown'] !== true);
      if (!conclusive || spec.success === undefined) return end;
      try {
        const good = evaluateCondition(spec.success, runScope(run, unit, end.result));
        return good
          ? { status: 'ok', result: end.result }
          : withFailure(end, `verify: ${spec.success} is false`, { code: 'verify-false' });
      } catch (error) {
        return withFailure(end, messageOf(error), { code: 'expression-failed' });
      }
    },
  });
  if (row.status === 'ok') return 'in-place';
  const result = row.result as { thrown?: boolean; error?: { code?: string } };
  return row.status === 'failed' && !result.thrown && result.error?.code !== 'expression-failed'
    ? 'not-in-place'
    : 'inconclusive';
}

/** Waits before another attempt; false when the run is stopping. */
async function pause(
  run: RunContext,
  state: StepState,
  unit: PlannedUnit,
  delayMs: number,
  after: JournalRow,
): Promise<boolean> {
  run.emit({
    event: 'unit.retry',
    time: run.now(),
    run: run.runId,
    step: state.step.id,
    unit: unit.id,
    attempt: run.journal.view.nextAttempt(state.step.id, unit.id, 'do'),
    inMs: delayMs,
    message: after.message ?? '',
  });
  await run.deps.clock.sleep(delayMs, run.halt.stopping).catch(() => undefined);
  return !run.halt.stopping.aborted;
}

/** Recovery said "run it again". */
function isOpen(run: RunContext, step: string, unit: string): boolean {
  return run.journal.view.last(step, unit)?.status === 'aborted';
}

function unknownEnd(run: RunContext, row: JournalRow): UnitEnd {
  return {
    status: 'unknown',
    message: row.message ?? 'nobody knows whether it took effect',
    next: decideCommand(run, row),
  };
}

/** The effect is said to be in place, and `verify` came to no answer. */
function unverifiedEnd(row: JournalRow, status: 'incomplete' | 'unknown'): UnitEnd {
  const { next } = (row.result ?? {}) as { next?: string };
  return { status, message: `not verified: ${row.message ?? status}`, ...(next === undefined ? {} : { next }) };
}

function endOfRow(run: RunContext, row: JournalRow, status: UnitStatus): UnitEnd {
  const failure = storedFailure(row);
  const result = (row.result ?? {}) as { next?: string; wakeAtMs?: number };
  const next = status === 'unknown' ? decideCommand(run, row) : (failure.next ?? result.next);
  return {
    status,
    ...(row.message === null ? {} : { message: row.message }),
    ...(next === undefined ? {} : { next }),
    ...(failure.exitCode === undefined ? {} : { exitCode: failure.exitCode }),
    ...(status === 'waiting' && result.wakeAtMs !== undefined ? { wakeAtMs: result.wakeAtMs } : {}),
  };
}

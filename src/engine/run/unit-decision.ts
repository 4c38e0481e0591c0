import type { UnitStatus } from '../../core/events.ts';
import type { JournalRow } from '../../record/types.ts';
import { isFailure, type JournalView } from '../journal/journal-state.ts';
import type { Plan, PlannedStep } from '../plan/plan-types.ts';
import type { StoredFailure } from './attempt.ts';

/** What to do next with a unit. */
export type Next =
  /** Nothing more: this row says how it ended. */
  | { do: 'end'; row: JournalRow; status: UnitStatus }
  /** An attempt without a result, or one that nobody knows: find out. */
  | { do: 'recover'; row: JournalRow }
  /** The effect is said to be in place; the step's `verify` has the last word. */
  | { do: 'verify'; row: JournalRow }
  /** A first attempt, one that goes on (a wait, a checkpoint), or one more after a failure. */
  | { do: 'start'; delayMs: number; after?: JournalRow };

/**
 * Decides by the journal alone, so that a run that was resumed does what the one before would have done.
 * Rows after `entrySeq` are of this process: what waits or stopped there has ended for now. `plan`: of a step that tells what the others have done.
 */
export function decideNext(view: JournalView, step: PlannedStep, unit: string, entrySeq: number, plan?: Plan): Next {
  const last = view.last(step.id, unit);
  if (!last) return { do: 'start', delayMs: 0 };
  const ours = last.seq > entrySeq;
  // What a gate saw before the run failed says nothing of the system now.
  if (step.gate && view.forgiven(last) && last.status !== null && last.status !== 'unknown')
    return { do: 'start', delayMs: 0 };
  // It held then; whether it holds now is another question.
  if (step.hold !== undefined && !ours && last.status === 'ok') return { do: 'start', delayMs: 0 };
  switch (last.status) {
    case null:
      return { do: 'recover', row: last };
    case 'unknown':
      if (view.isUndone(last)) return { do: 'start', delayMs: 0 };
      return ours ? { do: 'end', row: last, status: 'unknown' } : { do: 'recover', row: last };
    case 'waiting':
    case 'aborted':
      return ours ? { do: 'end', row: last, status: last.status } : { do: 'start', delayMs: 0 };
    case 'ok':
    case 'incomplete':
      // Taken back, and the run goes forward again.
      if (view.isUndone(last)) return { do: 'start', delayMs: 0 };
      if (plan && step.tells && !ours && hasMoreToTell(view, last, plan)) return { do: 'start', delayMs: 0 };
      return step.verify && !view.verifiedAfter(last)
        ? afterEffect(view, step, last, entrySeq)
        : { do: 'end', row: last, status: last.status };
    case 'failed':
    case 'timed-out':
    case 'unreachable':
      return afterFailure(view, step, last, entrySeq);
    case 'skipped':
      if (wasLeftOut(last)) return { do: 'start', delayMs: 0 };
      return { do: 'end', row: last, status: last.status };
    default:
      return { do: 'end', row: last, status: last.status };
  }
}

/** It did not get through to everybody before the run was tried again, or what it tells of has gone on since. */
function hasMoreToTell(view: JournalView, last: JournalRow, { steps }: Plan): boolean {
  if (last.status === 'incomplete' && view.forgiven(last)) return true;
  const telling = new Set(steps.filter(({ tells }) => tells).map(({ id }) => id));
  return view.rows.some(
    (row) =>
      row.seq > last.seq &&
      row.phase === 'do' &&
      (row.status === 'ok' || row.status === 'incomplete') &&
      !telling.has(row.step),
  );
}

/** Skipped because an earlier step had failed for the same member; when that is repaired, it is done. */
export function wasLeftOut(row: JournalRow): boolean {
  return row.status === 'skipped' && (row.result as { leftOut?: true } | null)?.leftOut === true;
}

/** The attempt went well and `verify` has not confirmed it (yet). */
function afterEffect(view: JournalView, step: PlannedStep, done: JournalRow, entrySeq: number): Next {
  const verify = view.last(done.step, done.unit, 'verify');
  const conclusive = verify && verify.seq > done.seq && isFailure(verify.status) && !view.forgiven(verify);
  return conclusive ? afterFailure(view, step, verify, entrySeq) : { do: 'verify', row: done };
}

function afterFailure(view: JournalView, step: PlannedStep, failed: JournalRow, entrySeq: number): Next {
  if (view.forgiven(failed)) return { do: 'start', delayMs: 0 };
  const error = (failed.result as { error?: StoredFailure } | null)?.error;
  const failures = view.failures(failed.step, failed.unit);
  if (error?.retryable === false || failures >= step.retry.attempts)
    return { do: 'end', row: failed, status: failed.status! };
  return { do: 'start', delayMs: failed.seq > entrySeq ? retryDelayMs(step.retry, failures) : 0, after: failed };
}

/** Delay before the next attempt after so many failures; exponential doubles up to its cap. */
export function retryDelayMs(retry: PlannedStep['retry'], failures: number): number {
  if (retry.backoff === 'fixed') return Math.min(retry.delayMs, retry.maxDelayMs);
  return Math.min(retry.delayMs * 2 ** (failures - 1), retry.maxDelayMs);
}

import { OaopsError, usageError } from '../core/errors.ts';
import type { RunStatus } from '../core/events.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { RunRow } from '../record/types.ts';
import { changesOf } from './journal/in-place.ts';
import type { JournalView } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';

/** After these, a run is over for good. */
export const closed: readonly RunStatus[] = ['ok', 'rolled-back', 'aborted'];

/** A number that was mistyped would end a run without taking anything back. */
export function refuseUnknownBatch({ batches = [] }: Plan, numbers: readonly number[]): void {
  const unknown = numbers.find((number) => !batches.some((batch) => batch.number === number));
  if (unknown === undefined) return;
  throw usageError('batch-unknown', `there is no batch ${unknown}`, {
    next: batches.length === 0 ? 'The run has no batches.' : `Its batches are 1 to ${batches.length}.`,
  });
}

/** A run whose steps have no undo keeps its status. */
export function refuseEmptyUndo(row: RunRow, plan: Plan, view: JournalView): void {
  const undoable = new Set(plan.steps.filter((step) => step.undo).map((step) => step.id));
  const tried = view.rows.filter((entry) => entry.phase === 'do' && undoable.has(entry.step));
  if (tried.some(({ step, unit }) => changesOf(plan, view, step, unit).length > 0)) return;
  throw new OaopsError('nothing-to-undo', `run ${row.id} did nothing that has an undo`, {
    exitCode: ExitCode.refused,
    next: `See "oaops runs show ${row.id}" for what it did.`,
  });
}

export function isLockHeld(error: unknown): error is OaopsError {
  return error instanceof OaopsError && error.code === 'lock-held';
}

export function runOver(row: RunRow, message: string): OaopsError {
  return new OaopsError('run-over', `run ${row.id} is ${row.status}: ${message}`, {
    exitCode: ExitCode.refused,
    next: `See "oaops runs show ${row.id}".`,
  });
}

/** What its steps rely on has been taken away. */
export function cleanupOver(row: RunRow, { batches }: Pick<Plan, 'batches'>): OaopsError {
  return new OaopsError('run-over', `run ${row.id} is ${row.status}, and its cleanup has been done`, {
    exitCode: ExitCode.refused,
    next: `Start it again with "oaops ${batches === undefined ? 'run' : 'patch rollout'} ${row.runbook}".`,
  });
}

import { ExitCode } from '../core/exit-codes.ts';
import type { RunRow } from '../record/types.ts';
import { controls, type JournalView } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';
import { cleanupBegun, cleanupDone } from './run/cleanup.ts';

/** The watch of a rollout has begun: all of its batches are done, and nothing is left to do to anybody but to take it back. */
function watchBegun(plan: Plan, view: JournalView): boolean {
  const gates = plan.steps.filter(({ gate, batch }) => gate !== undefined && batch === undefined);
  // Samples from before a run that was tried again say nothing: batches may be done again since.
  return (
    plan.batches !== undefined &&
    gates.some(({ id }) => view.rows.some((row) => row.step === id && !view.forgiven(row)))
  );
}

/** It is in its watch: when single batches are taken back, the others are still watched. */
export function isWatching(row: RunRow, plan: Plan, view: JournalView): boolean {
  const request = view.undoRequest();
  const over = !['running', 'waiting', 'stopped', 'undo-failed'].includes(row.status) || cleanupBegun(plan, view);
  return !over && (request === undefined || request.goesOn === true) && watchBegun(plan, view);
}

/** That somebody asked for the end of the run, and it has not been brought there. An undo that was asked for later stands over it. */
export function abortAsked(view: JournalView): { reason: string } | undefined {
  const last = controls(view.inputs).findLast(({ action }) => ['abort', 'unpause', 'undo'].includes(action));
  return last?.action === 'abort' ? last : undefined;
}

/** Paused: nothing is gone on with until somebody says so, but a rollback that a person asked for since. */
export function isHeld(view: JournalView): boolean {
  if (view.paused() === undefined) return false;
  const last = controls(view.inputs).findLast(({ action }) => ['pause', 'undo'].includes(action));
  const asked = last?.action === 'undo' && last.request.cause === 'person' && view.undoRequest() !== undefined;
  return !asked;
}

/**
 * Cut off by something that is no decision of a person (kill -9, a restart of the machine, SIGTERM, a terminal that was closed, a lock that was lost)
 * at a place where to go on does nothing new to anybody: in the watch of a rollout, in a rollback, or while it is ended for good. The caller knows
 * that no process holds its lock. Ctrl-C (SIGINT) is a decision.
 */
export function isCutOff(row: RunRow, plan: Plan, view: JournalView): boolean {
  const cut = row.status === 'running' || (row.status === 'stopped' && row.exitCode !== ExitCode.sigint);
  if (!cut || plan.batches === undefined || (row.status === 'stopped' && cleanupDone(plan, view))) return false;
  if (abortAsked(view) !== undefined) return true;
  if (isHeld(view)) return false;
  return watchBegun(plan, view) || view.undoRequest() !== undefined;
}

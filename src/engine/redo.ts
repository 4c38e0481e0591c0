import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { RunRow } from '../record/types.ts';
import { controls, type JournalView } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';

/** Batches that a person had taken back, by their number or with all others, and that going on would do again; those that were agreed to since are none of them. */
export function takenBack(plan: Plan, view: JournalView): number[] {
  let asked = false;
  const agreed = new Set<number>();
  for (const control of controls(view.inputs)) {
    if (control.action === 'redo') for (const number of control.batches) agreed.add(number);
    if (control.action !== 'undo' || control.request.cause !== 'person') continue;
    asked = true;
    agreed.clear();
  }
  if (!asked) return [];
  const batchOf = new Map(plan.steps.map(({ id, batch }) => [id, batch]));
  const undone = view.rows.filter(
    (row) => row.phase === 'do' && view.last(row.step, row.unit) === row && view.isUndone(row),
  );
  const numbers = new Set(undone.flatMap((row) => batchOf.get(row.step) ?? []));
  return [...numbers].filter((number) => !agreed.has(number)).sort((a, b) => a - b);
}

/** Batches that were taken back in the watch of a rollout, which goes on without them. */
export function leftOut(plan: Plan, view: JournalView): ReadonlySet<number> {
  const last = controls(view.inputs).findLast(
    (control) => control.action === 'undo' && control.request.cause === 'person',
  );
  return new Set(last?.action === 'undo' && last.request.goesOn ? takenBack(plan, view) : []);
}

/** Tried again from where it failed, or came to an incomplete end. */
export function isTriedAgain({ status }: RunRow): boolean {
  return status === 'failed' || status === 'incomplete' || status === 'refused';
}

/** Batches that going on would do again now, unasked. While an undo is in force, going on is going on with it. */
export function toBeRedone(row: RunRow, plan: Plan, view: JournalView): number[] {
  if (!isTriedAgain(row) && (view.undoRequest() !== undefined || leftOut(plan, view).size > 0)) return [];
  return takenBack(plan, view);
}

/**
 * Somebody had these batches taken back for a reason: they are done again only where that is said for each of them.
 * @returns what was agreed to, to be kept with the run
 * @throws OaopsError `redo-unsaid` (exit 4)
 */
export function refuseRedo(row: RunRow, plan: Plan, view: JournalView, said: readonly number[]): number[] {
  if (!isTriedAgain(row) && view.undoRequest() !== undefined) return [];
  const missing = toBeRedone(row, plan, view).filter((number) => !said.includes(number));
  if (missing.length === 0) return takenBack(plan, view).filter((number) => said.includes(number));
  const flags = missing.flatMap((number) => ['--redo-batch', number]).join(' ');
  throw new OaopsError('redo-unsaid', `going on would do again what was taken back: batches ${missing.join(', ')}`, {
    exitCode: ExitCode.refused,
    next: `If that is meant: "oaops patch resume ${row.id} ${flags}"; to leave the rollout as it is: "oaops patch abort ${row.id}".`,
    details: { batches: missing },
  });
}

import type { JournalRow } from '../../record/types.ts';
import type { Plan, PlannedStep } from '../plan/plan-types.ts';
import { isFailure, itemsUnit, type JournalView } from './journal-state.ts';

/**
 * The attempts of a unit whose effect may be in place, oldest first; none: there is nothing to take back.
 *
 * In a rollout that is every attempt that began, since the unit was last taken back: what failed, timed out or was killed half-way may have
 * left its change half in place, and an undo has to cope with that. Elsewhere it is the last attempt when it went well: a step of a procedure that
 * fails must leave things as they were, or has a handler.
 */
export function changesOf(plan: Pick<Plan, 'batches'>, view: JournalView, step: string, unit: string): JournalRow[] {
  if (plan.batches === undefined) {
    const last = view.last(step, unit);
    return last && (last.status === 'ok' || last.status === 'incomplete') && !view.isUndone(last) ? [last] : [];
  }
  const undone = view.of(step, unit, 'undo').findLast(({ status }) => status === 'undone')?.seq ?? 0;
  const rows = view.of(step, unit).filter(({ seq }) => seq > undone);
  // What became of these was found out later, in rows of their own.
  const settled = new Set(rows.map(({ args }) => (args as { settles?: number } | null)?.settles));
  return rows.filter((row) => mayHaveChanged(row) && !settled.has(row.seq));
}

/** Nobody knows, or nobody looked yet, how it ended. */
export function isOpen({ status }: JournalRow): boolean {
  return status === null || status === 'unknown';
}

function mayHaveChanged(row: JournalRow): boolean {
  const { started } = (row.result ?? {}) as { started?: boolean };
  switch (row.status) {
    case 'failed':
    case 'timed-out':
    case 'aborted':
      return started !== false;
    case 'unreachable':
      return started === true;
    case 'skipped':
    case 'waiting':
      return false;
    default:
      return true;
  }
}

/**
 * What a run changed and was not taken back: attempts that ended well, those of which nobody knows, and in a rollout what failed half-way. Cleanup
 * steps are no change. `only`: of these steps.
 */
export function rowsInPlace(
  plan: Plan,
  view: JournalView,
  only: (step: PlannedStep) => boolean = () => true,
): { step: PlannedStep; entry: JournalRow }[] {
  const changing = new Map(
    plan.steps
      .filter((step) => step.effect !== 'read' && !step.always && !step.gate && only(step))
      .map((step) => [step.id, step]),
  );
  return view.rows.flatMap((entry) => {
    const step = changing.get(entry.step);
    const isInPlace =
      step !== undefined &&
      entry.phase === 'do' &&
      entry.unit !== itemsUnit &&
      mayHaveChanged(entry) &&
      (plan.batches !== undefined || (entry.status !== 'aborted' && !isFailure(entry.status))) &&
      !view.isUndone(entry);
    return isInPlace ? [{ step, entry }] : [];
  });
}

import type { JournalRow } from '../../record/types.ts';
import type { Plan, PlannedStep } from '../plan/plan-types.ts';
import { isFailure, itemsUnit, type JournalView } from './journal-state.ts';

/**
 * What a run changed and was not taken back: attempts that ended well, and those of which nobody knows. Cleanup steps are no change. `only`: of
 * these steps.
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
      entry.status !== 'skipped' &&
      entry.status !== 'aborted' &&
      !isFailure(entry.status) &&
      !view.isUndone(entry);
    return isInPlace ? [{ step, entry }] : [];
  });
}

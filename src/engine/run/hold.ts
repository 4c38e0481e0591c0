import type { RunContext, StepState } from '../deps.ts';
import { decideNext, wasLeftOut } from './unit-decision.ts';

/** Nothing of the batch's own steps is left to do: then its conditions need not hold any more, and its gates go on whatever they say. */
export function batchIsDone(run: RunContext, batch: number): boolean {
  const states = [...run.steps.values()];
  const work = states.filter(({ step }) => step.batch === batch && isWork(step) && !step.handler);
  // What comes after the batch begins only when all of it has ended well, also where a step of it had no units and no rows.
  const lastIndex = states.findLastIndex(({ step }) => step.batch === batch && isWork(step));
  const later = states.slice(lastIndex + 1).some(({ step }) => !step.always && run.journal.view.hasStep(step.id));
  return work.every((state) => (state.units === undefined ? later : isDone(run, state)));
}

function isWork({ gate, hold }: StepState['step']): boolean {
  return gate === undefined && hold === undefined;
}

function isDone(run: RunContext, { step, units }: StepState): boolean {
  const { view } = run.journal;
  const entrySeq = view.rows.at(-1)?.seq ?? 0;
  return (units ?? []).every(({ id }) => {
    const last = view.last(step.id, id);
    if (last === undefined) return false;
    return wasLeftOut(last) || decideNext(view, step, id, entrySeq).do === 'end';
  });
}

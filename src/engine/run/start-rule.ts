import type { RunContext, StepState } from '../deps.ts';

/** Whether a step begins now: its needs have ended well, or it is a handler that was called, or goes with one. */
export function mayStart(run: RunContext, state: StepState, handlersOnly: boolean): boolean {
  // Its needs were met when it began.
  if (run.samplesOnly) return state.step.gate !== undefined && run.journal.view.hasStep(state.step.id);
  if (state.step.always || (state.step.handler && !state.triggered)) return false;
  if (settlesOnly(run, state)) return run.journal.view.hasStep(state.step.id);
  if (handlersOnly && !state.triggered && !followsHandler(run, state)) return isUnderWay(run, state);
  return state.step.needs.every((id) => {
    const needed = run.steps.get(id);
    return !needed || state.triggered || endedWell(needed);
  });
}

/**
 * A condition of its batch does not hold (any more): nothing new begins in it. What an earlier process began is brought to its end all the same, and
 * a rollback that is due by that waits for no window.
 */
export function settlesOnly(run: RunContext, state: StepState): boolean {
  const { batch, hold, gate } = state.step;
  if (batch === undefined || hold !== undefined || gate !== undefined) return false;
  const held = holdsOf(run.steps)
    .get(batch)
    ?.some(
      ({ status }) => status !== 'pending' && status !== 'running' && !['ok', 'incomplete', 'skipped'].includes(status),
    );
  return held === true && !state.triggered && !followsHandler(run, state);
}

const holds = new WeakMap<RunContext['steps'], Map<number, StepState[]>>();

function holdsOf(steps: RunContext['steps']): Map<number, StepState[]> {
  let found = holds.get(steps);
  if (!found) {
    const states = [...steps.values()].filter(({ step }) => step.hold !== undefined && step.batch !== undefined);
    found = Map.groupBy(states, ({ step }) => step.batch!);
    holds.set(steps, found);
  }
  return found;
}

/**
 * Begun by a process that died. Had that process lived, the step would go to its end whatever else failed; so it does now,
 * and what became of it is found out before the run is judged or taken back. Its needs were met when it began.
 */
function isUnderWay(run: RunContext, state: StepState): boolean {
  return run.journal.view.rows.some((row) => row.step === state.step.id && row.phase !== 'undo' && row.status === null);
}

/** Steps that need a handler belong to it and go on although the run has failed. */
function followsHandler(run: RunContext, state: StepState): boolean {
  return needsSome(run, state, ({ triggered }) => triggered);
}

/** Whether one of the steps that it needs, or of those that these need, is so. Each is looked at once: there are many ways through the batches of a rollout. */
function needsSome(run: RunContext, state: StepState, found: (needed: StepState) => boolean): boolean {
  const seen = new Set<string>();
  const open = [...state.step.needs];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const needed = run.steps.get(id);
    if (!needed || seen.has(id)) continue;
    seen.add(id);
    if (found(needed)) return true;
    open.push(...needed.step.needs);
  }
  return false;
}

function endedWell(state: StepState): boolean {
  return (
    ['ok', 'incomplete', 'skipped'].includes(state.status) ||
    (state.status === 'failed' && state.step.onFailure === 'continue')
  );
}

/** Handlers that nobody called, and what follows them, were not needed; they are no open ends. */
export function closeUnstarted(run: RunContext): void {
  const known = new Map<string, boolean>();
  const uncalled = (state: StepState): boolean => {
    let told = known.get(state.step.id);
    if (told === undefined) {
      told =
        (state.step.handler && !state.triggered) ||
        state.step.needs.some((id) => {
          const needed = run.steps.get(id);
          return needed?.status === 'pending' && uncalled(needed);
        });
      known.set(state.step.id, told);
    }
    return told;
  };
  // In the order of the plan, so that what a step needs is mostly known already.
  const unneeded = [...run.steps.values()].filter((state) => state.status === 'pending' && uncalled(state));
  for (const state of unneeded) state.status = 'skipped';
}

import type { JournalRow } from '../../record/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import { isFailure, type JournalView } from '../journal/journal-state.ts';
import type { Plan, PlannedUnit } from '../plan/plan-types.ts';
import { gateInJournal } from './gate.ts';
import { Halt } from './halt.ts';
import { isDone } from './scope.ts';
import { runStep } from './step.ts';
import { combine, namesIn, type StepEnd, withinTolerance } from './step-end.ts';
import type { UnitEnd } from './unit.ts';
import { isDeferred } from './values.ts';

/**
 * Cleanup steps (`always`, what a runbook writes under `finally`) run when nothing else of the run is under way, however the
 * others ended: well, badly, by timeout, stopped by a signal. They take away what earlier steps rely on, so when they have
 * begun the run goes no further: after a crash a resume finishes the cleanup and nothing else.
 */
export function cleanupBegun(plan: Plan, view: JournalView): boolean {
  // What only tells takes nothing away: what failed can be done again.
  if (onlyTells(plan)) return false;
  const cleanup = cleanupIds(plan);
  return view.rows.some((row) => row.phase === 'do' && cleanup.has(row.step));
}

/** Something was begun that changes what is outside. Before that, as when a precondition does not hold, there is nothing to clean up. */
function hasChanged(plan: Plan, view: JournalView): boolean {
  return plan.steps.some((step) => step.effect !== 'read' && view.hasStep(step.id));
}

/** Nothing but its cleanup can change anything, as in an inspection: then that is what follows from what was read, such as a notice. */
function onlyReads(plan: Plan): boolean {
  return plan.steps.every((step) => step.effect === 'read' || step.always);
}

/** Nothing has to be put in order: it is told how the run ended, a refusal as well, and not before it has ended. */
export function onlyTells(plan: Plan): boolean {
  return plan.steps.every((step) => step.tells || !step.always);
}

/** It has something to do, and has not come to its end. */
export function cleanupLeft(plan: Plan, view: JournalView): boolean {
  return plan.steps.some((step) => step.always) && hasChanged(plan, view) && !cleanupDone(plan, view);
}

/** Every unit of it has ended well. */
export function cleanupDone(plan: Plan, view: JournalView): boolean {
  const cleanup = plan.steps.filter((step) => step.always);
  return (
    cleanup.length > 0 &&
    cleanup.every((step) => {
      const units = isDeferred(step.units) ? undefined : step.units.map(({ id }) => id);
      const begun = new Set(view.rows.flatMap((row) => (row.phase === 'do' && row.step === step.id ? [row.unit] : [])));
      if (begun.size === 0 && units?.length !== 0) return false;
      return [...(units ?? begun)].every((unit) => isWell(view.last(step.id, unit)?.status));
    })
  );
}

function isWell(status: string | null | undefined): boolean {
  return status === 'ok' || status === 'incomplete' || status === 'skipped';
}

function cleanupIds(plan: Plan): Set<string> {
  return new Set(plan.steps.filter((step) => step.always).map((step) => step.id));
}

/** How the other steps stand by the journal alone: they are not gone on with. */
export function endsInJournal(run: RunContext): Map<string, StepEnd> {
  const ends = new Map<string, StepEnd>();
  for (const state of run.steps.values()) {
    if (state.step.always) continue;
    const end = endInJournal(run, state);
    if (!end) continue;
    ends.set(state.step.id, end);
    state.status = end.status === 'pending' ? 'aborted' : end.status;
  }
  return ends;
}

function endInJournal(run: RunContext, state: StepState): StepEnd | undefined {
  const { step, units } = state;
  if (step.gate) return gateInJournal(run, state);
  if (units === undefined) return undefined;
  const begun = units.some((unit) => run.journal.view.last(step.id, unit.id));
  // Of no units: there was nothing to do, and no row tells of it.
  if (!begun && units.length > 0) return undefined;
  const ends = new Map(units.map((unit) => [unit, unitInJournal(run, state, unit)]));
  return step.tolerance ? withinTolerance(run, state, ends) : combine(ends, namesIn(run, state));
}

/** What came to no end stays open. */
function unitInJournal(run: RunContext, { step }: StepState, unit: PlannedUnit): UnitEnd {
  const { view } = run.journal;
  const row = view.last(step.id, unit.id);
  if (row && step.verify && isDone(row) && !view.verifiedAfter(row)) {
    const verify = view.last(step.id, unit.id, 'verify');
    return verify && verify.seq > row.seq && isFailure(verify.status) ? told(verify) : { status: 'pending' };
  }
  return row && (isDone(row) || isFailure(row.status) || row.status === 'skipped') ? told(row) : { status: 'pending' };
}

function told(row: JournalRow): UnitEnd {
  return { status: row.status!, ...(row.message === null ? {} : { message: row.message }) };
}

/**
 * Runs the cleanup steps in their order, each whatever the one before it came to, and adds their ends. A first signal does not
 * keep them from running where something was changed; a second one, or a lost lock, does, and then a resume runs them. A run that
 * waits is not over yet.
 */
export async function cleanUp(
  run: RunContext,
  ends: Map<string, StepEnd>,
  sources: { kill?: AbortSignal | undefined; lost?: AbortSignal | undefined },
): Promise<void> {
  const { plan, journal } = run;
  const steps = plan.steps.filter((step) => step.always);
  if (steps.length === 0) return;
  if (onlyTells(plan)) {
    if (run.halt.reason && run.halt.reason.kind !== 'abort') return;
    // A signal leaves nothing behind there, and a resume reads on.
  } else if (!hasChanged(plan, journal.view) && (run.halt.reason || !onlyReads(plan))) return;
  if (sources.kill?.aborted || run.halt.reason?.kind === 'lock-lost') return;
  const waits = [...ends.values()].some(({ status }) => status === 'waiting' || status === 'unknown');
  if (waits && !run.halt.reason) return;
  const halt = new Halt(run.deps.clock);
  const leave = halt.join(sources);
  try {
    for (const step of steps) {
      if (halt.stopping.aborted) break;
      const state = run.steps.get(step.id)!;
      state.status = 'running';
      const end = await runStep({ ...run, halt }, state);
      ends.set(step.id, end);
      state.status = end.status === 'pending' ? 'aborted' : end.status;
    }
  } finally {
    leave();
  }
}

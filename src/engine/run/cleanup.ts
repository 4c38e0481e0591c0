import type { RunContext, StepState } from '../deps.ts';
import { isFailure, type JournalView } from '../journal/journal-state.ts';
import type { Plan } from '../plan/plan-types.ts';
import { Halt } from './halt.ts';
import { runStep, type StepEnd } from './step.ts';
import { isDeferred } from './values.ts';

/**
 * Cleanup steps (`always`, what a runbook writes under `finally`) run when nothing else of the run is under way, however the
 * others ended: well, badly, by timeout, stopped by a signal. They take away what earlier steps rely on, so when they have
 * begun the run goes no further: after a crash a resume finishes the cleanup and nothing else.
 */
export function cleanupBegun(plan: Plan, view: JournalView): boolean {
  const cleanup = cleanupIds(plan);
  return view.rows.some((row) => row.phase === 'do' && cleanup.has(row.step));
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

function endInJournal(run: RunContext, { step, units }: StepState): StepEnd | undefined {
  const rows = (units ?? []).flatMap((unit) => run.journal.view.last(step.id, unit.id) ?? []);
  if (rows.length === 0) return undefined;
  const told = (status: StepEnd['status'], row = rows[0]!): StepEnd => ({
    status,
    failedTargets: [],
    ...(row.message === null ? {} : { message: row.message }),
  });
  const bad = rows.find((row) => isFailure(row.status));
  if (bad) return told('failed', bad);
  const open = rows.find((row) => row.status === null || row.status === 'aborted' || row.status === 'unknown');
  if (open) return told('pending', open);
  const half = rows.find((row) => row.status === 'incomplete');
  if (half) return told('incomplete', half);
  return told(rows.every((row) => row.status === 'skipped') ? 'skipped' : 'ok');
}

/**
 * Runs the cleanup steps in their order, each whatever the one before it came to, and adds their ends. A first signal does not
 * keep them from running; a second one, or a lost lock, does, and then a resume runs them. A run that waits is not over yet.
 */
export async function cleanUp(
  run: RunContext,
  ends: Map<string, StepEnd>,
  sources: { kill?: AbortSignal | undefined; lost?: AbortSignal | undefined },
): Promise<void> {
  const { plan, journal } = run;
  const steps = plan.steps.filter((step) => step.always);
  if (steps.length === 0 || journal.view.rows.length === 0) return;
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

import type { RunContext } from '../deps.ts';
import { isFailure, type UndoRequest } from '../journal/journal-state.ts';
import { agreedBeside, newerNext, newerProblem, newerRollouts } from '../newer.ts';
import { undoCommand } from '../undo-command.ts';
import type { StepEnd } from './step-end.ts';
import { runUndo, type UndoEnd } from './undo.ts';

/** Undo asked for before (resumed), by a person, or by a step that failed just now. Asked for = journalled first. */
export async function undoIfAsked(run: RunContext, ends: Map<string, StepEnd>): Promise<UndoEnd | undefined> {
  let request = run.journal.view.undoRequest();
  const failed = [...ends].filter(
    ([id, end]) => end.status === 'failed' && run.steps.get(id)?.step.onFailure === 'undo',
  );
  if (!request && failed.length > 0 && run.halt.reason?.kind !== 'abort') {
    const batches = failed.map(([id]) => run.steps.get(id)!.step.batch);
    // What fails after the last batch, such as the watch, speaks of all of them.
    const known = batches.filter((batch) => batch !== undefined);
    request = {
      targets: [...new Set(failed.flatMap(([, end]) => end.failedTargets))],
      ...(run.plan.batches && known.length === batches.length ? { batches: [...new Set(known)] } : {}),
      cause: 'failure',
      by: 'oaops',
      failedStep: failed[0]![0],
    };
    await run.journal.addControl('oaops', { action: 'undo', request });
  }
  if (!request) return undefined;
  const end = await takeBack(run, request);
  if (request.cause !== 'failure') return end;
  const failedStep = failed[0]?.[0] ?? request.failedStep ?? run.plan.steps.find((step) => hasFailed(run, step.id))?.id;
  return failedStep === undefined ? end : { ...end, failedStep };
}

async function takeBack(run: RunContext, request: UndoRequest): Promise<UndoEnd> {
  return (await askForNewer(run, request)) ?? runUndo(run, request);
}

/**
 * Nothing is taken back that would take back what a newer run did, unless a person agreed to that: neither by itself, nor when a rollback is gone on
 * with that was cut off before the newer one began.
 */
async function askForNewer(run: RunContext, request: UndoRequest): Promise<UndoEnd | undefined> {
  const { record } = run.deps;
  const row = run.plan.batches === undefined ? undefined : await record.runs.get(run.runId);
  if (row === undefined) return undefined;
  const agreed = agreedBeside(run.journal.view);
  const found = await newerRollouts(record, row, run.plan, run.journal.view, request);
  const newer = found.filter((id) => !agreed.has(id));
  if (newer.length === 0) return undefined;
  const next = newerNext(undoCommand(run.runId, run.plan, request), newer);
  return { status: 'asking', message: newerProblem(newer), next, remaining: [] };
}

/** A step that asks for undo and has a unit whose last attempt, or its `verify`, ended badly. */
function hasFailed(run: RunContext, id: string): boolean {
  const state = run.steps.get(id)!;
  if (state.step.onFailure !== 'undo') return false;
  return (state.units ?? []).some((unit) =>
    (['do', 'verify'] as const).some((phase) => isFailure(run.journal.view.last(id, unit.id, phase)?.status ?? null)),
  );
}

/**
 * Single batches of a rollout in its watch are taken back before it goes on with the others; an end of the undo that is not the end of that stands
 * for the whole run. A run that is paused stays so.
 */
export async function takeBackFirst(run: RunContext): Promise<UndoEnd | undefined> {
  const { journal } = run;
  const request = journal.view.undoRequest();
  if (!request?.goesOn) return undefined;
  const end = await takeBack(run, request);
  if (end.status !== 'partly') return end;
  await journal.addControl('oaops', { action: 'undo-over' });
  const paused = journal.view.paused();
  if (paused) run.halt.stop({ kind: 'pause', message: `paused by ${paused.by}: ${paused.reason}`, exitCode: 6 });
  return end;
}

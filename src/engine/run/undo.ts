import type { JournalRow } from '../../record/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import { changesOf, isOpen } from '../journal/in-place.ts';
import { type UndoRequest, unitPath } from '../journal/journal-state.ts';
import type { PlannedStep, PlannedUnit } from '../plan/plan-types.ts';
import { undoCommand } from '../undo-command.ts';
import { attempt, type Job, storedFailure } from './attempt.ts';
import { isDone } from './scope.ts';
import { namesIn } from './step-end.ts';
import { memberOf } from './tolerance.ts';
import { decideCommand, doJob, recover } from './unit.ts';

/** How an undo stands when nothing more can be done with it in this process. */
export interface UndoEnd {
  /**
   * `undone`: everything that was done is taken back. `partly`: everything in scope is, more remains (`remaining`).
   * `failed`, `unknown`, `pending` (stopped), `asking` (a step's undo has mode `ask`).
   */
  status: 'undone' | 'partly' | 'failed' | 'unknown' | 'pending' | 'asking';
  message?: string;
  next?: string;
  /** The step whose failure asked for the undo, also when another process saw it fail. */
  failedStep?: string;
  /** Units whose effect is still in place. */
  remaining: string[];
}

interface DoneUnit {
  state: StepState;
  unit: PlannedUnit;
  /** The last attempt that may have changed something. */
  row: JournalRow;
  /** What the undo sees: of an attempt that went well, where there is one. */
  result: unknown;
}

/**
 * Takes back done units, in a rollout half done ones too, in the reverse order of their start, each journalled in the phase `undo`; those of one step
 * side by side, as many as were done so. A unit whose undo failed ends the undo of its target: what came before it there may need it; other targets go on, and so do other batches and other members.
 */
export async function runUndo(run: RunContext, request: UndoRequest): Promise<UndoEnd> {
  const done = doneUnits(run);
  const inScope = done.filter(
    (entry) => entry.state.step.undo && isInScope(entry.state.step, entry.unit.target, request),
  );
  if (request.cause === 'failure') {
    const asks = inScope.filter(
      ({ state, unit, row }) =>
        // Begun before it was done again: that answers nothing.
        state.step.undo!.mode === 'ask' && (run.journal.view.last(state.step.id, unit.id, 'undo')?.seq ?? 0) <= row.seq,
    );
    if (asks.length > 0) {
      return {
        status: 'asking',
        message: `undo of ${asks.map(name).join(', ')} waits for a person's decision`,
        next: `Run "${undoCommand(run.runId, run.plan, request).words}" to take back what was done, or "oaops ${run.plan.batches === undefined ? 'runs' : 'patch'} abort ${run.runId}" to leave it as it is.`,
        remaining: done.map(name),
      };
    }
  }
  const { words: again } = undoCommand(run.runId, run.plan, request);
  const blocked = new Blocked();
  let worst: Pick<UndoEnd, 'status' | 'message' | 'next'> | undefined;
  const note = (status: 'failed' | 'unknown', entry: DoneUnit, row: JournalRow, next?: string) => {
    blocked.add(entry);
    if (worst?.status === 'unknown') return;
    worst = {
      status,
      message: `undo of ${unitPath(row.step, namesIn(run, entry.state)(entry.unit))}: ${row.message ?? status}`,
      ...(next ? { next } : {}),
    };
  };
  let stopped = false;
  const takeBack = async (entry: DoneUnit): Promise<void> => {
    if (blocked.has(entry)) return;
    stopped ||= run.halt.stopping.aborted;
    const row = stopped ? undefined : await undoUnit(run, entry);
    if (row === 'nothing') return;
    if (row === undefined || row.status === 'aborted') stopped = true;
    else if (row.status === 'unknown') note('unknown', entry, row, decideCommand(run, row));
    else if (row.status !== 'undone')
      note('failed', entry, row, storedFailure(row).next ?? `Repair the cause, then run "${again}" again.`);
  };
  for (const stretch of stretchesOf(inScope)) {
    await sideBySide(stretch, stretch[0]!.state.step.parallel, takeBack);
    if (stopped) return { status: 'pending', remaining: doneUnits(run).map(name) };
  }
  const left = doneUnits(run);
  const remaining = [...left.map(name), ...unknownUnits(run, left)];
  if (worst) return { ...worst, remaining };
  return { status: remaining.length === 0 ? 'undone' : 'partly', remaining };
}

/** Units of one step that follow one another: they were done side by side, and are taken back so. */
function stretchesOf(entries: readonly DoneUnit[]): DoneUnit[][] {
  const stretches: DoneUnit[][] = [];
  for (const entry of entries) {
    const open = stretches.at(-1);
    if (open?.at(0)?.state === entry.state) open?.push(entry);
    else stretches.push([entry]);
  }
  return stretches;
}

/** At most `limit` at once, begun in their order. What is under way is waited for, also when the record fails below one of them. */
async function sideBySide<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].reverse();
  const worker = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}

/**
 * What an undo that failed keeps from being taken back: what came before it on the same target. Batches have no member in common, and members
 * nothing to do with each other, so one of them that cannot be taken back leaves nobody else with the change.
 */
class Blocked {
  readonly #keys = new Set<string>();

  add(entry: DoneUnit): void {
    const { target, batch, member } = placeOf(entry);
    const keys = [
      ['any', target],
      ['any', target, batch],
      ['any', target, batch, member],
      ['all', target, batch, member],
    ];
    for (const key of keys) this.#keys.add(JSON.stringify(key));
  }

  has(entry: DoneUnit): boolean {
    const { target, batch, member } = placeOf(entry);
    const has = (...key: unknown[]) => this.#keys.has(JSON.stringify(key));
    if (batch === null) return has('any', target);
    if (has('all', target, null, null) || has('all', target, batch, null)) return true;
    return member === null ? has('any', target, batch) : has('any', target, batch, member);
  }
}

function placeOf({ state, unit }: DoneUnit): { target: string; batch: number | null; member: string | null } {
  const batch = state.step.batch ?? null;
  const member = memberOf(state.step, unit);
  return { target: unit.target, batch, member: batch === null || member === unit.target ? null : member };
}

/** Units whose effect is or may be in place and changes something, last started first. What a cleanup took away is nothing to take back. */
export function doneUnits(run: Pick<RunContext, 'plan' | 'steps' | 'journal'>): DoneUnit[] {
  const found: DoneUnit[] = [];
  for (const state of run.steps.values()) {
    if ((state.step.effect === 'read' || state.step.always) && !state.step.undo) continue;
    for (const unit of state.units ?? []) {
      const changes = changesOf(run.plan, run.journal.view, state.step.id, unit.id);
      const row = changes.at(-1);
      if (!row) continue;
      found.push({ state, unit, row, result: resultOf(changes) });
    }
  }
  return found.sort((a, b) => b.row.seq - a.row.seq);
}

function resultOf(changes: readonly JournalRow[]): unknown {
  return (changes.findLast(isDone) ?? changes.at(-1)!).result;
}

/** A step without `targets` belongs to the whole run: it is in every scope. */
export function isInScope(step: PlannedStep, target: string, request: UndoRequest): boolean {
  const scope = request.scope ?? step.undo!.scope;
  const local = step.targets.join() === 'localhost';
  // A plan without batches is one batch.
  if (scope === 'batch' && request.batches) return step.batch !== undefined && request.batches.includes(step.batch);
  return scope !== 'target' || request.targets.includes(target) || (local && request.scope === undefined);
}

/** `nothing`: it turned out never to have begun. */
async function undoUnit(
  run: RunContext,
  { state, unit, row, ...done }: DoneUnit,
): Promise<JournalRow | 'nothing' | undefined> {
  const { view } = run.journal;
  const undo = state.step.undo!;
  let { result } = done;
  const last = view.last(state.step.id, unit.id, 'undo');
  const begun = last !== undefined && last.seq > row.seq;
  if (isOpen(row) && !begun) {
    // It may be under way still: its end comes before its undo. Where nobody can tell, it is taken back all the same.
    await recover(run, doJob(run, state, unit), row);
    const found = changesOf(run.plan, view, state.step.id, unit.id);
    if (found.length === 0) return 'nothing';
    result = resultOf(found);
    if (run.halt.stopping.aborted) return undefined;
  }
  const job: Job = {
    step: state.step,
    unit,
    phase: 'undo',
    uses: undo.uses,
    args: undo.with,
    result: result ?? {},
    ...(state.step.timeoutMs === undefined ? {} : { timeoutMs: state.step.timeoutMs }),
  };
  if (begun && isOpen(last)) {
    if ((await recover(run, job, last)) === 'unknown') return view.last(state.step.id, unit.id, 'undo');
    const settled = view.last(state.step.id, unit.id, 'undo')!;
    // It may have failed because its process died, and is tried again; not against what a person says of it.
    if (settled.status === 'undone' || storedFailure(settled).retryable === false) return settled;
    if (run.halt.stopping.aborted) return undefined;
  }
  return attempt(run, job);
}

/** Changes that may or may not have happened: nobody can say that they were taken back. */
function unknownUnits(run: RunContext, known: readonly DoneUnit[]): string[] {
  const named = new Set(known.map(({ row }) => row));
  const open = run.journal.view.openRows().filter((row) => {
    const step = run.steps.get(row.step)?.step;
    // A gate only looks. The cleanup comes after this, and goes on by itself.
    return row.phase === 'do' && step?.effect !== 'read' && !step?.gate && !step?.always && !named.has(row);
  });
  return open.map((row) => `${unitPath(row.step, row.unit)} (unknown)`);
}

function name({ state, unit, row }: DoneUnit): string {
  const path = unitPath(state.step.id, unit.id);
  return isDone(row) ? path : isOpen(row) ? `${path} (unknown)` : `${path} (in part)`;
}

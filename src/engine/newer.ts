import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { RecordStore, RunRow } from '../record/types.ts';
import type { Beside } from './beside.ts';
import { rowsInPlace } from './journal/in-place.ts';
import { controls, JournalView, type UndoRequest } from './journal/journal-state.ts';
import type { Plan, PlannedStep } from './plan/plan-types.ts';
import { isInScope } from './run/undo.ts';
import { isDeferred } from './run/values.ts';
import type { UndoCommand } from './undo-command.ts';

/** Of these more may be done: what they plan counts as done. */
const underWay: readonly string[] = ['running', 'waiting', 'stopped'];

/** What a rollout changed: members by its batches, and, by steps outside of them, targets. */
interface Reach {
  members: ReadonlySet<string>;
  /** `step` and target, as JSON. */
  steps: ReadonlySet<string>;
}

/**
 * Rollouts of the same runbook, begun later, that changed what this undo would take back, or may yet do so: undone is undone for them too.
 * @returns their ids, newest first: the order in which they can be taken back
 */
export async function newerRollouts(
  { runs }: Pick<RecordStore, 'runs'>,
  row: Pick<RunRow, 'id' | 'runbook' | 'kind' | 'createdAt'>,
  plan: Plan,
  view: JournalView,
  request: UndoRequest,
): Promise<string[]> {
  if (plan.batches === undefined) return [];
  const later = await laterThan(runs, row);
  if (later.length === 0) return [];
  const inScope = rowsInPlace(plan, view, (step) => step.undo !== undefined).filter(({ step, entry }) =>
    isInScope(step, entry.target, request),
  );
  const own = reachOf(plan, inScope);
  const found: string[] = [];
  for (const other of later) {
    const reach = await reachOfRun(runs, other);
    const isCommon =
      [...own.members].some((id) => reach.members.has(id)) || [...own.steps].some((id) => reach.steps.has(id));
    if (isCommon) found.push(other.id);
  }
  return found;
}

/**
 * Rollouts of the same runbook, begun later, that reached somebody of the batches that are still to be done here, or may yet do so: going on would put
 * the older change over the newer one. Those that somebody has agreed to are left out. `redo`: batches that were taken back, and are done again.
 */
export async function newerThanOpenBatches(
  { runs }: Pick<RecordStore, 'runs'>,
  row: Pick<RunRow, 'id' | 'runbook' | 'kind' | 'createdAt'>,
  plan: Plan,
  view: JournalView,
  redo: readonly number[],
): Promise<string[]> {
  if (plan.batches === undefined) return [];
  const agreed = agreedBeside(view);
  const later = (await laterThan(runs, row)).filter(({ id }) => !agreed.has(id));
  if (later.length === 0) return [];
  const open = plan.batches.filter(({ number }) => redo.includes(number) || isStillToBeDone(plan, view, number));
  const own = new Set(open.flatMap(({ members }) => members.map(({ id }) => id)));
  const found: string[] = [];
  for (const other of later) {
    const { members } = await reachOfRun(runs, other);
    if ([...own].some((id) => members.has(id))) found.push(other.id);
  }
  return found;
}

/** What was taken back is left out, and not done again. */
function isStillToBeDone(plan: Plan, view: JournalView, batch: number): boolean {
  const steps = plan.steps.filter(
    (step) => step.batch === batch && step.effect !== 'read' && !step.gate && !step.handler,
  );
  const rows = steps.flatMap(({ id }) => view.rows.filter((row) => row.step === id && row.phase === 'do'));
  if (rows.some((row) => view.isUndone(row))) return false;
  return !steps.every((step) => {
    const last = new Map(rows.filter((row) => row.step === step.id).map((row) => [row.unit, row.status]));
    const units = isDeferred(step.units) ? [] : step.units;
    const whole = units.every(({ id }) => last.has(id));
    return (
      last.size > 0 &&
      whole &&
      [...last.values()].every((status) => ['ok', 'incomplete', 'skipped'].includes(status ?? ''))
    );
  });
}

async function laterThan(
  runs: RecordStore['runs'],
  row: Pick<RunRow, 'id' | 'runbook' | 'kind' | 'createdAt'>,
): Promise<RunRow[]> {
  const listed = await runs.list({ runbook: row.runbook, kind: row.kind, since: row.createdAt });
  return listed.filter(
    ({ id, status, createdAt }) =>
      id !== row.id && status !== 'rolled-back' && (createdAt > row.createdAt || id > row.id),
  );
}

/**
 * `reason`: somebody takes it upon themselves. `command`: what was asked for.
 * @returns what to keep with the run; undefined when there is none
 * @throws OaopsError `rollout-newer` (exit 4), `reason-missing` (exit 2)
 */
export function refuseNewer(command: UndoCommand, newer: string[], reason: string | undefined): Beside | undefined {
  return unlessSaid(newer, reason, { problem: newerProblem, next: () => newerNext(command, newer) });
}

/** As `refuseNewer`, for a run that goes on with its batches. */
export function refuseOverNewer(run: string, newer: string[], reason: string | undefined): Beside | undefined {
  return unlessSaid(newer, reason, { problem: goingOnProblem, next: () => goingOnNext(run, newer) });
}

function unlessSaid(
  newer: string[],
  reason: string | undefined,
  say: { problem: (newer: readonly string[]) => string; next: () => string },
): Beside | undefined {
  if (newer.length === 0) return undefined;
  if (reason?.trim() === '') throw usageError('reason-missing', 'what is not the newest rollout needs a reason');
  if (reason !== undefined) return { reason, runs: newer };
  const details = { exitCode: ExitCode.refused, next: say.next(), details: { runs: newer } };
  throw new OaopsError('rollout-newer', say.problem(newer), details);
}

function goingOnProblem(newer: readonly string[]): string {
  return `going on would put this change over what was done later: by ${newer.join(', ')}`;
}

function goingOnNext(run: string, [newest]: readonly string[]): string {
  return `Take back what is newer first, with "oaops patch rollback ${newest}"; or "oaops patch resume ${run} --beside REASON" goes on all the same, and "oaops patch abort ${run}" leaves it as it is.`;
}

export function newerProblem(newer: readonly string[]): string {
  return `taking this back would take back what was done later: by ${newer.join(', ')}`;
}

export function newerNext({ run, words }: UndoCommand, [newest]: readonly string[]): string {
  return `Take back what is newer first, with "oaops patch rollback ${newest}"; or "${words} --beside REASON" takes this back all the same, and "oaops patch abort ${run}" leaves it.`;
}

/** Rollouts that somebody agreed to take this run back below, or to begin it beside. */
export function agreedBeside(view: JournalView): ReadonlySet<string> {
  return new Set(controls(view.inputs).flatMap((control) => (control.action === 'beside' ? control.runs : [])));
}

async function reachOfRun(runs: RecordStore['runs'], { id, status }: RunRow): Promise<Reach> {
  const plan = (await runs.plan(id)) as Plan;
  if (underWay.includes(status)) return plannedReach(plan);
  return reachOf(plan, rowsInPlace(plan, new JournalView(await runs.journal(id), await runs.inputs(id))));
}

function reachOf(plan: Plan, rows: ReturnType<typeof rowsInPlace>): Reach {
  const batches = new Set(rows.map(({ step }) => step.batch));
  const outside = rows.filter(({ step }) => step.batch === undefined);
  return {
    members: membersOf(plan, (batch) => batches.has(batch)),
    steps: new Set(outside.map(({ step, entry }) => JSON.stringify([step.id, entry.target]))),
  };
}

function plannedReach(plan: Plan): Reach {
  const outside = plan.steps.filter(({ batch, effect }) => batch === undefined && effect !== 'read');
  return {
    members: membersOf(plan, () => true),
    steps: new Set(outside.flatMap((step) => targetsOf(step).map((target) => JSON.stringify([step.id, target])))),
  };
}

function membersOf({ batches = [] }: Plan, isIn: (batch: number) => boolean): Set<string> {
  return new Set(batches.filter(({ number }) => isIn(number)).flatMap(({ members }) => members.map(({ id }) => id)));
}

function targetsOf({ units, targets }: PlannedStep): string[] {
  return isDeferred(units) ? targets : units.map(({ target }) => target);
}

import { setImmediate } from 'node:timers/promises';
import { isoTime } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { RunContext, StepState } from '../deps.ts';
import { isOpen } from '../journal/in-place.ts';
import { isFailure, itemsUnit } from '../journal/journal-state.ts';
import { maxBatchMembers } from '../plan/batch-limit.ts';
import { makeUnits } from '../plan/plan.ts';
import { stepTitle } from '../plan/plan-text.ts';
import type { Deferred, PlannedStep, PlannedUnit } from '../plan/plan-types.ts';
import { actionOf } from './attempt.ts';
import { runGate } from './gate.ts';
import { batchIsDone } from './hold.ts';
import { isDone, runScope } from './scope.ts';
import { settlesOnly } from './start-rule.ts';
import { bookOf, combine, membersOf, namesIn, type StepEnd, withinTolerance } from './step-end.ts';
import { isOfBatch } from './tolerance.ts';
import { runUnit, type UnitEnd } from './unit.ts';
import { decideNext, wasLeftOut } from './unit-decision.ts';
import { evaluateCondition, evaluateNow, isDeferred, rootsOf } from './values.ts';

/** Brings one step as far as it goes. Failures of its units are values; only failures of the record are thrown. */
export async function runStep(run: RunContext, state: StepState): Promise<StepEnd> {
  const { step } = state;
  const time = run.now();
  const started = run.deps.clock.monotonicMs();
  const end = (result: StepEnd): StepEnd => {
    const status = result.status === 'pending' ? 'aborted' : result.status;
    const message = result.message === undefined ? {} : { message: result.message };
    run.emit({
      event: 'step.ended',
      time: run.now(),
      run: run.runId,
      step: step.id,
      status,
      durationMs: Math.round(run.deps.clock.monotonicMs() - started),
      ...message,
    });
    return result;
  };
  const announce = (units: number) =>
    run.emit({
      event: 'step.started',
      time,
      run: run.runId,
      step: step.id,
      name: stepTitle(run.plan, step, run.deps.lang),
      units,
    });

  if (step.batch !== undefined && run.leftOut.has(step.batch)) {
    announce(0);
    const message = 'taken back; the rollout goes on without this batch';
    // It did not come to the people that it was for; conditions and gates of nothing hold.
    return end({ status: step.gate || step.hold ? 'skipped' : 'incomplete', message, failedTargets: [] });
  }
  let condition: boolean | 'per-unit';
  const members = step.batch === undefined ? 0 : membersOf(run, step.batch);
  if (members > maxBatchMembers) {
    announce(0);
    const message = `batch ${step.batch} has ${members} members, at most ${maxBatchMembers} are allowed`;
    return end({ status: 'failed', message, exitCode: ExitCode.refused, failedTargets: [] });
  }
  try {
    condition = conditionOf(run, state);
    state.units ??= condition === false ? [] : await unitsOf(run, state);
  } catch (error) {
    announce(0);
    // None of its targets was done, so `undo` takes back what earlier steps did on all of them.
    return end({ status: 'failed', message: messageOf(error), failedTargets: step.targets });
  }
  announce(state.units.length);
  if (condition === false && !state.units.some((unit) => run.journal.view.last(step.id, unit.id))) {
    for (const unit of state.units) await skip(run, state, unit);
    return end({ status: 'skipped', message: 'its condition is false', failedTargets: [] });
  }
  if (step.hold !== undefined && batchIsDone(run, step.batch!)) return end({ status: 'ok', failedTargets: [] });
  if (step.gate) return end(await runGate(run, state, state.units[0]!));
  const how = { perUnit: condition === 'per-unit', settleOnly: settlesOnly(run, state) };
  const ends = await runUnits(run, state, state.units, how);
  return end(step.tolerance ? withinTolerance(run, state, ends) : combine(ends, namesIn(run, state)));
}

/** `if` is decided once for the step, or for each unit when it speaks of `item` or of several targets. */
function conditionOf(run: RunContext, state: StepState): boolean | 'per-unit' {
  const { condition, targets } = state.step;
  if (!isDeferred(condition)) return condition;
  const roots = rootsOf(condition.$expr);
  if (roots.has('item') || (roots.has('target') && targets.length !== 1)) return 'per-unit';
  return evaluateCondition(condition.$expr, runScope(run, noUnit(state.step, targets[0])));
}

/** Units of a deferred `forEach`; its items are journalled, so that a resumed run has the same units. */
async function unitsOf(run: RunContext, state: StepState): Promise<PlannedUnit[]> {
  const { step } = state;
  if (!isDeferred(step.units)) return step.units;
  const known = knownItems(run, state);
  if (known) return makeUnits(step, known, { plan: run.plan, action: actionOf(run, step.uses) });
  const items = evaluateNow(step.units.$expr, runScope(run, noUnit(step)));
  if (!Array.isArray(items)) throw new Error(`"forEach: ${step.units.$expr}" does not give a list`);
  const units = makeUnits(step, items, { plan: run.plan, action: actionOf(run, step.uses) });
  if (isOfBatch(step.units.$expr)) return units;
  const row = await run.journal.intent({ step: step.id, unit: itemsUnit, target: '', phase: 'do', args: step.units });
  await run.journal.end(row, { status: 'ok', result: { items } });
  return units;
}

/** Items that an earlier process journalled; those of a batch stand in the plan. */
export function knownItems(run: RunContext, state: StepState): unknown[] | undefined {
  const { step } = state;
  const row = run.journal.view.last(step.id, itemsUnit);
  if (row?.status === 'ok') return (row.result as { items: unknown[] }).items;
  const inPlan = isDeferred(step.units) && isOfBatch(step.units.$expr) && run.journal.view.hasStep(step.id);
  if (!inPlan) return undefined;
  const items = evaluateNow((step.units as Deferred).$expr, runScope(run, noUnit(step)));
  return Array.isArray(items) ? items : undefined;
}

/** For expressions of a whole step. */
function noUnit(step: PlannedStep, target = 'localhost'): PlannedUnit {
  return { id: '', target, with: {}, summary: '', ...(step.batch === undefined ? {} : { batch: step.batch }) };
}

/** A signal is heard within this time, and units that take no time are not held up. */
const letInMs = 20;

interface UnitsMode {
  /** Each unit has a condition of its own. */
  perUnit: boolean;
  /** See `settlesOnly`. */
  settleOnly: boolean;
}

/**
 * At most `parallel` units at once. A failure stops the start of further units, unless the step says `continue`, or tolerates some: then
 * one more than those.
 */
async function runUnits(
  run: RunContext,
  state: StepState,
  units: PlannedUnit[],
  { perUnit, settleOnly }: UnitsMode,
): Promise<Map<PlannedUnit, UnitEnd>> {
  const ends = new Map<PlannedUnit, UnitEnd>();
  const { tolerance, batch } = state.step;
  const queue = [...units].reverse();
  let failed = false;
  const tooMany = () =>
    tolerance !== undefined &&
    batch !== undefined &&
    bookOf(run).exceeded(tolerance, batch, membersOf(run, batch)) !== undefined;
  // Units that wait for nothing outside, such as accounts in SQLite, would let no signal and no timer in until all are done.
  let lastMs = run.deps.clock.monotonicMs();
  const letIn = async () => {
    if (run.deps.clock.monotonicMs() - lastMs < letInMs) return;
    await setImmediate();
    lastMs = run.deps.clock.monotonicMs();
  };
  const worker = async () => {
    for (let unit = queue.pop(); unit !== undefined; unit = queue.pop()) {
      const spent = tooMany();
      const mayStart =
        !settleOnly && (!failed || state.step.onFailure === 'continue') && !spent && !run.halt.stopping.aborted;
      let end: UnitEnd;
      if (mayStart && batch !== undefined && tolerance && isLeftOut(run, state, batch, unit)) {
        if (!run.journal.view.last(state.step.id, unit.id)) await leaveOut(run, state, unit);
        end = { status: 'skipped' };
      } else if (mayStart || isEnded(run, state, unit) || isUnderWay(run, state, unit))
        end = await runOrSkip(run, state, unit, { perUnit, mayStart });
      else end = failedBefore(run, state, unit, { spent, settleOnly }) ?? { status: 'pending' };
      ends.set(unit, end);
      if (tolerance) bookOf(run).note(state, unit, end.status);
      if ((isFailure(end.status as never) && !tolerance) || end.status === 'unknown') failed = true;
      await letIn();
    }
  };
  const workers = Array.from({ length: Math.min(state.step.parallel, units.length) }, worker);
  // Every unit under way is waited for, even when the record fails below one of them.
  const settled = await Promise.allSettled(workers);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return ends;
}

/** Not begun by this step, and an earlier one failed for the member: what follows relies on it. */
function isLeftOut(run: RunContext, state: StepState, batch: number, unit: PlannedUnit): boolean {
  const row = run.journal.view.last(state.step.id, unit.id);
  return (row === undefined || wasLeftOut(row)) && bookOf(run).hasFailed(batch, state.step, unit);
}

/** Marked, so that it is done after all when a later attempt at the earlier step goes well. */
function leaveOut(run: RunContext, state: StepState, unit: PlannedUnit): Promise<void> {
  return skip(run, state, unit, 'an earlier step failed for it', { leftOut: true });
}

/** An earlier process saw it fail, for good; once the budget is spent, nothing is tried again. */
function failedBefore(
  run: RunContext,
  { step }: StepState,
  unit: PlannedUnit,
  { spent, settleOnly }: { spent: boolean; settleOnly: boolean },
): UnitEnd | undefined {
  const { view } = run.journal;
  const row = view.last(step.id, unit.id);
  if (!(step.tolerance || settleOnly) || !row || !isFailure(row.status) || view.forgiven(row)) return undefined;
  if (!spent && decideNext(view, step, unit.id, row.seq).do !== 'end') return undefined;
  return { status: row.status!, ...(row.message === null ? {} : { message: row.message }) };
}

function isEnded(run: RunContext, state: StepState, unit: PlannedUnit): boolean {
  const row = run.journal.view.last(state.step.id, unit.id);
  return (
    row !== undefined &&
    isDone(row) &&
    !run.journal.view.isUndone(row) &&
    (!state.step.verify || run.journal.view.verifiedAfter(row))
  );
}

/** An earlier process began it, and nobody has looked since what became of it. */
function isUnderWay(run: RunContext, { step }: StepState, unit: PlannedUnit): boolean {
  const row = run.journal.view.last(step.id, unit.id);
  return row !== undefined && isOpen(row);
}

async function runOrSkip(
  run: RunContext,
  state: StepState,
  unit: PlannedUnit,
  { perUnit, mayStart }: { perUnit: boolean; mayStart: boolean },
): Promise<UnitEnd> {
  const { condition } = state.step;
  const last = run.journal.view.last(state.step.id, unit.id);
  if (perUnit && isDeferred(condition) && (!last || wasLeftOut(last))) {
    try {
      if (!evaluateCondition(condition.$expr, runScope(run, unit))) {
        await skip(run, state, unit);
        return { status: 'skipped' };
      }
    } catch (error) {
      return { status: 'failed', message: messageOf(error) };
    }
  }
  return runUnit(run, state, unit, mayStart);
}

/** A unit that its condition leaves out has a row too: evidence shows that it was considered. */
async function skip(
  run: RunContext,
  state: StepState,
  unit: PlannedUnit,
  message = 'its condition is false',
  result: Record<string, unknown> = {},
): Promise<void> {
  const { step } = state;
  const row = await run.journal.intent({ step: step.id, unit: unit.id, target: unit.target, phase: 'do', args: {} });
  await run.journal.end(row, { status: 'skipped', result, message });
  run.emit({
    event: 'unit.ended',
    time: isoTime(run.deps.clock.nowMs()),
    run: run.runId,
    step: step.id,
    unit: unit.id,
    target: unit.target,
    attempt: row.attempt,
    phase: 'do',
    status: 'skipped',
    durationMs: 0,
    message,
  });
}

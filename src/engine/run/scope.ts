import type { JournalRow } from '../../record/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import { findTarget, planScope, targetScope } from '../plan/plan.ts';
import type { PlannedBatch, PlannedUnit } from '../plan/plan-types.ts';
import { evaluateNow } from './values.ts';

/**
 * What an expression sees while a run goes on: `inputs`, `run`, `target`, `item`, `steps`, and `result` where there is one.
 *
 * `steps.ID.status`, `steps.ID.message` (of its first unit that did not end well), `steps.ID.outputs.NAME` (a list when the step is written with `targets` or `forEach`),
 * `steps.ID.units["UNIT"].outputs.NAME`. An output of a unit that did not end well is null, but of an action whose finding that is. Everything is
 * computed from the journal as stored, so that a resumed run sees the same values; secrets are `***` in it.
 */
export function runScope(run: RunContext, unit?: PlannedUnit, result?: unknown): Record<string, unknown> {
  const base = planScope(run.plan);
  return {
    ...base,
    run: {
      ...(base['run'] as Record<string, unknown>),
      id: run.runId,
      startedAt: run.startedAt,
      requester: run.requester,
      digest: run.plan.digest,
      dir: run.runDir,
    },
    ...(unit?.batch === undefined ? {} : { batch: batchScope(run, unit.batch) }),
    ...(unit ? { target: targetScope(findTarget(run.plan.inventory, unit.target)), item: unit.item ?? null } : {}),
    steps: stepsScope(run, unit?.batch),
    ...(result === undefined ? {} : { result }),
  };
}

const batchScopes = new WeakMap<PlannedBatch, Record<string, unknown>>();

/** What an expression sees of a batch. Ids are data: where one holds a line end, `lines` is null, and `nul` or `json` must be used. */
function batchScope(run: RunContext, number: number): Record<string, unknown> {
  const batch = run.plan.batches?.[number - 1];
  if (!batch) return {};
  let scope = batchScopes.get(batch);
  if (!scope) {
    const ids = batch.members.map(({ id }) => id);
    scope = {
      number,
      count: run.plan.batches!.length,
      size: ids.length,
      ids,
      members: batch.members,
      lines: ids.some((id) => /[\r\n]/.test(id)) ? null : `${ids.join('\n')}\n`,
      nul: ids.map((id) => `${id}\0`).join(''),
      json: JSON.stringify(ids),
    };
    batchScopes.set(batch, scope);
  }
  return scope;
}

/** Values of a step's `outputs` for one ended unit. @throws OaopsError `expression-failed` */
export function unitOutputs(
  run: RunContext,
  state: StepState,
  unit: PlannedUnit,
  result: unknown,
): Record<string, unknown> {
  const names = Object.entries(state.step.outputs);
  if (names.length === 0) return {};
  const scope = {
    ...planScope(run.plan, findTarget(run.plan.inventory, unit.target), unit.item),
    ...(unit.batch === undefined ? {} : { batch: batchScope(run, unit.batch) }),
    result,
  };
  return Object.fromEntries(names.map(([name, expression]) => [name, evaluateNow(expression, scope)]));
}

/**
 * A step's part of the scope is made only when an expression asks for it, and for an ended step only once: thousands of
 * units would else each read thousands of rows.
 */
function stepsScope(run: RunContext, batch: number | undefined): Record<string, unknown> {
  const scope: Record<string, unknown> = {};
  for (const [id, state] of run.steps) {
    // A step of a batch sees those of its own batch, by the names that they were written with.
    if (state.step.batch !== undefined && state.step.batch !== batch) continue;
    // Known by the name of the condition itself.
    if (state.step.hold !== undefined) continue;
    let made: unknown;
    Object.defineProperty(scope, state.step.batch === undefined ? id : id.slice(`b${batch}-`.length), {
      enumerable: true,
      get: () => {
        if (state.status === 'pending' || state.status === 'running') {
          made ??= stepScope(run, state);
          return made;
        }
        if (state.scope?.status !== state.status) state.scope = { status: state.status, value: stepScope(run, state) };
        return state.scope.value;
      },
    });
  }
  return scope;
}

/** A step with thousands of units is read once for each of its units: a row's outputs are computed only once. */
function knownOutputs(run: RunContext, state: StepState, unit: PlannedUnit, row: JournalRow): Record<string, unknown> {
  let outputs = run.outputsOfRow.get(row);
  if (!outputs) {
    outputs = unitOutputs(run, state, unit, row.result);
    run.outputsOfRow.set(row, outputs);
  }
  return outputs;
}

/** Outputs of a failure that is a finding; undefined: it failed in another way. */
function foundOutputs(
  run: RunContext,
  state: StepState,
  unit: PlannedUnit,
  row: JournalRow | undefined,
): Record<string, unknown> | undefined {
  if (row?.status !== 'failed' || !run.deps.actions.get(state.step.uses)?.findsFailure) return undefined;
  try {
    return knownOutputs(run, state, unit, row);
  } catch {
    return undefined;
  }
}

function stepScope(run: RunContext, state: StepState): Record<string, unknown> {
  const units: Record<string, unknown> = {};
  const names = Object.keys(state.step.outputs);
  // Of no units, or none that is done, each output is an empty list.
  const lists: Record<string, unknown[]> = Object.fromEntries(names.map((name) => [name, []]));
  // A name that is missing would be an error of the expression: what was skipped is no mistake of the step that asks.
  const none = Object.fromEntries(names.map((name) => [name, null]));
  let single: Record<string, unknown> = none;
  for (const unit of state.units ?? []) {
    const row = run.journal.view.last(state.step.id, unit.id);
    const done = row !== undefined && isDone(row);
    const outputs = done ? knownOutputs(run, state, unit, row) : (foundOutputs(run, state, unit, row) ?? none);
    units[unit.id] = { status: row?.status ?? 'not-started', target: unit.target, result: row?.result ?? {}, outputs };
    if (done) for (const name of names) lists[name]!.push(outputs[name]);
    single = outputs;
  }
  const status = state.status === 'pending' ? 'not-started' : state.status;
  return { status, message: messageOf(run, state), units, outputs: state.step.fanOut ? lists : single };
}

/** The unit's effect is in place, in whole or in part. */
export function isDone(row: JournalRow): boolean {
  return row.status === 'ok' || row.status === 'incomplete';
}

/** What the first unit said that did not end well; null where there is none. */
function messageOf(run: RunContext, state: StepState): string | null {
  for (const unit of state.units ?? []) {
    const row = run.journal.view.last(state.step.id, unit.id);
    if (row && row.status !== 'ok' && row.message !== null) return row.message;
  }
  return null;
}

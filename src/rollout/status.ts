import { isFailure, JournalView } from '../engine/journal/journal-state.ts';
import { memberIdOf } from '../engine/plan/member-of.ts';
import type { Plan, PlannedStep } from '../engine/plan/plan-types.ts';
import { lateUnit, verdictOf } from '../engine/run/gate.ts';
import { isDeferred } from '../engine/run/values.ts';
import type { JournalRow, RunInputRow, RunRow } from '../record/types.ts';
import { batchStepId } from './expand.ts';

export interface GateStatus {
  gate: string;
  state: 'not-started' | 'running' | 'pass' | 'fail';
  samples: { taken: number; of: number; pass: number; fail: number; error: number; inconclusive: number };
}

export interface BatchStatus {
  batch: number;
  members: number;
  state: 'not-started' | 'running' | 'ok' | 'incomplete' | 'failed' | 'undone' | 'undo-failed';
  /** Members that failed in a step of the batch, by id. */
  failed: string[];
  gates: GateStatus[];
}

export interface RolloutStatus {
  run: string;
  runbook: string;
  version: string;
  status: RunRow['status'];
  message: string | null;
  wakeAt: string | null;
  paused: { by: string; reason: string } | null;
  population: number;
  /** Members of batches that have ended well. */
  done: number;
  batches: BatchStatus[];
  watch: GateStatus[];
}

/** Where a rollout stands, from its stored plan and its journal alone: the same for every terminal and after every crash. */
export function rolloutStatus(
  row: RunRow,
  plan: Plan,
  journal: readonly JournalRow[],
  inputs: readonly RunInputRow[],
): RolloutStatus {
  const view = new JournalView(journal, inputs);
  const latest = latestByStep(journal);
  // Whoever failed has failed, also where what was done half-way is taken back.
  const tried = latestByStep(journal.filter(({ phase }) => phase === 'do'));
  const planned = plan.batches ?? [];
  const byBatch = Map.groupBy(plan.steps, ({ batch }) => batch);
  const batches = planned.map(({ number, members }): BatchStatus => {
    const steps = byBatch.get(number) ?? [];
    const gates = steps
      .filter(({ gate }) => gate)
      .map((step) => gateStatus(step, latest, view, batchStepId(number, '')));
    const work = steps.filter(({ gate, hold }) => !gate && hold === undefined);
    const rows = work.flatMap(({ id }) => [...(latest.get(id)?.values() ?? [])]);
    const failed = failedMembers(plan, work, tried);
    return { batch: number, members: members.length, state: stateOf(work, rows, gates, latest), failed, gates };
  });
  const watch = plan.steps
    .filter(({ gate, batch }) => gate && batch === undefined)
    .map((step) => gateStatus(step, latest, view, 'watch-'));
  const ended = batches.filter(({ state }) => state === 'ok' || state === 'incomplete');
  return {
    run: row.id,
    runbook: row.runbook,
    version: row.version,
    status: row.status,
    message: row.message,
    wakeAt: row.wakeAt,
    paused: view.paused() ?? null,
    population: planned.reduce((sum, { members }) => sum + members.length, 0),
    done: ended.reduce((sum, { members, failed }) => sum + members - failed.length, 0),
    batches,
    watch,
  };
}

type Latest = Map<string, Map<string, JournalRow>>;

/** The last row of each unit by step; an undo that followed stands over what was done. */
function latestByStep(journal: readonly JournalRow[]): Latest {
  const latest: Latest = new Map();
  for (const row of journal) {
    if (row.phase === 'verify' || row.unit === 'begun') continue;
    let units = latest.get(row.step);
    if (!units) {
      units = new Map();
      latest.set(row.step, units);
    }
    units.set(row.unit, row);
  }
  return latest;
}

function stateOf(
  work: readonly PlannedStep[],
  rows: readonly JournalRow[],
  gates: readonly GateStatus[],
  latest: Latest,
): BatchStatus['state'] {
  if (rows.length === 0) return 'not-started';
  const statuses = new Set<string | null>(rows.map(({ status }) => status));
  if (statuses.has('undo-failed')) return 'undo-failed';
  if (statuses.has('undone')) return 'undone';
  if (
    rows.some(({ status }) => status === null || status === 'waiting' || status === 'unknown' || status === 'aborted')
  )
    return 'running';
  const begun = work.every(({ id, handler }) => handler || latest.has(id));
  const failed = rows.some(({ status }) => isFailure(status));
  if (gates.some(({ state }) => state === 'fail')) return 'failed';
  if (!begun || (gates.length > 0 && gates.some(({ state }) => state !== 'pass')))
    return failed && !begun ? 'failed' : 'running';
  return failed || statuses.has('incomplete') ? 'incomplete' : 'ok';
}

function failedMembers(plan: Plan, work: readonly PlannedStep[], tried: Latest): string[] {
  const failed = new Set<string>();
  for (const step of work) {
    if (!step.tolerance) continue;
    for (const row of tried.get(step.id)?.values() ?? []) {
      if (!isFailure(row.status)) continue;
      const list = isDeferred(step.units);
      failed.add(memberIdOf(plan, step, row.unit) ?? (list ? row.unit : row.target));
    }
  }
  return [...failed];
}

function gateStatus(step: PlannedStep, latest: Latest, view: JournalView, prefix: string): GateStatus {
  const { samples: of, failureLimit, errorLimit, inconclusiveLimit } = step.gate!;
  // After a run that is tried again, everything is measured again.
  const rows = [...(latest.get(step.id)?.values() ?? [])].filter((row) => !view.forgiven(row));
  const counted = { pass: 0, fail: 0, error: 0, inconclusive: 0 };
  const taken = rows.filter(({ status }) => status !== null && status !== 'aborted' && status !== 'waiting');
  for (const row of taken) counted[verdictOf(row)] += 1;
  const count = taken.filter(({ unit }) => unit !== lateUnit).length;
  const no = counted.fail > failureLimit || counted.error > errorLimit || counted.inconclusive > inconclusiveLimit;
  const state = no
    ? 'fail'
    : count >= of
      ? counted.pass > 0
        ? 'pass'
        : 'fail'
      : view.hasStep(step.id)
        ? 'running'
        : 'not-started';
  return {
    gate: step.id.startsWith(prefix) ? step.id.slice(prefix.length) : step.id,
    state,
    samples: { taken: count, of, ...counted },
  };
}

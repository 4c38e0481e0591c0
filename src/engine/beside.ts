import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { RecordStore, RunRow } from '../record/types.ts';
import { rowsInPlace } from './journal/in-place.ts';
import { JournalView } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';
import { cleanupBegun } from './run/cleanup.ts';

/** Two rollouts of one runbook change the same things: taking back the older would take back what the newer did. */
export interface Beside {
  reason: string;
  runs: string[];
}

/** So many runs of a runbook are looked back at: it bounds what a start costs, however long the history is. */
const lookBackRuns = 50;

/**
 * Rollouts of the same runbook that are not over: under way, killed, waiting, stopped, or ended badly or in part with changes still in place for
 * members whom no later one reached that ended well. The caller holds the runbook's lock. `reason`: somebody takes it upon themselves.
 * @returns what to keep with the run; undefined when there is none
 * @throws OaopsError `rollout-open` (exit 4), `reason-missing` (exit 2)
 */
export async function refuseBeside(
  { runs }: Pick<RecordStore, 'runs'>,
  plan: Plan,
  reason: string | undefined,
): Promise<Beside | undefined> {
  if (plan.batches === undefined) return undefined;
  const filter = { runbook: plan.runbook.name, kind: plan.runbook.kind };
  const open = await runs.list({ ...filter, status: ['running', 'waiting', 'stopped', 'undo-failed'] });
  open.push(...(await leftBehind(runs, await runs.list({ ...filter, limit: lookBackRuns }))));
  const [first, ...others] = open;
  if (!first) return undefined;
  if (reason === undefined) {
    const what = first.message === null ? '' : `: ${first.message}`;
    const more = others.length === 0 ? '' : `; not over either: ${others.map(({ id }) => id).join(', ')}`;
    throw new OaopsError(
      'rollout-open',
      `rollout ${first.id} of ${first.runbook} is not over (${first.status}${what})${more}`,
      {
        exitCode: ExitCode.refused,
        next: `Go on with "oaops patch resume ${first.id}", take it back with "oaops patch rollback ${first.id}", leave what it did with "oaops patch abort ${first.id}", or give --beside REASON.`,
        details: { runs: open.map(({ id }) => id) },
      },
    );
  }
  if (reason.trim() === '') throw usageError('reason-missing', 'a rollout beside another needs a reason');
  return { reason, runs: open.map(({ id }) => id) };
}

/** Those of `rows`, newest first, that left somebody with a change and whom no later one reached that ended well. */
async function leftBehind(runs: RecordStore['runs'], rows: readonly RunRow[]): Promise<RunRow[]> {
  const found: RunRow[] = [];
  const well: string[] = [];
  const reached = new Map<string, Set<string>>();
  const reachedBy = async (id: string) => {
    const known = reached.get(id) ?? membersOf((await runs.plan(id)) as Plan);
    reached.set(id, known);
    return known;
  };
  for (const row of rows) {
    if (row.status === 'ok') well.push(row.id);
    if (!['failed', 'refused', 'incomplete'].includes(row.status)) continue;
    let left = await changedMembers(runs, row);
    for (const id of well) {
      if (left.length === 0) break;
      const others = await reachedBy(id);
      left = left.filter((member) => !others.has(member));
    }
    if (left.length > 0) found.push(row);
  }
  return found;
}

async function changedMembers(runs: RecordStore['runs'], { id }: RunRow): Promise<string[]> {
  const plan = (await runs.plan(id)) as Plan;
  const view = new JournalView(await runs.journal(id), await runs.inputs(id));
  const batches = new Set(rowsInPlace(plan, view).map(({ step }) => step.batch));
  return [...membersOf({ batches: (plan.batches ?? []).filter(({ number }) => batches.has(number)) })];
}

function membersOf({ batches = [] }: Pick<Plan, 'batches'>): Set<string> {
  return new Set(batches.flatMap(({ members }) => members.map(({ id }) => id)));
}

/**
 * The run waits for the samples of a gate, and these can be taken while another run of the runbook is under way: they change nothing, and nobody
 * takes them later.
 */
export async function waitsForSamples({ runs }: Pick<RecordStore, 'runs'>, id: string): Promise<boolean> {
  const plan = (await runs.plan(id)) as Plan;
  if (plan.batches === undefined) return false;
  const view = new JournalView(await runs.journal(id), await runs.inputs(id));
  if (view.undoRequest() !== undefined || cleanupBegun(plan, view)) return false;
  return plan.steps.some((step) => {
    if (!step.gate || !view.hasStep(step.id)) return false;
    const last = view.rows.findLast((row) => row.step === step.id && row.unit === `sample-${step.gate!.samples}`);
    return last === undefined || last.status === 'waiting' || last.status === null || view.forgiven(last);
  });
}

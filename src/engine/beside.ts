import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { RecordStore, RunRow } from '../record/types.ts';
import { isFailure, JournalView } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';

/** Two rollouts of one runbook change the same things: taking back the older would take back what the newer did. */
export interface Beside {
  reason: string;
  runs: string[];
}

/**
 * Rollouts of the same runbook that are not over: under way, killed, waiting, stopped, or failed with changes still in place. The caller holds the
 * runbook's lock. `reason`: somebody takes it upon themselves.
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
  const [newest] = await runs.list({ ...filter, limit: 1 });
  if (newest && ['failed', 'refused'].includes(newest.status) && (await hasChanges(runs, newest))) open.push(newest);
  const [first] = open;
  if (!first) return undefined;
  if (reason === undefined) {
    const what = first.message === null ? '' : `: ${first.message}`;
    throw new OaopsError(
      'rollout-open',
      `rollout ${first.id} of ${first.runbook} is not over (${first.status}${what})`,
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

async function hasChanges(runs: RecordStore['runs'], { id }: RunRow): Promise<boolean> {
  const { steps } = (await runs.plan(id)) as Plan;
  const changing = new Set(
    steps.filter(({ batch, effect }) => batch !== undefined && effect !== 'read').map((step) => step.id),
  );
  const view = new JournalView(await runs.journal(id), await runs.inputs(id));
  return view.rows.some(
    (row) =>
      changing.has(row.step) &&
      row.phase === 'do' &&
      row.status !== 'skipped' &&
      row.status !== 'aborted' &&
      !isFailure(row.status) &&
      !view.isUndone(row),
  );
}

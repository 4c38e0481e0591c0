import type { AnyAction } from '../../src/engine/action.ts';
import type { Plan } from '../../src/engine/plan/plan-types.ts';
import { makeBatches } from '../../src/rollout/batches.ts';
import { expandRollout } from '../../src/rollout/expand.ts';
import { rolloutSpecSchema } from '../../src/rollout/schema.ts';
import { rolloutStatus } from '../../src/rollout/status.ts';
import { type Bench, planOf } from '../engine/harness.ts';

/** Members u0001, u0002 ... */
export function users(count: number): { id: string; vars: Record<string, unknown> }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `u${String(index + 1).padStart(4, '0')}`, vars: {} }));
}

/** Who starts the rollouts of these tests. */
export const requester = { name: 'alice' };

/** The step of a batch that gives each member the change by the action `apply`, and takes it back by `restore`. */
export function applyStep(more: Record<string, unknown> = {}): Record<string, unknown> {
  const user = { user: '${{ item.id }}' };
  return {
    id: 'apply',
    uses: 'apply',
    forEach: 'batch.members',
    with: user,
    undo: { uses: 'restore', with: user },
    ...more,
  };
}

/** The plan of a rollout whose population is given; the rest as written in a runbook. */
export function rolloutPlan(
  actions: AnyAction[],
  members: { id: string; vars: Record<string, unknown> }[],
  written: Record<string, unknown>,
  extra: { allowedSigners?: { path: string; sha256: string } } = {},
): Plan {
  const spec = rolloutSpecSchema.parse({ population: { from: 'csv', file: 'users.csv', id: 'login' }, ...written });
  const batches = makeBatches(members, spec.batches.sizes);
  return planOf(actions, expandRollout(spec, batches), { ...extra, batches, runbook: { kind: 'Rollout' } });
}

/** What `oaops patch status` shows. */
export async function statusOf(bench: Bench, run: string) {
  const { runs } = bench.record;
  const row = (await runs.get(run))!;
  return rolloutStatus(row, (await runs.plan(run)) as Plan, await runs.journal(run), await runs.inputs(run));
}

import { isDeferred } from '../run/values.ts';
import type { Plan, PlannedStep } from './plan-types.ts';

/**
 * The member of its batch that a unit is for, where the step goes through `batch.members` or `batch.ids`: such units are numbered in the order of
 * the batch. Units of hosts are named by the host, which may end in a number too, and have none.
 */
export function memberIdOf(
  plan: Pick<Plan, 'batches'>,
  { batch, units }: Pick<PlannedStep, 'batch' | 'units'>,
  unitId: string,
): string | undefined {
  if (batch === undefined || !isDeferred(units)) return undefined;
  const list = units.$expr.trim();
  if (list !== 'batch.members' && list !== 'batch.ids') return undefined;
  const index = /\.(\d+)$/.exec(unitId)?.[1];
  return index === undefined ? undefined : plan.batches?.[batch - 1]?.members[Number(index)]?.id;
}

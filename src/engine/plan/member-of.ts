import { isDeferred } from '../run/values.ts';
import type { Plan, PlannedStep, PlannedUnit } from './plan-types.ts';

/**
 * What a unit is called for people, where numbers tell nothing: the member of its batch that it is for, where the step goes through `batch.members` or
 * `batch.ids` (such units are numbered in the order of the batch); else the `label` of its item. Units of hosts are named by the host, which may end in
 * a number too, and have none.
 */
export function memberIdOf(
  plan: Pick<Plan, 'batches'>,
  { batch, units }: Pick<PlannedStep, 'batch' | 'units'>,
  unitId: string,
): string | undefined {
  if (!isDeferred(units)) return labelsOf(units).get(unitId);
  if (batch === undefined) return undefined;
  const list = units.$expr.trim();
  if (list !== 'batch.members' && list !== 'batch.ids') return undefined;
  const index = /\.(\d+)$/.exec(unitId)?.[1];
  return index === undefined ? undefined : plan.batches?.[batch - 1]?.members[Number(index)]?.id;
}

/** Looked up for each event of each unit. */
const labels = new WeakMap<readonly PlannedUnit[], Map<string, string>>();

function labelsOf(units: readonly PlannedUnit[]): Map<string, string> {
  let found = labels.get(units);
  if (!found) {
    found = new Map(units.flatMap(({ id, item }) => labelOf(id, item)));
    labels.set(units, found);
  }
  return found;
}

function labelOf(id: string, item: unknown): [string, string][] {
  const { label } = (item ?? {}) as { label?: unknown };
  return typeof label === 'string' ? [[id, label]] : [];
}

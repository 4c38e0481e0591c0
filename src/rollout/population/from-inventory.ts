import { selectTargets } from '../../engine/plan/targets.ts';
import type { Inventory } from '../../engine/ports.ts';
import type { Found } from './members.ts';
import type { PopulationSpec } from './schema.ts';

/**
 * Hosts of the inventory with their variables.
 * @throws OaopsError `target-unknown` (exit 2)
 */
export function fromInventory(spec: Extract<PopulationSpec, { from: 'inventory' }>, inventory: Inventory): Found {
  return {
    source: spec.targets.join(', '),
    candidates: selectTargets(spec.targets, inventory).map(({ name, vars }) => ({ id: name, vars, place: name })),
  };
}

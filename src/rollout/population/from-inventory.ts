import { usageError } from '../../core/errors.ts';
import { selectTargets } from '../../engine/plan/targets.ts';
import type { Inventory } from '../../engine/ports.ts';
import type { Found } from './members.ts';
import type { PopulationSpec } from './schema.ts';

/**
 * Hosts of the inventory with their variables and, as `groups`, the groups they are in.
 * @throws OaopsError `target-unknown`, `member-id-invalid` (exit 2)
 */
export function fromInventory(spec: Extract<PopulationSpec, { from: 'inventory' }>, inventory: Inventory): Found {
  const hosts = selectTargets(spec.targets, inventory);
  // As one of `targets: batch` it would be taken for the hosts that such a word selects.
  const word = hosts.find(({ name }) => name === 'all' || name.startsWith('group:') || name.startsWith('!'));
  if (word) {
    throw usageError('member-id-invalid', `the host "${word.name}" is called like a selector of hosts`, {
      next: 'Give it another name in the inventory.',
    });
  }
  return {
    source: spec.targets.join(', '),
    candidates: hosts.map(({ name, groups, vars }) => ({ id: name, vars: { groups, ...vars }, place: name })),
  };
}

import { usageError } from '../../core/errors.ts';
import type { Inventory, Target } from '../ports.ts';

/** The local machine, when the inventory has no entry of its own for it. */
export const localTarget: Target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} };

/**
 * Targets of selectors (`web1`, `group:web`, `all`, `localhost`), each once, in the order of first mention.
 * @throws OaopsError `target-unknown` (exit 2): a selector that names nothing is a mistake, never an empty list
 */
export function selectTargets(selectors: readonly string[], inventory: Inventory): Target[] {
  const chosen = new Map<string, Target>();
  for (const selector of selectors) {
    for (const target of matches(selector, inventory)) chosen.set(target.name, target);
  }
  return [...chosen.values()];
}

function matches(selector: string, inventory: Inventory): Target[] {
  if (selector === 'all' && inventory.hosts.length > 0) return inventory.hosts;
  if (selector.startsWith('group:')) {
    const group = selector.slice('group:'.length);
    const members = inventory.hosts.filter((host) => host.groups.includes(group));
    if (members.length > 0) return members;
    throw unknown(`group "${group}" has no members in the inventory`, groupsOf(inventory), 'groups');
  }
  const host = inventory.hosts.find((candidate) => candidate.name === selector);
  if (host) return [host];
  if (selector === 'localhost') return [localTarget];
  if (selector === 'all') throw unknown('"all" selects nothing: the inventory is empty', [], 'targets');
  throw unknown(
    `target "${selector}" is not in the inventory`,
    inventory.hosts.map((candidate) => candidate.name),
    'targets',
  );
}

function unknown(message: string, known: string[], what: string): Error {
  const some = known.slice(0, 8).join(', ');
  return usageError('target-unknown', message, {
    next:
      known.length === 0
        ? 'Name an inventory with hosts in the runbook or with --inventory.'
        : `Known ${what}: ${some}${known.length > 8 ? ', ...' : ''}.`,
  });
}

function groupsOf(inventory: Inventory): string[] {
  return [...new Set(inventory.hosts.flatMap((host) => host.groups))].sort();
}

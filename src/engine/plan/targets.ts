import { usageError } from '../../core/errors.ts';
import { matchesPattern } from '../../core/patterns.ts';
import type { Inventory, Target } from '../ports.ts';

/** The local machine, when the inventory has no entry of its own for it. */
export const localTarget: Target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} };

/**
 * Targets of selectors, each once, in the order of first mention: `web1`, `group:web`, `all`, `localhost`; names of hosts and
 * groups may be patterns with `*` and `?`; several with commas between them are one selector. `!` before any of them leaves
 * out what it names, wherever it stands; alone, it leaves out of `all`.
 * @throws OaopsError `target-unknown` (exit 2): a selector that names nothing is a mistake, never an empty list. That of an
 * exclusion too: a mistyped one would act on the very host that was to be spared.
 */
export function selectTargets(selectors: readonly string[], inventory: Inventory): Target[] {
  const words = selectors.flatMap((selector) => wordsOf(selector, inventory));
  const wanted = words.filter((word) => !word.startsWith('!'));
  const chosen = new Map<string, Target>();
  for (const word of wanted.length === 0 && words.length > 0 ? ['all'] : wanted) {
    for (const target of matches(word, inventory)) chosen.set(target.name, target);
  }
  for (const word of words.filter((each) => each.startsWith('!'))) {
    for (const { name } of matches(word.slice(1), inventory)) chosen.delete(name);
  }
  if (chosen.size === 0 && words.length > 0) {
    throw usageError('target-unknown', `"${selectors.join(',')}" leaves out every target that it names`, {
      next: 'Leave out fewer of them.',
    });
  }
  return [...chosen.values()];
}

/** A host's own name is taken whole, whatever signs it holds. */
function wordsOf(selector: string, inventory: Inventory): string[] {
  if (!selector.includes(',') || inventory.hosts.some(({ name }) => name === selector)) return [selector];
  return selector
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

function matches(selector: string, inventory: Inventory): Target[] {
  const { hosts } = inventory;
  if (selector === 'all' && hosts.length > 0) return hosts;
  if (selector.startsWith('group:')) {
    const group = selector.slice('group:'.length);
    const members = hosts.filter((host) => host.groups.some((each) => each === group || matchesPattern(group, each)));
    if (members.length > 0) return members;
    throw unknown(`group "${group}" has no members in the inventory`, groupsOf(inventory), 'groups');
  }
  const host = hosts.find((candidate) => candidate.name === selector);
  if (host) return [host];
  if (selector === 'localhost') return [localTarget];
  if (selector === 'all') throw unknown('"all" selects nothing: the inventory is empty', [], 'targets');
  const names = hosts.map((candidate) => candidate.name);
  if (!/[*?]/.test(selector)) throw unknown(`target "${selector}" is not in the inventory`, names, 'targets');
  const found = hosts.filter(({ name }) => matchesPattern(selector, name));
  if (found.length > 0) return found;
  throw unknown(`no target of the inventory is called like "${selector}"`, names, 'targets');
}

function unknown(message: string, known: string[], what: string): Error {
  const some = known.slice(0, 8).join(', ');
  return usageError('target-unknown', message, {
    next:
      known.length === 0
        ? 'Name an inventory with hosts: "inventory" in the runbook or the configuration, or --inventory.'
        : `Known ${what}: ${some}${known.length > 8 ? ', ...' : ''}.`,
  });
}

function groupsOf(inventory: Inventory): string[] {
  return [...new Set(inventory.hosts.flatMap((host) => host.groups))].sort();
}

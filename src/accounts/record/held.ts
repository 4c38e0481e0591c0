import type { FactStore } from '../../record/types.ts';
import type { FindingType } from '../model.ts';
import { accountId } from './account-id.ts';
import { successorTopic } from './successors.ts';

/** An account that this tool has disabled: what "delete after the hold" goes by. It outlives the run that did it. */
export interface HeldFact {
  directory: string;
  key: string;
  login: string;
  name: string;
  run: string;
  /** Since when it is held, ISO UTC. */
  since: string;
  state: 'held' | 'deleted' | 'restored';
  findings: FindingType[];
  person?: string;
}

const heldTopic = 'account.held';

export async function addHeld(facts: FactStore, at: string, held: HeldFact): Promise<void> {
  await facts.add(heldTopic, accountId(held.directory, held.key), at, held);
}

/** The newest word about one account. */
export async function heldAccount(facts: FactStore, account: string): Promise<HeldFact | undefined> {
  const [row] = await facts.list(heldTopic, { key: account, newestFirst: true, limit: 1 });
  return row?.body as HeldFact | undefined;
}

/** The newest word about each account; one that was made anew is known by its new key alone. */
export async function heldAccounts(facts: FactStore): Promise<HeldFact[]> {
  const newest = new Map((await facts.list(heldTopic)).map(({ key, body }) => [key, body as HeldFact]));
  for (const { key } of await facts.list(successorTopic)) newest.delete(key);
  return [...newest.values()];
}

import type { FactStore } from '../../record/types.ts';
import { accountId } from './account-id.ts';

export const successorTopic = 'account.successor';

/** An entry that was deleted and made anew has another key: what earlier runs did to it is found under the old one. */
export async function addSuccessor(
  facts: FactStore,
  at: string,
  { directory, key, next }: { directory: string; key: string; next: string },
): Promise<void> {
  await facts.add(successorTopic, accountId(directory, key), at, { key: next });
}

/** Of each account that was made anew, what it was called before: `directory|new key` -> `directory|old key`. */
export async function predecessors(facts: FactStore): Promise<Map<string, string>> {
  const rows = (await facts.list(successorTopic)).map(({ key, body }) => ({ old: key, next: body as { key: string } }));
  return new Map(rows.map(({ old, next }) => [accountId(old.slice(0, old.indexOf('|')), next.key), old]));
}

/** The key of an entry now, however often it was made anew. */
export async function currentKey(facts: FactStore, directory: string, key: string): Promise<string> {
  const seen = new Set<string>();
  let now = key;
  while (!seen.has(now)) {
    seen.add(now);
    const [row] = await facts.list(successorTopic, { key: accountId(directory, now), newestFirst: true, limit: 1 });
    if (!row) return now;
    now = (row.body as { key: string }).key;
  }
  return now;
}

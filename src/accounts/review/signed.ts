import { runTopic } from '../../record/run-facts.ts';
import type { FactStore } from '../../record/types.ts';
import type { Change } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { Decision } from '../record/decisions.ts';
import { type ReviewLine, rightLine, rightsOf } from './lines.ts';

/** What counts once a list is closed: written once, so that a run that goes on after it was cut off does the same. */
export interface SignedList {
  /** Lines that are carried out. */
  do: string[];
  /** Lines that nobody has answered; they stay as they are. */
  open: string[];
  /** Who signed. */
  by: string[];
}

function signedTopic(run: string): string {
  return runTopic(run, 'account.signed');
}

const key = 'list';

/** Closes a list with the decisions as they are now; once it is closed, later decisions do not count. */
export async function closeList(
  facts: FactStore,
  run: string,
  at: string,
  { lines, decisions }: { lines: readonly ReviewLine[]; decisions: ReadonlyMap<string, Decision> },
): Promise<SignedList> {
  const list: SignedList = {
    do: lines.filter(({ id }) => decisions.get(id)?.decision === 'do').map(({ id }) => id),
    open: lines.filter(({ id }) => !decisions.has(id)).map(({ id }) => id),
    by: [...new Set([...decisions.values()].map(({ by }) => by))].sort(),
  };
  await facts.addOnce(signedTopic(run), key, at, list);
  return (await signedList(facts, run)) ?? list;
}

/** Undefined: it is open still. */
export async function signedList(facts: FactStore, run: string): Promise<SignedList | undefined> {
  const [row] = await facts.list(signedTopic(run), { key, limit: 1 });
  return row?.body as SignedList | undefined;
}

/** What people have signed of an item whose rights are decided one by one; of any other the item itself. */
export function signedItem(item: EntryItem, signed: Pick<SignedList, 'do'> | undefined): EntryItem {
  if (!item.byRight) return item;
  const lines = new Set(signed?.do);
  const rights = rightsOf(item).filter((right) => lines.has(rightLine(item, right)));
  const changes = item.changes.flatMap((change): Change[] => {
    if (change.do !== 'strip') return [change];
    return rights.length > 0 ? [{ do: 'strip', rights }] : [];
  });
  return { ...item, changes };
}

/** What is known of an entry of a list. */
export type Decidable = { directory: string; ref: { key: string } } & Partial<
  Pick<EntryItem, 'line' | 'changes' | 'byRight'>
>;

/** Whoever signed has said of nothing of an entry that it is to be carried out. */
export function isKept({ do: carried }: SignedList, item: Decidable): boolean {
  const ids = item.byRight
    ? rightsOf({ changes: item.changes ?? [] }).map((right) => rightLine(item, right))
    : [item.line ?? ''];
  return !ids.some((id) => carried.includes(id));
}

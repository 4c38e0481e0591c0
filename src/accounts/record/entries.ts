import { runTopic } from '../../record/run-facts.ts';
import type { FactStore } from '../../record/types.ts';
import type { Change, Image } from '../directory.ts';

/** One entry in one run: how it was before, and what was done to it so far. */
export interface EntryHistory {
  image: Image;
  /** Where it was when the run first came to it. */
  name: string;
  marks: { change: Change; mark: Image | null; done: string[]; left: string[]; at: string }[];
  /** Why the change that was tried last has done nothing. */
  failed?: { change: Change; why: string; at: string };
  /** Of an account that was made: its password got where it should. */
  delivered?: true;
  /** Taken back, wholly or but for what is named. */
  restored?: { at: string; by: string; conflicts: string[] };
}

type EntryFact =
  | { image: Image; name: string }
  | { begin: Change }
  | { end: Change; mark: Image; done: string[]; left: string[] }
  /** What was begun right before is known to have changed nothing. */
  | { dropped: Change; why: string }
  | { delivered: true }
  | { restored: { by: string; conflicts: string[] } };

function entryTopic(run: string): string {
  return runTopic(run, 'account.entry');
}

export async function addEntryFact(
  facts: FactStore,
  run: string,
  account: string,
  at: string,
  fact: EntryFact,
): Promise<void> {
  await facts.add(entryTopic(run), account, at, fact);
}

/** What could not be done of an entry, one line each. */
export function notDone(history: EntryHistory | undefined): string[] {
  if (!history) return [];
  return [...history.marks.flatMap(({ left }) => left), ...(history.failed === undefined ? [] : [history.failed.why])];
}

/** What a run did to an entry; undefined: nothing, it did not come to it. */
export async function entryOf(facts: FactStore, run: string, account: string): Promise<EntryHistory | undefined> {
  return historyOf(await facts.list(entryTopic(run), { key: account }));
}

/** What a run did to all its entries. */
export async function entriesOf(facts: FactStore, run: string): Promise<Map<string, EntryHistory>> {
  const rows = await facts.list(entryTopic(run));
  const entries = new Map<string, EntryHistory>();
  for (const [account, own] of Map.groupBy(rows, ({ key }) => key)) {
    const history = historyOf(own);
    if (history) entries.set(account, history);
  }
  return entries;
}

function historyOf(rows: readonly { at: string; body: unknown }[]): EntryHistory | undefined {
  let history: EntryHistory | undefined;
  for (const { at, body } of rows) {
    const fact = body as EntryFact;
    // What was taken back is over, and what was not begun never was: an image after it begins anew.
    if ('image' in fact) {
      if (!history || history.restored || history.marks.length === 0)
        history = { image: fact.image, name: fact.name, marks: [] };
    } else if (!history) continue;
    else if ('begin' in fact) {
      delete history.failed;
      // Begun again after it was cut off: one change.
      const open = history.marks.at(-1);
      if (open?.mark !== null || open.change.do !== fact.begin.do)
        history.marks.push({ change: fact.begin, mark: null, done: [], left: [], at });
    } else if ('end' in fact) {
      const { end: change, mark, done, left } = fact;
      const open = history.marks.findLast((one) => one.change.do === change.do);
      if (open) Object.assign(open, { mark, done, left, at });
      else history.marks.push({ change, mark, done, left, at });
    } else if ('dropped' in fact) {
      if (history.marks.at(-1)?.mark === null) history.marks.pop();
      history.failed = { change: fact.dropped, why: fact.why, at };
    } else if ('delivered' in fact) history.delivered = true;
    else history.restored = { at, ...fact.restored };
  }
  return history;
}

function refusalTopic(run: string): string {
  return runTopic(run, 'account.refused');
}

/** An entry that a run left as it is although it was planned, with the reason. */
export async function addRefusal(
  facts: FactStore,
  run: string,
  account: string,
  at: string,
  reason: string,
): Promise<void> {
  await facts.add(refusalTopic(run), account, at, { reason });
}

/** Reasons by account. */
export async function refusalsOf(facts: FactStore, run: string): Promise<Map<string, string>> {
  const rows = await facts.list(refusalTopic(run));
  return new Map(rows.map(({ key, body }) => [key, (body as { reason: string }).reason]));
}

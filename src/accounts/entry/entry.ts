import { isoTime } from '../../core/clock.ts';
import { isNotBegun, messageOf, OaopsError } from '../../core/errors.ts';
import type { FactStore } from '../../record/types.ts';
import type { Change, Changed, EntryRef, OpenDirectory } from '../directory.ts';
import type { Account, FindingType } from '../model.ts';
import { type Seen, usedSince, whatChanged, whoseChanged } from '../plan/seen.ts';
import { accountId } from '../record/account-id.ts';
import { addEntryFact, type EntryHistory, entryOf } from '../record/entries.ts';
import { addHeld, heldAccount } from '../record/held.ts';
import { addSuccessor, currentKey } from '../record/successors.ts';

/** One entry of a plan, with what is to be done to it. Plain data: it lies in the plan, and approvals are over it. */
export interface EntryItem {
  /** Short name of the line in plans and review lists; unique in the plan. */
  line: string;
  directory: string;
  ref: EntryRef;
  changes: Change[];
  /** As it was when the plan was made. */
  seen: Seen;
  findings: FindingType[];
  person?: string;
  personName?: string;
  department?: string;
  /** Where rights are concerned: every department and post of the person, as `Sales / clerk`. */
  places?: string[];
  /** Employee number of the head who answers for it. */
  head?: string;
  /** Names by which the head may stand in a file of allowed signers. */
  headNames?: string[];
  /** As the roster calls the head. */
  headName?: string;
  /** Employee numbers of employed people who are like its person, as the plan knows; whoever is like it beside them may be its person, come back. */
  alike?: readonly string[];
  /** What was seen, for people. */
  evidence: string[];
  /** Of revocations: who logs in, or gets other rights, between plan and change does not keep the account open by that. */
  atOnce?: true;
  /** Mail addresses of those who are told. */
  mails?: { person?: string; head?: string; owner?: string };
  /** Each right that it would take away is a line of its own, and only those that people have signed are taken. */
  byRight?: true;
}

export interface EntryWork {
  facts: FactStore;
  run: string;
  nowMs(): number;
  signal: AbortSignal;
  /** Fires when the run is to stop: nothing new is begun. */
  stopping: AbortSignal;
}

export type EntryEnd =
  | { status: 'done'; done: string[]; left: string[]; name: string }
  /** Nothing was done, and should not be: what the plan was made for does not hold any more. */
  | { status: 'refused'; reason: string }
  | { status: 'stopped' };

/**
 * Carries out the changes of one entry, in their order. It is looked at again right before: whoever has used it, moved it or changed its rights since the
 * plan was made keeps it as it is. The entry as it was is in the record before the first change begins, each change before and after it is made.
 * Goes on where a process was cut off, unless somebody has used or enabled it since.
 * @throws OaopsError as the directory does
 */
export async function changeEntry(directory: OpenDirectory, item: EntryItem, work: EntryWork): Promise<EntryEnd> {
  const account = accountId(item.directory, item.ref.key);
  const at = () => isoTime(work.nowMs());
  let history = await entryOf(work.facts, work.run, account);
  // A round that was taken back is over: the entry stands as it was, and is looked at anew.
  if (history?.restored) return { status: 'refused', reason: 'it was taken back' };
  if (!history || history.marks.length === 0) {
    const looked = await directory.look(item.ref, work.signal);
    const reason = looked === undefined ? 'it is gone' : reasonToLeave(item, looked.account);
    if (reason !== undefined || looked === undefined) return { status: 'refused', reason: reason ?? 'it is gone' };
    await addEntryFact(work.facts, work.run, account, at(), { image: looked.image, name: looked.account.name });
    history = { image: looked.image, name: looked.account.name, marks: [] };
  } else {
    const reason = await reasonToEnd(directory, item, history, work.signal);
    if (reason !== undefined) return { status: 'refused', reason };
  }
  const told: EntryHistory['marks'] = [];
  const left: string[] = [];
  let ref: EntryRef = { ...item.ref, name: history.name };
  for (const [index, change] of item.changes.entries()) {
    const known = history.marks[index];
    if (known?.mark) {
      told.push(known);
      ref = { ...ref, name: nameAfter(known.mark) ?? ref.name };
      continue;
    }
    if (work.stopping.aborted) return { status: 'stopped' };
    await addEntryFact(work.facts, work.run, account, at(), { begin: change });
    let changed: Changed;
    try {
      changed = await directory.change(ref, change, history.image, work.signal);
    } catch (error) {
      // Else an undo would take what others do from now on for the work of this run; what was cut off before may have done something.
      if (isNotBegun(error) && !known)
        await addEntryFact(work.facts, work.run, account, at(), { dropped: change, why: messageOf(error) });
      if (!(error instanceof OaopsError) || error.code !== 'account-changed' || known) throw error;
      if (told.length === 0) return { status: 'refused', reason: error.message };
      left.push(error.message);
      break;
    }
    const { done, left: notDone, mark, name } = changed;
    ref = { ...ref, name };
    const end = { change, mark: { ...mark, name }, done, left: notDone };
    await addEntryFact(work.facts, work.run, account, at(), { end: change, mark: end.mark, done, left: notDone });
    told.push({ ...end, at: at() });
  }
  await keepHeld(item, ref.name, work, at());
  return {
    status: 'done',
    done: told.flatMap(({ done }) => done),
    left: [...told.flatMap((one) => one.left), ...left],
    name: ref.name,
  };
}

/**
 * Takes back what a run did to an entry.
 * @returns undefined when it did nothing
 */
export async function restoreEntry(
  directory: OpenDirectory,
  item: Pick<EntryItem, 'directory' | 'ref' | 'findings'>,
  work: EntryWork & { ofRun: string; by: string },
): Promise<{ done: string[]; conflicts: string[] } | undefined> {
  const account = accountId(item.directory, item.ref.key);
  const history = await entryOf(work.facts, work.ofRun, account);
  if (!history || history.marks.length === 0) return undefined;
  const name = nameAfter(history.marks.findLast(({ mark }) => mark !== null)?.mark ?? null) ?? history.name;
  // Deleted and made anew since, it has another key; later runs know it by that.
  const key = await currentKey(work.facts, item.directory, item.ref.key);
  const last = await heldAccount(work.facts, accountId(item.directory, key));
  // What it would put back is not what the later run found. An earlier one, whose rest this run has taken, stands in no way.
  const isOther = last !== undefined && last.state !== 'restored' && last.run !== work.ofRun;
  const isHeldByOther = isOther && isLater(last, { run: work.ofRun, since: history.marks[0]!.at });
  const restored = isHeldByOther
    ? { done: [], conflicts: [`run ${last.run} has disabled or deleted it since: take that back first`] }
    : await directory.restore(
        { ...item.ref, key, name, ...(key === item.ref.key ? {} : { anew: true as const }) },
        history.image,
        history.marks,
        work.signal,
      );
  const at = isoTime(work.nowMs());
  const keyNow = restored.key ?? key;
  if (keyNow !== key) await addSuccessor(work.facts, at, { directory: item.directory, key, next: keyNow });
  await addEntryFact(work.facts, work.ofRun, account, at, {
    restored: { by: work.by, conflicts: restored.conflicts },
  });
  const isOfHold = history.marks.some(({ change }) => change.do === 'disable' || change.do === 'delete');
  if (isHeldByOther || (isOther && !isOfHold)) return restored;
  const held = { directory: item.directory, login: item.ref.login, name: history.name, run: work.ofRun, since: at };
  for (const each of new Set([item.ref.key, key, keyNow]))
    await addHeld(work.facts, at, { ...held, key: each, state: 'restored', findings: item.findings });
  return restored;
}

function isLater(one: { run: string; since: string }, other: { run: string; since: string }): boolean {
  return one.since === other.since ? one.run > other.run : one.since > other.since;
}

function reasonToLeave(item: EntryItem, account: Account): string | undefined {
  if (account.untouchable !== undefined) return account.untouchable;
  return item.atOnce ? whoseChanged(item.seen, account) : whatChanged(item.seen, account);
}

/** Why a run that was cut off does not go on with an entry: it may have been cut off for days. */
async function reasonToEnd(
  directory: OpenDirectory,
  item: EntryItem,
  { marks }: EntryHistory,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (item.changes.every((_, index) => marks[index]?.mark)) return undefined;
  const looked = await directory.look(item.ref, signal);
  if (!looked) return undefined;
  const { account } = looked;
  // What it has set itself is nobody's edit.
  const sets = item.changes.some((change) => change.do === 'update');
  const reason =
    (sets ? undefined : whoseChanged(item.seen, account)) ?? (item.atOnce ? undefined : usedSince(item.seen, account));
  if (reason !== undefined) return reason;
  const isDisabled = marks.some(
    ({ change, mark, done, left }) => change.do === 'disable' && mark !== null && done.length > 0 && left.length === 0,
  );
  return isDisabled && account.state === 'enabled' ? 'somebody has enabled it since this run disabled it' : undefined;
}

function nameAfter(mark: Record<string, unknown> | null): string | undefined {
  return typeof mark?.['name'] === 'string' ? mark['name'] : undefined;
}

/** What is deleted after the hold goes by this. */
async function keepHeld(item: EntryItem, name: string, work: EntryWork, at: string): Promise<void> {
  const disables = item.changes.some((change) => change.do === 'disable');
  const deletes = item.changes.some((change) => change.do === 'delete');
  if (!disables && !deletes) return;
  await addHeld(work.facts, at, {
    directory: item.directory,
    key: item.ref.key,
    login: item.ref.login,
    name,
    run: work.run,
    since: at,
    state: deletes ? 'deleted' : 'held',
    findings: item.findings,
    ...(item.person === undefined ? {} : { person: item.person }),
  });
}

import { isoTime } from '../../core/clock.ts';
import { isNotBegun, messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { EntryRef, OpenDirectory } from '../directory.ts';
import type { EntryItem, EntryWork } from '../entry/entry.ts';
import { comparable } from '../matching/comparable.ts';
import type { Account } from '../model.ts';
import { accountId } from '../record/account-id.ts';
import { addEntryFact, type EntryHistory, entryOf } from '../record/entries.ts';

/** An account that is to be made. Plain data of a plan. */
export interface OpeningItem {
  line: string;
  directory: string;
  login: string;
  /** Of a directory that is many hosts: where it is made. */
  host?: string;
  person: string;
  personName: string;
  /** By the names of `Account`. */
  attributes: Record<string, string>;
  /** Due by the role matrix. */
  rights: string[];
  /** Which row of the matrix gives which right, for people. */
  because: string[];
  /** Milliseconds since 1970. */
  expiresAt?: number;
  passwordLength: number;
  /** Where the one-time password goes, as a mail address; absent: to the person at the terminal. */
  deliver?: { channel: string; to: string };
  remindSecondFactor: boolean;
  /** Mail addresses of those who are told. */
  mails: NonNullable<EntryItem['mails']>;
}

/** Whom the one-time password is given to; throws when it did not get there. */
export type Deliver = (login: string, password: string) => Promise<void>;

export interface Opened {
  ref: EntryRef;
  done: string[];
  left: string[];
}

/**
 * Makes an account, gives it its rights and hands over the one-time password, which is kept nowhere. When that cannot be delivered the account is removed
 * again: nobody could use it, and nobody would miss it. After a process was cut off in between, what it had made is removed and made anew, because
 * nobody knows its password.
 * @throws OaopsError `account-exists` (exit 4), `account-half-made` (exit 3): there is one, and it cannot be told whether this run has made it; as the directory and the channel do
 */
export async function openAccount(
  directory: OpenDirectory,
  item: OpeningItem,
  { password, deliver }: { password: string; deliver: Deliver },
  work: EntryWork,
): Promise<Opened> {
  const account = openingId(item);
  const at = () => isoTime(work.nowMs());
  const history = await entryOf(work.facts, work.run, account);
  if (history && !history.restored) {
    const known = await afterCut(directory, item, history, work);
    if (known) return known;
  }
  await addEntryFact(work.facts, work.run, account, at(), { image: {}, name: item.login });
  const make = { do: 'update', attributes: item.attributes } as const;
  await addEntryFact(work.facts, work.run, account, at(), { begin: make });
  const ref = await directory
    .create(
      {
        login: item.login,
        attributes: { ...item.attributes, ...(item.host === undefined ? {} : { host: item.host }) },
        password,
        ...(item.expiresAt === undefined ? {} : { expiresAt: item.expiresAt }),
      },
      work.signal,
    )
    .catch(async (error: unknown) => {
      // Nothing was made: what may be there is of somebody else.
      if (isNotBegun(error) || (error instanceof OaopsError && error.exitCode === ExitCode.refused))
        await addEntryFact(work.facts, work.run, account, at(), { dropped: make, why: messageOf(error) });
      throw error;
    });
  const made = [`made ${ref.name}`];
  await addEntryFact(work.facts, work.run, account, at(), { end: make, mark: { ref }, done: made, left: [] });
  try {
    let granted: { done: string[]; left: string[] } = { done: [], left: [] };
    if (item.rights.length > 0) {
      const grant = { do: 'grant', rights: item.rights } as const;
      await addEntryFact(work.facts, work.run, account, at(), { begin: grant });
      // What a directory compares with: the account as it was made.
      const looked = await directory.look(ref, work.signal);
      const { mark, done, left } = await directory.change(ref, grant, looked?.image ?? {}, work.signal);
      granted = { done, left };
      await addEntryFact(work.facts, work.run, account, at(), { end: grant, mark, done, left });
    }
    await deliver(item.login, password);
    await addEntryFact(work.facts, work.run, account, at(), { delivered: true });
    return { ref, done: [...made, ...granted.done], left: granted.left };
  } catch (error) {
    throw await removedAfter(error, directory, item, ref, work);
  }
}

/** What to do about an account that a process was making when it was cut off; undefined: it is made anew. */
async function afterCut(
  directory: OpenDirectory,
  item: OpeningItem,
  history: EntryHistory,
  work: EntryWork,
): Promise<Opened | undefined> {
  const ref = refOf(history);
  const [first] = history.marks;
  if (!ref) {
    const there = first && (await accountNamed(directory, item, work.signal));
    if (!there) return undefined;
    if (!isOurs(there, item, first.at)) throw halfMade(item);
    await remove(directory, item, { key: there.key, name: there.name, login: there.login }, work);
    return undefined;
  }
  const told: Opened = {
    ref,
    done: history.marks.flatMap(({ done }) => done),
    left: history.marks.flatMap(({ left }) => left),
  };
  if (history.delivered) return told;
  const looked = await directory.look(ref, work.signal);
  if (!looked) {
    await forget(item, work);
    return undefined;
  }
  // Somebody has logged in with it: the password has arrived.
  if (wasUsed(looked.account)) return told;
  await remove(directory, item, ref, work);
  return undefined;
}

async function accountNamed(directory: OpenDirectory, { login, host }: OpeningItem, signal: AbortSignal) {
  const { accounts } = await directory.read(signal);
  return accounts.find(
    ({ key, login: other }) =>
      comparable(other, true) === comparable(login, true) && (host === undefined || key === `${host}:${other}`),
  );
}

/** Made since the run began to make it, for this person, and never used. */
function isOurs(account: Account, item: OpeningItem, begunAt: string): boolean {
  const { employee, createdAt } = account;
  const secondMs = 1000;
  return (
    employee === item.person &&
    createdAt !== undefined &&
    // Directories keep whole seconds.
    createdAt >= Math.floor(Date.parse(begunAt) / secondMs) * secondMs &&
    !wasUsed(account)
  );
}

/** A bound says nothing of a use. */
function wasUsed({ lastUse }: Account): boolean {
  return 'at' in lastUse && !lastUse.orBefore;
}

function halfMade({ login, directory }: OpeningItem): OaopsError {
  return new OaopsError(
    'account-half-made',
    `${login} (${directory}) was being made when the run was cut off, and it cannot be told whether the account that is there is the one`,
    {
      exitCode: ExitCode.incomplete,
      next: 'Look whose it is. Remove it if it is nobody’s, then start a new run: nobody has its password.',
    },
  );
}

/** Takes away what was made, and tells that beside what went wrong. */
async function removedAfter(
  error: unknown,
  directory: OpenDirectory,
  item: OpeningItem,
  ref: EntryRef,
  work: EntryWork,
): Promise<unknown> {
  // Also when the run is ended at once: an account whose password nobody has is not left behind.
  const signal = AbortSignal.timeout(removeWithinMs);
  const failed = await remove(directory, item, ref, { ...work, signal }).then(
    () => undefined,
    (problem: unknown) => messageOf(problem),
  );
  const known = error instanceof OaopsError ? error : undefined;
  if (failed === undefined && !known) return error;
  return new OaopsError(
    known?.code ?? 'account-left',
    failed === undefined
      ? `${messageOf(error)}; the account was removed again`
      : `${messageOf(error)}; the account ${ref.name} could not be removed again: ${failed}`,
    {
      exitCode: failed === undefined ? known!.exitCode : ExitCode.incomplete,
      next: failed === undefined ? (known!.next ?? 'Start a new run.') : 'Remove the account; nobody has its password.',
      cause: error,
    },
  );
}

const removeWithinMs = 60_000;

/**
 * Removes an account that the run has made.
 * @returns what was done; undefined: nothing was made
 * @throws OaopsError `account-in-use` (exit 4) when somebody has logged in with it since
 */
export async function closeAccount(
  directory: OpenDirectory,
  item: OpeningItem,
  work: EntryWork,
): Promise<string[] | undefined> {
  const history = await entryOf(work.facts, work.run, openingId(item));
  const ref = history && refOf(history);
  if (!ref || history.restored) return undefined;
  const looked = await directory.look(ref, work.signal);
  if (looked && wasUsed(looked.account))
    throw new OaopsError('account-in-use', `somebody has logged in with ${placeOf(item)} (${item.directory}) since`, {
      exitCode: ExitCode.refused,
      next: `Revoke it with: oaops account revoke --person ${item.person} --reason TEXT`,
    });
  return remove(directory, item, ref, work);
}

async function remove(
  directory: OpenDirectory,
  item: OpeningItem,
  ref: EntryRef,
  work: EntryWork,
): Promise<string[] | undefined> {
  const looked = await directory.look(ref, work.signal);
  const changed = looked && (await directory.change(ref, { do: 'delete' }, looked.image, work.signal));
  await forget(item, work);
  return changed?.done;
}

/** There is nothing any more of what the run had made. */
async function forget(item: OpeningItem, work: EntryWork): Promise<void> {
  const restored = { by: work.run, conflicts: [] };
  await addEntryFact(work.facts, work.run, openingId(item), isoTime(work.nowMs()), { restored });
}

function refOf(history: EntryHistory): EntryRef | undefined {
  return history.marks.find(({ mark }) => mark?.['ref'] !== undefined)?.mark?.['ref'] as EntryRef | undefined;
}

export function openingId(item: Pick<OpeningItem, 'directory' | 'login' | 'host'>): string {
  return accountId(item.directory, openingKey(item));
}

/** What stands for the key of an account that is not made yet. */
export function openingKey(place: Parameters<typeof placeOf>[0]): string {
  return `new:${placeOf(place)}`;
}

/** What people read: the login, with the host where there are many. */
export function placeOf({ login, host }: { login: string; host?: string | undefined }): string {
  return host === undefined ? login : `${host}:${login}`;
}

import { isoTime } from '../core/clock.ts';
import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { EntryRef, OpenDirectory } from './directory.ts';
import type { EntryWork } from './entry.ts';
import { accountId, addEntryFact, entryOf } from './record.ts';

/** An account that is to be made. Plain data of a plan. */
export interface OpeningItem {
  line: string;
  directory: string;
  login: string;
  person: string;
  personName: string;
  /** By the names of `Account`. */
  attributes: Record<string, string>;
  /** Due by the role matrix. */
  rights: string[];
  expiresAt?: number;
  passwordLength: number;
  /** Where the one-time password goes; absent: to the person at the terminal. */
  deliver?: { channel: string; to: string };
  remindSecondFactor: boolean;
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
 * again: nobody could use it, and nobody would miss it.
 * @throws OaopsError `account-exists` (exit 4), `account-half-made` (exit 3) after a process was cut off in between; as the directory and the channel do
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
  const made = history?.marks.find(({ change }) => change.do === 'update');
  if (made && !history?.restored)
    throw new OaopsError(
      'account-half-made',
      `${item.login} (${item.directory}) was being made when the run was cut off`,
      {
        exitCode: ExitCode.incomplete,
        next: `Look whether it is there. Remove it, then start a new run: nobody has its password.`,
      },
    );
  await addEntryFact(work.facts, work.run, account, at(), { image: {}, name: item.login });
  const create = { do: 'update', attributes: item.attributes } as const;
  await addEntryFact(work.facts, work.run, account, at(), { begin: create });
  const ref = await directory.create(
    {
      login: item.login,
      attributes: item.attributes,
      password,
      ...(item.expiresAt === undefined ? {} : { expiresAt: item.expiresAt }),
    },
    work.signal,
  );
  const mark = { ref };
  await addEntryFact(work.facts, work.run, account, at(), { end: create, mark, done: [`made ${ref.name}`], left: [] });
  try {
    const granted =
      item.rights.length === 0
        ? { done: [], left: [] }
        : await directory.change(ref, { do: 'grant', rights: item.rights }, {}, work.signal);
    await deliver(item.login, password);
    return { ref, done: [`made ${ref.name}`, ...granted.done], left: granted.left };
  } catch (error) {
    await remove(directory, item, ref, work);
    throw error;
  }
}

/** Removes an account that the run has made. @returns what was done; undefined: nothing was made */
export async function closeAccount(
  directory: OpenDirectory,
  item: OpeningItem,
  work: EntryWork,
): Promise<string[] | undefined> {
  const history = await entryOf(work.facts, work.run, openingId(item));
  const ref = history?.marks.at(-1)?.mark?.['ref'] as EntryRef | undefined;
  if (!ref || history?.restored) return undefined;
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
  await addEntryFact(work.facts, work.run, openingId(item), isoTime(work.nowMs()), {
    restored: { by: work.run, conflicts: [] },
  });
  return changed?.done;
}

export function openingId({ directory, login }: Pick<OpeningItem, 'directory' | 'login'>): string {
  return accountId(directory, `new:${login}`);
}

import type { Account, DirectoryRead, PolicyRow } from './model.ts';

/** Which entry is meant; `name` is where it was when the plan was made. */
export interface EntryRef {
  key: string;
  name: string;
  login: string;
  /** Deleted and made anew since it had another key: it may be without a password. */
  anew?: true;
}

/** JSON that only the type of directory understands. Written to the record before the change, so it holds no password and no hash of one. */
export type Image = Record<string, unknown>;

/** An entry as it is right now. */
export interface Looked {
  account: Account;
  /** Everything that a change may touch, with its old values: what `restore` needs. */
  image: Image;
}

/**
 * What can be done to an entry.
 * `disable`: nobody can log in with it any more, by whatever way (password, key). Reversible.
 * `strip`: takes `rights` away; absent = all that it holds. Reversible.
 * `hold`: moves it to the hold area, where the directory has one. Reversible.
 * `delete`: removes the entry. `restore` makes it anew but for its password.
 * `grant`: gives `rights`.
 * `update`: sets attributes of the person (department, post, name, mail) by the names of `Account`.
 * `sessions`: ends what is logged in now, and takes away keys, jobs and rules that would let it in again or act for it (Linux: ssh keys,
 *   crontab, at jobs, sudoers). Reversible but for the sessions.
 */
export type Change =
  | { do: 'disable' }
  | { do: 'strip'; rights?: string[] }
  | { do: 'hold' }
  | { do: 'delete' }
  | { do: 'grant'; rights: string[] }
  | { do: 'update'; attributes: Record<string, string> }
  | { do: 'sessions' };
export type ChangeName = Change['do'];

export interface Changed {
  /** What was done, for people, one line each. Empty: it was so already. */
  done: string[];
  /** What could not be done although the rest was, for people: the entry is done in part. */
  left: string[];
  /** What the change has set, as it stands now; JSON for `restore`, which takes back only what still stands so. */
  mark: Image;
  /** Where the entry is now. */
  name: string;
}

export interface Restored {
  done: string[];
  /** Key of the entry now; absent: as before. What was deleted and made anew has another. */
  key?: string;
  /** What somebody else has changed since, or what cannot be taken back: it was left as it is. */
  conflicts: string[];
}

/** A new account. Rights are granted afterwards. */
export interface NewAccount {
  login: string;
  /** By the names of `Account`, and attributes of the directory by their own names. */
  attributes: Record<string, string>;
  /** One-time password: it must be changed at the first login, where the directory knows that. */
  password: string;
  expiresAt?: number;
}

/**
 * A directory that was logged in to. Methods are called one after the other.
 * All throw OaopsErrors; a directory that does not answer, or not with everything, is an error and never an empty list.
 */
export interface OpenDirectory {
  /** What this type, with this configuration, is able to do: absent changes are not planned. */
  readonly can: ReadonlySet<ChangeName | 'create'>;
  /** Every account in the scope of the directory. */
  read(signal: AbortSignal): Promise<DirectoryRead>;
  /** undefined: it is gone. Found by its key, wherever it is now. */
  look(entry: EntryRef, signal: AbortSignal): Promise<Looked | undefined>;
  /**
   * Makes one change. Doing it again after it was cut off anywhere ends in the same state. `image`: as it was before the first change of
   * this run to this entry.
   * @throws OaopsError when nothing was done, or nothing is known of what was; marked by `asNotBegun` where it is sure that nothing was;
   *   `account-changed` (exit 4) when it is not any more what `look` gave
   */
  change(entry: EntryRef, change: Change, image: Image, signal: AbortSignal): Promise<Changed>;
  /**
   * Takes back the changes of a run to an entry, the last one first: everything that they touched is as in `image`. `marks` are theirs, in
   * the order in which they were made, and null for one that was cut off. Doing it twice does no harm.
   */
  restore(
    entry: EntryRef,
    image: Image,
    marks: readonly { change: Change; mark: Image | null }[],
    signal: AbortSignal,
  ): Promise<Restored>;
  /** @throws OaopsError `account-exists` (exit 4) when the login is taken */
  create(account: NewAccount, signal: AbortSignal): Promise<EntryRef>;
  /** Rules for passwords and second factors that are enforced (AC-06). */
  policy(signal: AbortSignal): Promise<PolicyRow[]>;
  close(): Promise<void>;
}

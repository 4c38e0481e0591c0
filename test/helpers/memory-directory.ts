import type {
  Change,
  Changed,
  EntryRef,
  Image,
  Looked,
  NewAccount,
  OpenDirectory,
  Restored,
} from '../../src/accounts/directory.ts';
import type { Account } from '../../src/accounts/model.ts';
import { OaopsError } from '../../src/core/errors.ts';

/** One account as the directory of this file keeps it. */
export interface MemoryEntry {
  login: string;
  enabled: boolean;
  rights: string[];
  place: string;
  lastUseAt?: number;
  employee?: string;
  createdAt?: number;
  password?: string;
}

/** A directory in memory that does what the contract says; `dieAt` cuts it off before its n-th call that changes something, `dieAfter` after it. */
export class MemoryDirectory implements OpenDirectory {
  readonly can = new Set(['disable', 'strip', 'hold', 'delete', 'grant', 'create'] as const);
  readonly entries = new Map<string, MemoryEntry>();
  calls = 0;
  nowMs = () => 1_700_000_000_000;
  dieAt: number | undefined;
  dieAfter: number | undefined;

  async read() {
    return { accounts: [...this.entries].map(([key, entry]) => accountOf(key, entry)), problems: [] };
  }

  async look({ key }: EntryRef): Promise<Looked | undefined> {
    const entry = this.entries.get(key);
    return entry && { account: accountOf(key, entry), image: structuredClone(entry) as unknown as Image };
  }

  async change({ key }: EntryRef, change: Change, image: Image): Promise<Changed> {
    this.calls++;
    if (this.dieAt === this.calls) throw new Died();
    const entry = this.entries.get(key);
    if (!entry && change.do !== 'delete') throw new OaopsError('entry-gone', 'it is gone');
    const before = image as unknown as MemoryEntry;
    if (change.do === 'disable') entry!.enabled = false;
    else if (change.do === 'strip')
      entry!.rights = change.rights ? entry!.rights.filter((right) => !change.rights!.includes(right)) : [];
    else if (change.do === 'hold') entry!.place = 'hold';
    else if (change.do === 'grant') entry!.rights = [...new Set([...entry!.rights, ...change.rights])];
    else if (change.do === 'delete') this.entries.delete(key);
    if (this.dieAfter === this.calls) throw new Died();
    const now = this.entries.get(key);
    return {
      done: [`${change.do} ${before.login}`],
      left: [],
      mark: (now ? structuredClone(now) : { gone: true }) as unknown as Image,
      name: now ? `${now.place}/${now.login}` : before.login,
    };
  }

  async restore(
    { key }: EntryRef,
    image: Image,
    marks: readonly { change: Change; mark: Image | null }[],
  ): Promise<Restored> {
    const before = image as unknown as MemoryEntry;
    const entry = this.entries.get(key);
    const left = marks.findLast(({ mark }) => mark !== null)?.mark as unknown as MemoryEntry | undefined;
    if (!entry) this.entries.set(key, structuredClone(before));
    else if (left && entry.place !== left.place && entry.place !== before.place)
      return { done: [], conflicts: ['somebody has moved it'] };
    else Object.assign(entry, structuredClone(before));
    return { done: ['restored'], conflicts: [] };
  }

  async create(account: NewAccount): Promise<EntryRef> {
    this.calls++;
    if (this.dieAt === this.calls) throw new Died();
    const { login, password, attributes } = account;
    if ([...this.entries.values()].some((entry) => entry.login === login))
      throw new OaopsError('account-exists', `there is an account ${login} already`, { exitCode: 4 });
    const key = `made-${this.calls}`;
    const { employee } = attributes;
    const made = { login, enabled: true, rights: [], place: 'people', password, createdAt: this.nowMs() };
    this.entries.set(key, { ...made, ...(employee === undefined ? {} : { employee }) });
    if (this.dieAfter === this.calls) throw new Died();
    return { key, name: `people/${login}`, login };
  }

  async policy() {
    return [];
  }

  async close() {}
}

/** As a process that is killed: nothing after it happens. */
export class Died extends Error {}

export function accountOf(key: string, entry: MemoryEntry): Account {
  return {
    directory: 'mem',
    key,
    name: `${entry.place}/${entry.login}`,
    login: entry.login,
    use: 'person',
    state: entry.enabled ? 'enabled' : 'disabled',
    held: entry.place === 'hold',
    lastUse: entry.lastUseAt === undefined ? { unknown: 'not kept' } : { at: entry.lastUseAt, from: 'test' },
    privileged: [],
    rights: [...entry.rights].sort(),
    ...(entry.employee === undefined ? {} : { employee: entry.employee }),
    ...(entry.createdAt === undefined ? {} : { createdAt: entry.createdAt }),
  };
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type OaopsError, usageError } from '../../core/errors.ts';
import { type ByteString, fromBytes, fromText, toText } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';

export interface RestoreOwners {
  /** Owners are set; otherwise everything belongs to who restores. */
  chown: boolean;
  uid(entry: Pick<Entry, 'uid' | 'user'>): number;
  gid(entry: Pick<Entry, 'gid' | 'group'>): number;
}

/** `numbers`: as stored. `names`: by name where this machine knows it, for a restore on another machine. `none`: stay yours. */
export type OwnerMode = 'numbers' | 'names' | 'none';

/** New owners for stored ones. Keys are names or numbers, `*` is every other one; values are names of this machine, or numbers. */
export interface OwnerMap {
  users: ReadonlyMap<string, string>;
  groups: ReadonlyMap<string, string>;
}

/**
 * Reads `old=new` for users and groups.
 * @throws OaopsError `owner-map-invalid` (exit 2)
 */
export function ownerMap(users: readonly string[], groups: readonly string[]): OwnerMap {
  return { users: pairsOf(users, 'passwd'), groups: pairsOf(groups, 'group') };
}

/** Lines `user old=new` and `group old=new` of a file; empty ones and those that begin with # are skipped. */
export function ownerMapLines(text: string): { users: string[]; groups: string[] } {
  const found = { users: [] as string[], groups: [] as string[] };
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const match = /^\s*(user|group)\s+(\S.*?)\s*$/.exec(line);
    if (!match) throw mapInvalid(line);
    found[match[1] === 'user' ? 'users' : 'groups'].push(match[2]!);
  }
  return found;
}

function pairsOf(pairs: readonly string[], database: 'passwd' | 'group'): Map<string, string> {
  const table = new NameTable(`/etc/${database}`, database);
  return new Map(
    pairs.map((pair) => {
      const match = /^([^=]+)=([^=]+)$/.exec(pair);
      if (!match) throw mapInvalid(pair);
      const [, from, to] = match as unknown as [string, string, string];
      const id = /^\d{1,10}$/.test(to) ? Number(to) : table.id(fromText(to));
      if (id === undefined || id > 0xfffffffe)
        throw usageError('owner-map-invalid', `this machine does not know ${to}`, {
          next: 'Give the name of an account or group of this machine, or a number.',
        });
      return [from, String(id)];
    }),
  );
}

function mapInvalid(text: string): OaopsError {
  return usageError('owner-map-invalid', `"${text}" does not map an owner`, {
    next: 'Write OLD=NEW, each a name or a number; * as OLD is everybody else. In a file: user OLD=NEW, or group OLD=NEW.',
  });
}

/** @throws OaopsError `owner-map-needless` (exit 2) when nothing is to be given away */
export function restoreOwners(mode: OwnerMode, map?: OwnerMap): RestoreOwners {
  const chown = mode !== 'none';
  const isMapped = map !== undefined && map.users.size + map.groups.size > 0;
  if (isMapped && !chown)
    throw usageError('owner-map-needless', 'owners are mapped, but none are set', {
      next: 'Run it as root, or with --owners numbers or names.',
    });
  const users = mode === 'names' ? new NameTable('/etc/passwd', 'passwd') : undefined;
  const groups = mode === 'names' ? new NameTable('/etc/group', 'group') : undefined;
  const mapped = (to: ReadonlyMap<string, string> | undefined, name: ByteString | undefined, id: number) => {
    const found = (name === undefined ? undefined : to?.get(toText(name))) ?? to?.get(String(id)) ?? to?.get('*');
    return found === undefined ? undefined : Number(found);
  };
  return {
    chown,
    uid: ({ uid, user }) => mapped(map?.users, user, uid) ?? (user === undefined ? undefined : users?.id(user)) ?? uid,
    gid: ({ gid, group }) =>
      mapped(map?.groups, group, gid) ?? (group === undefined ? undefined : groups?.id(group)) ?? gid,
  };
}

/** Numbers of names: the file first, then getent(1) for LDAP and the like. */
class NameTable {
  readonly #ids = new Map<ByteString, number | undefined>();
  readonly #database: string;

  constructor(file: string, database: string) {
    this.#database = database;
    try {
      this.#read(fromBytes(readFileSync(file)));
    } catch {
      // Only getent then.
    }
  }

  id(name: ByteString): number | undefined {
    if (!this.#ids.has(name)) {
      this.#ids.set(name, undefined);
      try {
        const options = { stdio: ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[], timeout: 10_000 };
        if (/^[^-\d]/.test(name))
          this.#read(fromBytes(execFileSync('getent', [this.#database, toText(name)], options)));
      } catch {
        // Not known here.
      }
    }
    return this.#ids.get(name);
  }

  #read(text: ByteString): void {
    for (const line of text.split('\n')) {
      const [name, , id] = line.split(':');
      if (name && /^\d+$/.test(id ?? '') && this.#ids.get(name) === undefined) this.#ids.set(name, Number(id));
    }
  }
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type ByteString, fromBytes, toText } from '../format/byte-string.ts';
import type { RestoreOwners } from './plan.ts';

/** `numbers`: as stored. `names`: by name where this machine knows it, for a restore on another machine. `none`: stay yours. */
export type OwnerMode = 'numbers' | 'names' | 'none';

export function restoreOwners(mode: OwnerMode): RestoreOwners {
  const chown = mode !== 'none';
  if (mode !== 'names') return { chown, uid: ({ uid }) => uid, gid: ({ gid }) => gid };
  const users = new NameTable('/etc/passwd', 'passwd');
  const groups = new NameTable('/etc/group', 'group');
  return {
    chown,
    uid: ({ uid, user }) => (user === undefined ? uid : (users.id(user) ?? uid)),
    gid: ({ gid, group }) => (group === undefined ? gid : (groups.id(group) ?? gid)),
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

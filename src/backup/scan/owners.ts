import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type ByteString, fromBytes } from '../format/byte-string.ts';

/** Names of user and group numbers. Node.js has no getpwuid(3): the files first, then getent(1) for LDAP and the like. */
export class Owners {
  readonly #users = new Map<number, ByteString | undefined>();
  readonly #groups = new Map<number, ByteString | undefined>();

  constructor() {
    readNames('/etc/passwd', this.#users);
    readNames('/etc/group', this.#groups);
  }

  user(uid: number): ByteString | undefined {
    return this.#lookUp('passwd', uid, this.#users);
  }

  group(gid: number): ByteString | undefined {
    return this.#lookUp('group', gid, this.#groups);
  }

  #lookUp(database: string, id: number, known: Map<number, ByteString | undefined>): ByteString | undefined {
    if (known.has(id)) return known.get(id);
    let name: ByteString | undefined;
    try {
      const line = execFileSync('getent', [database, String(id)], {
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 10_000,
      });
      name = fromBytes(line).split(':')[0] || undefined;
    } catch {
      // No name, or no getent.
    }
    known.set(id, name);
    return name;
  }
}

/** First of several names for one number wins, as with getpwuid(3). */
function readNames(file: string, into: Map<number, ByteString | undefined>): void {
  let text = '';
  try {
    text = fromBytes(readFileSync(file));
  } catch {
    return;
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id && /^\d+$/.test(id) && !into.has(Number(id))) into.set(Number(id), name);
  }
}

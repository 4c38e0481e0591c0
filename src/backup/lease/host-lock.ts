import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isoTime } from '../../core/clock.ts';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { sha256Hex } from '../../core/json.ts';
import { makeOwnDir } from '../../core/private-dir.ts';
import type { ProcessIdentity } from '../../core/process-identity.ts';

export interface HostLock {
  release(): Promise<void>;
}

/**
 * A lock between the processes of one machine that share a state folder. It is a lock of the kernel on a small SQLite
 * file (fcntl(2), held by an open transaction), so it ends with the process, however that ends: nothing stale to clean.
 * `name` says what is locked (`backup <repositoryId>`); who holds it stands in a text file beside it, for people only.
 * @throws OaopsError `host-lock-held` (exit 11)
 */
export async function acquireHostLock(
  stateDir: string,
  name: string,
  purpose: string,
  place: { identity: ProcessIdentity; clock: Clock; user: string },
): Promise<HostLock> {
  const folder = join(stateDir, 'locks');
  makeOwnDir(folder, 'state');
  const base = join(folder, sha256Hex(name).slice(0, 24));
  const { default: Database } = await import('better-sqlite3');
  // SQLite makes a file for everybody to read; one that is there already keeps what it has.
  closeSync(openSync(`${base}.lock`, 'a', 0o600));
  const database = new Database(`${base}.lock`, { timeout: 0 });
  try {
    // A rollback journal: its exclusive lock keeps out everybody, WAL would let readers in.
    database.pragma('journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (errnoOf(error)?.startsWith('SQLITE_BUSY')) throw await lockHeld(`${base}.owner`, name);
    throw new OaopsError('host-lock-failed', `the lock in ${folder} can't be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const owner = { name, purpose, user: place.user, since: isoTime(place.clock.nowMs()), ...place.identity };
  await writeFile(`${base}.owner`, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      database.exec('ROLLBACK');
      database.close();
    },
  };
}

async function lockHeld(file: string, name: string): Promise<OaopsError> {
  let who = 'another process';
  let details: Record<string, unknown> = { lock: name };
  try {
    const owner = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    who = `${owner['purpose']} by ${owner['user']} (pid ${owner['pid']}) since ${owner['since']}`;
    details = { ...details, ...owner };
  } catch {
    // The holder is just writing it.
  }
  return new OaopsError('host-lock-held', `another backup is running on this machine: ${who}`, {
    exitCode: ExitCode.lockHeld,
    next: 'Wait for it to end.',
    details,
  });
}

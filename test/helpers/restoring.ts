import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIdentityFile } from '../../src/backup/crypto/keys.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { openRepository, type Repository } from '../../src/backup/repository/open.ts';
import type { WindowLimits } from '../../src/backup/restore/plan.ts';
import { type RestoreRequest, restoreSnapshot } from '../../src/backup/restore/restore.ts';
import type { RestoreResult } from '../../src/backup/restore/result.ts';
import { systemClock } from '../../src/core/clock.ts';

/** A key pair by age-keygen(1). */
export function makeAgeKey(folder: string, name = 'key'): { identityFile: string; recipient: string } {
  mkdirSync(folder, { recursive: true });
  const identityFile = join(folder, `${name}.txt`);
  const text = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  writeFileSync(identityFile, text, { mode: 0o600 });
  return { identityFile, recipient: /public key: (age1\S+)/.exec(text)![1]! };
}

export async function openDirectoryRepository(dir: string, identityFile?: string): Promise<Repository> {
  const store = await openDirectoryStore(dir);
  return openRepository(store, identityFile === undefined ? undefined : readIdentityFile(identityFile));
}

/** Restores from a repository in a directory, as the command does. */
export async function restoreFrom(
  dir: string,
  request: Omit<RestoreRequest, 'snapshot'> & { snapshot?: string },
  identityFile?: string,
  windows?: WindowLimits,
): Promise<RestoreResult> {
  const repository = await openDirectoryRepository(dir, identityFile);
  const place = { clock: systemClock, signal: new AbortController().signal, ...(windows ? { windows } : {}) };
  return restoreSnapshot(repository, { snapshot: 'latest', ...request }, place);
}

/** The same from several legs, the first one in front. */
export async function restoreFromLegs(
  dirs: readonly string[],
  request: Omit<RestoreRequest, 'snapshot'> & { snapshot?: string },
  setup: { identityFile?: string | undefined; stateDir?: string } = {},
): Promise<RestoreResult> {
  const { identityFile, stateDir } = setup;
  const repository = await openDirectoryRepository(dirs[0]!, identityFile);
  const others = [];
  for (const dir of dirs.slice(1)) others.push(await openDirectoryStore(dir));
  const place = { clock: systemClock, signal: new AbortController().signal, ...(stateDir ? { stateDir } : {}) };
  return restoreSnapshot({ ...repository, others }, { snapshot: 'latest', ...request }, place);
}

/** The same store, but for how objects are read. */
export function withGet(store: ObjectStore, get: ObjectStore['get']): ObjectStore {
  return new Proxy(store, {
    get: (target, member) => {
      if (member === 'get') return get;
      const value: unknown = Reflect.get(target, member, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Flips one bit in the middle of a file. */
export function flipBit(file: string, at?: number): void {
  const bytes = readFileSync(file);
  bytes[at ?? bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
}

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BackupPlace,
  type BackupRequest,
  type BackupResult,
  runBackup,
} from '../../src/backup/create/backup-job.ts';
import { readIdentityFile } from '../../src/backup/crypto/keys.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { initRepository } from '../../src/backup/repository/init.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';

/** Makes a repository in folders. */
export async function makeRepositoryIn(dirs: readonly string[], recipients: readonly string[] | 'none'): Promise<void> {
  const stores = [];
  for (const dir of dirs) stores.push(await openDirectoryStore(dir, { create: true }));
  await initRepository(stores, { recipients, clock: systemClock, random: systemRandom, companions: [] });
}

export type BackupSetup = Partial<BackupPlace> & Partial<BackupRequest> & { state: string; identityFile?: string };

/** Backs up as the command does, with state and cache below `state`. */
export async function backUp(paths: string[], repos: string[], setup: BackupSetup): Promise<BackupResult> {
  const { state, identityFile, ...rest } = setup;
  const place: BackupPlace = {
    openStore: (repo) => openDirectoryStore(repo),
    stateDir: state,
    cacheDir: join(state, 'cache'),
    program: 'oaops/test',
    clock: systemClock,
    random: systemRandom,
    signal: new AbortController().signal,
    stopping: new AbortController().signal,
    keys: identityFile === undefined ? undefined : readIdentityFile(identityFile),
  };
  return runBackup({ cwd: '/', ...rest, paths, repos }, { ...place, ...rest });
}

/**
 * What rsync(1) would have to change to make `copy` like `original`: contents, types, modes, owners, times, hard links, ACLs,
 * extended attributes. Empty when they are the same.
 */
export function differences(original: string, copy: string): string[] {
  if (!existsSync(copy)) return [`${copy} is missing`];
  const flags = ['-aHAXn', '--numeric-ids', '--checksum', '--delete', '--itemize-changes'];
  const out = execFileSync('rsync', [...flags, `${original}/`, `${copy}/`], { encoding: 'latin1', maxBuffer: 1e9 });
  return out.split('\n').filter((line) => line !== '');
}

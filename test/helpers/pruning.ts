import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { type PruneRequest, type PruneResult, pruneRepository } from '../../src/backup/prune/prune.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { type BackupSetup, backUp } from './backing-up.ts';

export const day = 86_400_000;

/** The system clock, set back. */
export function clockAt(timeMs: number): Clock {
  return { ...systemClock, nowMs: () => timeMs };
}

export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

/** Makes everything that was written just now in a repository folder look as old as `timeMs`. */
export function age(dir: string, timeMs: number): void {
  for (const name of filesBelow(dir)) {
    const file = join(dir, name);
    if (Date.now() - statSync(file).mtimeMs < 60_000) utimesSync(file, timeMs / 1000, timeMs / 1000);
  }
}

/** A backup as it would have been made at that time. */
export async function backUpAt(timeMs: number, paths: string[], repos: string[], setup: BackupSetup) {
  const result = await backUp(paths, repos, { ...setup, clock: clockAt(timeMs) });
  for (const repo of repos) age(repo, timeMs);
  return result;
}

/** Prunes as the command does. */
export async function prune(
  repos: string[],
  request: Partial<PruneRequest> & { state: string; nowMs?: number },
): Promise<PruneResult> {
  const { state, nowMs, ...rest } = request;
  const clock = nowMs === undefined ? systemClock : clockAt(nowMs);
  return pruneRepository(
    { timeZone: 'UTC', ...rest, repos },
    {
      openStore: (repo) => openDirectoryStore(repo, { clock }),
      stateDir: state,
      clock,
      random: systemRandom,
      signal: new AbortController().signal,
    },
  );
}

/** Ids of what is kept on the first leg. */
export function keptOf({ legs }: PruneResult): string[] {
  return legs[0]!.pruned!.snapshots.filter(({ keep }) => keep).map(({ snapshot }) => snapshot);
}

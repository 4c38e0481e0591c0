import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { OaopsError } from '../../core/errors.ts';
import { count, formatSize } from '../../core/units.ts';
import { CacheDamaged } from '../cache/damaged-cache.ts';
import { RepositoryCache } from '../cache/repository-cache.ts';
import type { BackupDoor } from '../door.ts';
import { openRepository } from '../repository/open.ts';
import { findStalePacks, type StalePacks } from './stale-packs.ts';

export interface RefreshRequest {
  repos: readonly string[];
  /** 0 to 1. */
  liveBelow: number;
  dryRun: boolean;
}

export interface RefreshResult extends Omit<StalePacks, 'packs'> {
  repositoryId: string;
  /** Packs whose current contents the next backup stores again. */
  packs: number;
  dryRun: boolean;
}

/**
 * Notes which packs the next backup of this machine is not to refer to any more: what is still current of them it stores again
 * from the source. What they held goes with the snapshots that need it.
 * @throws OaopsError `cache-missing` when this machine has made no backup there, `cache-damaged`
 */
export async function requestRefresh(
  door: Pick<BackupDoor, 'openStore' | 'cacheDir'>,
  { repos, liveBelow, dryRun }: RefreshRequest,
): Promise<RefreshResult> {
  const store = await door.openStore(repos[0]!);
  try {
    const { repositoryId } = (await openRepository(store)).config;
    const dir = cacheOf(door.cacheDir, repositoryId);
    const cache = await RepositoryCache.open(dir);
    try {
      if (!cache.isUsed)
        throw new OaopsError('cache-missing', 'this machine knows no snapshot of the repository', {
          next: 'Run it where the backups are made, after a backup.',
        });
      const { packs, ...found } = findStalePacks(cache, liveBelow);
      if (!dryRun) writeFileDurable(fileOf(dir), `${JSON.stringify({ packs: [...packs] })}\n`);
      return { repositoryId, packs: packs.size, ...found, dryRun };
    } catch (error) {
      if (!(error instanceof CacheDamaged)) throw error;
      throw new OaopsError('cache-damaged', `the local cache is damaged (${error.message})`, {
        next: 'Make a backup: it throws the cache away and begins a new one.',
        cause: error,
      });
    } finally {
      cache.close();
    }
  } finally {
    await store.close();
  }
}

/** For people. */
export function refreshText({
  packs,
  packsInUse,
  heldBytes,
  liveBytes,
  storedAgainBytes,
  dryRun,
}: RefreshResult): string {
  const share = heldBytes === 0 ? 100 : Math.round((liveBytes / heldBytes) * 100);
  const state = `the last snapshots of this machine need ${count(packsInUse, 'pack')}, of which ${share} % is current`;
  if (packs === 0) return `${state}\nno pack is mostly out of date: nothing to store again`;
  const what = `${formatSize(storedAgainBytes)} of content out of ${count(packs, 'pack')}`;
  return `${state}\n${dryRun ? `the next backup would store ${what} again` : `the next backup stores ${what} again`}`;
}

/** Packs that the backup about to begin is not to refer to: those asked for, and with `liveBelow` those found now. */
export function packsToRefresh(cache: RepositoryCache, cacheDir: string, liveBelow: number | undefined): Set<string> {
  const asked = readAsked(cacheDir);
  if (liveBelow !== undefined) for (const pack of findStalePacks(cache, liveBelow).packs) asked.add(pack);
  return asked;
}

/** To be called when a backup has been made. */
export function refreshDone(cacheDir: string): void {
  rmSync(fileOf(cacheDir), { force: true });
}

export function cacheOf(cacheDir: string, repositoryId: string): string {
  return join(cacheDir, 'backup', repositoryId);
}

function readAsked(dir: string): Set<string> {
  try {
    const { packs } = JSON.parse(readFileSync(fileOf(dir), 'utf8')) as { packs?: unknown };
    return new Set(Array.isArray(packs) ? packs.filter((pack): pack is string => typeof pack === 'string') : []);
  } catch {
    return new Set();
  }
}

function fileOf(dir: string): string {
  return join(dir, 'refresh.json');
}

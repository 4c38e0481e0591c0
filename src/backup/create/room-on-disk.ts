import { statfsSync } from 'node:fs';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** Whether a folder has this much room now; somebody else may take it in the next moment. */
export function hasRoom(dir: string, bytes: number): boolean {
  return freeBytes(dir) >= bytes;
}

/**
 * A full disk under the spool or the local cache in words; other errors unchanged. How much a backup will need is known only when it has been made,
 * so nothing is asked for beforehand: a spool with little room holds fewer packs at once, and only one that cannot hold a
 * single pack ends the backup.
 */
export function explainFullDisk(error: unknown, spoolDir: string, cacheDir: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof OaopsError || !['ENOSPC', 'EDQUOT', 'SQLITE_FULL'].includes(errno ?? '')) return error;
  const place = (error as { path?: unknown }).path;
  // write(2) does not say to which file: the place with less room is the one.
  const isCache =
    typeof place === 'string'
      ? place.startsWith(cacheDir) && !place.startsWith(spoolDir)
      : errno === 'SQLITE_FULL' || freeBytes(cacheDir) < freeBytes(spoolDir);
  if (isCache)
    return new OaopsError('cache-full', `there is no room left for the local cache ${cacheDir}`, {
      next: 'Make room there, or name another folder by XDG_CACHE_HOME; packs that are stored already are used again.',
      cause: error,
      details: { cacheDir, errno },
    });
  const where = typeof place === 'string' && !place.startsWith(spoolDir) ? place : `the spool ${spoolDir}`;
  return new OaopsError('spool-full', `there is no room left for ${where} (${formatSize(freeBytes(spoolDir))} free)`, {
    next: 'Make room, or name another folder with --spool-dir; packs that are stored already are used again.',
    cause: error,
    details: { spoolDir, errno },
  });
}

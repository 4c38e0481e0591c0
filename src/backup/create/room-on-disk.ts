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
 * A full disk under the spool in words; other errors unchanged. How much a backup will need is known only when it has been made,
 * so nothing is asked for beforehand: a spool with little room holds fewer packs at once, and only one that cannot hold a
 * single pack ends the backup.
 */
export function explainFullSpool(error: unknown, spoolDir: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof OaopsError || (errno !== 'ENOSPC' && errno !== 'EDQUOT')) return error;
  const place = (error as { path?: unknown }).path;
  const where = typeof place === 'string' && !place.startsWith(spoolDir) ? place : `the spool ${spoolDir}`;
  return new OaopsError('spool-full', `there is no room left for ${where} (${formatSize(freeBytes(spoolDir))} free)`, {
    next: 'Make room, or name another folder with --spool-dir; packs that are stored already are used again.',
    cause: error,
    details: { spoolDir, errno },
  });
}

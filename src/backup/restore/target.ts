import { mkdirSync, readdirSync, statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { formatSize } from '../../core/units.ts';

/**
 * The folder to restore into: made with mode 0700, or there and empty. Because it is empty, nothing that lies in it can
 * lead a path elsewhere.
 * @throws OaopsError `target-not-empty` (exit 4), `target-unusable`
 */
export function prepareTarget(target: string): string {
  if (target === '') throw usageError('target-missing', 'no target folder is given', { next: 'Give --target DIR.' });
  const path = resolve(target);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (readdirSync(path).length === 0) return path;
  } catch (error) {
    const reason = errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOTDIR' ? 'it is no folder' : messageOf(error);
    throw new OaopsError('target-unusable', `${path} can't be restored to: ${reason}`, {
      next: 'Name an empty folder.',
      cause: error,
    });
  }
  throw new OaopsError('target-not-empty', `${path} is not empty`, {
    exitCode: ExitCode.refused,
    next: 'Name an empty or a new folder, and move what you need from there: nothing is overwritten by a restore.',
  });
}

/** @throws OaopsError `target-too-small` (exit 4) */
export function checkSpace(path: string, neededBytes: number, files: number): void {
  const { bavail, bsize, ffree } = statfsSync(path);
  const free = bavail * bsize;
  // A file ends in a block of its own: half a block each is lost.
  const needed = neededBytes + (files * bsize) / 2;
  if (needed > free) {
    throw new OaopsError(
      'target-too-small',
      `${path} has ${formatSize(free)} free, the restore needs ${formatSize(needed)}`,
      {
        exitCode: ExitCode.refused,
        next: 'Free space, name another folder, or restore a part with --include.',
      },
    );
  }
  // Some file systems count no inodes and say 0.
  if (ffree > 0 && files > ffree) {
    throw new OaopsError('target-too-small', `${path} has room for ${ffree} more files, the restore needs ${files}`, {
      exitCode: ExitCode.refused,
      next: 'Name another folder, or restore a part with --include.',
    });
  }
}

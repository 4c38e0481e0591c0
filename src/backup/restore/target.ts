import { statfsSync } from 'node:fs';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { formatSize } from '../../core/units.ts';

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

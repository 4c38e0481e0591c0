import { existsSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { makePrivateDir } from '../../core/private-dir.ts';

const markerName = '.oaops-restore.json';

/** What has to be the same for a restore to go on where another one was interrupted. */
export interface RestoreKey {
  repository: string;
  snapshot: string;
  include: readonly string[];
  exclude: readonly string[];
}

export interface OpenedTarget {
  path: string;
  /** The folder holds what the same restore had written when it was interrupted. */
  resumed: boolean;
  /** From now on files are written. */
  begin(): void;
  /** Says that the restore has ended; what is left to do is none of its files. */
  done(): void;
}

/**
 * The folder to restore into: made with mode 0700, or there and empty, so that nothing in it can lead a path elsewhere; or that of
 * the same restore, interrupted: a file in it tells until it has ended.
 * @throws OaopsError `target-not-empty` (exit 4), `target-unusable`
 */
export function openTarget(target: string, key: RestoreKey, dryRun: boolean): OpenedTarget {
  const path = resolve(target);
  const file = join(path, markerName);
  const done = () => {
    try {
      unlinkSync(file);
    } catch {
      // It has gone with the folder.
    }
  };
  const text = `${JSON.stringify(key)}\n`;
  const begin = () => writeFileDurable(file, text);
  try {
    if (dryRun && !existsSync(path)) return { path, resumed: false, begin, done };
    if (!dryRun) makePrivateDir(path);
    if (readdirSync(path).length === 0) return { path, resumed: false, begin, done };
  } catch (error) {
    const reason = errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOTDIR' ? 'it is no folder' : messageOf(error);
    throw new OaopsError('target-unusable', `${path} can't be restored to: ${reason}`, {
      next: 'Name an empty folder.',
      cause: error,
    });
  }
  const before = markerText(file);
  if (before === text) return { path, resumed: true, begin: () => undefined, done };
  throw new OaopsError(
    'target-not-empty',
    before === undefined ? `${path} is not empty` : `${path} holds another restore that was interrupted`,
    {
      exitCode: ExitCode.refused,
      next: 'Name an empty or a new folder; --in-place changes what is there into what was stored.',
    },
  );
}

/** Refuses an empty name: it would be the working folder. */
export function requireTarget(target: string | undefined): string {
  if (target) return target;
  throw usageError('target-missing', 'no target folder is given', { next: 'Give --target DIR, or --in-place for /.' });
}

function markerText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

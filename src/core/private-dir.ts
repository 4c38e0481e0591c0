import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf, messageOf, OaopsError } from './errors.ts';

/**
 * Makes a folder that only its owner can read (0700), and those above it that are missing. Not `recursive` of Node.js:
 * on a file system that answers ENOENT for a name below a folder that exists (/proc), that goes round for ever.
 * Gives the highest folder that it made.
 * @throws the system's error: ENOENT also for a link that leads nowhere, ENOTDIR when a file is in the way
 */
export function makePrivateDir(dir: string): string | undefined {
  const path = resolve(dir);
  try {
    mkdirSync(path, 0o700);
    return path;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' && dirname(path) !== path && !isThere(dirname(path))) {
      const first = makePrivateDir(dirname(path));
      mkdirOnce(path);
      return first ?? path;
    }
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    return undefined;
  }
}

/**
 * A folder of oaops itself, below its state folder or its cache folder (`core/paths.ts`; OAOPS_STATE_DIR moves both).
 * @throws OaopsError `state-folder-unwritable`
 */
export function makeOwnDir(dir: string, kind: 'state' | 'cache'): void {
  try {
    makePrivateDir(dir);
  } catch (error) {
    const reason = messageOf(error);
    const message =
      kind === 'state'
        ? `the state folder ${dir} cannot be made: ${reason}`
        : `the cache folder ${dir} cannot be made: ${reason}`;
    throw new OaopsError('state-folder-unwritable', message, {
      next: 'Name a folder that can be written with OAOPS_STATE_DIR.',
      cause: error,
    });
  }
}

/** Another process may make it at the same moment. */
function mkdirOnce(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

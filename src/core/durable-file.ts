import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { usageError } from './errors.ts';
import { makePrivateDir } from './private-dir.ts';

/** Makes a rename or a new name in `dir` survive a power cut (fsync(2): syncing the file alone does not). */
export function fsyncDir(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a whole small file so that readers see the old or the new content and never a part: temporary name in the same
 * folder, fsync, rename, fsync of the folder. Missing folders are made with mode 0700.
 */
export function writeFileDurable(path: string, data: string | Uint8Array, mode = 0o600): void {
  writePartsDurable(path, [data], mode);
}

/** So much is put together before it is written. */
const atOnceLetters = 256 * 1024;

/**
 * As `writeFileDurable` for a file that is never held whole. What `parts` throws leaves the old file as it is.
 * @throws OaopsError `no-regular-file` (exit 2) where a device, pipe or folder would be replaced
 */
export function writePartsDurable(path: string, parts: Iterable<string | Uint8Array>, mode = 0o600): void {
  refuseSpecial(path);
  const dir = dirname(path);
  makePrivateDir(dir);
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.tmp`;
  const fd = openSync(temporary, 'wx', mode);
  try {
    for (const bytes of gathered(parts)) {
      let written = 0;
      while (written < bytes.length) written += writeSync(fd, bytes, written);
    }
    fsyncSync(fd);
    closeSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    try {
      closeSync(fd);
    } catch {
      // Already closed.
    }
    try {
      unlinkSync(temporary);
    } catch {
      // Already renamed or gone.
    }
    throw error;
  }
  fsyncDir(dir);
}

/** Root can replace `/dev/full` by a file, and every program of the machine then writes into that; `/dev/stdout` is a link to a pipe or a file. */
function refuseSpecial(path: string): void {
  const known = lstatSync(path, { throwIfNoEntry: false });
  if (!known || known.isFile()) return;
  const isOfProcess = known.isSymbolicLink() && readlinkSync(path).startsWith('/proc/');
  // A link that leads nowhere is replaced, as one to a file is.
  if (!isOfProcess && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true)) return;
  throw usageError('no-regular-file', `${path} is no regular file`, {
    next: 'Name a file, or one that is not there yet.',
  });
}

function* gathered(parts: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      if (text.length < atOnceLetters) continue;
    }
    if (text !== '') yield Buffer.from(text);
    text = '';
    if (typeof part !== 'string') yield part;
  }
  if (text !== '') yield Buffer.from(text);
}

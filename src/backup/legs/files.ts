import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import type { ObjectBody } from '../ports.ts';

export const copyChunkBytes = 1024 * 1024;

/** The bytes of a body, in pieces of at most 1 MiB; a piece is only valid until the next one is asked for. */
export async function* chunksOf(body: ObjectBody): AsyncIterable<Uint8Array> {
  if ('bytes' in body) {
    yield body.bytes;
    return;
  }
  const source = await open(body.file, 'r').catch((error) => {
    throw new OaopsError('spool-read-failed', `${body.file} can't be read: ${messageOf(error)}`, { cause: error });
  });
  const buffer = Buffer.allocUnsafe(copyChunkBytes);
  try {
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await source.close();
  }
}

export async function writeAll(target: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length)
    written += (await target.write(chunk, written, chunk.length - written, null)).bytesWritten;
}

/** Makes new names in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some FUSE and SMB file systems can't sync a folder; they have nothing to lose by it.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

export function isAbsent(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
}

export function isLinkRefused(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '');
}

/** System errors of the leg in words; everything else unchanged. */
export function rephrase(error: unknown, location: string, name?: string): unknown {
  const errno = errnoOf(error);
  // Only what the kernel said: an abort or a mistake of ours has a code but no errno.
  const fromSystem = error instanceof Error && 'errno' in error;
  if (error instanceof OaopsError || errno === undefined || !fromSystem) return error;
  const options = { cause: error, details: { errno, ...(name ? { object: name } : {}) } };
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new OaopsError('leg-full', `${location} is full${errno === 'EDQUOT' ? ' (disk quota)' : ''}`, {
        ...options,
        next: 'Free space there, or prune old snapshots; what was stored so far will be used again.',
      });
    case 'EACCES':
    case 'EPERM':
      return new OaopsError('leg-access-denied', `${location} may not be used by this user`, {
        ...options,
        next: 'Correct the owner and the mode of the folder.',
      });
    case 'EROFS':
      return new OaopsError('leg-read-only', `${location} is on a read-only file system`, {
        ...options,
        next: 'Remount it for writing.',
      });
    case 'EIO':
    case 'ESTALE':
    case 'ENOTCONN':
      return new OaopsError('leg-io-error', `${location} can't be read or written: ${messageOf(error)}`, {
        ...options,
        next: 'Check the disk or the mount, and the kernel log.',
      });
    default:
      return new OaopsError('leg-error', `${location}: ${messageOf(error)}`, options);
  }
}

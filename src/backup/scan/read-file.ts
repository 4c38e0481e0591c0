import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../../core/errors.ts';
import { type ByteString, forFs } from '../format/byte-string.ts';
import { absolute, lstat, shortMessage } from './walk.ts';

/** How reading one file ended. `stats` are those that belong to the content. */
export type ReadOutcome =
  | { outcome: 'read'; stats: BigIntStats; sizeBytes: number; changed: boolean }
  | { outcome: 'vanished' }
  | { outcome: 'unreadable'; message: string };

/** Tries per file before what was read last is stored and marked. */
const attempts = 3;

// O_NONBLOCK: a FIFO put in the place of the file must not hang us.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** open(2): reading must not change the access time; only the owner and root may ask for that. */
let noatime: number = constants.O_NOATIME ?? 0;

/**
 * Reads a regular file between two looks at its state. `take` gets an open descriptor and must read from the start to the
 * end of the file, telling how many bytes it saw; it is called again when the file changed meanwhile.
 */
export async function readStable(
  path: ByteString,
  found: BigIntStats,
  take: (fd: number, sizeBytes: number) => number | Promise<number>,
): Promise<ReadOutcome> {
  let before: BigIntStats | undefined = found;
  let counted: number | undefined;
  for (let attempt = 1; ; attempt++) {
    let fd: number;
    try {
      fd = openForReading(path);
    } catch (error) {
      // ELOOP: a link has taken the place of the file.
      return ['ENOENT', 'ELOOP', 'ENOTDIR'].includes(errnoOf(error) ?? '')
        ? { outcome: 'vanished' }
        : { outcome: 'unreadable', message: shortMessage(error) };
    }
    try {
      const reading = take(fd, Number(before.size));
      const sizeBytes = typeof reading === 'number' ? reading : await reading;
      const after = fstatSync(fd, { bigint: true });
      if (same(before, after) && sizeBytes === Number(after.size))
        return { outcome: 'read', stats: after, sizeBytes, changed: false };
      // What the kernel makes up when it is read has no true size: the same length twice, in one state, is its end.
      const steady = same(before, after);
      if (steady && sizeBytes === counted) return { outcome: 'read', stats: after, sizeBytes, changed: false };
      counted = steady ? sizeBytes : undefined;
      if (attempt === attempts) return { outcome: 'read', stats: before, sizeBytes, changed: true };
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return { outcome: 'unreadable', message: shortMessage(error) };
    } finally {
      closeSync(fd);
    }
    before = lstat(path);
    if (!before?.isFile()) return { outcome: 'vanished' };
  }
}

/** Fills a buffer from `offset`; shorter at the end of the file. */
export function readAt(fd: number, buffer: Buffer, offset: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

function openForReading(path: ByteString): number {
  const name = forFs(absolute(path));
  if (noatime !== 0) {
    try {
      return openSync(name, openFlags | noatime);
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error;
      noatime = 0;
    }
  }
  return openSync(name, openFlags);
}

function same(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

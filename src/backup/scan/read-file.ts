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

type Take = (fd: number, sizeBytes: number) => number | Promise<number>;

/**
 * Reads a regular file between two looks at its state. `take` gets an open descriptor and must read from the start to the
 * end of the file, telling how many bytes it saw; it is called again when the file changed meanwhile. A promise only when
 * `take` gives one: promises for each of many small files cost as much as reading them.
 */
export function readStable(path: ByteString, found: BigIntStats, take: Take): ReadOutcome | Promise<ReadOutcome> {
  return new StableRead(path, found, take).next();
}

class StableRead {
  readonly #path: ByteString;
  readonly #take: Take;
  #before: BigIntStats;
  #counted: number | undefined;
  #attempt = 0;

  constructor(path: ByteString, found: BigIntStats, take: Take) {
    this.#path = path;
    this.#before = found;
    this.#take = take;
  }

  next(): ReadOutcome | Promise<ReadOutcome> {
    for (;;) {
      this.#attempt++;
      let fd: number;
      try {
        fd = openForReading(this.#path);
      } catch (error) {
        // ELOOP: a link has taken the place of the file.
        return ['ENOENT', 'ELOOP', 'ENOTDIR'].includes(errnoOf(error) ?? '')
          ? { outcome: 'vanished' }
          : { outcome: 'unreadable', message: shortMessage(error) };
      }
      let reading: number | Promise<number>;
      try {
        reading = this.#take(fd, Number(this.#before.size));
      } catch (error) {
        reading = Promise.reject(error);
      }
      if (typeof reading !== 'number') return this.#later(fd, reading);
      const outcome = this.#settle(fd, reading);
      if (outcome) return outcome;
    }
  }

  async #later(fd: number, reading: Promise<number>): Promise<ReadOutcome> {
    let sizeBytes: number;
    try {
      sizeBytes = await reading;
    } catch (error) {
      closeSync(fd);
      if (errnoOf(error) === undefined) throw error;
      return { outcome: 'unreadable', message: shortMessage(error) };
    }
    return this.#settle(fd, sizeBytes) ?? this.next();
  }

  /** Closes the file. Undefined when it must be read again. */
  #settle(fd: number, sizeBytes: number): ReadOutcome | undefined {
    const before = this.#before;
    try {
      const after = fstatSync(fd, { bigint: true });
      const steady = same(before, after);
      // What the kernel makes up when it is read has no true size: the same length twice, in one state, is its end.
      if (steady && (sizeBytes === Number(after.size) || sizeBytes === this.#counted))
        return { outcome: 'read', stats: after, sizeBytes, changed: false };
      this.#counted = steady ? sizeBytes : undefined;
      if (this.#attempt === attempts) return { outcome: 'read', stats: before, sizeBytes, changed: true };
    } catch (error) {
      return { outcome: 'unreadable', message: shortMessage(error) };
    } finally {
      closeSync(fd);
    }
    const again = lstat(this.#path);
    if (!again?.isFile()) return { outcome: 'vanished' };
    this.#before = again;
    return undefined;
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

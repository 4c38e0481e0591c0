import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type ByteString, forFs } from '../format/byte-string.ts';
import { isHashedWhole, type PlannedFile } from './file-plan.ts';
import { ownerWasSet, withoutOwnerBits } from './owner-bits.ts';
import { isFine } from './time-precision.ts';

export interface WriteContext {
  /** Target folder, absolute. */
  root: ByteString;
  chown: boolean;
}

const sparseBytes = 4096;
const zeros = Buffer.alloc(sparseBytes);
/** One for all files of this thread, and small enough to stay in the cache of the processor. */
let readBuffer: Buffer | undefined;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

export interface MetadataOutcome {
  /** Its time still has to be set more finely than Node.js can, or mode and time come later. */
  later: boolean;
  /** The owner could not be set, so setuid and setgid bits were left out. */
  foreign: boolean;
}

/**
 * Writes a file that is one content. Never follows a link, never writes to what is there already.
 */
export function writeWhole(file: PlannedFile, content: readonly Buffer[], context: WriteContext): MetadataOutcome {
  const fd = openSync(forFs(`${context.root}/${file.at ?? file.path}`), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeContent(fd, content, 0, file.sparse);
    if (file.sparse) ftruncateSync(fd, file.size);
    return setMetadata(fd, file, context);
  } catch (error) {
    remove(file, context);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Writes one piece of a file that was made in full length before. */
export function writePart(file: PlannedFile, content: readonly Buffer[], offset: number, context: WriteContext): void {
  const fd = openSync(forFs(`${context.root}/${file.at ?? file.path}`), O_RDWR | O_NOFOLLOW);
  try {
    writeContent(fd, content, offset, file.sparse);
  } finally {
    closeSync(fd);
  }
}

/** Makes an empty file, or the frame of one that is written in parts. */
export function createFile(file: PlannedFile, context: WriteContext): void {
  const fd = openSync(forFs(`${context.root}/${file.at ?? file.path}`), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (file.size > 0) ftruncateSync(fd, file.size);
  } catch (error) {
    remove(file, context);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Hashes a file written in parts (but for one with holes of terabytes), then sets its metadata; `wrong` (and the file is gone) when the hash is not right. */
export function finishFile(file: PlannedFile, context: WriteContext): MetadataOutcome | 'wrong' {
  const fd = openSync(forFs(`${context.root}/${file.at ?? file.path}`), O_RDWR | O_NOFOLLOW);
  try {
    if (isHashedWhole(file) && hashOf(fd) !== file.sha256) {
      remove(file, context);
      return 'wrong';
    }
    return setMetadata(fd, file, context);
  } finally {
    closeSync(fd);
  }
}

export function remove(file: Pick<PlannedFile, 'path' | 'at'>, context: WriteContext): void {
  try {
    unlinkSync(forFs(`${context.root}/${file.at ?? file.path}`));
  } catch {
    // Was never made.
  }
}

/** Of a regular file; a link is not followed. */
export function hashOfFile(path: ByteString): string {
  const fd = openSync(forFs(path), constants.O_RDONLY | O_NOFOLLOW);
  try {
    return hashOf(fd);
  } finally {
    closeSync(fd);
  }
}

function hashOf(fd: number): string {
  const hash = createHash('sha256');
  readBuffer ??= Buffer.allocUnsafeSlow(256 * 1024);
  for (let at = 0; ; ) {
    const count = readSync(fd, readBuffer, 0, readBuffer.length, at);
    if (count === 0) return hash.digest('hex');
    hash.update(readBuffer.subarray(0, count));
    at += count;
  }
}

/** Writes the parts of a content one after the other. With `sparse`, aligned blocks of zeros stay holes. */
function writeContent(fd: number, parts: readonly Buffer[], offset: number, sparse: boolean): void {
  if (!sparse) {
    let at = offset;
    for (const part of parts) {
      writeAll(fd, part, at);
      at += part.length;
    }
    return;
  }
  const content = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  let from = 0;
  while (from < content.length) {
    const isZero = (at: number) =>
      zeros.compare(
        content,
        at,
        Math.min(at + sparseBytes, content.length),
        0,
        Math.min(sparseBytes, content.length - at),
      ) === 0;
    if (isZero(from)) {
      from += sparseBytes;
      continue;
    }
    let to = from + sparseBytes;
    while (to < content.length && !isZero(to)) to += sparseBytes;
    writeAll(fd, content.subarray(from, Math.min(to, content.length)), offset + from);
    from = to;
  }
}

function writeAll(fd: number, content: Buffer, offset: number): void {
  for (let done = 0; done < content.length; )
    done += writeSync(fd, content, done, content.length - done, offset + done);
}

/** Owner first, because chown(2) takes setuid bits away. */
function setMetadata(fd: number, file: PlannedFile, context: WriteContext): MetadataOutcome {
  const foreign = context.chown && !ownerWasSet(() => fchownSync(fd, file.uid, file.gid));
  if (file.later) return { later: true, foreign };
  fchmodSync(fd, foreign ? withoutOwnerBits(file.mode) : file.mode);
  if (isFine(file.mtimeNs)) return { later: true, foreign };
  const seconds = Number(file.mtimeNs) / 1e9;
  futimesSync(fd, seconds, seconds);
  return { later: fstatSync(fd, { bigint: true }).mtimeNs !== file.mtimeNs, foreign };
}

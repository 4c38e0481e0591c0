import { createHash, hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { segmentBytes, segmentThresholdBytes } from '../format/repository-config.ts';
import { type ReadOutcome, readAt, readStable } from '../scan/read-file.ts';
import type { Found } from '../scan/walk.ts';
import type { StoredContent } from './entry-line.ts';
import type { ContentPlace, Packer } from './packer.ts';

const zeros = Buffer.alloc(segmentBytes);
const empty = Buffer.alloc(0);
/** First look into a file of which stat does not tell the size. */
const probe = Buffer.alloc(64 * 1024);

/** Takes no room anywhere: empty, all hole, or made up by the kernel when it is read. */
function isVirtual(stats: BigIntStats): boolean {
  return stats.blocks === 0n;
}

function hasMore(fd: number, offset: number): boolean {
  return readAt(fd, probe.subarray(0, 1), offset) > 0;
}

/** What became of one file. */
export interface StoredFile {
  read: ReadOutcome;
  content: StoredContent | undefined;
}

/**
 * Reads one regular file and puts its content into packs: whole up to 8 MiB, else in segments of 1 MiB. A promise only when
 * memory or spool must be waited for, or for segments.
 */
export function storeContent(
  found: Found,
  stats: BigIntStats,
  packer: Packer,
  onBytes: (bytes: number) => void,
): StoredFile | Promise<StoredFile> {
  const taking = new Taking(stats, packer, onBytes);
  const read = readStable(found.path, stats, (fd, sizeBytes) => taking.take(fd, sizeBytes));
  return read instanceof Promise ? read.then((outcome) => taking.stored(outcome)) : taking.stored(read);
}

/** The content of one file, while it is read. */
class Taking {
  readonly #stats: BigIntStats;
  readonly #packer: Packer;
  readonly #onBytes: (bytes: number) => void;
  #whole: Buffer = empty;
  #segmented: StoredContent | undefined;

  constructor(stats: BigIntStats, packer: Packer, onBytes: (bytes: number) => void) {
    this.#stats = stats;
    this.#packer = packer;
    this.#onBytes = onBytes;
  }

  take(fd: number, sizeBytes: number): number | Promise<number> {
    if (sizeBytes > segmentThresholdBytes) return this.#inSegments(fd);
    this.#segmented = undefined;
    this.#whole = empty;
    // Files of /proc say 0 and those of sysfs a page, whatever they hold: only reading tells where they end.
    const says = sizeBytes > 0 && !isVirtual(this.#stats) ? sizeBytes : Math.max(sizeBytes, readAt(fd, probe, 0));
    if (says === 0) return 0;
    const room = this.#packer.room(says);
    return room instanceof Promise ? room.then((buffer) => this.#fill(fd, buffer)) : this.#fill(fd, room);
  }

  stored(read: ReadOutcome): StoredFile {
    if (read.outcome !== 'read' || read.sizeBytes === 0) return { read, content: undefined };
    if (this.#segmented) return { read, content: this.#segmented };
    this.#onBytes(this.#whole.length);
    return { read, content: storeWhole(this.#whole, this.#packer) };
  }

  #fill(fd: number, buffer: Buffer): number | Promise<number> {
    const length = readAt(fd, buffer, 0);
    this.#whole = length === buffer.length ? buffer : buffer.subarray(0, length);
    // One byte more than was seen at first, or more than fits: the end is further on.
    return isVirtual(this.#stats) && length === buffer.length && hasMore(fd, length) ? this.#inSegments(fd) : length;
  }

  async #inSegments(fd: number): Promise<number> {
    const stored = await storeSegments(fd, this.#packer, this.#onBytes);
    this.#segmented = stored.content;
    return stored.sizeBytes;
  }
}

function storeWhole(bytes: Buffer, packer: Packer): StoredContent {
  if (isZero(bytes)) return { sha256: hash('sha256', bytes, 'hex'), pieces: [{ hole: bytes.length }] };
  const place = packer.add(bytes);
  return { sha256: place.sha256, pieces: [place] };
}

async function storeSegments(
  fd: number,
  packer: Packer,
  onBytes: (bytes: number) => void,
): Promise<{ content: StoredContent; sizeBytes: number }> {
  const all = createHash('sha256');
  const pieces: (ContentPlace | { hole: number })[] = [];
  let offset = 0;
  for (;;) {
    const room = packer.room(segmentBytes);
    const buffer = room instanceof Promise ? await room : room;
    const segment = buffer.subarray(0, readAt(fd, buffer, offset));
    if (segment.length === 0) break;
    offset += segment.length;
    all.update(segment);
    onBytes(segment.length);
    const last = pieces.at(-1);
    if (isZero(segment)) {
      if (last && 'hole' in last) last.hole += segment.length;
      else pieces.push({ hole: segment.length });
    } else pieces.push(packer.add(segment));
    if (segment.length < segmentBytes) break;
  }
  return { content: { sha256: all.digest('hex'), pieces }, sizeBytes: offset };
}

/** Whether there is nothing but zeros: then it is stored as a hole. */
export function isZero(bytes: Buffer): boolean {
  if (bytes[0] !== 0) return false;
  for (let at = 0; at < bytes.length; at += segmentBytes) {
    const end = Math.min(bytes.length, at + segmentBytes);
    if (zeros.compare(bytes, at, end, 0, end - at) !== 0) return false;
  }
  return true;
}

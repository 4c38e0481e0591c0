import { createHash } from 'node:crypto';
import type { ObjectStore } from '../ports.ts';
import type { Segment } from '../restore/pack-source.ts';
import { isSliceMemory, type SliceMemory, sliceBytesOf } from '../restore/slice-memory.ts';

/** Less, such as the header of a pack, is read into memory of its own: that of a slice would be gone for it. */
const leastSliceBytes = 64 * 1024;

/** Reads an object from its beginning to its end, each byte once, and hashes it on the way. */
export class ReadThrough {
  readonly #store: ObjectStore;
  readonly #name: string;
  readonly #sizeBytes: number;
  readonly #signal: AbortSignal;
  readonly #memory: SliceMemory;
  /** Read at once of what is only hashed. */
  readonly #portionBytes: number;
  readonly #hash = createHash('sha256');
  /** What was read and is asked for again: it ends at `#read`. */
  #kept: Segment | undefined;
  #read = 0;

  constructor(
    store: ObjectStore,
    name: string,
    sizeBytes: number,
    { signal, memory }: { signal: AbortSignal; memory: SliceMemory },
  ) {
    this.#store = store;
    this.#name = name;
    this.#sizeBytes = sizeBytes;
    this.#signal = signal;
    this.#memory = memory;
    this.#portionBytes = sliceBytesOf(store);
  }

  get bytesRead(): number {
    return this.#read;
  }

  /**
   * The bytes `[from, to)`, fewer where the object ends, in memory of their own, as they were fetched: in one part, or in two where
   * the call before kept the first. What lies behind `keepFrom` is kept for the next call, which may not ask for more.
   */
  async segments(from: number, to: number, keepFrom: number = to): Promise<Segment[]> {
    while (this.#read < Math.min(from, this.#sizeBytes))
      await this.#pass(Math.min(this.#portionBytes, from - this.#read));
    const end = Math.min(to, this.#sizeBytes);
    const parts: Segment[] = [];
    if (this.#kept && this.#read > from) parts.push(this.#kept);
    const offset = this.#read;
    if (end > offset) parts.push({ offset, bytes: await this.#next(end - offset) });
    this.#kept = keepFrom < this.#read ? joined(parts, keepFrom, this.#read) : undefined;
    return parts.flatMap((part) => within(part, from, end));
  }

  /** Reads the rest; the sha256 of the whole object. */
  async sha256(): Promise<string> {
    while (this.#read < this.#sizeBytes) await this.#pass(this.#portionBytes);
    return this.#hash.digest('hex');
  }

  /** Reads what is only hashed. */
  async #pass(length: number): Promise<void> {
    const { buffer } = await this.#next(length);
    if (isSliceMemory(buffer)) this.#memory.give(buffer);
  }

  async #next(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const range = { offset: this.#read, length: Math.min(length, this.#sizeBytes - this.#read) };
    const memory = range.length < leastSliceBytes ? undefined : this.#memory.take();
    const bytes = await this.#store.get(this.#name, range, this.#signal, memory);
    this.#hash.update(bytes);
    this.#read += bytes.length;
    return bytes as Uint8Array<ArrayBuffer>;
  }
}

/** The part of a segment in `[from, to)`, if any: itself when that is all of it, as its memory can be handed on. */
function within(segment: Segment, from: number, to: number): Segment[] {
  const start = Math.max(0, from - segment.offset);
  const end = Math.min(segment.bytes.length, to - segment.offset);
  if (start === 0 && end === segment.bytes.length) return [segment];
  return end > start ? [{ offset: segment.offset + start, bytes: segment.bytes.subarray(start, end) }] : [];
}

/** A copy of `[from, to)`, which the segments hold. */
function joined(segments: readonly Segment[], from: number, to: number): Segment {
  const bytes = Buffer.allocUnsafeSlow(to - from);
  for (const { offset, bytes: held } of segments)
    bytes.set(held.subarray(Math.max(0, from - offset)), Math.max(0, offset - from));
  return { offset: from, bytes };
}

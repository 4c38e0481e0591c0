import { createHash } from 'node:crypto';

/** Sizes of chunks; docs/backup-format.md section 5 names them. */
export const chunkSizes = { minBytes: 128 * 1024, normalBytes: 512 * 1024, maxBytes: 2 * 1024 * 1024 };

/** How many top bits are zero at a boundary, before and after the normal size (FastCDC's normalised chunking). */
const bitsBefore = 21;
const bitsAfter = 17;
/** Bytes that the 32 bits of the hash depend on. */
const windowBytes = 32;

/** A fixed random number per byte value: the same for every writer, so that equal data is cut alike everywhere. */
const gear = Int32Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256').update(`oaops-gear-1:${byte}`).digest().readInt32BE(0),
);

/** Length of the first chunk of `bytes[from, to)`, or 0 when its end is not among them. */
export function chunkLength(bytes: Uint8Array, from: number, to: number): number {
  const { minBytes, normalBytes, maxBytes } = chunkSizes;
  const end = Math.min(to, from + maxBytes);
  const normal = Math.min(end, from + normalBytes);
  let at = from + minBytes - windowBytes;
  let hash = 0;
  const warm = Math.min(end, from + minBytes);
  for (; at < warm; at++) hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
  for (; at < normal; at++) {
    hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
    if (hash >>> (32 - bitsBefore) === 0) return at + 1 - from;
  }
  for (; at < end; at++) {
    hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
    if (hash >>> (32 - bitsAfter) === 0) return at + 1 - from;
  }
  return to - from >= maxBytes ? maxBytes : 0;
}

/**
 * Cuts a stream where its content says so: what is inserted or removed changes the chunks around it, and the following ones
 * are found again. `onChunk` gets bytes that are its own until its promise is kept.
 */
export class Chunker {
  readonly #buffer = Buffer.alloc(2 * chunkSizes.maxBytes);
  readonly #onChunk: (chunk: Buffer) => Promise<void>;
  #start = 0;
  #end = 0;

  constructor(onChunk: (chunk: Buffer) => Promise<void>) {
    this.#onChunk = onChunk;
  }

  async push(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#end === this.#buffer.length) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      const taken = Math.min(bytes.length - at, this.#buffer.length - this.#end);
      this.#buffer.set(bytes.subarray(at, at + taken), this.#end);
      this.#end += taken;
      at += taken;
      // Looked at only when a whole chunk must be there, so that no byte is hashed twice.
      while (this.#end - this.#start >= chunkSizes.maxBytes) await this.#cut();
    }
  }

  /** The rest. */
  async finish(): Promise<void> {
    while (this.#end > this.#start) await this.#cut();
  }

  async #cut(): Promise<void> {
    const length = chunkLength(this.#buffer, this.#start, this.#end) || this.#end - this.#start;
    const chunk = this.#buffer.subarray(this.#start, this.#start + length);
    this.#start += length;
    await this.#onChunk(chunk);
  }
}

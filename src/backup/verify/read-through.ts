import { createHash } from 'node:crypto';
import { giveBack } from '../../core/give-back.ts';
import type { ObjectStore } from '../ports.ts';

/** Fetched at once. Little of a folder, for the sake of memory; more of a bucket, where each request costs time and money. */
const portionBytes = { directory: 1024 * 1024, s3: 4 * 1024 * 1024 };

/** Reads an object from its beginning to its end, each byte once, and hashes it on the way. */
export class ReadThrough {
  readonly #store: ObjectStore;
  readonly #name: string;
  readonly #sizeBytes: number;
  readonly #signal: AbortSignal;
  readonly #hash = createHash('sha256');
  /** The bytes `[heldFrom, read)`. */
  #held: Buffer[] = [];
  #heldFrom = 0;
  #read = 0;

  constructor(store: ObjectStore, name: string, sizeBytes: number, signal: AbortSignal) {
    this.#store = store;
    this.#name = name;
    this.#sizeBytes = sizeBytes;
    this.#signal = signal;
  }

  get bytesRead(): number {
    return this.#read;
  }

  /** The bytes `[from, to)` in memory of their own, fewer where the object ends; `from` must not go back. */
  async range(from: number, to: number): Promise<Buffer> {
    while (this.#read < Math.min(to, this.#sizeBytes)) await this.#next();
    this.#drop(from);
    const range = Buffer.allocUnsafeSlow(Math.max(0, Math.min(to, this.#read) - from));
    let at = this.#heldFrom;
    for (const portion of this.#held) {
      portion.copy(range, Math.max(0, at - from), Math.max(0, from - at));
      at += portion.length;
    }
    return range;
  }

  /** Reads the rest; the sha256 of the whole object. */
  async sha256(): Promise<string> {
    for (;;) {
      this.#drop(this.#read);
      if (this.#read >= this.#sizeBytes) break;
      await this.#next();
    }
    return this.#hash.digest('hex');
  }

  async #next(): Promise<void> {
    const length = Math.min(portionBytes[this.#store.kind], this.#sizeBytes - this.#read);
    const bytes = await this.#store.get(this.#name, { offset: this.#read, length }, this.#signal);
    const portion = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#hash.update(portion);
    this.#held.push(portion);
    this.#read += portion.length;
  }

  /** Gives back what ends before `from`. */
  #drop(from: number): void {
    while (this.#held.length > 0 && this.#heldFrom + this.#held[0]!.length <= from) {
      const portion = this.#held.shift()!;
      this.#heldFrom += portion.length;
      giveBack(portion);
    }
  }
}

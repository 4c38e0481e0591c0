import { zstdCompress, zstdDecompress } from 'node:zlib';
import { zstdOptions } from '../crypto/codec.ts';

export interface FrameQueueOptions {
  level: number;
  /** Called in the order of `push` with the compressed bytes of each frame. */
  onFrame: (compressed: Buffer) => void;
}

/**
 * Compresses frames on the thread pool, several at a time, decompresses each one and compares it with what went in
 * (compressors have had bugs), and hands them on in order.
 */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  readonly #done = new Map<number, Buffer>();
  #pushed = 0;
  #handedOn = 0;
  #rawInFlight = 0;
  #failure: Error | undefined;
  #waiting: { resolve: () => void; reject: (error: Error) => void; until: () => boolean }[] = [];

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  /** Bytes handed in whose frame is not ready yet. */
  get rawInFlight(): number {
    return this.#rawInFlight;
  }

  push(raw: Buffer): void {
    const number = this.#pushed++;
    this.#rawInFlight += raw.length;
    zstdCompress(raw, zstdOptions(this.#options.level), (error, compressed) => {
      if (error) return this.#fail(error);
      zstdDecompress(compressed, { maxOutputLength: raw.length + 1 }, (checkError, check) => {
        if (checkError || Buffer.compare(check, raw) !== 0)
          return this.#fail(checkError ?? new Error('zstd did not give back what was compressed'));
        this.#rawInFlight -= raw.length;
        this.#done.set(number, compressed);
        this.#handOn();
      });
    });
  }

  /** Resolves when at most `bytes` are in flight; 0 = all frames were handed on. */
  async drainTo(bytes: number): Promise<void> {
    const until = () => (bytes === 0 ? this.#handedOn === this.#pushed : this.#rawInFlight <= bytes);
    if (this.#failure) throw this.#failure;
    if (until()) return;
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject, until }));
  }

  #handOn(): void {
    try {
      for (let next = this.#done.get(this.#handedOn); next; next = this.#done.get(this.#handedOn)) {
        this.#done.delete(this.#handedOn);
        this.#options.onFrame(next);
        this.#handedOn++;
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((waiter) => !waiter.until());
    for (const waiter of waiting) if (waiter.until()) waiter.resolve();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiting) waiter.reject(this.#failure);
    this.#waiting = [];
  }
}

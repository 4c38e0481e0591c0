import { availableParallelism } from 'node:os';
import { frameBytes } from '../format/repository-config.ts';
import { isDense, maxStoredFrameBytes, ZstdSlot } from './zstd-slot.ts';

/** One for each processor and one that is handed over meanwhile; four threads are in the pool of Node.js. */
const slots = Math.min(4, availableParallelism() + 1);

/** While frames are dense, one of so many is still compressed at the level asked for, which may find more than a quick look. */
const fullLevelEvery = 16;

/** Compressors of one backup. Each works on a thread of the pool while it has a frame, and each holds some memory. */
export class FrameCompressors {
  readonly level: number;
  readonly #idle: ZstdSlot[] = [];
  readonly #waiting: ((slot: ZstdSlot) => void)[] = [];
  readonly #all: ZstdSlot[] = [];
  /** Buffers of whole frames, used again: new ones for each frame keep the garbage collector busy. */
  readonly #buffers: Buffer[] = [];
  /** The same for compressed frames. */
  readonly #stored: Buffer[] = [];
  /** The last frame that was ready hardly got smaller. */
  #dense = false;
  #count = 0;

  constructor(level: number) {
    this.level = level;
  }

  /** One compressed frame; it belongs to the caller until `giveStored`. */
  async frame(raw: Buffer): Promise<Buffer> {
    const slot = await this.#take();
    try {
      const into = this.#stored.pop() ?? Buffer.allocUnsafeSlow(maxStoredFrameBytes);
      const quick = this.#dense && ++this.#count % fullLevelEvery !== 0;
      const length = await slot.frame(raw, into, quick);
      this.#dense = isDense(length, raw.length);
      return into.subarray(0, length);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(slot);
      else this.#idle.push(slot);
    }
  }

  /** A buffer for one frame, of any content. */
  takeBuffer(): Buffer {
    return this.#buffers.pop() ?? Buffer.allocUnsafeSlow(frameBytes);
  }

  giveBuffer(raw: Buffer): void {
    if (raw.length === frameBytes) this.#buffers.push(raw);
  }

  giveStored(frame: Buffer): void {
    this.#stored.push(Buffer.from(frame.buffer as ArrayBuffer));
  }

  close(): void {
    for (const slot of this.#all) slot.close();
  }

  async #take(): Promise<ZstdSlot> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#all.length < slots) {
      const slot = new ZstdSlot(this.level);
      this.#all.push(slot);
      return slot;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Compresses the frames of one pack, several at a time, and hands them on in order. */
export class FrameQueue {
  readonly #compressors: FrameCompressors;
  readonly #onFrame: (compressed: Buffer, raw: Buffer) => void;
  readonly #done = new Map<number, { compressed: Buffer; raw: Buffer }>();
  #pushed = 0;
  #handedOn = 0;
  #rawInFlight = 0;
  #failure: Error | undefined;
  #waiting: { resolve: () => void; reject: (error: Error) => void; until: () => boolean }[] = [];

  constructor(compressors: FrameCompressors, onFrame: (compressed: Buffer, raw: Buffer) => void) {
    this.#compressors = compressors;
    this.#onFrame = onFrame;
  }

  /** Bytes handed in whose frame is not ready yet. */
  get rawInFlight(): number {
    return this.#rawInFlight;
  }

  push(raw: Buffer): void {
    const number = this.#pushed++;
    this.#rawInFlight += raw.length;
    this.#compressors.frame(raw).then(
      (compressed) => {
        this.#rawInFlight -= raw.length;
        this.#done.set(number, { compressed, raw });
        this.#handOn();
      },
      (error: Error) => this.#fail(error),
    );
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
        this.#onFrame(next.compressed, next.raw);
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

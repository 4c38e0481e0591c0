import { Worker } from 'node:worker_threads';
import { threadFile } from '../../core/program-files.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { segmentThresholdBytes } from '../format/repository-config.ts';
import type { PackAnswer, PackOrder, PackThreadData } from './pack-messages.ts';

/** One content fits into a slab. Shared memory, so that nothing is allocated, moved or collected per file. */
const slabBytes = segmentThresholdBytes;
/** One is filled while the other one is taken out. */
const slabCount = 2;
/** Contents are sent in portions: a message per small file would cost more than the file. */
const portionBytes = 512 * 1024;
const portionRanges = 512;

export const feedBytes = slabBytes * slabCount;

interface Slab {
  memory: SharedArrayBuffer;
  buffer: Buffer;
  used: number;
  /** Bytes that the thread has not copied out yet. */
  waiting: number;
}

/** Hands contents to the thread that makes packs, through memory that both share. The thread starts with the first content. */
export class PackFeed {
  readonly #recipients: readonly string[];
  readonly #level: number;
  readonly #slabs: Slab[] = [];
  #slab: Slab | undefined;
  #thread: Worker | undefined;
  #pack = { number: -1, file: '' };
  readonly #ranges = new Uint32Array(2 * portionRanges);
  #rangeCount = 0;
  #pendingBytes = 0;
  #failure: Error | undefined;
  #room = Promise.withResolvers<void>();
  readonly #finishing = new Map<number, PromiseWithResolvers<PackInfo>>();
  /** Of the open pack: what its frames so far took before and after compression. */
  framedRawBytes = 0;
  compressedBytes = 0;

  constructor(options: { recipients: readonly string[]; level: number }) {
    this.#recipients = options.recipients;
    this.#level = options.level;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Begins a pack; everything handed in before must belong to a pack that was finished. */
  open(number: number, file: string): void {
    this.#pack = { number, file };
    this.framedRawBytes = 0;
    this.compressedBytes = 0;
  }

  /** Memory for one content, to be filled and given to `push`; undefined while there is none: await `wait()`. */
  room(bytes: number): Buffer | undefined {
    if (this.#slab && this.#slab.used + bytes > slabBytes) {
      this.#send();
      this.#slab = undefined;
    }
    this.#slab ??= this.#freeSlab();
    const { buffer, used } = this.#slab ?? {};
    return buffer?.subarray(used!, used! + bytes);
  }

  /** Resolves when something changed. Throws what failed in the thread. */
  async wait(): Promise<void> {
    if (this.#failure) throw this.#failure;
    await this.#room.promise;
    if (this.#failure) throw this.#failure;
  }

  /** Adds the first `length` bytes of the last `room()` to the open pack. */
  push(length: number): void {
    const slab = this.#slab!;
    this.#ranges[2 * this.#rangeCount] = slab.used;
    this.#ranges[2 * this.#rangeCount + 1] = length;
    this.#rangeCount++;
    slab.used += length;
    slab.waiting += length;
    this.#pendingBytes += length;
    if (this.#pendingBytes >= portionBytes || this.#rangeCount >= portionRanges) this.#send();
  }

  /** Ends the open pack: its file is complete, synced and its hash known. */
  finish(): Promise<PackInfo> {
    this.#send();
    const finishing = Promise.withResolvers<PackInfo>();
    if (this.#failure) finishing.reject(this.#failure);
    else {
      this.#finishing.set(this.#pack.number, finishing);
      this.#order({ kind: 'finish', pack: this.#pack.number });
    }
    return finishing.promise;
  }

  /** Ends the thread, whatever it does. */
  async close(): Promise<void> {
    this.#fail(new Error('the backup was given up'));
    await this.#thread?.terminate();
    // What follows, the manifest, needs memory too.
    this.#slabs.length = 0;
    this.#slab = undefined;
  }

  #freeSlab(): Slab | undefined {
    let slab = this.#slabs.find((candidate) => candidate.waiting === 0);
    if (!slab && this.#slabs.length < slabCount && !this.#thread) {
      // All before the thread starts: it gets them at its start. Pages nobody touches take no memory.
      for (let i = 0; i < slabCount; i++) {
        const memory = new SharedArrayBuffer(slabBytes);
        this.#slabs.push({ memory, buffer: Buffer.from(memory), used: 0, waiting: 0 });
      }
      slab = this.#slabs[0];
    }
    if (slab) slab.used = 0;
    return slab;
  }

  #send(): void {
    if (this.#rangeCount === 0) return;
    const { number, file } = this.#pack;
    const slab = this.#slabs.indexOf(this.#slab!);
    this.#order({ kind: 'data', pack: number, file, slab, ranges: this.#ranges.slice(0, 2 * this.#rangeCount) });
    this.#rangeCount = 0;
    this.#pendingBytes = 0;
  }

  #order(order: PackOrder): void {
    if (this.#failure) return;
    this.#thread ??= this.#start();
    this.#thread.postMessage(order);
  }

  #start(): Worker {
    const slabs = this.#slabs.map((slab) => slab.memory);
    const workerData: PackThreadData = { slabs, recipients: this.#recipients, level: this.#level };
    const thread = new Worker(threadFile('src/backup/create/pack-thread'), {
      workerData,
      // Flags of the process, such as --input-type, need not fit a file.
      execArgv: [],
      // What a tar entry leaves behind dies young; a larger nursery would only hold more of it.
      resourceLimits: { maxYoungGenerationSizeMb: 3 },
    });
    thread.on('message', (answer: PackAnswer) => this.#take(answer));
    thread.on('error', (error: Error) => this.#fail(error));
    thread.on('exit', () => this.#fail(new Error('the thread that makes packs ended')));
    return thread;
  }

  #take(answer: PackAnswer): void {
    if (answer.kind === 'failed') {
      const { message, code } = answer;
      this.#fail(code === undefined ? new Error(message) : Object.assign(new Error(message), { code }));
    } else if (answer.kind === 'finished') {
      this.#finishing.get(answer.pack)?.resolve(answer.info);
      this.#finishing.delete(answer.pack);
    } else {
      this.#slabs[answer.slab]!.waiting -= answer.bytes;
      if (answer.pack === this.#pack.number) {
        this.framedRawBytes = answer.framedRawBytes;
        this.compressedBytes = answer.compressedBytes;
      }
      this.#wake();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const finishing of this.#finishing.values()) finishing.reject(this.#failure);
    this.#finishing.clear();
    this.#wake();
  }

  #wake(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

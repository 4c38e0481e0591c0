import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, unlinkSync, writevSync } from 'node:fs';
import { TarArchive } from 'archiver';
import { newAgeHeader } from '../crypto/age-header.ts';
import { AgeEncryptor } from '../crypto/age-stream.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { frameBytes } from '../format/repository-config.ts';
import { type FrameCompressors, FrameQueue } from './frame-queue.ts';
import { TarCheck } from './tar-check.ts';

const blockBytes = 512;
const epoch = new Date(0);
/** Smaller buffers are not worth giving back by hand. */
const releasedBytes = 16 * 1024;

export interface PackWriterOptions {
  /** New file of the spool. */
  file: string;
  /** Empty = no encryption. */
  recipients: readonly string[];
  compressors: FrameCompressors;
}

/** One pack: contents in, a finished, checked file of the spool out. docs/backup-format.md sections 2 and 3. */
export class PackWriter {
  readonly file: string;
  readonly #archive = new TarArchive({ highWaterMark: 4 * frameBytes });
  readonly #check = new TarCheck();
  readonly #queue: FrameQueue;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  readonly #frames: number[] = [];
  readonly #encryptor: AgeEncryptor | undefined;
  readonly #headerBytes: number;
  readonly #compressors: FrameCompressors;
  #frame: Buffer;
  #frameUsed = 0;
  #block = 0;
  #members = 0;
  #tarSeenBytes = 0;
  #compressedBytes = 0;
  #framedRawBytes = 0;
  #storedBytes = 0;
  #out: Buffer[] = [];
  #failure: Error | undefined;
  #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  #waiting: { until: () => boolean; resolve: () => void }[] = [];

  static async create(options: PackWriterOptions): Promise<PackWriter> {
    const age = options.recipients.length === 0 ? undefined : await newAgeHeader(options.recipients);
    return new PackWriter(options, age);
  }

  private constructor(options: PackWriterOptions, age: { header: Buffer; fileKey: Uint8Array } | undefined) {
    this.file = options.file;
    this.#fd = openSync(options.file, 'wx', 0o600);
    this.#compressors = options.compressors;
    this.#frame = options.compressors.takeBuffer();
    this.#queue = new FrameQueue(options.compressors, (compressed, raw) => this.#takeFrame(compressed, raw));
    this.#headerBytes = age?.header.length ?? 0;
    if (age) {
      this.#out.push(age.header);
      this.#encryptor = new AgeEncryptor(age.fileKey, (bytes) => this.#out.push(bytes));
    }
    this.#ended.promise.catch(() => undefined);
    this.#archive.on('data', (chunk: Buffer) => this.#takeTar(chunk));
    this.#archive.on('error', (error: Error) => this.#fail(error));
    this.#archive.on('end', () => this.#ended.resolve());
  }

  get members(): number {
    return this.#members;
  }

  get tarBytes(): number {
    return this.#block * blockBytes;
  }

  /** Of the frames so far, before compression. */
  get framedRawBytes(): number {
    return this.#framedRawBytes;
  }

  /** Of the frames so far. */
  get compressedBytes(): number {
    return this.#compressedBytes;
  }

  /** Adds a content and tells its member number. The buffer must not be changed before `copied()` resolves. */
  append(content: Buffer): number {
    if (this.#failure) throw this.#failure;
    const member = this.#block;
    this.#check.expect(member, content.length);
    this.#archive.append(content, { name: String(member), mode: 0o600, date: epoch });
    this.#block += 1 + Math.ceil(content.length / blockBytes);
    this.#members++;
    return member;
  }

  /** Resolves when every content so far was copied into a frame. */
  async copied(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const appended = this.tarBytes;
    const seen = () => this.#tarSeenBytes >= appended;
    if (!seen()) {
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.push({ until: seen, resolve })),
        this.#ended.promise,
      ]);
    }
    if (this.#failure) throw this.#failure;
  }

  /** Resolves when frames of at most `bytes` wait for compression. */
  async framesTo(bytes: number): Promise<void> {
    if (this.#failure) throw this.#failure;
    await this.#queue.drainTo(bytes);
  }

  /** Ends the pack: the file is complete, synced and its hash known. */
  async finish(): Promise<PackInfo> {
    await this.#archive.finalize();
    await this.#ended.promise;
    const tarBytes = this.#check.end();
    if (this.#frameUsed > 0) this.#queue.push(this.#frame.subarray(0, this.#frameUsed));
    await this.#queue.drainTo(0);
    this.#encryptor?.end();
    this.#flush();
    fsyncSync(this.#fd);
    closeSync(this.#fd);
    return {
      sha256: this.#hash.digest('hex'),
      storedBytes: this.#storedBytes,
      headerBytes: this.#headerBytes,
      tarBytes,
      frames: this.#frames,
    };
  }

  /** Gives up: the spool file is removed. */
  abandon(): void {
    // Not archiver's abort(): for tar it calls a function that is not there. Nothing holds the archive any more.
    this.#archive.removeAllListeners('data');
    this.#archive.on('error', () => undefined);
    try {
      closeSync(this.#fd);
    } catch {
      // Closed by finish.
    }
    try {
      unlinkSync(this.file);
    } catch {
      // Never mind: the spool is cleaned at the next start.
    }
  }

  #takeTar(chunk: Buffer): void {
    try {
      this.#check.write(chunk);
      let at = 0;
      while (at < chunk.length) {
        const take = Math.min(frameBytes - this.#frameUsed, chunk.length - at);
        chunk.copy(this.#frame, this.#frameUsed, at, at + take);
        this.#frameUsed += take;
        at += take;
        if (this.#frameUsed === frameBytes) {
          this.#queue.push(this.#frame);
          this.#frame = this.#compressors.takeBuffer();
          this.#frameUsed = 0;
        }
      }
      this.#tarSeenBytes += chunk.length;
      const waiting = this.#waiting;
      if (waiting.length > 0) {
        this.#waiting = waiting.filter((waiter) => !waiter.until());
        for (const waiter of waiting) if (waiter.until()) waiter.resolve();
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #takeFrame(compressed: Buffer, raw: Buffer): void {
    this.#compressors.giveBuffer(raw);
    this.#framedRawBytes += frameBytes;
    this.#compressedBytes += compressed.length;
    this.#frames.push(compressed.length);
    if (this.#encryptor) this.#encryptor.push(compressed);
    else this.#out.push(compressed);
    this.#flush();
    // Encrypted or written: nobody needs it any more.
    this.#compressors.giveStored(compressed);
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    for (const bytes of this.#out) {
      this.#hash.update(bytes);
      this.#storedBytes += bytes.length;
    }
    writeAll(this.#fd, this.#out);
    // Encrypted chunks are in nobody else's hands: given back now, not when the garbage collector comes to it.
    for (const bytes of this.#out)
      if (this.#encryptor && bytes.length >= releasedBytes && bytes.length === bytes.buffer.byteLength)
        (bytes.buffer as ArrayBuffer).transfer(0);
    this.#out = [];
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#ended.reject(this.#failure);
  }
}

/** writev(2) may write less than asked, and takes 1024 buffers at most (IOV_MAX). */
function writeAll(fd: number, buffers: readonly Buffer[]): void {
  for (let i = 0; i < buffers.length; i += 1000) {
    const part = buffers.slice(i, i + 1000);
    const total = part.reduce((sum, bytes) => sum + bytes.length, 0);
    let written = writevSync(fd, part);
    if (written === total) continue;
    const rest = Buffer.concat(part);
    while (written < total) written += writevSync(fd, [rest.subarray(written)]);
  }
}

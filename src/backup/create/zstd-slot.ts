import { constants, createZstdCompress, createZstdDecompress, type ZstdCompress, type ZstdDecompress } from 'node:zlib';
import { zstdOptions } from '../crypto/codec.ts';
import { frameBytes } from '../format/repository-config.ts';

/** More than zstd ever adds to 1 MiB. */
const reserve = 8192;

/** Room for one frame, however badly it compresses. */
export const maxStoredFrameBytes = frameBytes + reserve;

/** Nothing to gain but the headers and fillings of a tar of small files: they are a sixteenth of it for files of 12 KiB. */
export function isDense(length: number, rawLength: number): boolean {
  return length > rawLength - rawLength / 8;
}

/** Finds out at a third of the cost of level 3 that there is nothing to gain. It still looks for repetitions and codes bytes. */
const quickLevel = 1;

/**
 * A compressor and a decompressor that live as long as the backup. Making new ones for each frame costs more than the
 * frames do: their memory is reported to the garbage collector each time. `flush: e_end` makes each write one whole frame.
 */
export class ZstdSlot {
  readonly #level: number;
  /** By level, made when first needed. */
  readonly #compressors = new Map<number, ZstdCompress>();
  readonly #decompressor: ZstdDecompress;
  #out: Buffer[] = [];
  #back: Buffer[] = [];

  constructor(level: number) {
    this.#level = level;
    // Exactly one frame: what comes out fills a buffer that nobody else has, and that can be given back at once.
    this.#decompressor = createZstdDecompress({ chunkSize: frameBytes });
    this.#decompressor.on('data', (chunk: Buffer) => this.#back.push(chunk));
  }

  /**
   * Writes one frame to the start of `into` (`maxStoredFrameBytes`) and tells its length. It is decompressed again and
   * compared with `raw`: compressors have had bugs. `dense` tells that the frame before it hardly got smaller, as pictures
   * and archives do not: then it is tried quickly first, and done again at the level asked for when there is something to gain.
   */
  async frame(raw: Buffer, into: Buffer, dense: boolean): Promise<number> {
    let length = dense && this.#level > quickLevel ? await this.#compress(quickLevel, raw, into) : 0;
    if (!isDense(length, raw.length)) length = await this.#compress(this.#level, raw, into);
    await this.#check(raw, into.subarray(0, length));
    return length;
  }

  async #compress(level: number, raw: Buffer, into: Buffer): Promise<number> {
    this.#out = [];
    await written(this.#compressor(level), raw);
    let length = 0;
    for (const part of this.#out) {
      if (length + part.length > into.length) throw new Error('zstd made a frame much longer than what it holds');
      length += part.copy(into, length);
      release(part);
    }
    this.#out = [];
    return length;
  }

  async #check(raw: Buffer, frame: Buffer): Promise<void> {
    this.#back = [];
    await written(this.#decompressor, frame);
    let at = 0;
    for (const part of this.#back) {
      if (raw.compare(part, 0, part.length, at, at + part.length) !== 0) throw wrong();
      at += part.length;
      release(part);
    }
    if (at !== raw.length) throw wrong();
    this.#back = [];
  }

  #compressor(level: number): ZstdCompress {
    let compressor = this.#compressors.get(level);
    if (compressor) return compressor;
    const { params } = zstdOptions(level);
    compressor = createZstdCompress({
      // A window as long as a frame: more would take memory, here and in every reader, and find nothing.
      params: { ...params, [constants.ZSTD_c_windowLog]: Math.log2(frameBytes) },
      flush: constants.ZSTD_e_end,
      chunkSize: maxStoredFrameBytes,
    });
    compressor.on('data', (chunk: Buffer) => this.#out.push(chunk));
    this.#compressors.set(level, compressor);
    return compressor;
  }

  close(): void {
    for (const stream of [...this.#compressors.values(), this.#decompressor]) {
      stream.on('error', () => undefined);
      stream.destroy();
    }
  }
}

/**
 * Gives memory back when a stream is done with it: it fills its buffers from the front, so the part that reaches the end is
 * the last one. Not left to the garbage collector, which would mark the whole heap for every few frames: that costs as much
 * as compressing.
 */
function release(part: Buffer): void {
  const memory = part.buffer as ArrayBuffer;
  if (part.byteOffset + part.length === memory.byteLength) memory.transfer(0);
}

/** Resolves when the bytes went through and what they made was emitted. */
function written(stream: ZstdCompress | ZstdDecompress, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(error);
    stream.once('error', fail);
    stream.write(bytes, (error) => {
      stream.off('error', fail);
      if (error) reject(error);
      // What was pushed in the callback before this one is emitted by the next tick at the latest.
      else process.nextTick(resolve);
    });
  });
}

function wrong(): Error {
  return new Error('zstd did not give back what was compressed');
}

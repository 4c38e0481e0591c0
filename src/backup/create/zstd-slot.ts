import { constants, createZstdCompress, createZstdDecompress, type ZstdCompress, type ZstdDecompress } from 'node:zlib';
import { zstdOptions } from '../crypto/codec.ts';

/** More than zstd ever adds to 1 MiB. */
const reserve = 8192;

/**
 * A compressor and a decompressor that live as long as the backup. Making new ones for each frame costs more than the
 * frames do: their memory is reported to the garbage collector each time. `flush: e_end` makes each write one whole frame.
 */
export class ZstdSlot {
  readonly #compressor: ZstdCompress;
  readonly #decompressor: ZstdDecompress;
  #out: Buffer[] = [];
  #back: Buffer[] = [];

  constructor(level: number, frameBytes: number) {
    const chunkSize = frameBytes + reserve;
    this.#compressor = createZstdCompress({ ...zstdOptions(level), flush: constants.ZSTD_e_end, chunkSize });
    // Exactly one frame: what comes out fills a buffer that nobody else has, and that can be given back at once.
    this.#decompressor = createZstdDecompress({ chunkSize: frameBytes });
    this.#compressor.on('data', (chunk: Buffer) => this.#out.push(chunk));
    this.#decompressor.on('data', (chunk: Buffer) => this.#back.push(chunk));
  }

  /** One frame, decompressed again and compared with `raw` (compressors have had bugs). */
  async frame(raw: Buffer): Promise<Buffer> {
    this.#out = [];
    this.#back = [];
    await written(this.#compressor, raw);
    const compressed = this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out);
    await written(this.#decompressor, compressed);
    let at = 0;
    for (const part of this.#back) {
      if (raw.compare(part, 0, part.length, at, at + part.length) !== 0) throw wrong();
      at += part.length;
      // Not left to the garbage collector: a mark of the whole heap for every few frames costs as much as compressing.
      if (part.length === part.buffer.byteLength) (part.buffer as ArrayBuffer).transfer(0);
    }
    this.#back = [];
    if (at !== raw.length) throw wrong();
    return compressed;
  }

  close(): void {
    for (const stream of [this.#compressor, this.#decompressor]) {
      stream.on('error', () => undefined);
      stream.destroy();
    }
  }
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

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectBody } from '../../backup/ports.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { giveBack } from '../../core/give-back.ts';
import { sha256Hex } from '../../core/json.ts';
import { collectNursery } from '../../core/nursery.ts';
import { bodyMismatch, objectTruncated } from '../../core/object-names.ts';

interface Announced {
  sha256: string;
  sizeBytes: number;
  onProgress?: (bytes: number) => void;
}

const chunkBytes = 1024 * 1024;
/** So much is sent between two collections of what was sent: left to itself, 30 MiB of it come together. */
const collectBytes = 4 * chunkBytes;

/** The body of one PUT. The last piece goes out only when the whole is what was announced. */
export async function requestBody(
  name: string,
  body: ObjectBody,
  announced: Announced,
): Promise<Uint8Array | Readable> {
  if ('bytes' in body) {
    if (body.bytes.length !== announced.sizeBytes) throw wrongSize(name, body.bytes.length, announced.sizeBytes);
    if (sha256Hex(body.bytes) !== announced.sha256) throw bodyMismatch(name, 'its sha256 is not the one announced');
    return body.bytes;
  }
  if (announced.sizeBytes === 0) return new Uint8Array();
  return Readable.from(fileChunks(name, body.file, announced), { objectMode: false, highWaterMark: chunkBytes });
}

async function* fileChunks(name: string, file: string, announced: Announced): AsyncIterable<Uint8Array> {
  const handle = await open(file, 'r').catch((error) => {
    throw new OaopsError('spool-read-failed', `${file} can't be read: ${messageOf(error)}`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    if (size !== announced.sizeBytes) throw wrongSize(name, size, announced.sizeBytes);
    const hash = createHash('sha256');
    let done = 0;
    while (done < size) {
      if (done % collectBytes === 0) collectNursery();
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - done));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, done);
      if (bytesRead === 0) throw wrongSize(name, done, size);
      const piece = chunk.subarray(0, bytesRead);
      hash.update(piece);
      done += bytesRead;
      if (done === size && hash.digest('hex') !== announced.sha256)
        throw bodyMismatch(name, 'its sha256 is not the one announced');
      yield piece;
      announced.onProgress?.(done);
    }
  } finally {
    await handle.close();
  }
}

function wrongSize(name: string, found: number, wanted: number): OaopsError {
  return bodyMismatch(name, `it has ${found} bytes instead of ${wanted}`);
}

/** An answer to GET. */
export interface Answer {
  body: Readable;
  /** Bytes that it announces. */
  length: number;
  /** Only what was asked for; a server that ignores `Range` sends the whole object. */
  partial: boolean;
}

/**
 * The bytes that were asked for, all of them, in `memory` when it is large enough; anything else is `object-truncated`, worth
 * another try.
 */
export async function responseBytes(
  location: string,
  name: string,
  answer: Answer,
  range: { offset: number; length: number } | undefined,
  memory?: Uint8Array,
): Promise<Uint8Array> {
  const { body, length, partial } = answer;
  const skipped = range && !partial ? range.offset : 0;
  const wanted = range?.length ?? length;
  if (length < skipped + wanted) {
    body.destroy();
    throw objectTruncated(location, name, wanted, Math.max(0, length - skipped));
  }
  const whole = memory && memory.length >= wanted ? memory.subarray(0, wanted) : Buffer.allocUnsafe(wanted);
  const filling = new Filling(whole, skipped, !range || partial);
  try {
    // Not `for await`: that joins the chunks that have come in meanwhile into one more copy.
    await pipeline(body, filling);
  } catch (error) {
    if (filling.has > wanted) throw passing(objectTruncated(location, name, wanted, filling.has));
    if (error !== enough) throw error;
  }
  if (filling.has < wanted) throw passing(objectTruncated(location, name, wanted, filling.has));
  return whole;
}

/** Ends the reading of what nobody wants. */
const enough = new Error('the rest is not wanted');

/** Copies what follows the first bytes into memory of a known size. */
class Filling extends Writable {
  /** Bytes that came for the memory, also those it has no room for. */
  has = 0;
  readonly #whole: Uint8Array;
  readonly #toEnd: boolean;
  #skip: number;

  /** @param toEnd the answer has to end where the memory is full */
  constructor(whole: Uint8Array, skip: number, toEnd: boolean) {
    super();
    this.#whole = whole;
    this.#skip = skip;
    this.#toEnd = toEnd;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const bytes = chunk.subarray(Math.min(this.#skip, chunk.length));
    this.#skip -= chunk.length - bytes.length;
    const room = this.#whole.length - this.has;
    if (bytes.length > 0) this.#whole.set(bytes.subarray(0, room), this.has);
    const isOver = bytes.length > room;
    this.has += isOver && !this.#toEnd ? room : bytes.length;
    // It has memory of its own: tens of MiB of them would come together before the garbage collector runs.
    giveBack(chunk);
    done(isOver || (!this.#toEnd && this.has === this.#whole.length) ? enough : undefined);
  }
}

/** Marks an error as one that a second try may cure. */
export function passing(error: OaopsError): OaopsError {
  error.details['passing'] = true;
  return error;
}

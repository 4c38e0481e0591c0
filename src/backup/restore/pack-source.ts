import { createHash, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { giveBack } from '../../core/give-back.ts';
import { chunkBytes, chunkRange, lastChunkOf, nonceBytes, openChunk, storedChunk } from '../crypto/age-stream.ts';
import { damaged } from '../format/damaged.ts';
import type { PackInfo } from '../format/pack-table.ts';

export const frameBytes = 1024 * 1024;
const blockBytes = 512;

/** A part of a stored pack that was fetched. */
export interface Segment {
  offset: number;
  bytes: Uint8Array;
}

/** First and last frame that hold a content. @throws OaopsError `repository-damaged` */
export function framesOf(pack: PackInfo, piece: { member: number; length: number }): { first: number; last: number } {
  const from = (piece.member + 1) * blockBytes;
  const to = from + piece.length;
  if (piece.length < 1 || to > pack.tarBytes) throw damaged(`a content lies outside of pack ${pack.sha256}`);
  return { first: Math.floor(from / frameBytes), last: Math.floor((to - 1) / frameBytes) };
}

/** Stored bytes `[offset, offset + length)` that hold the frames `first` to `last`. */
export function storedRange(pack: PackInfo, first: number, last: number): { offset: number; length: number } {
  const { from, to } = plainRange(pack, first, last);
  if (pack.headerBytes === 0) return { offset: from, length: to - from };
  const { offset, length } = chunkRange(pack.headerBytes, pack.storedBytes, from, to);
  return { offset, length };
}

/** Where the age header and nonce lie; nothing without encryption. */
export function headRange(pack: PackInfo): { offset: number; length: number } | undefined {
  return pack.headerBytes === 0 ? undefined : { offset: 0, length: pack.headerBytes + nonceBytes };
}

function plainRange(pack: PackInfo, first: number, last: number): { from: number; to: number } {
  let from = 0;
  for (let i = 0; i < first; i += 1) from += pack.frames[i] ?? 0;
  let to = from;
  for (let i = first; i <= last; i += 1) to += pack.frames[i] ?? 0;
  if (last >= pack.frames.length || to <= from) throw damaged(`the table of pack ${pack.sha256} has too few frames`);
  return { from, to };
}

/**
 * Reads contents out of fetched parts of one pack, and hands out only those whose sha256 is right. Contents are asked for in the
 * order of the pack. Memory outside of the heap is given back by hand, frame by frame: the garbage collector does not see how
 * much it is, and a restore that leaves it to it takes hundreds of MiB, or spends its time in collections asked for.
 */
export class PackSource {
  /** Time spent on decryption so far. */
  decryptMs = 0;
  readonly #pack: PackInfo;
  readonly #segments: readonly Segment[];
  readonly #key: KeyObject | undefined;
  readonly #lastChunk: number;
  readonly #starts: number[] = [];
  readonly #recent = new Map<number, Buffer>();
  /** The chunk that was decrypted last: a frame ends within it and the next one begins there. */
  #chunk: { index: number; plain: Buffer } | undefined;
  /** For a frame of which the parts lie in several chunks. */
  #packed: Buffer = Buffer.alloc(0);

  /** `key`: of the age payload; undefined without encryption. */
  constructor(pack: PackInfo, segments: readonly Segment[], key: Uint8Array | undefined) {
    this.#pack = pack;
    this.#segments = segments;
    this.#key = key && createSecretKey(key);
    this.#lastChunk = lastChunkOf(pack.headerBytes, pack.storedBytes);
    let at = 0;
    for (const length of pack.frames) {
      this.#starts.push(at);
      at += length;
    }
  }

  /**
   * A content, in as many parts as there are frames that hold it: put together they would be copied once more. Valid until the
   * next call of it, or of `release`.
   * @throws OaopsError `repository-damaged` for anything but exactly the content with this hash
   */
  content(piece: { member: number; length: number; sha256: string }): readonly Buffer[] {
    const { first, last } = framesOf(this.#pack, piece);
    this.#forget(first, last);
    const from = (piece.member + 1) * blockBytes;
    const parts: Buffer[] = [];
    for (let frame = first; frame <= last; frame += 1) parts.push(this.#part(frame, from, piece.length));
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (bytes !== piece.length || hashOf(parts) !== piece.sha256) {
      throw damaged(`a content of pack ${this.#pack.sha256} is not what the manifest says`);
    }
    return parts;
  }

  /** Gives all memory back; contents handed out before are gone. */
  release(): void {
    for (const plain of this.#recent.values()) giveBack(plain);
    this.#recent.clear();
    if (this.#chunk) giveBack(this.#chunk.plain);
    this.#chunk = undefined;
    giveBack(this.#packed);
    this.#packed = Buffer.alloc(0);
  }

  /** What of the bytes `[from, from + length)` of the tar lies in a frame. */
  #part(index: number, from: number, length: number): Buffer {
    const frame = this.#frame(index);
    const start = index * frameBytes;
    return frame.subarray(Math.max(0, from - start), Math.min(frame.length, from + length - start));
  }

  /** Gives back the frames that are not wanted now. Contents come in order, so they are not asked for again. */
  #forget(first: number, last: number): void {
    for (const [index, bytes] of this.#recent) {
      if (index >= first && index <= last) continue;
      this.#recent.delete(index);
      giveBack(bytes);
    }
  }

  #frame(index: number): Buffer {
    const known = this.#recent.get(index);
    if (known) return known;
    const packed = this.#packedFrame(index);
    const wanted = Math.min(frameBytes, this.#pack.tarBytes - index * frameBytes);
    let plain: Buffer;
    try {
      // One byte of room is left over: a buffer that is full to the end makes zlib get another one for nothing.
      plain = zstdDecompressSync(packed, { maxOutputLength: wanted, chunkSize: Math.max(1024, wanted + 1) });
    } catch {
      throw damaged(`frame ${index} of pack ${this.#pack.sha256} can't be decompressed`);
    }
    if (plain.length !== wanted) throw damaged(`frame ${index} of pack ${this.#pack.sha256} has the wrong length`);
    this.#recent.set(index, plain);
    return plain;
  }

  #packedFrame(index: number): Uint8Array {
    const { headerBytes } = this.#pack;
    const from = this.#starts[index];
    if (from === undefined) throw damaged(`pack ${this.#pack.sha256} has no frame ${index}`);
    const length = this.#pack.frames[index]!;
    if (headerBytes === 0) return this.#stored({ offset: from, length });
    const startedMs = performance.now();
    this.#packed = roomFor(this.#packed, length);
    for (let done = 0; done < length; ) {
      const at = (from + done) % chunkBytes;
      const copied = this.#plainChunk(Math.floor((from + done) / chunkBytes)).copy(
        this.#packed,
        done,
        at,
        Math.min(chunkBytes, at + length - done),
      );
      if (copied === 0) throw damaged(`pack ${this.#pack.sha256} is shorter than its table says`);
      done += copied;
    }
    this.decryptMs += performance.now() - startedMs;
    return this.#packed.subarray(0, length);
  }

  #plainChunk(index: number): Buffer {
    if (this.#chunk?.index === index) return this.#chunk.plain;
    const { headerBytes, storedBytes } = this.#pack;
    const stored = this.#stored(storedChunk(headerBytes, storedBytes, index));
    const plain = openChunk(this.#key!, index, index === this.#lastChunk, stored);
    if (this.#chunk) giveBack(this.#chunk.plain);
    this.#chunk = { index, plain };
    return plain;
  }

  #stored({ offset, length }: { offset: number; length: number }): Uint8Array {
    for (const segment of this.#segments) {
      const at = offset - segment.offset;
      if (at >= 0 && length > 0 && at + length <= segment.bytes.length) return segment.bytes.subarray(at, at + length);
    }
    throw damaged(`pack ${this.#pack.sha256} is shorter than its table says`);
  }
}

function hashOf(parts: readonly Buffer[]): string {
  if (parts.length === 1) return hash('sha256', parts[0]!, 'hex');
  const all = createHash('sha256');
  for (const part of parts) all.update(part);
  return all.digest('hex');
}

/** The buffer itself when it is large enough, else a larger one; what it held is lost. */
function roomFor(buffer: Buffer, length: number): Buffer {
  if (buffer.length >= length) return buffer;
  giveBack(buffer);
  return Buffer.allocUnsafeSlow(length);
}

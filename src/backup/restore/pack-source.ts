import { zstdDecompressSync } from 'node:zlib';
import { sha256Hex } from '../../core/json.ts';
import { chunkRange, nonceBytes } from '../crypto/age-stream.ts';
import { decryptRange } from '../crypto/codec.ts';
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

/** Reads contents out of fetched parts of one pack, and hands out only those whose sha256 is right. */
export class PackSource {
  /** Time spent on decryption so far. */
  decryptMs = 0;
  readonly #pack: PackInfo;
  readonly #segments: readonly Segment[];
  readonly #key: Uint8Array | undefined;
  readonly #starts: number[] = [];
  readonly #recent = new Map<number, Buffer>();

  /** `key`: of the age payload; undefined without encryption. */
  constructor(pack: PackInfo, segments: readonly Segment[], key: Uint8Array | undefined) {
    this.#pack = pack;
    this.#segments = segments;
    this.#key = key;
    let at = 0;
    for (const length of pack.frames) {
      this.#starts.push(at);
      at += length;
    }
  }

  /** @throws OaopsError `repository-damaged` for anything but exactly the content with this hash */
  content(piece: { member: number; length: number; sha256: string }): Buffer {
    const { first, last } = framesOf(this.#pack, piece);
    const from = (piece.member + 1) * blockBytes;
    const parts: Buffer[] = [];
    for (let i = first; i <= last; i += 1) {
      const frame = this.#frame(i);
      parts.push(
        frame.subarray(
          Math.max(0, from - i * frameBytes),
          Math.min(frame.length, from + piece.length - i * frameBytes),
        ),
      );
    }
    const content = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (content.length !== piece.length || sha256Hex(content) !== piece.sha256) {
      throw damaged(`a content of pack ${this.#pack.sha256} is not what the manifest says`);
    }
    return content;
  }

  #frame(index: number): Buffer {
    const known = this.#recent.get(index);
    if (known) return known;
    const packed = this.#packedFrame(index);
    const wanted = Math.min(frameBytes, this.#pack.tarBytes - index * frameBytes);
    let plain: Buffer;
    try {
      plain = zstdDecompressSync(packed, { maxOutputLength: wanted, chunkSize: Math.max(1024, wanted) });
    } catch {
      throw damaged(`frame ${index} of pack ${this.#pack.sha256} can't be decompressed`);
    }
    if (plain.length !== wanted) throw damaged(`frame ${index} of pack ${this.#pack.sha256} has the wrong length`);
    // Contents span at most 9 frames and come in order.
    if (this.#recent.size >= 2) this.#recent.delete(this.#recent.keys().next().value!);
    this.#recent.set(index, plain);
    return plain;
  }

  #packedFrame(index: number): Uint8Array {
    const { headerBytes, storedBytes } = this.#pack;
    const from = this.#starts[index];
    if (from === undefined) throw damaged(`pack ${this.#pack.sha256} has no frame ${index}`);
    const to = from + this.#pack.frames[index]!;
    if (headerBytes === 0) return this.#stored({ offset: from, length: to - from });
    const range = chunkRange(headerBytes, storedBytes, from, to);
    const startedMs = performance.now();
    const packed = decryptRange(this.#key!, headerBytes, storedBytes, from, to, this.#stored(range));
    this.decryptMs += performance.now() - startedMs;
    return packed;
  }

  #stored({ offset, length }: { offset: number; length: number }): Uint8Array {
    for (const segment of this.#segments) {
      const at = offset - segment.offset;
      if (at >= 0 && at + length <= segment.bytes.length) return segment.bytes.subarray(at, at + length);
    }
    throw damaged(`pack ${this.#pack.sha256} is shorter than its table says`);
  }
}

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { giveBack } from '../../core/give-back.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { inPackOrder, pieceRecordBytes } from '../format/piece-records.ts';
import type { BlockPieces } from '../repository/block-pieces.ts';

interface PackPieces {
  held: Uint8Array[];
  /** Offset and length of each part in the file, in the order in which they were added. */
  parts: number[];
}

export interface PieceStoreLimits {
  /** Held in memory before all of it goes to the file. */
  heldBytes: number;
  /** What the file may grow to before what was named again and again is dropped from it. */
  slackBytes: number;
}

const defaultLimits: PieceStoreLimits = { heldBytes: 8 * 1024 * 1024, slackBytes: 64 * 1024 * 1024 };

/**
 * The contents that manifests name, as `PieceRecords` by pack: memory stays flat however many files there are, since most of them
 * lie in a file in `dir`, 0600 and unlinked at once. Where no file can be written they stay in memory.
 */
export class PieceStore {
  readonly #dir: string;
  readonly #limits: PieceStoreLimits;
  readonly #packs = new Map<string, PackPieces>();
  #heldBytes = 0;
  #file: number | undefined;
  #fileBytes = 0;
  /** What the file held when nothing in it was there twice. */
  #uniqueBytes = 0;
  #isFileOfUse = true;

  constructor(dir: string, limits: PieceStoreLimits = defaultLimits) {
    this.#dir = dir;
    this.#limits = limits;
  }

  /** The memory of the records belongs to the store from now on. */
  add({ packs, records }: BlockPieces): void {
    let at = 0;
    for (const { sha256, count } of packs) {
      const end = at + count * pieceRecordBytes;
      let pieces = this.#packs.get(sha256);
      if (!pieces) {
        pieces = { held: [], parts: [] };
        this.#packs.set(sha256, pieces);
      }
      pieces.held.push(records.subarray(at, end));
      at = end;
    }
    this.#heldBytes += at;
    if (this.#heldBytes > this.#limits.heldBytes && this.#isFileOfUse) this.#writeDown();
  }

  /** In the order of the pack, each member once: what was added last holds. The pack is forgotten. */
  take(pack: string): Buffer {
    const pieces = this.#packs.get(pack);
    if (!pieces) return Buffer.alloc(0);
    this.#packs.delete(pack);
    for (const { length } of pieces.held) this.#heldBytes -= length;
    return this.#read(pieces);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#packs.clear();
  }

  #read({ held, parts }: PackPieces): Buffer {
    const inFile = parts.reduce((sum, length, i) => (i % 2 === 1 ? sum + length : sum), 0);
    const records = Buffer.allocUnsafeSlow(held.reduce((sum, { length }) => sum + length, inFile));
    let at = 0;
    for (let i = 0; i < parts.length; i += 2) {
      const end = at + parts[i + 1]!;
      for (let offset = parts[i]!; at < end; ) {
        const read = readSync(this.#file!, records, at, end - at, offset);
        if (read === 0) throw new Error('the file of contents to verify got shorter');
        at += read;
        offset += read;
      }
    }
    for (const part of held) {
      records.set(part, at);
      at += part.length;
    }
    return inPackOrder(records);
  }

  #writeDown(): void {
    const written = new Set<ArrayBuffer>();
    try {
      if (this.#fileBytes > 2 * this.#uniqueBytes + this.#limits.slackBytes) this.#compact();
      this.#file ??= openUnlinked(this.#dir);
      for (const pieces of this.#packs.values()) {
        if (pieces.held.length === 0) continue;
        const start = this.#fileBytes;
        for (const part of pieces.held) {
          this.#fileBytes = write(this.#file, part, this.#fileBytes);
          written.add(part.buffer as ArrayBuffer);
        }
        pieces.parts.push(start, this.#fileBytes - start);
        pieces.held = [];
        this.#heldBytes -= this.#fileBytes - start;
      }
      // Small beside the heap, so that the garbage collector would let much of it come together.
      for (const memory of written) memory.transfer(0);
    } catch {
      this.#isFileOfUse = false;
    }
  }

  /** Snapshots name the same contents again and again. */
  #compact(): void {
    const file = openUnlinked(this.#dir);
    const parts = new Map<PackPieces, number[]>();
    let end = 0;
    try {
      for (const pieces of this.#packs.values()) {
        const bytes = this.#read({ held: [], parts: pieces.parts });
        parts.set(pieces, [end, bytes.length]);
        end = write(file, bytes, end);
        giveBack(bytes);
      }
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSync(this.#file!);
    this.#file = file;
    this.#fileBytes = end;
    this.#uniqueBytes = end;
    for (const [pieces, part] of parts) pieces.parts = part;
  }
}

function openUnlinked(dir: string): number {
  makePrivateDir(dir);
  const name = join(dir, `pieces-${process.pid}-${randomBytes(6).toString('hex')}`);
  const file = openSync(name, 'wx+', 0o600);
  unlinkSync(name);
  return file;
}

/** Gives the offset behind what was written. */
function write(file: number, bytes: Uint8Array, offset: number): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written, bytes.length - written, offset + written);
  return offset + written;
}

import { giveBack } from '../../core/give-back.ts';

/** A content of a pack: a whole member of its tar. */
export interface PackPiece {
  member: number;
  length: number;
  sha256: string;
}

/** Two doubles, which hold any whole number of a manifest, and a hash. */
export const pieceRecordBytes = 8 + 8 + 32;

/**
 * Contents as records of 48 bytes, one after the other. As objects, with hashes that keep the text of their block in memory,
 * those of a million files would take hundreds of MiB; and a thread can be handed records without a copy.
 */
export class PieceRecords {
  #bytes: Buffer;
  #count = 0;

  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafeSlow(room * pieceRecordBytes);
  }

  get count(): number {
    return this.#count;
  }

  /** Valid until the next `add`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#count * pieceRecordBytes);
  }

  /** Gives the memory back; nothing may be done with it any more. */
  release(): void {
    giveBack(this.#bytes);
  }

  add({ member, length, sha256 }: PackPiece): void {
    const at = this.#count++ * pieceRecordBytes;
    if (at === this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * at, pieceRecordBytes));
      this.#bytes.copy(larger);
      giveBack(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.writeDoubleLE(member, at);
    this.#bytes.writeDoubleLE(length, at + 8);
    this.#bytes.write(sha256, at + 16, 'hex');
  }
}

export function recordsOf(pieces: readonly PackPiece[]): Buffer {
  const records = new PieceRecords(pieces.length);
  for (const piece of pieces) records.add(piece);
  return records.bytes;
}

export function* piecesIn(records: Buffer): Generator<PackPiece> {
  for (let at = 0; at < records.length; at += pieceRecordBytes)
    yield {
      member: records.readDoubleLE(at),
      length: records.readDoubleLE(at + 8),
      sha256: records.toString('hex', at + 16, at + pieceRecordBytes),
    };
}

/** In the order of the pack, each member once: what was added last holds. May be the same memory. */
export function inPackOrder(records: Buffer): Buffer {
  const count = records.length / pieceRecordBytes;
  const members = Float64Array.from({ length: count }, (_, i) => records.readDoubleLE(i * pieceRecordBytes));
  // Entries are backed up in the order in which manifests name them, so there is seldom anything to do.
  if (members.every((member, i) => i === 0 || member > members[i - 1]!)) return records;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => members[a]! - members[b]! || a - b);
  const kept = order.filter((record, i) => i + 1 === count || members[order[i + 1]!] !== members[record]);
  const ordered = Buffer.allocUnsafeSlow(kept.length * pieceRecordBytes);
  for (const [i, record] of kept.entries())
    records.copy(ordered, i * pieceRecordBytes, record * pieceRecordBytes, (record + 1) * pieceRecordBytes);
  return ordered;
}

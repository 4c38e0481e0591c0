import type { PlannedPiece } from '../restore/file-plan.ts';

export type Piece = Pick<PlannedPiece, 'member' | 'length' | 'sha256'>;

/** Two doubles, which hold any whole number of a manifest, and a hash. */
const recordBytes = 8 + 8 + 32;
const fewest = 64;

/**
 * The contents of one pack that manifests name, 48 bytes each: as objects, with hashes that keep the text of their block in
 * memory, those of a million files would take hundreds of MiB.
 */
export class PieceList {
  #bytes = Buffer.allocUnsafeSlow(fewest * recordBytes);
  #count = 0;

  add({ member, length, sha256 }: Piece): void {
    if (this.#count * recordBytes === this.#bytes.length) this.#makeRoom();
    const at = this.#count++ * recordBytes;
    this.#bytes.writeDoubleLE(member, at);
    this.#bytes.writeDoubleLE(length, at + 8);
    this.#bytes.write(sha256, at + 16, 'hex');
  }

  /** In the order of the pack, each member once: what was added last holds. */
  inOrder(): Piece[] {
    return Array.from(this.#order(), (record): Piece => {
      const at = record * recordBytes;
      return {
        member: this.#member(record),
        length: this.#bytes.readDoubleLE(at + 8),
        sha256: this.#bytes.toString('hex', at + 16, at + recordBytes),
      };
    });
  }

  /** Snapshots name the same contents again and again: those are dropped first. */
  #makeRoom(): void {
    const kept = this.#order();
    const bytes = Buffer.allocUnsafeSlow(2 * Math.max(fewest, kept.length) * recordBytes);
    for (const [i, record] of kept.entries())
      this.#bytes.copy(bytes, i * recordBytes, record * recordBytes, (record + 1) * recordBytes);
    this.#bytes = bytes;
    this.#count = kept.length;
  }

  #order(): Uint32Array {
    const all = Uint32Array.from({ length: this.#count }, (_, record) => record);
    all.sort((a, b) => this.#member(a) - this.#member(b) || a - b);
    return all.filter((record, i) => i + 1 === all.length || this.#member(all[i + 1]!) !== this.#member(record));
  }

  #member(record: number): number {
    return this.#bytes.readDoubleLE(record * recordBytes);
  }
}

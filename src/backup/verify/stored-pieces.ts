import type { Piece } from '../format/entry.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { recordsOf } from '../format/piece-records.ts';
import type { Repository } from '../repository/open.ts';
import { fetchPieces, type PackKeys, slicesOf } from '../restore/fetch.ts';
import type { PlannedPiece } from '../restore/pack-pieces.ts';
import { WorkerPool } from '../restore/pool.ts';
import { isFault } from './structure.ts';

/** Reads single contents from one leg, by ranges of its packs, and compares each with its sha256. Nothing is written, nothing cached. */
export class StoredPieces {
  readonly counts = { packsRead: 0, contentsChecked: 0, bytesRead: 0 };
  readonly #repository: Repository;
  readonly #tables: ReadonlyMap<string, PackInfo>;
  readonly #signal: AbortSignal;
  readonly #packs = new Set<string>();

  constructor(repository: Repository, tables: ReadonlyMap<string, PackInfo>, signal: AbortSignal) {
    this.#repository = repository;
    this.#tables = tables;
    this.#signal = signal;
  }

  /** Gives what is wrong, by the sha256 of the content. */
  async check(pieces: readonly Piece[]): Promise<Map<string, string>> {
    const bad = new Map<string, string>();
    const wanted = new Map<string, Map<number, PlannedPiece>>();
    let bytes = 0;
    for (const piece of pieces) {
      if (piece.pack === null) continue;
      const members = wanted.get(piece.pack) ?? new Map<number, PlannedPiece>();
      wanted.set(piece.pack, members);
      if (members.has(piece.member)) continue;
      members.set(piece.member, { member: piece.member, length: piece.length, sha256: piece.sha256, uses: [] });
      bytes += piece.length;
    }
    const pool = new WorkerPool({ bytes, jobs: wanted.size });
    try {
      for (const [sha256, members] of wanted) {
        const sorted = [...members.values()].sort((a, b) => a.member - b.member);
        await this.#checkPack(pool, sha256, sorted, bad);
      }
    } finally {
      await pool.close();
    }
    return bad;
  }

  async #checkPack(pool: WorkerPool, sha256: string, pieces: PlannedPiece[], bad: Map<string, string>): Promise<void> {
    const all = (message: string, of: readonly PlannedPiece[]) => {
      for (const piece of of) bad.set(piece.sha256, message);
    };
    const pack = this.#tables.get(sha256);
    if (!pack) {
      all('no table of the manifest tells how to read it', pieces);
      return;
    }
    const { store, reading } = this.#repository;
    const keys: PackKeys = new Map();
    for (const slice of slicesOf(store, pack, pieces)) {
      this.#signal.throwIfAborted();
      try {
        const access = { identities: reading.identities, keys, signal: this.#signal };
        const { segments, key, bytes } = await fetchPieces(store, pack, slice, access);
        this.counts.bytesRead += bytes;
        if (!this.#packs.has(sha256)) this.counts.packsRead += 1;
        this.#packs.add(sha256);
        const answer = await pool.run({ kind: 'check', pack, segments, key, pieces: recordsOf(slice) });
        this.counts.contentsChecked += slice.length - answer.bad.length;
        for (const { member, message } of answer.bad)
          bad.set(slice.find((one) => one.member === member)!.sha256, message);
      } catch (error) {
        if (!isFault(error)) throw error;
        all(error.message, slice);
      }
    }
  }
}

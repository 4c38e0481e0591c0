import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { identityMissing } from '../crypto/age-header.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { Repository } from '../repository/open.ts';
import { slicesOf } from '../restore/fetch.ts';
import type { WorkerAnswer } from '../restore/jobs.ts';
import { framesOf, headRange, storedRange } from '../restore/pack-source.ts';
import { WorkerPool } from '../restore/pool.ts';
import type { ExpectedContents } from './contents.ts';
import type { Piece } from './piece-list.ts';
import { ReadThrough } from './read-through.ts';
import { isDamage, isUnreadable, type Structure } from './structure.ts';
import type { VerifyPlace } from './verify.ts';

/** Reads whole packs and blocks and compares them; counts what was really read. */
export class PackReading {
  packsRead = 0;
  blocksRead = 0;
  contentsChecked = 0;
  bytesRead = 0;
  readonly #repository: Repository;
  readonly #structure: Structure;
  readonly #expected: ExpectedContents | undefined;
  readonly #place: VerifyPlace;

  constructor(
    repository: Repository,
    structure: Structure,
    expected: ExpectedContents | undefined,
    place: VerifyPlace,
  ) {
    this.#repository = repository;
    this.#structure = structure;
    this.#expected = expected;
    this.#place = place;
  }

  /** Stored bytes only: their sha256 is their name. They are small. */
  async blocks(names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#place.signal.throwIfAborted();
      try {
        const bytes = await this.#repository.store.get(name, undefined, this.#place.signal);
        this.bytesRead += bytes.length;
        this.blocksRead += 1;
        if (sha256Hex(bytes) !== hashOfObject(name)) this.#wrong(name, 'its sha256 is not its name');
      } catch (error) {
        if (!isDamage(error) && !isUnreadable(error)) throw error;
        this.#wrong(name, error.message);
      }
    }
  }

  async packs(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    const sizes = hashes.map((sha256) => this.#structure.stored.get(objectNames.pack(sha256)) ?? 0);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const pool = new WorkerPool({ bytes, jobs: hashes.length });
    const queue = [...hashes];
    try {
      const next = async () => {
        for (let sha256 = queue.pop(); sha256 !== undefined; sha256 = queue.pop()) {
          this.#place.signal.throwIfAborted();
          await this.#checkPack(pool, sha256);
          this.packsRead += 1;
          this.#place.onProgress?.({ done: this.packsRead, total: hashes.length, bytesRead: this.bytesRead });
        }
      };
      await Promise.all(Array.from({ length: pool.size + 1 }, next));
    } finally {
      await pool.close();
    }
  }

  async #checkPack(pool: WorkerPool, sha256: string): Promise<void> {
    const name = objectNames.pack(sha256);
    const { store } = this.#repository;
    const { signal } = this.#place;
    try {
      const table = this.#expected?.tables.get(sha256);
      if (this.#expected && !table) this.#wrong(name, 'no table of a manifest tells how to read it');
      const pieces = (table && this.#expected?.pieces.get(sha256)?.inOrder()) ?? [];
      const reading = new ReadThrough(store, name, this.#structure.stored.get(name) ?? 0, signal);
      let bad: WorkerAnswer['bad'] = [];
      let locked: OaopsError | undefined;
      try {
        if (table) bad = await this.#badContents(pool, table, pieces, reading);
      } catch (error) {
        // A bit of the header that flipped looks like a wrong key: the hash tells one from the other.
        if (!(error instanceof OaopsError && error.code === 'wrong-key')) throw error;
        locked = error;
      }
      const actual = await reading.sha256();
      this.bytesRead += reading.bytesRead;
      this.contentsChecked += pieces.length - bad.length;
      if (actual !== sha256) this.#wrong(name, 'its sha256 is not its name');
      else if (locked) throw locked;
      else if (bad.length > 0)
        this.#wrong(name, `${bad.length} contents are not what the manifest says: ${bad[0]!.message}`);
    } catch (error) {
      if (!isDamage(error) && !isUnreadable(error)) throw error;
      this.#wrong(name, error.message);
    }
  }

  /** Slice by slice, so that memory does not hang on the size of packs. */
  async #badContents(
    pool: WorkerPool,
    pack: PackInfo,
    pieces: Piece[],
    reading: ReadThrough,
  ): Promise<WorkerAnswer['bad']> {
    const key = await this.#key(pack, reading);
    const bad: WorkerAnswer['bad'] = [];
    for (const slice of slicesOf(pack, pieces)) {
      this.#place.signal.throwIfAborted();
      const { first } = framesOf(pack, slice[0]!);
      const { last } = framesOf(pack, slice.at(-1)!);
      const { offset, length } = storedRange(pack, first, last);
      const segments = [{ offset, bytes: await reading.range(offset, offset + length) }];
      const answer = await pool.run({ kind: 'check', pack, segments, key, pieces: slice });
      for (const one of answer.bad) bad.push(one);
    }
    return bad;
  }

  #wrong(name: string, problem: string): void {
    const snapshots = this.#structure.needed.get(name)?.snapshots ?? [];
    if (this.#structure.problems.some(({ object }) => object === name)) return;
    this.#structure.problems.push({ object: name, problem, snapshots });
  }

  async #key(pack: PackInfo, reading: ReadThrough): Promise<Uint8Array | undefined> {
    const head = headRange(pack);
    if (!head) return undefined;
    if (!this.#repository.reading.identities) throw identityMissing();
    return (await this.#repository.reading.identities.payloadKey(await reading.range(0, head.length))).key;
  }
}

import { OaopsError } from '../../core/errors.ts';
import { Gate } from '../../core/gate.ts';
import { giveBack } from '../../core/give-back.ts';
import { sha256Hex } from '../../core/json.ts';
import { identityMissing } from '../crypto/age-header.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { pieceRecordBytes } from '../format/piece-records.ts';
import type { Repository } from '../repository/open.ts';
import type { WorkerAnswer } from '../restore/jobs.ts';
import { headRange } from '../restore/pack-source.ts';
import type { WorkerPool } from '../restore/pool.ts';
import { SliceMemory, sliceBytesOf } from '../restore/slice-memory.ts';
import { checkSlices } from './check-slices.ts';
import type { ExpectedContents } from './contents.ts';
import { ReadThrough } from './read-through.ts';
import { isFault, type Structure } from './structure.ts';
import type { VerifyPlace } from './verify.ts';

interface Expected extends ExpectedContents {
  pool: WorkerPool;
}

/** Reads whole packs and blocks and compares them; counts what was really read. */
export class PackReading {
  packsRead = 0;
  blocksRead = 0;
  contentsChecked = 0;
  bytesRead = 0;
  readonly #repository: Repository;
  readonly #structure: Structure;
  readonly #expected: Expected | undefined;
  readonly #place: VerifyPlace;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #atOnce: number;
  /** Memory hangs on how many slices are read, wait for a thread or are checked at a time. */
  readonly #slices: Gate;
  readonly #memory: SliceMemory;

  /** `expected`: what to compare packs with and the threads for it; without it only stored bytes are compared. */
  constructor(repository: Repository, structure: Structure, expected: Expected | undefined, place: VerifyPlace) {
    this.#repository = repository;
    this.#structure = structure;
    this.#expected = expected;
    this.#place = place;
    this.#signal = AbortSignal.any([place.signal, this.#failed.signal]);
    this.#atOnce = (expected?.pool.size ?? 1) + 1;
    this.#slices = new Gate(this.#atOnce);
    this.#memory = expected?.pool.memory ?? new SliceMemory();
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
        if (!isFault(error)) throw error;
        this.#wrong(name, error.message);
      }
    }
  }

  /** The largest first, so that what is read last is soon read. */
  async packs(hashes: readonly string[]): Promise<void> {
    const size = (sha256: string) => this.#structure.stored.get(objectNames.pack(sha256)) ?? 0;
    const queue = [...hashes].sort((a, b) => size(a) - size(b));
    const lane = async () => {
      for (let sha256 = queue.pop(); sha256 !== undefined; sha256 = queue.pop()) {
        this.#signal.throwIfAborted();
        await this.#checkPack(sha256);
        this.packsRead += 1;
        this.#place.onProgress?.({ done: this.packsRead, total: hashes.length, bytesRead: this.bytesRead });
      }
    };
    // One pack more than threads: while the end of one is fetched there is another to check.
    const lanes = Array.from({ length: this.#atOnce }, () =>
      lane().catch((error: unknown) => {
        // The others must not go on reading for a result that nobody gets.
        this.#failed.abort(error);
      }),
    );
    await Promise.all(lanes);
    this.#failed.signal.throwIfAborted();
  }

  async #checkPack(sha256: string): Promise<void> {
    const name = objectNames.pack(sha256);
    const { store } = this.#repository;
    const expected = this.#expected;
    const table = expected?.tables.get(sha256);
    // Before anything is blamed on the pack: these lie on a disk of this machine.
    const records = table && expected?.pieces.take(sha256);
    try {
      if (expected && !table) this.#wrong(name, 'no table of a manifest tells how to read it');
      const reading = new ReadThrough(store, name, this.#structure.stored.get(name) ?? 0, {
        signal: this.#signal,
        memory: this.#memory,
      });
      const answers: Promise<WorkerAnswer>[] = [];
      let checked = 0;
      let locked: OaopsError | undefined;
      let actual: string;
      try {
        try {
          if (expected && table && records)
            checked = await this.#checkContents(expected.pool, table, records, reading, answers);
        } catch (error) {
          // A bit of the header that flipped looks like a wrong key: the hash tells one from the other.
          if (!(error instanceof OaopsError && error.code === 'wrong-key')) throw error;
          locked = error;
        }
        actual = await reading.sha256();
      } finally {
        await Promise.allSettled(answers);
      }
      const bad = (await Promise.all(answers)).flatMap((answer) => answer.bad);
      this.bytesRead += reading.bytesRead;
      this.contentsChecked += checked - bad.length;
      if (actual !== sha256) this.#wrong(name, 'its sha256 is not its name');
      else if (locked) throw locked;
      else if (bad.length > 0)
        this.#wrong(name, `${bad.length} contents are not what the manifest says: ${bad[0]!.message}`);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#wrong(name, error.message);
    }
  }

  /** Slice by slice; the next is read while those before it are checked. Gives the number of contents. */
  async #checkContents(
    pool: WorkerPool,
    pack: PackInfo,
    records: Buffer,
    reading: ReadThrough,
    answers: Promise<WorkerAnswer>[],
  ): Promise<number> {
    const key = await this.#key(pack, reading);
    const count = records.length / pieceRecordBytes;
    const slices = checkSlices(pack, records, sliceBytesOf(this.#repository.store));
    giveBack(records);
    for (const [number, { offset, length, pieces }] of slices.entries()) {
      const leave = await this.#slices.enter();
      try {
        this.#signal.throwIfAborted();
        // Neighbours share what stands in both: a chunk of the encryption, or a frame.
        const segments = await reading.segments(offset, offset + length, slices[number + 1]?.offset);
        this.#signal.throwIfAborted();
        const answer = pool.run({ kind: 'check', pack, segments, key, pieces }).finally(leave);
        // Told when the pack is read; until then nobody waits for it.
        answer.catch(() => undefined);
        answers.push(answer);
      } catch (error) {
        leave();
        throw error;
      }
    }
    return count;
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
    return (await this.#repository.reading.identities.payloadKey(await this.#head(reading, head.length))).key;
  }

  /** Header and nonce; slices begin behind them. */
  async #head(reading: ReadThrough, length: number): Promise<Uint8Array> {
    const [start] = await reading.segments(0, length);
    return start?.bytes ?? new Uint8Array();
  }
}

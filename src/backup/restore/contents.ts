import { messageOf, OaopsError } from '../../core/errors.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { ObjectStore } from '../ports.ts';
import { type Copies, copiesOf, readCopy } from '../repository/copies.ts';
import type { Repository } from '../repository/open.ts';
import { fetchPieces, type PackKeys, slicesOf } from './fetch.ts';
import { type FilePlan, leaveOut, type PlannedFile } from './file-plan.ts';
import type { WorkerAnswer } from './jobs.ts';
import type { PlannedPiece } from './pack-pieces.ts';
import { scanPack } from './pack-scan.ts';
import { WorkerPool } from './pool.ts';
import { createFile, remove, type WriteContext } from './write-file.ts';

export interface FailedFile {
  message: string;
  /** The repository is to blame, not the target. */
  damaged: boolean;
  object?: string;
}

/** What became of the files of one plan, by their numbers in it. */
export interface ContentsResult {
  failed: Map<number, FailedFile>;
  /** Whose metadata is not complete yet. */
  later: number[];
  /** Whose owner could not be set. */
  foreign: number[];
}

/** Of everything so far. */
export interface ContentTotals {
  /** Packs of which no leg could give everything that was wanted. */
  lostPacks: Set<string>;
  fetchedBytes: number;
  fetchMs: number;
  /** Like `fetchMs`, sums over what went on side by side. */
  decryptMs: number;
  extractMs: number;
}

export interface ContentsOptions {
  packTables: ReadonlyMap<string, PackInfo>;
  signal: AbortSignal;
  onBytes(done: number): void;
}

/**
 * Fetches contents, slice by slice of each pack, and writes the files. Nothing is written whose sha256 was not compared.
 * What one leg does not give right is asked of the next one, content by content.
 */
export class ContentRestore {
  readonly totals: ContentTotals = { lostPacks: new Set(), fetchedBytes: 0, fetchMs: 0, decryptMs: 0, extractMs: 0 };
  readonly #context: WriteContext;
  readonly #repository: Repository;
  readonly #options: ContentsOptions;
  readonly #pool: WorkerPool;
  readonly #keys = new Map<string, PackKeys>();
  #bytes = 0;

  /** `work`: of all plans together. */
  constructor(
    work: { bytes: number; files: number; packs: number },
    context: WriteContext,
    repository: Repository,
    options: ContentsOptions,
  ) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    // Files cost time too, however small they are.
    const bytes = work.bytes + work.files * 4096;
    this.#pool = new WorkerPool({ bytes, jobs: Math.max(work.packs, work.files / 1000) }, context);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** Restores the files of a plan; call it again for the next one. */
  async restore(plan: FilePlan): Promise<ContentsResult> {
    const onBytes = (bytes: number) => {
      this.#bytes += bytes;
      this.#options.onBytes(this.#bytes);
    };
    const options = { ...this.#options, onBytes, keysOf: (pack: string) => this.#keysOf(pack) };
    const work = new ContentWork(plan, this.#repository, options, this.#pool, this.totals);
    const absent = createFiles(plan, this.#context, work);
    const slices = slicesInTurn([...plan.packs.keys()].sort(), work);
    const failure = new AbortController();
    const lane = async () => {
      for (let one = await slices.next(); !one.done && !failure.signal.aborted; one = await slices.next()) {
        this.#options.signal.throwIfAborted();
        await work.restore(one.value);
      }
    };
    // One more than there are threads, so that the next slice is there when a thread becomes free.
    const lanes = Array.from({ length: this.#pool.size + 1 }, () =>
      // The others end with the slice that they are at: nothing is written any more when this fails.
      lane().catch((error: unknown) => failure.abort(error)),
    );
    await Promise.all(lanes);
    failure.signal.throwIfAborted();
    await finishFiles(plan, this.#pool, work);
    for (const number of work.result.failed.keys()) {
      const file = plan.files[number]!;
      // A file with a part missing must not look like a restored one.
      if (file.parts > 1 && !absent.has(number)) remove(file, this.#context);
    }
    return work.result;
  }

  #keysOf(pack: string): PackKeys {
    let keys = this.#keys.get(pack);
    if (!keys) {
      keys = new Map();
      this.#keys.set(pack, keys);
    }
    return keys;
  }
}

/** Empty files, and frames of those that are written in parts. Nothing goes on for one that can't be made. @returns their numbers */
function createFiles(plan: FilePlan, context: WriteContext, work: ContentWork): Set<number> {
  const absent = new Set<number>();
  for (const [number, file] of plan.files.entries()) {
    if (isWhole(file) || file.present) continue;
    try {
      createFile(file, context);
    } catch (error) {
      absent.add(number);
      work.fail(number, { message: messageOf(error), damaged: false });
    }
  }
  if (absent.size > 0) leaveOut(plan, (file) => absent.has(file));
  return absent;
}

/** Slices of the packs one after the other; an async generator hands them out to all lanes in turn. */
async function* slicesInTurn(packs: readonly string[], work: ContentWork): AsyncGenerator<Slice> {
  for (const sha256 of packs) yield* work.slices(sha256);
}

/** One content that is all of the file; a single piece that is a hole is none. */
function isWhole(file: PlannedFile): boolean {
  return file.parts === 1;
}

interface Slice {
  pack: PackInfo;
  keys: PackKeys;
  pieces: PlannedPiece[];
}

interface WorkOptions extends ContentsOptions {
  /** The same for all plans: packs are opened once. */
  keysOf(pack: string): PackKeys;
}

class ContentWork {
  readonly result: ContentsResult = { failed: new Map(), later: [], foreign: [] };
  readonly #totals: ContentTotals;
  readonly #plan: FilePlan;
  readonly #repository: Repository;
  readonly #copies: Copies;
  readonly #options: WorkOptions;
  readonly #pool: WorkerPool;

  constructor(plan: FilePlan, repository: Repository, options: WorkOptions, pool: WorkerPool, totals: ContentTotals) {
    this.#totals = totals;
    this.#plan = plan;
    this.#repository = repository;
    this.#copies = copiesOf(repository);
    this.#options = options;
    this.#pool = pool;
  }

  async *slices(sha256: string): AsyncGenerator<Slice> {
    const pieces = this.#plan.packs.get(sha256)!.inOrder();
    this.#plan.packs.delete(sha256);
    const pack = await this.#tableOf(sha256, pieces);
    if (!pack) return;
    const keys = this.#options.keysOf(sha256);
    for (const slice of slicesOf(this.#repository.store, pack, pieces)) yield { pack, keys, pieces: slice };
  }

  /** Asks each leg for what the ones before did not give. */
  async restore({ pack, keys, pieces }: Slice): Promise<void> {
    const name = objectNames.pack(pack.sha256);
    let wanted = pieces;
    let why = '';
    for (const store of this.#copies.stores) {
      const bad = await this.#fromLeg(store, pack, keys, wanted);
      if (bad.size === 0) return;
      why = [...bad.values()][0]!;
      wanted = wanted.filter(({ member }) => bad.has(member));
    }
    this.#lose(name, wanted, why);
  }

  /** Restores what this leg has right; gives the rest, by member, with the reason. */
  async #fromLeg(
    store: ObjectStore,
    pack: PackInfo,
    keys: PackKeys,
    pieces: PlannedPiece[],
  ): Promise<Map<number, string>> {
    const name = objectNames.pack(pack.sha256);
    try {
      const startedAt = performance.now();
      const { signal } = this.#options;
      const { identities } = this.#repository.reading;
      const { segments, key, bytes } = await fetchPieces(store, pack, pieces, {
        identities,
        keys,
        signal,
        memory: this.#pool.memory,
      });
      this.#copies.worked(store);
      this.#totals.fetchMs += performance.now() - startedAt;
      this.#totals.fetchedBytes += bytes;
      const files = new Map<number, PlannedFile>();
      for (const { uses } of pieces) for (const { file } of uses) files.set(file, this.#plan.files[file]!);
      const answer = await this.#pool.run({ kind: 'pack', pack, segments, key, pieces, files });
      this.take(answer);
      if (answer.bad.length > 0) this.#copies.note(store, name, answer.bad[0]!.message);
      return new Map(answer.bad.map(({ member, message }) => [member, message]));
    } catch (error) {
      this.#copies.failed(store, name, error);
      const { code, message } = error as OaopsError;
      // An object that is cut still has what lies before the cut.
      if (code === 'object-truncated' && pieces.length > 1) {
        const half = pieces.length >> 1;
        const before = await this.#fromLeg(store, pack, keys, pieces.slice(0, half));
        return new Map([...before, ...(await this.#fromLeg(store, pack, keys, pieces.slice(half)))]);
      }
      return new Map(pieces.map(({ member }) => [member, message]));
    }
  }

  /** From the tables of the manifest; when the one that has it was lost, from the pack itself. */
  async #tableOf(sha256: string, pieces: readonly PlannedPiece[]): Promise<PackInfo | undefined> {
    const known = this.#options.packTables.get(sha256);
    if (known) return known;
    const name = objectNames.pack(sha256);
    const { encryption, identities } = this.#repository.reading;
    try {
      return await readCopy(this.#repository, name, async (store) =>
        scanPack(sha256, await store.get(name, undefined, this.#options.signal), encryption === 'age', identities),
      );
    } catch (error) {
      if (!(error instanceof OaopsError) || error.details['legsDown'] === true) throw error;
      this.#lose(name, pieces, `no table of the manifest tells how to read it, and ${error.message}`);
      return undefined;
    }
  }

  #lose(object: string, pieces: readonly PlannedPiece[], message: string): void {
    this.#totals.lostPacks.add(object);
    for (const { uses } of pieces) for (const { file } of uses) this.fail(file, { message, damaged: true, object });
  }

  take(answer: WorkerAnswer): void {
    for (const { file, message, damaged } of answer.failed) this.fail(file, { message, damaged });
    // One by one: a spread of many arguments overflows the stack.
    for (const file of answer.later) this.result.later.push(file);
    for (const file of answer.foreign) this.result.foreign.push(file);
    this.#totals.decryptMs += answer.decryptMs;
    this.#totals.extractMs += answer.extractMs;
    this.#options.onBytes(answer.bytes);
  }

  fail(file: number, reason: FailedFile): void {
    if (/ENOSPC|EDQUOT/.test(reason.message)) {
      throw new OaopsError('target-full', 'the target has no more space', {
        next: 'What was restored so far is right but not complete: free space and restore into an empty folder again.',
      });
    }
    if (!this.result.failed.has(file)) this.result.failed.set(file, reason);
  }
}

/** Files in several parts (and empty ones): hash of the whole, then owner, mode and time. */
async function finishFiles(plan: FilePlan, pool: WorkerPool, work: ContentWork): Promise<void> {
  const jobs: Map<number, PlannedFile>[] = [];
  let current = new Map<number, PlannedFile>();
  let bytes = 0;
  for (const [number, file] of plan.files.entries()) {
    if (isWhole(file) || file.present || work.result.failed.has(number)) continue;
    current.set(number, file);
    bytes += file.size;
    if (current.size < 1000 && bytes < 256 * 1024 * 1024) continue;
    jobs.push(current);
    current = new Map();
    bytes = 0;
  }
  jobs.push(current);
  await Promise.all(jobs.map(async (files) => work.take(await pool.run({ kind: 'finish', files }))));
}

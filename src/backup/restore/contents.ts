import { OaopsError } from '../../core/errors.ts';
import type { Identities } from '../crypto/age-header.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { ObjectStore } from '../ports.ts';
import { fetchPack } from './fetch.ts';
import type { PlannedFile, PlannedPiece, RestorePlan } from './plan.ts';
import { WorkerPool } from './pool.ts';
import { createFile, remove, type WriteContext } from './write-file.ts';

export interface ContentsResult {
  failed: Map<number, { message: string; damaged: boolean; object?: string }>;
  /** Numbers of the files whose metadata is not complete yet. */
  later: number[];
  /** Objects that are missing or not what their name says. */
  damagedObjects: { object: string; problem: string }[];
  fetchedBytes: number;
  fetchMs: number;
}

export interface ContentsOptions {
  store: ObjectStore;
  identities: Identities | undefined;
  packTables: ReadonlyMap<string, PackInfo>;
  signal: AbortSignal;
  onBytes(done: number): void;
}

/** Fetches each pack once and writes the files. Nothing is written whose sha256 was not compared. */
export async function restoreContents(
  plan: RestorePlan,
  context: WriteContext,
  options: ContentsOptions,
): Promise<ContentsResult> {
  const result: ContentsResult = { failed: new Map(), later: [], damagedObjects: [], fetchedBytes: 0, fetchMs: 0 };
  for (const file of plan.files) if (!isWhole(file)) createFile(file, context);
  const pool = new WorkerPool(
    { bytes: plan.bytes + plan.files.length * 4096, jobs: Math.max(plan.packs.size, plan.files.length / 1000) },
    context,
  );
  let bytes = 0;
  const take = (answer: Awaited<ReturnType<WorkerPool['run']>>, object?: string) => {
    for (const { file, message, damaged } of answer.failed)
      fail(result, file, { message, damaged, ...(object ? { object } : {}) });
    // One by one: a spread of many arguments overflows the stack.
    for (const file of answer.later) result.later.push(file);
    bytes += answer.bytes;
    options.onBytes(bytes);
  };
  try {
    const queue = [...plan.packs].sort(([a], [b]) => (a < b ? -1 : 1));
    const next = async () => {
      for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
        options.signal.throwIfAborted();
        await restorePack(one[0], [...one[1].values()], plan, pool, options, result, take);
        plan.packs.delete(one[0]);
      }
    };
    // One more than there are threads, so that the next pack is there when a thread becomes free.
    await Promise.all(Array.from({ length: pool.size }, next));
    await finishFiles(plan, pool, result, take);
  } finally {
    await pool.close();
  }
  for (const number of result.failed.keys()) {
    const file = plan.files[number]!;
    // A file with a part missing must not look like a restored one.
    if (file.parts > 1) remove(file, context);
  }
  return result;
}

/** One content that is all of the file; a single piece that is a hole is none. */
function isWhole(file: PlannedFile): boolean {
  return file.parts === 1;
}

async function restorePack(
  sha256: string,
  unsorted: PlannedPiece[],
  plan: RestorePlan,
  pool: WorkerPool,
  options: ContentsOptions,
  result: ContentsResult,
  take: (answer: Awaited<ReturnType<WorkerPool['run']>>, object?: string) => void,
): Promise<void> {
  const object = objectNames.pack(sha256);
  const pieces = unsorted.sort((a, b) => a.member - b.member);
  const lose = (message: string) => {
    result.damagedObjects.push({ object, problem: message });
    for (const { uses } of pieces) for (const { file } of uses) fail(result, file, { message, damaged: true, object });
  };
  const pack = options.packTables.get(sha256);
  if (!pack) return lose('no table of the manifest tells how to read it');
  const startedAt = performance.now();
  try {
    const { segments, whole, key, bytes } = await fetchPack(
      options.store,
      pack,
      pieces,
      options.identities,
      options.signal,
    );
    result.fetchMs += performance.now() - startedAt;
    result.fetchedBytes += bytes;
    const files = new Map<number, PlannedFile>();
    for (const { uses } of pieces) for (const { file } of uses) files.set(file, plan.files[file]!);
    const answer = await pool.run({ kind: 'pack', pack, segments, whole, key, pieces, files });
    if (answer.packDamaged) result.damagedObjects.push({ object, problem: 'its sha256 is not its name' });
    else if (answer.failed.some(({ damaged }) => damaged))
      result.damagedObjects.push({ object, problem: 'it holds wrong contents' });
    take(answer, object);
  } catch (error) {
    const lost =
      error instanceof OaopsError && ['object-missing', 'object-truncated', 'repository-damaged'].includes(error.code);
    if (!lost) throw error;
    lose(error.message);
  }
}

/** Files in several parts (and empty ones): hash of the whole, then owner, mode and time. */
async function finishFiles(
  plan: RestorePlan,
  pool: WorkerPool,
  result: ContentsResult,
  take: (answer: Awaited<ReturnType<WorkerPool['run']>>) => void,
): Promise<void> {
  const jobs: Map<number, PlannedFile>[] = [];
  let current = new Map<number, PlannedFile>();
  let bytes = 0;
  for (const [number, file] of plan.files.entries()) {
    if (isWhole(file) || result.failed.has(number)) continue;
    current.set(number, file);
    bytes += file.size;
    if (current.size < 1000 && bytes < 256 * 1024 * 1024) continue;
    jobs.push(current);
    current = new Map();
    bytes = 0;
  }
  jobs.push(current);
  await Promise.all(jobs.map(async (files) => take(await pool.run({ kind: 'finish', files }))));
}

function fail(
  result: ContentsResult,
  file: number,
  reason: { message: string; damaged: boolean; object?: string },
): void {
  if (/ENOSPC|EDQUOT/.test(reason.message)) {
    throw new OaopsError('target-full', 'the target has no more space', {
      next: 'What was restored so far is right but not complete: free space and restore into an empty folder again.',
    });
  }
  if (!result.failed.has(file)) result.failed.set(file, reason);
}

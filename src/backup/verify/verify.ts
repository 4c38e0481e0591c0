import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, isoTime } from '../../core/clock.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { keepFreedMemory } from '../../core/heap.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { Repository } from '../repository/open.ts';
import { resolveSnapshot } from '../repository/snapshots.ts';
import { WorkerPool } from '../restore/pool.ts';
import { stoppable } from '../stopped.ts';
import { affectedFiles, readExpected } from './contents.ts';
import { VerifyHistory } from './history.ts';
import { rememberDamage } from './known-damage.ts';
import type { VerifyLevel } from './levels.ts';
import { PackReading } from './pack-reading.ts';
import { PieceStore } from './piece-store.ts';
import { compareWithSource, type SpotResult } from './spot.ts';
import { checkKeys, checkStructure, findNotes, isFault, type Structure, type VerifyProblem } from './structure.ts';

export interface VerifyRequest {
  level: VerifyLevel;
  /** Only this snapshot; default all. */
  snapshot?: string;
  /** Share of the packs for `sample`, of the files for `spot`, 0 to 1; default 0.1. */
  share?: number;
  /** Chooses the files of `spot`; default a new one. */
  seed?: string;
}

export interface VerifyPlace {
  clock: Clock;
  stateDir: string;
  /** README and script as this version lays them beside the data, to compare; default none. */
  companions?: () => { name: string; bytes: Uint8Array }[];
  signal: AbortSignal;
  onProgress?: (progress: { done: number; total: number; bytesRead: number }) => void;
}

export interface VerifyResult {
  exitCode: ExitCode;
  location: string;
  level: VerifyLevel;
  /** Contents were decrypted, decompressed and compared; false: only stored bytes were, where the level reads them. */
  decrypted: boolean;
  snapshots: number;
  /** Packs that the snapshots need, and how many of them were read this time. */
  packs: number;
  packsRead: number;
  blocks: number;
  blocksRead: number;
  contentsChecked: number;
  /** Bytes fetched from the leg; nothing comes from a cache of oaops. */
  bytesRead: number;
  /** Packs and blocks that no snapshot needs. */
  unreferenced: number;
  /** When the pack that waited longest was last read; null when one never was. */
  oldestVerified: string | null;
  problems: VerifyProblem[];
  /** What is no damage but should be looked at; the exit code does not tell it. */
  notes: string[];
  affectedFiles: string[];
  /** Of level `spot` only: what the comparison with the live source came to. */
  spot?: SpotResult;
  durationMs: number;
}

/** To read the entries of a byte of a block, and to compare the small files of them, takes as long as so many bytes of packs. */
const workOfBlockByte = 16;

/**
 * Checks one leg. `structure`: every object of every snapshot is there in its size. `sample`: also reads a share of the
 * packs, those that were not read for longest. `full`: reads everything.
 * `spot`: reads a random share of the files of one snapshot beside their live originals. With an identity every content is decrypted and
 * compared with the manifest; without, stored bytes are compared with their names. Exit 9 when anything is wrong.
 */
export async function verifyRepository(
  repository: Repository,
  request: VerifyRequest,
  place: VerifyPlace,
): Promise<VerifyResult> {
  return stoppable('the verification', 'Run it again.', place.signal, () => verifyAll(repository, request, place));
}

async function verifyAll(repository: Repository, request: VerifyRequest, place: VerifyPlace): Promise<VerifyResult> {
  const { store } = repository;
  const { clock, signal } = place;
  const startedMs = clock.monotonicMs();
  if (request.level === 'spot') return verifySpot(repository, request, place, startedMs);
  const only = request.snapshot === undefined ? undefined : [await resolveSnapshot(store, request.snapshot)];
  const structure = await checkStructure(store, only, signal);
  await checkKeys(repository, structure);
  const readsPacks = request.level !== 'structure';
  const decrypted =
    readsPacks && (repository.reading.encryption === 'none' || repository.reading.identities !== undefined);
  const names = [...structure.needed.keys()];
  const needed = names.filter((name) => structure.stored.has(name));
  const packs = needed.filter((name) => name.startsWith(objectNames.packsPrefix)).map((name) => hashOfObject(name)!);
  const blocks = needed.filter((name) => name.startsWith(objectNames.blocksPrefix));
  const history = new VerifyHistory(place.stateDir, repository.config.repositoryId, store.location);
  const share = request.level === 'full' ? 1 : (request.share ?? 0.1);
  const chosen = readsPacks ? history.oldestFirst(packs).slice(0, Math.ceil(packs.length * share)) : [];
  const read = await readAll(repository, structure, place, {
    decrypted,
    blocks: readsPacks ? blocks : [],
    packs: chosen,
  });
  const bad = new Set(structure.problems.map(({ object }) => hashOfObject(object) ?? ''));
  if (readsPacks) {
    const right = chosen.filter((pack) => !bad.has(pack));
    history.save(right, new Set(packs), isoTime(clock.nowMs()));
    rememberDamage(place.stateDir, repository.config.repositoryId, store.location, {
      damaged: structure.problems.map(({ object }) => object),
      right: right.map((pack) => objectNames.pack(pack)),
    });
  }
  return {
    exitCode: structure.problems.length > 0 ? ExitCode.verificationFailed : ExitCode.success,
    location: store.location,
    level: request.level,
    decrypted,
    snapshots: structure.snapshots.length,
    packs: names.filter((name) => name.startsWith(objectNames.packsPrefix)).length,
    packsRead: read.packsRead,
    blocks: names.filter((name) => name.startsWith(objectNames.blocksPrefix)).length,
    blocksRead: decrypted ? blocks.length : read.blocksRead,
    contentsChecked: read.contentsChecked,
    bytesRead: structure.bytesRead + read.bytesRead,
    unreferenced: only ? 0 : [...structure.stored.keys()].filter((name) => !structure.needed.has(name)).length,
    oldestVerified: history.oldest(packs) ?? null,
    problems: structure.problems,
    notes: only ? [] : await findNotes(store, place.companions?.() ?? []),
    affectedFiles: await findAffected(repository, structure, bad, signal),
    durationMs: Math.round(clock.monotonicMs() - startedMs),
  };
}

/** Reads blocks and packs and compares them. */
async function readAll(
  repository: Repository,
  structure: Structure,
  place: VerifyPlace,
  { decrypted, blocks, packs }: { decrypted: boolean; blocks: string[]; packs: string[] },
): Promise<PackReading> {
  if (!decrypted) {
    const read = new PackReading(repository, structure, undefined, place);
    await read.blocks(blocks);
    await read.packs(packs);
    return read;
  }
  const size = (names: string[]) => names.reduce((sum, name) => sum + (structure.stored.get(name) ?? 0), 0);
  const bytes = size(packs.map(objectNames.pack)) + workOfBlockByte * size(blocks);
  keepFreedMemory();
  const pieces = new PieceStore(join(place.stateDir, 'verified'));
  // They start while the first manifest is being read.
  const pool = new WorkerPool({ bytes, jobs: Number.POSITIVE_INFINITY });
  try {
    const expected = await readExpected(repository, structure, pieces, pool, place.signal);
    const read = new PackReading(repository, structure, { ...expected, pool }, place);
    await read.packs(packs);
    return read;
  } finally {
    pieces.close();
    await pool.close();
  }
}

/** Structure of one snapshot, then files of it beside their originals. Exit 3 when nothing could be compared: nothing is proved then. */
async function verifySpot(
  repository: Repository,
  request: VerifyRequest,
  { clock, signal }: VerifyPlace,
  startedMs: number,
): Promise<VerifyResult> {
  const { store } = repository;
  const snapshot = await resolveSnapshot(store, request.snapshot ?? 'latest');
  const structure = await checkStructure(store, [snapshot], signal);
  const choice = { seed: request.seed ?? randomBytes(4).toString('hex'), share: request.share ?? 0.1 };
  const { spot, packsRead, contentsChecked, bytesRead } = await compareWithSource(repository, snapshot, choice, signal);
  for (const { path, problem } of spot.different)
    structure.problems.push({ object: path, problem, snapshots: [snapshot] });
  const names = [...structure.needed.keys()];
  const blocks = names.filter((name) => name.startsWith(objectNames.blocksPrefix));
  const stored = blocks.reduce((sum, name) => sum + (structure.needed.get(name)?.storedBytes ?? 0), 0);
  const proved = spot.files === 0 || spot.same > 0;
  return {
    exitCode:
      structure.problems.length > 0
        ? ExitCode.verificationFailed
        : proved && spot.unreadable === 0
          ? ExitCode.success
          : ExitCode.incomplete,
    location: store.location,
    level: 'spot',
    decrypted: true,
    snapshots: 1,
    packs: names.length - blocks.length,
    packsRead,
    blocks: blocks.length,
    blocksRead: blocks.length,
    contentsChecked,
    bytesRead: structure.bytesRead + stored + bytesRead,
    unreferenced: 0,
    oldestVerified: null,
    problems: structure.problems,
    notes: proved ? [] : ['no file could be compared: all that were chosen are gone, changed or unreadable'],
    affectedFiles: spot.different.slice(0, 100).map(({ path }) => path),
    spot,
    durationMs: Math.round(clock.monotonicMs() - startedMs),
  };
}

/** Named from the newest snapshot that is affected and can be read. */
async function findAffected(
  repository: Repository,
  structure: Structure,
  bad: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const canRead = repository.reading.encryption === 'none' || repository.reading.identities !== undefined;
  if (!canRead || structure.problems.length === 0) return [];
  const affected = structure.readable.filter((id) =>
    structure.problems.some(({ snapshots }) => snapshots.includes(id)),
  );
  const newest = affected.at(-1);
  if (newest === undefined) return [];
  try {
    return await affectedFiles(repository, newest, bad, 100, signal);
  } catch (error) {
    if (isFault(error)) return [];
    throw error;
  }
}

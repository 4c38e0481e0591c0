import { errnoOf, OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import { formatChecksums, type SnapshotIndex } from '../format/snapshot-index.ts';
import type { ObjectStore } from '../ports.ts';
import { type Repository, readKeys } from '../repository/open.ts';
import { listSnapshotIds, readIndex } from '../repository/snapshots.ts';

export interface VerifyProblem {
  object: string;
  problem: string;
  /** Snapshots that need the object. */
  snapshots: string[];
}

export interface Structure {
  snapshots: string[];
  /** Packs and blocks that lie in the repository, with their sizes. */
  stored: Map<string, number>;
  /** Packs and blocks that snapshots need, and which ones need them. */
  needed: Map<string, { storedBytes: number; snapshots: string[] }>;
  problems: VerifyProblem[];
  /** Snapshots whose manifest is there and right as stored. */
  readable: string[];
  bytesRead: number;
}

/** What can be seen without reading packs and without any key: is everything there that the snapshots need, in the right size. */
export async function checkStructure(
  store: ObjectStore,
  only: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Structure> {
  const snapshots = only ? [...only] : await listSnapshotIds(store);
  const structure: Structure = {
    snapshots,
    stored: new Map(),
    needed: new Map(),
    problems: [],
    readable: [],
    bytesRead: 0,
  };
  for (const prefix of [objectNames.packsPrefix, objectNames.blocksPrefix]) {
    for await (const { name, sizeBytes } of store.list(prefix)) {
      if (hashOfObject(name) !== undefined) structure.stored.set(name, sizeBytes);
    }
  }
  for (const snapshot of snapshots) {
    signal.throwIfAborted();
    await checkSnapshot(store, snapshot, structure);
  }
  for (const [name, { storedBytes, snapshots: users }] of structure.needed) {
    const found = structure.stored.get(name);
    if (found === storedBytes) continue;
    const problem = found === undefined ? 'missing' : `${found} bytes instead of ${storedBytes}`;
    structure.problems.push({ object: name, problem, snapshots: users });
  }
  return structure;
}

async function checkSnapshot(store: ObjectStore, snapshot: string, structure: Structure): Promise<void> {
  const wrong = (object: string, problem: string) =>
    structure.problems.push({ object, problem, snapshots: [snapshot] });
  try {
    const index = await readIndex(store, snapshot);
    for (const { name, storedBytes } of index.objects) {
      const known = structure.needed.get(name);
      if (!known) structure.needed.set(name, { storedBytes, snapshots: [snapshot] });
      else if (known.storedBytes === storedBytes) known.snapshots.push(snapshot);
      else wrong(objectNames.index(snapshot), `it says another size of ${name} than another index`);
    }
    const name = objectNames.manifest(snapshot);
    const manifest = await store.get(name);
    structure.bytesRead += manifest.length;
    if (sha256Hex(manifest) !== index.manifest.sha256) wrong(name, 'its sha256 is not the one in the index');
    else structure.readable.push(snapshot);
    await checkSums(store, index, wrong);
  } catch (error) {
    if (!isFault(error)) throw error;
    const object = error instanceof OaopsError ? error.details['object'] : undefined;
    wrong(typeof object === 'string' ? object : objectNames.index(snapshot), error.message);
  }
}

/** The list for `sha256sum -c` must say what the index says; its line about the index shows a changed index without a key. */
async function checkSums(
  store: ObjectStore,
  index: SnapshotIndex & { sha256: string },
  wrong: (object: string, problem: string) => void,
): Promise<void> {
  const name = objectNames.checksums(index.snapshot);
  const text = Buffer.from(await store.get(name)).toString('latin1');
  if (text === formatChecksums(index, index.sha256)) return;
  const indexName = objectNames.index(index.snapshot);
  const line = text.split('\n').find((one) => one.endsWith(`  ${indexName}`));
  if (line !== undefined && /^[0-9a-f]{64} /.test(line) && line.slice(0, 64) !== index.sha256) {
    wrong(indexName, 'its sha256 is not the one in the list of checksums');
  } else wrong(name, 'it is not the list of what the index names');
}

/** The recipients that the next backup encrypts for: a damaged key would be noticed only by who can't restore. */
export async function checkKeys(repository: Repository, structure: Structure): Promise<void> {
  // Where there is none at all, the first one is what is missing.
  let newest = objectNames.keys(1);
  try {
    for await (const { name } of repository.store.list(objectNames.keysPrefix)) if (name > newest) newest = name;
    await readKeys(repository);
  } catch (error) {
    if (!isFault(error)) throw error;
    structure.problems.push({ object: newest, problem: error.message, snapshots: [] });
  }
}

/**
 * What no snapshot needs, so that it is no damage, but somebody should know: snapshots of which the manifest is not there
 * (cut off by a crash, or taken away), and a kit for restoring without oaops that is not there or not as this version lays it down.
 */
export async function findNotes(
  store: ObjectStore,
  companions: readonly { name: string; bytes: Uint8Array }[],
): Promise<string[]> {
  const notes: string[] = [];
  const names = new Set<string>();
  for await (const { name } of store.list(objectNames.snapshotsPrefix)) names.add(name);
  for (const name of names) {
    if (!name.endsWith('.index') || names.has(name.replace(/index$/, 'manifest'))) continue;
    notes.push(
      `${name}: there is no manifest with it: this backup was cut off at its end, or its manifest was deleted`,
    );
  }
  for (const { name, bytes } of companions) {
    try {
      if (!(await store.head(name))) notes.push(`${name} is missing: without it a restore needs oaops`);
      else if (sha256Hex(await store.get(name)) !== sha256Hex(bytes))
        notes.push(
          `${name} is not the one that this version of oaops lays down: another version made it, or it was changed`,
        );
    } catch (error) {
      if (!isFault(error)) throw error;
      notes.push(`${name} cannot be read: ${error.message}`);
    }
  }
  return notes;
}

export function isDamage(error: unknown): error is OaopsError {
  return (
    error instanceof OaopsError &&
    ['object-missing', 'object-truncated', 'repository-damaged', 'format-unknown'].includes(error.code)
  );
}

/** A bad place of a disk (EIO) is a fault of the object that lies there, and not of the leg. */
export function isUnreadable(error: unknown): error is Error {
  return error instanceof Error && (errnoOf(error) === 'EIO' || errnoOf(error.cause) === 'EIO');
}

/** What is told of one object, so that the others are verified all the same. */
export function isFault(error: unknown): error is Error {
  return isDamage(error) || isUnreadable(error);
}

import { OaopsError } from '../../core/errors.ts';
import { giveBack } from '../../core/give-back.ts';
import { sha256Hex } from '../../core/json.ts';
import { decodeObject } from '../crypto/codec.ts';
import { damaged, otherText } from '../format/damaged.ts';
import { type Entry, parseEntry } from '../format/entry.ts';
import { eachEntryLine } from '../format/entry-block.ts';
import { type BlockRef, type EntryBlockRef, type ManifestRoot, parseManifestRoot } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import { type PackInfo, parsePackTable } from '../format/pack-table.ts';
import type { ObjectStore } from '../ports.ts';
import { endsReading, readCopy } from './copies.ts';
import type { Repository } from './open.ts';

/**
 * Root of a manifest, from the first leg that has it right. Throws `snapshot-missing`, `wrong-key` (exit 12),
 * `identity-missing` or `repository-damaged`.
 */
export async function readManifestRoot(
  repository: Repository,
  snapshot: string,
  signal?: AbortSignal,
): Promise<ManifestRoot> {
  const name = objectNames.manifest(snapshot);
  try {
    return await readCopy(repository, name, async (store) => {
      const stored = await store.get(name, undefined, signal);
      const root = await parseManifest(repository, store, snapshot, stored);
      if (root.snapshot !== snapshot || root.repository !== repository.config.repositoryId)
        throw damaged(`the manifest of ${snapshot} is that of another snapshot or repository`);
      return root;
    });
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'object-missing')
      throw new OaopsError('snapshot-missing', `there is no snapshot ${snapshot} at ${repository.store.location}`, {
        next: 'Run "oaops backup list" to see the snapshots.',
        cause: error,
      });
    throw error;
  }
}

/** What is wrong when the manifest of one of several snapshots cannot be read as it was written. */
export type OnLostManifest = (snapshot: string, problem: string) => void;

/**
 * Roots of several manifests. One that is damaged or gone is told, and the others come all the same.
 * @throws what was wrong with the last one when none of them can be read, and what is none of a manifest (`wrong-key`, a signal)
 */
export async function* readManifestRoots(
  repository: Repository,
  snapshots: readonly string[],
  onLost: OnLostManifest,
  signal?: AbortSignal,
): AsyncGenerator<ManifestRoot> {
  let read = 0;
  const failures: OaopsError[] = [];
  for (const snapshot of snapshots) {
    let root: ManifestRoot;
    try {
      root = await readManifestRoot(repository, snapshot, signal);
    } catch (error) {
      if (!(error instanceof OaopsError && isLost(error))) throw error;
      failures.push(error);
      onLost(snapshot, error.message);
      continue;
    }
    read++;
    yield root;
  }
  if (read === 0 && failures.length > 0) throw failures.at(-1)!;
}

function isLost(error: OaopsError): boolean {
  return ['repository-damaged', 'format-unknown', 'snapshot-missing'].includes(error.code) && !endsReading(error);
}

/** Of many snapshots, the one that is damaged must be named. */
async function parseManifest(
  repository: Repository,
  store: ObjectStore,
  snapshot: string,
  stored: Uint8Array,
): Promise<ManifestRoot> {
  try {
    return parseManifestRoot((await decodeManifest(repository, store, snapshot, stored)).toString('latin1'));
  } catch (error) {
    if (!(error instanceof OaopsError && error.code === 'repository-damaged')) throw error;
    if (error.message.includes(snapshot)) throw error;
    throw damaged(`the manifest of ${snapshot} cannot be read`, error);
  }
}

/** A bit flipped in an age header looks like a wrong key: the hash that stands beside the manifest tells them apart. */
async function decodeManifest(
  repository: Repository,
  store: ObjectStore,
  snapshot: string,
  stored: Uint8Array,
): Promise<Buffer> {
  try {
    return await decodeObject(stored, repository.reading);
  } catch (error) {
    if (!(error instanceof OaopsError && error.code === 'wrong-key')) throw error;
    const actual = sha256Hex(stored);
    const stated = await statedHashes(store, snapshot);
    if (stated.length > 0 && !stated.includes(actual)) throw damaged(`the manifest of ${snapshot} has other content`);
    throw error;
  }
}

/** What the index and the list of checksums say about the manifest; nothing when neither can be read. */
async function statedHashes(store: ObjectStore, snapshot: string): Promise<string[]> {
  const read = async (name: string, pattern: RegExp) => {
    try {
      return pattern.exec(Buffer.from(await store.get(name)).toString('latin1'))?.[1];
    } catch {
      return undefined;
    }
  };
  const found = [
    await read(objectNames.index(snapshot), /^manifest\t([0-9a-f]{64})\t/m),
    await read(objectNames.checksums(snapshot), /^([0-9a-f]{64}) {2}snapshots\/[^\n]*\.manifest$/m),
  ];
  return found.filter((hash) => hash !== undefined);
}

/** Stored bytes of a block from the first leg that has them right. */
export async function readStoredBlock(
  repository: Repository,
  block: BlockRef,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const name = objectNames.block(block.sha256);
  return readCopy(repository, name, async (store) => {
    const stored = await store.get(name, undefined, signal);
    if (sha256Hex(stored) !== block.sha256) throw damaged(`${name} at ${store.location} has other content`);
    return stored;
  });
}

/** Plain text of a block from the first leg that has it right; stored and plain hash are compared. */
export async function readBlock(repository: Repository, block: BlockRef, signal?: AbortSignal): Promise<string> {
  const plain = await readPlainBlock(repository, block, signal);
  const text = plain.toString('latin1');
  giveBack(plain);
  return text;
}

/** The same as bytes, in memory of their own that can be given back. */
async function readPlainBlock(repository: Repository, block: BlockRef, signal?: AbortSignal): Promise<Buffer> {
  const name = objectNames.block(block.sha256);
  return readCopy(repository, name, async (store) => {
    const stored = await store.get(name, undefined, signal);
    if (sha256Hex(stored) !== block.sha256) throw damaged(`${name} at ${store.location} has other content`);
    const plain = await decodeObject(stored, repository.reading);
    if (sha256Hex(plain) !== block.plainSha256) throw otherText(name);
    return plain;
  });
}

/** Told of a block that no leg can give, in its place in the order of the entries; the reading goes on behind it. */
export type OnLostBlock<T extends BlockRef> = (block: T, problem: string) => void;

/**
 * All entries of a snapshot in manifest order; holds one block at a time, and fetches the next one meanwhile. A block that
 * cannot be had ends it with an error, or with `onLost` is left out. A text of an entry keeps the lines around it in memory: what
 * is held for long is to be `detached`.
 */
export async function* readEntries(
  repository: Repository,
  root: ManifestRoot,
  signal?: AbortSignal,
  onLost?: OnLostBlock<EntryBlockRef>,
): AsyncGenerator<Entry> {
  let next = root.blocks[0] && prefetch(readPlainBlock(repository, root.blocks[0], signal));
  for (let i = 0; i < root.blocks.length; i++) {
    const plain = await orLost(next!, root.blocks[i]!, onLost);
    const following = root.blocks[i + 1];
    next = following && prefetch(readPlainBlock(repository, following, signal));
    if (plain === undefined) continue;
    for (const line of eachEntryLine(plain)) yield parseEntry(line);
    giveBack(plain);
  }
}

/** How to read every pack that the snapshot may name; tables that cannot be had as with `readEntries`. */
export async function readPackTables(
  repository: Repository,
  root: ManifestRoot,
  signal?: AbortSignal,
  onLost?: OnLostBlock<BlockRef>,
): Promise<Map<string, PackInfo>> {
  const packs = new Map<string, PackInfo>();
  for (const table of root.packTables) {
    const text = await orLost(readBlock(repository, table, signal), table, onLost);
    if (text !== undefined) for (const pack of parsePackTable(text)) packs.set(pack.sha256, pack);
  }
  return packs;
}

async function orLost<T extends BlockRef, Plain>(
  reading: Promise<Plain>,
  block: T,
  onLost: OnLostBlock<T> | undefined,
): Promise<Plain | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!onLost || !(error instanceof OaopsError) || endsReading(error)) throw error;
    onLost(block, error.message);
    return undefined;
  }
}

/** A failure is told when the value is awaited, not as an unhandled rejection before. */
function prefetch<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { damaged } from '../format/damaged.ts';
import { objectNames, snapshotOfIndex, snapshotOfManifest } from '../format/object-names.ts';
import type { SnapshotHeader } from '../format/snapshot-header.ts';
import { indexHeadBytes, parseIndex, parseIndexHead, type SnapshotIndex } from '../format/snapshot-index.ts';
import type { ObjectStore } from '../ports.ts';
import { endsReading } from './copies.ts';

export interface SnapshotListing {
  snapshot: string;
  /** Undefined when the index is missing or cannot be read; then `problem` says why. */
  header: SnapshotHeader | undefined;
  problem: string | undefined;
}

/** Ids of all snapshots, oldest first. A snapshot exists if and only if its manifest exists. */
export async function listSnapshotIds(store: ObjectStore): Promise<string[]> {
  return (await listObjects(store)).ids;
}

/** Ids of all snapshots, and those of which there is an index, each oldest first. */
export async function listSnapshotNames(store: ObjectStore): Promise<{ ids: string[]; indexes: string[] }> {
  const { ids, sizes } = await listObjects(store);
  const indexes = [...sizes.keys()].map(snapshotOfIndex).filter((id) => id !== undefined);
  return { ids, indexes };
}

async function listObjects(store: ObjectStore): Promise<{ ids: string[]; sizes: Map<string, number> }> {
  const sizes = new Map<string, number>();
  const ids: string[] = [];
  for await (const { name, sizeBytes } of store.list(objectNames.snapshotsPrefix)) {
    sizes.set(name, sizeBytes);
    const id = snapshotOfManifest(name);
    if (id !== undefined) ids.push(id);
  }
  return { ids: ids.sort(), sizes };
}

/** All snapshots with their headers, oldest first. Needs no private key. */
export async function listSnapshots(store: ObjectStore): Promise<SnapshotListing[]> {
  const { ids, sizes } = await listObjects(store);
  const listings: SnapshotListing[] = [];
  const parallel = 16;
  for (let i = 0; i < ids.length; i += parallel)
    listings.push(...(await Promise.all(ids.slice(i, i + parallel).map((id) => listing(store, id, sizes)))));
  return listings;
}

/** A snapshot and the places that have it. */
export interface SharedListing extends SnapshotListing {
  locations: string[];
}

export interface SharedSnapshots {
  /** Each once, oldest first. */
  listed: SharedListing[];
  /** The legs that could be listed. */
  stores: ObjectStore[];
  /** One for each leg that could not. */
  warnings: string[];
}

/**
 * The snapshots of all legs of one repository; what one leg cannot tell comes from another.
 * @throws OaopsError that of the first leg when none can be listed
 */
export async function listSharedSnapshots(stores: readonly ObjectStore[]): Promise<SharedSnapshots> {
  const found = new Map<string, SharedListing>();
  const shared: SharedSnapshots = { listed: [], stores: [], warnings: [] };
  let failure: OaopsError | undefined;
  for (const store of stores) {
    try {
      for (const one of await listSnapshots(store)) {
        const known = found.get(one.snapshot);
        const locations = [...(known?.locations ?? []), store.location];
        found.set(one.snapshot, { ...(known?.header ? known : one), locations });
      }
      shared.stores.push(store);
    } catch (error) {
      if (!(error instanceof OaopsError) || endsReading(error)) throw error;
      failure ??= error;
      shared.warnings.push(`${store.location} could not be listed: ${error.message}`);
    }
  }
  if (shared.stores.length === 0 && failure) throw failure;
  shared.listed = [...found.values()].sort((a, b) => (a.snapshot < b.snapshot ? -1 : 1));
  return shared;
}

async function listing(store: ObjectStore, snapshot: string, sizes: Map<string, number>): Promise<SnapshotListing> {
  const name = objectNames.index(snapshot);
  const size = sizes.get(name);
  if (size === undefined) return { snapshot, header: undefined, problem: 'its index is missing' };
  try {
    const bytes = await store.get(name, { offset: 0, length: Math.min(size, indexHeadBytes) });
    const header = parseIndexHead(Buffer.from(bytes).toString('latin1'));
    if (header.snapshot !== snapshot) throw damaged(`the index of ${snapshot} is that of ${header.snapshot}`);
    return { snapshot, header, problem: undefined };
  } catch (error) {
    if (error instanceof OaopsError) return { snapshot, header: undefined, problem: error.message };
    throw error;
  }
}

/** The whole index of a snapshot. */
export async function readIndex(store: ObjectStore, snapshot: string): Promise<SnapshotIndex & { sha256: string }> {
  const bytes = await store.get(objectNames.index(snapshot));
  const index = parseIndex(Buffer.from(bytes).toString('latin1'));
  if (index.snapshot !== snapshot) throw damaged(`the index of ${snapshot} is that of ${index.snapshot}`);
  return { ...index, sha256: sha256Hex(bytes) };
}

/** Full id for `latest`, an id, or a beginning or an end of one that fits only one snapshot. Throws `snapshot-missing`. */
export async function resolveSnapshot(store: ObjectStore, wanted: string): Promise<string> {
  return pickSnapshot(await listSnapshotIds(store), wanted, store.location);
}

/** As `resolveSnapshot`, out of these ids, oldest first. */
export function pickSnapshot(ids: readonly string[], wanted: string, location: string): string {
  const found =
    wanted === 'latest'
      ? ids.slice(-1)
      : ids.includes(wanted)
        ? [wanted]
        : ids.filter((id) => wanted.length >= 4 && (id.startsWith(wanted) || id.endsWith(wanted)));
  if (found.length === 1) return found[0]!;
  throw new OaopsError(
    found.length === 0 ? 'snapshot-missing' : 'snapshot-ambiguous',
    found.length === 0
      ? wanted === 'latest'
        ? `there is no snapshot at ${location} yet`
        : `there is no snapshot "${wanted}" at ${location}`
      : `"${wanted}" fits ${found.length} snapshots`,
    { next: 'Run "oaops backup list" to see the snapshots.' },
  );
}

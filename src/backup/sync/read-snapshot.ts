import { sha256Hex } from '../../core/json.ts';
import { damaged } from '../format/damaged.ts';
import { objectNames } from '../format/object-names.ts';
import { formatChecksums, parseIndex, type SnapshotIndex } from '../format/snapshot-index.ts';
import type { ObjectStore } from '../ports.ts';

/** The clear objects of one snapshot, which vouch for each other and, by name, for all packs and blocks. */
export interface ClearSnapshot {
  index: SnapshotIndex;
  indexBytes: Uint8Array;
  checksumsBytes: Uint8Array;
}

/**
 * Reads index and list of checksums of a snapshot and holds them against each other; no key is needed.
 * @throws OaopsError `repository-damaged` when they do not agree; what the store throws
 */
export async function readClear(store: ObjectStore, snapshot: string): Promise<ClearSnapshot> {
  const [indexName, checksumsName] = [objectNames.index(snapshot), objectNames.checksums(snapshot)];
  const [indexBytes, checksumsBytes] = await Promise.all([store.get(indexName), store.get(checksumsName)]);
  const index = parseIndex(Buffer.from(indexBytes).toString('latin1'));
  if (index.snapshot !== snapshot) throw damaged(`the index of ${snapshot} is that of ${index.snapshot}`);
  if (Buffer.from(checksumsBytes).toString('latin1') !== formatChecksums(index, sha256Hex(indexBytes)))
    throw damaged(`${indexName} and ${checksumsName} at ${store.location} do not agree`);
  return { index, indexBytes, checksumsBytes };
}

/** The manifest as it is stored. @throws OaopsError `repository-damaged` when it is not the one that the index names */
export async function readStoredManifest(store: ObjectStore, index: SnapshotIndex): Promise<Uint8Array> {
  const name = objectNames.manifest(index.snapshot);
  const bytes = await store.get(name);
  if (bytes.length !== index.manifest.storedBytes || sha256Hex(bytes) !== index.manifest.sha256)
    throw damaged(`${name} at ${store.location} has other content`);
  return bytes;
}

import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { decodeObject } from '../crypto/codec.ts';
import { damaged } from '../format/damaged.ts';
import { type Entry, parseEntry } from '../format/entry.ts';
import { entryBlockLines } from '../format/entry-block.ts';
import { type BlockRef, type ManifestRoot, parseManifestRoot } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import { type PackInfo, parsePackTable } from '../format/pack-table.ts';
import type { Repository } from './open.ts';

/** Root of a manifest. Throws `snapshot-missing`, `wrong-key` (exit 12), `identity-missing` or `repository-damaged`. */
export async function readManifestRoot(
  repository: Repository,
  snapshot: string,
  signal?: AbortSignal,
): Promise<ManifestRoot> {
  let stored: Uint8Array;
  try {
    stored = await repository.store.get(objectNames.manifest(snapshot), undefined, signal);
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'object-missing')
      throw new OaopsError('snapshot-missing', `there is no snapshot ${snapshot} at ${repository.store.location}`, {
        next: 'Run "oaops backup list" to see the snapshots.',
        cause: error,
      });
    throw error;
  }
  const root = parseManifestRoot((await decodeObject(stored, repository.reading)).toString('latin1'));
  if (root.snapshot !== snapshot || root.repository !== repository.config.repositoryId)
    throw damaged(`the manifest of ${snapshot} is that of another snapshot or repository`);
  return root;
}

/** Plain text of a block; stored and plain hash are compared. */
export async function readBlock(repository: Repository, block: BlockRef, signal?: AbortSignal): Promise<string> {
  const name = objectNames.block(block.sha256);
  const stored = await repository.store.get(name, undefined, signal);
  if (sha256Hex(stored) !== block.sha256) throw damaged(`${name} at ${repository.store.location} has other content`);
  const plain = await decodeObject(stored, repository.reading);
  if (sha256Hex(plain) !== block.plainSha256) throw damaged(`${name} holds another text than its manifest says`);
  return plain.toString('latin1');
}

/** All entries of a snapshot in manifest order; holds one block at a time, and fetches the next one meanwhile. */
export async function* readEntries(
  repository: Repository,
  root: ManifestRoot,
  signal?: AbortSignal,
): AsyncGenerator<Entry> {
  let next = root.blocks[0] && prefetch(readBlock(repository, root.blocks[0], signal));
  for (let i = 0; i < root.blocks.length; i++) {
    const text = await next!;
    const following = root.blocks[i + 1];
    next = following && prefetch(readBlock(repository, following, signal));
    for (const line of entryBlockLines(text)) yield parseEntry(line);
  }
}

/** How to read every pack that the snapshot may name. */
export async function readPackTables(
  repository: Repository,
  root: ManifestRoot,
  signal?: AbortSignal,
): Promise<Map<string, PackInfo>> {
  const packs = new Map<string, PackInfo>();
  for (const table of root.packTables)
    for (const pack of parsePackTable(await readBlock(repository, table, signal))) packs.set(pack.sha256, pack);
  return packs;
}

/** A failure is told when the value is awaited, not as an unhandled rejection before. */
function prefetch<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

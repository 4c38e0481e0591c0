import type { ByteString } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import type { EntryBlockRef, ManifestRoot } from '../format/manifest-root.ts';
import { comparePaths } from '../format/path-order.ts';
import { type OnLostBlock, readEntries } from './manifest.ts';
import type { Repository } from './open.ts';

/** The entry at a path and, in manifest order, all below it. Only the blocks of the manifest that may hold them are read. */
export async function* entriesBelow(
  repository: Repository,
  root: ManifestRoot,
  path: ByteString,
  signal?: AbortSignal,
  onLost?: OnLostBlock<EntryBlockRef>,
): AsyncGenerator<Entry> {
  const blocks = root.blocks.filter(({ first, last }) => mayHold(path, first, last));
  for await (const entry of readEntries(repository, { ...root, blocks }, signal, onLost))
    if (isAtOrBelow(entry.path, path)) yield entry;
}

function mayHold(path: ByteString, first: ByteString, last: ByteString): boolean {
  if (path === '.') return true;
  return comparePaths(path, last) <= 0 && (comparePaths(first, path) <= 0 || isAtOrBelow(first, path));
}

function isAtOrBelow(path: ByteString, folder: ByteString): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}

import { messageOf } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { packsOf } from '../cache/previous.ts';
import type { RepositoryCache } from '../cache/repository-cache.ts';
import { compressText } from '../crypto/codec.ts';
import type { ByteString } from '../format/byte-string.ts';
import { parseEntry } from '../format/entry.ts';
import { entryBlockLines } from '../format/entry-block.ts';
import { formatManifestRoot, type ManifestRoot, parseManifestRoot } from '../format/manifest-root.ts';
import { parsePackTable } from '../format/pack-table.ts';
import { readBlock, readManifestRoot, readPackTables } from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import { listSnapshotIds, listSnapshots } from '../repository/snapshots.ts';

/** Backups of the same sources follow each other. */
export function sourcesKey(sources: readonly ByteString[]): string {
  return sha256Hex([...new Set(sources)].sort().join('\0'));
}

/** A guarded snapshot waits beside the last good one, until a person accepts it or the next good one is made. */
const guardedKey = (key: string) => `${key}.guarded`;

/** The next backup of the same sources compares with this one, unless it is guarded and not accepted. */
export function rememberParent(cache: RepositoryCache, root: ManifestRoot): void {
  const key = sourcesKey(root.sources);
  const parent = { snapshot: root.snapshot, started: root.started, root: formatManifestRoot(root) };
  if (!root.guard) cache.dropParent(guardedKey(key));
  cache.setParent(root.guard ? guardedKey(key) : key, parent);
}

/** The last guarded snapshot of these sources, as long as no good one was made after it. */
export function guardedParent(cache: RepositoryCache, sources: readonly ByteString[]): ManifestRoot | undefined {
  const known = cache.parent(guardedKey(sourcesKey(sources)));
  return known && parseManifestRoot(known.root);
}

/** The snapshot to compare with, from the local cache. */
async function parentFromCache(
  cache: RepositoryCache,
  key: string,
  isAccepted: IsAccepted,
): Promise<ManifestRoot | undefined> {
  const known = cache.parent(key);
  const guarded = cache.parent(guardedKey(key));
  if (guarded && (!known || (await isAccepted(guarded.snapshot)))) {
    if (known) {
      cache.dropParent(guardedKey(key));
      cache.setParent(key, guarded);
    }
    return parseManifestRoot(guarded.root);
  }
  return known && parseManifestRoot(known.root);
}

/** Says whether a person said that a guarded snapshot is right. */
export type IsAccepted = (snapshot: string) => Promise<boolean>;

/** How many of the newest snapshots of this host are looked at for one of the same sources. */
const candidates = 10;

/**
 * Rebuilds the cache from the newest snapshot of this host and these sources. Needs the private key, unless the
 * repository is not encrypted. Undefined when there is no such snapshot.
 */
async function rebuildParent(
  repository: Repository,
  cache: RepositoryCache,
  host: ByteString,
  sources: readonly ByteString[],
  isAccepted: IsAccepted,
  signal: AbortSignal,
): Promise<ManifestRoot | undefined> {
  const key = sourcesKey(sources);
  const ofHost = (await listSnapshots(repository.store)).filter((listing) => listing.header?.host === host);
  for (const { snapshot, header } of ofHost.reverse().slice(0, candidates)) {
    if (header?.guard && !(await isAccepted(snapshot))) continue;
    const root = await readManifestRoot(repository, snapshot, signal);
    if (sourcesKey(root.sources) !== key) continue;
    await fillCache(repository, cache, root, signal);
    cache.setParent(key, { snapshot, started: root.started, root: formatManifestRoot(root) });
    return root;
  }
  return undefined;
}

async function fillCache(
  repository: Repository,
  cache: RepositoryCache,
  root: ManifestRoot,
  signal: AbortSignal,
): Promise<void> {
  const packs = await readPackTables(repository, root, signal);
  for (const table of root.packTables) {
    const text = await readBlock(repository, table, signal);
    const listed = parsePackTable(text).map((pack) => pack.sha256);
    cache.addBlock({ ...table, first: '-', last: '-', packs: listed }, await compressText(Buffer.from(text, 'latin1')));
  }
  // Also packs without a content that is new here: tables are made from what the cache knows.
  for (const info of packs.values()) cache.addPack(info, []);
  for (const block of root.blocks) {
    const text = await readBlock(repository, block, signal);
    const byPack = new Map<string, { sha256: string; member: number; length: number }[]>();
    const named = new Set<string>();
    for (const line of entryBlockLines(text)) {
      for (const pack of packsOf(line)) named.add(pack);
      for (const piece of parseEntry(line).pieces)
        if (piece.pack !== null) {
          const list = byPack.get(piece.pack);
          if (list) list.push(piece);
          else byPack.set(piece.pack, [piece]);
        }
    }
    for (const [sha256, contents] of byPack) {
      const info = packs.get(sha256);
      if (info) cache.addPack(info, contents);
    }
    cache.addBlock({ ...block, packs: [...named] }, await compressText(Buffer.from(text, 'latin1')));
  }
}

/**
 * The snapshot to compare with: from the local cache, else rebuilt from the repository. Undefined, after a warning, when everything
 * has to be stored again.
 */
export async function findParent(
  repository: Repository,
  cache: RepositoryCache,
  host: string,
  sources: readonly string[],
  isAccepted: IsAccepted,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<ManifestRoot | undefined> {
  const known = await parentFromCache(cache, sourcesKey(sources), isAccepted);
  if (known) return known;
  if (cache.isUsed) return undefined;
  if (repository.reading.encryption === 'none' || repository.reading.identities !== undefined) {
    try {
      return await rebuildParent(repository, cache, host, sources, isAccepted, signal);
    } catch (error) {
      warn(`the local cache could not be rebuilt (${messageOf(error)}); everything is stored again`);
      return undefined;
    }
  }
  if ((await listSnapshotIds(repository.store)).length > 0)
    warn('there is no local cache and no identity was given: everything is stored again');
  return undefined;
}

import type { RepositoryCache } from '../cache/repository-cache.ts';
import type { BlockRef, ManifestRoot } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { LegSet } from './leg-set.ts';
import { putPackTable } from './manifest-writer.ts';

const maxPacksPerTable = 2000;
/** Tables smaller than this are put together when there are too many. */
const smallTable = 500;
const maxSmallTables = 16;

/**
 * The tables of packs of a snapshot: those of its parent that still serve, and new ones for the packs they do not list.
 * An hourly backup adds one small table a run, so small ones are joined now and then.
 */
export async function writePackTables(
  place: { legs: LegSet; cache: RepositoryCache; recipients: readonly string[] },
  needed: ReadonlySet<string>,
  parent: ManifestRoot | undefined,
): Promise<BlockRef[]> {
  const usable = (parent?.packTables ?? []).flatMap((table) => {
    const known = place.cache.block(table.plainSha256);
    if (!known || !place.legs.has(objectNames.block(known.sha256))) return [];
    const serving = known.packs.filter((pack) => needed.has(pack)).length;
    // A table mostly of packs that nobody needs any more is written anew.
    return serving > 0 && serving * 2 >= known.packs.length ? [known] : [];
  });
  const small = usable.filter((table) => table.count < smallTable);
  const kept = small.length > maxSmallTables ? usable.filter((table) => table.count >= smallTable) : usable;
  const listed = new Set(kept.flatMap((table) => table.packs));
  const missing: PackInfo[] = [];
  for (const pack of [...needed].sort()) {
    if (listed.has(pack)) continue;
    const info = place.cache.packInfo(pack);
    if (!info) throw new Error(`the cache does not know pack ${pack}`);
    missing.push(info);
  }
  const tables: BlockRef[] = kept.map(({ sha256, storedBytes, count, plainSha256 }) => ({
    sha256,
    storedBytes,
    count,
    plainSha256,
  }));
  for (let i = 0; i < missing.length; i += maxPacksPerTable)
    tables.push(await putPackTable(place, missing.slice(i, i + maxPacksPerTable)));
  return tables;
}

import { count } from '../../core/units.ts';
import type { Piece } from '../format/entry.ts';
import type { EntryBlockRef, ManifestRoot } from '../format/manifest-root.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { SnapshotHeader } from '../format/snapshot-header.ts';
import type { ObjectStore } from '../ports.ts';
import {
  type OnLostBlock,
  type OnLostManifest,
  readEntries,
  readManifestRoots,
  readPackTables,
} from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import { listSharedSnapshots, readIndex } from '../repository/snapshots.ts';

/** Below this share of its bytes still in current files a pack is worth writing its current files again. */
export const refreshBelow = 0.5;

export interface LegStats {
  location: string;
  snapshots: number;
  packs: number;
  packBytes: number;
  /** Blocks of manifests, manifests, indexes. */
  metadataBytes: number;
  storedBytes: number;
  /** Packs and blocks that no snapshot of this leg needs: left over from stopped backups, or waiting for a sweep. */
  unneeded: { objects: number; bytes: number };
}

/** What only the manifests tell; the private key is needed for it. */
export interface PackUse {
  packs: number;
  /** tar streams before compression, of all packs that a snapshot needs. */
  plainBytes: number;
  storedBytes: number;
  /** Contents that some snapshot needs, each counted once. */
  uniqueBytes: number;
  /** Share of the plain bytes that some snapshot needs; the rest lies in needed packs and is dead. */
  neededShare: number;
  /** Share that the newest snapshot of each series needs. */
  currentShare: number;
  /** Packs with less than half of their bytes in current files, and what a refresh would store again of them. */
  refresh: { packs: number; plainBytes: number; storedBytes: number; freedBytes: number };
}

export interface RepositoryStats {
  snapshots: number;
  oldest: string | null;
  newest: string | null;
  /** What restoring every snapshot would write. */
  logicalBytes: number;
  /** Of the newest snapshot of each series. */
  currentBytes: number;
  /** What the snapshots that are there have added, before and after compression and encryption. */
  addedBytes: number;
  addedStoredBytes: number;
  legs: LegStats[];
  use: PackUse | null;
  warnings: string[];
}

/** Numbers of a repository with all its legs; the use of packs only where a key can read the manifests. */
export async function repositoryStats(
  repository: Repository,
  onLost: OnLostBlock<EntryBlockRef>,
  signal?: AbortSignal,
): Promise<RepositoryStats> {
  const { listed, stores, warnings } = await listSharedSnapshots([repository.store, ...(repository.others ?? [])]);
  const headers = listed.flatMap(({ header }) => (header ? [header] : []));
  for (const { snapshot, header, problem } of listed) if (!header) warnings.push(`${snapshot}: ${problem}`);
  const current = newestOfSeries(headers);
  const legs: LegStats[] = [];
  for (const store of stores) legs.push(await legStats(store, listed, warnings, signal));
  const lostManifest: OnLostManifest = (snapshot, problem) => void warnings.push(`${snapshot}: ${problem}`);
  const sum = (of: readonly SnapshotHeader[], name: keyof SnapshotHeader['counts']) =>
    of.reduce((total, { counts }) => total + counts[name], 0);
  const readable = repository.config.encryption === 'none' || repository.reading.identities !== undefined;
  return {
    snapshots: listed.length,
    oldest: listed[0]?.snapshot ?? null,
    newest: listed.at(-1)?.snapshot ?? null,
    logicalBytes: sum(headers, 'bytes'),
    currentBytes: sum(current, 'bytes'),
    addedBytes: sum(headers, 'dataAddedBytes'),
    addedStoredBytes: sum(headers, 'storedAddedBytes'),
    legs,
    use: readable ? await packUse(repository, headers, current, onLost, lostManifest, signal) : null,
    warnings,
  };
}

/** Snapshots of the same sources follow each other; older repositories do not say so, there host and runbook tell. */
function newestOfSeries(headers: readonly SnapshotHeader[]): SnapshotHeader[] {
  const newest = new Map<string, SnapshotHeader>();
  for (const header of headers) newest.set(`${header.host}\t${header.series ?? header.runbook ?? ''}`, header);
  return [...newest.values()];
}

async function legStats(
  store: ObjectStore,
  listed: readonly { snapshot: string; locations: readonly string[] }[],
  warnings: string[],
  signal: AbortSignal | undefined,
): Promise<LegStats> {
  const sizes = new Map<string, number>();
  const needed = new Map<string, number>();
  const stats: LegStats = {
    location: store.location,
    snapshots: 0,
    packs: 0,
    packBytes: 0,
    metadataBytes: 0,
    storedBytes: 0,
    unneeded: { objects: 0, bytes: 0 },
  };
  for (const prefix of [objectNames.packsPrefix, objectNames.blocksPrefix, objectNames.snapshotsPrefix])
    for await (const { name, sizeBytes } of store.list(prefix)) {
      signal?.throwIfAborted();
      stats.storedBytes += sizeBytes;
      if (prefix === objectNames.packsPrefix) {
        stats.packs++;
        stats.packBytes += sizeBytes;
      } else stats.metadataBytes += sizeBytes;
      if (hashOfObject(name) !== undefined) sizes.set(name, sizeBytes);
    }
  for (const { snapshot } of listed.filter(({ locations }) => locations.includes(store.location))) {
    stats.snapshots++;
    // Without a readable index nobody knows what the snapshot needs; that is told as a warning.
    const index = await readIndex(store, snapshot).catch(() => undefined);
    for (const { name, storedBytes } of index?.objects ?? []) needed.set(name, storedBytes);
  }
  const missing = [...needed.keys()].filter((name) => !sizes.has(name)).length;
  const wrong = [...needed].filter(([name, size]) => sizes.has(name) && sizes.get(name) !== size).length;
  if (missing > 0) warnings.push(`${store.location} lacks ${count(missing, 'object')} that snapshots need`);
  if (wrong > 0) warnings.push(`${store.location} has ${count(wrong, 'object')} of another size than snapshots need`);
  for (const [name, size] of sizes) {
    if (needed.has(name)) continue;
    stats.unneeded.objects++;
    stats.unneeded.bytes += size;
  }
  return stats;
}

/** One pack: which of its members are needed at all, and which by current files. One bit for each 512 bytes of tar. */
interface Use {
  info: PackInfo;
  needed: Uint8Array;
  current: Uint8Array;
  neededTar: number;
  currentTar: number;
  uniqueBytes: number;
}

async function packUse(
  repository: Repository,
  headers: readonly SnapshotHeader[],
  current: readonly SnapshotHeader[],
  onLost: OnLostBlock<EntryBlockRef>,
  onLostManifest: OnLostManifest,
  signal: AbortSignal | undefined,
): Promise<PackUse> {
  const packs = new Map<string, Use>();
  // The newest first: a block that it shares with older ones is then read as a current one.
  const blocks = new Map<string, { block: EntryBlockRef; root: ManifestRoot; isCurrent: boolean }>();
  const isCurrent = new Set(current.map(({ snapshot }) => snapshot));
  const tables = new Set<string>();
  const order = [...headers].sort((a, b) => Number(isCurrent.has(b.snapshot)) - Number(isCurrent.has(a.snapshot)));
  const ids = order.map(({ snapshot }) => snapshot);
  for await (const root of readManifestRoots(repository, ids, onLostManifest, signal)) {
    const packTables = root.packTables.filter(({ plainSha256 }) => !tables.has(plainSha256));
    for (const { plainSha256 } of packTables) tables.add(plainSha256);
    for (const info of (await readPackTables(repository, { ...root, packTables }, signal)).values())
      if (!packs.has(info.sha256)) packs.set(info.sha256, newUse(info));
    for (const block of root.blocks)
      if (!blocks.has(block.plainSha256))
        blocks.set(block.plainSha256, {
          block,
          root: { ...root, blocks: [] },
          isCurrent: isCurrent.has(root.snapshot),
        });
  }
  for (const one of blocks.values())
    for await (const { pieces } of readEntries(repository, { ...one.root, blocks: [one.block] }, signal, onLost))
      for (const piece of pieces) use(packs, piece, one.isCurrent);
  return sumUse([...packs.values()].filter(({ neededTar }) => neededTar > 0));
}

function newUse(info: PackInfo): Use {
  const bits = () => new Uint8Array(Math.ceil(info.tarBytes / 512 / 8));
  return { info, needed: bits(), current: bits(), neededTar: 0, currentTar: 0, uniqueBytes: 0 };
}

function use(packs: ReadonlyMap<string, Use>, piece: Piece, isCurrent: boolean): void {
  const pack = piece.pack === null ? undefined : packs.get(piece.pack);
  if (!pack || piece.pack === null) return;
  // A member takes its header and its content, filled up to whole blocks.
  const tarBytes = 512 + Math.ceil(piece.length / 512) * 512;
  if (setBit(pack.needed, piece.member)) {
    pack.neededTar += tarBytes;
    pack.uniqueBytes += piece.length;
  }
  if (isCurrent && setBit(pack.current, piece.member)) pack.currentTar += tarBytes;
}

/** True when it was not set before. */
function setBit(bits: Uint8Array, at: number): boolean {
  const mask = 1 << (at & 7);
  if ((bits[at >> 3] ?? mask) & mask) return false;
  bits[at >> 3]! |= mask;
  return true;
}

/** Without the two empty blocks that end a tar stream. */
function plainOf({ info }: Pick<Use, 'info'>): number {
  return Math.max(512, info.tarBytes - 1024);
}

function sumUse(uses: readonly Use[]): PackUse {
  const sum = (of: readonly Use[], value: (one: Use) => number) => of.reduce((total, one) => total + value(one), 0);
  const plainBytes = sum(uses, plainOf);
  const dying = uses.filter(({ info, currentTar }) => currentTar > 0 && currentTar < plainOf({ info }) * refreshBelow);
  const share = (bytes: number) => (plainBytes === 0 ? 1 : bytes / plainBytes);
  return {
    packs: uses.length,
    plainBytes,
    storedBytes: sum(uses, ({ info }) => info.storedBytes),
    uniqueBytes: sum(uses, ({ uniqueBytes }) => uniqueBytes),
    neededShare: share(sum(uses, ({ neededTar }) => neededTar)),
    currentShare: share(sum(uses, ({ currentTar }) => currentTar)),
    refresh: {
      packs: dying.length,
      plainBytes: sum(dying, ({ currentTar }) => currentTar),
      storedBytes: Math.round(
        sum(dying, ({ info, currentTar }) => (info.storedBytes * currentTar) / plainOf({ info })),
      ),
      freedBytes: sum(dying, ({ info }) => info.storedBytes),
    },
  };
}

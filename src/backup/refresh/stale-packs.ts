import type { RepositoryCache } from '../cache/repository-cache.ts';
import { entryBlockLines } from '../format/entry-block.ts';
import { type ManifestRoot, parseManifestRoot } from '../format/manifest-root.ts';

export interface StalePacks {
  /** Packs of which too little is current. */
  packs: Set<string>;
  /** Packs that the last snapshots name, and what they hold, in bytes of content before compression. */
  packsInUse: number;
  heldBytes: number;
  liveBytes: number;
  /** What storing again would store, and what could be deleted when no older snapshot needs it any more. */
  storedAgainBytes: number;
  freedBytes: number;
}

/** tar(5): a header and the content, each in whole blocks. */
const blockBytes = 512;

/**
 * Packs that are mostly dead: what they hold is hardly named any more by the last snapshots of this machine. Known from the local cache alone, so no
 * private key is needed. One bit for each tar block, so that a million files take no memory to speak of.
 */
export function findStalePacks(cache: RepositoryCache, liveBelow: number): StalePacks {
  const live = new Map<string, { blocks: Uint8Array; bytes: number }>();
  const see = (pack: string, member: number, length: number) => {
    let known = live.get(pack);
    if (!known) {
      const tarBytes = cache.packInfo(pack)?.tarBytes ?? 0;
      known = { blocks: new Uint8Array(Math.ceil(tarBytes / blockBytes / 8)), bytes: 0 };
      live.set(pack, known);
    }
    const bit = 1 << (member & 7);
    // The same content may be named by several files.
    if ((known.blocks[member >>> 3] ?? 0xff) & bit) return;
    known.blocks[member >>> 3]! |= bit;
    known.bytes += blockBytes + Math.ceil(length / blockBytes) * blockBytes;
  };
  for (const root of lastRoots(cache))
    for (const block of root.blocks) {
      const text = cache.blockText(block.plainSha256);
      if (text !== undefined) for (const line of entryBlockLines(text)) eachPiece(line, see);
    }
  const found: StalePacks = {
    packs: new Set(),
    packsInUse: live.size,
    heldBytes: 0,
    liveBytes: 0,
    storedAgainBytes: 0,
    freedBytes: 0,
  };
  for (const [pack, { bytes }] of live) {
    // Two blocks of zeros end every tar.
    const heldBytes = Math.max(0, (cache.packInfo(pack)?.tarBytes ?? 0) - 2 * blockBytes);
    found.heldBytes += heldBytes;
    found.liveBytes += bytes;
    if (!isStale(bytes, heldBytes, liveBelow)) continue;
    found.packs.add(pack);
    found.storedAgainBytes += bytes;
    found.freedBytes += heldBytes;
  }
  return found;
}

/** Packs that hold nothing current are left to prune. */
export function isStale(liveBytes: number, heldBytes: number, liveBelow: number): boolean {
  return liveBytes > 0 && liveBytes < heldBytes * liveBelow;
}

function* lastRoots(cache: RepositoryCache): Generator<ManifestRoot> {
  for (const { root } of cache.parents()) yield parseManifestRoot(root);
}

/** Field 14 of an entry line, read without parsing the others. */
function eachPiece(line: string, see: (pack: string, member: number, length: number) => void): void {
  let start = 0;
  for (let field = 0; field < 13; field++) start = line.indexOf('\t', start) + 1;
  const pieces = line.slice(start, line.indexOf('\t', start));
  if (pieces === '-') return;
  for (const piece of pieces.split(',')) {
    if (piece.startsWith('-')) continue;
    const [pack, member, length] = piece.split(':');
    see(pack!, Number(member), Number(length));
  }
}

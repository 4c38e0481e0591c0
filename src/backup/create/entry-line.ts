import { type BigIntStats, readlinkSync } from 'node:fs';
import { forFs } from '../format/byte-string.ts';
import type { EntryFlag } from '../format/entry.ts';
import { formatXattrs } from '../format/entry.ts';
import { escapeBytes, escapeOptional } from '../format/escape.ts';
import { formatTimeNs } from '../format/times.ts';
import type { Owners } from '../scan/owners.ts';
import { absolute, type Found } from '../scan/walk.ts';
import type { Attributes } from '../scan/xattrs.ts';
import type { ContentPlace } from './packer.ts';

/** What a file's content became. */
export interface StoredContent {
  sha256: string;
  pieces: (ContentPlace | { hole: number })[];
}

/** The first 11 fields of an entry line: all that tells "unchanged" (size, times, inode) and who owns it. */
export function linePrefix(found: Found, stats: BigIntStats, sizeBytes: number, owners: Owners): string {
  const uid = Number(stats.uid);
  const gid = Number(stats.gid);
  const mode = (Number(stats.mode) & 0o7777).toString(8).padStart(4, '0');
  const names = `${escapeOptional(owners.user(uid))}\t${escapeOptional(owners.group(gid))}`;
  const times = `${formatTimeNs(stats.mtimeNs)}\t${formatTimeNs(stats.ctimeNs)}`;
  return `${found.type}\t${escapeBytes(found.path)}\t${mode}\t${uid}\t${gid}\t${names}\t${times}\t${stats.ino}\t${found.type === 'f' ? sizeBytes : 0}`;
}

/** The last two fields: hard link and flags. */
export function lineSuffix(found: Found, stats: BigIntStats, more: readonly EntryFlag[] = []): string {
  const flags = [...found.flags, ...(isSparse(found, stats) ? ['sparse' as const] : []), ...more];
  return `${linkOf(found, stats) ?? '-'}\t${flags.length === 0 ? '-' : flags.join(',')}`;
}

/** Field 18: the same for all names of one object. */
export function linkOf(found: Found, stats: BigIntStats): string | undefined {
  return found.type !== 'd' && stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : undefined;
}

/** Fewer blocks than bytes: the file has holes (or is compressed by its file system, which does no harm). */
function isSparse(found: Found, stats: BigIntStats): boolean {
  return found.type === 'f' && stats.blocks * 512n < stats.size;
}

/** Link target or device numbers; undefined for other types. Throws what readlink(2) throws. */
export function targetOf(found: Found): string | undefined {
  if (found.type === 'l') return readlinkSync(forFs(absolute(found.path)), { encoding: 'latin1' });
  if (found.type !== 'b' && found.type !== 'c') return undefined;
  const device = found.stats.rdev;
  // makedev(3) of Linux.
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

/** Fields 12 to 17. `unnamed` tells that a piece lies in a pack without a name yet. */
export function lineMiddle(
  content: StoredContent | undefined,
  target: string | undefined,
  attributes: Attributes | undefined,
): { text: string; unnamed: boolean } {
  const pieces = content?.pieces ?? [];
  let unnamed = false;
  const places = pieces.map((piece) => {
    if ('hole' in piece) return `-:-:${piece.hole}`;
    if (typeof piece.pack === 'string') return `${piece.pack}:${piece.member}:${piece.length}`;
    unnamed = true;
    return `@${piece.pack}:${piece.member}:${piece.length}`;
  });
  const single = pieces.length === 1 && !('hole' in pieces[0]!);
  const hashes = pieces.length === 0 || single ? '-' : pieces.map((p) => ('hole' in p ? '-' : p.sha256)).join(',');
  const text = [
    content?.sha256 ?? '-',
    escapeOptional(target),
    places.length === 0 ? '-' : places.join(','),
    hashes,
    formatXattrs(attributes?.xattrs ?? []),
    attributes?.acl ?? '-',
  ].join('\t');
  return { text, unnamed };
}

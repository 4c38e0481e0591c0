import { type ByteString, fromText, toText } from '../format/byte-string.ts';
import type { Entry, Piece } from '../format/entry.ts';
import type { EntryBlockRef, ManifestRoot } from '../format/manifest-root.ts';
import { comparePaths } from '../format/path-order.ts';
import { type OnLostBlock, readEntries, readManifestRoot } from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import { mayHold } from '../restore/selection.ts';

/** `+` new, `-` gone, `T` another type, `M` other content, `U` other metadata only; as restic's users know them. */
export type ChangeMark = '+' | '-' | 'T' | 'M' | 'U';

export interface Change {
  mark: ChangeMark;
  before: Entry | undefined;
  after: Entry | undefined;
  /** The content differs although time, change time and inode of the file do not: a disk that decays, or somebody who hides. */
  silent: boolean;
}

export interface DiffCounts {
  files: number;
  dirs: number;
  others: number;
  /** Of file contents; of a changed file only the pieces that the other snapshot's file has not. */
  bytes: number;
}

export interface DiffSums {
  added: DiffCounts;
  removed: DiffCounts;
  changedFiles: number;
  /** Links that point elsewhere, devices. */
  changedOthers: number;
  changedMetadata: number;
  changedTypes: number;
  /** Entries in blocks that both manifests share: they were not read at all. */
  sharedEntries: number;
}

export interface DiffOptions {
  /** Only what is at or below this absolute path. */
  path?: string | undefined;
  onLost: OnLostBlock<EntryBlockRef>;
  signal?: AbortSignal | undefined;
}

/**
 * What is different in `to` compared with `from`, in manifest order. Blocks that both manifests name hold the same
 * entries: they are left out unread, so that two snapshots with few changes are compared by reading few blocks. Holds one
 * block of each side.
 */
export async function* diffSnapshots(
  repository: Repository,
  from: string,
  to: string,
  sums: DiffSums,
  options: DiffOptions,
): AsyncGenerator<Change> {
  const [before, after] = await Promise.all([
    readManifestRoot(repository, from, options.signal),
    readManifestRoot(repository, to, options.signal),
  ]);
  const wanted = options.path === undefined ? undefined : fromText(options.path.replace(/^\/+|\/+$/g, ''));
  const patterns = wanted ? [`/${toText(wanted)}`] : [];
  const shared = sharedBlocks(before, after);
  const left = (root: ManifestRoot): ManifestRoot => ({
    ...root,
    blocks: root.blocks.filter((block) => !shared.has(block.plainSha256) && mayHold(patterns, block.first, block.last)),
  });
  sums.sharedEntries = before.blocks
    .filter((block) => shared.has(block.plainSha256))
    .reduce((sum, block) => sum + block.count, 0);
  const read = (root: ManifestRoot) =>
    within(readEntries(repository, left(root), options.signal, options.onLost), wanted);
  for await (const [one, other] of merge(read(before), read(after))) {
    const change = compare(one, other);
    if (!change) continue;
    add(sums, change);
    yield change;
  }
}

/** Sums before anything was compared. */
export function zeroSums(): DiffSums {
  const none = () => ({ files: 0, dirs: 0, others: 0, bytes: 0 });
  return {
    added: none(),
    removed: none(),
    changedFiles: 0,
    changedOthers: 0,
    changedMetadata: 0,
    changedTypes: 0,
    sharedEntries: 0,
  };
}

/** By the hash of the plain text: the same entries may have been encrypted twice. */
function sharedBlocks(a: ManifestRoot, b: ManifestRoot): Set<string> {
  const ofA = new Set(a.blocks.map((block) => block.plainSha256));
  return new Set(b.blocks.map((block) => block.plainSha256).filter((hash) => ofA.has(hash)));
}

async function* within(entries: AsyncIterable<Entry>, wanted: ByteString | undefined): AsyncGenerator<Entry> {
  for await (const entry of entries)
    if (!wanted || entry.path === wanted || entry.path.startsWith(`${wanted}/`)) yield entry;
}

/** Both lists side by side, by path; an entry without a counterpart stands alone. */
async function* merge(
  a: AsyncGenerator<Entry>,
  b: AsyncGenerator<Entry>,
): AsyncGenerator<[Entry | undefined, Entry | undefined]> {
  try {
    let [one, other] = [await a.next(), await b.next()];
    while (!one.done || !other.done) {
      const order = one.done ? 1 : other.done ? -1 : comparePaths(one.value.path, other.value.path);
      yield [order <= 0 ? one.value! : undefined, order >= 0 ? other.value! : undefined];
      if (order <= 0) one = await a.next();
      if (order >= 0) other = await b.next();
    }
  } finally {
    await Promise.all([a.return(undefined), b.return(undefined)]);
  }
}

function compare(before: Entry | undefined, after: Entry | undefined): Change | undefined {
  const change = (mark: ChangeMark, silent = false): Change => ({ mark, before, after, silent });
  if (!before) return change('+');
  if (!after) return change('-');
  if (before.type !== after.type) return change('T');
  if (contentOf(before) !== contentOf(after))
    return change(
      'M',
      before.type === 'f' &&
        before.mtimeNs === after.mtimeNs &&
        before.ctimeNs === after.ctimeNs &&
        before.inode === after.inode,
    );
  // Folders above the sources change with whatever else lies in them.
  if (before.flags.includes('above') && after.flags.includes('above')) return undefined;
  return metadataOf(before) === metadataOf(after) ? undefined : change('U');
}

/** What a file holds, a link points to, a device stands for. */
function contentOf({ size, sha256, target, flags }: Entry): string {
  return [size, sha256 ?? '', target ?? '', flags.includes('unreadable')].join('\t');
}

/** Without change time and inode, which differ whenever a tree was copied. */
function metadataOf(entry: Entry): string {
  const { mode, uid, gid, user, group, mtimeNs, xattrs, acl } = entry;
  return [mode, uid, gid, user, group, mtimeNs, acl, ...xattrs.map(({ name, hex }) => `${name}=${hex}`)].join('\t');
}

function add(sums: DiffSums, { mark, before, after }: Change): void {
  if (mark === 'M') {
    if (before!.type === 'f') sums.changedFiles++;
    else sums.changedOthers++;
    sums.added.bytes += newBytes(before!, after!);
    sums.removed.bytes += newBytes(after!, before!);
  } else if (mark === 'U') sums.changedMetadata++;
  else {
    if (mark === 'T') sums.changedTypes++;
    if (before) countOne(sums.removed, before);
    if (after) countOne(sums.added, after);
  }
}

function countOne(counts: DiffCounts, { type, size }: Entry): void {
  if (type === 'f') counts.files++;
  else if (type === 'd') counts.dirs++;
  else counts.others++;
  counts.bytes += size;
}

/** Bytes of `after` in pieces that `before` has not. */
function newBytes(before: Entry, after: Entry): number {
  const known = new Set(before.pieces.map(({ sha256 }) => sha256));
  const isNew = (piece: Piece) => piece.pack !== null && !known.has(piece.sha256);
  return after.pieces.filter(isNew).reduce((sum, { length }) => sum + length, 0);
}

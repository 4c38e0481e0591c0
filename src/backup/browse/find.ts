import { isoTime } from '../../core/clock.ts';
import { formatSize } from '../../core/units.ts';
import { type ByteString, pathForJson, toText } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import type { EntryBlockRef, ManifestRoot } from '../format/manifest-root.ts';
import { comparePaths } from '../format/path-order.ts';
import { entryTypeName, shownPath } from '../list-entries.ts';
import { type OnLostBlock, type OnLostManifest, readEntries, readManifestRoots } from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import { mayHold } from '../restore/selection.ts';
import { compileExcludes } from '../scan/exclude.ts';

export interface FindRequest {
  /** As `--include` of a restore: an absolute path, or a name anywhere, with `*`, `?`, `**`, `[abc]`. */
  patterns: readonly string[];
  /** Full ids, oldest first. */
  snapshots: readonly string[];
  /** Only the latest version of each path. */
  newest?: boolean;
  ignoreCase?: boolean;
  /** Only these types of entries, as in the manifest. */
  types?: readonly Entry['type'][];
}

/** One state of one path, and the snapshots that have it, oldest first. */
export interface FoundVersion {
  path: ByteString;
  type: Entry['type'];
  size: number;
  mtimeNs: bigint;
  sha256: string | undefined;
  snapshots: string[];
}

/** A block of entries, and the snapshots that name it. */
interface SharedBlock {
  block: EntryBlockRef;
  root: ManifestRoot;
  /** Positions in the request's list. */
  snapshots: number[];
}

/**
 * Which versions of which paths the snapshots hold: path by path in manifest order, the newest version first. A block that
 * several snapshots share is read once, so that asking a hundred snapshots costs little more than asking one. Holds one
 * block, and the versions found of paths that a later block may still know.
 */
export async function* findVersions(
  repository: Repository,
  request: FindRequest,
  onLost: OnLostBlock<EntryBlockRef>,
  onLostManifest: OnLostManifest,
  signal?: AbortSignal,
): AsyncGenerator<FoundVersion[]> {
  const patterns = request.ignoreCase ? request.patterns.map((pattern) => pattern.toLowerCase()) : request.patterns;
  const isMatch = compileExcludes(patterns);
  const wanted = ({ path, type }: Entry) => {
    if (request.types && !request.types.includes(type)) return false;
    const absolute = path === '.' ? '/' : `/${path}`;
    return isMatch(request.ignoreCase ? asciiLower(absolute) : absolute);
  };
  const open = new Map<ByteString, Map<string, Found>>();
  for (const { block, root, snapshots } of await sharedBlocks(repository, request, onLostManifest, signal)) {
    for (const versions of closed(open, block.first)) yield* told(versions, request);
    const one = { ...root, blocks: [block] };
    for await (const entry of readEntries(repository, one, signal, onLost))
      if (wanted(entry)) remember(open, entry, snapshots);
  }
  for (const versions of closed(open, undefined)) yield* told(versions, request);
}

interface Found extends Omit<FoundVersion, 'snapshots'> {
  snapshots: number[];
}

/** By their first path, so that what lies before the first path of the next block is complete. */
async function sharedBlocks(
  repository: Repository,
  { snapshots, patterns, ignoreCase }: FindRequest,
  onLostManifest: OnLostManifest,
  signal: AbortSignal | undefined,
): Promise<SharedBlock[]> {
  const blocks = new Map<string, SharedBlock>();
  for await (const root of readManifestRoots(repository, snapshots, onLostManifest, signal)) {
    const position = snapshots.indexOf(root.snapshot);
    for (const block of root.blocks) {
      if (!ignoreCase && !mayHold(patterns, block.first, block.last)) continue;
      const known = blocks.get(block.plainSha256);
      if (known) known.snapshots.push(position);
      else blocks.set(block.plainSha256, { block, root: { ...root, blocks: [] }, snapshots: [position] });
    }
  }
  return [...blocks.values()].sort((a, b) => comparePaths(a.block.first, b.block.first));
}

function remember(open: Map<ByteString, Map<string, Found>>, entry: Entry, snapshots: readonly number[]): void {
  const { path, type, size, mtimeNs, sha256 } = entry;
  const versions = open.get(path) ?? new Map<string, Found>();
  open.set(path, versions);
  const key = `${type} ${size} ${mtimeNs} ${sha256 ?? entry.target ?? ''}`;
  const known = versions.get(key);
  if (known) known.snapshots.push(...snapshots);
  else versions.set(key, { path, type, size, mtimeNs, sha256, snapshots: [...snapshots] });
}

/** Takes out, in order, the paths that come before `next`: no later block knows them. */
function closed(open: Map<ByteString, Map<string, Found>>, next: ByteString | undefined): Found[][] {
  const paths = [...open.keys()]
    .filter((path) => next === undefined || comparePaths(path, next) < 0)
    .sort(comparePaths);
  return paths.map((path) => {
    const versions = [...open.get(path)!.values()];
    open.delete(path);
    return versions;
  });
}

function* told(versions: readonly Found[], { newest, snapshots }: FindRequest): Generator<FoundVersion[]> {
  const sorted = versions
    .map((version) => ({ ...version, snapshots: version.snapshots.sort((a, b) => a - b) }))
    .sort((a, b) => b.snapshots.at(-1)! - a.snapshots.at(-1)!)
    .map((version) => ({ ...version, snapshots: version.snapshots.map((position) => snapshots[position]!) }));
  yield newest ? sorted.slice(0, 1) : sorted;
}

/** A line of `backup find --json`: one version of one path. */
export function foundJson(version: FoundVersion): Record<string, unknown> {
  const { path, pathBase64 } = pathForJson(version.path === '.' ? '/' : `/${version.path}`);
  return {
    message_type: 'match',
    path,
    ...(pathBase64 ? { pathBase64 } : {}),
    type: entryTypeName(version.type),
    size: version.size,
    mtime: isoTime(Number(version.mtimeNs / 1_000_000n)),
    ...(version.sha256 === undefined ? {} : { sha256: version.sha256 }),
    snapshots: version.snapshots,
  };
}

/** The path, and below it a line for each version: size, time, from which to which snapshot. */
export function foundText(versions: readonly FoundVersion[], say: (english: string) => string): string {
  const { path } = versions[0]!;
  const lines = versions.map(({ type, size, mtimeNs, snapshots }) => {
    const time = isoTime(Number(mtimeNs / 1_000_000n)).replace(/\.\d+Z$/, 'Z');
    const shownSize = (type === 'f' ? formatSize(size) : toText(type)).padStart(10);
    const newest = snapshots.at(-1)!;
    const more =
      snapshots.length > 1 ? `  ${say(`in ${snapshots.length} snapshots since ${snapshots[0]!.slice(0, 16)}`)}` : '';
    return `${shownSize}  ${time}  ${newest}${more}`;
  });
  return [shownPath(path === '.' ? '/' : `/${path}`), ...lines].join('\n');
}

/** File names differ by case in ASCII letters; bytes above are left alone. */
function asciiLower(path: ByteString): ByteString {
  return path.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

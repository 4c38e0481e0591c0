import type { ByteString } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import type { EntryBlockRef } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import type { OnLostBlock } from '../repository/manifest.ts';
import { PathGuard } from './path-guard.ts';
import { mayHold, Selection } from './selection.ts';

/** Reads the entries of a manifest in order; told of blocks that no leg has right. */
export type EntryReader = (onLost: OnLostBlock<EntryBlockRef>) => AsyncIterable<Entry>;

/** A block of the manifest that no leg has right. Its names in the order of the manifest lie between `first` and `last`. */
export interface LostEntries {
  object: string;
  entries: number;
  first: ByteString;
  last: ByteString;
  problem: string;
}

/** What `selectedEntries` finds besides entries. */
export interface SelectionSink {
  /** Every entry, wanted or not. */
  seen?(entry: Entry): void;
  lost(one: LostEntries): void;
  /** A folder whose own entry was lost. */
  implied(path: ByteString): void;
  skipped(count: number): void;
}

/**
 * The entries of a manifest that are wanted, in order, each with a path that was checked. `above`: a folder that only comes with
 * something selected in it.
 * @throws OaopsError `repository-damaged` (exit 9) when the manifest names a path that it must not
 */
export async function* selectedEntries(
  read: EntryReader,
  select: { include: readonly string[]; exclude: readonly string[] },
  sink: SelectionSink,
): AsyncGenerator<{ entry: Entry; above: boolean }> {
  const guard = new PathGuard();
  const selection = new Selection(select.include, select.exclude);
  // Folders above something selected come with it, but only once it is found.
  let above: Entry[] = [];
  const take = function* (entry: Entry): Generator<{ entry: Entry; above: boolean }> {
    above = above.filter((folder) => folder.path === '.' || entry.path.startsWith(`${folder.path}/`));
    if (!selection.has(entry.path)) {
      sink.skipped(1);
      if (entry.type === 'd' && entry.path !== '.') above.push(entry);
      return;
    }
    for (const folder of above) yield { entry: folder, above: true };
    sink.skipped(-above.length);
    above = [];
    yield { entry, above: false };
  };
  const onLost: OnLostBlock<EntryBlockRef> = ({ sha256, count, first, last }, problem) => {
    guard.skip(first, last);
    if (mayHold(select.include, first, last))
      sink.lost({ object: objectNames.block(sha256), entries: count, first, last, problem });
  };
  for await (const entry of read(onLost)) {
    for (const path of guard.accept(entry.path, entry.type)) {
      sink.implied(path);
      yield* take(impliedFolder(path));
    }
    sink.seen?.(entry);
    yield* take(entry);
  }
}

/** Nothing is known of it but that it was there: private, and owned by who restores. */
function impliedFolder(path: ByteString): Entry {
  return {
    type: 'd',
    path,
    mode: 0o700,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    user: undefined,
    group: undefined,
    mtimeNs: 0n,
    ctimeNs: 0n,
    inode: 0n,
    size: 0,
    sha256: undefined,
    target: undefined,
    pieces: [],
    xattrs: [],
    acl: undefined,
    link: undefined,
    flags: [],
  };
}

import type { ByteString } from '../format/byte-string.ts';
import { damaged } from '../format/damaged.ts';
import type { Entry, Piece } from '../format/entry.ts';
import type { EntryBlockRef } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import type { OnLostBlock } from '../repository/manifest.ts';
import { isForeign, modeAsOwn } from './owner-bits.ts';
import { PathGuard } from './path-guard.ts';
import { mayHold, Selection } from './selection.ts';

/** What is set on an object besides its content. */
export interface Metadata {
  path: ByteString;
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
  /** Extended attributes or an ACL follow later, so mode and time are set after them. */
  later: boolean;
}

/** A regular file with content, or empty. */
export interface PlannedFile extends Metadata {
  /** Where it is written when that is not its place yet: it takes it by being renamed. */
  at?: ByteString;
  /** Its content is there already. */
  present?: boolean;
  /** Not restored, for a reason that was told. */
  refused?: boolean;
  size: number;
  /** Of `size` what comes from packs; the rest are holes. */
  contentBytes: number;
  sparse: boolean;
  sha256: string | undefined;
  /** 1 = one content is the whole file. Otherwise it is made first, written in parts, and hashed as a whole at the end. */
  parts: number;
}

/** One content of a pack and where it goes. */
export interface PlannedPiece {
  member: number;
  length: number;
  sha256: string;
  /** Number of the file and offset in it. */
  uses: { file: number; offset: number }[];
}

export interface RestorePlan {
  folders: Entry[];
  files: PlannedFile[];
  /** Symbolic links, FIFOs, devices. */
  specials: Entry[];
  /** `path` becomes a further name of `first`. */
  links: { path: ByteString; first: ByteString; type: Entry['type'] }[];
  /** Extended attributes and ACLs of everything, folders included. */
  attributes: Pick<Entry, 'path' | 'type' | 'xattrs' | 'acl'>[];
  packs: Map<string, Map<number, PlannedPiece>>;
  /** Folders (also in `folders`) whose own entry was lost: made so that what they hold can be restored. */
  implied: Set<ByteString>;
  /** Folders that only come with what they hold: they are not restored themselves where they exist. */
  above: Set<ByteString>;
  /** Objects that will belong to who restores instead of their owner. */
  foreign: number;
  /** Entries that could not be read and that may have been wanted. */
  lost: LostEntries[];
  /** Files whose content was not read when the backup was made. */
  unreadable: ByteString[];
  sockets: number;
  /** Content bytes that will be written. */
  bytes: number;
  skipped: number;
}

/** A block of the manifest that no leg has right. Its names in the order of the manifest lie between `first` and `last`. */
export interface LostEntries {
  object: string;
  entries: number;
  first: ByteString;
  last: ByteString;
  problem: string;
}

export interface RestoreOwners {
  /** Owners are set; otherwise everything belongs to who restores. */
  chown: boolean;
  uid(entry: Pick<Entry, 'uid' | 'user'>): number;
  gid(entry: Pick<Entry, 'gid' | 'group'>): number;
}

/** Reads the manifest, checks every path, and sorts the work: by pack, so that each is fetched once. */
export async function planRestore(
  read: (onLost: OnLostBlock<EntryBlockRef>) => AsyncIterable<Entry>,
  select: { include: readonly string[]; exclude: readonly string[] },
  owners: RestoreOwners,
  seen?: (entry: Entry) => void,
): Promise<RestorePlan> {
  const plan: RestorePlan = {
    folders: [],
    files: [],
    specials: [],
    links: [],
    attributes: [],
    packs: new Map(),
    implied: new Set(),
    above: new Set(),
    foreign: 0,
    lost: [],
    unreadable: [],
    sockets: 0,
    bytes: 0,
    skipped: 0,
  };
  const firstNames = new Map<string, ByteString>();
  const told = {
    ...(seen ? { seen } : {}),
    lost: (one: LostEntries) => void plan.lost.push(one),
    implied: (path: ByteString) => void plan.implied.add(path),
    skipped: (count: number) => {
      plan.skipped += count;
    },
  };
  for await (const { entry, above } of selectedEntries(read, select, told)) {
    if (above || entry.flags.includes('above')) plan.above.add(entry.path);
    if (above) addFolder(plan, asRestored(plan, entry, owners));
    else add(plan, entry, owners, firstNames);
  }
  return plan;
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
  read: (onLost: OnLostBlock<EntryBlockRef>) => AsyncIterable<Entry>,
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

/** Takes what is there already out of the contents that are fetched. */
export function leaveOutPresent(plan: RestorePlan): void {
  plan.bytes = 0;
  for (const [sha256, pieces] of plan.packs) {
    for (const [member, piece] of pieces) {
      piece.uses = piece.uses.filter(({ file }) => !plan.files[file]!.present);
      if (piece.uses.length === 0) pieces.delete(member);
      plan.bytes += piece.length * piece.uses.length;
    }
    if (pieces.size === 0) plan.packs.delete(sha256);
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

function addFolder(plan: RestorePlan, entry: Entry): void {
  // The folder that stands for `/` only matters when `/` itself was backed up.
  if (entry.path === '.' && entry.flags.includes('above')) return;
  plan.folders.push(entry);
  addAttributes(plan, entry);
}

/** Owner bits are kept only where the owner will be the stored one; see `modeAsOwn`. */
function asRestored(plan: RestorePlan, entry: Entry, owners: RestoreOwners): Entry {
  if (owners.chown) return entry;
  if (isForeign(entry)) plan.foreign += 1;
  return { ...entry, mode: modeAsOwn(entry) };
}

function add(plan: RestorePlan, found: Entry, owners: RestoreOwners, firstNames: Map<string, ByteString>): void {
  const entry = asRestored(plan, found, owners);
  if (entry.type === 'd') {
    addFolder(plan, entry);
    return;
  }
  if (entry.type === 's') {
    plan.sockets += 1;
    return;
  }
  if (entry.flags.includes('unreadable')) {
    plan.unreadable.push(entry.path);
    return;
  }
  if (entry.link !== undefined) {
    const key = `${entry.type} ${entry.link}`;
    const first = firstNames.get(key);
    if (first !== undefined) {
      plan.links.push({ path: entry.path, first, type: entry.type });
      return;
    }
    firstNames.set(key, entry.path);
  }
  addAttributes(plan, entry);
  if (entry.type === 'f') addFile(plan, entry, owners);
  else plan.specials.push(entry);
}

function addAttributes(plan: RestorePlan, { path, type, xattrs, acl }: Entry): void {
  if (xattrs.length > 0 || acl !== undefined) plan.attributes.push({ path, type, xattrs, acl });
}

function addFile(plan: RestorePlan, entry: Entry, owners: RestoreOwners): void {
  const { path, mode, mtimeNs, size, sha256, pieces } = entry;
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (total !== size || (size > 0 && sha256 === undefined))
    throw damaged('the pieces of a file do not make up its size');
  const number = plan.files.length;
  plan.files.push({
    path,
    mode,
    uid: owners.uid(entry),
    gid: owners.gid(entry),
    mtimeNs,
    later: entry.xattrs.length > 0 || entry.acl !== undefined,
    size,
    contentBytes: pieces.reduce((sum, piece) => sum + (piece.pack === null ? 0 : piece.length), 0),
    sparse: entry.flags.includes('sparse'),
    sha256,
    // A hole alone is written as a frame of the right length, as if it had parts.
    parts: pieces.length === 1 && pieces[0]!.pack === null ? 2 : pieces.length,
  });
  let offset = 0;
  for (const piece of pieces) {
    if (piece.pack !== null) addPiece(plan, piece, number, offset);
    offset += piece.length;
  }
}

function addPiece(plan: RestorePlan, piece: Piece & { pack: string }, file: number, offset: number): void {
  let pack = plan.packs.get(piece.pack);
  if (!pack) {
    pack = new Map();
    plan.packs.set(piece.pack, pack);
  }
  plan.bytes += piece.length;
  const known = pack.get(piece.member);
  if (!known) {
    pack.set(piece.member, {
      member: piece.member,
      length: piece.length,
      sha256: piece.sha256,
      uses: [{ file, offset }],
    });
    return;
  }
  if (known.length !== piece.length || known.sha256 !== piece.sha256)
    throw damaged('two files disagree about one content');
  known.uses.push({ file, offset });
}

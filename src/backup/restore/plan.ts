import { type ByteString, detached } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import { addFile, checkPacks, checkPieces, contentBytes, emptyFilePlan, type FilePlan } from './file-plan.ts';
import { isForeign, modeAsOwn } from './owner-bits.ts';
import type { RestoreOwners } from './owners.ts';
import { type EntryReader, type LostEntries, selectedEntries } from './selected-entries.ts';

/** What is held of a folder to the end. */
export type PlannedFolder = Pick<Entry, 'type' | 'path' | 'mode' | 'uid' | 'gid' | 'user' | 'group' | 'mtimeNs'>;
export type PlannedSpecial = PlannedFolder & Pick<Entry, 'target'>;

/** What is held to the end keeps no texts of the manifest in memory but its own. */
export interface RestorePlan extends FilePlan {
  /** The files are too many to be held: `files` and `packs` are empty, and `fileWindows` gives them a part at a time. */
  inWindows: boolean;
  /** Regular files, wherever they are; `bytes` counts the contents of all of them. */
  fileCount: number;
  folders: PlannedFolder[];
  /** Symbolic links, FIFOs, devices. */
  specials: PlannedSpecial[];
  /** `path` becomes a further name of `first`. */
  links: { path: ByteString; first: ByteString; type: Entry['type'] }[];
  /** First name of each object that has several, by type and link field. */
  firstNames: Map<string, ByteString>;
  /** Extended attributes and ACLs of everything, folders included. */
  attributes: Pick<Entry, 'path' | 'type' | 'xattrs' | 'acl'>[];
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
  skipped: number;
}

/** What is restored: `--include` and `--exclude`. */
export interface Wanted {
  include: readonly string[];
  exclude: readonly string[];
}

/** When the files of a restore are held in part only, and how much at a time. */
export interface WindowLimits {
  /** So many files are held at once: to read the manifest twice, and to write while it is read, takes half as long again. */
  heldFiles: number;
  /** Files of one part of a larger restore, and contents: they keep the threads busy, and memory flat. */
  files: number;
  pieces: number;
}

export const defaultWindows: WindowLimits = { heldFiles: 120_000, files: 20_000, pieces: 40_000 };

/**
 * Reads the manifest, checks every path and every entry before anything is written, and sorts the work.
 * @param heldFiles holds all files when there are no more; else `fileWindows` reads them again
 */
export async function planRestore(
  read: EntryReader,
  select: Wanted,
  owners: RestoreOwners,
  { heldFiles, seen }: { heldFiles: number; seen: ((entry: Entry) => void) | undefined },
): Promise<RestorePlan> {
  const plan: RestorePlan = {
    ...emptyFilePlan(),
    inWindows: false,
    fileCount: 0,
    folders: [],
    specials: [],
    links: [],
    firstNames: new Map(),
    attributes: [],
    implied: new Set(),
    above: new Set(),
    foreign: 0,
    lost: [],
    unreadable: [],
    sockets: 0,
    skipped: 0,
  };
  const told = {
    ...(seen ? { seen } : {}),
    lost: (one: LostEntries) => void plan.lost.push(one),
    implied: (path: ByteString) => void plan.implied.add(detached(path)),
    skipped: (count: number) => {
      plan.skipped += count;
    },
  };
  for await (const { entry, above } of selectedEntries(read, select, told)) {
    if (above || entry.flags.includes('above')) plan.above.add(detached(entry.path));
    if (!owners.chown && isForeign(entry)) plan.foreign += 1;
    if (above) addFolder(plan, asOwned(entry, owners));
    else add(plan, asOwned(entry, owners), owners);
    if (!plan.inWindows && plan.files.length > heldFiles) {
      plan.inWindows = true;
      checkPacks(plan);
      plan.files = [];
      plan.packs = new Map();
    }
  }
  checkPacks(plan);
  return plan;
}

/** The files of a plan in parts, in the order of the manifest, which is read once more where the plan does not hold them. */
export async function* fileWindows(
  plan: RestorePlan,
  read: EntryReader,
  select: Wanted,
  owners: RestoreOwners,
  limits: WindowLimits,
): AsyncGenerator<FilePlan> {
  if (!plan.inWindows) {
    yield plan;
    return;
  }
  const known = new Set(plan.lost.map(({ object }) => object));
  const sink = {
    // What could be read the first time may be gone the second time.
    lost: (one: LostEntries) => void (known.has(one.object) || plan.lost.push(one)),
    implied: () => undefined,
    skipped: () => undefined,
  };
  let window = emptyFilePlan();
  let pieces = 0;
  let fileCount = 0;
  let bytes = 0;
  for await (const { entry, above } of selectedEntries(read, select, sink)) {
    if (above || entry.type !== 'f' || entry.flags.includes('unreadable')) continue;
    if (entry.link !== undefined && plan.firstNames.get(linkKey(entry)) !== entry.path) continue;
    addFile(window, asOwned(entry, owners), owners);
    fileCount += 1;
    bytes += contentBytes(entry);
    pieces += entry.pieces.length;
    if (window.files.length < limits.files && pieces < limits.pieces) continue;
    checkPacks(window);
    yield window;
    window = emptyFilePlan();
    pieces = 0;
  }
  checkPacks(window);
  yield window;
  // Not more than was given, where some of it could be read the first time only.
  plan.fileCount = fileCount;
  plan.bytes = bytes;
}

function addFolder(plan: RestorePlan, entry: Entry): void {
  // The folder that stands for `/` only matters when `/` itself was backed up.
  if (entry.path === '.' && entry.flags.includes('above')) return;
  plan.folders.push(heldOf(entry));
  addAttributes(plan, entry);
}

function heldOf({ type, path, mode, uid, gid, user, group, mtimeNs }: Entry): PlannedFolder {
  return { type, path: detached(path), mode, uid, gid, user: own(user), group: own(group), mtimeNs };
}

function own<T extends ByteString | undefined>(text: T): T | ByteString {
  return text === undefined ? text : detached(text);
}

/** Owner bits are kept only where the owner will be the stored one; see `modeAsOwn`. */
function asOwned(entry: Entry, owners: RestoreOwners): Entry {
  return owners.chown ? entry : { ...entry, mode: modeAsOwn(entry) };
}

function linkKey(entry: Entry): string {
  return detached(`${entry.type} ${entry.link}`);
}

function add(plan: RestorePlan, entry: Entry, owners: RestoreOwners): void {
  if (entry.type === 'd') {
    addFolder(plan, entry);
    return;
  }
  if (entry.type === 's') {
    plan.sockets += 1;
    return;
  }
  if (entry.flags.includes('unreadable')) {
    plan.unreadable.push(detached(entry.path));
    return;
  }
  if (entry.link !== undefined) {
    const key = linkKey(entry);
    const first = plan.firstNames.get(key);
    if (first !== undefined) {
      plan.links.push({ path: detached(entry.path), first, type: entry.type });
      return;
    }
    plan.firstNames.set(key, detached(entry.path));
  }
  addAttributes(plan, entry);
  if (entry.type !== 'f') {
    plan.specials.push({ ...heldOf(entry), target: own(entry.target) });
    return;
  }
  plan.fileCount += 1;
  if (!plan.inWindows) {
    addFile(plan, withOwnTexts(entry), owners);
    return;
  }
  checkPieces(entry);
  plan.bytes += contentBytes(entry);
}

/** Of a file that is held: one content has the hash of the file. */
function withOwnTexts(entry: Entry): Entry {
  const sha256 = own(entry.sha256);
  const pieces = entry.pieces.map((piece) =>
    piece.pack === null
      ? piece
      : { ...piece, sha256: piece.sha256 === entry.sha256 ? sha256! : detached(piece.sha256) },
  );
  return { ...entry, path: detached(entry.path), sha256, pieces };
}

function addAttributes(plan: RestorePlan, { path, type, xattrs, acl }: Entry): void {
  if (xattrs.length === 0 && acl === undefined) return;
  const named = xattrs.map(({ name, hex }) => ({ name: detached(name), hex: detached(hex) }));
  plan.attributes.push({ path: detached(path), type, xattrs: named, acl: own(acl) });
}

import type { ByteString } from '../format/byte-string.ts';
import { damaged } from '../format/damaged.ts';
import type { Entry, Piece } from '../format/entry.ts';
import type { RestoreOwners } from './owners.ts';
import { PackPieces } from './pack-pieces.ts';

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

/** Regular files, and the contents they are made of by pack, so that each is fetched once. */
export interface FilePlan {
  files: PlannedFile[];
  packs: Map<string, PackPieces>;
  /** Content bytes that will be written. */
  bytes: number;
}

export function emptyFilePlan(): FilePlan {
  return { files: [], packs: new Map(), bytes: 0 };
}

/** @throws OaopsError `repository-damaged` */
export function checkPieces({ pieces, size, sha256 }: Entry): void {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (total !== size || (size > 0 && sha256 === undefined))
    throw damaged('the pieces of a file do not make up its size');
}

/** What comes from packs; the rest are holes. */
export function contentBytes({ pieces }: Entry): number {
  return pieces.reduce((sum, piece) => sum + (piece.pack === null ? 0 : piece.length), 0);
}

/** To hash them takes a minute or so; a manifest can name thousands of times as much in one line. */
const hashedHoleBytes = 64 * 1024 ** 3;

/** Whether a file is hashed as a whole when its parts are there; where not, each of its parts was compared with its own hash. */
export function isHashedWhole({ size, contentBytes }: { size: number; contentBytes: number }): boolean {
  return size > 0 && size - contentBytes <= hashedHoleBytes;
}

/** @throws OaopsError `repository-damaged` when pieces and size do not fit */
export function addFile(plan: FilePlan, entry: Entry, owners: RestoreOwners): void {
  const { path, mode, mtimeNs, size, sha256, pieces } = entry;
  checkPieces(entry);
  const number = plan.files.length;
  plan.files.push({
    path,
    mode,
    uid: owners.uid(entry),
    gid: owners.gid(entry),
    mtimeNs,
    later: entry.xattrs.length > 0 || entry.acl !== undefined,
    size,
    contentBytes: contentBytes(entry),
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

function addPiece(plan: FilePlan, piece: Piece & { pack: string }, file: number, offset: number): void {
  let pack = plan.packs.get(piece.pack);
  if (!pack) {
    pack = new PackPieces();
    plan.packs.set(piece.pack, pack);
  }
  plan.bytes += piece.length;
  pack.add({ member: piece.member, length: piece.length, sha256: piece.sha256, file, offset });
}

/** To be called when all files are in the plan. @throws OaopsError `repository-damaged` when two files disagree about a content */
export function checkPacks(plan: FilePlan): void {
  for (const pieces of plan.packs.values()) pieces.check();
}

/** Takes what is there already out of the contents that are fetched. */
export function leaveOutPresent(plan: FilePlan): void {
  leaveOut(plan, (file) => plan.files[file]!.present === true);
  plan.bytes = 0;
  for (const pieces of plan.packs.values()) plan.bytes += pieces.bytes;
}

/** Takes files out of the contents that are fetched. */
export function leaveOut(plan: FilePlan, isOut: (file: number) => boolean): void {
  for (const [sha256, pieces] of plan.packs) {
    pieces.leaveOut(isOut);
    if (pieces.isEmpty) plan.packs.delete(sha256);
  }
}

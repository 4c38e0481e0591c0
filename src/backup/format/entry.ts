import { type ByteString, detached } from './byte-string.ts';
import { damaged } from './damaged.ts';
import { escapeBytes, escapeListName, escapeOptional, unescapeBytes, unescapeOptional } from './escape.ts';
import { parseCount, parseHash } from './lines.ts';
import { formatTimeNs, parseTimeNs } from './times.ts';

/** `f` file, `d` folder, `l` symbolic link, `p` FIFO, `b` and `c` devices, `s` socket (noted only). */
export type EntryType = 'f' | 'd' | 'l' | 'p' | 'b' | 'c' | 's';

export type EntryFlag = 'changed' | 'unreadable' | 'sparse' | 'above';

/** A part of a file's content: a whole member of a pack, or a hole (`pack` null): zeros stored nowhere. */
export type Piece =
  | { pack: string; member: number; length: number; sha256: string }
  | { pack: null; length: number; sha256: null };

export interface Xattr {
  name: ByteString;
  /** Lower-case hex, possibly empty. */
  hex: string;
}

/** One line of an entry block; docs/backup-format.md section 5 tells each field. */
export interface Entry {
  type: EntryType;
  path: ByteString;
  /** Permission bits with setuid, setgid, sticky. */
  mode: number;
  uid: number;
  gid: number;
  user: ByteString | undefined;
  group: ByteString | undefined;
  mtimeNs: bigint;
  ctimeNs: bigint;
  inode: bigint;
  size: number;
  /** Of the whole content; undefined when there is none. */
  sha256: string | undefined;
  /** Link target, or `major:minor`. */
  target: ByteString | undefined;
  pieces: Piece[];
  xattrs: Xattr[];
  acl: string | undefined;
  /** Equal for all names of one hard-linked object of the snapshot. */
  link: string | undefined;
  flags: EntryFlag[];
}

/** Positions of the fields, for code that compares lines without parsing them. */
export const entryField = {
  type: 0,
  path: 1,
  mode: 2,
  uid: 3,
  gid: 4,
  user: 5,
  group: 6,
  mtime: 7,
  ctime: 8,
  inode: 9,
  size: 10,
  sha256: 11,
  target: 12,
  pieces: 13,
  pieceHashes: 14,
  xattrs: 15,
  acl: 16,
  link: 17,
  flags: 18,
} as const;

export const entryFieldCount = 19;

export function formatEntry(entry: Entry): string {
  return [
    entry.type,
    escapeBytes(entry.path),
    entry.mode.toString(8).padStart(4, '0'),
    entry.uid,
    entry.gid,
    escapeOptional(entry.user),
    escapeOptional(entry.group),
    formatTimeNs(entry.mtimeNs),
    formatTimeNs(entry.ctimeNs),
    entry.inode,
    entry.size,
    entry.sha256 ?? '-',
    escapeOptional(entry.target),
    formatPieces(entry.pieces),
    formatPieceHashes(entry.pieces),
    formatXattrs(entry.xattrs),
    entry.acl ?? '-',
    entry.link ?? '-',
    entry.flags.length === 0 ? '-' : entry.flags.join(','),
  ].join('\t');
}

const aclForm = /^(?:(?:default:)?(?:user|group|mask|other):\d*:[r-][w-][x-](?:,|$))+$/;

function isTarget(type: string, target: ByteString | undefined): boolean {
  // An empty one, which a file system outside of the kernel may answer with, only means that this link cannot be made.
  if (type === 'l') return target !== undefined && !target.includes('\0');
  if (type === 'b' || type === 'c') return target !== undefined && /^\d{1,10}:\d{1,10}$/.test(target);
  return true;
}

/** Throws `repository-damaged`. */
export function parseEntry(line: string): Entry {
  const fields = line.split('\t');
  if (fields.length !== entryFieldCount) throw damaged(`an entry has ${fields.length} fields instead of 19`);
  const type = fields[entryField.type]!;
  if (!/^[fdlpbcs]$/.test(type)) throw damaged(`an entry has the unknown type ${JSON.stringify(type)}`);
  const mode = fields[entryField.mode]!;
  if (!/^[0-7]{4}$/.test(mode)) throw damaged('a mode is not 4 octal digits');
  const inode = fields[entryField.inode]!;
  if (!/^\d{1,20}$/.test(inode)) throw damaged('an inode is not a number');
  const sha256 = fields[entryField.sha256]!;
  const acl = fields[entryField.acl]!;
  // It becomes lines for setfacl(1), of which "# file:" or "# owner:" would lead elsewhere.
  if (acl !== '-' && !aclForm.test(acl)) throw damaged('an ACL is not one');
  const target = unescapeOptional(fields[entryField.target]!);
  if (!isTarget(type, target)) throw damaged('the target of a link or the number of a device is not one');
  const link = fields[entryField.link]!;
  return {
    type: type as EntryType,
    path: unescapeBytes(fields[entryField.path]!),
    mode: Number.parseInt(mode, 8),
    uid: parseCount(fields[entryField.uid], 'a uid'),
    gid: parseCount(fields[entryField.gid], 'a gid'),
    user: unescapeOptional(fields[entryField.user]!),
    group: unescapeOptional(fields[entryField.group]!),
    mtimeNs: parseTimeNs(fields[entryField.mtime]),
    ctimeNs: parseTimeNs(fields[entryField.ctime]),
    inode: BigInt(inode),
    size: parseSize(fields[entryField.size]),
    sha256: sha256 === '-' ? undefined : parseHash(sha256, 'a content hash'),
    target,
    pieces: parsePieces(fields[entryField.pieces]!, fields[entryField.pieceHashes]!, sha256),
    xattrs: parseXattrs(fields[entryField.xattrs]!),
    acl: acl === '-' ? undefined : acl,
    link: link === '-' ? undefined : link,
    flags: parseFlags(fields[entryField.flags]!),
  };
}

export function formatPieces(pieces: readonly Piece[]): string {
  if (pieces.length === 0) return '-';
  return pieces.map((p) => (p.pack === null ? `-:-:${p.length}` : `${p.pack}:${p.member}:${p.length}`)).join(',');
}

/** `-` for a file that is one piece: its hash is the file's. */
export function formatPieceHashes(pieces: readonly Piece[]): string {
  if (pieces.length === 0 || (pieces.length === 1 && pieces[0]!.pack !== null)) return '-';
  return pieces.map((p) => p.sha256 ?? '-').join(',');
}

export function parsePieces(piecesField: string, hashesField: string, fileSha256: string): Piece[] {
  if (piecesField === '-') return [];
  const hashes = hashesField === '-' ? [fileSha256] : hashesField.split(',');
  const pieces = piecesField.split(',');
  if (hashes.length !== pieces.length) throw damaged('an entry has not as many hashes as pieces');
  return pieces.map((piece, i): Piece => {
    const [name, member, length, ...rest] = piece.split(':');
    if (rest.length > 0) throw damaged('a piece has too many parts');
    if (name === '-') return { pack: null, length: parseSize(length), sha256: null };
    return {
      pack: packName(name),
      member: parseCount(member, 'the member of a piece'),
      length: parseSize(length),
      sha256: parseHash(hashes[i], 'the hash of a piece'),
    };
  });
}

/** Neighbours mostly lie in the same pack. */
let latestPack: string | undefined;

/** A copy, and the same again for the next piece: a part of a line keeps all of it in memory, and is a new key for a map. */
function packName(field: string | undefined): string {
  if (field === undefined || field !== latestPack) latestPack = detached(parseHash(field, 'the pack of a piece'));
  return latestPack;
}

/** Sizes may need all of 2^53. */
function parseSize(field: string | undefined): number {
  const size = field !== undefined && /^\d{1,16}$/.test(field) ? Number(field) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw damaged('a size is not a number');
  return size;
}

export function formatXattrs(xattrs: readonly Xattr[]): string {
  if (xattrs.length === 0) return '-';
  return xattrs.map((x) => `${escapeListName(x.name)}=0x${x.hex}`).join(',');
}

function parseXattrs(field: string): Xattr[] {
  if (field === '-') return [];
  return field.split(',').map((part) => {
    const match = /^([^=]+)=0x((?:[0-9a-f]{2})*)$/.exec(part);
    if (!match) throw damaged('an extended attribute is not name=0xHEX');
    return { name: unescapeBytes(match[1]!), hex: match[2]! };
  });
}

/** Unknown flags are kept: a later writer of the same format version may add some. */
function parseFlags(field: string): EntryFlag[] {
  return field === '-' ? [] : (field.split(',') as EntryFlag[]);
}

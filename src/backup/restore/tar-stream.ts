import type { ByteString } from '../format/byte-string.ts';
import { toBytes } from '../format/byte-string.ts';
import type { Entry, Piece } from '../format/entry.ts';
import { formatTimeNs } from '../format/times.ts';

const block = 512;
/** Type flags of ustar (POSIX.1-2008, pax). */
const typeFlags: Partial<Record<Entry['type'], string>> = { f: '0', l: '2', c: '3', b: '4', d: '5', p: '6' };

/** Two blocks of zeros, and as many as make a record of 20: what every tar writes at the end. */
export const tarEnd = Buffer.alloc(20 * block);

/** Zeros up to the next block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((block - (bytes % block)) % block);
}

export interface TarMember {
  /** Name in the archive. */
  name: ByteString;
  /** A further name of this earlier member. */
  linkTo?: ByteString;
  mode: number;
  uid: number;
  gid: number;
}

/**
 * Headers of one object: a pax header with everything that ustar cannot say (times to the nanosecond, long names and links, large
 * numbers, extended attributes as GNU tar and star write them, ACLs), and the ustar header. Content and padding follow.
 */
export function tarHeaders(entry: Entry, member: TarMember, runs?: SparseRuns): Buffer {
  const type = member.linkTo === undefined ? typeFlags[entry.type]! : '1';
  const name = entry.type === 'd' && member.linkTo === undefined ? `${member.name}/` : member.name;
  const link = member.linkTo ?? (entry.type === 'l' ? (entry.target ?? '') : '');
  const size = type === '0' ? (runs ? sparseStart(runs).length + runs.bytes : entry.size) : 0;
  const records: [key: string, value: ByteString][] = [];
  if (runs) {
    records.push(['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0']);
    records.push(['GNU.sparse.name', name], ['GNU.sparse.realsize', String(entry.size)]);
  } else if (name.length > 100 || !isAscii(name)) records.push(['path', name]);
  if (link.length > 100 || !isAscii(link)) records.push(['linkpath', link]);
  if (member.uid > 0o7777777) records.push(['uid', String(member.uid)]);
  if (member.gid > 0o7777777) records.push(['gid', String(member.gid)]);
  if (size > 0o77777777777) records.push(['size', String(size)]);
  for (const [key, name] of [
    ['uname', entry.user],
    ['gname', entry.group],
  ] as const)
    if (name !== undefined && (name.length > 31 || !isAscii(name))) records.push([key, name]);
  records.push(['mtime', formatTimeNs(entry.mtimeNs)]);
  if (member.linkTo === undefined) records.push(...attributeRecords(entry));
  const pax = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const [major = 0, minor = 0] = entry.type === 'b' || entry.type === 'c' ? entry.target!.split(':').map(Number) : [];
  return Buffer.concat([
    ustar({ name: 'pax', mode: 0o600, uid: 0, gid: 0, size: pax.length, type: 'x', link: '' }),
    pax,
    tarPadding(pax.length),
    ustar({ ...member, name, size, type, link, major, minor, user: entry.user ?? '', group: entry.group ?? '' }),
  ]);
}

/** What is stored of a file with holes. */
export interface SparseRuns {
  runs: { offset: number; length: number }[];
  /** Of all runs together. */
  bytes: number;
}

/** Undefined when no piece is a hole. */
export function sparseRuns(pieces: readonly Piece[]): SparseRuns | undefined {
  if (pieces.every(({ pack }) => pack !== null)) return undefined;
  const runs: SparseRuns['runs'] = [];
  let offset = 0;
  let bytes = 0;
  for (const { pack, length } of pieces) {
    const last = runs.at(-1);
    if (pack !== null && last && last.offset + last.length === offset) last.length += length;
    else if (pack !== null) runs.push({ offset, length });
    if (pack !== null) bytes += length;
    offset += length;
  }
  // The end of the file, so that a hole there has its length.
  if (pieces.at(-1)!.pack === null) runs.push({ offset, length: 0 });
  return { runs, bytes };
}

/** The map before the content of a sparse file (format 1.0 of GNU tar): numbers, one a line, filled up to a block. */
export function sparseStart({ runs }: SparseRuns): Buffer {
  const text = [runs.length, ...runs.flatMap(({ offset, length }) => [offset, length])].map((n) => `${n}\n`).join('');
  return Buffer.concat([Buffer.from(text), tarPadding(text.length)]);
}

function attributeRecords({ xattrs, acl }: Entry): [string, ByteString][] {
  const records: [string, ByteString][] = [];
  for (const { name, hex } of xattrs) {
    // In keys of pax records "=" ends the key; GNU tar writes it, and "%", as in a URL.
    const key = name.replaceAll('%', '%25').replaceAll('=', '%3D');
    records.push([`SCHILY.xattr.${key}`, Buffer.from(hex, 'hex').toString('latin1')]);
  }
  const lines = acl?.split(',') ?? [];
  const access = lines.filter((line) => !line.startsWith('default:'));
  const defaults = lines.filter((line) => line.startsWith('default:')).map((line) => line.slice('default:'.length));
  if (access.length > 0) records.push(['SCHILY.acl.access', access.join(',')]);
  if (defaults.length > 0) records.push(['SCHILY.acl.default', defaults.join(',')]);
  return records;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits too. */
function paxRecord(key: ByteString, value: ByteString): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return toBytes(`${length}${rest}`);
}

interface Ustar {
  name: ByteString;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  type: string;
  link: ByteString;
  major?: number;
  minor?: number;
  user?: ByteString;
  group?: ByteString;
}

function ustar(header: Ustar): Buffer {
  const { name, mode, uid, gid, size, type, link, major = 0, minor = 0, user = '', group = '' } = header;
  const bytes = Buffer.alloc(block);
  const text = (value: ByteString, at: number, length: number) => void toBytes(value.slice(0, length)).copy(bytes, at);
  const octal = (value: number, at: number, length: number) => {
    const digits = length - 1;
    // What does not fit stands in the pax header.
    const fits = value < 8 ** digits ? value : 0;
    bytes.write(fits.toString(8).padStart(digits, '0'), at, 'latin1');
  };
  text(name, 0, 100);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write(type, 156, 'latin1');
  text(link, 157, 100);
  bytes.write('ustar\x0000', 257, 'latin1');
  text(user, 265, 31);
  text(group, 297, 31);
  octal(major, 329, 8);
  octal(minor, 337, 8);
  bytes.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function isAscii(value: ByteString): boolean {
  return !/[^\x20-\x7e]/.test(value);
}

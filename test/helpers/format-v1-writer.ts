import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';

/**
 * A second, independent writer of docs/backup-format.md: it uses nothing of `src/` and follows the page alone. Simple and
 * slow; small packs and blocks so that little trees already need several of them.
 */
export interface WriterOptions {
  /** age recipients; none = encryption `none`. */
  recipients?: string[];
  packBytes?: number;
  /** Name of the machine; default srv01. */
  host?: string;
  entriesPerBlock?: number;
}

/** A line of an entry block by field name, in the order of the fields, already escaped. */
export interface Line {
  type: string;
  path: string;
  mode: string;
  uid: string;
  gid: string;
  user: string;
  group: string;
  mtime: string;
  ctime: string;
  inode: string;
  size: string;
  sha256: string;
  target: string;
  pieces: string;
  pieceHashes: string;
  xattrs: string;
  acl: string;
  link: string;
  flags: string;
}

const mib = 1024 * 1024;
export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

export function escapeField(bytes: Buffer, also = ''): string {
  const text = bytes.toString('latin1');
  if (text === '-') return '\\0055';
  return [...text]
    .map((c) =>
      c < ' ' || c > '~' || c === '\\' || also.includes(c) ? `\\0${c.charCodeAt(0).toString(8).padStart(3, '0')}` : c,
    )
    .join('');
}

export class FormatV1Writer {
  readonly dir: string;
  readonly repositoryId = '5f1d0000000000000000000000000000';
  private readonly options: Required<WriterOptions>;
  private readonly contents = new Map<string, { pack: number; member: number; length: number }>();
  /** Name and frames of each finished pack; the open one is last and has no name yet. */
  private packs: { sha: string; line: string; storedBytes: number }[] = [];
  private open: Buffer[] = [];
  private openBytes = 0;

  constructor(dir: string, options: WriterOptions = {}) {
    this.dir = dir;
    this.options = { recipients: [], packBytes: 2 * mib, entriesPerBlock: 40, host: 'srv01', ...options };
    const encryption = this.options.recipients.length > 0 ? 'age' : 'none';
    mkdirSync(join(dir, 'keys'), { recursive: true });
    const createdAt = '2026-11-22T18:05:12.123Z';
    writeFileSync(
      join(dir, 'config'),
      `${JSON.stringify({ format: 'oaops-backup', formatVersion: 1, repositoryId: this.repositoryId, createdAt, encryption, frameBytes: mib, segmentBytes: mib, segmentThresholdBytes: 8 * mib })}\n`,
    );
    writeFileSync(
      join(dir, 'keys/00000001'),
      `${JSON.stringify({ recipients: this.options.recipients, createdAt })}\n`,
    );
  }

  /** Lines for everything below `source` (absolute) and for the folders above it. Contents go to packs. */
  tree(source: string): Line[] {
    const lines: Line[] = [];
    const parts = source.split('/').filter((part) => part !== '');
    for (let i = 1; i < parts.length; i++)
      lines.push(this.line(Buffer.from(`/${parts.slice(0, i).join('/')}`), ['above']));
    this.walk(Buffer.from(source), lines);
    const xattrs = dumpXattrs(source);
    const acls = dumpAcls(source);
    for (const line of lines) {
      line.xattrs = xattrs.get(line.path) ?? '-';
      line.acl = acls.get(line.path) ?? '-';
    }
    return lines;
  }

  private walk(path: Buffer, lines: Line[]): void {
    const line = this.line(path, []);
    lines.push(line);
    if (line.type !== 'd') return;
    const names = readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare);
    for (const name of names) this.walk(Buffer.concat([path, Buffer.from('/'), name]), lines);
  }

  private line(path: Buffer, flags: string[]): Line {
    const stat = lstatSync(path, { bigint: true });
    const type = kindOf(stat);
    const line = blankLine(type, escapeField(path.subarray(1)));
    line.mode = (Number(stat.mode) & 0o7777).toString(8).padStart(4, '0');
    line.uid = String(stat.uid);
    line.gid = String(stat.gid);
    line.mtime = seconds(stat.mtimeNs);
    line.ctime = seconds(stat.ctimeNs);
    line.inode = String(stat.ino);
    if (type === 'l') line.target = escapeField(readlinkSync(path, { encoding: 'buffer' }));
    if (type === 'b' || type === 'c') line.target = device(stat.rdev);
    if (type !== 'd' && stat.nlink > 1n) line.link = `${stat.dev}:${stat.ino}`;
    if (type === 'f') {
      const sparse = Number(stat.blocks) * 512 < Number(stat.size) && stat.size > 4096n;
      this.content(line, path, Number(stat.size));
      if (sparse) flags = [...flags, 'sparse'];
    }
    if (flags.length > 0) line.flags = flags.join(',');
    return line;
  }

  private content(line: Line, path: Buffer, size: number): void {
    line.size = String(size);
    if (size === 0) return;
    if (size <= 8 * mib) {
      const bytes = readFileSync(path);
      Object.assign(line, this.fileContent(bytes));
      return;
    }
    const whole = createHash('sha256');
    const pieces: Buffer[] = [];
    const fd = openSync(path, 'r');
    for (let at = 0; at < size; at += mib) {
      const piece = Buffer.alloc(Math.min(mib, size - at));
      readSync(fd, piece, 0, piece.length, at);
      whole.update(piece);
      pieces.push(piece);
    }
    closeSync(fd);
    Object.assign(line, this.segmented(pieces), { sha256: whole.digest('hex') });
  }

  /** Fields of a file of one piece. */
  fileContent(bytes: Buffer): Pick<Line, 'size' | 'sha256' | 'pieces'> {
    return { size: String(bytes.length), sha256: sha256(bytes), pieces: this.store(bytes) };
  }

  /** Fields of a file of several pieces; pieces of zeros become holes. */
  segmented(pieces: Buffer[]): Pick<Line, 'size' | 'sha256' | 'pieces' | 'pieceHashes'> {
    const isHole = (piece: Buffer) => piece.every((byte) => byte === 0);
    return {
      size: String(pieces.reduce((sum, piece) => sum + piece.length, 0)),
      sha256: sha256(Buffer.concat(pieces)),
      pieces: pieces.map((piece) => (isHole(piece) ? `-:-:${piece.length}` : this.store(piece))).join(','),
      pieceHashes: pieces.map((piece) => (isHole(piece) ? '-' : sha256(piece))).join(','),
    };
  }

  /** `@<pack number>@:<member>:<length>`: the name of a pack is known when it is finished. */
  private store(bytes: Buffer): string {
    const key = sha256(bytes);
    let at = this.contents.get(key);
    if (!at) {
      if (this.openBytes > 0 && this.openBytes + bytes.length > this.options.packBytes) this.closePack();
      at = { pack: this.packs.length, member: this.openBytes / 512, length: bytes.length };
      this.contents.set(key, at);
      this.append(
        ustarHeader(String(at.member), bytes.length),
        bytes,
        Buffer.alloc((512 - (bytes.length % 512)) % 512),
      );
    }
    return `@${at.pack}@:${at.member}:${at.length}`;
  }

  private append(...parts: Buffer[]): void {
    for (const part of parts) {
      this.open.push(part);
      this.openBytes += part.length;
    }
  }

  private closePack(): void {
    if (this.openBytes === 0) return;
    this.append(Buffer.alloc(1024));
    const pack = this.storePack(Buffer.concat(this.open));
    this.packs.push(pack);
    this.open = [];
    this.openBytes = 0;
  }

  /** Stores any tar stream as a pack. */
  storePack(tar: Buffer): { sha: string; line: string; storedBytes: number } {
    const frames: Buffer[] = [];
    for (let at = 0; at < tar.length; at += mib) frames.push(zstdFrame(tar.subarray(at, at + mib)));
    const stored = this.encrypt(Buffer.concat(frames));
    const sha = this.put('packs', stored);
    const header = this.options.recipients.length > 0 ? stored.indexOf('\n', stored.indexOf('\n---') + 1) + 1 : 0;
    const line = ['pack', sha, stored.length, header, tar.length, frames.map((frame) => frame.length).join(',')].join(
      '\t',
    );
    return { sha, line, storedBytes: stored.length };
  }

  private encrypt(bytes: Buffer): Buffer {
    if (this.options.recipients.length === 0) return bytes;
    const args = this.options.recipients.flatMap((recipient) => ['-r', recipient]);
    const done = spawnSync('age', args, { input: bytes, maxBuffer: 1 << 30 });
    if (done.status !== 0) throw new Error(`age: ${done.stderr}`);
    return done.stdout;
  }

  private put(folder: 'packs' | 'blocks', stored: Buffer): string {
    const sha = sha256(stored);
    mkdirSync(join(this.dir, folder, sha.slice(0, 2)), { recursive: true });
    writeFileSync(join(this.dir, folder, sha.slice(0, 2), sha), stored);
    return sha;
  }

  /** Writes blocks, index, checksums and manifest of a snapshot. `lines` are stored in the order given. */
  snapshot(
    id: string,
    lines: readonly Line[],
    sources: readonly string[] = ['/src'],
  ): { blocks: string[]; packs: string[] } {
    this.closePack();
    const blocks: string[] = [];
    const objects = new Map<string, number>(
      this.packs.map((p) => [`packs/${p.sha.slice(0, 2)}/${p.sha}`, p.storedBytes]),
    );
    const block = (format: string, body: string[], ends: string[]) => {
      const text = `${format}\t1\n${body.map((line) => `${line}\n`).join('')}end\t${body.length}\n`;
      const stored = this.encrypt(zstdFrame(Buffer.from(text, 'latin1')));
      const sha = this.put('blocks', stored);
      objects.set(`blocks/${sha.slice(0, 2)}/${sha}`, stored.length);
      return [
        format === 'oaops-packs' ? 'packs' : 'block',
        sha,
        stored.length,
        body.length,
        sha256(text),
        ...ends,
      ].join('\t');
    };
    const table = block(
      'oaops-packs',
      this.packs.map((p) => p.line),
      [],
    );
    const refs: string[] = [];
    for (let at = 0; at < lines.length; at += this.options.entriesPerBlock) {
      const part = lines.slice(at, at + this.options.entriesPerBlock);
      const named = (pieces: string) => pieces.replace(/@(\d+)@/g, (_, n) => this.packs[Number(n)]!.sha);
      const body = part.map((line) => Object.values({ ...line, pieces: named(line.pieces) }).join('\t'));
      const ref = block('oaops-entries', body, [part[0]!.path, part.at(-1)!.path]);
      refs.push(ref);
      blocks.push(ref.split('\t')[1]!);
    }
    const bytes = lines.reduce((sum, line) => sum + Number(line.size), 0);
    const header = [
      `snapshot\t${id}`,
      `repository\t${this.repositoryId}`,
      'started\t2026-11-22T18:05:12.123Z',
      'ended\t2026-11-22T18:06:12.123Z',
      `host\t${this.options.host}`,
      'user\troot',
      'program\toaops/0.1.0',
      'runbook\t-',
      'parent\t-',
      'status\tcomplete',
      `count\tentries\t${lines.length}`,
      `count\tbytes\t${bytes}`,
    ];
    const root = [...header, ...sources.map((source) => `source\t${source}`), table, ...refs];
    const stored = this.encrypt(zstdFrame(Buffer.from(`oaops-manifest\t1\n${root.join('\n')}\nend\t${root.length}\n`)));
    const index = [...header, `manifest\t${sha256(stored)}\t${stored.length}`];
    const names = [...objects.keys()].sort();
    index.push(...names.map((name) => `object\t${name}\t${objects.get(name)}`));
    const indexText = `oaops-index\t1\n${index.join('\n')}\nend\t${index.length}\n`;
    const sums = names.map((name) => `${name.split('/')[2]}  ${name}`);
    sums.push(`${sha256(indexText)}  snapshots/${id}.index`, `${sha256(stored)}  snapshots/${id}.manifest`);
    mkdirSync(join(this.dir, 'snapshots'), { recursive: true });
    writeFileSync(join(this.dir, `snapshots/${id}.index`), indexText);
    writeFileSync(join(this.dir, `snapshots/${id}.sha256`), `${sums.join('\n')}\n`);
    writeFileSync(join(this.dir, `snapshots/${id}.manifest`), stored);
    return { blocks, packs: this.packs.map((p) => p.sha) };
  }
}

/** An entry with plain attributes and no content. */
export function blankLine(type: string, path: string): Line {
  return {
    type,
    path,
    mode: type === 'd' ? '0755' : '0644',
    uid: '0',
    gid: '0',
    user: '-',
    group: '-',
    mtime: '1700000000.123456789',
    ctime: '1700000000.123456789',
    inode: '1',
    size: '0',
    sha256: '-',
    target: '-',
    pieces: '-',
    pieceHashes: '-',
    xattrs: '-',
    acl: '-',
    link: '-',
    flags: '-',
  };
}

/** RFC 8878 frame with content size and checksum. */
export function zstdFrame(bytes: Buffer): Buffer {
  const params = { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_contentSizeFlag]: 1 };
  return zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
}

export function ustarHeader(name: string, size: number, type = '0', linkName = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  const numbers = ['0000600', '0000000', '0000000', size.toString(8).padStart(11, '0'), '00000000000'];
  header.write(numbers.map((number) => `${number}\0`).join(''), 100, 'latin1');
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkName, 157);
  header.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function kindOf(stat: BigIntStats): string {
  if (stat.isFile()) return 'f';
  if (stat.isDirectory()) return 'd';
  if (stat.isSymbolicLink()) return 'l';
  if (stat.isFIFO()) return 'p';
  if (stat.isBlockDevice()) return 'b';
  return stat.isCharacterDevice() ? 'c' : 's';
}

function seconds(ns: bigint): string {
  const whole = (ns < 0n ? -ns : ns).toString().padStart(10, '0');
  return `${ns < 0n ? '-' : ''}${whole.slice(0, -9)}.${whole.slice(-9)}`;
}

/** Linux: dev_t in 64 bits, as major() and minor() of sysmacros.h take it apart. */
function device(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

function unquote(text: string): Buffer {
  return Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  );
}

function records(program: string, args: string[]): { path: string; lines: string[] }[] {
  const text = spawnSync(program, args, { encoding: 'latin1', maxBuffer: 1 << 30 }).stdout;
  return text
    .split('\n\n')
    .filter((part) => part !== '')
    .map((part) => {
      const [first = '', ...lines] = part.split('\n');
      return { path: escapeField(unquote(first.slice('# file: '.length))), lines };
    });
}

function dumpXattrs(source: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, lines } of records('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '--', source])) {
    const pairs = lines.flatMap((line) => {
      const at = line.indexOf('=');
      const name = at < 0 ? line : line.slice(0, at);
      if (name === '' || name.startsWith('system.posix_acl_')) return [];
      return [
        `${escapeField(unquote(name), ',=')}=${at < 0 || line.slice(at + 1) === '""' ? '0x' : line.slice(at + 1)}`,
      ];
    });
    if (pairs.length > 0) found.set(path, pairs.sort().join(','));
  }
  return found;
}

function dumpAcls(source: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, lines } of records(
    'getfacl',
    ['-R', '-P', '-n', '-s', '-E', '-c', '--absolute-names', '--', source].filter((a) => a !== '-c'),
  )) {
    const rules = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/\s.*$/, ''));
    found.set(path.replace(/^\//, ''), rules.join(','));
  }
  return found;
}

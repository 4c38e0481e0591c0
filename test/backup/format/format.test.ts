import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBytes, fromText, pathForJson, toBytes, toText } from '../../../src/backup/format/byte-string.ts';
import {
  type Entry,
  type EntryFlag,
  formatEntry,
  type Piece,
  parseEntry,
  parsePieces,
} from '../../../src/backup/format/entry.ts';
import {
  eachEntryLine,
  entryBlockLines,
  formatEntryBlock,
  parseEntryBlock,
} from '../../../src/backup/format/entry-block.ts';
import { escapeBytes, escapeOptional, unescapeBytes, unescapeOptional } from '../../../src/backup/format/escape.ts';
import { formatManifestRoot, type ManifestRoot, parseManifestRoot } from '../../../src/backup/format/manifest-root.ts';
import { hashOfObject, objectNames, snapshotOfManifest } from '../../../src/backup/format/object-names.ts';
import { formatPackTable, parsePackTable } from '../../../src/backup/format/pack-table.ts';
import { comparePaths } from '../../../src/backup/format/path-order.ts';
import {
  formatRepositoryConfig,
  formatRepositoryKeys,
  newRepositoryConfig,
  parseRepositoryConfig,
  parseRepositoryKeys,
} from '../../../src/backup/format/repository-config.ts';
import { zeroCounts } from '../../../src/backup/format/snapshot-header.ts';
import { formatChecksums, formatIndex, parseIndex, parseIndexHead } from '../../../src/backup/format/snapshot-index.ts';
import { formatTimeNs, parseTimeNs } from '../../../src/backup/format/times.ts';

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 1e9);
fc.configureGlobal({ seed });
console.log(`fast-check seed ${seed} (repeat with FC_SEED=${seed})`);

const bytes = (max = 60) => fc.uint8Array({ minLength: 1, maxLength: max }).map(fromBytes);
const name = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((u) => fromBytes(u).replace(/[\0/]/g, 'x'));
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((u) => Buffer.from(u).toString('hex'));
const size = fc.nat({ max: 2 ** 31 - 1 });
const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ pack: hash, member: size, length: size, sha256: hash }),
  fc.record({ pack: fc.constant(null), length: size, sha256: fc.constant(null) }),
);
const option = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined });
const entry: fc.Arbitrary<Entry> = fc
  .record({
    type: fc.constantFrom('f', 'd', 'l', 'p', 'b', 'c', 's'),
    path,
    mode: fc.nat({ max: 0o7777 }),
    uid: size,
    gid: size,
    user: option(bytes(20)),
    group: option(bytes(20)),
    mtimeNs: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n }),
    ctimeNs: fc.bigInt({ min: 0n, max: 10n ** 20n }),
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    size,
    sha256: option(hash),
    target: option(bytes()),
    pieces: fc.array(piece, { maxLength: 4 }),
    xattrs: fc.array(
      fc.record({ name: bytes(20), hex: fc.uint8Array({ maxLength: 20 }).map((u) => Buffer.from(u).toString('hex')) }),
      { maxLength: 3 },
    ),
    acl: option(fc.constant('user::rw-,user:1000:r--,group::r--,mask::r--,other::---')),
    link: option(fc.constant('66305:123')),
    flags: fc.subarray<EntryFlag>(['changed', 'unreadable', 'sparse', 'above']),
  })
  .map((e) => {
    // Links lead somewhere and devices have numbers; nothing else has a target that is read.
    if (e.type === 'l') e.target = (e.target ?? '').replaceAll('\0', '') || 'x';
    if (e.type === 'b' || e.type === 'c') e.target = `${e.uid}:${e.gid}`;
    // A file of one stored piece has no hash of its own for it.
    const only = e.pieces[0];
    if (e.pieces.length === 1 && only && only.pack !== null) return { ...e, sha256: only.sha256 } as Entry;
    return e as Entry;
  });

describe('escapes', () => {
  it('give every byte string back, as printable ASCII', () => {
    fc.assert(
      fc.property(bytes(300), (value) => {
        const escaped = escapeBytes(value);
        expect(escaped).toMatch(/^[\x20-\x7e]+$/);
        expect(escaped).not.toBe('-');
        expect(unescapeBytes(escaped)).toBe(value);
        expect(unescapeOptional(escapeOptional(value))).toBe(value);
      }),
    );
  });

  it('are read by printf of the shell', () => {
    const all = fromBytes(Uint8Array.from({ length: 255 }, (_, i) => i + 1));
    for (const value of [all, '-', 'a\n', '\\0101', '%s\\c', fromText('附件\t\\')]) {
      const out = execFileSync('/bin/sh', ['-c', `printf '%b' "$1"`, 'sh', escapeBytes(value)]);
      expect(fromBytes(out)).toBe(value);
    }
  });

  it('that no writer made are refused', () => {
    for (const bad of ['a\\', 'a\\n', '\\0400', '\\12']) expect(() => unescapeBytes(bad)).toThrow(/bad escape/);
  });
});

describe('entries', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(entry, (e) => {
        expect(parseEntry(formatEntry(e))).toEqual(e);
      }),
      { numRuns: 300 },
    );
  });

  it('of links can be read also where the file system answered with an empty target', () => {
    const link: Entry = { ...fc.sample(entry, 1)[0]!, type: 'l', target: '' };
    expect(parseEntry(formatEntry(link))).toEqual(link);
  });

  it('stand one a line in a block that knows its length', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const text = formatEntryBlock(entries.map(formatEntry));
        expect(text).toMatch(/^[\x20-\x7e\t\n]+$/);
        expect(parseEntryBlock(text)).toEqual(entries);
        const lines = text.split('\n');
        if (entries.length > 0)
          expect(() => parseEntryBlock([...lines.slice(0, 1), ...lines.slice(2)].join('\n'))).toThrow(/cut/);
        expect(() => parseEntryBlock(text.slice(0, -1))).toThrow(/line feed/);
      }),
    );
  });

  it('with wrong fields are refused', () => {
    const good = formatEntry(fc.sample(entry, 1)[0]!).split('\t');
    const bad = (field: number, value: string) => good.map((v, i) => (i === field ? value : v)).join('\t');
    for (const line of [
      good.slice(1).join('\t'),
      bad(0, 'x'),
      bad(2, '9'),
      bad(3, '-1'),
      bad(7, '12'),
      bad(10, '1e3'),
      bad(11, 'abc'),
      bad(13, `${'a'.repeat(64)}:1:2:3`),
      bad(15, 'user.x=12'),
    ])
      expect(() => parseEntry(line)).toThrow(/damaged repository data/);
  });
});

describe('times', () => {
  it('are what touch(1) reads', () => {
    expect(formatTimeNs(1_700_000_000_123_456_789n)).toBe('1700000000.123456789');
    expect(formatTimeNs(-1_500_000_000n)).toBe('-1.500000000');
    expect(formatTimeNs(0n)).toBe('0.000000000');
    expect(parseTimeNs('-0.000000001')).toBe(-1n);
    const text = execFileSync('date', ['-u', '-d', '@-1.500000000', '+%s.%N']).toString().trim();
    // GNU date floors the seconds: -2 + 0.5.
    expect(text).toBe('-2.500000000');
  });
});

describe('order', () => {
  it('puts a folder directly before what it holds', () => {
    const sorted = ['a-b', 'a/b', 'a', 'a.', 'a/b/c', 'b', '.', 'a/b-', fromText('附'), 'a\x01'].sort(comparePaths);
    expect(sorted).toEqual(['.', 'a', 'a/b', 'a/b/c', 'a/b-', 'a\x01', 'a-b', 'a.', 'b', fromText('附')]);
  });

  it('is that of a walk with sorted names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 12 }), (paths) => {
        const byParts = (a: string, b: string) => {
          const [x, y] = [a.split('/'), b.split('/')];
          for (let i = 0; i < Math.min(x.length, y.length); i++)
            if (x[i] !== y[i]) return Buffer.compare(toBytes(x[i]!), toBytes(y[i]!));
          return x.length - y.length;
        };
        const usual = paths.filter((p) => p !== '.');
        expect([...usual].sort(comparePaths)).toEqual([...usual].sort(byParts));
      }),
    );
  });
});

describe('names for people', () => {
  it('say when they are not UTF-8', () => {
    expect(pathForJson(fromText('公文/附件.doc'))).toEqual({ path: '公文/附件.doc' });
    const gbk = fromBytes(Buffer.from([0xb8, 0xbd, 0xbc, 0xfe]));
    expect(pathForJson(gbk).pathBase64).toBe('uL28/g==');
    expect(toText(gbk)).toContain('\ufffd');
  });
});

const root: ManifestRoot = {
  snapshot: '20261122T180512Z-9f3a1c2b',
  repository: '0'.repeat(32),
  started: '2026-11-22T18:05:12.123Z',
  ended: '2026-11-22T18:05:13.123Z',
  host: 'oa-1',
  user: 'root',
  program: 'oaops/0.1.0',
  runbook: undefined,
  tags: ['daily', '-'],
  parent: undefined,
  status: 'incomplete',
  counts: { ...zeroCounts(), entries: 3, bytes: 2 ** 45 },
  sources: [fromText('/srv/公文')],
  problems: [{ class: 'vanished', path: 'srv/a\nb', message: 'no such file\tor 目录' }],
  packTables: [{ sha256: 'a'.repeat(64), storedBytes: 10, count: 1, plainSha256: 'b'.repeat(64) }],
  blocks: [
    { sha256: 'c'.repeat(64), storedBytes: 11, count: 3, plainSha256: 'd'.repeat(64), first: 'srv', last: 'srv/\xff' },
  ],
};

describe('manifest root, tables and index', () => {
  it('come back as they were', () => {
    expect(parseManifestRoot(formatManifestRoot(root))).toEqual(root);
    const packs = [{ sha256: 'e'.repeat(64), storedBytes: 9, headerBytes: 300, tarBytes: 10240, frames: [4, 5] }];
    expect(parsePackTable(formatPackTable(packs))).toEqual(packs);
  });

  it('refuse a cut text, another version, another format', () => {
    const text = formatManifestRoot(root);
    expect(() => parseManifestRoot(text.slice(0, text.lastIndexOf('block\t')))).toThrow(/cut/);
    expect(() => parseManifestRoot(text.replace('manifest\t1', 'manifest\t2'))).toThrow(/format version 2/);
    expect(() => parseManifestRoot(text.replace('oaops-manifest', 'other'))).toThrow(/first line/);
  });

  it('the index tells no path and no content hash, and its head can be read alone', () => {
    const { sources: _s, problems: _p, packTables: _t, blocks: _b, ...header } = root;
    const index = {
      ...header,
      manifest: { sha256: '1'.repeat(64), storedBytes: 99 },
      objects: [
        { name: objectNames.block('c'.repeat(64)), storedBytes: 11 },
        { name: objectNames.pack('e'.repeat(64)), storedBytes: 9 },
      ],
    };
    const text = formatIndex(index);
    expect(parseIndex(text)).toEqual(index);
    expect(parseIndexHead(text.slice(0, text.indexOf('object\tpacks')))).toEqual({
      ...header,
      manifest: index.manifest,
    });
    expect(text).not.toContain('srv');
    expect(formatChecksums(index, '2'.repeat(64)).split('\n')).toEqual([
      `${'c'.repeat(64)}  blocks/cc/${'c'.repeat(64)}`,
      `${'e'.repeat(64)}  packs/ee/${'e'.repeat(64)}`,
      `${'2'.repeat(64)}  snapshots/20261122T180512Z-9f3a1c2b.index`,
      `${'1'.repeat(64)}  snapshots/20261122T180512Z-9f3a1c2b.manifest`,
      '',
    ]);
  });

  it('object names are told apart', () => {
    expect(snapshotOfManifest('snapshots/20261122T180512Z-9f3a1c2b.manifest')).toBe('20261122T180512Z-9f3a1c2b');
    expect(snapshotOfManifest('snapshots/20261122T180512Z-9f3a1c2b.index')).toBeUndefined();
    expect(hashOfObject(objectNames.pack('ab'.repeat(32)))).toBe('ab'.repeat(32));
    expect(hashOfObject(`packs/aa/${'b'.repeat(64)}`)).toBeUndefined();
  });
});

describe('config', () => {
  it('comes back, and is refused when it is not ours or newer', () => {
    const config = newRepositoryConfig('f'.repeat(32), '2026-11-22T18:05:12.123Z', 'age');
    expect(parseRepositoryConfig(formatRepositoryConfig(config))).toEqual(config);
    expect(() => parseRepositoryConfig(JSON.stringify({ ...config, formatVersion: 2 }))).toThrow(/format version 2/);
    expect(() => parseRepositoryConfig('{"format":"restic"}')).toThrow(/not that of an oaops repository/);
    expect(() => parseRepositoryConfig('{')).toThrow(/not JSON/);
  });
});

describe('a keys object', () => {
  const keys = { recipients: ['age1abc', 'age1def'], createdAt: '2026-11-22T18:05:12.123Z' };

  it('comes back, also without a checksum, as older ones are', () => {
    expect(parseRepositoryKeys(formatRepositoryKeys(keys))).toEqual(keys);
    expect(parseRepositoryKeys(JSON.stringify(keys))).toEqual(keys);
  });

  it('is refused with any bit of it flipped', () => {
    const good = Buffer.from(formatRepositoryKeys(keys));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = Buffer.from(good);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      try {
        // What still reads as JSON of the same meaning, such as another blank at the end, changes nothing.
        expect(parseRepositoryKeys(bytes.toString('latin1')), `bit ${bit}`).toEqual(keys);
        expect(bytes.toString('latin1').trim()).toBe(good.toString().trim());
      } catch (error) {
        expect((error as { code?: string }).code, `bit ${bit}: ${error}`).toBe('repository-damaged');
      }
    }
  });
});

describe('lines one after the other', () => {
  const read = (parse: () => Iterable<string>) => {
    try {
      return [...parse()];
    } catch (error) {
      return (error as Error).message;
    }
  };
  const same = (text: string) =>
    expect(read(() => eachEntryLine(Buffer.from(text, 'latin1')))).toEqual(read(() => entryBlockLines(text)));

  it('are those of the whole text, also where lines are longer than what is read at once', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ maxLength: 30 }),
            fc.constantFrom('', 'end\t1', 'x'.repeat(65_536), 'y'.repeat(200_000)),
          ),
        ),
        (lines) => {
          const clean = lines.map((line) => line.replace(/[\n\u0100-\uffff]/g, '?'));
          same(formatEntryBlock(clean));
          expect([...eachEntryLine(Buffer.from(formatEntryBlock(clean), 'latin1'))]).toEqual(clean);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('are refused as the whole text is: cut anywhere, with another head or end', () => {
    const text = formatEntryBlock(['one', '', 'three', 'z'.repeat(70_000), 'five']);
    for (let length = 0; length < 40; length += 1) same(text.slice(0, length));
    for (let cut = 1; cut < 20; cut += 1) same(text.slice(0, -cut));
    for (const bad of [
      '',
      '\n',
      'oaops-entries\t1',
      'oaops-entries\t2\nend\t0\n',
      'other\t1\nend\t0\n',
      'x'.repeat(100_000),
    ])
      same(bad);
    same(text.replace('end\t5', 'end\t4'));
    same(`${text}one\n`);
    same(`${text}\n`);
  });
});

it('a piece needs the name of a pack, the first of all as well', () => {
  const hash = 'a'.repeat(64);
  expect(() => parsePieces(':1:2', '-', hash)).toThrow(/pack of a piece/);
  expect(parsePieces(`${hash}:1:2`, '-', hash)).toEqual([{ pack: hash, member: 1, length: 2, sha256: hash }]);
  expect(() => parsePieces(':1:2', '-', hash)).toThrow(/pack of a piece/);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blankLine, escapeField, FormatV1Writer, type Line, sha256, ustarHeader } from '../helpers/format-v1-writer.ts';
import { isRoot } from '../helpers/hostile-tree.ts';
import { restoreScript, runRestore, stockFolder, treeDifferences, which } from '../helpers/restore-script.ts';

const id = '20261122T180512Z-9f3a1c2b';
const equipped = ['zstd', 'rsync'].every((tool) => which(tool) !== undefined);

describe.skipIf(!equipped)('restore-v1.sh', () => {
  let work: string;
  let path: string;
  let count = 0;
  const fresh = (name = 'out') => join(work, `${name} ${count++}`);
  const restore = (repo: string, target: string, ...args: string[]) => runRestore([...args, repo, target], { path });

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-restore-faults-'));
    path = stockFolder(join(work, 'bin'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  describe('on a damaged repository', () => {
    let source: string;
    let whole: string;
    let packs: string[];
    let blocks: string[];
    const objectPath = (kind: string, sha: string) => `${kind}/${sha.slice(0, 2)}/${sha}`;

    beforeAll(() => {
      source = join(work, 'src');
      mkdirSync(source);
      for (let i = 10; i < 40; i++) writeFileSync(join(source, `file ${i}`), randomBytes(100_000));
      writeFileSync(join(source, 'large'), randomBytes(9 * 1024 * 1024));
      execFileSync('ln', [join(source, 'file 12'), join(source, 'hard link')]);
      whole = join(work, 'whole');
      const writer = new FormatV1Writer(whole, { packBytes: 1_500_000, entriesPerBlock: 10 });
      ({ packs, blocks } = writer.snapshot(id, writer.tree(source), [source]));
      expect(packs.length).toBeGreaterThan(3);
      expect(blocks.length).toBeGreaterThan(2);
    });

    /** A copy with one object changed. */
    const withFault = (name: string, change: (file: string) => void) => {
      const repo = fresh('repo');
      cpSync(whole, repo, { recursive: true });
      change(join(repo, name));
      return repo;
    };
    const flipBit = (file: string) => {
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = bytes[at]! ^ 4;
      writeFileSync(file, bytes);
    };
    /** Everything that was restored is right; names of what is missing. */
    const missingIn = (target: string) => {
      const lines = treeDifferences(source, target + source)
        .split('\n')
        .filter((line) => line !== '');
      // A folder that lacks something has still its own time.
      expect(lines.filter((line) => !/^[>ch]f?\S*\+{9} /.test(line))).toEqual([]);
      return lines.map((line) => line.replace(/^\S+ /, '').replace(/ => .*/, ''));
    };

    const packFaults: [string, (file: string) => void][] = [
      ['a flipped bit', flipBit],
      ['a missing pack', (file) => rmSync(file)],
      [
        'a pack cut at a frame boundary, which zstd and tar do not notice',
        (file) => {
          const table = [...readFrames(file)];
          truncateSync(file, table[0]!);
          const done = spawnSync('sh', ['-c', 'zstd -dcq "$1" | tar -tf -', 'sh', file], { encoding: 'utf8' });
          expect(done.stdout).not.toBe('');
          expect(spawnSync('zstd', ['-tq', file]).status).toBe(0);
        },
      ],
    ];
    for (const [name, change] of packFaults)
      it(`${name}: names the pack and its files, restores the others, exits 9`, { timeout: 60_000 }, () => {
        const object = objectPath('packs', packs[0]!);
        const repo = withFault(object, change);
        const target = fresh();
        const result = restore(repo, target);
        expect(result).toMatchObject({ code: 9, stderr: expect.stringContaining(`damaged: ${object}`) });
        const missing = missingIn(target);
        // 30 files, a large one, a hard link, and the folders from the first below / to the source.
        const objects = 32 + source.split('/').length - 1;
        expect(missing.length).toBeGreaterThan(5);
        expect(missing.length).toBeLessThan(25);
        expect(missing).toContain('hard link');
        for (const file of missing) expect(result.stderr).toContain(`not restored: ${source}/${file}: ${object}`);
        expect(result.stdout).toContain(`${objects - missing.length} of ${objects} objects`);
        expect(restore(repo, fresh(), '-n')).toMatchObject({
          code: 9,
          stderr: expect.stringContaining(`damaged: ${object}`),
        });
        // What does not need the damaged object is restored in full.
        expect(restore(repo, fresh(), '-p', `${source}/file 39`).code).toBe(0);
      });

    it('one segment lost: the large file is named and not left half written', { timeout: 60_000 }, () => {
      const object = objectPath('packs', packs.at(-1)!);
      const repo = withFault(object, flipBit);
      const target = fresh();
      const result = restore(repo, target);
      expect(result.code).toBe(9);
      expect(missingIn(target)).toEqual(['large']);
      expect(existsSync(`${target}${source}/large`)).toBe(false);
    });

    for (const [name, change] of [
      ['a flipped bit', flipBit],
      ['missing', (file: string) => rmSync(file)],
    ] as const)
      it(`block with ${name}: names the range of paths, restores the other blocks, exits 9`, {
        timeout: 60_000,
      }, () => {
        const object = objectPath('blocks', blocks[1]!);
        const target = fresh();
        const result = restore(withFault(object, change), target);
        expect(result.code).toBe(9);
        expect(result.stderr).toMatch(
          new RegExp(`damaged: ${object} .*lost: 10 entries from ${source}/file 1\\d to ${source}/file \\d\\d`),
        );
        expect(missingIn(target).length).toBe(10);
      });

    it('the block that holds the folder of the rest: the rest is restored', { timeout: 60_000 }, () => {
      const target = fresh();
      const result = restore(withFault(objectPath('blocks', blocks[0]!), flipBit), target);
      expect(result.code).toBe(9);
      expect(readdirSync(target + source).length).toBeGreaterThan(15);
    });

    it('manifest with a flipped bit: nothing is restored, exits 9', () => {
      const target = fresh();
      const result = restore(withFault(`snapshots/${id}.manifest`, flipBit), target);
      expect(result).toMatchObject({ code: 9, stderr: expect.stringContaining(`snapshots/${id}.manifest is damaged`) });
      expect(readdirSync(target)).toEqual([]);
    });

    for (const kind of ['index', 'sha256'])
      for (const [name, change] of [
        ['a flipped bit', flipBit],
        ['missing', (file: string) => rmSync(file)],
      ] as const)
        it(`${kind} with ${name}: everything is restored, exits 9`, { timeout: 60_000 }, () => {
          const target = fresh();
          const result = restore(withFault(`snapshots/${id}.${kind}`, change), target);
          // A flipped bit in a line of another object does no harm to the manifest's line.
          if (kind === 'sha256' && name === 'a flipped bit') expect([0, 9]).toContain(result.code);
          else expect(result).toMatchObject({ code: 9, stderr: expect.stringContaining('not needed for the restore') });
          expect(missingIn(target)).toEqual([]);
        });

    it('a copy that went wrong is not taken for good', { timeout: 30_000 }, () => {
      const repo = fresh('repo');
      const writer = new FormatV1Writer(repo);
      const content = writer.fileContent(Buffer.from('many times'));
      const lines = Array.from({ length: 30 }, (_, i) => ({ ...blankLine('f', `file ${10 + i}`), ...content }));
      writer.snapshot(id, lines);
      const target = fresh();
      expect(restore(repo, target)).toMatchObject({ code: 0 });
      expect(readdirSync(target).map((name) => readFileSync(join(target, name), 'utf8'))).toEqual(
        Array(30).fill('many times'),
      );
      const bin = stockFolder(fresh('bin'), 'awk', ['split']);
      writeFileSync(join(bin, 'split'), '#!/bin/sh\ntr m n | /usr/bin/split "$@"\n', { mode: 0o755 });
      const result = runRestore([repo, fresh()], { path: bin });
      expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('is not equal to its original') });
    });

    it('what the backup itself could not read is named, exits 3', { timeout: 30_000 }, () => {
      const repo = fresh('repo');
      const writer = new FormatV1Writer(repo);
      const unread = { flags: 'unreadable' };
      writer.snapshot(id, [
        { ...blankLine('d', 'a'), ...unread },
        { ...blankLine('f', 'b'), ...unread, size: '12' },
        { ...blankLine('f', 'c'), ...unread },
        blankLine('f', 'd'),
        blankLine('s', 'e'),
      ]);
      const target = fresh();
      const result = restore(repo, target);
      expect(result.code).toBe(3);
      expect(result.stderr).toMatch(/not restored: what lies in \/a: .*not restored: \/b: .*not restored: \/c: /s);
      expect(result.stderr).toContain('note: 1 sockets are noted');
      expect(readdirSync(target)).toEqual(['a', 'd']);
    });

    it('an unknown format version is refused', () => {
      const repo = withFault('config', (file) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"formatVersion":1', '"formatVersion": 2')),
      );
      expect(restore(repo, fresh())).toMatchObject({ code: 4, stderr: expect.stringContaining('format version 2') });
    });

    it('ended by a signal: leaves no temporary folder', { timeout: 60_000 }, () => {
      const target = fresh();
      // `age` and `zstd` are where a restore spends its time: this zstd ends its grandparent first.
      const bin = stockFolder(fresh('bin'), 'awk', ['zstd']);
      writeFileSync(
        join(bin, 'zstd'),
        '#!/bin/sh\n[ -f "$MARK" ] || { : >"$MARK"; kill -TERM "$(cat "$PIDFILE")"; }\nexec /usr/bin/zstd "$@"\n',
        { mode: 0o755 },
      );
      const mark = fresh('mark');
      const pidFile = fresh('pid');
      const script = `echo $$ >"$PIDFILE"; exec sh "$0" "$@"`;
      const done = spawnSync('/bin/sh', ['-c', script, restoreScript, whole, target], {
        env: { PATH: `${bin}:/usr/bin`, MARK: mark, PIDFILE: pidFile },
        encoding: 'utf8',
      });
      expect(done.status).toBe(143);
      expect(readdirSync(target)).toEqual([]);
    });

    it.skipIf(!isRoot)(
      'room for contents only: stops at the attributes and says so',
      { timeout: 60_000 },
      (context) => {
        const files = join(work, 'many');
        mkdirSync(files);
        for (let i = 0; i < 300; i++) writeFileSync(join(files, `f${i}`), `content ${i}`);
        const repo = fresh('repo');
        const writer = new FormatV1Writer(repo);
        writer.snapshot(id, writer.tree(files), [files]);
        const small = fresh('small');
        mkdirSync(small);
        if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=500', 'none', small]).status !== 0)
          return context.skip('a small file system cannot be mounted here');
        try {
          const result = restore(repo, join(small, 'a'), '--no-space-check');
          expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('no space left in') });
          expect(result.stderr.split('\n').filter((line) => line.startsWith('not restored')).length).toBeLessThan(5);
          expect(result.stdout).not.toContain('restored to');
        } finally {
          execFileSync('umount', [small]);
        }
      },
    );

    it.skipIf(!isRoot)('without space: refuses; told to try, stops and says so', { timeout: 60_000 }, (context) => {
      const small = fresh('small');
      mkdirSync(small);
      // Containers without the right to mount can't have a small file system.
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', small]).status !== 0)
        return context.skip('a small file system cannot be mounted here');
      try {
        expect(restore(whole, join(small, 'a'))).toMatchObject({
          code: 4,
          stderr: expect.stringContaining('has not enough space'),
        });
        const result = restore(whole, join(small, 'b'), '--no-space-check');
        expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('no space left') });
        expect(readdirSync(join(small, 'b')).filter((name) => name.startsWith('.restore'))).toEqual([]);
      } finally {
        execFileSync('umount', [small]);
      }
    });
  });

  describe('on a hostile manifest writes nothing outside the target', () => {
    /** Restores these entries; the outside folder must stay as it is. Returns the result and what was restored. */
    const attempt = (make: (writer: FormatV1Writer, outside: string) => Line[]) => {
      const outside = fresh('outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'victim'), 'untouched', { mode: 0o640 });
      const before = snapshotOf(outside);
      const repo = fresh('repo');
      const writer = new FormatV1Writer(repo);
      writer.snapshot(id, make(writer, outside));
      const target = fresh();
      mkdirSync(target);
      const result = restore(repo, target);
      expect(snapshotOf(outside)).toBe(before);
      expect(existsSync(join(work, 'evil'))).toBe(false);
      return { result, target, names: readdirSync(target).sort() };
    };
    const snapshotOf = (folder: string) =>
      execFileSync('find', [folder, '-printf', '%p %y %m %U %G %s %T@ %C@\n'], { encoding: 'utf8' });
    const file = (writer: FormatV1Writer, at: string, content = 'evil') => ({
      ...blankLine('f', escapeField(Buffer.from(at))),
      ...writer.fileContent(Buffer.from(content)),
    });
    const link = (at: string, target: string) => ({
      ...blankLine('l', escapeField(Buffer.from(at))),
      target: escapeField(Buffer.from(target)),
    });

    for (const name of [
      '../evil',
      'a/../../evil',
      '/evil',
      '..',
      'a//b',
      './x',
      'a/.',
      'a/',
      '\\0056\\0056/evil',
      'a\\0057..\\0057..\\0057evil',
      '\\0000',
      'bad\\9',
    ])
      it(`path ${name} is refused, the rest restored`, { timeout: 30_000 }, () => {
        const { result, names } = attempt((writer) => [{ ...file(writer, 'x'), path: name }, file(writer, 'z good')]);
        expect(result).toMatchObject({ code: 9, stderr: expect.stringContaining('refused: entry 1') });
        expect(names).toEqual(['z good']);
      });

    it('files below a symbolic link', { timeout: 30_000 }, () => {
      const { result, names } = attempt((writer, outside) => [
        link('a', outside),
        file(writer, 'a/evil'),
        file(writer, 'a/victim'),
      ]);
      expect(result).toMatchObject({ code: 9, stderr: expect.stringMatching(/refused: entry 2 .*refused: entry 3 /s) });
      expect(names).toEqual(['a']);
    });

    it('a folder, a file and attributes under the name of a symbolic link', { timeout: 30_000 }, () => {
      const { result, names } = attempt((writer, outside) => [
        link('a', outside),
        { ...blankLine('d', 'a'), mode: '0777', uid: '1234' },
        { ...file(writer, 'a'), mode: '0777', xattrs: 'user.x=0x41', acl: 'user::rwx,group::rwx,other::rwx' },
        file(writer, 'a/evil'),
        { ...link('b', join(outside, 'victim')), acl: 'user::rwx,group::rwx,other::rwx' },
        { ...link('c', join(outside, 'victim')), xattrs: 'user.x=0x41', mode: '0777' },
      ]);
      expect(result.code).toBe(9);
      expect(names).toEqual(['a', 'c']);
    });

    it('a link that comes after the files below its name', { timeout: 30_000 }, () => {
      const { result, target } = attempt((writer, outside) => [
        file(writer, 'a/x'),
        link('a', outside),
        file(writer, 'a/y'),
      ]);
      expect(result.code).toBe(9);
      expect(readFileSync(join(target, 'a/x'), 'utf8')).toBe('evil');
    });

    it('hard links of a file to a symbolic link', { timeout: 30_000 }, () => {
      const { result, names, target } = attempt((writer, outside) => [
        { ...link('a', join(outside, 'victim')), link: '1:1' },
        { ...file(writer, 'b'), link: '1:1', mode: '0777' },
      ]);
      expect(result.code).toBe(0);
      expect(names).toEqual(['a', 'b']);
      expect(readFileSync(join(target, 'b'), 'utf8')).toBe('evil');
    });

    it('a pack with links, devices and foreign names', { timeout: 30_000 }, () => {
      for (const [type, name, to] of [
        ['2', '0', 'OUTSIDE/victim'],
        ['1', '0', 'OUTSIDE/victim'],
        ['0', '../../evil', ''],
        ['0', '/OUTSIDE/evil', ''],
        ['2', 'd', 'OUTSIDE'],
      ] as const) {
        const { result, target, names } = attempt((writer, outside) => {
          const at = (text: string) => text.replace('OUTSIDE', outside);
          const tar = [ustarHeader(at(name), 0, type, at(to))];
          if (name === 'd') tar.push(ustarHeader('d/evil', 0));
          const pack = writer.storePack(Buffer.concat([...tar, Buffer.alloc(1024)]));
          return [
            { ...blankLine('f', 'a'), mode: '0777', size: '9', sha256: sha256('untouched'), pieces: `${pack.sha}:0:9` },
          ];
        });
        expect(result.code).toBe(9);
        expect(names).toEqual([]);
        expect(readdirSync(target)).toEqual([]);
      }
    });

    it('fields that are no numbers, hashes or times, and lines of attribute lists', { timeout: 30_000 }, () => {
      const wrong: Partial<Line>[] = [
        { mode: '07777' },
        { mode: 'a+w$' },
        { uid: '-1' },
        { gid: '0 0' },
        { mtime: '1' },
        { mtime: '$(touch evil).123456789' },
        { pieces: '../../etc:0:4' },
        { sha256: 'x' },
        { size: '5' },
        { pieces: 'a:b' },
        { acl: 'user::rwx\\n' },
        { type: 'x' },
      ];
      const { result, names } = attempt((writer) => [
        ...wrong.map((change, i) => ({ ...file(writer, `a${String(i).padStart(2, '0')}`), ...change })),
        { ...file(writer, 'z'), xattrs: 'user.a\\0012# file: ../evil\\0012user.b=0x41,user.c=0xzz' },
      ]);
      expect(result.code).toBe(9);
      expect(names).toEqual(['z']);
      expect(result.stderr.match(/^refused: /gm)).toHaveLength(wrong.length);
    });
  });
});

/** Ends of the zstd frames of a file, found by their magic number. */
function* readFrames(file: string): Iterable<number> {
  const bytes = readFileSync(file);
  const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
  for (let at = bytes.indexOf(magic, 4); at > 0; at = bytes.indexOf(magic, at + 4)) yield at;
}

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatV1Writer } from '../helpers/format-v1-writer.ts';
import { isRoot, makeHostileTree } from '../helpers/hostile-tree.ts';
import { restoreScript, runRestore, stockFolder, treeDifferences, which } from '../helpers/restore-script.ts';

const first = '20261121T180512Z-0000000a';
const second = '20261122T180512Z-9f3a1c2b';
const has = (...tools: string[]) => tools.every((tool) => which(tool) !== undefined);
/** xattrs, ACLs and the comparison need these; without them there is nothing to measure with. */
const equipped = has('zstd', 'rsync', 'getfattr', 'setfattr', 'getfacl', 'setfacl');

describe.skipIf(!equipped)('restore-v1.sh', () => {
  let work: string;
  let source: string;
  let clear: string;
  let path: string;
  let count = 0;
  const fresh = () => join(work, `out ${count++}`);

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-restore-'));
    source = join(work, 'src');
    path = stockFolder(join(work, 'bin'));
    makeHostileTree(source);
    clear = join(work, 'clear repo');
    const writer = new FormatV1Writer(clear);
    writer.snapshot(second, writer.tree(source), [source]);
  });
  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+rwx', work]);
    rmSync(work, { recursive: true, force: true });
  });

  const shells: string[][] = [['/bin/dash'], ['/bin/bash', '--posix'], ['/bin/busybox', 'sh']];
  const awks = ['mawk', 'gawk', 'busybox', 'original-awk'];
  for (const awk of awks)
    it.skipIf(!has(awk))(`restores exactly with ${awk} as awk`, { timeout: 60_000 }, () => {
      const target = fresh();
      const result = runRestore([clear, target], { path: stockFolder(join(work, `bin-${awk}`), awk) });
      expect(result).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^snapshot .*: (\d+) of \1 objects restored/),
      });
      expect(treeDifferences(source, target + source)).toBe('');
      expect(readdirSync(target)).toEqual([source.split('/')[1]]);
      expect(statSync(`${target}${source}/sparse`).blocks * 512).toBeLessThan(1024 * 1024);
      expect(statSync(`${target}${source}/sparse small`).blocks * 512).toBeLessThan(64 * 1024);
    });
  for (const shell of shells)
    it.skipIf(!has(shell[0]!.split('/').at(-1)!))(
      `restores exactly under ${shell.join(' ')}`,
      { timeout: 60_000 },
      () => {
        const target = fresh();
        expect(runRestore([clear, target], { path, shell })).toMatchObject({ code: 0 });
        expect(treeDifferences(source, target + source)).toBe('');
      },
    );

  it('has only what it names on its path', () => {
    expect(
      spawnSync('/bin/sh', ['-c', 'command -v node || command -v oaops || command -v sed'], { env: { PATH: path } })
        .status,
    ).not.toBe(0);
  });

  it('runs from a repository copied elsewhere, with relative arguments', { timeout: 60_000 }, () => {
    const copy = join(work, '-copy with $(odd) "name"');
    execFileSync('cp', ['-a', '--', clear, copy]);
    execFileSync('cp', [restoreScript, `${copy}/restore-v1.sh`]);
    mkdirSync(join(work, '-target\n\\x'));
    const result = runRestore(['--', '.', '../-target\n\\x'], { path, cwd: copy, script: 'restore-v1.sh' });
    expect(result).toMatchObject({ code: 0 });
    expect(treeDifferences(source, join(work, '-target\n\\x') + source)).toBe('');
  });

  it('restores parts: files and folders with the metadata of what is above', { timeout: 60_000 }, () => {
    const target = fresh();
    const options = ['-p', `${source}/a/b`, '-p', `${source.slice(1)}//names/new\nline/`];
    expect(runRestore([...options, clear, target], { path })).toMatchObject({ code: 0 });
    const copy = target + source;
    expect(readdirSync(copy).sort()).toEqual(['a', 'names']);
    expect(readdirSync(`${copy}/a`)).toEqual(['b']);
    expect(readdirSync(`${copy}/names`)).toEqual(['new\nline']);
    expect(treeDifferences(`${source}/a/b`, `${copy}/a/b`)).toMatch(/^(?!.*c\+).*$/s);
    expect(statSync(`${copy}/names`).mtimeMs).toBe(statSync(`${source}/names`).mtimeMs);
    const missing = runRestore(['-p', '/no/such', clear, fresh()], { path });
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('not in the snapshot: /no/such') });
  });

  it('takes the named or the latest of two snapshots', { timeout: 60_000 }, () => {
    const repo = join(work, 'two');
    const tree = join(work, 'two-src');
    mkdirSync(tree);
    writeFileSync(join(tree, 'file'), 'old');
    const writer = new FormatV1Writer(repo);
    writer.snapshot(first, writer.tree(tree));
    writeFileSync(join(tree, 'file'), 'new');
    writer.snapshot(second, writer.tree(tree));
    // A left-over of a crash: no manifest, no snapshot.
    writeFileSync(join(repo, 'snapshots/20261123T000000Z-00000000.index'), 'oaops-index\t1\nend\t0\n');
    const restored = (...args: string[]) => {
      const target = fresh();
      const result = runRestore([...args, repo, target], { path });
      return result.code === 0 ? readFileSync(target + join(tree, 'file'), 'utf8') : result.stderr;
    };
    expect(restored()).toBe('new');
    expect(restored('-s', 'latest')).toBe('new');
    expect(restored('-s', first)).toBe('old');
    expect(restored('-s', '20261121T')).toBe('old');
    expect(restored('-s', '2026112')).toMatch('more than one snapshot');
    expect(restored('-s', '20261123T000000Z-00000000')).toMatch('no snapshot 20261123T000000Z-00000000');
    const list = runRestore(['--list', repo], { path });
    expect(list.code).toBe(0);
    expect(list.stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(['snapshot', first, second, '']);
    expect(runRestore(['--list', '-s', first, repo], { path }).stdout).toContain(`\t/${tree.slice(1)}/file\n`);
  });

  it('checks without writing on -n', () => {
    const target = fresh();
    const result = runRestore(['-n', clear, target], { path });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing written') });
    expect(lstatSync(target, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('refuses a target that holds something, and one inside the repository', () => {
    const target = fresh();
    mkdirSync(target);
    writeFileSync(join(target, '.hidden'), '');
    expect(runRestore([clear, target], { path })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is not empty'),
    });
    expect(readdirSync(target)).toEqual(['.hidden']);
    expect(runRestore([clear, join(clear, 'packs')], { path }).code).toBe(4);
    expect(runRestore([clear, join(target, '.hidden')], { path }).code).toBe(4);
  });

  it('says what is missing: tools, repository, arguments', () => {
    const poor = stockFolder(join(work, 'bin-poor'), 'awk', ['zstd', 'xargs']);
    expect(runRestore([clear, fresh()], { path: poor })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/missing tool: xargs.*missing tool: zstd.*apt-get install findutils zstd/s),
    });
    expect(runRestore([work, fresh()], { path }).code).toBe(10);
    expect(runRestore([clear], { path }).code).toBe(2);
    expect(runRestore(['-x', clear, fresh()], { path }).code).toBe(2);
  });

  it('goes on without setfattr and setfacl, and says so', { timeout: 60_000 }, () => {
    const target = fresh();
    const poor = stockFolder(join(work, 'bin-noattr'), 'awk', ['setfattr', 'setfacl']);
    expect(runRestore([clear, target], { path: poor })).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/extended attributes of \d+ objects.*ACLs of \d+ objects/s),
    });
    expect(
      treeDifferences(source, target + source, '-rlptH')
        .split('\n')
        .filter((line) => /^[<>c]/.test(line)),
    ).toEqual([]);
  });

  it('restores to a file system without hard links, and says which names are lost', { timeout: 60_000 }, () => {
    const target = fresh();
    const bin = stockFolder(join(work, 'bin-noln'), 'awk', ['ln']);
    writeFileSync(join(bin, 'ln'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const result = runRestore([clear, target], { path: bin });
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('the target has no hard links') });
    const differences = treeDifferences(source, target + source, '-aAX')
      .split('\n')
      .filter((line) => line !== '');
    // Of each group the first name in the order of the manifest is there.
    const lost = ['big', 'copy 3', 'fifo too', 'up link too -> ../../..', 'z empty again'];
    expect(differences.map((line) => line.replace(/^\S+ /, '')).sort()).toEqual(lost);
    expect(readdirSync(target)).toEqual([source.split('/')[1]]);
  });

  describe.skipIf(!isRoot)('as a user who is not root', () => {
    it('restores what it may and names the rest', { timeout: 60_000 }, () => {
      chmodSync(work, 0o755);
      const target = fresh();
      mkdirSync(target);
      chownSync(target, 65534, 65534);
      const result = runRestore([clear, target], { path, uid: 65534 });
      expect(result.code).toBe(3);
      expect(result.stderr).toMatch(/not restored: owners of \d+ objects/);
      expect(result.stderr).toMatch(/not restored: .*\/block: a device/);
      const differences = treeDifferences(source, target + source, '-rlptH')
        .split('\n')
        .filter((line) => /^[<>c*]/.test(line));
      // Only the setuid bit (not ours to give), the folders whose devices are missing, nothing else.
      expect(differences.filter((line) => !/ setuid$/.test(line))).toEqual([]);
      expect(lstatSync(`${target}${source}/setuid`).mode & 0o7777).toBe(0o755);
      execFileSync('chmod', ['-R', 'u+rwx', target]);
    });

    it('exits 0 when everything belonged to that user', { timeout: 60_000 }, () => {
      const tree = join(work, 'own-src');
      mkdirSync(join(tree, 'shut/in'), { recursive: true });
      writeFileSync(join(tree, 'shut/in/f'), 'x', { mode: 0o000 });
      writeFileSync(join(tree, 'w'), 'x', { mode: 0o4200 });
      execFileSync('setfattr', ['-n', 'user.k', '-v', 'v', join(tree, 'w')]);
      execFileSync('chown', ['-R', '65534:65534', tree]);
      chmodSync(join(tree, 'w'), 0o4200);
      chmodSync(join(tree, 'shut/in'), 0o000);
      chmodSync(join(tree, 'shut'), 0o500);
      const repo = join(work, 'own');
      const writer = new FormatV1Writer(repo);
      const lines = writer.tree(tree).map((line) => ({ ...line, uid: '65534', gid: '65534' }));
      writer.snapshot(second, lines);
      const target = fresh();
      mkdirSync(target);
      chownSync(target, 65534, 65534);
      expect(runRestore([repo, target], { path, uid: 65534 })).toMatchObject({ code: 0 });
      expect(treeDifferences(tree, target + tree)).toBe('');
    });
  });

  describe.skipIf(!has('age', 'age-keygen'))('encrypted', () => {
    let repo: string;
    const keys: string[] = [];
    beforeAll(() => {
      const recipients = ['one', 'two', 'wrong'].map((name) => {
        const key = join(work, `key ${name}`);
        keys.push(key);
        execFileSync('age-keygen', ['-o', key], { stdio: 'ignore' });
        return /public key: (\S+)/.exec(readFileSync(key, 'utf8'))![1]!;
      });
      repo = join(work, 'encrypted');
      const writer = new FormatV1Writer(repo, { recipients: recipients.slice(0, 2) });
      writer.snapshot(second, writer.tree(source), [source]);
    });

    it('restores exactly with either key', { timeout: 60_000 }, () => {
      for (const key of keys.slice(0, 2)) {
        const target = fresh();
        expect(runRestore(['-i', key, repo, target], { path })).toMatchObject({ code: 0 });
        expect(treeDifferences(source, target + source)).toBe('');
      }
    });

    it('exits 12 with a wrong key, 2 with none or with what is no key', () => {
      const target = fresh();
      expect(runRestore(['-i', keys[2]!, repo, target], { path })).toMatchObject({
        code: 12,
        stderr: expect.stringContaining('is not a key of this repository'),
      });
      expect(lstatSync(join(target, source), { throwIfNoEntry: false })).toBeUndefined();
      expect(runRestore([repo, fresh()], { path }).code).toBe(2);
      expect(runRestore(['-i', restoreScript, repo, fresh()], { path }).code).toBe(2);
      expect(runRestore(['-i', join(work, 'absent'), repo, fresh()], { path }).code).toBe(2);
    });

    it('lists snapshots without a key, and names age when it is missing', () => {
      expect(runRestore(['--list', repo], { path }).stdout).toContain(second);
      const poor = stockFolder(join(work, 'bin-noage'), 'awk', ['age']);
      expect(runRestore(['-i', keys[0]!, repo, fresh()], { path: poor })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('missing tool: age (Debian package: age)'),
      });
    });
  });
});

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catSnapshot } from '../../../src/backup/restore/cat.ts';
import { blankLine, FormatV1Writer, type Line } from '../../helpers/format-v1-writer.ts';
import { makeHostileTree } from '../../helpers/hostile-tree.ts';
import { treeDifferences, which } from '../../helpers/restore-script.ts';
import { flipBit, makeAgeKey, openDirectoryRepository, restoreFrom } from '../../helpers/restoring.ts';

const id = '20261122T180512Z-9f3a1c2b';
const equipped = ['rsync', 'setfattr', 'setfacl', 'age', 'age-keygen'].every((tool) => which(tool) !== undefined);

describe.skipIf(!equipped)('restore', () => {
  let work: string;
  let source: string;
  let clear: string;
  let encrypted: string;
  let key: { identityFile: string; recipient: string };
  let count = 0;
  const fresh = () => join(work, `out ${count++}`);

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-restore-'));
    source = join(work, 'src');
    makeHostileTree(source);
    clear = join(work, 'clear');
    const writer = new FormatV1Writer(clear);
    writer.snapshot(id, writer.tree(source), [source]);
    key = makeAgeKey(work);
    encrypted = join(work, 'encrypted');
    const second = new FormatV1Writer(encrypted, { recipients: [key.recipient, makeAgeKey(work, 'other').recipient] });
    second.snapshot(id, second.tree(source), [source]);
  }, 120_000);
  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+rwx', work]);
    rmSync(work, { recursive: true, force: true });
  });

  it('gives back every kind of object, name and attribute exactly', async () => {
    const target = fresh();
    const result = await restoreFrom(clear, { target });
    expect(result.problems).toEqual([]);
    expect(result.exitCode).toBe(0);
    expect(treeDifferences(source, target + source)).toBe('');
    expect(readdirSync(target)).toEqual([source.split('/')[1]]);
  });

  it('does so from an encrypted repository, and keeps holes', async () => {
    const target = fresh();
    const result = await restoreFrom(encrypted, { target }, key.identityFile);
    expect(result).toMatchObject({ exitCode: 0, problems: [] });
    expect(treeDifferences(source, target + source)).toBe('');
    for (const name of ['sparse', 'sparse small', 'all hole']) {
      expect(statSync(`${target}${source}/${name}`).blocks, name).toBeLessThanOrEqual(
        statSync(`${source}/${name}`).blocks + 8,
      );
    }
  });

  it('needs the right identity', async () => {
    await expect(restoreFrom(encrypted, { target: fresh() })).rejects.toMatchObject({
      code: 'identity-missing',
      exitCode: 12,
    });
    const wrong = makeAgeKey(work, 'wrong').identityFile;
    const target = fresh();
    await expect(restoreFrom(encrypted, { target }, wrong)).rejects.toMatchObject({ code: 'wrong-key', exitCode: 12 });
    expect(existsSync(target)).toBe(false);
  });

  it('restores a part, with the folders above it, by ranges', async () => {
    const target = fresh();
    const include = [`${source}/a/b`, 'a b'];
    const result = await restoreFrom(encrypted, { target, include, exclude: ['empty'] }, key.identityFile);
    expect(result.exitCode).toBe(0);
    expect(readdirSync(`${target}${source}`).sort()).toEqual(['a', 'a b'].sort());
    expect(readdirSync(`${target}${source}/a/b`).sort()).toEqual(['c', 'copy linked']);
    expect(readdirSync(`${target}${source}/a/b/c`)).toEqual([]);
    expect(statSync(`${target}${source}`, { bigint: true }).mtimeNs).toBe(statSync(source, { bigint: true }).mtimeNs);
    const whole = readdirSync(join(encrypted, 'packs'), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    const stored = whole.reduce((sum, one) => sum + statSync(join(one.parentPath, one.name)).size, 0);
    expect(result.fetchedBytes).toBeLessThan(stored / 4);
    await expect(restoreFrom(clear, { target: fresh(), include: ['/nothing'] })).rejects.toMatchObject({
      code: 'nothing-selected',
    });
  });

  it('writes only into an empty folder', async () => {
    const target = fresh();
    mkdirSync(target);
    writeFileSync(join(target, 'mine'), 'x');
    await expect(restoreFrom(clear, { target })).rejects.toMatchObject({ code: 'target-not-empty', exitCode: 4 });
    await expect(restoreFrom(clear, { target: join(target, 'mine') })).rejects.toMatchObject({
      code: 'target-unusable',
    });
    await expect(restoreFrom(clear, { target: fresh(), snapshot: 'nothing' })).rejects.toMatchObject({
      code: 'snapshot-missing',
    });
  });

  it('says beforehand when the target is too small', async ({ skip }) => {
    const target = fresh();
    mkdirSync(target);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', target], { stdio: 'ignore' });
    } catch {
      skip();
    }
    try {
      await expect(restoreFrom(clear, { target })).rejects.toMatchObject({ code: 'target-too-small', exitCode: 4 });
      expect(readdirSync(target)).toEqual([]);
    } finally {
      execFileSync('umount', [target]);
    }
  });

  for (const kind of ['clear', 'encrypted'] as const) {
    it(`never delivers wrong bytes from a damaged ${kind} repository, and restores the rest`, async () => {
      const repo = join(work, `damaged ${kind}`);
      execFileSync('cp', ['-a', kind === 'clear' ? clear : encrypted, repo]);
      const packs = readdirSync(join(repo, 'packs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.length > 10)
        .sort();
      expect(packs.length).toBeGreaterThan(3);
      flipBit(join(repo, 'packs', packs[0]!));
      unlinkSync(join(repo, 'packs', packs[1]!));
      const cut = join(repo, 'packs', packs[2]!);
      writeFileSync(cut, readFileSync(cut).subarray(0, -1000));
      const target = fresh();
      const result = await restoreFrom(repo, { target }, kind === 'clear' ? undefined : key.identityFile);
      expect(result.exitCode).toBe(3);
      expect(result.damagedObjects.every(({ recovered }) => !recovered)).toBe(true);
      expect(result.damagedObjects.map(({ object }) => object.slice(6)).sort()).toEqual(packs.slice(0, 3));
      const lost = new Set(
        result.problems.map(({ path, pathBase64 }) =>
          Buffer.from(pathBase64 ?? Buffer.from(path).toString('base64'), 'base64').toString('latin1'),
        ),
      );
      expect(lost.size).toBeGreaterThan(0);
      // What is there is right; what is not there was named.
      const listed = execFileSync('find', [source, '-type', 'f', '-print0'], { encoding: 'latin1' })
        .split('\0')
        .filter(Boolean);
      let right = 0;
      for (const path of listed) {
        const copy = Buffer.from(`${target}${path}`, 'latin1');
        if (!existsSync(copy)) expect(lost).toContain(path.slice(1));
        else {
          expect(Buffer.compare(readFileSync(copy), readFileSync(Buffer.from(path, 'latin1')))).toBe(0);
          right += 1;
        }
      }
      expect(right).toBeGreaterThan(0);
    });
  }

  describe('hostile manifests', () => {
    const attack = async (make: (writer: FormatV1Writer) => Line[]) => {
      const repo = mkdtempSync(join(work, 'hostile-'));
      const writer = new FormatV1Writer(repo);
      writer.snapshot(id, make(writer));
      const inside = mkdtempSync(join(work, 'inside-'));
      const target = join(inside, 'target');
      const outcome = await restoreFrom(repo, { target }).then(
        (result) => result,
        (error: { code: string }) => error.code,
      );
      expect(readdirSync(inside)).toEqual(existsSync(target) ? ['target'] : []);
      await attackInPlace(repo, outcome);
      return { outcome, target };
    };
    /** In place, also with --delete and where links lead elsewhere: nothing outside of the target is made, changed or removed. */
    const attackInPlace = async (repo: string, fresh: unknown) => {
      const inside = mkdtempSync(join(work, 'in-place-'));
      const target = join(inside, 'target');
      mkdirSync(join(target, 'a'), { recursive: true });
      writeFileSync(join(inside, 'evil'), 'mine');
      symlinkSync(inside, join(target, 'no'));
      writeFileSync(join(target, 'a/mine'), 'mine');
      const before = statSync(join(inside, 'evil')).mtimeMs;
      for (const more of [{ dryRun: true }, { confirm: 'target' }, { delete: true, confirm: 'target' }]) {
        const outcome = await restoreFrom(repo, { target, inPlace: true, ...more }).then(
          (result) => result,
          (error: { code: string }) => error.code,
        );
        if (typeof fresh === 'string') {
          expect(outcome).toBe(fresh);
          expect(readFileSync(join(target, 'a/mine'), 'utf8')).toBe('mine');
        }
        expect(readdirSync(inside).sort()).toEqual(['evil', 'target']);
        expect(readFileSync(join(inside, 'evil'), 'utf8')).toBe('mine');
        expect(statSync(join(inside, 'evil')).mtimeMs).toBe(before);
      }
      const piped = openDirectoryRepository(repo).then((repository) =>
        catSnapshot(repository, { snapshot: 'latest', path: '/' }, { signal, write: async () => undefined }),
      );
      if (typeof fresh === 'string') await expect(piped).rejects.toMatchObject({ code: fresh });
      else await piped.catch(() => undefined);
    };
    const { signal } = new AbortController();
    const evil = (writer: FormatV1Writer, path: string): Line => ({
      ...blankLine('f', path),
      ...writer.fileContent(Buffer.from('evil')),
    });
    const outside = () => join(work, 'outside');

    for (const path of ['../evil', 'a/../../evil', '/evil', 'a//evil', './evil', 'a/./evil', '..', 'a/..', '']) {
      it(`refuses the path ${JSON.stringify(path)}`, async () => {
        const { outcome } = await attack((writer) => [blankLine('d', 'a'), evil(writer, path)]);
        expect(outcome).toBe('repository-damaged');
      });
    }

    it('refuses to write through a symbolic link', async () => {
      mkdirSync(outside(), { recursive: true });
      const link = { ...blankLine('l', 'a'), target: outside() };
      for (const make of [
        (writer: FormatV1Writer) => [link, evil(writer, 'a/evil')],
        (writer: FormatV1Writer) => [link, blankLine('d', 'a'), evil(writer, 'a/evil')],
        (writer: FormatV1Writer) => [blankLine('d', 'a'), link, evil(writer, 'a/evil')],
        (writer: FormatV1Writer) => [link, evil(writer, 'a')],
      ]) {
        expect((await attack(make)).outcome).toBe('repository-damaged');
      }
      expect(readdirSync(outside())).toEqual([]);
    });

    it('refuses files in folders that are not there, and pieces that do not fit', async () => {
      expect((await attack((writer) => [evil(writer, 'no/evil')])).outcome).toBe('repository-damaged');
      expect((await attack((writer) => [{ ...evil(writer, 'x'), size: '5' }])).outcome).toBe('repository-damaged');
    });

    it('delivers nothing whose hash is not that of the manifest', async () => {
      const { outcome, target } = await attack((writer) => [{ ...evil(writer, 'x'), sha256: 'ab'.repeat(32) }]);
      expect(outcome).toMatchObject({ exitCode: 9, files: 0, bytes: 0 });
      expect(readdirSync(target)).toEqual([]);
    });

    it('restores setuid bits only for the stored owner', async () => {
      const { outcome, target } = await attack((writer) => [{ ...evil(writer, 'suid'), mode: '4755', uid: '1234' }]);
      expect(outcome).toMatchObject({ exitCode: 0 });
      if (process.geteuid?.() === 0) expect(statSync(join(target, 'suid'))).toMatchObject({ uid: 1234 });
    });
  });
});

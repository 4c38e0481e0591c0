import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RestoreRequest } from '../../../src/backup/restore/restore.ts';
import { backUp, differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { eventually } from '../../helpers/eventually.ts';
import { isRoot, makeHostileTree } from '../../helpers/hostile-tree.ts';
import { makeAgeKey, restoreFrom } from '../../helpers/restoring.ts';

/** The source is the target: what a machine does that goes back to what it was. */
describe.skipIf(!isRoot)('restore in place', () => {
  let work: string;
  let original: string;
  let source: string;
  let repo: string;
  let key: ReturnType<typeof makeAgeKey>;

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'oaops-in-place-'));
    source = join(work, 'live/data');
    original = join(work, 'original');
    repo = join(work, 'repo');
    key = makeAgeKey(work);
    makeHostileTree(source);
    await makeRepositoryIn([repo], [key.recipient]);
    await backUp([source], [repo], { state: join(work, 'state'), identityFile: key.identityFile });
    execFileSync('rsync', ['-aHAX', '--sparse', `${source}/`, `${original}/`]);
  }, 120_000);
  beforeEach(() => {
    execFileSync('rsync', ['-aHAX', '--checksum', '--delete', '--sparse', `${original}/`, `${source}/`]);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const restore = (more: Partial<RestoreRequest> = {}) =>
    restoreFrom(repo, { target: '/', inPlace: true, include: [source], confirm: '/', ...more }, key.identityFile);
  const at = (path: string) => join(source, path);
  const confirmed = { delete: true, confirm: '/' };
  /** Nothing of the work is left, and everything is as it was. */
  const expectOriginal = () => {
    expect(differences(original, source)).toEqual([]);
    expect(execFileSync('find', [source, '-name', '.oaops-restore*'], { encoding: 'latin1' })).toBe('');
  };

  it('writes nothing where nothing differs', async () => {
    const before = lstatSync(at('big'), { bigint: true });
    const result = await restore();
    expect(result).toMatchObject({ exitCode: 0, bytes: 0, fetchedBytes: 0, problems: [] });
    expect(result.filesUnchanged).toBe(result.files);
    expect(lstatSync(at('big'), { bigint: true })).toMatchObject({ ino: before.ino, ctimeNs: before.ctimeNs });
    expectOriginal();
  });

  it('brings back content, type, owner, mode, time, attributes and links, and only those', async () => {
    appendFileSync(at('big'), 'x');
    writeFileSync(at('copy 4'), 'other');
    unlinkSync(at('copy 5'));
    chmodSync(at('setuid'), 0o600);
    execFileSync('chown', ['77:78', at('a.b')]);
    utimesSync(at('a-b'), 5, 5);
    execFileSync('setfattr', ['-n', 'user.extra', '-v', 'x', at('a b')]);
    execFileSync('setfattr', ['-x', 'user.plain', at('a b')]);
    execFileSync('setfacl', ['-m', 'u:99:r', at('copy 7')]);
    execFileSync('setfacl', ['-b', at('copy 2')]);
    rmSync(at('dangling'));
    symlinkSync('elsewhere', at('dangling'));
    rmSync(at('fifo'));
    mkdirSync(at('fifo'));
    rmSync(at('a/b'), { recursive: true });
    writeFileSync(at('a/b'), 'a file where a folder was');
    rmSync(at('z empty again'));
    writeFileSync(at('z empty again'), '');
    linkSync(at('copy 8'), at('copy 9 of another name'));
    const big = openSync(at('big'), 'r');
    const result = await restore();
    expect(result.problems).toEqual([]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.bytes).toBeLessThan(13 * 1024 * 1024);
    // Who has a file open goes on with the old one.
    const byte = Buffer.alloc(1);
    readSync(big, byte, 0, 1, 11 * 1024 * 1024 + 777);
    expect(byte.toString()).toBe('x');
    closeSync(big);
    unlinkSync(at('copy 9 of another name'));
    execFileSync('touch', ['-r', original, source]);
    expectOriginal();
  });

  it('overwrites nothing that nobody has named; what is only missing or has another owner comes back all the same', async () => {
    unlinkSync(at('copy 5'));
    chmodSync(at('setuid'), 0o600);
    const unnamed = { target: '/', inPlace: true, include: [source] };
    expect(await restoreFrom(repo, unnamed, key.identityFile)).toMatchObject({ exitCode: 0, problems: [] });
    expectOriginal();
    unlinkSync(at('copy 5'));
    appendFileSync(at('copy 4'), 'of now');
    const refused = restoreFrom(repo, unnamed, key.identityFile);
    await expect(refused).rejects.toMatchObject({
      code: 'confirmation-needed',
      exitCode: 4,
      message: '--in-place overwrites what has another content now in /: 1',
      next: expect.stringContaining('--confirm /'),
    });
    await expect(restore({ confirm: 'data' })).rejects.toMatchObject({ code: 'confirmation-wrong', exitCode: 4 });
    expect(readFileSync(at('copy 4'), 'latin1')).toMatch(/of now$/);
    expect(existsSync(at('copy 5'))).toBe(false);
    expect(await restoreFrom(repo, { ...unnamed, dryRun: true }, key.identityFile)).toMatchObject({ exitCode: 0 });
    await restore();
    expectOriginal();
  });

  it('a file whose other name lies elsewhere is replaced, not changed', async () => {
    const outside = join(work, 'outside-link');
    linkSync(at('copy 11'), outside);
    chmodSync(outside, 0o640);
    await restore();
    expect(statSync(outside).mode & 0o777).toBe(0o640);
    expectOriginal();
    unlinkSync(outside);
  });

  it('--delta trusts size and time, without it contents are compared', async () => {
    const { atimeMs, mtimeMs } = statSync(at('copy 12'));
    writeFileSync(at('copy 12'), readFileSync(at('copy 12')).fill('!'));
    execFileSync('touch', ['-r', join(original, 'copy 12'), at('copy 12')]);
    expect([atimeMs, mtimeMs].every(Number.isFinite)).toBe(true);
    expect(await restore({ delta: 'time' })).toMatchObject({ exitCode: 0, bytes: 0 });
    expect(readFileSync(at('copy 12'), 'utf8')).toContain('!!!');
    expect((await restore()).bytes).toBeGreaterThan(0);
    expectOriginal();
  });

  it('--delete removes what is not stored: confirmed, inside the sources only, and not what is excluded', async () => {
    writeFileSync(at('extra'), 'x'.repeat(100));
    mkdirSync(at('names/more/deep'), { recursive: true });
    writeFileSync(at('names/more/deep/file'), '');
    writeFileSync(at('names/more/kept.log'), 'log');
    const beside = join(work, 'live/beside');
    writeFileSync(beside, 'not in the snapshot, and not in the source');
    const unnamed = { target: '/', inPlace: true, include: [source], delete: true };
    await expect(restoreFrom(repo, unnamed, key.identityFile)).rejects.toMatchObject({
      code: 'confirmation-needed',
      exitCode: 4,
    });
    await expect(restore({ delete: true, confirm: 'x' })).rejects.toMatchObject({ code: 'confirmation-wrong' });
    const dry = await restore({ delete: true, dryRun: true, exclude: ['*.log'] });
    const gone = dry.changes.filter(({ action }) => action === 'deleted').map(({ path }) => path);
    expect(gone.sort()).toEqual([at('extra'), at('names/more/deep'), at('names/more/deep/file')].sort());
    expect(dry).toMatchObject({ deleted: 3, deletedBytes: 100, dryRun: true });
    expect(existsSync(at('extra'))).toBe(true);
    const result = await restore({ ...confirmed, exclude: ['*.log'] });
    expect(result).toMatchObject({ exitCode: 0, deleted: 3 });
    expect(existsSync(at('names/more/kept.log'))).toBe(true);
    await restore(confirmed);
    expectOriginal();
    expect(existsSync(beside)).toBe(true);
  });

  it('--delete replaces folders, and spares repository, state and other file systems', async () => {
    rmSync(at('copy 20'));
    mkdirSync(at('copy 20/with'), { recursive: true });
    writeFileSync(at('copy 20/with/file'), '');
    expect(await restore()).toMatchObject({
      exitCode: 3,
      problems: [{ path: at('copy 20').slice(1), class: 'write' }],
    });
    cpSync(repo, at('names/repo'), { recursive: true });
    const result = await restoreFrom(
      at('names/repo'),
      { target: '/', inPlace: true, include: [source], ...confirmed },
      key.identityFile,
    );
    expect(result).toMatchObject({ exitCode: 0, problems: [] });
    expect(existsSync(at('names/repo/config'))).toBe(true);
    rmSync(at('names/repo'), { recursive: true });
    await restore();
    expectOriginal();
  });

  it('a symbolic link in the place of a folder is not followed', async () => {
    const elsewhere = join(work, 'elsewhere');
    mkdirSync(elsewhere);
    rmSync(at('a'), { recursive: true });
    symlinkSync(elsewhere, at('a'));
    const result = await restore();
    expect(result.exitCode).toBe(3);
    const other = 'the object it is another name of could not be restored';
    expect(result.problems).toMatchObject([
      { path: at('a').slice(1), class: 'write' },
      { path: at('big').slice(1), message: other },
      { path: at('copy 3').slice(1), message: other },
    ]);
    expect(readdirSync(elsewhere)).toEqual([]);
    // Deleting was asked for: the link goes, what it leads to does not.
    expect(await restore(confirmed)).toMatchObject({ exitCode: 0 });
    expect(existsSync(elsewhere)).toBe(true);
    expectOriginal();
  });

  it('a dry run says what the real one does, and does nothing', async () => {
    appendFileSync(at('big'), 'x');
    unlinkSync(at('copy 5'));
    chmodSync(at('setuid'), 0o600);
    const list = () => execFileSync('find', [source, '-printf', '%p %i %s %C@\\n'], { encoding: 'latin1' });
    const before = list();
    const dry = await restore({ dryRun: true });
    expect(list()).toBe(before);
    const of = (action: string) => dry.changes.filter((one) => one.action === action).map(({ path }) => path);
    expect(of('restored')).toEqual([at('copy 5')]);
    expect(of('updated').sort()).toEqual([at('a/big again'), at('big')].sort());
    expect(of('metadata').sort()).toEqual([at('setuid'), source].sort());
    const real = await restore();
    expect(real).toMatchObject({ files: dry.files, bytes: dry.bytes, filesUnchanged: dry.filesUnchanged });
    expectOriginal();
  });

  it('restores into an empty folder go on where they were killed, as do those in place', async () => {
    const program = join(import.meta.dirname, '../../../bin/dev.js');
    const env = { PATH: '/usr/bin:/bin', HOME: work, OAOPS_STATE_DIR: join(work, 'state-kill') };
    const run = async (args: string[], until: () => boolean) => {
      const base = ['backup', 'restore', 'latest', '-r', repo, '-i', key.identityFile, '--no-lock'];
      const child = spawn(process.execPath, [program, ...base, ...args], { env, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await eventually(() => child.exitCode !== null || until(), 30_000).catch(() => undefined);
      child.kill('SIGKILL');
      await ended;
    };
    const target = join(work, 'fresh');
    await run(
      ['--target', target],
      () => existsSync(`${target}${source}/folders`) && existsSync(`${target}${source}/big`),
    );
    const dryRun = await restoreFrom(repo, { target, dryRun: true }, key.identityFile);
    const result = await restoreFrom(repo, { target }, key.identityFile);
    expect(result).toMatchObject({ exitCode: 0, resumed: true, bytes: dryRun.bytes });
    expect(differences(original, `${target}${source}`)).toEqual([]);
    expect(readdirSync(target)).toEqual([source.split('/')[1]]);
    await expect(restoreFrom(repo, { target }, key.identityFile)).rejects.toMatchObject({ code: 'target-not-empty' });

    for (const name of readdirSync(source)) if (name.startsWith('copy')) unlinkSync(at(name));
    appendFileSync(at('big'), 'x');
    const isStaged = () => readdirSync(source).some((name) => name.startsWith('.oaops-restore.'));
    await run(['--in-place', '--include', source, '--confirm', '/'], isStaged);
    expect(await restore()).toMatchObject({ exitCode: 0 });
    expectOriginal();
  }, 120_000);
});

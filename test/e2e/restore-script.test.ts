import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHostileTree } from '../helpers/hostile-tree.ts';
import { runRestore, stockFolder, treeDifferences, which } from '../helpers/restore-script.ts';

/** A backup made by oaops, brought back where oaops is not on the path: with what lies in the repository and stock tools. */
const equipped = ['zstd', 'age', 'age-keygen', 'rsync', 'setfattr', 'setfacl'].every(
  (tool) => which(tool) !== undefined,
);
const oaops = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

describe.skipIf(!equipped)('the restore script of a repository made by oaops', () => {
  let work: string;
  let sources: string[];
  let repo: string;
  let key: string;
  let path: string;
  let snapshots: string[];
  let count = 0;
  const fresh = () => join(work, `out ${count++}`);
  const run = (...args: string[]) => {
    const env = { PATH: process.env['PATH'], HOME: work, OAOPS_STATE_DIR: join(work, 'state'), OAOPS_LANG: 'en' };
    const done = spawnSync(oaops, args, { env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`oaops ${args.join(' ')}: ${done.status}\n${done.stdout}${done.stderr}`);
  };

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-e2e-restore-'));
    path = stockFolder(join(work, 'bin'));
    makeHostileTree(join(work, 'hostile'));
    // Trees nobody here wrote; copies, because others may change the originals meanwhile.
    sources = ['hostile', 'doc', 'etc'].map((name) => join(work, name));
    execFileSync('cp', ['-a', '/usr/share/doc', join(work, 'doc')]);
    // What an ordinary user may not read is missing from the copy then.
    spawnSync('cp', ['-a', '/etc', join(work, 'etc')]);
    key = join(work, 'key');
    execFileSync('age-keygen', ['-o', key], { stdio: 'ignore' });
    const recipient = /public key: (\S+)/.exec(readFileSync(key, 'utf8'))![1]!;
    repo = join(work, 'repo');
    run('backup', 'init', '--repo', repo, '--recipient', recipient);
    run('backup', 'create', ...sources, '--repo', repo);
    chmodSync(join(work, 'hostile/a/b/c'), 0o711);
    writeFileSync(join(work, 'doc/added'), 'since the first backup');
    run('backup', 'create', ...sources, '--repo', repo);
    const list = runRestore(['--list', repo], { path }).stdout;
    snapshots = list
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split('\t')[0]!);
  });
  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+rwx', work]);
    rmSync(work, { recursive: true, force: true });
  });

  it('lies in the repository and lists two snapshots', () => {
    expect(existsSync(join(repo, 'README-RESTORE.txt'))).toBe(true);
    expect(snapshots).toHaveLength(2);
    expect(
      spawnSync('/bin/sh', ['-c', 'command -v node || command -v oaops'], { env: { PATH: path } }).status,
    ).not.toBe(0);
  });

  for (const awk of ['mawk', 'gawk', 'busybox'])
    for (const shell of [['/bin/dash'], ['/bin/busybox', 'sh']])
      it.skipIf(!which(awk) || !existsSync(shell[0]!))(`restores exactly with ${awk} under ${shell.join(' ')}`, () => {
        const target = fresh();
        const bin = stockFolder(fresh(), awk);
        const script = join(repo, 'restore-v1.sh');
        const result = runRestore(['-i', key, '.', target], { path: bin, shell, script, cwd: repo });
        expect(result).toMatchObject({ code: 0 });
        for (const source of sources) expect(treeDifferences(source, target + source)).toBe('');
      });

  it('restores the older snapshot as it was', () => {
    const target = fresh();
    expect(runRestore(['-i', key, '-s', snapshots[0]!, repo, target], { path })).toMatchObject({ code: 0 });
    expect(existsSync(join(target, work, 'doc/added'))).toBe(false);
    expect(statSync(join(target, work, 'hostile/a/b/c')).mode & 0o777).not.toBe(0o711);
    expect(treeDifferences(sources[2]!, target + sources[2]!)).toBe('');
  });

  it('gives the checksum list that sha256sum reads', () => {
    const done = spawnSync('sha256sum', ['-c', '--quiet', `snapshots/${snapshots[1]}.sha256`], {
      cwd: repo,
      encoding: 'utf8',
    });
    expect(done).toMatchObject({ status: 0, stdout: '' });
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp, differences, makeRepositoryIn } from '../helpers/backing-up.ts';
import { blankLine, FormatV1Writer, type Line } from '../helpers/format-v1-writer.ts';
import { makeHostileTree } from '../helpers/hostile-tree.ts';
import { flipBit, makeAgeKey } from '../helpers/restoring.ts';
import { addTestUser, removeTestUsers, sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');

/** To another host: a real sshd, which is this machine, told to be another one by its name. */
describe.skipIf(!sshdAvailable)('restore over ssh', () => {
  let sshd: TestSshd;
  let dir: string;
  let source: string;
  let repo: string;
  let key: ReturnType<typeof makeAgeKey>;

  beforeAll(async () => {
    sshd = await startSshd();
    dir = mkdtempSync(join(tmpdir(), 'oaops-restore-ssh-'));
    execFileSync('chmod', ['755', dir]);
    mkdirSync(join(dir, '.ssh'), { mode: 0o700 });
    writeFileSync(join(dir, '.ssh/known_hosts'), sshd.knownHosts());
    const host = (name: string, user: string) =>
      `${name} ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${user} ansible_ssh_private_key_file=${sshd.keyFile}\n`;
    const plain = addTestUser('oaops-restored', '/bin/sh');
    writeFileSync(join(dir, 'hosts.ini'), host('oa-2', userInfo().username) + host('oa-plain', plain.name));
    source = join(dir, 'src');
    repo = join(dir, 'repo');
    key = makeAgeKey(dir);
    makeHostileTree(source);
    await makeRepositoryIn([repo], [key.recipient]);
    await backUp([source], [repo], { state: join(dir, 'state'), identityFile: key.identityFile });
  }, 120_000);
  afterAll(async () => {
    await sshd.stop();
    removeTestUsers();
    rmSync(dir, { recursive: true, force: true });
  });

  function restore(target: string, from = repo, ...more: string[]) {
    const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
    const base = ['backup', 'restore', '-r', from, '-i', key.identityFile, '--inventory', join(dir, 'hosts.ini')];
    const args = [program, ...base, '--target', target, '--json', ...more];
    const done = spawnSync(process.execPath, args, { env, encoding: 'utf8', cwd: dir });
    const json = (text: string) => (text.startsWith('{') ? JSON.parse(text) : undefined);
    return { code: done.status, result: json(done.stdout), stderr: done.stderr };
  }

  it('brings everything exactly', () => {
    const target = join(dir, "out 'of $(touch pwned) `sight`");
    const { code, result, stderr } = restore(`ssh://oa-2${target}`);
    expect(stderr).toBe('');
    expect(result).toMatchObject({ exitCode: 0, problems: [], host: 'oa-2', target });
    expect(code).toBe(0);
    expect(differences(source, target + source)).toEqual([]);
    // Large holes stay holes.
    expect(statSync(`${target}${source}/sparse`).blocks * 512).toBeLessThan(8 * 1024 * 1024);
    expect(existsSync(join(dir, 'pwned'))).toBe(false);
    expect(restore(`ssh://oa-2${target}`)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('target-not-empty'),
    });
  }, 60_000);

  it('a part of it', () => {
    const target = join(dir, 'part');
    const { code, result } = restore(`ssh://oa-2${target}`, repo, '--include', join(source, 'a'));
    expect(result).toMatchObject({ exitCode: 0, problems: [] });
    expect(code).toBe(0);
    expect(readdirSync(target + source)).toEqual(['a']);
  }, 60_000);

  it('who is not root there gets everything as his own, without setuid bits, and devices are named', () => {
    const { code, result } = restore('ssh://oa-plain/home/oaops-restored/out');
    expect(code).toBe(3);
    expect(result.ownersNotSet).toBeGreaterThan(0);
    const said = result.problems.map(({ message }: { message: string }) => message).join('\n');
    expect(said).toMatch(/block: Cannot mknod/);
    const restored = statSync(`/home/oaops-restored/out${source}/setuid`);
    expect(restored.mode & 0o6000).toBe(0);
    expect(readFileSync(`/home/oaops-restored/out${source}/copy 4`, 'utf8')).toContain('the same content');
  }, 60_000);

  it('a full disk there is said', () => {
    const small = join(dir, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', small]);
    try {
      const { code, stderr } = restore(`ssh://oa-2${small}/out`);
      expect(stderr).toContain('target-full');
      expect(code).toBe(1);
    } finally {
      execFileSync('umount', [small]);
    }
  }, 60_000);

  it('what is damaged is left out and named', () => {
    const copy = join(dir, 'damaged');
    execFileSync('cp', ['-a', repo, copy]);
    const packs = execFileSync('find', [join(copy, 'packs'), '-type', 'f'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const pack of packs) {
      execFileSync('chmod', ['u+w', pack]);
      flipBit(pack);
    }
    const target = join(dir, 'damaged out');
    const { code, result } = restore(`ssh://oa-2${target}`, copy);
    expect(code).toBe(3);
    const bad = result.problems.filter((one: { class: string }) => one.class === 'damaged');
    expect(bad.length).toBeGreaterThan(0);
    for (const { path } of bad) expect(existsSync(`${target}/${path}`)).toBe(false);
    const wrong = differences(source, target + source).filter((line) => /^[>.]fc/.test(line));
    expect(wrong).toEqual([]);
  }, 60_000);

  it('a manifest of an attacker brings nothing outside of the target', () => {
    const id = '20261122T180512Z-9f3a1c2b';
    const outside = join(dir, 'outside');
    mkdirSync(outside);
    const evil = (writer: FormatV1Writer, path: string): Line => ({
      ...blankLine('f', path),
      ...writer.fileContent(Buffer.from('evil')),
    });
    const link = { ...blankLine('l', 'a'), target: outside };
    const attacks: ((writer: FormatV1Writer) => Line[])[] = [
      (writer) => [evil(writer, '../outside/evil')],
      (writer) => [evil(writer, '/outside/evil')],
      (writer) => [blankLine('d', 'a'), evil(writer, 'a/../../outside/evil')],
      (writer) => [link, evil(writer, 'a/evil')],
      (writer) => [link, blankLine('d', 'a'), evil(writer, 'a/evil')],
    ];
    for (const [i, make] of attacks.entries()) {
      const hostile = join(dir, `hostile ${i}`);
      const writer = new FormatV1Writer(hostile);
      writer.snapshot(id, make(writer));
      const { code } = restore(`ssh://oa-2${join(dir, `inside ${i}`)}`, hostile);
      expect(code).toBe(9);
    }
    expect(readdirSync(outside)).toEqual([]);
  }, 90_000);
});

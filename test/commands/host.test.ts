import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';
import { freePort, sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';

let dir: string;
let sshd: TestSshd;
/** A server whose key is another one than known_hosts has. */
let reborn: TestSshd;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-host-'));
  if (!sshdAvailable) return;
  [sshd, reborn] = await Promise.all([startSshd(), startSshd()]);
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 });
  const [, ours = ''] = sshd.hostKeys['ed25519']!.split(' ');
  writeFileSync(join(dir, '.ssh/known_hosts'), `${sshd.knownHosts()}[127.0.0.1]:${reborn.port} ssh-ed25519 ${ours}\n`);
  const login = `ansible_host=127.0.0.1 ansible_user=${userInfo().username} ansible_ssh_private_key_file=${sshd.keyFile}`;
  const host = (name: string, port: number) => `${name} ${login} ansible_port=${port}\n`;
  writeFileSync(
    join(dir, 'hosts.ini'),
    `[web]\n${['web1', 'web2', 'web3'].map((name) => host(name, sshd.port)).join('')}
[bad]\n${host('dead', await freePort())}${host('reborn', reborn.port)}
[here]\nself ansible_connection=local\n`,
  );
});
afterAll(async () => {
  await Promise.all([sshd?.stop(), reborn?.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

const oaops = (...args: string[]) =>
  runOaops(args, {
    cwd: dir,
    bare: true,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: dir,
      OAOPS_STATE_DIR: join(dir, 'state'),
      OAOPS_INVENTORY: join(dir, 'hosts.ini'),
    },
  });
const json = (text: string) => JSON.parse(text) as Record<string, unknown>[];

describe.skipIf(!sshdAvailable)('hosts', { timeout: 180_000 }, () => {
  it('are listed by names, groups, patterns and exclusions', async () => {
    const all = await oaops('host', 'list');
    expect(all).toMatchObject({ exitCode: 0, stderr: '' });
    expect(all.stdout).toMatch(new RegExp(`^web1 +ssh +127\\.0\\.0\\.1:${sshd.port} +\\S+ +web$`, 'm'));
    expect(all.stdout).toMatch(/^self +local/m);
    const some = await oaops('host', 'list', 'group:web,self', '!web3', '--json');
    expect(json(some.stdout).map(({ name }) => name)).toEqual(['web1', 'web2', 'self']);
    const pattern = await oaops('host', 'list', '!group:b*', '!web?', '--json');
    expect(json(pattern.stdout).map(({ name }) => name)).toEqual(['self']);
    const mistyped = await oaops('host', 'list', 'all', '!web9');
    expect(mistyped).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('web9') });
  });

  it('are pinged, each failure by its own name', async () => {
    const pinged = await oaops('host', 'ping', '--json');
    expect(pinged.exitCode).toBe(3);
    expect(Object.fromEntries(json(pinged.stdout).map(({ name, state }) => [name, state]))).toEqual({
      web1: 'ok',
      web2: 'ok',
      web3: 'ok',
      dead: 'unreachable',
      reborn: 'host-key-changed',
      self: 'ok',
    });
    expect((await oaops('host', 'ping', 'group:web')).exitCode).toBe(0);
    const bad = await oaops('host', 'ping', 'group:bad');
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout).toMatch(/^dead +unreachable/m);
    const audit = await oaops('audit', 'list', '--action', 'host.ping.started', '--json');
    expect(json(audit.stdout).map(({ subject }) => subject)).toContain('dead reborn');
  });

  it('that do not answer in time are given up', async () => {
    const silent = await startSshd();
    try {
      const file = join(dir, 'silent.yaml');
      const login = `host: 127.0.0.1, port: ${silent.port}, user: root, identityFile: ${silent.keyFile}`;
      writeFileSync(file, `hosts:\n  silent: {${login}}\n`);
      silent.freeze();
      const pinged = await oaops('host', 'ping', '--inventory', file, '--timeout', '1s', '--json');
      expect(pinged.exitCode).toBe(1);
      expect(json(pinged.stdout)).toMatchObject([
        { name: 'silent', state: 'timeout', message: 'no answer within 1.0 s' },
      ]);
    } finally {
      await silent.stop();
    }
  });

  it('run a command; those that said the same are shown together', async () => {
    const run = await oaops('host', 'run', 'group:web', 'self', '--shell', '--', 'echo up; echo "$1" >&2', 'days');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/^web1, web2, web3, self \(4\):\n {2}up\n {2}days\n\n\S+: 4 done\n$/);
    const shown = JSON.parse((await oaops('runs', 'show', 'latest', '--json')).stdout);
    expect(shown.run).toMatchObject({ status: 'ok', exitCode: 0, runbook: 'host run' });
  });

  it('of which some fail make the run incomplete, and it is tried again on these', async () => {
    const flag = join(dir, 'repaired');
    const run = await oaops('host', 'run', 'web1', 'dead', 'reborn', '--', 'true');
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toMatch(/^web1: done$/m);
    expect(run.stdout).toMatch(/^dead: unreachable: .*nothing listens there$/m);
    expect(run.stdout).toMatch(/^reborn: failed: the host key of reborn has changed/m);
    expect(run.stdout).toMatch(/^\S+: 1 done, 1 unreachable, 1 failed$/m);
    const all = await oaops('host', 'run', 'group:web', '--shell', '--', '[ -e "$1" ] || exit 7', flag);
    expect(all).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('exit code 7') });
    writeFileSync(flag, '');
    const again = await oaops('runs', 'resume', 'latest');
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('that are slow are ended after the time that is given', async () => {
    const mark = join(dir, 'slow');
    // The first of the two to come sleeps; the other one has all the time to come and go.
    const script = 'mkdir "$1" 2>/dev/null && exec sleep 600; exit 0';
    const run = await oaops('host', 'run', 'web1', 'web2', '--timeout', '20s', '--shell', '--json', '--', script, mark);
    expect(run.exitCode).toBe(3);
    const events = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ended = events.filter(({ event, step }) => event === 'unit.ended' && step === 'run');
    expect(ended.map(({ status }) => status).sort()).toEqual(['ok', 'timed-out']);
    expect(events.at(-1)).toMatchObject({ event: 'run.ended', status: 'incomplete', exitCode: 3 });
  });

  it('get each word unchanged, and execute none of them', async () => {
    const words = [
      '$(touch x)',
      '`touch x`',
      `it's "so"`,
      'two\nlines',
      '王小明',
      '😀',
      '${{ 1 + 1 }}',
      'a ${{ inputs.x }} b',
      '\\n\\x41',
      '--json',
      '--',
      '',
      '*',
      'tab\there',
      '\u200b\u2028\u202e',
      '\u001b[31m',
      'end\\',
    ];
    const run = await oaops('host', 'run', 'web1', 'self', '--json', '--', 'printf', '%s\\0', ...words);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const ended = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; step: string; result?: { stdout: string } })
      .filter(({ event, step }) => event === 'unit.ended' && step === 'run');
    expect(ended.map(({ result }) => result?.stdout.split('\0').slice(0, -1))).toEqual([words, words]);
    expect([existsSync('x'), readdirSync(dir).includes('x')]).toEqual([false, false]);
  });

  it('may be worked on by two commands at once', async () => {
    const both = await Promise.all([
      oaops('host', 'run', 'web1', '--', 'sleep', '1'),
      oaops('host', 'run', 'web1', '--', 'sleep', '1'),
    ]);
    expect(both.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
  });
});

describe('without a host', () => {
  it('nothing is run', async () => {
    expect(await oaops('host', 'run', 'self')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--') });
    expect(await oaops('host', 'run', 'nobody', '--inventory', '/dev/null', '--', 'true')).toMatchObject({
      exitCode: 2,
    });
  });
});

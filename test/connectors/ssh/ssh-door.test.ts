import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outputText } from '../../../src/connectors/process/capture.ts';
import type { SshDoorOptions } from '../../../src/connectors/ssh/settings.ts';
import { SshDoor } from '../../../src/connectors/ssh/ssh-door.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Target } from '../../../src/engine/ports.ts';
import { eventually } from '../../helpers/eventually.ts';
import { processesWith } from '../../helpers/processes.ts';
import { addTestUser, freePort, removeTestUsers, sshdAvailable, startSshd, type TestSshd } from '../../helpers/sshd.ts';

const never = new AbortController().signal;

describe.skipIf(!sshdAvailable)('ssh connections', () => {
  let sshd: TestSshd;
  let two: TestSshd;
  let home: string;
  let warnings: string[];
  const doors: SshDoor[] = [];

  const door = (more: Partial<SshDoorOptions> = {}): SshDoor => {
    const made = new SshDoor({
      env: {},
      home,
      localUser: 'root',
      warn: (text) => void warnings.push(text),
      clock: systemClock,
      random: systemRandom,
      ...more,
    });
    doors.push(made);
    return made;
  };
  const target = (more: Partial<Target> = {}): Target => ({
    name: 'box',
    connection: 'ssh',
    host: '127.0.0.1',
    port: sshd.port,
    user: 'oapsdoor',
    identityFile: sshd.keyFile,
    groups: [],
    vars: {},
    ...more,
  });
  const known = (text: string) => writeFileSync(join(home, '.ssh/known_hosts'), text);
  const config = (text: string) => writeFileSync(join(home, '.ssh/config'), text, { mode: 0o600 });
  const whoami = async (made: SshDoor, at: Target) =>
    outputText((await (await made.open(at, never)).run({ argv: ['id', '-un'] }, never)).stdout).trim();

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'oaops-home-'));
    sshd = await startSshd({ keyTypes: ['rsa', 'ed25519'], config: ['MaxSessions 2'] });
    two = await startSshd();
    addTestUser('oapsdoor', '/bin/sh');
  }, 60_000);
  beforeEach(async () => {
    for (const made of doors.splice(0)) await made.closeAll();
    warnings = [];
    rmSync(join(home, '.ssh'), { recursive: true, force: true });
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    known(sshd.knownHosts());
  });
  afterAll(async () => {
    for (const made of doors) await made.closeAll();
    await sshd?.stop();
    await two?.stop();
    removeTestUsers();
    rmSync(home, { recursive: true, force: true });
  });

  describe('host keys', () => {
    const ed = () => sshd.hostKeys['ed25519']!;
    const other = () => two.hostKeys['ed25519']!;
    it.each<[string, () => string]>([
      ['plain', () => `[127.0.0.1]:${sshd.port} ${ed()}\n`],
      ['only the second key type of the server', () => sshd.knownHosts('ed25519')],
      ['only the first key type of the server', () => sshd.knownHosts('rsa')],
      ['wildcard', () => `[127.0.*]:${sshd.port} ${ed()}\n`],
      ['by name without port', () => `127.0.0.1 ${ed()}\n`],
      [
        'in a list, after comments and broken lines',
        () => `# x\nbroken\n@odd * ${other()}\nelse,[127.0.0.1]:${sshd.port} ${ed()} comment\n`,
      ],
      ['another key beside it', () => `[127.0.0.1]:${sshd.port} ${other()}\n[127.0.0.1]:${sshd.port} ${ed()}\n`],
      ['revoked for another host', () => `@revoked elsewhere ${ed()}\n[127.0.0.1]:${sshd.port} ${ed()}\n`],
    ])('are accepted: %s', async (_name, text) => {
      known(text());
      expect(await whoami(door(), target())).toBe('oapsdoor');
    });

    it('are accepted when hashed by ssh-keygen', async () => {
      known(sshd.knownHosts());
      execFileSync('ssh-keygen', ['-q', '-H', '-f', join(home, '.ssh/known_hosts')], { stdio: 'ignore' });
      expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8')).toMatch(/^\|1\|/);
      expect(await whoami(door(), target())).toBe('oapsdoor');
    });

    it.each<[string, () => string, string]>([
      ['no file', () => '', 'host-key-unknown'],
      ['another host', () => `elsewhere ${ed()}\n`, 'host-key-unknown'],
      ['another port', () => `[127.0.0.1]:1 ${ed()}\n`, 'host-key-unknown'],
      ['negated', () => `*,![127.0.0.1]:${sshd.port},!127.0.0.1 ${ed()}\n`, 'host-key-unknown'],
      ['changed', () => `[127.0.0.1]:${sshd.port} ${other()}\n`, 'host-key-changed'],
      [
        'changed, though the plain name has it',
        () => `[127.0.0.1]:${sshd.port} ${other()}\n127.0.0.1 ${ed()}\n`,
        'host-key-changed',
      ],
      ['revoked', () => `[127.0.0.1]:${sshd.port} ${ed()}\n@revoked * ${ed()}\n`, 'host-key-revoked'],
      ['only a certificate authority', () => `@cert-authority * ${ed()}\n`, 'host-key-unknown'],
    ])('are refused: %s', async (_name, text, code) => {
      known(text());
      await expect(door().open(target(), never)).rejects.toMatchObject({
        code,
        details: expect.objectContaining({ fingerprint: expect.stringMatching(/^SHA256:/) }),
      });
    });

    it('are refused whatever StrictHostKeyChecking says', async () => {
      known('');
      config('Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n');
      await expect(door().open(target(), never)).rejects.toMatchObject({ code: 'host-key-unknown' });
      expect(warnings.join()).toContain('StrictHostKeyChecking no');
    });

    it('are looked up in several files', async () => {
      known('');
      writeFileSync(join(home, 'more'), sshd.knownHosts());
      config(`Host *\n  UserKnownHostsFile ~/.ssh/known_hosts %d/more\n`);
      expect(await whoami(door(), target())).toBe('oapsdoor');
    });
  });

  describe('ssh_config', () => {
    it('never runs what Match exec names, and tells that it is left out', async () => {
      const mark = join(home, 'executed');
      config(
        `Match exec "touch ${mark}"\n  Port 1\nMatch host 127.* exec "touch ${mark}"\n  Port 2\nHost box\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User oapsdoor\n  ProxyCommand none\n`,
      );
      const { port: _port, user: _user, ...rest } = target({ host: 'box' });
      expect(await whoami(door(), rest)).toBe('oapsdoor');
      expect(existsSync(mark)).toBe(false);
      expect(warnings.join()).toContain('Match exec');
    });

    it('gives HostName, Port, User and IdentityFile by pattern, Include and tokens; the inventory wins', async () => {
      mkdirSync(join(home, '.ssh/conf.d'));
      writeFileSync(
        join(home, '.ssh/conf.d/a.conf'),
        `Host *.oa.test !bad.oa.test\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User nobody-at-all\n`,
        { mode: 0o600 },
      );
      writeFileSync(join(home, 'key-oapsdoor'), readFileSync(sshd.keyFile), { mode: 0o600 });
      config(
        'Include conf.d/*.conf\nMatch originalhost *.oa.test user oapsdoor\n  IdentityFile ~/key-%r\n  IdentitiesOnly yes\n',
      );
      expect(
        await whoami(door(), {
          name: 'x',
          connection: 'ssh',
          host: 'web.oa.test',
          user: 'oapsdoor',
          groups: [],
          vars: {},
        }),
      ).toBe('oapsdoor');
    });

    it('refuses ProxyCommand and files that others can change', async () => {
      config('Host *\n  ProxyCommand nc %h %p\n');
      await expect(door().open(target(), never)).rejects.toMatchObject({ code: 'ssh-proxy-command' });
      writeFileSync(join(home, '.ssh/config'), '', { mode: 0o666 });
      execFileSync('chmod', ['666', join(home, '.ssh/config')]);
      await expect(door().open(target(), never)).rejects.toMatchObject({ code: 'ssh-config-unsafe' });
    });
  });

  it('goes through jump hosts, each of them verified', async () => {
    known(sshd.knownHosts() + two.knownHosts());
    config(`Host bastion\n  HostName 127.0.0.1\n  Port ${two.port}\n  User root\n  IdentityFile ${two.keyFile}\n`);
    const made = door();
    expect(await whoami(made, target({ proxyJump: 'bastion' }))).toBe('oapsdoor');
    const hosts = await Promise.all(
      [1, 2, 3].map((n) => whoami(made, target({ name: `n${n}`, proxyJump: 'bastion' }))),
    );
    expect(hosts).toEqual(['oapsdoor', 'oapsdoor', 'oapsdoor']);
    known(sshd.knownHosts());
    await expect(door().open(target({ proxyJump: 'bastion' }), never)).rejects.toMatchObject({
      code: 'host-key-unknown',
      message: expect.stringContaining('bastion'),
    });
    config(`Host one\n  ProxyJump two\nHost two\n  ProxyJump one\n`);
    await expect(door().open(target({ host: 'one' }), never)).rejects.toMatchObject({ code: 'ssh-jump-loop' });
  });

  it('goes through a chain of two jump hosts, each of them verified', async () => {
    const three = await startSshd();
    try {
      const hop = (name: string, { port, keyFile }: TestSshd) =>
        `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  User root\n  IdentityFile ${keyFile}\n`;
      config(`${hop('outer', two)}${hop('inner', three)}${hop('behind', three)}  ProxyJump outer\n`);
      known(sshd.knownHosts() + two.knownHosts() + three.knownHosts());
      expect(await whoami(door(), target({ proxyJump: 'outer,inner' }))).toBe('oapsdoor');
      expect(await whoami(door(), target({ proxyJump: 'behind' }))).toBe('oapsdoor');
      for (const [unknown, name] of [
        [two, 'outer'],
        [three, 'inner'],
      ] as const) {
        known([sshd, two, three].map((one) => (one === unknown ? '' : one.knownHosts())).join(''));
        await expect(door().open(target({ proxyJump: 'outer,inner' }), never)).rejects.toMatchObject({
          code: 'host-key-unknown',
          message: expect.stringContaining(name),
        });
      }
    } finally {
      await three.stop();
    }
  });

  describe('logging in', () => {
    it('names a refusal, an encrypted key and an unreachable host', async () => {
      const stranger = join(home, 'stranger');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
      await expect(door().open(target({ identityFile: stranger }), never)).rejects.toMatchObject({
        code: 'auth-failed',
      });
      const locked = join(home, 'locked');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', locked]);
      await expect(door().open(target({ identityFile: locked }), never)).rejects.toMatchObject({
        code: 'key-encrypted',
        next: expect.stringContaining('ssh-add'),
      });
      await expect(door().open(target({ port: await freePort() }), never)).rejects.toMatchObject({
        code: 'host-unreachable',
      });
    });

    it('uses keys of an agent, and only named ones with IdentitiesOnly', async () => {
      const socket = join(home, 'agent.sock');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        await eventually(() => existsSync(socket));
        execFileSync('ssh-add', ['-q', sshd.keyFile], { env: { SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
        const { identityFile: _file, ...rest } = target();
        const env = { SSH_AUTH_SOCK: socket };
        expect(await whoami(door({ env }), rest)).toBe('oapsdoor');
        config('Host *\n  IdentitiesOnly yes\n');
        await expect(door({ env }).open(rest, never)).rejects.toMatchObject({ code: 'auth-failed' });
        writeFileSync(join(home, 'named.pub'), readFileSync(`${sshd.keyFile}.pub`));
        expect(await whoami(door({ env }), target({ identityFile: join(home, 'named') }))).toBe('oapsdoor');
      } finally {
        agent.kill();
      }
      await expect(
        door({ env: { SSH_AUTH_SOCK: join(home, 'dead.sock') } }).open(target(), never),
      ).resolves.toBeDefined();
    });
  });

  it('queues commands when the server allows no more channels, and can still end one', async () => {
    const host = await door().open(target(), never);
    const results = await Promise.all(
      Array.from({ length: 14 }, (_, n) =>
        host.run({ argv: ['/bin/sh', '-c', 'sleep 0.3; echo $1', 'sh', String(n)] }, never),
      ),
    );
    expect(results.map(({ stdout }) => stdout.head.trim())).toEqual(Array.from({ length: 14 }, (_, n) => String(n)));
    const timed = await Promise.all(
      Array.from({ length: 6 }, () => host.run({ argv: ['sleep', '751.5'], timeoutMs: 500 }, never)),
    );
    expect(timed.every(({ timedOut }) => timedOut)).toBe(true);
    expect(processesWith('751.5')).toEqual([]);
    // Some of these are stopped while they wait for a channel, some on their way, some while they run.
    const late = Array.from({ length: 12 }, (_, n) => host.run({ argv: ['sleep', '752.5'], timeoutMs: 20 * n }, never));
    expect((await Promise.all(late)).every(({ timedOut }) => timedOut)).toBe(true);
    expect(processesWith('752.5')).toEqual([]);
  }, 60_000);

  it('reads known_hosts again for a new connection', async () => {
    known('');
    const made = door();
    await expect(made.open(target(), never)).rejects.toMatchObject({ code: 'host-key-unknown' });
    appendFileSync(join(home, '.ssh/known_hosts'), sshd.knownHosts());
    await expect(made.open(target(), never)).resolves.toBeDefined();
  });
});

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { outputText } from '../../../src/connectors/process/capture.ts';
import { ConnectionPool } from '../../../src/connectors/ssh/pool.ts';
import { RemoteShell } from '../../../src/connectors/ssh/remote-shell.ts';
import { RemoteUnit } from '../../../src/connectors/ssh/remote-unit.ts';
import type { SshDoorOptions } from '../../../src/connectors/ssh/settings.ts';
import { SshDoor } from '../../../src/connectors/ssh/ssh-door.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { ProcessRequest, Target } from '../../../src/engine/ports.ts';
import { eventually } from '../../helpers/eventually.ts';
import { addTestUser, removeTestUsers, sshdAvailable, startSshd, type TestSshd } from '../../helpers/sshd.ts';

// Logins and shells are slow on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });

const never = new AbortController().signal;
const password = 'Tr0ub4dor & three';

describe.skipIf(!sshdAvailable)('hosts that do not behave', () => {
  let sshd: TestSshd;
  let dir: string;
  const doors: SshDoor[] = [];
  const servers: Server[] = [];

  const options = (more: Partial<SshDoorOptions> = {}) => ({
    env: {},
    home: dir,
    localUser: 'root',
    configFiles: [join(dir, 'config')],
    knownHostsFiles: [join(dir, 'known_hosts')],
    warn: () => {},
    clock: systemClock,
    random: systemRandom,
    graceMs: 300,
    ...more,
  });
  const door = (more: Partial<SshDoorOptions> = {}): SshDoor => {
    const made = new SshDoor(options(more));
    doors.push(made);
    return made;
  };
  const target = (user: string, more: Partial<Target> = {}): Target => ({
    name: `box-${user}`,
    connection: 'ssh',
    host: '127.0.0.1',
    port: sshd.port,
    user,
    identityFile: sshd.keyFile,
    groups: [],
    vars: {},
    ...more,
  });
  const run = async (at: Target, request: ProcessRequest, through = door()) => {
    const result = await (await through.open(at, never)).run(request, never);
    return { code: result.exitCode, out: outputText(result.stdout), err: outputText(result.stderr) };
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-hosts-'));
    chmodSync(dir, 0o755);
    writeFileSync(join(dir, 'config'), 'ConnectTimeout 3\nServerAliveInterval 1\nServerAliveCountMax 2\n', {
      mode: 0o600,
    });
    sshd = await startSshd({ config: ['PasswordAuthentication yes'] });
    writeFileSync(join(dir, 'known_hosts'), sshd.knownHosts());
    addTestUser('oapsnologin', '/usr/sbin/nologin');
    addTestUser('oapsrc', '/bin/bash');
    addTestUser('oapspass', '/bin/sh', { password });
  }, 60_000);
  afterEach(async () => {
    for (const made of doors.splice(0)) await made.closeAll();
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(async () => {
    await sshd?.stop();
    removeTestUsers();
    rmSync(dir, { recursive: true, force: true });
  });

  describe('login shells', () => {
    it('that run nothing are named at once, with what they say', async () => {
      const at = target('oapsnologin');
      await expect(run(at, { argv: ['true'], supervise: { key: 'nologin' } })).rejects.toMatchObject({
        code: 'ssh-shell-unusable',
        message: expect.stringContaining('not available'),
        next: expect.stringContaining('nologin'),
      });
    });

    it.each([
      ['read the input', 'read x\n'],
      ['end', 'echo bye; exit 0\n'],
    ])('whose start files %s are named', async (what, text) => {
      writeFileSync('/home/oapsrc/.bashrc', text);
      // With a key the channel stays open after the script: nothing tells such a file that no more will come.
      for (const supervise of [{}, { supervise: { key: `rc.${what}` } }])
        await expect(run(target('oapsrc'), { argv: ['true'], ...supervise })).rejects.toMatchObject({
          code: 'ssh-shell-unusable',
        });
    });

    it('that print megabytes first change nothing', async () => {
      writeFileSync(
        '/home/oapsrc/.bashrc',
        'head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; printf no-line-end\n',
      );
      expect(await run(target('oapsrc'), { argv: ['echo', 'hi'] })).toEqual({ code: 0, out: 'hi\n', err: '' });
    });
  });

  it('variables of the command do not reach the scripts', async () => {
    const env = { PATH: '/nowhere', IFS: '/ -', oaops_d: 'mine', oaops_f: 'too', OAOPS_UNIT: 'another' };
    const argv = ['/usr/bin/printenv', 'PATH', 'IFS', 'oaops_d', 'oaops_f', 'OAOPS_ENV'];
    expect(await run(target('root'), { argv, env })).toMatchObject({ out: '/nowhere\n/ -\nmine\ntoo\n' });
  });

  it.each<[string, ProcessRequest]>([
    ['an argument', { argv: ['printf', '%s', 'x'.repeat(200_000)] }],
    ['a variable', { argv: ['true'], env: { V: 'x'.repeat(200_000) } }],
    ['a variable beside stdin', { argv: ['true'], env: { V: 'x'.repeat(200_000) }, stdin: 'text' }],
  ])('%s that is too long is told at once, and nothing is left', async (_what, long) => {
    const request = { ...long, supervise: { key: 'too-long' } };
    await expect(run(target('root'), request)).rejects.toMatchObject({ code: 'command-too-long', exitCode: 2 });
  });

  it('an output that the command opens by name, and so empties, is followed', async () => {
    const script = 'echo 1234567; echo 89 >&2; sleep 1.5; echo b >/dev/stdout; echo c >/dev/stderr; sleep 1.5; echo d';
    const expected = { code: 0, out: '1234567\nb\nd\n', err: '89\nc\n' };
    expect(await run(target('root'), { argv: ['sh', '-c', script] })).toEqual(expected);
  });

  it('a full disk under the marker folder: the one in /var/tmp is taken', async () => {
    const full = join(dir, 'full');
    try {
      execFileSync('mkdir', ['-p', full]);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full], { stdio: 'ignore' });
    } catch {
      // Without the right to mount there is no small disk.
      return;
    }
    try {
      execFileSync('sh', ['-c', 'head -c 1000000 /dev/zero >"$1/filler" || true', 'sh', full], { stdio: 'ignore' });
      const env = `XDG_STATE_HOME=${full}`;
      writeFileSync('/home/oapsrc/.bashrc', `export ${env}\n`);
      chmodSync(full, 0o777);
      // /var/tmp has room: the command runs from there.
      expect(await run(target('oapsrc'), { argv: ['echo', 'hi'] })).toMatchObject({ code: 0, out: 'hi\n' });
    } finally {
      execFileSync('umount', ['-l', full]);
    }
  });

  describe('logging in by password', () => {
    const byPassword = (ref: string) => target('oapspass', { identityFile: '/nowhere/key', password: ref });
    const secrets = { resolve: async (ref: string) => (ref === 'env:GOOD' ? password : 'wrong') };

    it('works, with the password as a reference', async () => {
      expect(await run(byPassword('env:GOOD'), { argv: ['id', '-un'] }, door({ secrets }))).toMatchObject({
        out: 'oapspass\n',
      });
    });

    it.skipIf(!existsSync('/etc/pam.d/sshd'))('works where PAM asks for it (keyboard-interactive)', async () => {
      const config = ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'PasswordAuthentication no'];
      const asking = await startSshd({ config });
      try {
        writeFileSync(join(dir, 'known_asking'), asking.knownHosts());
        const through = door({ secrets, knownHostsFiles: [join(dir, 'known_asking')] });
        const at = { ...byPassword('env:GOOD'), port: asking.port };
        expect(await run(at, { argv: ['id', '-un'] }, through)).toMatchObject({ out: 'oapspass\n' });
      } finally {
        await asking.stop();
      }
    });

    it('is refused with a wrong one, which is not told', async () => {
      const error = await run(byPassword('env:BAD'), { argv: ['true'] }, door({ secrets })).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'auth-failed', exitCode: 1, next: expect.stringContaining('ssh -v -p') });
      expect(JSON.stringify([error.message, error.next, error.details])).not.toContain('wrong');
    });
  });

  it('a key that others can read is left out, as ssh does', async () => {
    const open = join(dir, 'open_key');
    copyFileSync(sshd.keyFile, open);
    chmodSync(open, 0o644);
    await expect(run(target('root', { identityFile: open }), { argv: ['true'] })).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('chmod 600'),
    });
  });

  describe('lost connections', () => {
    it('one that died while nobody used it is replaced; the command runs once', async () => {
      const host = await door().open(target('root'), never);
      const file = join(dir, 'count');
      for (let round = 0; round < 5; round++) {
        sshd.dropConnections();
        const result = await host.run(
          { argv: ['sh', '-c', 'echo x >>"$0"', file], supervise: { key: `r${round}` } },
          never,
        );
        expect(result.exitCode).toBe(0);
        await host.forget(`r${round}`);
      }
      expect(readFileSync(file, 'utf8')).toBe('x\n'.repeat(5));
    });

    it('one that froze is given up by keepalives and followed again; the command runs once', async () => {
      const host = await door().open(target('root'), never);
      const file = join(dir, 'frozen');
      const script = 'echo x >>"$0"; for i in 1 2 3 4 5 6; do echo line $i; sleep 1; done';
      const running = host.run({ argv: ['sh', '-c', script, file], supervise: { key: 'frozen' } }, never);
      await eventually(() => readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === 'x\n');
      const frozen = sessionsOf(sshd);
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      try {
        const result = await running;
        expect(outputText(result.stdout)).toBe([1, 2, 3, 4, 5, 6].map((n) => `line ${n}\n`).join(''));
      } finally {
        for (const pid of frozen) process.kill(pid, 'SIGKILL');
      }
      expect(readFileSync(file, 'utf8')).toBe('x\n');
      await host.forget('frozen');
    }, 90_000);

    it('one that ssh2 knows to be lost before its events say so is replaced', async () => {
      const { Client } = (await import('ssh2')).default;
      const host = await door().open(target('root'), never);
      const exec = Client.prototype.exec;
      let refused = 0;
      const failing = [
        () => {
          throw new Error('Not connected');
        },
        (_command: string, done: (error: Error) => void) => done(new Error('No response from server')),
      ];
      Client.prototype.exec = function (this: InstanceType<typeof Client>, ...parameters: never[]) {
        const fail = failing[refused++];
        if (!fail) return exec.apply(this, parameters as never);
        (fail as (...all: never[]) => void)(...parameters);
        return this;
      } as typeof exec;
      try {
        expect((await host.run({ argv: ['true'] }, never)).exitCode).toBe(0);
        expect(refused).toBeGreaterThan(2);
      } finally {
        Client.prototype.exec = exec;
      }
    });

    it('a unit that never arrived is claimed, so that it cannot start late, and may be tried again', async () => {
      const pool = new ConnectionPool(options());
      try {
        const shell = new RemoteShell('box', pool.host(target('root')), systemRandom);
        const unit = { name: `never-sent-${Date.now().toString(36)}`, once: false };
        const refusal = {
          code: 'host-unreachable',
          message: expect.stringContaining('before the command had started'),
        };
        const attached = () => new RemoteUnit(shell, options(), unit).attach(never);
        await expect(attached()).rejects.toMatchObject(refusal);
        // Asked again, as when the first answer was lost.
        await expect(attached()).rejects.toMatchObject(refusal);
        const plan = { mode: '' as const, user: '', keepEnv: '', argv: ['true'], stdinPrefix: '' };
        const late = new RemoteUnit(shell, options(), unit).start(plan, { argv: ['true'] }, never);
        await expect(late).rejects.toMatchObject({ code: 'unit-claimed' });
        execFileSync('rm', ['-rf', `/var/lib/oaops/units/${unit.name}`]);
      } finally {
        pool.closeAll();
      }
    });
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['says nothing', () => {}, /^host-unreachable$/],
    ['hangs up', (socket) => socket.destroy(), /^ssh-handshake-failed$|^host-unreachable$/],
    ['is a web server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /^ssh-handshake-failed$/],
    ['talks without end', (socket) => flood(socket, 'x'.repeat(65_536)), /^ssh-handshake-failed$|^host-unreachable$/],
    [
      'sends a banner without end',
      (socket) => flood(socket, 'noise\r\n'.repeat(8192)),
      /^ssh-handshake-failed$|^host-unreachable$/,
    ],
  ])('a server that %s is given up in time', async (_what, serve, code) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      serve(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const error = await door()
      .open(target('root', { port }), never)
      .catch((caught) => caught);
    expect(error).toMatchObject({ code: expect.stringMatching(code), exitCode: 1 });
    expect(error.next).toMatch(/\.$/);
    expect(process.memoryUsage().rss).toBeLessThan(1e9);
  });

  it('a server that drops connections (MaxStartups) is tried again, and is unreachable in the end', async () => {
    writeFileSync(join(dir, 'known_dropping'), `127.0.0.1 ${sshd.hostKeys['ed25519']!}\n`);
    let dropped = 0;
    let drops = 2;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (dropped++ < drops) return void socket.end('Exceeded MaxStartups\r\n');
      const onward = connect({ host: '127.0.0.1', port: sshd.port });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const through = () => door({ knownHostsFiles: [join(dir, 'known_dropping')] });
    expect(await run(target('root', { port }), { argv: ['echo', 'hi'] }, through())).toMatchObject({ out: 'hi\n' });
    expect(dropped).toBe(3);
    drops = Number.POSITIVE_INFINITY;
    await expect(run(target('root', { port }), { argv: ['echo', 'hi'] }, through())).rejects.toMatchObject({
      code: 'host-unreachable',
      next: expect.stringContaining('MaxStartups'),
    });
  });

  describe('files', () => {
    it('an upload that is broken off leaves the old file and nothing beside it', async () => {
      const folder = mkdtempSync(join(dir, 'up-'));
      const big = join(dir, 'big');
      writeFileSync(big, '');
      truncateSync(big, 300 * 1024 * 1024);
      writeFileSync(join(folder, 'goal'), 'old');
      const host = await door().open(target('root'), never);
      const stop = new AbortController();
      const sending = host.upload(big, join(folder, 'goal'), {}, stop.signal);
      sending.catch(() => {});
      await eventually(() => readdirSync(folder).length === 2, 60_000);
      stop.abort();
      await expect(sending).rejects.toThrow();
      await eventually(() => readdirSync(folder).length === 1, 60_000);
      expect(readFileSync(join(folder, 'goal'), 'utf8')).toBe('old');
    }, 150_000);

    it('keeps the owner of the file that is replaced, and takes a name of 255 bytes', async () => {
      const host = await door().open(target('root'), never);
      const path = join(dir, 'n'.repeat(255));
      writeFileSync(path, 'old', { mode: 0o640 });
      execFileSync('chown', ['oapspass:oapspass', path]);
      await host.writeFile(path, Buffer.from('new'), {}, never);
      expect(execFileSync('stat', ['-c', '%U %G %a', path], { encoding: 'utf8' })).toBe('oapspass oapspass 640\n');
    });
  });
});

/** Sends a text until nobody takes it. */
function flood(socket: Socket, text: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(text)) {
      // Until the buffer is full.
    }
  };
  socket.on('drain', more);
  more();
}

/** Processes of sshd that serve a connection. */
function sessionsOf(sshd: TestSshd): number[] {
  const main = readFileSync(join(sshd.dir, 'pid'), 'utf8').trim();
  const children = (pid: string) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children(main).map(Number);
}

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { outputText } from '../../../src/connectors/process/capture.ts';
import { markerName } from '../../../src/connectors/process/marker.ts';
import { SshDoor } from '../../../src/connectors/ssh/ssh-door.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Target } from '../../../src/engine/ports.ts';
import { eventually } from '../../helpers/eventually.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';
import { isSleeping, processesWith } from '../../helpers/processes.ts';
import { addTestUser, removeTestUsers, sshdAvailable, startSshd, type TestSshd } from '../../helpers/sshd.ts';

// Logins and shells are slow on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });

const never = new AbortController().signal;
const users = { csh: 'oaopstcsh', fish: 'oaopsfish', bash: 'oaopsbash' };

describe.skipIf(!sshdAvailable)('commands over ssh', () => {
  let sshd: TestSshd;
  let dir: string;
  let door: SshDoor;

  const target = (user = 'root', more: Partial<Target> = {}): Target => ({
    name: `test-${user}`,
    connection: 'ssh',
    host: '127.0.0.1',
    port: sshd.port,
    user,
    identityFile: sshd.keyFile,
    groups: [],
    vars: {},
    ...more,
  });

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-ssh-'));
    sshd = await startSshd();
    writeFileSync(join(dir, 'known_hosts'), sshd.knownHosts());
    addTestUser(users.csh, '/bin/tcsh');
    addTestUser(users.fish, '/usr/bin/fish');
    addTestUser(users.bash, '/bin/bash');
    writeFileSync(`/home/${users.csh}/.cshrc`, 'echo "noise from .cshrc"\n');
    door = new SshDoor({
      env: {},
      home: dir,
      localUser: 'root',
      configFiles: [],
      knownHostsFiles: [join(dir, 'known_hosts')],
      warn: () => {},
      clock: systemClock,
      random: systemRandom,
      graceMs: 300,
    });
  }, 120_000);

  afterAll(async () => {
    await door?.closeAll();
    await sshd?.stop();
    removeTestUsers();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(['root', ...Object.values(users)])(
    'hands arguments, environment and stdin on unchanged (login %s)',
    async (user) => {
      const host = await door.open(target(user), never);
      const work = user === 'root' ? dir : `/home/${user}`;
      const argv = ['printf', '%s\\0', ...hostileValues];
      const result = await host.run({ argv, cwd: work }, never);
      expect(result).toMatchObject({ exitCode: 0, stderr: { totalBytes: 0 } });
      expect(outputText(result.stdout).split('\0').slice(0, -1)).toEqual(hostileValues);
      // The login shell of root may read long start-up files: a sample is enough there.
      for (const value of user === 'root' ? hostileValues.slice(0, 8) : hostileValues) {
        const env = await host.run(
          { argv: ['/bin/sh', '-c', 'printf %s "$V"; cat'], env: { V: value, d: 'x' }, stdin: `<${value}>`, cwd: work },
          never,
        );
        expect(outputText(env.stdout)).toBe(`${value}<${value}>`);
      }
      expect(readdirSync(work)).not.toContain('pwned');
      expect(existsSync('/root/pwned')).toBe(false);
    },
  );

  it('gives exit codes, signals, both outputs, folder and failures as locally', async () => {
    const host = await door.open(target(users.csh), never);
    const lines: string[] = [];
    const result = await host.run(
      {
        argv: ['/bin/sh', '-c', 'pwd; echo err >&2; exit 7'],
        cwd: '/usr',
        onOutput: (stream, text) => void lines.push(`${stream}:${text}`),
      },
      never,
    );
    expect(result).toMatchObject({
      exitCode: 7,
      signal: null,
      timedOut: false,
      stdout: { head: '/usr\n' },
      stderr: { head: 'err\n' },
    });
    expect(lines.sort()).toEqual(['stderr:err', 'stdout:/usr']);
    expect(await host.run({ argv: ['/bin/sh', '-c', 'kill -9 $$'] }, never)).toMatchObject({
      exitCode: 137,
      signal: 'SIGKILL',
    });
    await expect(host.run({ argv: ['no-such-program'] }, never)).rejects.toMatchObject({ code: 'command-not-found' });
    await expect(host.run({ argv: ['true'], cwd: '/no/such' }, never)).rejects.toMatchObject({ code: 'cwd-missing' });
    await expect(host.run({ argv: ['eval', 'touch pwned'] }, never)).rejects.toMatchObject({
      code: 'command-not-found',
    });
    expect(readdirSync(`/home/${users.csh}/.local/state/oaops/units`)).toEqual([]);
  });

  it('shows environment and stdin in no process list', async () => {
    const host = await door.open(target(users.bash), never);
    const secret = `secret-${randomBytes(8).toString('hex')}`;
    const result = await host.run(
      {
        argv: ['/bin/sh', '-c', 'cat >/dev/null; cat /proc/[0-9]*/cmdline | tr "\\0" " "'],
        env: { TOKEN: secret },
        stdin: `${secret}\n`,
      },
      never,
    );
    expect(outputText(result.stdout)).toContain('oaops-unit');
    expect(outputText(result.stdout)).not.toContain(secret);
  });

  it('does not wait for background children, and takes large outputs and inputs', async () => {
    const host = await door.open(target(), never);
    await host.run({ argv: ['/bin/sh', '-c', 'sleep 721.5 & echo ok'] }, never);
    const left = processesWith('721.5');
    expect(left).not.toEqual([]);
    for (const pid of left) process.kill(pid);
    const size = 40 * 1024 * 1024;
    const result = await host.run({ argv: ['/bin/sh', '-c', `head -c ${size} /dev/zero | tr '\\0' x`] }, never);
    expect(result.stdout).toMatchObject({
      totalBytes: size,
      truncated: true,
      sha256: createHash('sha256').update(Buffer.alloc(size, 'x')).digest('hex'),
    });
    const stdin = 'a\\b\0c\n'.repeat(30_000);
    const sum = await host.run({ argv: ['sha256sum'], stdin }, never);
    expect(outputText(sum.stdout)).toContain(createHash('sha256').update(stdin).digest('hex'));
    expect(await host.run({ argv: ['true'], stdin }, never)).toMatchObject({ exitCode: 0 });
  }, 120_000);

  it('ends the whole tree on timeout and on abort', async () => {
    const host = await door.open(target(users.fish), never);
    const script = 'setsid sh -c "trap : TERM; while :; do sleep 731.5; done" & (setsid sleep 732.5 &) ; sleep 733.5';
    expect(await host.run({ argv: ['/bin/sh', '-c', script], timeoutMs: 500 }, never)).toMatchObject({
      timedOut: true,
      signal: 'SIGTERM',
    });
    const controller = new AbortController();
    const running = host.run({ argv: ['sleep', '734.5'] }, controller.signal);
    await eventually(() => isSleeping('734.5'));
    controller.abort();
    expect(await running).toMatchObject({ timedOut: false, signal: 'SIGTERM' });
    for (const mark of ['731.5', '732.5', '733.5', '734.5']) expect(processesWith(mark)).toEqual([]);
  });

  it('follows a command again when the session is lost, with nothing missing or doubled', async () => {
    const host = await door.open(target(users.bash), never);
    const lines: string[] = [];
    const script = 'i=0; while [ $i -lt 40 ]; do echo line $i; echo e $i >&2; i=$((i+1)); sleep 0.05; done; exit 23';
    const running = host.run(
      {
        argv: ['/bin/sh', '-c', script],
        supervise: { key: 'lost.1' },
        onOutput: (stream, text) => void (stream === 'stdout' && lines.push(text)),
      },
      never,
    );
    await eventually(() => lines.length >= 5);
    await sshd.kill();
    await sshd.start();
    const result = await running;
    expect(result.exitCode).toBe(23);
    expect(lines).toEqual(Array.from({ length: 40 }, (_, i) => `line ${i}`));
    expect(outputText(result.stderr).split('\n').filter(Boolean)).toHaveLength(40);
    await host.forget('lost.1');
    expect(readdirSync(`/home/${users.bash}/.local/state/oaops/units`)).toEqual([]);
  }, 120_000);

  it('finds a unit of another process: alive, exited, unknown', async () => {
    const first = await door.open(target(users.bash), never);
    const other = new SshDoor({
      env: {},
      home: dir,
      localUser: 'root',
      configFiles: [],
      knownHostsFiles: [join(dir, 'known_hosts')],
      warn: () => {},
      clock: systemClock,
      random: systemRandom,
      reattachMs: 0,
    });
    try {
      let begun = false;
      const script = 'echo begun; sleep 1.5; echo ended; exit 9';
      const lost = (await other.open(target(users.bash), never)).run(
        {
          argv: ['/bin/sh', '-c', script],
          supervise: { key: 'far.1' },
          onOutput: () => {
            begun = true;
          },
        },
        never,
      );
      await eventually(() => begun);
      await expect(first.run({ argv: ['true'], supervise: { key: 'far.1' } }, never)).rejects.toMatchObject({
        code: 'unit-running',
      });
      await other.closeAll();
      await expect(lost).rejects.toMatchObject({ code: 'session-lost' });
      const recovered = await first.recover('far.1');
      if (recovered.state !== 'alive') throw new Error(recovered.state);
      const result = await recovered.wait(never);
      expect(result).toMatchObject({ exitCode: 9, stdout: { head: 'begun\nended\n' } });
      const again = await first.recover('far.1');
      expect(again).toMatchObject({ state: 'exited', result: { exitCode: 9, stdout: { head: 'begun\nended\n' } } });
      await first.forget('far.1');
      expect(await first.recover('far.1')).toEqual({ state: 'not-started' });
      // Who asked may have died before it wrote the answer down.
      expect(await first.recover('far.1')).toEqual({ state: 'not-started' });
      // Recovery took the claim: a launch that comes late starts nothing.
      await expect(first.run({ argv: ['touch', 'late'], supervise: { key: 'far.1' } }, never)).rejects.toMatchObject({
        code: 'unit-claimed',
      });
      // Also one that was given up and forgotten, and had been on its way on a connection that froze.
      await first.forget('far.1');
      await expect(first.run({ argv: ['touch', 'late'], supervise: { key: 'far.1' } }, never)).rejects.toMatchObject({
        code: 'unit-claimed',
      });
    } finally {
      await other.closeAll();
    }
  }, 120_000);

  it('says unknown when the supervisor was killed', async () => {
    const host = await door.open(target(users.bash), never);
    const running = host.run({ argv: ['sleep', '741.5'], supervise: { key: 'gone.1' } }, never);
    await eventually(() => isSleeping('741.5'));
    const outcome = expect(running).rejects.toMatchObject({ code: 'process-vanished' });
    const [pid] = readFileSync(
      `/home/${users.bash}/.local/state/oaops/units/${markerName('gone.1')}/pid`,
      'utf8',
    ).split(' ');
    process.kill(Number(pid), 'SIGKILL');
    for (const left of processesWith('741.5')) process.kill(left, 'SIGKILL');
    await outcome;
    expect(await host.recover('gone.1')).toEqual({ state: 'unknown' });
    await host.forget('gone.1');
  });

  it('copies files, with mode, owner and sha256, and reads them back', async () => {
    const host = await door.open(target(), never);
    const local = join(dir, 'local.bin');
    const data = randomBytes(3_000_000);
    writeFileSync(local, data);
    const remote = join(dir, "remote 王's $(x).bin");
    const sent = await host.upload(local, remote, { mode: 0o640, owner: users.bash }, never);
    expect(sent).toEqual({ sha256: createHash('sha256').update(data).digest('hex'), sizeBytes: data.length });
    expect(readFileSync(remote).equals(data)).toBe(true);
    expect(execFileSync('stat', ['-c', '%a %U', remote]).toString().trim()).toBe(`640 ${users.bash}`);
    expect(await host.hashFile(remote, never)).toEqual(sent);
    expect(await host.hashFile(join(dir, 'none'), never)).toBeNull();
    const bytes = Buffer.from([0, 255, 10, 13, 92, 39]);
    await host.writeFile(join(dir, 'small'), bytes, {}, never);
    expect(Buffer.from((await host.readFile(join(dir, 'small'), 100, never))!).equals(bytes)).toBe(true);
    await expect(host.readFile(remote, 100, never)).rejects.toMatchObject({ code: 'file-too-large' });
    await expect(host.upload(local, '/no/such/folder/x', {}, never)).rejects.toMatchObject({ code: 'file-write' });
    await expect(host.upload(local, dir, {}, never)).rejects.toMatchObject({ code: 'file-irregular' });
  }, 120_000);
});

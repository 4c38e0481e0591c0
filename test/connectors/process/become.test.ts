import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputText } from '../../../src/connectors/process/capture.ts';
import { LocalHost } from '../../../src/connectors/process/local-host.ts';
import { SshDoor } from '../../../src/connectors/ssh/ssh-door.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Host, SecretDoor, Target } from '../../../src/engine/ports.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';
import { addTestUser, removeTestUsers, sshdAvailable, startSshd, type TestSshd } from '../../helpers/sshd.ts';

const never = new AbortController().signal;
const text = (result: {
  stdout: { head: string; tail: string; truncated: boolean; totalBytes: number; sha256: string };
}) => outputText(result.stdout).trim();
const sudoers = '/etc/sudoers.d/oaops-test';
const password = "p@ss'w0rd $(x) 王";

/** sudo, doas and su as they are on this machine; the sudoers file and the accounts are taken away again. */
describe.skipIf(!sshdAvailable)('become', () => {
  let dir: string;
  let sshd: TestSshd;
  let door: SshDoor;
  const hosts: Record<string, Host> = {};
  const secrets: SecretDoor = {
    resolve: async (ref) => ({ 'env:GOOD': password, 'env:BAD': 'wrong' })[ref] ?? '',
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-become-'));
    sshd = await startSshd();
    addTestUser('oapsfree', '/bin/bash');
    addTestUser('oapspass', '/bin/bash', { password });
    addTestUser('oapsonly', '/bin/bash');
    addTestUser('oapsnone', '/bin/bash');
    addTestUser('oapsapp', '/bin/sh', { password });
    writeFileSync(
      sudoers,
      'oapsfree ALL=(ALL) NOPASSWD: ALL\noapspass ALL=(ALL) ALL\noapsonly ALL=(oapsapp) NOPASSWD: /usr/bin/id -un\n',
      { mode: 0o440 },
    );
    writeFileSync(join(dir, 'known_hosts'), sshd.knownHosts());
    door = new SshDoor({
      env: {},
      home: dir,
      localUser: 'root',
      configFiles: [],
      knownHostsFiles: [join(dir, 'known_hosts')],
      warn: () => {},
      clock: systemClock,
      random: systemRandom,
      secrets,
      graceMs: 300,
    });
    for (const user of ['oapsfree', 'oapspass', 'oapsonly', 'oapsnone']) {
      const target: Target = {
        name: user,
        connection: 'ssh',
        host: '127.0.0.1',
        port: sshd.port,
        user,
        identityFile: sshd.keyFile,
        groups: [],
        vars: {},
      };
      hosts[user] = await door.open(target, never);
    }
    const local: Target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} };
    hosts['root'] = new LocalHost(local, {
      stateDir: join(dir, 'state'),
      env: process.env,
      clock: systemClock,
      random: systemRandom,
      secrets,
      cwd: '/',
      graceMs: 300,
    });
  }, 60_000);
  afterAll(async () => {
    rmSync(sudoers, { force: true });
    await door?.closeAll();
    await sshd?.stop();
    removeTestUsers();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each([
    ['root', 'sudo'],
    ['root', 'su'],
    ['oapsfree', 'sudo'],
  ] as const)(
    '%s becomes another account by %s, with arguments, environment and stdin unchanged',
    async (from, method) => {
      const become = { method, user: 'oapsapp' };
      const argv = ['/bin/sh', '-c', 'id -un; printf "%s|" "$V" "$@"; cat', 'sh', ...hostileValues];
      const result = await hosts[from]!.run({ argv, env: { V: "a 'b' 王" }, stdin: '<in>', become }, never);
      expect(text(result)).toBe(`oapsapp\n${["a 'b' 王", ...hostileValues].join('|')}|<in>`);
      expect(await hosts[from]!.run({ argv: ['/bin/sh', '-c', 'exit 7'], become }, never)).toMatchObject({
        exitCode: 7,
      });
    },
  );

  it('keeps to a limited sudoers rule', async () => {
    const become = { method: 'sudo', user: 'oapsapp' } as const;
    expect(text(await hosts['oapsonly']!.run({ argv: ['/usr/bin/id', '-un'], become }, never))).toBe('oapsapp');
    await expect(hosts['oapsonly']!.run({ argv: ['/usr/bin/id'], become }, never)).rejects.toMatchObject({
      code: expect.stringMatching(/^become-(refused|password-required)$/),
    });
    await expect(
      hosts['oapsonly']!.run({ argv: ['/usr/bin/id', '-un'], env: { X: '1' }, become }, never),
    ).rejects.toMatchObject({ code: 'become-env-refused' });
  });

  it('names a needed password before anything happens', async () => {
    const mark = '/tmp/oaops-become-mark';
    const argv = ['touch', mark];
    await expect(
      hosts['oapspass']!.run({ argv, become: { method: 'sudo', user: 'root' } }, never),
    ).rejects.toMatchObject({ code: 'become-password-required' });
    await expect(
      hosts['oapspass']!.run({ argv, become: { method: 'su', user: 'oapsapp' } }, never),
    ).rejects.toMatchObject({ code: 'become-password-required' });
    await expect(
      hosts['oapsnone']!.run({ argv, become: { method: 'sudo', user: 'root' } }, never),
    ).rejects.toMatchObject({ code: 'become-password-required' });
    expect(() => readFileSync(mark)).toThrow();
  });

  it('gives a password on stdin, and only to the program that asks', async () => {
    const become = { method: 'sudo', user: 'root', password: 'env:GOOD' } as const;
    const result = await hosts['oapspass']!.run(
      {
        argv: [
          '/bin/sh',
          '-c',
          'id -un; cat; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" " "',
        ],
        stdin: '<in>',
        become,
      },
      never,
    );
    expect(text(result)).toMatch(/^root\n<in>/);
    expect(text(result)).not.toContain(password);
    expect(text(await hosts['oapsfree']!.run({ argv: ['cat'], stdin: '<in>', become }, never))).toBe('<in>');
    const su = { method: 'su', user: 'oapsapp', password: 'env:GOOD' } as const;
    expect(
      text(await hosts['oapsnone']!.run({ argv: ['/bin/sh', '-c', 'id -un; cat'], stdin: '<in>', become: su }, never)),
    ).toBe('oapsapp\n<in>');
    expect(
      text(await hosts['root']!.run({ argv: ['/bin/sh', '-c', 'id -un; cat'], stdin: '<in>', become: su }, never)),
    ).toBe('oapsapp\n<in>');
  }, 30_000);

  it('names a wrong password', async () => {
    await expect(
      hosts['oapspass']!.run({ argv: ['true'], become: { method: 'sudo', user: 'root', password: 'env:BAD' } }, never),
    ).rejects.toMatchObject({ code: 'become-password-wrong' });
    await expect(
      hosts['oapsnone']!.run({ argv: ['true'], become: { method: 'su', user: 'oapsapp', password: 'env:BAD' } }, never),
    ).rejects.toMatchObject({ code: 'become-password-wrong' });
    await expect(
      hosts['root']!.run({ argv: ['true'], become: { method: 'doas', user: 'oapsapp', password: 'env:GOOD' } }, never),
    ).rejects.toMatchObject({ code: 'become-password-unsupported' });
  }, 30_000);

  it('ends what another account runs', async () => {
    const become = { method: 'sudo', user: 'root' } as const;
    expect(await hosts['oapsfree']!.run({ argv: ['sleep', '761.5'], become, timeoutMs: 400 }, never)).toMatchObject({
      timedOut: true,
    });
  });

  it('writes and reads files of another account', async () => {
    const become = { method: 'sudo', user: 'oapsapp' } as const;
    for (const from of ['root', 'oapsfree']) {
      const path = `/home/oapsapp/${from} file`;
      const bytes = Buffer.from([0, 1, 255, 10]);
      await hosts[from]!.writeFile(path, bytes, { mode: 0o600, become }, never);
      expect(Buffer.from((await hosts[from]!.readFile(path, 100, never, become))!).equals(bytes)).toBe(true);
      expect((await hosts[from]!.hashFile(path, never, become))?.sizeBytes).toBe(4);
    }
  });

  it.skipIf(existsSync('/etc/doas.conf'))(
    'becomes another account by doas, with the environment kept out of sight',
    async () => {
      writeFileSync(
        '/etc/doas.conf',
        'permit nopass oapsfree as oapsapp\npermit oapspass as oapsapp\npermit nopass oapsonly as oapsapp cmd id\n',
        { mode: 0o600 },
      );
      try {
        const become = { method: 'doas', user: 'oapsapp' } as const;
        const argv = ['/bin/sh', '-c', 'id -un; printf %s "$V"; cat', 'sh'];
        expect(text(await hosts['oapsfree']!.run({ argv, env: { V: "a 'b' 王" }, stdin: '<in>', become }, never))).toBe(
          "oapsapp\na 'b' 王<in>",
        );
        expect(text(await hosts['oapsonly']!.run({ argv: ['id', '-un'], become }, never))).toBe('oapsapp');
        await expect(hosts['oapsonly']!.run({ argv: ['true'], become }, never)).rejects.toMatchObject({
          code: 'become-refused',
        });
        await expect(hosts['oapspass']!.run({ argv: ['id'], become }, never)).rejects.toMatchObject({
          code: 'become-password-required',
        });
      } finally {
        rmSync('/etc/doas.conf');
      }
    },
  );
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/render/width.ts';
import { FakePrograms } from '../helpers/fake-managers.ts';
import { shapeOf } from '../helpers/json-shapes.ts';
import { runOaops } from '../helpers/oaops.ts';
import { freePort, sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';
import * as said from '../updates/outputs.ts';

const golden = join(import.meta.dirname, '../golden/patch-check-json.json');

/** The package lists of this machine; a container image often has none. */
const hasApt = (() => {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
})();

let dir: string;
let sshd: TestSshd | undefined;
let fakes: FakePrograms;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-patch-check-'));
  fakes = new FakePrograms(join(dir, 'bin'));
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 });
  let hosts = `self ansible_connection=local\n`;
  if (sshdAvailable) {
    sshd = await startSshd();
    writeFileSync(join(dir, '.ssh/known_hosts'), sshd.knownHosts());
    const login = `ansible_host=127.0.0.1 ansible_user=${userInfo().username} ansible_ssh_private_key_file=${sshd.keyFile}`;
    hosts += `web1 ${login} ansible_port=${sshd.port}\ndead ${login} ansible_port=${await freePort()}\n`;
  }
  writeFileSync(join(dir, 'hosts.ini'), hosts);
});
afterAll(async () => {
  await sshd?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const oaops = (...args: string[]) =>
  runOaops(['patch', 'check', ...args], {
    cwd: dir,
    bare: true,
    env: {
      PATH: `${join(dir, 'bin')}:/usr/bin:/bin`,
      HOME: dir,
      OAOPS_STATE_DIR: join(dir, 'state'),
      OAOPS_INVENTORY: join(dir, 'hosts.ini'),
    },
  });

interface Checked {
  run: string | null;
  hosts: {
    host: string;
    status: string;
    reason: string | null;
    manager: string;
    listsAgeSeconds: number | null;
    counts: Record<string, number>;
    updates: { name: string; available: string; security: boolean; new: boolean }[];
  }[];
}
const json = (text: string) => JSON.parse(text) as Checked;

/** dnf as of RHEL 9 with these updates. */
function fakeDnf(updates: { out?: string; err?: string; code?: number } = { out: said.dnfUpdates, code: 100 }): void {
  fakes.set('dnf', {
    '*check-update*': updates,
    '*updateinfo*with-cve*': { out: said.dnfCves },
    '*updateinfo*': { out: said.dnfAdvisories },
    '*versionlock*': { out: said.dnfLocks },
    '*needs-restarting*': { out: said.dnfReboot, code: 1 },
    '*makecache*': {},
  });
  fakes.set('rpm', { '*': { out: said.dnfInstalled } });
}

describe('the check', { timeout: 600_000 }, () => {
  it.skipIf(!hasApt)('says of this machine what apt-get says, here and over ssh, and keeps it', async () => {
    const names = sshd ? ['self', 'web1'] : ['self'];
    const checked = await oaops(...names, '--json');
    expect(checked, checked.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    const simulated = spawnSync('apt-get', ['-s', 'dist-upgrade'], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    });
    const pending = [...simulated.stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)].map(
      ([, name, version]) => `${name} ${version}`,
    );
    const { hosts } = json(checked.stdout);
    for (const { status, manager, updates, listsAgeSeconds } of hosts) {
      expect({ status, manager }).toEqual({ status: 'judged', manager: 'apt' });
      expect(listsAgeSeconds).toBeGreaterThanOrEqual(0);
      expect(
        updates
          .filter(({ available }) => available !== null)
          .map(({ name, available }) => `${name} ${available}`)
          .sort(),
      ).toEqual(pending.sort());
      const firstOther = updates.findIndex(({ security }) => !security);
      expect(updates.slice(firstOther === -1 ? updates.length : firstOther).some(({ security }) => security)).toBe(
        false,
      );
    }
    expect(hosts.map(({ host }) => host)).toEqual(names);
    const again = await oaops(...names, '--last', '--json');
    expect(json(again.stdout)).toMatchObject({
      run: null,
      hosts: hosts.map(({ host, updates }) => ({ host, updates })),
    });
  });

  it.skipIf(!sshdAvailable)(
    'says of a host that does not answer that nobody knows, never that nothing is pending',
    async () => {
      fakeDnf();
      const some = await oaops('self', 'dead', '--manager', 'dnf');
      expect(some.exitCode, some.stderr).toBe(3);
      expect(some.stdout).toMatch(/^dead +unknown +\? +\? +\? +\? +\?$/m);
      expect(some.stdout).toMatch(/^dead: .*nothing listens there/m);
      const one = await oaops('dead', '--json');
      expect(one.exitCode).toBe(1);
      expect(json(one.stdout).hosts).toMatchObject([{ host: 'dead', status: 'unknown', updates: [] }]);
      const never = await oaops('web1', 'dead', '--last', '--manager', 'pip');
      expect(never).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('web1: it was never checked') });
    },
  );

  it('fetches no lists unless it is told to', async () => {
    fakeDnf();
    fakes.calls();
    expect((await oaops('self', '--manager', 'dnf')).exitCode).toBe(0);
    const calls = fakes.calls().filter((call) => call.startsWith('dnf'));
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.filter((call) => !/ -C /.test(call))).toEqual([]);
    expect((await oaops('self', '--manager', 'dnf', '--refresh')).exitCode).toBe(0);
    expect(fakes.calls().filter((call) => call.startsWith('dnf'))[0]).toBe('dnf -q --refresh makecache');
    fakes.set('dnf', {
      '*makecache*': { err: 'Error: no route\n', code: 1 },
      '*check-update*': { out: said.dnfUpdates, code: 100 },
    });
    const stale = await oaops('self', '--manager', 'dnf', '--refresh');
    expect(stale.exitCode).toBe(3);
    expect(stale.stderr).toContain('the package lists of self are not fresh');
    expect(stale.stdout).toMatch(/^self +updates +\?/m);
  });

  it('tells what is new since the check before, security first, on 80 columns', async () => {
    rmSync(join(dir, 'state'), { recursive: true, force: true });
    fakeDnf({ out: said.dnfUpdates.replace(/^glibc.*\n/m, ''), code: 100 });
    expect((await oaops('self', '--manager', 'dnf')).exitCode).toBe(0);
    fakeDnf();
    const checked = await oaops('self', '--manager', 'dnf');
    expect(checked, checked.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    expect(checked.stdout).toMatch(/^self +security updates +2 +4 +1 +\? +needed$/m);
    expect(checked.stdout).toMatch(/^kernel-core\.x86_64 +5\.14\.0-284\.30\.1\.el9_2 +critical +\? +self$/m);
    expect(checked.stdout).toMatch(/^glibc\.x86_64 +2\.34-60\.el9_2\.9 +important +CVE-2023-4527 +new +self$/m);
    expect(checked.stdout.indexOf('kernel-core')).toBeLessThan(checked.stdout.indexOf('glibc'));
    expect(checked.stdout).not.toContain('bash');
    for (const lang of ['en', 'zh-CN']) {
      const shown = await oaops('self', '--manager', 'dnf', '--last', '--verbose', '--lang', lang);
      expect(shown.exitCode).toBe(0);
      expect(shown.stdout).toContain('bash.x86_64');
      expect(Math.max(...shown.stdout.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
    }
    const text = `${JSON.stringify(shapeOf(JSON.parse((await oaops('self', '--last', '--json')).stdout)), null, 2)}\n`;
    if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  it('takes what it does not understand for unknown, and keeps the last answer to compare with', async () => {
    for (const [broken, why] of [
      [{ out: 'welcome to this host\n', code: 100 }, 'not understood'],
      [{ err: 'Error: database is locked\n', code: 1 }, 'database is locked'],
      [{ out: said.dnfUpdates, code: 0 }, 'not understood'],
    ] as const) {
      fakeDnf(broken);
      const checked = await oaops('self', '--manager', 'dnf', '--json');
      expect(checked.exitCode).toBe(1);
      expect(json(checked.stdout).hosts).toMatchObject([
        { status: 'unknown', reason: expect.stringContaining(why), updates: [] },
      ]);
    }
    fakeDnf();
    const good = await oaops('self', '--manager', 'dnf', '--json');
    expect(json(good.stdout).hosts).toMatchObject([{ status: 'judged', counts: { new: 0, security: 2 } }]);
    expect(await oaops('self', '--manager', 'yum')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('self: the host has no yum'),
    });
  });

  it('is by zypper, npm and pip as well', async () => {
    fakes.set('zypper', {
      '*list-updates*': { out: said.zypperUpdates },
      '*list-patches*': { out: said.zypperPatches },
      '*locks*': { out: said.zypperLocks },
      '*needs-rebooting*': { code: 102 },
    });
    const zypper = await oaops('self', '--manager', 'zypper', '--json');
    expect(json(zypper.stdout).hosts).toMatchObject([
      { status: 'judged', counts: { security: 1, updates: 2, unrated: 2 }, locked: ['nginx'], reboot: 'needed' },
    ]);
    fakes.set('npm', { 'outdated*-g': { out: said.npmOutdated, code: 1 } });
    const npm = await oaops('self', '--manager', 'npm', '--json', '--', 'npm', 'outdated', '--json', '-g');
    expect(npm.exitCode, npm.stderr).toBe(0);
    expect(json(npm.stdout).hosts[0]!.updates.map(({ name }) => name)).toEqual(['left', 'lodash']);
    fakes.set('pip', { '*': { out: said.pipOutdated } });
    const pip = await oaops('self', '--manager', 'pip', '--', 'pip', 'list', '--outdated', '--format', 'json');
    expect(pip).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^self +updates +\? +1 /m) });
    for (const wrong of [
      ['--manager', 'npm'],
      ['--', 'npm'],
      ['--manager', 'pip', '--refresh', '--', 'pip'],
      ['--last', '--refresh'],
    ])
      expect((await oaops('self', ...wrong)).exitCode, wrong.join(' ')).toBe(2);
  });

  it('is a run of the record', async () => {
    fakeDnf();
    const { run } = json((await oaops('self', '--manager', 'dnf', '--json')).stdout);
    const env = { OAOPS_STATE_DIR: join(dir, 'state'), HOME: dir };
    const shown = await runOaops(['runs', 'show', run!, '--json'], { env, cwd: dir });
    expect(JSON.parse(shown.stdout).run).toMatchObject({ runbook: 'patch check', status: 'ok' });
    const log = await runOaops(['audit', 'verify'], { env, cwd: dir });
    expect(log.exitCode, log.stdout + log.stderr).toBe(0);
  });
});

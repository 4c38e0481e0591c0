import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakePrograms } from '../helpers/fake-managers.ts';
import { runOaops } from '../helpers/oaops.ts';
import { pingServer } from '../helpers/pinged.ts';
import * as said from '../updates/outputs.ts';

/** Runbooks that need no package: UP-01, UP-02, UP-08, UP-09. Their hosts are this machine under two names. */
let dir: string;
/** What the channel is told. */
let channel: Awaited<ReturnType<typeof pingServer>>;
let fakes: FakePrograms;
const told = () => channel.pings.map(({ body }) => body);

const isRoot = process.getuid?.() === 0;
const hasApt =
  existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-patch-procedures-'));
  fakes = new FakePrograms(join(dir, 'bin'));
  channel = await pingServer();
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'keys'), { mode: 0o755 });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bob', '-f', join(dir, 'keys/bob')]);
  const key = readFileSync(join(dir, 'keys/bob.pub'), 'utf8');
  writeFileSync(join(dir, 'keys/allowed'), `bob@example.com namespaces="oaops-approval" ${key}`, { mode: 0o644 });
  writeFileSync(join(dir, 'hosts.ini'), '[new-servers]\napp1 ansible_connection=local\n');
  writeFileSync(join(dir, 'note.txt'), 'the protocol');
  writeFileSync(
    join(dir, 'config.yaml'),
    `inventory: ${join(dir, 'hosts.ini')}
approvals: {allowedSigners: ${join(dir, 'keys/allowed')}}
notify: {channels: {admins: {type: webhook, url: "${channel.url}/"}}}
schedules: {patch-check: {}, patch-upgrade-plan: {}}
`,
    { mode: 0o600 },
  );
});
afterAll(async () => {
  await channel.close();
  rmSync(dir, { recursive: true, force: true });
});

const oaops = (...args: string[]) =>
  runOaops([...args, '--config', join(dir, 'config.yaml')], {
    bare: true,
    env: {
      PATH: `${join(dir, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: dir,
      OAOPS_STATE_DIR: join(dir, 'state'),
      USER: 'alice',
      LOGNAME: 'alice',
    },
    cwd: dir,
  });
const run = (name: string, ...inputs: string[]) => oaops('run', name, ...inputs.flatMap((one) => ['-i', one]), '--yes');
/** Answers a step of the last run and goes on with it; gives its exit code. */
async function answer(step: string, ...given: string[]): Promise<number | null> {
  const answered = await oaops('runs', 'answer', 'latest', step, ...given);
  expect(answered.exitCode, answered.stderr).toBe(0);
  return (await oaops('runs', 'resume', 'latest')).exitCode;
}
const waitsAt = async () => {
  const { steps } = JSON.parse((await oaops('runs', 'show', 'latest', '--json')).stdout) as {
    steps: { id: string; status: string }[];
  };
  return steps.find(({ status }) => status === 'waiting')?.id;
};

function fakeDnf(updates: { out?: string; code?: number }, advisories = said.dnfAdvisories): void {
  fakes.set('dnf', {
    '*check-update*': updates,
    '*updateinfo*with-cve*': { out: advisories && said.dnfCves },
    '*updateinfo*': { out: advisories },
    '*versionlock*': {},
    '*needs-restarting*': { out: said.dnfReboot, code: 1 },
    '*makecache*': {},
  });
  fakes.set('rpm', { '*': { out: said.dnfInstalled } });
}
const pending = { out: said.dnfUpdates, code: 100 };
const harmless = { out: said.dnfUpdates.replace(/^(glibc|kernel).*\n/gm, ''), code: 100 };

describe('patch-check (UP-01)', { timeout: 600_000 }, () => {
  it('tells the channel of pending security updates, and only of them', async () => {
    fakeDnf(harmless);
    const quiet = await run('patch-check', 'channel=admins', 'manager=dnf');
    expect(quiet.exitCode, quiet.stdout + quiet.stderr).toBe(0);
    expect(told()).toEqual([]);
    fakeDnf(pending);
    const loud = await run('patch-check', 'channel=admins', 'manager=dnf');
    expect(loud.exitCode, loud.stdout + loud.stderr).toBe(0);
    expect(told()).toHaveLength(1);
    expect(JSON.parse(told()[0]!)).toMatchObject({
      subject: 'Security updates are pending, or may be 有（或可能有）安全更新待安装',
      text: 'app1: 2 security updates (kernel-core.x86_64 5.14.0-284.30.1.el9_2, glibc.x86_64 2.34-60.el9_2.9), 2 other updates, reboot needed',
    });
    const last = JSON.parse((await oaops('patch', 'check', '--last', '--json')).stdout);
    expect(last.hosts).toMatchObject([{ host: 'app1', by: 'patch-check', counts: { security: 2, new: 2 } }]);
  });

  it('tells also where nobody knows whether updates are for security', async () => {
    fakeDnf(harmless, '');
    const before = told().length;
    const unrated = await run('patch-check', 'channel=admins', 'manager=dnf');
    expect(unrated.exitCode, unrated.stdout + unrated.stderr).toBe(0);
    expect(told()).toHaveLength(before + 1);
    expect(JSON.parse(told().at(-1)!).text).toContain(
      'app1: security updates unknown (its repositories have no advisories), 2 updates',
    );
  });

  it('does not take a host that nobody could judge for one without updates', async () => {
    const before = told().length;
    fakeDnf({ out: 'welcome\n', code: 100 });
    const unknown = await run('patch-check', 'channel=admins', 'manager=dnf', 'refresh=false');
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stdout).toContain('no host could be judged');
    expect(told()).toHaveLength(before);
  });

  it.skipIf(!hasApt)('asks apt of this machine', async () => {
    const checked = await run('patch-check', 'refresh=false');
    expect(checked.exitCode, checked.stdout + checked.stderr).toBe(0);
    const last = JSON.parse((await oaops('patch', 'check', '--last', '--json')).stdout);
    expect(last.hosts).toMatchObject([{ host: 'app1', manager: 'apt', status: 'judged' }]);
  });

  it('is due on the fifth of each month, and the plan at the end of the quarter', async () => {
    const next = await oaops('schedule', 'next', '--count', '12', '--json');
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.stdout).toMatch(/-05T01:00:00/);
    // Or the calendar does not reach to the end of the quarter: then it says so.
    expect(next.stdout).toMatch(/-(03|06|09|12)-2\dT02:00:00|"unknown": "\d{4}-(03|06|09|12)-/);
  });
});

describe('patch-upgrade-plan (UP-02)', { timeout: 600_000 }, () => {
  it.skipIf(!isRoot)('needs version, contents, window, a file, and the approval of a second person', async () => {
    expect((await run('patch-upgrade-plan')).exitCode).toBe(6);
    expect(await answer('version', '--value', 'OA 9.2')).toBe(6);
    expect(await answer('contents', '--value', 'security fixes, new mobile client')).toBe(6);
    const vague = await oaops('runs', 'answer', 'latest', 'window', '--value', 'some weekend');
    expect(vague.exitCode, vague.stdout).toBe(2);
    expect(await answer('window', '--value', '2026-12-12 20:00 to 2026-12-13 06:00')).toBe(6);
    expect(await answer('plan', '--file', 'note.txt')).toBe(6);
    expect(await waitsAt()).toBe('approve');
    const approved = await oaops('approve', 'latest', 'approve', '--key', join(dir, 'keys/bob'));
    expect(approved.exitCode, approved.stderr).toBe(0);
    expect((await oaops('runs', 'resume', 'latest')).exitCode).toBe(0);
    const kept = (await oaops('runs', 'show', 'latest', '--json')).stdout;
    for (const word of ['OA 9.2', 'new mobile client', '2026-12-12 20:00', 'bob@example.com', 'note.txt'])
      expect(kept).toContain(word);
  });
});

describe('server-install (UP-08)', { timeout: 600_000 }, () => {
  const install = (...inputs: string[]) =>
    run(
      'server-install',
      `install=touch ${dir}/installed`,
      `remove=rm ${dir}/installed`,
      `check=test -e ${dir}/installed`,
      'disk=1',
      'memory=1',
      ...inputs,
    );

  it('takes the installation back when the access does not work', async () => {
    expect((await install('access=false')).exitCode).toBe(6);
    expect(existsSync(join(dir, 'installed'))).toBe(false);
    expect(await answer('prepared', '--value', 'yes')).toBe(5);
    expect(existsSync(join(dir, 'installed'))).toBe(false);
  });

  it('does not begin where the environment is too small', async () => {
    expect((await install('access=true', 'memory=999999999')).exitCode).toBe(6);
    expect(await answer('prepared', '--value', 'yes')).toBe(1);
    expect(existsSync(join(dir, 'installed'))).toBe(false);
  });

  it('hands over with a signed protocol', async () => {
    expect((await install('access=true')).exitCode).toBe(6);
    expect(await answer('prepared', '--value', 'yes')).toBe(6);
    expect(existsSync(join(dir, 'installed'))).toBe(true);
    expect(await answer('receiver', '--value', 'Li Na, finance')).toBe(6);
    expect(await answer('handed-over', '--value', 'yes', '--file', 'note.txt')).toBe(hasApt ? 0 : 3);
  });
});

describe('antivirus-repair (UP-09)', { timeout: 600_000 }, () => {
  const repair = () => run('antivirus-repair', `definitions=stat -c %Y ${dir}/daily.cvd`, 'manager=dnf');
  const definitionsOf = (hoursAgo: number) => {
    const seconds = Date.now() / 1000 - hoursAgo * 3600;
    writeFileSync(join(dir, 'daily.cvd'), '');
    utimesSync(join(dir, 'daily.cvd'), seconds, seconds);
  };

  it('has findings repaired before it is signed off', async () => {
    fakeDnf(pending);
    definitionsOf(100);
    expect((await repair()).exitCode).toBe(6);
    expect(await waitsAt()).toBe('repaired');
    expect(await answer('repaired', '--value', 'yes', '--file', 'note.txt')).toBe(1);
    definitionsOf(1);
    expect((await oaops('runs', 'resume', 'latest')).exitCode).toBe(1);
    fakeDnf(harmless);
    expect((await oaops('runs', 'resume', 'latest')).exitCode).toBe(6);
    expect(await answer('signed-off', '--value', 'yes')).toBe(0);
  });

  it('asks for no repair where there is nothing to repair', async () => {
    fakeDnf(harmless);
    definitionsOf(1);
    expect((await repair()).exitCode).toBe(6);
    expect(await waitsAt()).toBe('signed-off');
  });

  it('is not signed off while nobody knows whether what is pending is for security', async () => {
    fakeDnf(harmless, '');
    definitionsOf(1);
    expect((await repair()).exitCode).toBe(6);
    expect(await waitsAt()).toBe('repaired');
    expect(await answer('repaired', '--value', 'yes', '--file', 'note.txt')).toBe(1);
    fakeDnf(harmless);
    expect((await oaops('runs', 'resume', 'latest')).exitCode).toBe(6);
    expect(await waitsAt()).toBe('signed-off');
  });

  it('takes definitions that nobody knows the age of for a finding', async () => {
    rmSync(join(dir, 'daily.cvd'));
    expect((await repair()).exitCode).toBe(6);
    expect(await waitsAt()).toBe('repaired');
  });
});

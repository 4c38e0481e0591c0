import { describe, expect, it, test } from 'vitest';
import { type HostCheck, judged, notJudged, readCommand, readSystem, summaryOf } from '../../src/updates/check.ts';
import { hostRows, remarksOn, updateRows } from '../../src/updates/rows.ts';
import type { Pending } from '../../src/updates/types.ts';
import * as said from './outputs.ts';

const mark = 'oaops-0123';

/** What the check script prints, from parts: `[name, output, exit code, stderr]`. */
function printed(manager: string, ...parts: [string, string, number?, string?][]): [string, string, string] {
  const all: [string, string, number?, string?][] = [
    ['manager', manager],
    ['now', '1700003600'],
    ['program', ''],
    ['stamps', '1700000000\n1699990000'],
    ...parts,
  ];
  const out = all.map(([name, text, code = 0]) => `${mark} begin ${name}\n${text}\n${mark} end ${name} ${code}\n`);
  const err = all.map(([name, , , text = '']) => `${mark} begin ${name}\n${text}`);
  return [out.join(''), err.join('\n'), mark];
}
const read = (manager: string, ...parts: [string, string, number?, string?][]): Pending =>
  readSystem(...printed(manager, ...parts)).pending;
const short = ({ updates }: Pending) =>
  updates.map(({ name, installed, available, security, severity, cves }) => [
    name,
    installed,
    available,
    security,
    severity,
    cves,
  ]);

describe('apt', () => {
  const lists: [string, string] = ['lists', 'yes'];
  it('knows security by the suite, also of a version between the two', () => {
    const pending = read(
      'apt',
      lists,
      ['updates', said.aptSimulate],
      ['policy', said.aptPolicy],
      ['locks', 'tzdata'],
      ['reboot', 'needed'],
    );
    expect(short(pending)).toEqual([
      ['base-files', '12.4+deb12u9', '12.4+deb12u12', false, null, null],
      ['libssl3:i386', '3.0.15-1~deb12u1', '3.0.17-1~deb12u2', true, null, null],
      ['linux-image-6.1.0-40-amd64', null, '6.1.153-1', true, null, null],
      ['linux-image-amd64', '6.1.129-1', '6.1.153-1', true, null, null],
      ['tzdata', '2025a-0+deb12u1', '2025b-0+deb12u2', false, null, null],
      ['docker-ce', null, null, null, null, null],
    ]);
    expect(pending.updates.filter(({ held }) => held).map(({ name }) => name)).toEqual(['tzdata']);
    expect(pending).toMatchObject({ reboot: 'needed', listsAgeSeconds: 3600, locked: ['tzdata'] });
  });
  it('says that nothing is pending only when it said so', () => {
    expect(read('apt', lists, ['updates', said.aptNothing]).updates).toEqual([]);
    for (const broken of [
      '',
      'Reading package lists...\n',
      said.aptSimulate.replace('4 upgraded', '5 upgraded'),
      said.aptSimulate.replace('  docker-ce\n', ''),
    ])
      expect(() => read('apt', lists, ['updates', broken])).toThrow('the answer of apt-get is not understood');
    expect(() => read('apt', ['lists', ''], ['updates', said.aptNothing])).toThrow('the host has no package lists');
    expect(() => read('apt', lists, ['updates', said.aptNothing, 100, 'W: x\nE: dpkg was interrupted\n'])).toThrow(
      'exit code 100: E: dpkg was interrupted',
    );
  });
});

describe('dnf and yum', () => {
  const full: [string, string, number?][] = [
    ['updates', said.dnfUpdates, 100],
    ['advisories', said.dnfAdvisories],
    ['cves', said.dnfCves],
    ['installed', said.dnfInstalled],
    ['locks', said.dnfLocks],
    ['reboot', said.dnfReboot, 1],
  ];
  it('know severity and CVE by the advisories', () => {
    const pending = read('dnf', ...full);
    expect(short(pending)).toEqual([
      ['bash.x86_64', '5.1.8-6.el9', '5.1.8-9.el9', false, null, null],
      ['glibc.x86_64', '2.34-60.el9', '2.34-60.el9_2.9', true, 'important', ['CVE-2023-4527', 'CVE-2023-4911']],
      ['kernel-core.x86_64', '5.14.0-284.11.1.el9_2', '5.14.0-284.30.1.el9_2', true, 'critical', null],
      ['python3-some-library-with-a-very-long-name.noarch', null, '1:2.3-4.el9', false, null, null],
    ]);
    expect(pending).toMatchObject({ reboot: 'needed', locked: ['nginx'], listsAgeSeconds: 3600 });
  });
  it('read the table of dnf 5', () => {
    const pending = read(
      'dnf',
      ['updates', said.dnf5Updates, 100],
      ['advisories', said.dnf5Advisories],
      ['reboot', '', 1],
    );
    expect(short(pending)).toEqual([
      ['openssl-libs.x86_64', null, '1:3.2.2-3.fc41', true, 'moderate', null],
      ['vim-minimal.x86_64', null, '2:9.1.825-1.fc41', false, null, null],
    ]);
    expect(pending.reboot).toBe('unknown');
  });
  it('do not know it where there are no advisories', () => {
    const pending = read(
      'yum',
      ['updates', said.yumUpdates, 100],
      ['advisories', ''],
      ['cves', ''],
      ['reboot', said.yumReboot],
    );
    expect(short(pending)).toEqual([['wget.x86_64', null, '1.14-18.el7_6.1', null, null, null]]);
    expect(pending.reboot).toBe('not-needed');
  });
  it('take no garbage and no failure for "nothing"', () => {
    expect(read('dnf', ['updates', '']).updates).toEqual([]);
    expect(() => read('dnf', ['updates', ''], ['stamps', ''])).toThrow('the host has no package lists');
    expect(() => read('dnf', ['updates', '', 100])).toThrow('not understood');
    expect(() => read('dnf', ['updates', said.dnfUpdates, 0])).toThrow('not understood');
    expect(() => read('dnf', ['updates', 'welcome to this host\n', 100])).toThrow(
      'not understood: welcome to this host',
    );
    expect(() => read('dnf', ['updates', '', 1, "Error: Cache-only enabled but no cache for 'baseos'\n"])).toThrow(
      "exit code 1: Error: Cache-only enabled but no cache for 'baseos'",
    );
  });
});

describe('what is not understood', () => {
  const about = { host: 'web1', run: 'r1', by: 'tests' };
  const counts = (manager: string, pending: Pending) => judged(about, manager, pending, undefined);
  const harmless = said.dnfUpdates.replace(/^(glibc|kernel).*\n/gm, '');

  it('of the advisories is counted, and then no update is said to be harmless', () => {
    const advisories = `${said.dnfAdvisories}RHSA-2024:1 Critical/Sec. bash-5.1.8-9.el9.x86_64_v9\n`;
    const pending = read('dnf', ['updates', harmless, 100], ['advisories', advisories]);
    expect(pending.notUnderstood).toEqual(['RHSA-2024:1 Critical/Sec. bash-5.1.8-9.el9.x86_64_v9']);
    const check = counts('dnf', pending);
    expect(check).toMatchObject({
      counts: { updates: 2, security: null, unrated: 2, notUnderstood: 1 },
      securityReason: 'its advisories are not understood',
    });
    expect(summaryOf(check)).toBe(
      'web1: security updates unknown (its advisories are not understood), 2 updates, lines not understood: 1',
    );
    expect(remarksOn([check])).toEqual([
      'web1: how many of the updates are for security is unknown: its advisories are not understood',
      'web1: 1 lines of the package manager are not understood, the first: RHSA-2024:1 Critical/Sec. bash-5.1.8-9.el9.x86_64_v9',
    ]);
    // What is known stays known.
    const known = counts('dnf', read('dnf', ['updates', said.dnfUpdates, 100], ['advisories', advisories]));
    expect(known.counts).toMatchObject({ security: 2, unrated: 2 });
    expect(summaryOf(known)).toContain('2 other updates, not rated: 2, lines not understood: 1');
  });
  it('is not what dnf and yum say beside their lists', () => {
    const chatter = [
      'Loaded plugins: fastestmirror, versionlock',
      'Loading mirror speeds from cached hostfile',
      ' * base: mirror.example.com',
      'Last metadata expiration check: 0:12:01 ago on Mon 01 Jan 2024.',
      'updateinfo list done',
    ].join('\n');
    const pending = read(
      'yum',
      ['updates', harmless, 100],
      ['advisories', `${chatter}\n${said.dnfAdvisories}`],
      ['locks', `Loaded plugins: versionlock\n0:nginx-1.20.1-14.el7.*\nversionlock list done\nwhat is this\n`],
    );
    expect(pending).toMatchObject({ locked: ['nginx'], notUnderstood: ['what is this'] });
    expect(counts('yum', pending).counts).toMatchObject({ security: 0, unrated: 0 });
  });
  it('of apt-cache is counted; of what is kept back it tells versions and security', () => {
    const kept = `docker-ce:
  Installed: 1.0
  Candidate: 1.1
  Version table:
     1.1 500 (phased 20%)
        500 http://deb.debian.org/debian-security bookworm-security/main amd64 Packages
 *** 1.0 100
        100 /var/lib/dpkg/status
`;
    const policy = said.aptPolicy + kept;
    const of = (text: string) => read('apt', ['lists', 'yes'], ['updates', said.aptSimulate], ['policy', text]);
    expect(of(policy).notUnderstood).toEqual([]);
    expect(short(of(policy)).at(-1)).toEqual(['docker-ce', '1.0', '1.1', true, null, null]);
    const odd = of(policy.replaceAll('Version table:', 'Versions:'));
    expect(odd.notUnderstood).toHaveLength(4);
    expect(short(odd).map(([name, , , security]) => [name, security])).toContainEqual(['base-files', null]);
    const missing = said.aptSimulate.replace(/^Inst linux-image-6.*\n/m, '');
    expect(() => read('apt', ['lists', 'yes'], ['updates', missing])).toThrow('apt-get is not understood');
  });
  it('of zypper is counted', () => {
    const updates = said.zypperUpdates.replace('name="bash"', 'nom="bash"');
    const pending = read('zypper', ['updates', updates], ['patches', said.zypperNothing]);
    expect(pending.updates).toHaveLength(1);
    expect(pending.notUnderstood).toEqual([expect.stringContaining('nom="bash"')]);
  });
});

describe('how many are for security', () => {
  const check = (manager: string, pending: Pending) =>
    judged({ host: 'web1', run: 'r1', by: 'tests' }, manager, pending, undefined);
  it('is unknown, not 0, where the manager does not say it', () => {
    const yum = check('yum', read('yum', ['updates', said.yumUpdates, 100], ['advisories', '']));
    expect(yum).toMatchObject({ counts: { security: null }, securityReason: 'its repositories have no advisories' });
    expect(summaryOf(yum)).toBe('web1: security updates unknown (its repositories have no advisories), 1 updates');
    expect(hostRows([yum], (name) => name)[0]?.slice(1, 4)).toEqual(['updates', '?', '1']);
    const zypper = check('zypper', read('zypper', ['updates', said.zypperUpdates], ['patches', said.zypperNothing]));
    expect(zypper).toMatchObject({ counts: { security: null, updates: 2 } });
    const pip = check('pip', readCommand('pip', said.pipOutdated, 0));
    expect(pip).toMatchObject({ counts: { security: null }, securityReason: 'pip does not say it' });
    expect(notJudged({ host: 'dead', run: 'r1', by: 'tests' }, 'down').counts.security).toBeNull();
  });
  it('is 0 where nothing is pending, or all of it is rated', () => {
    expect(check('yum', read('yum', ['updates', ''])).counts.security).toBe(0);
    const dnf = read(
      'dnf',
      ['updates', said.dnfUpdates.replace(/^(glibc|kernel).*\n/gm, ''), 100],
      ['advisories', said.dnfAdvisories],
    );
    expect(check('dnf', dnf)).toMatchObject({ counts: { security: 0, updates: 2 }, securityReason: null });
  });
});

describe('zypper', () => {
  it('knows security by patches', () => {
    const pending = read(
      'zypper',
      ['updates', said.zypperUpdates],
      ['patches', said.zypperPatches],
      ['locks', said.zypperLocks],
      ['reboot', '', 102],
    );
    expect(short(pending)).toEqual([
      ['SUSE-SLE-Module-Basesystem-15-SP5-2023-3958', null, '1', true, 'important', ['CVE-2023-3817']],
      ['SUSE-SLE-Module-Basesystem-15-SP5-2023-4000', null, '1', false, 'moderate', null],
      ['bash', '4.4-150400.25.22', '4.4-150400.27.3.2', null, null, null],
      ['libopenssl1_1', '1.1.1l-150500.15.4', '1.1.1l-150500.17.15.1', null, null, null],
    ]);
    expect(pending).toMatchObject({ reboot: 'needed', locked: ['nginx'] });
  });
  it('takes a list that is not whole for no list', () => {
    const nothing: [string, string] = ['patches', said.zypperNothing];
    expect(read('zypper', ['updates', said.zypperNothing], nothing).updates).toEqual([]);
    expect(() => read('zypper', ['updates', said.zypperUpdates.slice(0, 600)], nothing)).toThrow(
      'zypper is not understood',
    );
    expect(() => read('zypper', ['updates', '', 6, 'No repositories defined.\n'], nothing)).toThrow(
      'exit code 6: No repositories',
    );
    expect(() => read('zypper', ['updates', said.zypperNothing, 106], nothing)).toThrow('exit code 106');
  });
});

test('npm and pip', () => {
  expect(short(readCommand('npm', said.npmOutdated, 1))).toEqual([
    ['lodash', '4.17.0', '4.17.21', null, null, null],
    ['left', null, '2.0.0', null, null, null],
  ]);
  expect(readCommand('npm', '{}', 0).updates).toEqual([]);
  expect(short(readCommand('pip', said.pipOutdated, 0))).toEqual([['requests', '2.28.1', '2.32.3', null, null, null]]);
  const failed = JSON.stringify({ error: { code: 'ENOTFOUND', summary: 'network is down' } });
  expect(() => readCommand('npm', failed, 1)).toThrow('npm says: network is down');
  for (const [out, code] of [
    ['', 0],
    ['{}', 1],
    ['[]', 0],
    ['{}', 127],
    [said.npmOutdated, 2],
  ] as const)
    expect(() => readCommand('npm', out, code), `${out} ${code}`).toThrow('is not the JSON of "npm outdated');
  for (const [out, code] of [
    ['', 0],
    ['{}', 0],
    ['[]', 1],
    ['[{"name":"x"}]', 0],
  ] as const)
    expect(() => readCommand('pip', out, code), `${out} ${code}`).toThrow('is not the JSON of "pip list');
});

test('an answer that was cut off, or is none, is no answer', () => {
  const [out, err] = printed('apt', ['lists', 'yes'], ['updates', said.aptNothing]);
  const end = out.lastIndexOf(`${mark} end`);
  expect(() => readSystem(out.slice(0, end), err, mark)).toThrow('is not whole');
  expect(() => readSystem(`${out.slice(0, end)}${mark} end policy 0\n`, err, mark)).toThrow('is not whole');
  expect(() => readSystem('welcome\n', '', mark)).toThrow('did not run the script');
  expect(() => readSystem(...printed('', ['program', '', 1]))).toThrow('none of apt, dnf, yum and zypper');
  expect(() => readSystem(...printed('dnf', ['program', '', 1]))).toThrow('the host has no dnf');
});

describe('a check', () => {
  const about = { host: 'web1', run: 'r1', by: 'tests' };
  const pending = () =>
    read('dnf', ['updates', said.dnfUpdates, 100], ['advisories', said.dnfAdvisories], ['cves', said.dnfCves]);
  it('has the most pressing first, and what is new beside the one before', () => {
    const first = judged(about, 'dnf', pending(), undefined);
    expect(first.updates.map(({ name }) => name.split('.')[0])).toEqual([
      'kernel-core',
      'glibc',
      'bash',
      'python3-some-library-with-a-very-long-name',
    ]);
    expect(first.counts).toEqual({ updates: 4, security: 2, unrated: 0, held: 0, new: 0, notUnderstood: 0 });
    const before = {
      at: 't',
      check: { ...first, updates: first.updates.filter(({ name }) => name !== 'glibc.x86_64') },
    };
    const second = judged(about, 'dnf', pending(), before);
    expect(second.updates.filter((update) => update.new).map(({ name }) => name)).toEqual(['glibc.x86_64']);
    expect(second).toMatchObject({ since: 't', counts: { new: 1 } });
    expect(summaryOf(second)).toBe(
      'web1: 2 security updates (kernel-core.x86_64 5.14.0-284.30.1.el9_2, glibc.x86_64 2.34-60.el9_2.9), 2 other updates',
    );
  });
  it('shows a host that is unknown as unknown, and the same update on many hosts once', () => {
    const word = (name: string) => name;
    const checks: HostCheck[] = ['web1', 'web2', 'web3', 'web4'].map((host) =>
      judged({ ...about, host }, 'dnf', pending(), undefined),
    );
    checks.push(notJudged({ ...about, host: 'dead' }, 'nothing listens there'));
    expect(hostRows(checks, word)[0]).toEqual(['web1', 'security', '2', '4', '?', '1 h 00 min', 'reboot.unknown']);
    expect(hostRows(checks, word).at(-1)).toEqual(['dead', 'unknown', '?', '?', '?', '?', '?']);
    expect(updateRows(checks, false, word).map((row) => [row[0], row[5]])).toEqual([
      ['kernel-core.x86_64', 'web1 web2 +2'],
      ['glibc.x86_64', 'web1 web2 +2'],
    ]);
    expect(updateRows(checks, true, word)).toHaveLength(4);
  });
});

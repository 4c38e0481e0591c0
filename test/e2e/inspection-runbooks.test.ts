import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InspectedSite, sitePossible, startSite } from '../helpers/inspected-site.ts';

/** The inspections that are shipped for every day, week and month: IN-01 to IN-03, by people who sign and with their notice. */
let site: InspectedSite;
beforeAll(async () => {
  if (sitePossible) site = await startSite();
});
afterAll(() => site?.stop());

const channel = 'admins';
const hasApt =
  existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));

describe.skipIf(!sitePossible)('inspection-daily (IN-01)', { timeout: 240_000 }, () => {
  const inputs = () => ({ url: site.web.plainUrl, database: site.primary, backup: 'nightly', channel });

  it('waits for the walk round the server room, and tells that the backup is missing', async () => {
    const { exitCode, report, states } = await site.inspect('inspection-daily', inputs());
    expect(exitCode).toBe(6);
    expect(report).toMatchObject({ verdict: 'fail', complete: false });
    expect(states).toMatchObject({
      'load@web1': 'pass',
      'memory@edge1': 'pass',
      'swap@edge1': 'not-applicable',
      'login-page@localhost': expect.stringMatching(/pass|warn/),
      'database-connections-postgres@localhost': 'pass',
      'database-locks-mysql@localhost': 'not-applicable',
      'backup@localhost': 'fail',
      'walk-round@localhost': 'manual-pending',
    });
    expect(site.told()).toEqual([]);
    site.me.file('lamps.jpg', 'green');
    const signed = await site.me.oaops(
      'inspect',
      'sign',
      'inspection-daily',
      'walk-round',
      'pass',
      '--reason',
      'all green',
      '--evidence',
      'lamps.jpg',
    );
    expect(signed.exitCode, signed.stderr).toBe(0);
    const after = await site.resume('inspection-daily');
    expect(after.exitCode).toBe(1);
    expect(after.report).toMatchObject({ verdict: 'fail', complete: true });
    expect(after.results['walk-round@localhost']).toMatchObject({
      state: 'manual-passed',
      message: 'all green',
      evidence: { name: 'lamps.jpg' },
    });
    const [notice, ...more] = site.told();
    expect(more).toEqual([]);
    expect(notice!.subject).toMatch(/^inspection-daily: fail; \d+ checks, 1 of them failed/);
    expect(notice!.text).toMatch(/^fail localhost backup: the record knows of no backup by nightly$/m);
  });

  it('is content when the backup was made', async () => {
    const { me } = site;
    const keys = [];
    for (const name of ['one.key', 'two.key']) {
      const made = await me.oaops('backup', 'key', 'generate', name, '--json');
      keys.push(/age1[a-z0-9]+/.exec(made.stdout)![0]);
    }
    const repo = join(me.dir, 'backup');
    const init = await me.oaops('backup', 'init', '--repo', repo, ...keys.flatMap((key) => ['--recipient', key]));
    expect(init.exitCode, init.stderr).toBe(0);
    me.file('document.txt', 'to keep');
    me.file(
      'runbooks/nightly.yaml',
      `apiVersion: oaops/v1
kind: Backup
metadata: {name: nightly, version: 1.0.0, title: Nightly, owner: operations, procedures: [BK-02]}
spec: {sources: ["${me.dir}/document.txt"], repositories: ["${repo}"]}
`,
    );
    const backup = await me.oaops('run', 'nightly');
    expect(backup.exitCode, backup.stdout + backup.stderr).toBe(0);
    const { exitCode, report, states } = await site.inspect('inspection-daily', { ...inputs(), room: 'false' });
    expect(states).toMatchObject({ 'backup@localhost': 'pass', 'walk-round@localhost': 'not-applicable' });
    expect(report.verdict).toMatch(/^(pass|warn)$/);
    expect(report.new).toBe(0);
    expect(exitCode).toBe(0);
    expect(site.told()).toHaveLength(report.verdict === 'pass' ? 0 : 1);
  });
});

describe.skipIf(!sitePossible)('inspection-weekly (IN-02)', { timeout: 240_000 }, () => {
  const inputs = () => ({ database: site.primary, log: '/srv/app.log', channel });

  it('asks hosts of every kind as root, and takes what it finds for the state of things', async () => {
    const { states, results } = await site.inspect('inspection-weekly', inputs());
    expect(states).toMatchObject({
      'application-log@web1': 'pass',
      'failed-logins@web1': 'pass',
      'users@web1': 'pass',
      'users@edge1': 'pass',
      'sudoers@web1': expect.stringMatching(/pass|not-applicable/),
      'sudoers@edge1': 'not-applicable',
      'new-ports@web1': 'pass',
      'new-ports@edge1': 'pass',
      'suid@web1': 'pass',
      'suid@edge1': 'pass',
      'sshd@web1': 'pass',
      'sshd@edge1': 'not-applicable',
      'journal@edge1': 'not-applicable',
      'updates@web1': 'error',
      'database-transactions-postgres@localhost': 'pass',
    });
    // It has no sudo, and needs none.
    expect(results).not.toHaveProperty('@host@edge1');
    expect(results['updates@web1']!.next).toContain('oaops patch check web1');
    expect(site.told()).toHaveLength(1);
  });

  it('finds the account and the lines that have come in the week', async () => {
    site.append('account', 'backdoor:x:0:0::/root:/bin/sh');
    site.append('log', 'ERROR the database is away');
    if (hasApt) expect((await site.me.oaops('patch', 'check', 'web1')).exitCode).toBe(0);
    const { exitCode, report, states, results } = await site.inspect('inspection-weekly', inputs());
    expect(exitCode).toBe(1);
    expect(states).toMatchObject({ 'users@edge1': 'fail', 'users@web1': 'pass', 'application-log@web1': 'warn' });
    expect(results['users@edge1']).toMatchObject({ severity: 'critical', new: true });
    expect(results['users@edge1']!.message).toContain('backdoor');
    expect(JSON.stringify(results['application-log@web1'])).toContain('the database is away');
    if (hasApt) expect(states['updates@web1']).toMatch(/^(pass|warn|fail)$/);
    expect(report.new).toBeGreaterThanOrEqual(1);
    const [notice] = site.told();
    expect(notice!.text).toMatch(/^fail \(new\) edge1 users: .*backdoor/m);
  });
});

describe.skipIf(!sitePossible)('performance-monthly (IN-03)', { timeout: 240_000 }, () => {
  it('judges the page under load by percentiles, and keeps the figures for the month after', async () => {
    const { exitCode, states, results } = await site.inspect('performance-monthly', {
      url: site.web.plainUrl,
      concurrency: '4',
      database: site.primary,
      channel,
    });
    expect(states).toMatchObject({
      'single@localhost': expect.stringMatching(/pass|warn/),
      'concurrent@localhost': expect.stringMatching(/pass|warn/),
    });
    expect(exitCode).toBe(0);
    expect(results['concurrent@localhost']!.message).toMatch(/p95/);
    const history = JSON.parse((await site.me.oaops('inspect', 'history', 'performance-monthly', '--json')).stdout);
    expect(history.trends.some(({ measure }: { measure: string }) => /p95/.test(measure))).toBe(true);
    site.told();
  });

  it('does not load a page that is not there', async () => {
    const url = site.web.plainUrl.replace('login', 'gone');
    const { exitCode, states } = await site.inspect('performance-monthly', { url, channel });
    expect(exitCode).toBe(1);
    expect(states).toMatchObject({ 'single@localhost': 'fail', 'concurrent@localhost': 'skipped' });
    expect(site.told()[0]!.text).toMatch(/^fail \(new\) localhost single: .*404/m);
  });
});

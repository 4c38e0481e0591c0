import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { type InspectedSite, sitePossible, startSite } from '../helpers/inspected-site.ts';
import { nessus } from '../inspect/scans/samples.ts';

/** The inspections that are shipped for weeks, months, quarters and half-years: IN-06 to IN-10; and what is told of all that was carried out. */
let site: InspectedSite;
const listeners: Server[] = [];
beforeAll(async () => {
  if (sitePossible) site = await startSite();
});
afterAll(async () => {
  await Promise.all(listeners.map((server) => new Promise((closed) => server.close(closed))));
  await site?.stop();
});

const channel = 'admins';
const sign = (...words: string[]) => site.me.oaops('inspect', 'sign', ...words);

/** The OA system as the world sees it: an address of its own on loopback. */
const outsideAddress = '127.0.0.77';
async function listenAt(port: number): Promise<void> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((ready, refused) => server.once('error', refused).listen(port, outsideAddress, ready));
  listeners.push(server);
}

describe.skipIf(!sitePossible)('performance-quarterly (IN-06)', { timeout: 240_000 }, () => {
  it('is done when the analysis is there', async () => {
    const { exitCode, states } = await site.inspect('performance-quarterly', { database: site.primary, channel });
    expect(exitCode).toBe(6);
    expect(states).toMatchObject({
      'database-queries-postgres@localhost': 'pass',
      'database-connections-postgres@localhost': 'pass',
      'database-queries-mysql@localhost': 'not-applicable',
      'load@web1': 'pass',
      'memory@edge1': 'pass',
      'written@localhost': 'manual-pending',
    });
    const bare = await sign('performance-quarterly', 'written', 'pass');
    expect(bare.exitCode).toBe(2);
    expect(bare.stderr).toContain('needs an evidence file');
    site.me.file('analysis.txt', 'one index was missing');
    const signed = await sign('performance-quarterly', 'written', 'pass', '--evidence', 'analysis.txt');
    expect(signed.exitCode, signed.stderr).toBe(0);
    const { exitCode: ended, report } = await site.resume('performance-quarterly');
    expect(ended).toBe(0);
    expect(report.verdict).toMatch(/^(pass|warn)$/);
    site.told();
  });
});

describe.skipIf(!sitePossible)('security-scan (IN-07)', { timeout: 240_000 }, () => {
  it('takes in what the scanner found, and looks at the settings of every host', async () => {
    const report = site.me.file('scan.nessus', nessus);
    const { exitCode, states, results } = await site.inspect('security-scan', { report, channel });
    expect(exitCode).toBe(6);
    expect(states).toMatchObject({
      'findings@localhost': 'fail',
      'covered@localhost': 'manual-pending',
      'sshd@web1': 'pass',
      'sshd@edge1': 'not-applicable',
      'password-policy@edge1': 'fail',
      'users@web1': 'pass',
      'users@edge1': 'pass',
      'ports@edge1': 'pass',
    });
    expect(results['findings@localhost']!.details.join('\n')).toContain('Log4j');
    const signed = await sign('security-scan', 'covered', 'fail', '--reason', 'the client applications were left out');
    expect(signed.exitCode, signed.stderr).toBe(0);
    const after = await site.resume('security-scan');
    expect(after.exitCode).toBe(1);
    expect(after.states['covered@localhost']).toBe('manual-failed');
    const [notice, ...more] = site.told();
    expect(more).toEqual([]);
    expect(notice!.text).toMatch(/^manual-failed localhost covered: the client applications were left out$/m);
    expect(notice!.text).toMatch(/^fail localhost findings: /m);
  });
});

describe.skipIf(!sitePossible)('perimeter-check (IN-08)', { timeout: 240_000 }, () => {
  it('finds from outside what should not answer', async () => {
    await listenAt(443);
    await listenAt(6379);
    const inputs = { address: outsideAddress, database: outsideAddress, channel };
    const { exitCode, states, results } = await site.inspect('perimeter-check', inputs);
    expect(exitCode).toBe(6);
    expect(states).toEqual({
      'application@edge1': 'fail',
      'database@edge1': 'fail',
      'two@localhost': 'manual-pending',
    });
    for (const check of ['application', 'database'])
      expect(results[`${check}@edge1`]!.message).toContain(`${outsideAddress} can be reached on port`);
    expect(JSON.stringify(results)).toMatch(/6379/);
    expect(results['application@edge1']!.message).not.toMatch(/\b443\b/);
    site.me.file('rules.txt', 'deny all');
    expect((await sign('perimeter-check', 'two', 'pass', '--evidence', 'rules.txt')).exitCode).toBe(0);
    expect((await site.resume('perimeter-check')).exitCode).toBe(1);
    expect(site.told()[0]!.text).toMatch(/^fail edge1 application: /m);
  });
});

describe.skipIf(!sitePossible)('redundancy-check (IN-09)', { timeout: 240_000 }, () => {
  const inputs = () => ({
    primary: site.primary,
    replica: site.replica,
    port: new URL(site.web.plainUrl).port,
    url: site.web.plainUrl,
    channel,
  });

  it('passes when both sides of the replication and every member are well', async () => {
    const { exitCode, states } = await site.inspect('redundancy-check', inputs());
    expect(states).toEqual({
      'primary-postgres@localhost': 'pass',
      'replica-postgres@localhost': 'pass',
      'primary-mysql@localhost': 'not-applicable',
      'replica-mysql@localhost': 'not-applicable',
      'member@web1': 'pass',
      'login-page@localhost': expect.stringMatching(/pass|warn/),
    });
    expect(exitCode).toBe(0);
    expect(site.told()).toEqual([]);
  });

  it('tells that the replica is gone', async () => {
    const { pair } = site;
    pair.run(pair.standby.stop);
    await eventually(() => pair.sql(pair.primary, 'select count(*) from pg_stat_replication') === '0');
    const { exitCode, report, states } = await site.inspect('redundancy-check', inputs());
    expect(exitCode).toBe(1);
    expect(report.new).toBe(2);
    expect(states).toMatchObject({ 'primary-postgres@localhost': 'fail', 'replica-postgres@localhost': 'fail' });
    const [notice] = site.told();
    expect(notice!.subject).toBe('redundancy-check: fail; 6 checks, 2 of them failed, 2 new');
    expect(notice!.text).toMatch(/^fail \(new\) localhost primary-postgres: 0 replicas follow/m);
  });
});

describe.skipIf(!sitePossible)('maintenance-visit (IN-10)', { timeout: 240_000 }, () => {
  it('goes out as a work order, and comes back signed', async () => {
    const { exitCode } = await site.inspect('maintenance-visit', { channel });
    expect(exitCode).toBe(6);
    const order = join(site.me.dir, 'order.html');
    const written = await site.me.oaops('inspect', 'order', 'maintenance-visit', '--out', order, '--lang', 'zh-CN');
    expect(written.exitCode, written.stderr).toBe(0);
    const page = readFileSync(order, 'utf8');
    for (const word of ['派工单', '硬件', '用户回访', 'UPS 电池']) expect(page).toContain(word);
    expect(page).not.toContain('<script');
    const visit = 'maintenance-visit';
    expect((await sign(visit, 'hardware', 'pass', '--reason', 'filters cleaned')).exitCode).toBe(0);
    expect((await sign(visit, 'users-heard', 'not-applicable', '--reason', 'nobody in')).exitCode).toBe(0);
    expect((await sign(visit, 'work-order', 'pass')).exitCode).toBe(2);
    expect((await sign(visit, 'work-order', 'pass', '--evidence', order)).exitCode).toBe(0);
    const { exitCode: ended, states, results } = await site.resume(visit);
    expect(ended).toBe(0);
    expect(states).toMatchObject({
      'hardware@localhost': 'manual-passed',
      'users-heard@localhost': 'not-applicable',
      'work-order@localhost': 'manual-passed',
      'disk@edge1': expect.stringMatching(/pass|warn|not-applicable/),
    });
    expect(results['work-order@localhost']!.evidence).toMatchObject({ name: 'order.html' });
  });
});

describe.skipIf(!sitePossible)('what was carried out', { timeout: 240_000 }, () => {
  it('counts an inspection that found something, and not one that came to no verdict', async () => {
    const { me } = site;
    // Waits for its signature.
    const { exitCode } = await site.inspect('performance-quarterly', { channel });
    expect(exitCode).toBe(6);
    const today = JSON.parse((await me.oaops('today', '--json')).stdout);
    const last = (id: string) =>
      [...today.done, ...today.due, ...today.upcoming, ...today.overdue].find((one) => one.id === id)?.last;
    expect(last('IN-09')).toMatchObject({ runbook: 'redundancy-check', status: 'failed', findings: true });
    expect(today.done.map(({ id }: { id: string }) => id)).toContain('IN-09');
    const failing = today.failing.map(({ runbook }: { runbook: string }) => runbook);
    for (const runbook of ['redundancy-check', 'security-scan', 'perimeter-check']) expect(failing).toContain(runbook);
    expect(failing).not.toContain('maintenance-visit');
    expect(today.waiting.map(({ runbook }: { runbook: string }) => runbook)).toEqual(['performance-quarterly']);
    expect((await me.oaops('today')).stdout).toMatch(/IN-09 .*\n\s+with findings /);
    expect((await me.oaops('today', '--lang', 'zh-CN')).stdout).toContain('发现问题');
  });

  it('is shown so to those who ask for the evidence', async () => {
    const compliance = JSON.parse((await site.me.oaops('compliance', '--json')).stdout);
    const text = JSON.stringify(compliance);
    expect(text).toContain('"findings":true');
    const page = join(site.me.dir, 'compliance.html');
    const made = await site.me.oaops('compliance', '--out', page);
    expect(made.exitCode, made.stderr).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('with findings');
  });
});

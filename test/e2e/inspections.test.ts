import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InspectionReport, ReportedResult } from '../../src/inspect/assemble.ts';
import { eventually } from '../helpers/eventually.ts';
import { type InspectedHost, Inspector, startBusyboxHost, startHost } from '../helpers/inspected-hosts.ts';
import { type MariadbServer, startMariadb } from '../helpers/mariadb.ts';
import { packagesMissing } from '../helpers/needs.ts';
import { type PostgresPair, startPostgresPair } from '../helpers/postgres-pair.ts';
import { which } from '../helpers/restore-script.ts';
import { worldsAvailable } from '../helpers/sshd.ts';
import { startWebServer, type WebServer } from '../helpers/web-server.ts';

/** An office-automation system on three hosts, one of them with BusyBox alone, with everything wrong that an inspection is to find. */
const possible =
  worldsAvailable && packagesMissing('sshd', 'busybox', 'nginx', 'openssl', 'postgres', 'mariadbd').length === 0;
const password = 'watch-PASSWORD-4711';

let me: Inspector;
let hosts: InspectedHost[];
let [app1, app2, edge1]: InspectedHost[] = [];
let web: WebServer;
let pair: PostgresPair;
let mariadb: MariadbServer;

const grant = (rights: string) =>
  mariadb.sql(`${rights} process on *.* ${rights === 'grant' ? 'to' : 'from'} watch@'127.0.0.1'`);

function write(): void {
  const { primary, standby } = pair;
  const postgres = (port: number) => `url: "postgres://postgres@127.0.0.1:${port}/postgres"`;
  me.file(
    'runbooks/oa-system.yaml',
    `apiVersion: oaops/v1
kind: Inspection
metadata: {name: oa-system, version: 1.0.0, title: {en: OA system, zh-CN: OA 系统}, owner: operations, procedures: [IN-01]}
spec:
  sections:
    - id: servers
      title: {en: Servers, zh-CN: 服务器}
      targets: group:servers
      checks:
        - {id: load, check: load}
        - {id: memory, check: memory}
        - {id: mounts, check: mounts}
        - {id: clock, check: clock, with: {warn: 60, fail: 300}}
        - {id: zombies, check: processes, with: {zombies: true, max: 1000}}
        - {id: data, check: disk, severity: critical, with: {paths: [/srv]}}
        - {id: oa, check: service, severity: critical, with: {name: oa}}
        - {id: hung, check: command, timeout: 2s, enabled: false, with: {argv: [sleep, "600"]}}
    - id: application
      title: {en: Application, zh-CN: 应用}
      checks:
        - {id: certificate, check: tls, with: {port: ${web.port}, host: 127.0.0.1, caFile: ${web.caFile}, minProtocol: TLSv1.2}}
        - {id: login-page, check: http, needs: certificate, with: {url: "${web.url}", caFile: ${web.caFile}, contains: [OA login], warn: 10}}
    - id: databases
      title: {en: Databases, zh-CN: 数据库}
      checks:
        - {id: primary, check: postgres, severity: critical, with: {what: replication, role: primary, ${postgres(primary.port)}}}
        - {id: replica, check: postgres, severity: critical, with: {what: replication, role: replica, ${postgres(standby.port)}}}
        - {id: connections, check: postgres, with: {what: connections, ${postgres(primary.port)}}}
        - {id: mail, check: mysql, with: {what: transactions, url: "mysql://watch@127.0.0.1:${mariadb.port}/information_schema", password: env:WATCH}}
`,
  );
}

beforeAll(async () => {
  if (!possible) return;
  [hosts, web, pair, mariadb] = await Promise.all([
    Promise.all([
      startHost('app1', { services: ['oa'] }),
      startHost('app2', { services: ['oa'] }),
      startBusyboxHost('edge1', ['oa']),
    ]),
    startWebServer(5),
    startPostgresPair(),
    startMariadb(),
  ]);
  [app1, app2, edge1] = hosts as [InspectedHost, InspectedHost, InspectedHost];
  mariadb.sql(`create user watch@'127.0.0.1' identified by '${password}'`);
  me = new Inspector().group('servers', hosts);
  me.env = { WATCH: password };
  me.configure();
  write();
  app1.fill(97);
  edge1.setService('oa', false);
  pair.run(pair.standby.stop);
});

afterAll(async () => {
  await Promise.all([...(hosts ?? []).map((host) => host.stop()), web?.stop(), mariadb?.stop()]);
  pair?.stop();
  me?.end();
});

const show = async (...args: string[]) => me.oaops('inspect', 'show', 'oa-system', ...args);
const inspect = async (...args: string[]) => {
  const ended = await me.oaops('inspect', 'run', 'oa-system', '--json', ...args);
  const report = JSON.parse(ended.stdout || '{}') as InspectionReport;
  return { ...ended, report, results: (report.sections ?? []).flatMap(({ results }) => results) };
};
const bad = ({ state }: ReportedResult) => !['pass', 'not-applicable'].includes(state);
const told = ({ host, check, state, message }: ReportedResult) => `${host} ${check} ${state}: ${message}`;
let first: string;

describe.skipIf(!possible)('an inspection of a system with much wrong', { timeout: 240_000 }, () => {
  it('finds everything that is wrong, and nothing else', async () => {
    const { exitCode, stderr, report, results } = await inspect();
    expect(exitCode, stderr).toBe(1);
    expect(report).toMatchObject({ inspection: 'oa-system', verdict: 'fail', complete: true, new: null });
    expect(results.filter(bad).map(told)).toEqual([
      expect.stringMatching(/^app1 data fail: \/srv 97(\.\d)? % used, \d+\.\d KiB left$/),
      'edge1 oa fail: the service oa is stopped',
      expect.stringMatching(/^localhost certificate fail: .*oa\.example\.com is valid for (4\.9|5) more days$/),
      'localhost login-page skipped: needs certificate, which is fail',
      expect.stringMatching(/^localhost primary fail: .*0.*replica/),
      expect.stringMatching(/^localhost replica fail: /),
      expect.stringMatching(/^localhost mail error: /),
    ]);
    // All three hosts were asked everything.
    expect(results.filter(({ section }) => section === 'servers')).toHaveLength(3 * 8);
    expect(results.find(({ host, check }) => host === 'edge1' && check === 'load')?.message).toContain('0.1');
    expect(results.find(({ check }) => check === 'hung')).toMatchObject({ state: 'not-applicable' });
    first = report.run;
  });

  it('is told in every format by the same facts and the same exit code', async () => {
    const text = await show();
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toMatch(/^fail {2,}edge1 {2,}oa {2,}the service oa is stopped$/m);
    expect(text.stdout).toContain('oa-system: fail; 30 checks, 5 of them failed, 1 could not be judged, 1 skipped');
    expect((await show('--lang', 'zh-CN')).stdout).toMatch(/服务器[\s\S]*未通过 +edge1 +oa +服务 oa 已停止/);

    const junit = await show('--format', 'junit');
    expect(junit.exitCode).toBe(1);
    const suites = [...junit.stdout.matchAll(/<testsuite name="(\S+)" tests="(\d+)" failures="(\d+)" errors="(\d+)"/g)];
    expect(suites.map(([, ...words]) => words.join(' '))).toEqual([
      'Servers 24 2 0',
      'Application 2 1 0',
      'Databases 4 2 1',
    ]);
    expect(junit.stdout).toMatch(
      /<testcase classname="oa-system.servers.edge1" name="oa: .*">\n *<failure message="the service oa is stopped"/,
    );

    const nagios = await show('--format', 'nagios');
    expect(nagios.exitCode).toBe(2);
    const [line = ''] = nagios.stdout.split('\n');
    expect(line).toMatch(/^oa-system CRITICAL - 30 checks, 5 failed, 1 unknown; fail app1 data/);
    expect(line.split(' | ')[0]!.length).toBeLessThanOrEqual(80);
    expect(nagios.stdout).toMatch(/^.*'app1 data \/srv'=97(\.\d)?%;80;90;0;100$/m);

    const tap = await show('--format', 'tap');
    expect(tap.stdout).toMatch(/^not ok \d+ .*edge1.*oa/m);
    const metrics = join(me.dir, 'inspection.prom');
    expect((await show('--out', metrics)).exitCode).toBe(1);
    expect(readFileSync(metrics, 'utf8')).toMatch(/host="edge1"/);
    if (which('promtool'))
      expect(
        spawnSync('promtool', ['check', 'metrics'], { input: readFileSync(metrics), encoding: 'utf8' }).stderr,
      ).toBe('');
    const page = join(me.dir, 'report.html');
    expect((await show('--out', page, '--lang', 'zh-CN')).exitCode).toBe(1);
    expect(readFileSync(page, 'utf8')).toMatch(/<html lang="zh-CN">[\s\S]*OA 系统[\s\S]*edge1/);
    expect(statSync(page).mode & 0o777).toBe(0o600);
  });

  it('takes a failure that somebody answers for as waived, until that is taken back', async () => {
    const waive = (...args: string[]) => me.oaops('inspect', 'waive', 'oa-system', 'oa', '--host', 'edge1', ...args);
    expect((await waive('--until', '2999-12-31', '--reason', 'is being replaced')).exitCode).toBe(0);
    const { exitCode, results } = await inspect();
    expect(exitCode).toBe(1);
    expect(results.find(({ host, check }) => host === 'edge1' && check === 'oa')).toMatchObject({
      state: 'waived',
      waiver: { until: '2999-12-31', reason: 'is being replaced' },
    });
    expect((await waive('--end')).exitCode).toBe(0);
  });

  it('passes when everything is repaired, and says what has become better', async () => {
    app1!.fill(20);
    edge1!.setService('oa', true);
    pair.run(pair.standby.start);
    await web.renew(90);
    grant('grant');
    await eventually(() => pair.sql(pair.primary, 'select count(*) from pg_stat_replication') === '1');
    const { exitCode, stderr, report, results } = await inspect();
    expect(results.filter(bad).map(told), stderr).toEqual([]);
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ verdict: 'pass', new: 0 });
    expect(results.find(({ check }) => check === 'replica')).toMatchObject({ was: 'fail', new: false });

    const { differences } = JSON.parse((await me.oaops('inspect', 'diff', first, report.run, '--json')).stdout);
    const states = differences.map(
      (one: Record<string, string>) => `${one.host} ${one.check} ${one.before} ${one.after}`,
    );
    for (const line of [
      'app1 data fail pass',
      'edge1 oa fail pass',
      'localhost certificate fail pass',
      'localhost login-page skipped pass',
      'localhost primary fail pass',
      'localhost replica fail pass',
      'localhost mail error pass',
    ])
      expect(states).toContain(line);
    expect(
      states
        .filter((line: string) => !/ (fail|error|skipped) pass$/.test(line))
        .every((line: string) => line.endsWith(' pass pass')),
    ).toBe(true);
  });

  it('calls new what was all right at the last verdict, and keeps all of it in its history', async () => {
    app2!.fill(95);
    const { exitCode, report, results } = await inspect();
    expect(exitCode).toBe(1);
    expect(report.new).toBe(1);
    expect(results.filter((result) => result.new).map(({ host, check }) => `${host} ${check}`)).toEqual(['app2 data']);
    expect((await show()).stdout).toMatch(/^fail \(new\) {2,}app2 {2,}data/m);
    // What was bad before is bad, and not new.
    expect((await inspect()).report.new).toBe(0);

    const history = JSON.parse((await me.oaops('inspect', 'history', 'oa-system', '--check', 'data', '--json')).stdout);
    expect(history.verdicts.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'fail',
      'fail',
      'pass',
      'fail',
      'fail',
    ]);
    expect(history.verdicts.at(-1).run).toBe(first);
    const trend = history.trends.find(({ host }: { host: string }) => host === 'app1');
    expect(trend).toMatchObject({ measure: '/srv', unit: '%' });
    expect(trend.values.map((value: number) => Math.floor(value / 10))).toEqual([9, 9, 2, 2, 2]);
    const list = JSON.parse((await me.oaops('inspect', 'list', '--json')).stdout);
    expect(list.find(({ name }: { name: string }) => name === 'oa-system')).toMatchObject({
      verdict: 'fail',
      open: null,
    });
    // A report of the past is as it was then.
    const old = JSON.parse((await me.oaops('inspect', 'show', first, '--json')).stdout);
    expect(old).toMatchObject({ verdict: 'fail', counts: { fail: 5, error: 1 } });
  });

  it('shows the password of a database to nobody', async () => {
    const found = spawnSync('grep', ['-rlF', password, me.dir], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
    expect((await show('--verbose')).stdout).not.toContain(password);
  });
});

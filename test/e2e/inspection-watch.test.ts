import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withEngine } from '../../src/app/run-command.ts';
import { startDue } from '../../src/app/schedules/run-due.ts';
import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type InspectedSite, sitePossible, startSite } from '../helpers/inspected-site.ts';
import { startMariadb } from '../helpers/mariadb.ts';
import { packagesMissing } from '../helpers/needs.ts';
import { unseen } from '../helpers/schedule-stage.ts';

/** The inspections of every shift and every five minutes: IN-04, IN-05, by hand and at their time; and databases of MySQL. */
let site: InspectedSite;
beforeAll(async () => {
  if (sitePossible) site = await startSite();
});
afterAll(() => site?.stop());

const channel = 'admins';
/** Who logged in is known to the kernel on machines with audit: there nobody can be two people. */
const canBeOther = existsSync('/proc/self/loginuid')
  ? readFileSync('/proc/self/loginuid', 'utf8').trim() === '4294967295'
  : true;
const sign = (person: Record<string, string>, ...words: string[]) => site.me.as(person, 'inspect', 'sign', ...words);

describe.skipIf(!sitePossible)('shift-watch (IN-04)', { timeout: 240_000 }, () => {
  it.skipIf(!canBeOther)('is handed over by one person and taken over by another one', async () => {
    const started = await site.inspect('shift-watch', { url: site.web.plainUrl, channel });
    expect(started.exitCode).toBe(6);
    expect(started.report.verdict).toBe('pending');
    const early = await sign({}, 'shift-watch', 'takes-over', 'pass');
    expect(early.exitCode, 'before it is handed over').not.toBe(0);
    const handed = await sign({}, 'shift-watch', 'hands-over', 'pass', '--reason', 'mail queue is long, INC-7');
    expect(handed.exitCode, handed.stderr).toBe(0);
    expect((await site.resume('shift-watch')).exitCode).toBe(6);
    const same = await sign({}, 'shift-watch', 'takes-over', 'pass');
    expect(same.exitCode, same.stdout).toBe(4);
    expect(same.stderr).toContain('is for another person');
    const other = await sign({ SUDO_UID: '1' }, 'shift-watch', 'takes-over', 'pass');
    expect(other.exitCode, other.stderr).toBe(0);
    const { exitCode, report, results } = await site.resume('shift-watch');
    expect(exitCode).toBe(0);
    expect(report.verdict).toMatch(/^(pass|warn)$/);
    const [from, to] = [results['hands-over@localhost']!, results['takes-over@localhost']!];
    expect(from).toMatchObject({ state: 'manual-passed', message: 'mail queue is long, INC-7' });
    expect(to.state).toBe('manual-passed');
    expect(to.by).not.toBe(from.by);
    site.told();
  });
});

describe.skipIf(!sitePossible)('indicators (IN-05)', { timeout: 240_000 }, () => {
  it('tells a failure when it is new, and not every five minutes', async () => {
    const inputs = { url: site.web.plainUrl, channel };
    const look = () => site.inspect('indicators', inputs);
    site.web1.setLoad(400);
    const first = await look();
    expect(first.exitCode).toBe(1);
    expect(first.states['load@web1']).toBe('fail');
    expect(site.told(), 'of the first run all is new').toHaveLength(1);
    await look();
    expect(site.told(), 'known').toEqual([]);
    site.web1.setLoad(0.1);
    expect((await look()).states['load@web1']).toBe('pass');
    expect(site.told()).toEqual([]);
    site.edge1.setLoad(400);
    const again = await look();
    expect(again.report.new).toBe(1);
    const [notice, ...more] = site.told();
    expect(more).toEqual([]);
    expect(notice!.text).toMatch(/^fail \(new\) edge1 load: load over 5 min is /);
    site.edge1.setLoad(0.1);
    const metrics = await site.me.oaops('inspect', 'show', 'indicators', '--format', 'prometheus');
    expect(metrics.stdout).toMatch(/host="web1"/);
  });
});

describe.skipIf(!sitePossible || packagesMissing('mariadbd').length > 0)(
  'a database of MySQL',
  { timeout: 240_000 },
  () => {
    it('is looked at by the same inspections, with its password from the environment', async () => {
      const mariadb = await startMariadb();
      onTestFinished(() => mariadb.stop());
      mariadb.sql(
        "create user watch@'127.0.0.1' identified by 'of-the-database'; grant process on *.* to watch@'127.0.0.1'",
      );
      site.me.env['OAOPS_DATABASE_PASSWORD'] = 'of-the-database';
      const database = `mysql://watch@127.0.0.1:${mariadb.port}/information_schema`;
      const { exitCode, states } = await site.inspect('performance-quarterly', { database, channel });
      expect(states).toMatchObject({
        'database-queries-mysql@localhost': 'pass',
        'database-transactions-mysql@localhost': 'pass',
        'database-connections-mysql@localhost': 'pass',
        // Of a server that has just begun, nobody can say much.
        'database-cache-mysql@localhost': expect.stringMatching(/pass|warn|not-applicable/),
        'database-queries-postgres@localhost': 'not-applicable',
      });
      expect(exitCode).toBe(6);
      site.me.env['OAOPS_DATABASE_PASSWORD'] = 'wrong';
      const wrong = await site.inspect('redundancy-check', {
        primary: database,
        replica: database,
        port: '1',
        channel,
      });
      expect(wrong.exitCode).toBe(1);
      expect(wrong.states).toMatchObject({ 'primary-postgres@localhost': 'not-applicable', 'member@web1': 'fail' });
      expect(wrong.states['primary-mysql@localhost']).toMatch(/fail|error/);
      expect(JSON.stringify(wrong.report)).not.toContain('"wrong"');
      site.told();
    });
  },
);

describe.skipIf(!sitePossible)('what the configuration hands to the timer', { timeout: 240_000 }, () => {
  it('is started at its time, once', async () => {
    const { me, told } = site;
    me.configure(
      site.notify,
      'schedules:',
      `  indicators: {inputs: {url: "${site.web.plainUrl}", channel: admins}}`,
      '  shift-watch: {}',
    );
    let nowMs = 0;
    const app = openApp(
      { json: false, quiet: true, verbose: false, debug: false, color: false, lang: 'en' },
      { env: me.environment, clock: { ...systemClock, nowMs: () => nowMs } },
    );
    const lookAt = async (time: string) => {
      nowMs = Date.parse(time);
      const { started, ...rest } = await withEngine(app, unseen, (engine, signals) => startDue(app, engine, signals));
      return {
        started: started.map(({ runbook, slot, status }) => `${slot.slice(11, 16)} ${runbook} ${status}`),
        ...rest,
      };
    };
    try {
      expect((await lookAt('2027-03-02T07:51Z')).started).toEqual([]);
      site.web1.setLoad(400);
      // 15:56 in Shanghai; then the shift of 16:00 begins.
      expect(await lookAt('2027-03-02T07:56Z')).toMatchObject({ started: ['07:55 indicators failed'], notStarted: [] });
      expect(told().map(({ subject }) => subject)).toEqual([expect.stringMatching(/^indicators: fail; /)]);
      expect((await lookAt('2027-03-02T07:57Z')).started).toEqual([]);
      site.web1.setLoad(0.1);
      // Late, as after a pause of the machine: what has no use later is not caught up with.
      const late = await lookAt('2027-03-02T08:13Z');
      expect(late.started.sort()).toEqual(['08:00 shift-watch waiting', '08:10 indicators ok']);
      expect((await lookAt('2027-03-02T08:14Z')).started).toEqual([]);
    } finally {
      await app[Symbol.asyncDispose]();
    }
    const list = JSON.parse((await me.oaops('inspect', 'list', '--json')).stdout) as Record<string, unknown>[];
    const of = (name: string) => list.find((one) => one['name'] === name);
    expect(of('indicators')).toMatchObject({ verdict: 'pass', open: null });
    expect(of('shift-watch')!['open']).not.toBeNull();
  });
});

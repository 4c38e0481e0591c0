import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importNotice } from '../../src/app/calendar.ts';
import { dueNow } from '../../src/app/schedules/due.ts';
import { listSchedules, nextTimes } from '../../src/app/schedules/list.ts';
import { runTick } from '../../src/app/schedules/tick.ts';
import { eventually } from '../helpers/eventually.ts';
import { runOaops } from '../helpers/oaops.ts';
import { ScheduleStage, unseen } from '../helpers/schedule-stage.ts';

let stage: ScheduleStage;
let server: Server | undefined;
beforeEach(() => {
  stage = new ScheduleStage();
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await stage.end();
});

const slots = async (time: string) => (await stage.lookAt(time)).started.map(({ slot }) => slot.slice(0, 16));
const tick = async (time: string) => {
  stage.nowMs = Date.parse(time);
  return runTick(stage.app, unseen, { stay: false });
};

test('each kind of rule is started at its times, and at no other', async () => {
  stage.runbook('last', '{type: working-day, day: last-of-month, at: "09:00"}');
  stage.runbook('friday', '{type: weekday, days: [fri], at: "16:00", ifHoliday: previous}');
  stage.runbook('cron', '{type: cron, expression: "0 10 * * *", ifHoliday: skip}');
  stage.runbook('shift', '{type: shift, at: ["08:00", "16:00", "00:00"]}');
  stage.runbook(
    'quarter',
    '{type: calendar-day, day: last-of-quarter, at: "18:00", ifHoliday: next, calendar: weekdays}',
  );
  await stage.configure('{last: {}, friday: {}, cron: {}, shift: {}, quarter: {}}');
  await stage.lookAt('2026-09-29T12:00+08:00');
  const started: string[] = [];
  // Every half day through the national holiday.
  for (let at = Date.parse('2026-09-29T20:00+08:00'); at < Date.parse('2026-10-08T12:00+08:00'); at += 12 * 3_600_000)
    for (const { runbook, slot } of (await stage.lookAt(new Date(at).toISOString())).started)
      if (runbook !== 'shift') started.push(`${runbook} ${slot.slice(0, 16)}`);
  expect(started.sort()).toEqual([
    'cron 2026-09-30T02:00',
    'friday 2026-09-30T08:00',
    'last 2026-09-30T01:00',
    'quarter 2026-09-30T10:00',
  ]);
  // Once for each look: of two shifts that have passed the last is run.
  expect(stage.timesRun('shift')).toBe(18);
}, 120_000);

test('a year that nobody has announced: told, not guessed, and not lost when it is imported late', async () => {
  stage.runbook('daily', '{type: working-day, day: every, at: "08:00", catchUp: all}');
  await stage.configure('{daily: {}}', 'calendar: {days: [{date: 2027-01-05, working: true, reason: stocktaking}]}\n');
  await stage.lookAt('2026-12-30T12:00+08:00');
  // A week before it is told already.
  const early = await stage.lookAt('2026-12-31T12:00+08:00');
  expect(early).toMatchObject({ started: [{ slot: '2026-12-31T00:00:00.000Z' }], unknown: [{ date: '2027-01-01' }] });
  expect((await nextTimes(stage.app, 3)).times).toEqual([{ time: null, runbook: 'daily', unknown: '2027-01-01' }]);
  expect((await listSchedules(stage.app)).rows.find(({ runbook }) => runbook === 'daily')).toMatchObject({
    next: null,
    unknownFrom: '2027-01-01',
  });
  const tomorrow = await stage.lookAt('2027-01-04T12:00+08:00');
  expect(tomorrow).toMatchObject({ started: [], unknown: [{ runbook: 'daily', date: '2027-01-01' }] });
  expect((await dueNow(stage.app)).rows).toMatchObject([{ runbook: 'daily', state: 'unknown', since: '2027-01-01' }]);
  // What the site has announced itself is known, though days before it are not.
  expect(await slots('2027-01-05T12:00+08:00')).toEqual(['2027-01-05T00:00']);
  const notice = join(stage.root, '2027.json');
  writeFileSync(notice, JSON.stringify({ year: 2027, days: [{ name: '元旦', date: '2027-01-01', isOffDay: true }] }));
  importNotice(stage.app, notice);
  expect(await slots('2027-01-06T12:00+08:00')).toEqual(['2027-01-04T00:00', '2027-01-06T00:00']);
  expect(await slots('2027-01-06T13:00+08:00')).toEqual([]);
  expect((await stage.lookAt('2027-01-06T14:00+08:00')).unknown).toEqual([]);
  expect(stage.timesRun('daily')).toBe(4);
}, 120_000);

test('an unknown day is a warning of the command, once a day with -q', async () => {
  stage.runbook('daily', '{type: working-day, day: every, at: "08:00"}');
  // A year without a notice for a hundred years: the real clock is always within it, or before.
  await stage.configure('{daily: {}}');
  stage.nowMs = Date.parse('2027-01-05T00:00Z');
  await stage.lookAt('2026-12-30T12:00+08:00');
  const { lines, warnings } = await (await import('../../src/app/schedules/tick.ts')).tickLines(
    stage.app,
    await tick('2027-01-05T12:00+08:00'),
    true,
  );
  expect(lines).toEqual([]);
  expect(warnings.join()).toContain('oaops calendar import FILE');
  const again = await (await import('../../src/app/schedules/tick.ts')).tickLines(
    stage.app,
    await tick('2027-01-05T12:01+08:00'),
    true,
  );
  expect(again.warnings).toEqual([]);
}, 60_000);

test('past its deadline a time is overdue: one notice, shown with the reason until a run has ended well', async () => {
  const notices: { subject: string; details: unknown }[] = [];
  let answer = 503;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      if (answer === 200) notices.push(JSON.parse(body));
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const flag = join(stage.root, 'mended');
  stage.runbook('nightly', '{type: cron, expression: "30 2 * * *", deadline: 4h}', `[test, -e, ${flag}]`);
  await stage.configure(
    '{nightly: {notify: [hook]}}',
    `notify: {channels: {hook: {type: webhook, url: "http://127.0.0.1:${port}/"}}}\n`,
  );
  await tick('2026-11-20T12:00+08:00');
  expect(await tick('2026-11-21T02:30+08:00')).toMatchObject({ started: [{ status: 'failed' }], overdue: [] });
  expect((await dueNow(stage.app)).rows).toEqual([]);
  const missed = await tick('2026-11-21T06:31+08:00');
  expect(missed.overdue).toMatchObject([{ runbook: 'nightly', slot: '2026-11-20T18:30:00.000Z' }]);
  expect(missed.overdue[0]!.why).toContain('ended with 1');
  expect(missed.unsent.join()).toContain('503');
  // Not again at once, then until it could be sent.
  expect(await tick('2026-11-21T06:32+08:00')).toMatchObject({ overdue: [], unsent: [] });
  answer = 200;
  await tick('2026-11-21T06:37+08:00');
  await Promise.all([tick('2026-11-21T06:43+08:00'), tick('2026-11-21T06:43+08:00')]);
  expect(notices).toMatchObject([{ subject: 'oaops: nightly is overdue', details: { state: 'failed' } }]);
  expect((await dueNow(stage.app)).rows).toMatchObject([
    { runbook: 'nightly', state: 'overdue', since: '2026-11-20T18:30:00.000Z', count: 1 },
  ]);
  // Mended, and run by hand.
  writeFileSync(flag, '');
  const { run } = await (await stage.app.runs())
    .plan({ runbook: 'nightly', inputs: [] })
    .then((plan) =>
      import('../../src/app/run-command.ts').then(({ withEngine }) =>
        withEngine(stage.app, unseen, (engine) => engine.start(plan, { name: 'somebody' })),
      ),
    );
  expect(run).toBeTruthy();
  expect((await dueNow(stage.app)).rows).toEqual([]);
  expect((await tick('2026-11-21T07:30+08:00')).overdue).toEqual([]);
}, 120_000);

test('after a long outage one notice tells of all times of a runbook that are overdue', async () => {
  const notices: { text: string; details: { slot: string; earlier: string[] } }[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      notices.push(JSON.parse(body));
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  stage.runbook('nightly', '{type: cron, expression: "30 2 * * *", deadline: 4h, catchUp: none}');
  await stage.configure(
    '{nightly: {notify: [hook]}}',
    `notify: {channels: {hook: {type: webhook, url: "http://127.0.0.1:${port}/"}}}\n`,
  );
  await tick('2026-11-20T12:00+08:00');
  expect((await tick('2026-11-24T12:00+08:00')).overdue).toHaveLength(4);
  await tick('2026-11-24T12:10+08:00');
  expect(notices).toMatchObject([
    { details: { slot: '2026-11-23T18:30:00.000Z', earlier: [{}, {}, {}].map(() => expect.any(String)) } },
  ]);
  expect(notices[0]!.text).toContain('Earlier times that are overdue too: 3, since 2026-11-20T18:30:00.000Z.');
}, 60_000);

test('an inspection that was made and found something is not overdue; one that was not made is', async () => {
  const checks = (...paths: string[]) =>
    paths.map((path, index) => ({ id: `file-${index}`, check: 'file', with: { path } }));
  const write = (...paths: string[]) =>
    writeFileSync(
      join(stage.root, 'books/look.yaml'),
      JSON.stringify({
        apiVersion: 'oaops/v1',
        kind: 'Inspection',
        metadata: { name: 'look', version: '1.0.0', title: 'Look', owner: 'tests' },
        spec: {
          schedule: { type: 'cron', expression: '30 2 * * *', deadline: '4h' },
          sections: [{ id: 'files', checks: checks(...paths) }],
        },
      }),
    );
  write(join(stage.root, 'missing'));
  await stage.configure('{look: {}}');
  await tick('2026-11-20T12:00+08:00');
  expect(await tick('2026-11-21T02:30+08:00')).toMatchObject({ started: [{ status: 'failed', exitCode: 1 }] });
  expect((await tick('2026-11-21T06:31+08:00')).overdue).toEqual([]);
  rmSync(join(stage.root, 'books/look.yaml'));
  await tick('2026-11-22T02:30+08:00');
  write(stage.root);
  expect((await tick('2026-11-22T06:31+08:00')).overdue).toMatchObject([{ slot: '2026-11-21T18:30:00.000Z' }]);
}, 60_000);

test('what is due and has not run says why', async () => {
  stage.runbook('hourly', '{type: cron, expression: "0 * * * *"}');
  await stage.configure('{hourly: {}}');
  await tick('2026-11-20T00:30Z');
  stage.nowMs = Date.parse('2026-11-20T03:10Z');
  const { rows, lastTick } = await dueNow(stage.app);
  expect(rows).toMatchObject([
    { state: 'due', since: '2026-11-20T01:00:00.000Z', count: 3, why: 'no tick has looked since' },
  ]);
  expect(lastTick).toBe('2026-11-20T00:30:00.000Z');
  const lock = await (await stage.app.record()).locks.acquire('runbook:hourly', 'a long run');
  expect((await dueNow(stage.app)).rows[0]!.why).toContain('under way');
  await lock.release();
  await tick('2026-11-20T03:10Z');
  expect((await dueNow(stage.app)).rows).toEqual([]);
}, 60_000);

test('killed between taking a time and starting its run: the next look runs it, once', async () => {
  // Planning reads a pipe that nobody writes to: there the process is killed.
  const pipe = join(stage.root, 'data');
  const made = spawn('mkfifo', [pipe]);
  await new Promise((resolve) => made.on('close', resolve));
  const input = `  inputs: {data: {type: file, default: ${pipe}}}\n`;
  const argv = `[sh, -c, 'echo ran >> ${join(stage.root, 'due')}.log', "\${{ inputs.data }}"]`;
  stage.runbook('due', '{type: cron, expression: "* * * * *"}', argv, input);
  await stage.configure('{due: {}}');
  await stage.lookAt(new Date(Date.now() - 120_000).toISOString());
  const { facts } = await stage.app.record();
  const program = join(import.meta.dirname, '../../bin/dev.js');
  const child = spawn(process.execPath, [program, 'tick'], {
    env: { PATH: '/usr/bin:/bin', ...stage.env },
    stdio: 'ignore',
  });
  const taken = async () =>
    (await facts.list('schedule:due')).filter(({ body }) => (body as { outcome: string }).outcome === 'started');
  await eventually(async () => (await taken()).length === 1, 60_000);
  // While it lives it is about to begin the run, and nobody else does.
  stage.nowMs = Date.now();
  expect((await stage.lookAt(new Date(stage.nowMs).toISOString())).started.length).toBe(0);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('close', resolve));
  rmSync(pipe);
  writeFileSync(pipe, 'data');
  const [slot] = await taken();
  const looks = await Promise.all([1, 2, 3].map(() => stage.lookAt(slot!.key)));
  const started = looks.flatMap((look) => look.started);
  expect(started).toMatchObject([{ slot: slot!.key, run: (slot!.body as { run: string }).run, status: 'ok' }]);
  await stage.lookAt(slot!.key);
  expect(stage.timesRun('due')).toBe(1);
}, 120_000);

test('with --stay a second runbook does not wait for the long run of the first', async () => {
  const go = join(stage.root, 'go');
  stage.runbook('slow', '{type: cron, expression: "0 * * * *"}', `[sh, -c, 'until [ -e ${go} ]; do sleep 0.1; done']`);
  stage.runbook('quick', '{type: cron, expression: "5 * * * *"}');
  await stage.configure('{slow: {}, quick: {}}');
  await tick('2026-11-20T00:30Z');
  stage.nowMs = Date.parse('2026-11-20T01:00Z');
  let sleeps = 0;
  const clock = {
    ...stage.app.clock,
    // A minute of the clock passes at once, when a run is under way.
    sleep: async (_ms: number, signal?: AbortSignal) => {
      await eventually(async () => {
        signal?.throwIfAborted();
        return (await (await stage.app.record()).locks.list()).some(({ name }) => name === 'runbook:slow');
      }, 30_000);
      stage.nowMs += 60_000;
      if (++sleeps === 6) {
        await eventually(() => stage.timesRun('quick') === 1, 30_000);
        writeFileSync(go, '');
      }
      if (sleeps > 6) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    },
  };
  const report = await runTick({ ...stage.app, clock }, unseen, { stay: true });
  expect(report.started.map(({ runbook, slot }) => `${runbook} ${slot.slice(11, 16)}`).sort()).toEqual([
    'quick 01:05',
    'slow 01:00',
  ]);
  expect(stage.timesRun('quick')).toBe(1);
}, 60_000);

test('the commands: in words, in 80 columns, also from a bare environment', async () => {
  stage.runbook('friday', '{type: weekday, days: [fri], at: "16:00", ifHoliday: previous}');
  await stage.configure('{friday: {}}');
  const bare = { env: { PATH: '/usr/bin:/bin', ...stage.env }, bare: true };
  expect(await runOaops(['schedule', 'run-due', '-q'], bare)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  for (const lang of ['en', 'zh-CN']) {
    const { stdout } = await runOaops(['schedule', 'list', '--lang', lang], bare);
    expect(stdout).toContain('friday');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  }
  // 16:00 in Shanghai is 8:00 in UTC.
  for (const command of ['list', 'next']) {
    const { stdout } = await runOaops(['schedule', command], bare);
    expect(stdout, command).toMatch(/^friday .* \d\d-\d\d 16:00$|^\d+-\d\d-\d\d 16:00 +friday$/m);
    expect(stdout, command).toMatch(/^times are those of Asia\/Shanghai$/m);
  }
  const [planned] = JSON.parse((await runOaops(['schedule', 'next', '--json'], bare)).stdout);
  expect(planned.time).toMatch(/T08:00:00\.000Z$/);
  const shown = await runOaops(['runbook', 'show', 'friday'], bare);
  expect(shown.stdout).toContain('every fri at 16:00; a day off moves to the working day before');
}, 60_000);

test('a deadline that is longer than many times of the schedule is watched, too', async () => {
  stage.runbook('often', '{type: cron, expression: "*/5 * * * *", deadline: 3h}', '["false"]');
  await stage.configure('{often: {}}');
  await tick('2026-11-20T00:01Z');
  expect((await tick('2026-11-20T03:04Z')).overdue).toEqual([]);
  const { overdue } = await tick('2026-11-20T03:06Z');
  expect(overdue).toMatchObject([{ slot: '2026-11-20T00:05:00.000Z', deadline: '2026-11-20T03:05:00.000Z' }]);
  expect((await dueNow(stage.app)).rows).toMatchObject([{ state: 'overdue', since: '2026-11-20T00:05:00.000Z' }]);
}, 60_000);

import { hostname } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dueNow } from '../../src/app/schedules/due.ts';
import { explainSchedule } from '../../src/app/schedules/explain.ts';
import { listSchedules, nextTimes } from '../../src/app/schedules/list.ts';
import { scheduledOf } from '../../src/app/schedules/load.ts';
import type { DueResult } from '../../src/app/schedules/run-due.ts';
import { slotStates } from '../../src/app/schedules/slot-states.ts';
import { jitterOf } from '../../src/calendar/slots.ts';
import { runOaops } from '../helpers/oaops.ts';
import { ScheduleStage } from '../helpers/schedule-stage.ts';

let stage: ScheduleStage;
beforeEach(() => {
  stage = new ScheduleStage();
});
afterEach(() => stage.end());

const runbook = (name: string, schedule: string, argv?: string) => stage.runbook(name, schedule, argv);
const configure = (schedules: string) => stage.configure(schedules);
const lookAt = (time: string): Promise<DueResult> => stage.lookAt(time);
const timesRun = (name: string) => stage.timesRun(name);

test('a time is run once, nothing before the first look is, and a missed night is caught up with one run', async () => {
  runbook('nightly', '{type: cron, expression: "30 2 * * *"}');
  await configure('{nightly: {}}');
  const { app } = stage;
  // 10:00 in Shanghai.
  expect(await lookAt('2026-11-20T02:00Z')).toEqual({ started: [], busy: [], notStarted: [], unknown: [] });
  expect((await lookAt('2026-11-20T18:29Z')).started).toEqual([]);
  const { started } = await lookAt('2026-11-20T18:30Z');
  expect(started).toMatchObject([{ runbook: 'nightly', slot: '2026-11-20T18:30:00.000Z', exitCode: 0 }]);
  expect((await lookAt('2026-11-20T18:31Z')).started).toEqual([]);
  expect(timesRun('nightly')).toBe(1);
  // Off for three nights.
  expect((await lookAt('2026-11-24T06:00Z')).started).toMatchObject([{ slot: '2026-11-23T18:30:00.000Z' }]);
  expect((await lookAt('2026-11-24T06:01Z')).started).toEqual([]);
  expect(timesRun('nightly')).toBe(2);
  expect((await nextTimes(app, 2)).times).toEqual([
    { time: '2026-11-24T18:30:00.000Z', runbook: 'nightly', unknown: null },
    { time: '2026-11-25T18:30:00.000Z', runbook: 'nightly', unknown: null },
  ]);
}, 60_000);

test('catching up all, none, and jitter', async () => {
  runbook('every', '{type: cron, expression: "0 * * * *", catchUp: all}');
  runbook('never', '{type: cron, expression: "0 * * * *", catchUp: none}');
  runbook('later', '{type: cron, expression: "0 0 * * *", jitter: 20h}');
  await configure('{every: {}, never: {}, later: {}, off: {enabled: false}}');
  await lookAt('2026-11-20T00:30Z');
  const { started } = await lookAt('2026-11-20T05:30Z');
  expect(started.map(({ slot }) => slot.slice(11, 13))).toEqual(['01', '02', '03', '04', '05']);
  expect(timesRun('every')).toBe(5);
  expect(timesRun('never')).toBe(0);
  expect((await lookAt('2026-11-20T06:05Z')).started.map(({ runbook }) => runbook).sort()).toEqual(['every', 'never']);
  const delayMs = jitterOf(`${hostname()} later`, 20 * 3_600_000);
  const midnight = Date.parse('2026-11-20T16:00Z');
  await lookAt(new Date(midnight + delayMs - 1000).toISOString());
  expect(timesRun('later')).toBe(0);
  // What still waits for its jitter is the next one, for everybody who asks.
  const start = new Date(midnight + delayMs).toISOString();
  expect((await listSchedules(stage.app)).rows.find(({ runbook }) => runbook === 'later')?.next).toBe(start);
  expect((await nextTimes(stage.app, 50)).times.find(({ runbook }) => runbook === 'later')?.time).toBe(start);
  const explained = await explainSchedule(stage.app, 'later', 1);
  expect(explained.next[0]?.slot).toBe('2026-11-20T16:00:00.000Z');
  await lookAt(new Date(midnight + delayMs).toISOString());
  expect(timesRun('later')).toBe(1);
}, 120_000);

test('a runbook that is under way keeps its next time open, and many looks at once start one run', async () => {
  runbook('busy', '{type: cron, expression: "*/5 * * * *"}');
  await configure('{busy: {}}');
  const { app } = stage;
  await lookAt('2026-11-20T00:01Z');
  const lock = await (await app.record()).locks.acquire('runbook:busy', 'a long run');
  expect(await lookAt('2026-11-20T00:05Z')).toMatchObject({ started: [], busy: ['busy'] });
  await lock.release();
  const looks = await Promise.all([1, 2, 3, 4].map(() => lookAt('2026-11-20T00:06Z')));
  expect(looks.flatMap(({ started }) => started)).toHaveLength(1);
  expect(timesRun('busy')).toBe(1);
}, 60_000);

test('what cannot be started is named, keeps nothing else from running, and is not tried for ever', async () => {
  runbook('bad', '{type: cron, expression: "0 * * * *"}', '[sh]\n      more: 1');
  runbook('workdays', '{type: working-day, day: every, at: "08:00"}');
  runbook('good', '{type: cron, expression: "0 * * * *"}');
  await configure('{bad: {}, workdays: {}, missing: {}, good: {}}');
  const { app } = stage;
  await lookAt('2026-11-20T00:30Z');
  const { started, notStarted } = await lookAt('2026-11-20T01:00Z');
  expect(started.map(({ runbook }) => runbook)).toEqual(['good']);
  expect(Object.fromEntries(notStarted.map(({ runbook, error }) => [runbook, error.code]))).toEqual({
    bad: 'runbook-invalid',
    missing: 'runbook-not-found',
  });
  const { rows, warnings } = await listSchedules(app);
  expect(warnings.join()).toContain('bad.yaml');
  expect(rows.find(({ runbook }) => runbook === 'good')).toMatchObject({
    state: 'on',
    outcome: 'started',
    last: '2026-11-20T01:00:00.000Z',
    next: '2026-11-20T02:00:00.000Z',
  });
  // 8:00 in Shanghai had passed when it was looked at first.
  expect(rows.find(({ runbook }) => runbook === 'workdays')).toMatchObject({ state: 'on', result: null });
  // A shipped one that nobody asked for.
  expect(rows.find(({ runbook }) => runbook === 'backup-daily')?.state).toBe('off');
}, 60_000);

test('the command tells what was started, and keeps quiet about it with -q', async () => {
  runbook('minutely', '{type: cron, expression: "* * * * *"}');
  await configure('{minutely: {}}');
  await lookAt(new Date(Date.now() - 120_000).toISOString());
  const tick = await runOaops(['tick', '--json'], { env: stage.env });
  const last = JSON.parse(tick.stdout.trim().split('\n').at(-1)!);
  expect(last).toMatchObject({ event: 'tick.ended', started: [{ runbook: 'minutely', status: 'ok' }], notStarted: [] });
  expect(await runOaops(['tick', '-q'], { env: stage.env })).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  const { stdout } = await runOaops(['schedule', 'list'], { env: stage.env });
  expect(stdout).toMatch(/^minutely +\* \* \* \* \*.* on /m);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
}, 60_000);

test('a clock that was far ahead for one look stops nothing, and its runs are no evidence', async () => {
  runbook('hourly', '{type: cron, expression: "0 * * * *", deadline: 30m}');
  await configure('{hourly: {}}');
  const { app } = stage;
  await lookAt('2026-11-20T00:30Z');
  expect((await lookAt('2026-11-20T01:00Z')).started).toHaveLength(1);
  expect((await lookAt('2029-11-20T01:30Z')).started).toHaveLength(1);
  // Set right again: the next time comes as ever.
  stage.nowMs = Date.parse('2026-11-20T02:45Z');
  expect((await dueNow(app)).rows).toMatchObject([{ state: 'overdue', since: '2026-11-20T02:00:00.000Z', run: null }]);
  expect((await lookAt('2026-11-20T02:46Z')).started).toMatchObject([{ slot: '2026-11-20T02:00:00.000Z' }]);
  expect((await lookAt('2026-11-20T02:47Z')).started).toEqual([]);
  // Done, and not in time.
  const { states } = await slotStates(app, await scheduledOf(app, 'hourly'));
  expect(states).toMatchObject([
    { state: 'done', overdue: false, why: null },
    { state: 'done', overdue: false, why: expect.stringMatching(/ended at 2026-11-20T02:46:00Z, after the deadline$/) },
  ]);
  // Set back for a moment: what has run does not run again.
  expect((await lookAt('2026-11-20T01:59Z')).started).toEqual([]);
  expect((await lookAt('2026-11-20T02:00Z')).started).toEqual([]);
  expect((await lookAt('2026-11-20T03:00Z')).started).toMatchObject([{ slot: '2026-11-20T03:00:00.000Z' }]);
}, 60_000);

test('catching up all: a run that waits for somebody holds up the times after it', async () => {
  stage.write(
    'asks',
    'schedule: {type: cron, expression: "0 * * * *", catchUp: all}',
    '{id: ask, name: Ask, uses: manual.confirm, with: {message: Done?}}',
  );
  await configure('{asks: {}}');
  await lookAt('2026-11-20T00:30Z');
  const { started, busy } = await lookAt('2026-11-20T04:30Z');
  expect(started).toMatchObject([{ slot: '2026-11-20T01:00:00.000Z', status: 'waiting' }]);
  expect(busy).toEqual(['asks']);
  expect(await lookAt('2026-11-20T04:31Z')).toMatchObject({ started: [], busy: ['asks'] });
  const { states } = await slotStates(stage.app, await scheduledOf(stage.app, 'asks'));
  expect(states.map(({ state }) => state)).toEqual(['waiting', 'open', 'open', 'open']);
}, 60_000);

test('since when a runbook is looked after is known after many times, too', async () => {
  runbook('often', '{type: cron, expression: "* * * * *"}');
  await configure('{often: {}}');
  await lookAt('2026-11-20T00:00:30Z');
  const { facts } = await stage.app.record();
  for (let minute = 1; minute <= 201; minute++) {
    const slot = new Date(Date.parse('2026-11-20T00:00Z') + minute * 60_000).toISOString();
    await facts.addOnce('schedule:often', slot, slot, { outcome: 'skipped', host: 'h' });
  }
  stage.nowMs = Date.parse('2026-11-20T03:22Z');
  expect(await explainSchedule(stage.app, 'often', 1)).toMatchObject({ since: '2026-11-20T00:00:30.000Z' });
}, 60_000);

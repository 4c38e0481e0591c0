import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withEngine } from '../../src/app/run-command.ts';
import { type DueResult, listSchedules, nextTimes, startDue } from '../../src/app/schedules.ts';
import { type App, openApp } from '../../src/app.ts';
import { jitterOf } from '../../src/calendar/slots.ts';
import { systemClock } from '../../src/core/clock.ts';
import { runOaops } from '../helpers/oaops.ts';

let root: string;
let nowMs: number;
let app: App;
const clock = { ...systemClock, nowMs: () => nowMs };
const env = () => ({ OAOPS_STATE_DIR: join(root, 'state'), OAOPS_CONFIG: join(root, 'config.yaml'), OAOPS_LANG: 'en' });
const open = () =>
  openApp({ json: false, quiet: true, verbose: false, debug: false, color: false, lang: 'en' }, { env: env(), clock });

/** A runbook that leaves a line each time it runs. */
function runbook(name: string, schedule: string, argv = `[sh, -c, 'echo ran >> ${join(root, name)}.log']`) {
  writeFileSync(
    join(root, 'books', `${name}.yaml`),
    `apiVersion: oaops/v1
kind: Procedure
metadata: {name: ${name}, version: 1.0.0, title: Test, owner: operations}
spec:
  schedule: ${schedule}
  steps:
    - {id: work, name: Work, uses: exec, with: {argv: ${argv}}}
`,
  );
}

function configure(schedules: string) {
  const text = `timeZone: Asia/Shanghai\nrunbooks: [books]\nschedules: ${schedules}\n`;
  writeFileSync(join(root, 'config.yaml'), text, { mode: 0o600 });
}

async function lookAt(time: string): Promise<DueResult> {
  nowMs = Date.parse(time);
  const show = { renderer: async () => ({ sink: () => undefined }) };
  return withEngine(app, show, (engine, signals) => startDue(app, engine, signals));
}

function timesRun(name: string): number {
  try {
    return readFileSync(join(root, `${name}.log`), 'utf8')
      .trim()
      .split('\n').length;
  } catch {
    return 0;
  }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'oaops-due-'));
  mkdirSync(join(root, 'books'));
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

test('a time is run once, nothing before the first look is, and a missed night is caught up with one run', async () => {
  runbook('nightly', '{type: cron, expression: "30 2 * * *"}');
  configure('{nightly: {}}');
  app = open();
  // 10:00 in Shanghai.
  expect(await lookAt('2026-11-20T02:00Z')).toEqual({ started: [], busy: [], notStarted: [] });
  expect((await lookAt('2026-11-20T18:29Z')).started).toEqual([]);
  const { started } = await lookAt('2026-11-20T18:30Z');
  expect(started).toMatchObject([{ runbook: 'nightly', slot: '2026-11-20T18:30:00.000Z', exitCode: 0 }]);
  expect((await lookAt('2026-11-20T18:31Z')).started).toEqual([]);
  expect(timesRun('nightly')).toBe(1);
  // Off for three nights.
  expect((await lookAt('2026-11-24T06:00Z')).started).toMatchObject([{ slot: '2026-11-23T18:30:00.000Z' }]);
  expect((await lookAt('2026-11-24T06:01Z')).started).toEqual([]);
  expect(timesRun('nightly')).toBe(2);
  expect(await nextTimes(app, 2)).toEqual([
    { time: '2026-11-24T18:30:00.000Z', runbook: 'nightly' },
    { time: '2026-11-25T18:30:00.000Z', runbook: 'nightly' },
  ]);
}, 60_000);

test('catching up all, none, and jitter', async () => {
  runbook('every', '{type: cron, expression: "0 * * * *", catchUp: all}');
  runbook('never', '{type: cron, expression: "0 * * * *", catchUp: none}');
  runbook('later', '{type: cron, expression: "0 0 * * *", jitter: 20h}');
  configure('{every: {}, never: {}, later: {}, off: {enabled: false}}');
  app = open();
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
  await lookAt(new Date(midnight + delayMs).toISOString());
  expect(timesRun('later')).toBe(1);
}, 120_000);

test('a runbook that is under way keeps its next time open, and many looks at once start one run', async () => {
  runbook('busy', '{type: cron, expression: "*/5 * * * *"}');
  configure('{busy: {}}');
  app = open();
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
  configure('{bad: {}, workdays: {}, missing: {}, good: {}}');
  app = open();
  await lookAt('2026-11-20T00:30Z');
  const { started, notStarted } = await lookAt('2026-11-20T01:00Z');
  expect(started.map(({ runbook }) => runbook)).toEqual(['good']);
  expect(Object.fromEntries(notStarted.map(({ runbook, error }) => [runbook, error.code]))).toEqual({
    bad: 'runbook-invalid',
    workdays: 'schedule-unsupported',
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
  expect(rows.find(({ runbook }) => runbook === 'workdays')?.state).toBe('unsupported');
  // A shipped one that nobody asked for.
  expect(rows.find(({ runbook }) => runbook === 'backup-daily')?.state).toBe('off');
}, 60_000);

test('the command tells what was started, and keeps quiet about it with -q', async () => {
  runbook('minutely', '{type: cron, expression: "* * * * *"}');
  configure('{minutely: {}}');
  nowMs = Date.now() - 120_000;
  app = open();
  await lookAt(new Date(nowMs).toISOString());
  const tick = await runOaops(['tick', '--json'], { env: env() });
  const last = JSON.parse(tick.stdout.trim().split('\n').at(-1)!);
  expect(last).toMatchObject({ event: 'tick.ended', started: [{ runbook: 'minutely', status: 'ok' }], notStarted: [] });
  expect(await runOaops(['tick', '-q'], { env: env() })).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  const { stdout } = await runOaops(['schedule', 'list'], { env: env() });
  expect(stdout).toMatch(/^minutely +\* \* \* \* \*.* on /m);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
}, 60_000);

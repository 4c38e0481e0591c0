import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { today } from '../../src/app/today.ts';
import { type App, openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Today } from '../../src/report/today.ts';
import { type PastRun, pastRun } from '../helpers/past-runs.ts';

let root: string;
let app: App;
let nowMs: number;

beforeEach(() => {
  nowMs = Date.parse('2024-11-19T00:00:00Z');
  root = mkdtempSync(join(tmpdir(), 'oaops-today-'));
  mkdirSync(join(root, 'books'));
  configure('');
  app = open();
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

const open = () =>
  openApp(
    { json: false, quiet: true, verbose: false, debug: false, color: false, lang: 'en' },
    {
      env: { OAOPS_STATE_DIR: join(root, 'state'), OAOPS_CONFIG: join(root, 'config.yaml'), OAOPS_LANG: 'en' },
      clock: { ...systemClock, nowMs: () => nowMs },
    },
  );

function configure(more: string) {
  writeFileSync(join(root, 'config.yaml'), `timeZone: Asia/Shanghai\nrunbooks: [books]\n${more}`, { mode: 0o600 });
}

function runbook(name: string, procedures: string) {
  writeFileSync(
    join(root, 'books', `${name}.yaml`),
    `apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: ${name}, version: 1.0.0, title: Test, owner: ops, procedures: ${procedures}}\nspec: {steps: []}\n`,
  );
}

/** Local times of Shanghai. */
const local = (time: string) => `${time}:00+08:00`;
const past = async (run: PastRun) =>
  pastRun(await app.record(), {
    ...run,
    at: local(run.at),
    ...(run.ended ? { ended: local(run.ended) } : {}),
    ...(run.wakeAt ? { wakeAt: local(run.wakeAt) } : {}),
  });
async function at(time: string, date?: string): Promise<Today> {
  nowMs = Date.parse(local(time));
  return today(app, date);
}
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id);

// 2024-11-20 is a Wednesday.
test('the day of an inspection: due, overdue, done', async () => {
  runbook('my-inspection', '[IN-01]');
  const before = await past({ at: '2024-11-19T08:00', procedures: ['IN-01'], runbook: 'my-inspection' });
  const early = await at('2024-11-20T08:00');
  expect(early).toMatchObject({ date: '2024-11-20', weekDay: 'wed', workingDay: true, timeZone: 'Asia/Shanghai' });
  expect(early.due.find(({ id }) => id === 'IN-01')).toEqual({
    id: 'IN-01',
    title: { en: 'Daily inspection', 'zh-CN': '每日巡检' },
    cadence: 'working-days',
    period: { key: '2024-11-20', due: '2024-11-20T00:30:00.000Z', state: 'due' },
    missed: null,
    last: {
      run: before,
      runbook: 'my-inspection',
      status: 'ok',
      by: '王芳',
      begun: '2024-11-19T00:00:00.000Z',
      ended: '2024-11-19T00:05:00.000Z',
    },
    lastWell: null,
    runbooks: expect.arrayContaining(['my-inspection']),
  });
  expect(ids(early.overdue)).not.toContain('IN-01');
  expect(ids((await at('2024-11-20T09:00')).overdue)).toContain('IN-01');
  const tried = await past({
    at: '2024-11-20T09:10',
    procedures: ['IN-01'],
    runbook: 'my-inspection',
    status: 'failed',
    message: 'look: disk full',
  });
  const failing = await at('2024-11-20T09:20');
  expect(failing.overdue.find(({ id }) => id === 'IN-01')).toMatchObject({
    last: { run: tried },
    lastWell: { run: before },
  });
  expect(failing.failing).toMatchObject([
    { run: tried, runbook: 'my-inspection', message: 'look: disk full', command: `oaops runs show ${tried}` },
  ]);
  await past({ at: '2024-11-20T09:30', procedures: ['IN-01'], runbook: 'my-inspection' });
  const done = await at('2024-11-20T10:00');
  expect(ids(done.done)).toEqual(['IN-01']);
  expect(done.done[0]!.period).toMatchObject({ state: 'late' });
  expect(done.failing).toEqual([]);
  expect(ids([...done.overdue, ...done.due])).not.toContain('IN-01');
});

test('what was missed yesterday is told until it is done again', async () => {
  await past({ at: '2024-11-18T08:00', procedures: ['IN-01'] });
  const missed = await at('2024-11-20T07:00');
  expect(missed.overdue.find(({ id }) => id === 'IN-01')).toMatchObject({
    missed: { key: '2024-11-19', state: 'missed' },
    period: { key: '2024-11-20', state: 'due' },
  });
  await past({ at: '2024-11-20T07:10', procedures: ['IN-01'] });
  expect(ids((await at('2024-11-20T07:20')).overdue)).not.toContain('IN-01');
});

test('over a weekend Friday is the working day before', async () => {
  await past({ at: '2024-11-20T08:00', procedures: ['IN-01'] });
  await past({ at: '2024-11-21T08:00', procedures: ['IN-01'] });
  expect((await at('2024-11-24T12:00')).overdue.find(({ id }) => id === 'IN-01')).toMatchObject({
    missed: { key: '2024-11-22' },
    period: null,
  });
  // Made up for on the day off.
  await past({ at: '2024-11-24T12:10', ended: '2024-11-24T12:15', procedures: ['IN-01'] });
  const after = await at('2024-11-24T12:20');
  expect(ids(after.overdue)).not.toContain('IN-01');
  expect(ids(after.done)).toContain('IN-01');
});

test('before the first run of the record, or the date of the configuration, nothing is overdue', async () => {
  expect((await at('2024-11-20T09:00')).overdue).toEqual([]);
  await past({ at: '2024-11-20T08:45', procedures: ['BK-02'] });
  const found = await at('2024-11-20T09:00');
  // The hour that ended since is another matter.
  expect(ids(found.overdue)).toEqual(['BK-01']);
  configure('complianceSince: 2024-11-01\n');
  await app[Symbol.asyncDispose]();
  app = open();
  expect(ids((await at('2024-11-20T09:00')).overdue)).toContain('IN-01');
});

test('waiting for a person, waiting for a time, cut off', async () => {
  const answer = await past({ at: '2024-11-20T08:00', procedures: ['IN-10'], runbook: 'visit', status: 'waiting' });
  const watch = await past({
    at: '2024-11-19T22:00',
    procedures: ['UP-06'],
    runbook: 'patch-rollout',
    kind: 'Rollout',
    status: 'waiting',
    wakeAt: '2024-11-20T10:00',
    message: 'watch-errors: sample 12 of 72',
  });
  const dead = await past({
    at: '2024-11-20T07:00',
    procedures: ['BK-01'],
    runbook: 'backup-hourly',
    status: 'running',
  });
  const record = await app.record();
  const lock = await record.locks.acquire(`run:${answer}`, 'test');
  const seq = await record.runs.intent(
    {
      runId: answer,
      step: 'sign',
      unit: 'sign',
      target: 'localhost',
      attempt: 1,
      phase: 'do',
      args: {},
      at: '2024-11-20T00:00:00.000Z',
    },
    lock.fence,
  );
  const next = `Answer with: oaops runs answer ${answer} sign --value yes (or no)`;
  await record.runs.result(
    seq,
    {
      status: 'waiting',
      result: { next, question: { kind: 'confirm' } },
      message: 'Signed?',
      at: '2024-11-20T00:00:00.000Z',
    },
    lock.fence,
  );
  await lock.release();
  const found = await at('2024-11-20T09:00');
  expect(found.waiting).toMatchObject([
    { run: answer, interrupted: false, waits: [{ step: 'sign', message: 'Signed?', next }] },
    { run: dead, interrupted: true, command: `oaops runs resume ${dead}` },
  ]);
  expect(found.underWay).toMatchObject([
    { run: watch, wakeAt: '2024-11-20T02:00:00.000Z', command: `oaops patch status ${watch}` },
  ]);
  const own = await record.locks.acquire(`run:${dead}`, 'test');
  expect((await at('2024-11-20T09:00')).underWay.map(({ run }) => run)).toEqual([dead, watch]);
  await own.release();
});

test('the next days: what is rarer than daily, freezes, days that nobody has announced', async () => {
  configure(
    'calendar:\n  freezes: [{name: closing, from: 2026-12-30T18:00:00+08:00, to: 2027-01-01T08:00:00+08:00, reason: 年终结账}, {name: past, from: 2026-12-01T00:00:00+08:00, to: 2026-12-02T00:00:00+08:00, reason: past}]\n',
  );
  const found = await at('2026-12-28T09:00');
  expect(ids(found.upcoming)).toEqual(expect.arrayContaining(['UP-02', 'IN-03', 'IN-07', 'BK-06', 'RP-02']));
  expect(ids(found.upcoming)).not.toContain('BK-01');
  expect(found.upcoming.find(({ id }) => id === 'IN-03')!.period).toMatchObject({
    key: '2026-12',
    due: '2026-12-31T16:00:00.000Z',
  });
  // Friday 1 January 2027: nobody has announced it, so it is not guessed.
  expect(ids(found.upcoming)).not.toContain('IN-02');
  expect(found.unknownFrom).toBe('2027-01-01');
  expect(found.freezes).toEqual([
    {
      name: 'closing',
      from: '2026-12-30T10:00:00.000Z',
      to: '2027-01-01T00:00:00.000Z',
      reason: '年终结账',
      inForce: false,
    },
  ]);
});

test('another day: as it ended, or as it will begin; bad dates are refused', async () => {
  await past({ at: '2024-11-19T08:00', procedures: ['IN-01'] });
  await past({ at: '2024-11-20T08:00', procedures: ['IN-01'], status: 'failed' });
  expect((await at('2024-11-22T09:00', '2024-11-19')).done).toMatchObject([{ id: 'IN-01' }]);
  const bad = await at('2024-11-22T09:00', '2024-11-20');
  expect(bad.overdue.find(({ id }) => id === 'IN-01')).toMatchObject({ period: { state: 'overdue' } });
  const ahead = await at('2024-11-22T09:00', '2024-11-25');
  expect([...ahead.due, ...ahead.overdue].find(({ id }) => id === 'IN-01')).toMatchObject({
    period: { key: '2024-11-25', state: 'due' },
  });
  await expect(at('2024-11-22T09:00', '2024-02-30')).rejects.toMatchObject({ code: 'date-invalid', exitCode: 2 });
});

test('what the site says of the catalogue', async () => {
  configure(
    'procedures:\n  IN-01: {by: "07:00"}\n  BK-07: {applies: false, reason: no standby system}\n  PF-01: {cadence: event}\n',
  );
  await past({ at: '2024-11-01T08:00', procedures: ['BK-02'] });
  const found = await at('2024-11-20T07:30');
  expect(ids(found.overdue)).toContain('IN-01');
  expect(found.notApplicable).toEqual([{ id: 'BK-07', reason: 'no standby system' }]);
  expect([...ids(found.due), ...ids(found.overdue), ...ids(found.upcoming), ...found.never]).not.toContain('BK-07');
  expect([...ids(found.due), ...ids(found.overdue)]).not.toContain('PF-01');
  expect(found.never).not.toContain('BK-02');
  expect(found.noRunbook).not.toContain('BK-02');
});

test('a day so far away that its periods have no dates is refused', async () => {
  for (const date of ['9999-12-31', '0001-01-01'])
    await expect(at('2024-11-20T08:00', date)).rejects.toMatchObject({ code: 'date-invalid', exitCode: 2 });
  expect((await at('2024-11-20T08:00', '9989-12-31')).workingDay).toBeNull();
});

test('a run of a clock that was ahead hides nothing of what was done last', async () => {
  runbook('my-backup', '[BK-02]');
  await past({ at: '2024-11-19T08:00', procedures: ['BK-02'], runbook: 'my-backup' });
  const bad = await past({ at: '2024-11-20T07:00', procedures: ['BK-02'], runbook: 'my-backup', status: 'failed' });
  await past({ at: '2029-01-01T08:00', procedures: ['BK-02'], runbook: 'my-backup' });
  const found = await at('2024-11-20T08:00');
  expect(found.failing).toMatchObject([{ run: bad, status: 'failed' }]);
  expect(found.due.find(({ id }) => id === 'BK-02')?.last).toMatchObject({ run: bad });
});

import { describe, expect, test } from 'vitest';
import { type BackupFact, backupTopic } from '../../../src/app/run-facts.ts';
import { drillTopic } from '../../../src/backup/drill/state.ts';
import { checkKey, checkTopic, judged, notJudged } from '../../../src/updates/check.ts';
import type { Pending } from '../../../src/updates/types.ts';
import { makeCheck, memoryFacts } from '../../helpers/probe.ts';

const nowMs = Date.parse('2026-11-30T12:00:00Z');
const ago = (hours: number) => new Date(nowMs - hours * 3_600_000).toISOString();
const make = (check: string, args: Record<string, unknown>, rows: Parameters<typeof memoryFacts>[0]) =>
  makeCheck(check, args, { facts: memoryFacts(rows), nowMs });

describe('updates', () => {
  const about = { host: 'web1', run: 'r', by: 'patch check' };
  const update = (name: string, security: boolean | null) => ({
    name,
    kind: 'package' as const,
    installed: '1',
    available: '2',
    security,
    severity: null,
    held: false,
    cves: null,
  });
  const pending = (more: Partial<Pending> = {}): Pending =>
    ({
      updates: [update('openssl', true), update('vim', false)],
      locked: [],
      reboot: 'needed',
      listsAgeSeconds: 3600,
      unratedReason: null,
      notUnderstood: [],
      ...more,
    }) as Pending;
  const row = (hours: number, body: unknown) => ({
    topic: checkTopic,
    key: checkKey('web1', undefined),
    at: ago(hours),
    body,
  });
  const of = (args: Record<string, unknown>, more: Partial<Pending> = {}, hours = 2) =>
    make('updates', args, [row(hours, judged(about, 'apt', pending(more), undefined))]);

  test('a look that lies in the future is none of now', async () => {
    expect(await of({}, {}, -240)).toMatchObject({
      state: 'error',
      message: 'the last look for updates is in the future: the clock of this machine was changed',
    });
  });

  test('what the last look has found', async () => {
    expect(await of({})).toMatchObject({
      state: 'fail',
      message: '1 security updates of 2 updates, 2 h 00 min ago',
      measures: [
        { name: 'security', value: 1, fail: '0' },
        { name: 'updates', value: 2 },
      ],
      details: ['openssl 2'],
    });
    expect((await of({ security: { fail: 5 } })).state).toBe('pass');
    expect((await of({ security: { fail: 5 }, updates: { warn: 1 } })).state).toBe('warn');
    expect(await of({ security: { fail: 5 }, reboot: true })).toMatchObject({
      state: 'warn',
      message: '1 security updates of 2 updates, 2 h 00 min ago; a restart is needed',
    });
    expect((await of({}, { updates: [] })).state).toBe('pass');
  });

  test('what is not known is no pass', async () => {
    const next = 'Look now: oaops patch check web1';
    expect(await make('updates', {}, [])).toMatchObject({
      state: 'error',
      message: 'nobody has looked for updates of web1',
      next,
    });
    expect(await of({}, { updates: [] }, 49)).toMatchObject({
      state: 'error',
      message: 'the last look for updates was 2 d 1 h ago',
      next,
    });
    expect(await make('updates', {}, [row(1, notJudged(about, 'no answer in time'))])).toMatchObject({
      state: 'error',
      message: 'the last look for updates failed: no answer in time',
    });
    expect(await make('updates', {}, [row(1, { updates: 0 })])).toMatchObject({ state: 'error' });
    expect(await of({}, { updates: [], listsAgeSeconds: 8 * 86_400 })).toMatchObject({
      state: 'error',
      message: 'the package lists of web1 are 8 d 2 h old',
    });
    expect(await of({}, { updates: [update('vim', null)], unratedReason: 'yum does not say it' })).toMatchObject({
      state: 'error',
      message: 'nobody knows which of 1 updates are for security: yum does not say it',
    });
    expect(await of({}, { updates: [], notUnderstood: ['?'] })).toMatchObject({
      state: 'warn',
      message: '0 security updates of 0 updates, 2 h 00 min ago; 1 lines of the package manager are not understood',
    });
    // The newest word counts, also when it is a worse one.
    const rows = [row(5, judged(about, 'apt', pending({ updates: [] }), undefined)), row(1, notJudged(about, 'gone'))];
    expect((await make('updates', {}, rows)).state).toBe('error');
    expect((await make('updates', { manager: 'npm' }, rows)).state).toBe('error');
  });
});

describe('backups', () => {
  const fact = (more: Partial<BackupFact> = {}): BackupFact => ({
    run: 'r',
    status: 'ok',
    exitCode: 0,
    durationMs: 1,
    snapshot: 'abc',
    files: 10,
    bytes: 5000,
    addedBytes: 1,
    storedBytes: 1,
    problems: { unreadable: 0, vanished: 3, changed: 0, missingSources: 0, failedDumps: 0 },
    legs: [
      { location: '/srv/backup', name: 'disk', status: 'ok', storedBytes: 1, error: null },
      { location: 's3://oa', name: 'cloud', status: 'ok', storedBytes: 1, error: null },
    ],
    ...more,
  });
  const row = (hours: number, body: unknown) => ({ topic: backupTopic, key: 'nightly', at: ago(hours), body });
  const of = (args: Record<string, unknown>, ...rows: ReturnType<typeof row>[]) =>
    make('backup-age', { runbook: 'nightly', ...args }, rows);
  const cloudFailed = fact({
    legs: [
      fact().legs[0]!,
      { location: 's3://oa', name: 'cloud', status: 'failed', storedBytes: null, error: 'no room' },
    ],
  });

  test('the age of the last good one', async () => {
    expect(await of({}, row(30, fact()), row(5, fact()))).toMatchObject({
      state: 'pass',
      message: 'the last good backup is 5 h 00 min old (4.9 KiB)',
      measures: [{ name: 'age', value: 18_000, unit: 's', warn: '93600', fail: '180000' }],
    });
    expect((await of({}, row(27, fact()))).state).toBe('warn');
    expect((await of({}, row(51, fact()))).state).toBe('fail');
    expect((await of({ fail: '1h' }, row(5, fact()))).state).toBe('fail');
    expect((await of({ bytes: { fail: '5001:' } }, row(5, fact()))).state).toBe('fail');
  });

  test('one that failed since is a warning, and does not make the age less', async () => {
    expect(await of({}, row(5, fact()), row(1, fact({ snapshot: null })))).toMatchObject({
      state: 'warn',
      message: 'the last good backup is 5 h 00 min old (4.9 KiB); the last try, 1 h 00 min ago: it made no snapshot',
    });
    expect(await of({}, row(1, cloudFailed))).toMatchObject({
      state: 'fail',
      message: 'no good backup by nightly is known; the last try, 1 h 00 min ago: the leg cloud failed: no room',
    });
    expect((await of({ leg: 'disk' }, row(1, cloudFailed))).state).toBe('pass');
    expect((await of({ leg: '/srv/backup' }, row(1, cloudFailed))).state).toBe('pass');
    expect((await of({ leg: 'cloud' }, row(1, cloudFailed))).state).toBe('fail');
    expect((await of({ leg: 'tape' }, row(1, fact()))).message).toContain('it did not go to the leg tape');
  });

  test('what could not be read', async () => {
    const partial = row(1, fact({ status: 'incomplete', problems: { unreadable: 2 } }));
    expect(await of({}, partial)).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('it is incomplete (2 things could not be read)'),
    });
    expect((await of({ incomplete: true }, partial)).state).toBe('pass');
  });

  test('none, garbage, a clock that went back', async () => {
    expect(await of({})).toMatchObject({ state: 'fail', message: 'the record knows of no backup by nightly' });
    expect((await of({}, row(1, { snapshot: 1 }))).state).toBe('error');
    expect((await of({}, row(-2, fact()))).state).toBe('error');
  });
});

describe('drills', () => {
  const row = (days: number, verdict: string, sabotage = 'none') => ({
    topic: drillTopic,
    key: 'drill',
    at: ago(days * 24),
    body: { verdict, sabotage, kind: 'restore' },
  });
  const of = (args: Record<string, unknown>, ...rows: ReturnType<typeof row>[]) =>
    make('drill-age', { runbook: 'drill', ...args }, rows);

  test('the age of the last that passed', async () => {
    expect(await of({}, row(10, 'pass'))).toMatchObject({
      state: 'pass',
      message: 'the last drill that passed was 10 d 0 h ago',
    });
    expect((await of({}, row(93, 'pass'))).state).toBe('warn');
    expect((await of({}, row(100, 'pass'))).state).toBe('fail');
    expect(await of({}, row(10, 'pass'), row(1, 'fail'))).toMatchObject({
      state: 'fail',
      message: 'the last drill was no pass (fail); the last drill that passed was 10 d 0 h ago',
    });
    expect(await of({}, row(1, 'fail', 'flipped-bit'))).toMatchObject({ state: 'fail' });
    expect((await of({}, { ...row(1, 'pass'), body: {} as never })).state).toBe('error');
  });

  test('planted damage', async () => {
    const rows = [row(20, 'fail', 'flipped-bit'), row(10, 'pass')];
    expect((await of({ sabotage: '30d' }, ...rows)).state).toBe('pass');
    expect(await of({ sabotage: '15d' }, ...rows)).toMatchObject({
      state: 'fail',
      message:
        'no drill with planted damage has turned red within 15 d 0 h; the last drill that passed was 10 d 0 h ago',
    });
    // One that passed in spite of the damage proves the opposite.
    expect((await of({ sabotage: '30d' }, row(5, 'pass', 'flipped-bit'), row(1, 'pass'))).state).toBe('fail');
  });
});

test.each([
  ['drill-age', { runbook: 'd' }, { topic: drillTopic, key: 'd', body: { verdict: 'pass', sabotage: 'none' } }],
])('%s: what lies in the future was not made just now', async (check, args, row) => {
  expect((await make(check, args, [{ ...row, at: ago(1) }])).state).toBe('pass');
  expect(await make(check, args, [{ ...row, at: ago(-240) }])).toMatchObject({
    state: 'error',
    message: expect.stringContaining('is in the future'),
  });
});

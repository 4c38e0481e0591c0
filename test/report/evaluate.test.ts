import { describe, expect, test } from 'vitest';
import { type Cadence, periodsOf } from '../../src/calendar/cadence.ts';
import { workingCalendar } from '../../src/calendar/working-days.ts';
import type { RunStatus } from '../../src/core/events.ts';
import type { CountedRun } from '../../src/record/types.ts';
import { byProcedure, evaluate } from '../../src/report/evaluate.ts';

const ms = (local: string) => Date.parse(`${local}+08:00`);

function run(begun: string, ended: string | null, status: RunStatus = 'ok', id = begun): CountedRun {
  const iso = (local: string) => new Date(ms(local)).toISOString();
  const common = { id, runbook: 'inspect-daily', procedures: ['IN-01'], requester: '王芳', status };
  return { ...common, createdAt: iso(begun), endedAt: ended === null ? null : iso(ended) };
}

/** The state of one day, in Shanghai, of what is due at half past eight on working days. */
function stateAt(
  now: string,
  runs: CountedRun[],
  {
    day = '2024-11-20',
    cadence,
    since = '2024-01-01T00:00',
    found = new Set<string>(),
  }: { day?: string; cadence?: Cadence; since?: string; found?: Set<string> } = {},
) {
  const periods = periodsOf(cadence ?? { every: 'working-days', by: '08:30' }, {
    from: day,
    to: day,
    calendar: workingCalendar('china'),
    timeZone: 'Asia/Shanghai',
  });
  const [result] = evaluate(periods, runs, { nowMs: ms(now), sinceMs: ms(since), found });
  return result;
}

describe('what is due at half past eight on a Wednesday', () => {
  const at = (now: string, ...runs: CountedRun[]) => stateAt(`2024-11-20T${now}`, runs)?.state;

  test('without a run: due, then overdue, then missed', () => {
    expect(stateAt('2024-11-19T23:59', [])?.state).toBe('not-yet-due');
    expect(at('00:00')).toBe('due');
    expect(at('08:29')).toBe('due');
    expect(at('08:30')).toBe('overdue');
    expect(at('23:59')).toBe('overdue');
    expect(stateAt('2024-11-21T00:00', [])?.state).toBe('missed');
  });

  test('a run that ended well: on time until the very moment, late after it', () => {
    expect(at('09:00', run('2024-11-20T08:00', '2024-11-20T08:30'))).toBe('on-time');
    expect(at('09:00', run('2024-11-20T08:00', '2024-11-20T08:31'))).toBe('late');
    // The first that ended counts, whichever was begun first.
    const [slow, quick] = [run('2024-11-20T07:00', '2024-11-20T09:00'), run('2024-11-20T08:00', '2024-11-20T08:10')];
    expect(stateAt('2024-11-21T12:00', [slow, quick])).toMatchObject({ state: 'on-time', done: { run: quick.id } });
  });

  test('only a run that was begun in the period counts for it', () => {
    const next = '2024-11-21T12:00';
    expect(stateAt(next, [run('2024-11-19T23:59', '2024-11-20T00:10')])?.state).toBe('missed');
    expect(stateAt(next, [run('2024-11-21T00:00', '2024-11-21T00:10')])?.state).toBe('missed');
    // Begun in time and ended the next day: late.
    expect(stateAt(next, [run('2024-11-20T08:00', '2024-11-21T09:00')])?.state).toBe('late');
  });

  test.each(['failed', 'incomplete', 'refused', 'rolled-back', 'undo-failed', 'aborted'] as const)(
    'a run that ended as %s is an attempt, not the deed',
    (status) => {
      const tried = run('2024-11-20T08:00', '2024-11-20T08:10', status);
      expect(at('08:20', tried)).toBe('due');
      expect(at('09:00', tried)).toBe('overdue');
      expect(stateAt('2024-11-21T09:00', [tried])).toMatchObject({
        state: 'failed',
        done: null,
        attempts: [{ run: tried.id, status, by: '王芳' }],
      });
      const again = run('2024-11-20T08:12', '2024-11-20T08:20');
      expect(stateAt('2024-11-21T09:00', [tried, again])).toMatchObject({ state: 'on-time', attempts: [{ status }] });
    },
  );

  test.each(['running', 'waiting', 'stopped', 'unknown'] as const)('a run that is %s has not done it', (status) => {
    const under = run('2024-11-20T08:00', null, status);
    expect(at('08:20', under)).toBe('running');
    expect(at('09:00', under)).toBe('overdue');
    // It can still be brought to an end.
    expect(stateAt('2024-11-22T09:00', [under])?.state).toBe('overdue');
  });

  test('at a moment of the past, what ended later had not ended', () => {
    const later = run('2024-11-20T08:00', '2024-11-20T08:25');
    expect(at('08:10', later)).toBe('running');
    expect(at('08:26', later)).toBe('on-time');
  });
});

test('before the record nothing is missed, and what was done counts', () => {
  const since = '2024-11-20T08:30';
  expect(stateAt('2024-12-01T00:00', [], { since })?.state).toBe('before-record');
  expect(stateAt('2024-12-01T00:00', [], { since: '2024-11-20T08:29' })?.state).toBe('missed');
  const done = run('2024-11-20T08:00', '2024-11-20T08:10');
  expect(stateAt('2024-12-01T00:00', [done], { since })?.state).toBe('on-time');
});

test('a day off is skipped, and a day that nobody has announced is unknown, run or not', () => {
  const cadence: Cadence = { every: 'weekly', weekday: 'fri', ifHoliday: 'skip' };
  const skipped = stateAt('2024-12-01T00:00', [], { day: '2024-10-04', cadence });
  expect(skipped).toMatchObject({ state: 'skipped', because: '2024-10-04', due: null });
  const done = run('2099-01-05T08:00', '2099-01-05T08:10');
  expect(stateAt('2099-02-01T00:00', [done], { day: '2099-01-05' })).toMatchObject({
    state: 'unknown',
    because: '2099-01-05',
    done: { run: done.id },
  });
});

test('a run counts for each procedure that it names, once', () => {
  const twice = { ...run('2024-11-20T08:00', null), procedures: ['BK-01', 'BK-04', 'BK-01'] };
  expect([...byProcedure([twice])].map(([id, runs]) => `${id} ${runs.length}`)).toEqual(['BK-01 1', 'BK-04 1']);
});

test('an inspection that was made to its end and found something is done; its run failed all the same', () => {
  const failed = run('2024-11-20T08:00', '2024-11-20T08:10', 'failed');
  const after = '2024-11-21T09:00';
  expect(stateAt(after, [failed], { found: new Set([failed.id]) })).toMatchObject({
    state: 'on-time',
    done: { run: failed.id, status: 'failed', findings: true },
    attempts: [],
  });
  expect(stateAt(after, [failed], { found: new Set(['another']) })?.state).toBe('failed');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketsIn } from '../../../src/backup/retention/buckets.ts';
import { judge, type PolicyInput, type RetainedSnapshot } from '../../../src/backup/retention/policy.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse('2026-01-01T00:00:00Z');
const utc = bucketsIn('UTC');

let number = 0;
function at(time: string | number, more: Partial<RetainedSnapshot> = {}): RetainedSnapshot {
  const timeMs = typeof time === 'number' ? time : Date.parse(time);
  number += 1;
  return {
    snapshot: `${new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '')}-${String(number).padStart(8, '0')}`,
    group: 'oa-1 daily',
    timeMs,
    storedMs: timeMs,
    complete: true,
    guarded: false,
    pinned: false,
    verified: false,
    ...more,
  };
}

function kept(input: Omit<PolicyInput, 'buckets'> & Partial<Pick<PolicyInput, 'buckets'>>): Record<string, string> {
  const verdicts = judge({ buckets: utc, ...input });
  const found: Record<string, string> = {};
  for (const { snapshot, keep, reasons } of verdicts)
    if (keep) found[snapshot.slice(0, 13)] = reasons.filter((one) => !['newest', 'last-good'].includes(one)).join(' ');
  return found;
}

describe('rules', () => {
  const days = (count: number) => Array.from({ length: count }, (_, i) => at(start + i * day));

  test('keepWithin counts from the newest snapshot, not from now: nothing is lost when backups have stopped', () => {
    const snapshots = days(40);
    const long = judge({ snapshots, rules: { keepWithin: 10 * day }, nowMs: start + 900 * day, buckets: utc });
    expect(long.filter(({ keep }) => keep)).toHaveLength(11);
    const soon = judge({ snapshots, rules: { keepWithin: 10 * day }, nowMs: start + 40 * day, buckets: utc });
    expect(soon).toEqual(long);
  });

  test('periods keep the newest of each', () => {
    const snapshots = Array.from({ length: 100 }, (_, i) => at(start + i * 6 * hour));
    expect(kept({ snapshots, rules: { keepDaily: 2, keepWeekly: 3 }, nowMs: start + 30 * day })).toEqual({
      '20260125T1800': 'daily weekly',
      '20260124T1800': 'daily',
      '20260118T1800': 'weekly',
      '20260111T1800': 'weekly',
    });
  });

  test('a day is that of the time zone', () => {
    // 23:30 and 00:30 in Shanghai are 15:30 and 16:30 UTC.
    const snapshots = [at('2026-03-01T15:30:00Z'), at('2026-03-01T16:30:00Z')];
    const input = { snapshots, rules: { keepDaily: 5 }, nowMs: start + 90 * day };
    expect(Object.keys(kept({ ...input, buckets: bucketsIn('Asia/Shanghai') }))).toHaveLength(2);
    expect(Object.keys(kept(input))).toHaveLength(1);
  });

  test('the hour that comes twice when clocks are set back is two', () => {
    const snapshots = [at('2026-10-25T00:30:00Z'), at('2026-10-25T01:30:00Z')];
    const buckets = bucketsIn('Europe/Berlin');
    expect(Object.keys(kept({ snapshots, buckets, rules: { keepHourly: 9 }, nowMs: start + 400 * day }))).toHaveLength(
      2,
    );
  });

  test('weeks begin on Monday and go over the turn of the year', () => {
    const name = (date: string) => utc('weekly', Date.parse(`${date}T12:00:00Z`));
    expect(name('2025-12-29')).toBe(name('2026-01-04'));
    expect(name('2026-01-04')).not.toBe(name('2026-01-05'));
  });

  test('an incomplete or guarded one gives way to a good one of the same period, but not to nothing', () => {
    const nowMs = Date.parse('2026-05-10T00:00:00Z');
    for (const bad of [{ complete: false }, { guarded: true }]) {
      const snapshots = [
        at('2026-05-01T08:00:00Z', bad),
        at('2026-05-02T08:00:00Z'),
        at('2026-05-02T20:00:00Z', bad),
        at('2026-05-03T08:00:00Z'),
      ];
      expect(Object.keys(kept({ snapshots, rules: { keepDaily: 9 }, nowMs }))).toEqual([
        '20260501T0800',
        '20260502T0800',
        '20260503T0800',
      ]);
    }
  });

  test('keepLast keeps the last, and as many good ones', () => {
    const nowMs = start + 30 * day;
    const snapshots = days(9).map((one, i) => (i >= 5 ? { ...one, complete: false } : one));
    expect(Object.keys(kept({ snapshots, rules: { keepLast: 2 }, nowMs }))).toEqual([
      '20260104T0000',
      '20260105T0000',
      '20260108T0000',
      '20260109T0000',
    ]);
  });

  test('one of the future is kept, told, and hides nothing', () => {
    const nowMs = start + 10 * day;
    const snapshots = [...days(5), at(start + 400 * day)];
    expect(kept({ snapshots, rules: { keepLast: 2 }, nowMs })).toEqual({
      '20260104T0000': 'last',
      '20260105T0000': 'last',
      '20270205T0000': 'future',
    });
  });

  test('one from a host whose clock stands still is not removed as soon as it is made', () => {
    const nowMs = start + 100 * day;
    const made = { ...at('1970-01-01T00:10:00Z'), storedMs: nowMs - hour };
    const input = { snapshots: [...days(5), made], rules: { keepWithin: 30 * day } };
    expect(kept({ ...input, nowMs })).toMatchObject({ '19700101T0010': 'slow-clock' });
    expect(Object.keys(kept({ ...input, nowMs: nowMs + 2 * day }))).not.toContain('19700101T0010');
  });

  test('without rules, or for another group, nothing goes', () => {
    const snapshots = days(5);
    const input = { snapshots, nowMs: start + 90 * day };
    expect(Object.values(kept({ ...input, rules: undefined }))).toEqual(Array(5).fill('no-rule'));
    expect(Object.values(kept({ ...input, rules: {} }))).toEqual(Array(5).fill('no-rule'));
    expect(Object.keys(kept({ ...input, rules: { keepLast: 1 }, groups: () => false }))).toHaveLength(5);
  });

  test('what a person asks to be removed goes, but not the last good one, nor a pinned one', () => {
    const snapshots = [at(start, { pinned: true }), at(start + day), at(start + 2 * day)];
    const asked = new Set(snapshots.map(({ snapshot }) => snapshot));
    const verdicts = judge({ snapshots, rules: undefined, nowMs: start + 9 * day, buckets: utc, asked });
    expect(verdicts.map(({ keep, reasons }) => [keep, reasons[0]])).toEqual([
      [true, 'pinned'],
      [false, 'asked'],
      [true, 'newest'],
    ]);
  });
});

describe('whatever the rules', () => {
  const count = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined });
  const rulesOf = fc
    .record({
      keepLast: count,
      keepWithin: fc.option(
        fc.integer({ min: 1, max: 60 }).map((days) => days * day),
        { nil: undefined },
      ),
      keepHourly: count,
      keepDaily: count,
      keepWeekly: count,
      keepMonthly: count,
      keepYearly: count,
    })
    .map((rules) => Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)));
  const snapshotsOf = (fromHours: number, toHours: number) =>
    fc
      .array(
        fc.record({
          hours: fc.integer({ min: fromHours, max: toHours }),
          group: fc.constantFrom('a', 'b'),
          complete: fc.boolean(),
          guarded: fc.boolean(),
          pinned: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
          verified: fc.boolean(),
        }),
        { maxLength: 40 },
      )
      .map((list) => list.map(({ hours, ...more }) => at(start + hours * hour + 1, more)));
  const zone = fc.constantFrom('UTC', 'Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe');
  const year = 366 * 24;
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const holds = <T>(name: string, arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void) =>
    test(`${name} (seed ${seed})`, () => fc.assert(fc.property(arbitrary, predicate), { seed, numRuns: 300 }));
  const staying = (input: PolicyInput) => {
    const ids = new Set(
      judge(input)
        .filter(({ keep }) => keep)
        .map(({ snapshot }) => snapshot),
    );
    return input.snapshots.filter(({ snapshot }) => ids.has(snapshot));
  };

  holds('a second pruning removes nothing', fc.tuple(snapshotsOf(0, year), rulesOf, zone), ([snapshots, rules, z]) => {
    const input = { rules, nowMs: start + year * hour, buckets: bucketsIn(z) };
    const once = staying({ ...input, snapshots });
    expect(staying({ ...input, snapshots: once })).toEqual(once);
  });

  holds(
    'no later pruning would have kept what an earlier one removed',
    fc.tuple(snapshotsOf(0, year), snapshotsOf(year, 2 * year), rulesOf, zone),
    ([first, later, rules, z]) => {
      const buckets = bucketsIn(z);
      const nowMs = start + 2 * year * hour;
      const pruned = staying({ snapshots: first, rules, buckets, nowMs: start + year * hour });
      const neverPruned = staying({ snapshots: [...first, ...later], rules, buckets, nowMs });
      expect(staying({ snapshots: [...pruned, ...later], rules, buckets, nowMs })).toEqual(neverPruned);
    },
  );

  holds(
    'no group is emptied; last good, last verified, pinned stay',
    fc.tuple(snapshotsOf(0, year), rulesOf),
    (given) => {
      const [snapshots, rules] = given;
      const stay = staying({ snapshots, rules, nowMs: start + year * hour, buckets: utc });
      expect(new Set(stay.map(({ group }) => group))).toEqual(new Set(snapshots.map(({ group }) => group)));
      for (const group of ['a', 'b'])
        for (const wanted of [
          (one: RetainedSnapshot) => one.complete && !one.guarded,
          (one: RetainedSnapshot) => one.complete && !one.guarded && one.verified,
        ]) {
          const newest = Math.max(
            ...snapshots.filter((one) => one.group === group && wanted(one)).map((o) => o.timeMs),
          );
          if (Number.isFinite(newest)) expect(stay.some((one) => one.timeMs === newest && wanted(one))).toBe(true);
        }
      for (const one of snapshots) if (one.pinned) expect(stay).toContain(one);
    },
  );

  holds('a stopped group stays whole', fc.tuple(snapshotsOf(0, year), rulesOf), ([snapshots, rules]) => {
    const input = { snapshots, rules, nowMs: start + year * hour, buckets: utc, stopped: new Set(['a']) };
    const all = snapshots.filter(({ group }) => group === 'a');
    expect(staying(input).filter(({ group }) => group === 'a')).toEqual(all);
  });

  holds('more rules keep more', fc.tuple(snapshotsOf(0, year), rulesOf, rulesOf), ([snapshots, rules, more]) => {
    fc.pre(Object.keys(rules).length > 0);
    const input = { snapshots, nowMs: start + year * hour, buckets: utc };
    const both = staying({ ...input, rules: { ...more, ...rules } });
    for (const one of staying({ ...input, rules })) expect(both).toContain(one);
  });
});

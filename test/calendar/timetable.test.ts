import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, dayNumber, weekDayOf, weekDays } from '../../src/calendar/dates.ts';
import { lastWorkingDay } from '../../src/calendar/month.ts';
import type { IfHoliday, Rule } from '../../src/calendar/rules.ts';
import { slotsBetween } from '../../src/calendar/slots.ts';
import { timetable } from '../../src/calendar/timetable.ts';
import { momentOf } from '../../src/calendar/wall-time.ts';
import { type OwnDay, workingCalendar } from '../../src/calendar/working-days.ts';

const china = workingCalendar('china');
const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);
const zone = 'Asia/Shanghai';
const dates = (rule: Rule, from: string, until: string, calendar = china) =>
  timetable({ timeZone: zone, ...rule }, calendar)
    .between(at(`${from}T00:00+08:00`) - 1, at(`${until}T23:59+08:00`), 10_000)
    .map(({ date }) => date);
const fridays = (ifHoliday: 'run' | 'skip' | 'previous' | 'next'): Rule => ({
  type: 'weekday',
  days: ['fri'],
  at: '16:00',
  ifHoliday,
});

describe('rules by the calendar of China', () => {
  test('the last working day of a month is that of the notices, on a Saturday too', () => {
    const rule: Rule = { type: 'working-day', day: 'last-of-month', at: '09:00' };
    expect(dates(rule, '2026-02-01', '2026-02-28')).toEqual(['2026-02-28']);
    expect(dates(rule, '2025-01-01', '2025-01-31')).toEqual(['2025-01-27']);
    expect(dates(rule, '2018-12-01', '2018-12-31')).toEqual(['2018-12-29']);
    for (const date of dates(rule, '2007-01-01', '2026-12-31'))
      expect(date).toBe(lastWorkingDay(china, date.slice(0, 7)));
    expect(dates(rule, '2007-01-01', '2026-12-31')).toHaveLength(240);
  });

  test('every working day: 248 in 2025 and in 2026', () => {
    const rule: Rule = { type: 'working-day', day: 'every', at: '08:00' };
    for (const year of [2025, 2026]) expect(dates(rule, `${year}-01-01`, `${year}-12-31`)).toHaveLength(248);
  });

  test('the Fridays off in 2026 are skipped, moved, or kept', () => {
    const off = ['2026-01-02', '2026-02-20', '2026-05-01', '2026-06-19', '2026-09-25', '2026-10-02'];
    const all = dates(fridays('run'), '2026-01-01', '2026-12-31');
    const worked = dates(fridays('skip'), '2026-01-01', '2026-12-31');
    expect(all.filter((date) => !worked.includes(date))).toEqual(off);
    expect(timetable({ timeZone: zone, ...fridays('skip') }, china).leftOut('2026-01-01', '2026-12-31')).toEqual(
      off.map((nominal) => ({ nominal, why: 'skipped' })),
    );
    const moved = (ifHoliday: 'previous' | 'next') =>
      timetable({ timeZone: zone, ...fridays(ifHoliday) }, china)
        .between(at('2025-12-01T00:00Z'), at('2026-12-31T00:00Z'), 1000)
        .filter(({ date, named }) => off.includes(named[0]!) && named[0] !== date)
        .map(({ date }) => date);
    expect(moved('previous')).toEqual([
      '2025-12-31',
      '2026-02-14',
      '2026-04-30',
      '2026-06-18',
      '2026-09-24',
      '2026-09-30',
    ]);
    expect(moved('next')).toEqual(['2026-01-04', '2026-02-24', '2026-05-06', '2026-06-22', '2026-09-28', '2026-10-08']);
  });

  test('days that move to one day are one time, which names them all', () => {
    const rule: Rule = { type: 'cron', expression: '0 9 * * *', ifHoliday: 'next', timeZone: zone };
    const [first, second] = timetable(rule, china).next(at('2026-09-30T12:00+08:00'), 2).slots;
    expect(first).toMatchObject({
      date: '2026-10-08',
      named: [1, 2, 3, 4, 5, 6, 7, 8].map((day) => `2026-10-0${day}`),
    });
    expect(second?.date).toBe('2026-10-09');
    const hours: Rule = { ...rule, expression: '0 9,15 * * 5', ifHoliday: 'previous' };
    expect(
      timetable(hours, china)
        .between(at('2026-09-28T00:00+08:00'), at('2026-10-09T00:00+08:00'), 9)
        .map(({ atMs }) => iso(atMs)),
    ).toEqual(['2026-09-30T01:00', '2026-09-30T07:00']);
  });

  test('counted from both ends of a month, a quarter and a half year; a count that is too large has no time', () => {
    const days = (day: string, nth?: number) =>
      dates({ type: 'working-day', day, nth, at: '09:00' } as Rule, '2026-01-01', '2026-12-31');
    expect(days('nth-of-month', 3).slice(0, 3)).toEqual(['2026-01-06', '2026-02-04', '2026-03-04']);
    expect(days('nth-of-month', -2).slice(0, 3)).toEqual(['2026-01-29', '2026-02-27', '2026-03-30']);
    expect(days('first-of-quarter')).toEqual(['2026-01-04', '2026-04-01', '2026-07-01', '2026-10-08']);
    expect(days('last-of-quarter')).toEqual(['2026-03-31', '2026-06-30', '2026-09-30', '2026-12-31']);
    expect(days('first-of-half-year')).toEqual(['2026-01-04', '2026-07-01']);
    expect(days('last-of-half-year')).toEqual(['2026-06-30', '2026-12-31']);
    expect(days('nth-of-quarter', -1)).toEqual(days('last-of-quarter'));
    expect(days('nth-of-month', 1)).toEqual(days('first-of-month'));
    expect(days('nth-of-month', 23)).toEqual(['2026-07-31', '2026-12-31']);
  });

  test('the last day of a month, a quarter and a half year, moved to a working day', () => {
    const days = (day: 'last-of-month' | 'last-of-quarter', ifHoliday: 'run' | 'previous' | 'next') =>
      dates({ type: 'calendar-day', day, at: '18:00', ifHoliday }, '2026-01-01', '2026-06-30');
    expect(days('last-of-month', 'run')).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
      '2026-05-31',
      '2026-06-30',
    ]);
    expect(days('last-of-month', 'previous')[0]).toBe('2026-01-30');
    expect(days('last-of-month', 'next')[0]).toBe('2026-02-02');
    expect(days('last-of-quarter', 'previous')).toEqual(['2026-03-31', '2026-06-30']);
  });

  test('shifts come at each of their times, every day or on working days', () => {
    const rule: Rule = { type: 'shift', at: ['08:00', '16:00', '00:00'], days: 'every-day', timeZone: zone };
    expect(
      timetable(rule, china)
        .next(at('2026-09-30T00:00+08:00'), 4)
        .slots.map(({ atMs }) => iso(atMs)),
    ).toEqual(['2026-09-30T00:00', '2026-09-30T08:00', '2026-09-30T16:00', '2026-10-01T00:00']);
    expect(dates({ ...rule, days: 'working-day' }, '2026-09-30', '2026-10-08')).toEqual([
      ...Array(3).fill('2026-09-30'),
      ...Array(3).fill('2026-10-08'),
    ]);
  });
});

test('a gap that ends at midnight: what it left out comes at its end, once', () => {
  for (const rule of [
    { type: 'cron', expression: '30 23 * * *', ifHoliday: 'skip' },
    { type: 'shift', at: ['23:30'], days: 'every-day' },
  ] as Rule[]) {
    const { slots } = timetable(
      { ...rule, timeZone: 'America/Nuuk' },
      workingCalendar('weekdays', [{ date: '2026-03-28', to: '2026-03-29', working: true, reason: 'worked' }]),
    ).next(at('2026-03-28T12:00Z'), 2);
    expect(slots.map(({ atMs, date }) => `${iso(atMs)} ${date}`)).toEqual([
      '2026-03-29T01:00 2026-03-28',
      '2026-03-30T00:30 2026-03-29',
    ]);
  }
});

describe('what nobody has announced', () => {
  const every: Rule = { type: 'working-day', day: 'every', at: '08:00', timeZone: zone };

  test('is unknown, neither worked nor off', () => {
    const table = timetable(every, china);
    const { slots, unknown } = table.next(at('2026-12-30T00:00+08:00'), 5);
    expect(slots.map(({ date }) => date)).toEqual(['2026-12-30', '2026-12-31']);
    expect(unknown).toEqual({ nominal: '2027-01-01', why: 'unknown', unknown: '2027-01-01' });
    expect(table.between(at('2026-12-31T12:00+08:00'), at('2027-03-01T00:00+08:00'), 99)).toEqual([]);
  });

  test('a day that would move into it is unknown, one that does not need it is not', () => {
    const own: OwnDay[] = [{ date: '2026-12-31', working: false, reason: 'closed' }];
    const closed = workingCalendar('china', own);
    const rule: Rule = { type: 'calendar-day', day: 'last-of-month', at: '09:00', ifHoliday: 'next', timeZone: zone };
    expect(timetable(rule, closed).next(at('2026-12-01T00:00Z'), 1)).toEqual({
      slots: [],
      unknown: { nominal: '2026-12-31', why: 'unknown', unknown: '2027-01-01' },
    });
    expect(timetable({ ...rule, ifHoliday: 'previous' }, closed).next(at('2026-12-01T00:00Z'), 1).slots).toMatchObject([
      { date: '2026-12-30', named: ['2026-12-31'] },
    ]);
    // Working days that the site has announced itself count, also beyond what is known of the others.
    const some = workingCalendar('china', [{ date: '2027-01-04', working: true, reason: 'announced' }]);
    expect(dates(every, '2027-01-01', '2027-01-31', some)).toEqual(['2027-01-04']);
  });

  test('no working day near enough: the day is left out and said to be', () => {
    const shut = workingCalendar('weekdays', [
      { date: '2026-07-01', to: '2026-09-30', working: false, reason: 'works' },
    ]);
    const rule: Rule = { type: 'calendar-day', day: 'last-of-month', at: '09:00', ifHoliday: 'next', timeZone: zone };
    expect(timetable(rule, shut).leftOut('2026-07-01', '2026-08-30')).toEqual([
      { nominal: '2026-07-31', why: 'too-far' },
    ]);
    expect(timetable(rule, shut).next(at('2026-07-01T00:00Z'), 1).slots[0]?.date).toBe('2026-10-01');
  });
});

describe('whatever the rule, the calendar and the clocks', () => {
  const zones = fc.constantFrom(
    'Asia/Shanghai',
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/Nuuk',
    'UTC',
  );
  const times = fc.tuple(fc.nat(23), fc.nat(59)).map((pair) => pair.map((n) => String(n).padStart(2, '0')).join(':'));
  const ifHoliday = fc.constantFrom('run', 'skip', 'previous', 'next') as fc.Arbitrary<IfHoliday>;
  const edges = fc.constantFrom(
    'first-of-month',
    'last-of-month',
    'first-of-quarter',
    'last-of-quarter',
    'first-of-half-year',
    'last-of-half-year',
  ) as fc.Arbitrary<'first-of-month'>;
  const rules: fc.Arbitrary<Rule> = fc.oneof(
    fc.record({
      type: fc.constant('working-day' as const),
      day: fc.oneof(edges, fc.constant('every' as const)),
      at: times,
    }),
    fc.record({
      type: fc.constant('working-day' as const),
      day: fc.constantFrom('nth-of-month' as const, 'nth-of-quarter' as const, 'nth-of-half-year' as const),
      nth: fc.integer({ min: -25, max: 25 }).filter((n) => n !== 0),
      at: times,
    }),
    fc.record({
      type: fc.constant('weekday' as const),
      days: fc.uniqueArray(fc.constantFrom(...weekDays), { minLength: 1, maxLength: 3 }),
      at: times,
      ifHoliday,
    }),
    fc.record({ type: fc.constant('calendar-day' as const), day: edges, at: times, ifHoliday }),
    fc.record({
      type: fc.constant('shift' as const),
      at: fc.uniqueArray(times, { minLength: 1, maxLength: 4 }),
      days: fc.constantFrom('every-day' as const, 'working-day' as const),
    }),
    fc.record({
      type: fc.constant('cron' as const),
      expression: fc.constantFrom('30 2 * * *', '0 9 5,20 * *', '*/40 1-3 * * 0,5', '0 0 1 */2 1'),
      ifHoliday,
    }),
  );
  const zoned = fc.record({ rule: rules, timeZone: zones }).map(({ rule, timeZone }): Rule => ({ ...rule, timeZone }));
  /** Months off and weekends that are worked, at random. */
  const calendars = fc
    .array(fc.record({ day: fc.nat(900), length: fc.integer({ min: 0, max: 20 }), working: fc.boolean() }), {
      maxLength: 25,
    })
    .map((stretches) =>
      workingCalendar(
        'weekdays',
        stretches.map(({ day, length, working }) => {
          const date = addDays('2026-01-01', day);
          return { date, to: addDays(date, length), working, reason: 'random' };
        }),
      ),
    );
  const moments = fc.integer({ min: at('2026-03-01T00:00Z'), max: at('2027-12-01T00:00Z') });
  const spans = fc.integer({ min: 0, max: 120 * 86_400_000 });
  const stays = (rule: Rule) => 'ifHoliday' in rule && rule.ifHoliday === 'run';

  test('what is looked at in two parts is what is looked at as a whole; the next time is the first of those between', () => {
    fc.assert(
      fc.property(zoned, calendars, moments, spans, spans, (rule, calendar, from, one, other) => {
        const table = timetable(rule, calendar);
        const slots = (a: number, b: number) => table.between(a, b, 100_000).map(({ atMs }) => atMs);
        const whole = slots(from, from + one + other);
        expect([...slots(from, from + one), ...slots(from + one, from + one + other)]).toEqual(whole);
        expect(whole).toEqual([...new Set(whole)].sort((a, b) => a - b));
        const found = table.next(from, 3).slots.map(({ atMs }) => atMs);
        expect(whole.slice(0, 3)).toEqual(found.filter((ms) => ms <= from + one + other).slice(0, 3));
        expect(table.between(from, from + one, 2)).toEqual(table.between(from, from + one, 100_000).slice(-2));
      }),
      { numRuns: 60, verbose: true },
    );
  });

  test('each is the one that is found by walking day by day, on a working day', () => {
    fc.assert(
      fc.property(zoned, calendars, moments, (rule, calendar, from) => {
        const until = from + 100 * 86_400_000;
        const found = timetable(rule, calendar).between(from, until, 100_000);
        const wanted = new Set<number>();
        const [first, last] = [from, until].map((ms) => dayNumber(new Date(ms).toISOString().slice(0, 10))) as [
          number,
          number,
        ];
        const is = (date: string) => calendar.isWorkingDay(date) === true;
        for (let day = first - 35; day <= last + 35; day++) {
          const named = addDays('1970-01-01', day);
          for (const date of walk(rule, named, is))
            for (const ms of on(rule, date)) if (ms > from && ms <= until) wanted.add(ms);
        }
        expect(found.map(({ atMs }) => atMs)).toEqual([...wanted].sort((a, b) => a - b));
        if (
          rule.type === 'working-day' ||
          (rule.type === 'shift' && rule.days === 'working-day') ||
          ('ifHoliday' in rule && !stays(rule) && rule.ifHoliday)
        )
          expect(found.filter(({ date }) => !is(date))).toEqual([]);
      }),
      { numRuns: 60, verbose: true },
    );
  });

  test('cron by a calendar on which every day is worked is cron', () => {
    const always = workingCalendar('weekdays', [
      { date: '2025-01-01', to: '2029-01-01', working: true, reason: 'always' },
    ]);
    fc.assert(
      fc.property(
        zones,
        fc.constantFrom(
          '30 2 * * *',
          '*/20 * * * *',
          '0 * * * *',
          '15 1-3 * * 0',
          '5,35 0-2 * 3,10,11 *',
          '@daily',
          '0 1-23/2 1 * 1',
        ),
        ifHoliday,
        moments,
        (timeZone, expression, holiday, from) => {
          const until = from + 40 * 86_400_000;
          const slots = timetable({ type: 'cron', expression, ifHoliday: holiday, timeZone }, always).between(
            from,
            until,
            100_000,
          );
          expect(slots.map(({ atMs }) => iso(atMs))).toEqual(
            slotsBetween({ expression, timeZone }, from, until, 100_000).map(iso),
          );
        },
      ),
      { numRuns: 60, verbose: true },
    );
  });

  /** The days to which a named day leads, by a walk from it: as a person would with a wall calendar. */
  function walk(rule: Rule, named: string, is: (date: string) => boolean): string[] {
    const month = Number(named.slice(5, 7));
    const begins = (months: number) => named.endsWith('-01') && (month - 1) % months === 0;
    const ends = (months: number) => addDays(named, 1).endsWith('-01') && month % months === 0;
    const months = (day: string) => (day.endsWith('month') ? 1 : day.endsWith('quarter') ? 3 : 6);
    const move = (holiday: string | undefined): string[] => {
      if (is(named) || holiday === 'run') return [named];
      if (holiday === 'skip') return [];
      let date = named;
      for (let steps = 0; steps <= 31; steps++, date = addDays(date, holiday === 'next' ? 1 : -1))
        if (is(date)) return [date];
      return [];
    };
    switch (rule.type) {
      case 'weekday':
        return rule.days.includes(weekDayOf(named)) ? move(rule.ifHoliday) : [];
      case 'calendar-day':
        return (rule.day.startsWith('first') ? begins : ends)(months(rule.day)) ? move(rule.ifHoliday) : [];
      case 'shift':
        return rule.days === 'every-day' || is(named) ? [named] : [];
      case 'cron': {
        const midnight = `0 0 ${rule.expression.split(' ').slice(2).join(' ')}`;
        const start = at(`${named}T00:00Z`);
        const isNamed = slotsBetween({ expression: midnight, timeZone: 'UTC' }, start - 1, start, 1).length > 0;
        return isNamed ? move(rule.ifHoliday ?? 'run') : [];
      }
      case 'working-day': {
        if (!is(named)) return [];
        if (rule.day === 'every') return [named];
        const nth = rule.day.startsWith('nth') ? rule.nth! : rule.day.startsWith('first') ? 1 : -1;
        // Counts the working days from this one to the end of the period, itself too.
        const isEdge = (date: string) => {
          const edge = nth > 0 ? date : addDays(date, 1);
          return edge.endsWith('-01') && (Number(edge.slice(5, 7)) - 1) % months(rule.day) === 0;
        };
        let seen = 0;
        for (let date = named; ; date = addDays(date, nth > 0 ? -1 : 1)) {
          if (is(date)) seen++;
          if (isEdge(date)) return seen === Math.abs(nth) ? [named] : [];
        }
      }
    }
  }

  function on(rule: Rule, date: string): number[] {
    if (rule.type !== 'cron') return [rule.at].flat().map((time) => momentOf(date, time, rule.timeZone!));
    // All of them in the zone, of which those that fall on the date; none of these expressions is near midnight but the last.
    const [minute, hour] = rule.expression.split(' ');
    const start = at(`${date}T00:00Z`);
    return slotsBetween(
      { expression: `${minute} ${hour} * * *`, timeZone: rule.timeZone },
      start - 86_400_000,
      start + 2 * 86_400_000,
      9999,
    ).filter(
      (ms) => new Intl.DateTimeFormat('en-CA', { timeZone: rule.timeZone!, dateStyle: 'short' }).format(ms) === date,
    );
  }
});

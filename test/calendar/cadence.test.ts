import { describe, expect, test } from 'vitest';
import { type Cadence, cadenceNames, type Period, periodsOf, reachDays } from '../../src/calendar/cadence.ts';
import { addDays, weekDays } from '../../src/calendar/dates.ts';
import { type OwnDay, type WorkingCalendar, workingCalendar } from '../../src/calendar/working-days.ts';

const china = workingCalendar('china');
const shanghai = 'Asia/Shanghai';
const of = (cadence: Cadence, from: string, to: string, calendar: WorkingCalendar = china, timeZone = shanghai) =>
  periodsOf(cadence, { from, to, calendar, timeZone });
const utc = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().slice(0, 16));
const days = (periods: readonly Period[]) =>
  periods.map(({ day, state }) => (state === 'due' ? day : `${day} ${state}`));

test('every working day, before work starts, in the time of the zone', () => {
  const periods = of({ every: 'working-days', by: '08:30' }, '2026-09-28', '2026-10-11');
  expect(days(periods)).toEqual(['2026-09-28', '2026-09-29', '2026-09-30', '2026-10-08', '2026-10-09', '2026-10-10']);
  expect(utc(periods[0]!.fromMs)).toBe('2026-09-27T16:00');
  expect(utc(periods[0]!.dueMs)).toBe('2026-09-28T00:30');
  expect(utc(periods[0]!.toMs)).toBe('2026-09-28T16:00');
});

test('on Friday: the working day before or after a day off, or none', () => {
  const fridays = (ifHoliday: 'previous' | 'next' | 'skip') =>
    days(of({ every: 'weekly', weekday: 'fri', ifHoliday }, '2026-02-09', '2026-03-01'));
  // 2026-02-15 to 2026-02-23 are off, 2026-02-14 is a Saturday that is worked.
  expect(fridays('previous')).toEqual(['2026-02-13', '2026-02-14', '2026-02-27']);
  expect(fridays('next')).toEqual(['2026-02-13', '2026-02-24', '2026-02-27']);
  expect(fridays('skip')).toEqual(['2026-02-13', '2026-02-20 skipped', '2026-02-27']);
});

test('two Fridays that are moved onto one day are due once', () => {
  const closed = workingCalendar('weekdays', [
    { date: '2026-07-06', to: '2026-07-17', working: false, reason: 'closed' },
  ]);
  const periods = of({ every: 'weekly', weekday: 'fri', ifHoliday: 'next' }, '2026-06-29', '2026-07-26', closed);
  expect(periods.map(({ key, day, state }) => `${key} ${day} ${state}`)).toEqual([
    '2026-W27 2026-07-03 due',
    '2026-W29 2026-07-17 skipped',
    '2026-W28 2026-07-20 due',
    '2026-W30 2026-07-24 due',
  ]);
});

test('on the last working day of the month', () => {
  const last = (month: string) =>
    of({ every: 'month-end' }, `${month}-01`, `${month}-28`.replace('28', '31').replace('02-31', '02-28'));
  expect(days(last('2026-02'))).toEqual(['2026-02-28']);
  expect(days(last('2025-01'))).toEqual(['2025-01-27']);
  expect(days(last('2018-12'))).toEqual(['2018-12-29']);
  const [october] = of({ every: 'month-end' }, '2026-10-01', '2026-10-31');
  // What is done on 2 October is late for September, not early for October.
  expect(utc(october!.fromMs)).toBe('2026-10-23T16:00');
});

test('names of weeks are those of ISO 8601; quarters, half-years and shifts', () => {
  expect(of({ every: 'weekly' }, '2026-12-28', '2027-01-10').map(({ key }) => key)).toEqual(['2026-W53', '2027-W01']);
  expect(of({ every: 'half-yearly' }, '2026-01-01', '2026-12-31').map(({ key, day }) => `${key} ${day}`)).toEqual([
    '2026-H1 2026-06-30',
    '2026-H2 2026-12-31',
  ]);
  const [plan] = of({ every: 'quarter-end' }, '2026-12-01', '2026-12-31');
  expect([plan!.key, utc(plan!.fromMs), utc(plan!.dueMs), utc(plan!.toMs)]).toEqual([
    '2026-Q4',
    '2026-11-30T16:00',
    '2026-12-31T16:00',
    '2027-02-28T16:00',
  ]);
  const night = of({ every: 'every-shift', shifts: ['08:00', '16:00', '00:00'] }, '2026-11-20', '2026-11-20');
  expect(night.map(({ key, toMs }) => `${key} ${utc(toMs)}`)).toEqual([
    '2026-11-20/00:00 2026-11-20T00:00',
    '2026-11-20/08:00 2026-11-20T08:00',
    '2026-11-20/16:00 2026-11-20T16:00',
  ]);
});

test('a year that nobody has announced is unknown, never guessed', () => {
  expect(days(of({ every: 'working-days' }, '2099-01-05', '2099-01-05'))).toEqual(['2099-01-05 unknown']);
  expect(of({ every: 'weekly', weekday: 'fri' }, '2099-01-05', '2099-01-11')).toMatchObject([
    { day: '2099-01-09', state: 'unknown', because: '2099-01-09', dueMs: null },
  ]);
  expect(days(of({ every: 'month-end' }, '2099-01-01', '2099-01-31'))).toEqual(['2099-01-31 unknown']);
  // The last days of the year are known, the first of the next are not.
  expect(days(of({ every: 'month-end' }, '2026-12-01', '2027-01-31'))).toEqual(['2026-12-31', '2027-01-31 unknown']);
});

test('an hour that a clock shows twice is two, one that it leaves out is none', () => {
  const berlin = (day: string) =>
    of({ every: 'hourly' }, day, day, china, 'Europe/Berlin').map(({ key }) => key.slice(11));
  expect(berlin('2026-10-25')).toHaveLength(25);
  expect(berlin('2026-10-25').slice(1, 5)).toEqual(['01', '02', '02 again', '03']);
  expect(berlin('2026-03-29')).toHaveLength(23);
});

/** Small and repeatable. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The oracle counts by the clock of UTC and looks at one day after the other. */
const oracle = {
  date: (ms: number) => new Date(ms).toISOString().slice(0, 10),
  weekday: (date: string) => weekDays[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7]!,
  dates(from: string, to: string) {
    const dates: string[] = [];
    for (let ms = Date.parse(`${from}T00:00:00Z`); ms <= Date.parse(`${to}T00:00:00Z`); ms += 86_400_000)
      dates.push(oracle.date(ms));
    return dates;
  },
  dueDays(cadence: Cadence, from: string, to: string, calendar: WorkingCalendar): string[] {
    const wide = oracle.dates(addDays(from, -70), addDays(to, 70));
    const within = (date: string) => date >= from && date <= to;
    const lastOf = (name: (date: string) => string, some: (date: string) => boolean) =>
      [...Map.groupBy(wide.filter(some), name).values()].map((group) => group.at(-1)!);
    switch (cadence.every) {
      case 'daily':
        return wide.filter(within);
      case 'working-days':
        return wide.filter((date) => within(date) && calendar.isWorkingDay(date) === true);
      case 'month-end':
        return lastOf(
          (date) => date.slice(0, 7),
          (date) => calendar.isWorkingDay(date) === true,
        ).filter(within);
      case 'weekly': {
        const due = wide
          .filter((date) => oracle.weekday(date) === cadence.weekday)
          .map((date) => {
            const order = cadence.ifHoliday === 'next' ? wide : wide.toReversed();
            const after = order.slice(order.indexOf(date));
            return cadence.ifHoliday === 'skip'
              ? calendar.isWorkingDay(date) && date
              : after.find((day) => calendar.isWorkingDay(day));
          });
        return [...new Set(due)].filter((date) => typeof date === 'string').filter(within);
      }
      default:
        return [];
    }
  },
};

describe('against an oracle that looks at every day', () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? Date.now() % 1_000_000);

  test(`due days, disjoint windows, the same from any range (OAOPS_TEST_SEED=${seed})`, () => {
    const random = randomOf(seed);
    const pick = <T>(values: readonly T[]): T => values[random(values.length)]!;
    for (let round = 0; round < 300; round++) {
      const from = addDays('2008-03-01', random(6600));
      const to = addDays(from, random(120));
      const own: OwnDay[] = Array.from({ length: random(4) }, () => {
        const date = addDays(from, random(120) - 10);
        return { date, to: addDays(date, random(9)), working: random(3) === 0, reason: 'test' };
      });
      const calendar = workingCalendar(pick(['china', 'weekdays']), own);
      const timeZone = pick([shanghai, 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kolkata', 'UTC']);
      const cadence: Cadence = {
        every: pick(cadenceNames),
        ...(random(2) ? { weekday: pick(weekDays), ifHoliday: pick(['previous', 'next', 'skip'] as const) } : {}),
        ...(random(2) ? { by: '08:30' } : {}),
        shifts: ['08:00', '16:00', '00:00'],
      };
      const told = `seed ${seed}, round ${round}: ${JSON.stringify({ cadence, from, to, timeZone, own, calendar: calendar.name })}`;
      const periods = of(cadence, from, to, calendar, timeZone);

      if (
        ['daily', 'working-days', 'month-end'].includes(cadence.every) ||
        (cadence.every === 'weekly' && cadence.weekday)
      )
        expect(
          periods.filter(({ state }) => state === 'due').map(({ day }) => day),
          told,
        ).toEqual(oracle.dueDays(cadence, from, to, calendar));
      expect(new Set(periods.map(({ key }) => key)).size, told).toBe(periods.length);
      for (const { day, fromMs, toMs, dueMs, state } of periods) {
        expect(day >= from && day <= to, told).toBe(true);
        if (state === 'due') expect(fromMs < dueMs! && fromMs < toMs && dueMs! <= toMs, told).toBe(true);
      }
      const inTime = periods.toSorted((a, b) => a.fromMs - b.fromMs);
      for (const [index, { toMs }] of inTime.entries())
        if (inTime[index + 1]) expect(toMs <= inTime[index + 1]!.fromMs, told).toBe(true);
      const cut = addDays(from, random(60));
      const [first] = [cut, to].sort();
      const pieces = [...of(cadence, from, first!, calendar, timeZone)];
      pieces.push(...of(cadence, addDays(first!, 1), to, calendar, timeZone));
      expect(pieces, told).toEqual(periods);
    }
  });

  test('some days around a date are enough to find the window that it lies in', () => {
    const random = randomOf(seed + 1);
    for (let round = 0; round < 200; round++) {
      const date = addDays('2010-01-01', random(6000));
      for (const every of cadenceNames.filter((name) => reachDays[name] > 0)) {
        const cadence: Cadence = {
          every,
          shifts: ['08:00', '16:00', '00:00'],
          ...(every === 'weekly' ? { weekday: 'fri' } : {}),
        };
        const noon = Date.parse(`${date}T04:00:00Z`);
        const around = of(cadence, addDays(date, -reachDays[every]), addDays(date, reachDays[every]));
        const inside = around.filter(({ fromMs, toMs }) => fromMs <= noon && noon < toMs);
        expect(inside.length, `seed ${seed + 1}: ${every} ${date}`).toBe(
          every === 'working-days' ? Number(china.isWorkingDay(date)) : 1,
        );
        expect(
          around.some(({ toMs }) => toMs <= noon),
          `before ${every} ${date}`,
        ).toBe(true);
      }
    }
  });
});

test('a shift that begins where a clock change carries it past the next one belongs to one moment each', () => {
  // Nuuk: on 28 March 2026 the clocks go from 23:00 to 00:00.
  const shifts = periodsOf(
    { every: 'every-shift', shifts: ['00:00', '08:00', '23:30'] },
    { from: '2026-03-27', to: '2026-03-30', calendar: workingCalendar('weekdays'), timeZone: 'America/Nuuk' },
  );
  for (const [index, { fromMs, toMs }] of shifts.entries()) {
    expect(toMs).toBeGreaterThan(fromMs);
    if (index > 0) expect(fromMs).toBe(shifts[index - 1]!.toMs);
  }
  expect(shifts.map(({ key }) => key)).not.toContain('2026-03-28/23:30');
});

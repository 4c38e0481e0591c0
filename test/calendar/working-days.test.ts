import { describe, expect, it } from 'vitest';
import { addDays, dateOf, dayNumber, isDate, weekDayOf } from '../../src/calendar/dates.ts';
import { ownDaySchema, workingCalendar } from '../../src/calendar/working-days.ts';

const china = workingCalendar('china');

function daysOf(year: number): string[] {
  const first = dayNumber(`${year}-01-01`);
  return Array.from({ length: dayNumber(`${year + 1}-01-01`) - first }, (_, index) => dateOf(first + index));
}
const lastWorkingDay = (month: string) =>
  Array.from({ length: 31 }, (_, index) => `${month}-${String(31 - index).padStart(2, '0')}`).find(
    (day) => isDate(day) && china.isWorkingDay(day) === true,
  );

describe('dates', () => {
  it('are those of the calendar, over leap years and centuries', () => {
    for (let number = -200_000; number < 200_000; number += 89) {
      const text = new Date(number * 86_400_000).toISOString().slice(0, 10);
      expect(dateOf(number)).toBe(text);
      expect(dayNumber(text)).toBe(number);
      expect(weekDayOf(text)).toBe(
        ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(`${text}T00:00Z`).getUTCDay()],
      );
    }
    expect(addDays('2028-02-28', 2)).toBe('2028-03-01');
  });

  it.each(['2026-02-29', '2026-13-01', '2026-00-10', '26-01-01', '2026-1-1', '2026-04-31', ''])(
    '%j is none',
    (text) => {
      expect(isDate(text)).toBe(false);
    },
  );
});

describe('working days of China', () => {
  it('are as many as announced', () => {
    const count = (year: number) => daysOf(year).filter((day) => china.isWorkingDay(day)).length;
    const years = Array.from({ length: 20 }, (_, index) => 2007 + index);
    expect(years.map(count)).toEqual([
      249, 251, 250, 250, 250, 249, 250, 250, 249, 250, 249, 250, 250, 249, 250, 249, 249, 251, 248, 248,
    ]);
  });

  it('are moved to weekends by notice', () => {
    const worked = daysOf(2026).filter((day) => ['sat', 'sun'].includes(weekDayOf(day)) && china.isWorkingDay(day));
    expect(worked.map((day) => day.slice(5))).toEqual(['01-04', '02-14', '02-28', '05-09', '09-20', '10-10']);
    const free = daysOf(2026).filter((day) => weekDayOf(day) === 'fri' && !china.isWorkingDay(day));
    expect(free.map((day) => day.slice(5))).toEqual(['01-02', '02-20', '05-01', '06-19', '09-25', '10-02']);
  });

  it('follow the notice of the next year in December', () => {
    expect(['2018-12-29', '2018-12-31', '2022-12-31'].map(china.isWorkingDay)).toEqual([true, false, false]);
  });

  it.each([
    ['2026-02', '2026-02-28'],
    ['2025-01', '2025-01-27'],
    ['2018-12', '2018-12-29'],
  ])('the last one of %s is %s', (month, day) => {
    expect(lastWorkingDay(month)).toBe(day);
  });

  it('are not known of a year without a notice, but where the site says so', () => {
    const own = workingCalendar('china', [
      { date: '2027-01-04', to: '2027-01-08', working: true, reason: 'as announced inside' },
      { date: '2026-12-31', working: false, reason: 'closing' },
    ]);
    expect(['2027-01-03', '2027-01-04', '2027-01-08', '2027-01-09'].map(own.isWorkingDay)).toEqual([
      undefined,
      true,
      true,
      undefined,
    ]);
    expect([china, own].map((one) => one.isWorkingDay('2026-12-31'))).toEqual([true, false]);
    expect(['2006-12-28', '2006-12-30', '2027-02-01'].map(china.isWorkingDay)).toEqual([undefined, true, undefined]);
  });
});

it('of days of the site the later entry stands over the earlier one, however long it is', () => {
  const own = workingCalendar('weekdays', [
    { date: '2026-01-01', to: '9999-12-31', working: false, reason: 'closed for good' },
    { date: '2026-08-03', to: '2026-08-04', working: true, reason: 'stocktaking' },
  ]);
  expect(
    ['2025-12-31', '2026-01-01', '2026-08-03', '2026-08-04', '2026-08-05', '9999-12-31'].map(own.isWorkingDay),
  ).toEqual([true, false, true, true, false, false]);
  const day = { date: '2027-02-05', to: '2027-02-04', working: false, reason: 'factory closed' };
  expect(ownDaySchema.safeParse(day).error?.issues[0]).toMatchObject({
    path: ['to'],
    message: expect.stringContaining('ends before'),
  });
});

it('Monday to Friday is what it says, in every year', () => {
  const weekdays = workingCalendar('weekdays');
  expect(['2026-10-01', '2026-10-10', '2031-06-02'].map(weekdays.isWorkingDay)).toEqual([true, false, true]);
});

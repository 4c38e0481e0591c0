import { describe, expect, it } from 'vitest';
import {
  changedDays,
  daysOfMonth,
  firstUnknownDay,
  isWorkingDay,
  lastWorkingDay,
  openDecember,
} from '../../src/calendar/month.ts';
import { workingCalendar } from '../../src/calendar/working-days.ts';

const china = workingCalendar('china');

describe('the last working day', () => {
  it.each([
    ['2026-02', '2026-02-28'],
    ['2025-01', '2025-01-27'],
    ['2018-12', '2018-12-29'],
    ['2026-09', '2026-09-30'],
  ])('of %s is %s', (month, day) => {
    expect(lastWorkingDay(china, month)).toBe(day);
  });

  it('is not guessed where the end of the month is not announced', () => {
    const refusal = { code: 'calendar-not-covered', exitCode: 4, details: { calendar: 'china', date: '2027-03-31' } };
    expect(() => lastWorkingDay(china, '2027-03')).toThrow(expect.objectContaining(refusal));
    const own = workingCalendar('china', [{ date: '2027-03-31', working: true, reason: 'announced' }]);
    expect(lastWorkingDay(own, '2027-03')).toBe('2027-03-31');
  });

  it('does not exist in a month off', () => {
    const off = workingCalendar('weekdays', [{ date: '2026-08-01', to: '2026-08-31', working: false, reason: 'move' }]);
    expect(() => lastWorkingDay(off, '2026-08')).toThrow(
      expect.objectContaining({ code: 'no-working-day', exitCode: 4 }),
    );
  });
});

it('a month has all its days, and says which are not as their day of the week has it', () => {
  const days = daysOfMonth(china, '2026-02');
  expect(days).toHaveLength(28);
  expect(days.filter(({ moved }) => moved).map(({ date, working }) => [date.slice(8), working])).toEqual([
    ['14', true],
    ...['16', '17', '18', '19', '20', '23'].map((day) => [day, false]),
    ['28', true],
  ]);
  expect(daysOfMonth(china, '2027-01').every(({ working, moved }) => working === null && !moved)).toBe(true);
});

it.each(['2026-13', '2026-2', '2026', '2026-02-01', ''])('%j is no month', (month) => {
  expect(() => daysOfMonth(china, month)).toThrow(expect.objectContaining({ code: 'month-invalid', exitCode: 2 }));
});

it('a day is worked, free, unknown or none', () => {
  expect([
    isWorkingDay(china, '2026-10-10'),
    isWorkingDay(china, '2026-10-09'),
    isWorkingDay(china, '2026-10-01'),
  ]).toEqual([true, true, false]);
  expect(() => isWorkingDay(china, '2027-01-04')).toThrow(expect.objectContaining({ code: 'calendar-not-covered' }));
  expect(() => isWorkingDay(china, '2026-02-30')).toThrow(
    expect.objectContaining({ code: 'date-invalid', exitCode: 2 }),
  );
});

it('the first day that nobody has announced is found as far as one looks', () => {
  expect(firstUnknownDay(china, '2026-12-01', 31)).toBeUndefined();
  expect(firstUnknownDay(china, '2026-12-01', 32)).toBe('2027-01-01');
  expect(firstUnknownDay(workingCalendar('weekdays'), '2040-01-01', 400)).toBeUndefined();
});

it('December is not settled before the notice of the next year is known', () => {
  const told = 'the notice of 2027 is not known here and can still move days of December 2026';
  expect(['2026-12', '2026-12-31'].map((date) => openDecember(china, date))).toEqual([told, told]);
  expect(['2026-11', '2025-12', '2027-12'].map((date) => openDecember(china, date))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(openDecember(workingCalendar('weekdays'), '2026-12')).toBeUndefined();
});

it('days that a notice tells otherwise are those that were known before', () => {
  const notice = { off: ['2026-12-31', '2027-01-01'], work: ['2027-01-02'] };
  const now = workingCalendar('china', [], new Map([[2027, notice]]));
  expect(changedDays(china, now, 2027)).toEqual(['2026-12-31']);
  const part = workingCalendar('china', [], new Map([[2025, { off: ['2025-01-01', '2025-09-03'], work: [] }]]));
  expect(changedDays(china, part, 2025)).toContain('2025-09-03');
  expect(changedDays(china, part, 2025)).toContain('2025-10-01');
  expect(changedDays(china, china, 2025)).toEqual([]);
});

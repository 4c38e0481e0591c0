import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { addDays, dateOf, dayNumber, isDate, type WeekDay, weekDayOf } from './dates.ts';
import type { WorkingCalendar } from './working-days.ts';

export interface CalendarDay {
  date: string;
  weekDay: WeekDay;
  /** null: nobody has said so yet. */
  working: boolean | null;
  /** Not as the day of the week has it: a holiday, or a weekend day that is worked. */
  moved: boolean;
}

/** @throws OaopsError `date-invalid` (exit 2) */
export function requireDate(text: string): string {
  if (isDate(text)) return text;
  throw usageError('date-invalid', `"${text}" is no date`, { next: 'Write it as 2026-02-28.' });
}

/**
 * A date with periods around it. Years have four digits on both sides of it.
 * @throws OaopsError `date-invalid` (exit 2)
 */
export function requireNearDate(text: string): string {
  const date = requireDate(text);
  if (date >= '1970-01-01' && date < '9990-01-01') return date;
  throw usageError('date-invalid', `${date} is too far away`, { next: 'Write a date from 1970 to 9989.' });
}

/** All days of `YYYY-MM`. @throws OaopsError `month-invalid` (exit 2) */
export function daysOfMonth(calendar: WorkingCalendar, month: string): CalendarDay[] {
  const first = `${month}-01`;
  if (!isDate(first)) throw usageError('month-invalid', `"${month}" is no month`, { next: 'Write it as 2026-02.' });
  const days: CalendarDay[] = [];
  for (let date = first; date.startsWith(month); date = addDays(date, 1)) {
    const weekDay = weekDayOf(date);
    const working = calendar.isWorkingDay(date);
    const asUsual = weekDay !== 'sat' && weekDay !== 'sun';
    days.push({ date, weekDay, working: working ?? null, moved: working !== undefined && working !== asUsual });
  }
  return days;
}

/**
 * The last day of the month that is worked.
 * @throws OaopsError `month-invalid` (exit 2), `calendar-not-covered`, `no-working-day` (exit 4)
 */
export function lastWorkingDay(calendar: WorkingCalendar, month: string): string {
  for (const { date, working } of daysOfMonth(calendar, month).reverse()) {
    if (working === null) throw notCovered(calendar, date);
    if (working) return date;
  }
  throw new OaopsError('no-working-day', `${month} has no working day`, {
    exitCode: ExitCode.refused,
    next: 'Look at "calendar.days" of the configuration.',
  });
}

/** Whether the day is worked. @throws OaopsError `date-invalid` (exit 2), `calendar-not-covered` (exit 4) */
export function isWorkingDay(calendar: WorkingCalendar, date: string): boolean {
  const working = calendar.isWorkingDay(requireDate(date));
  if (working === undefined) throw notCovered(calendar, date);
  return working;
}

/** The first of the days from `from` on of which nobody has said whether they are worked; looks `days` ahead. */
export function firstUnknownDay(calendar: WorkingCalendar, from: string, days: number): string | undefined {
  const first = dayNumber(from);
  for (let number = first; number < first + days; number++) {
    const date = dateOf(number);
    if (calendar.isWorkingDay(date) === undefined) return date;
  }
  return undefined;
}

/** Days of the year and of the December before that were known, and are told otherwise now. */
export function changedDays(before: WorkingCalendar, now: WorkingCalendar, year: number): string[] {
  const first = dayNumber(`${year - 1}-12-01`);
  const dates = Array.from({ length: dayNumber(`${year}-12-31`) - first + 1 }, (_, index) => dateOf(first + index));
  return dates.filter((date) => {
    const known = before.isWorkingDay(date);
    return known !== undefined && known !== now.isWorkingDay(date);
  });
}

/** That a date, or a month, is not settled: days of December are moved by the notice of the next year. */
export function openDecember({ years }: WorkingCalendar, date: string): string | undefined {
  const year = Number(date.slice(0, 4));
  if (date.slice(5, 7) !== '12' || !years.includes(year) || years.includes(year + 1)) return undefined;
  return `the notice of ${year + 1} is not known here and can still move days of December ${year}`;
}

function notCovered({ name }: WorkingCalendar, date: string): OaopsError {
  return new OaopsError('calendar-not-covered', `calendar ${name} does not say whether ${date} is a working day`, {
    exitCode: ExitCode.refused,
    next: 'Import the notice of the year with "oaops calendar import FILE", or announce the days in "calendar.days" of the configuration.',
    details: { calendar: name, date },
  });
}

import { z } from 'zod';
import { chinaNotices } from './china.ts';
import { dateOf, dayNumber, isDate, weekDayOf } from './dates.ts';

/** What a year's notice says: dates `MM-DD` of that year or `YYYY-MM-DD`, `A..B` for a stretch, separated by spaces. */
export interface YearNotice {
  /** No work on these days. */
  off: string;
  /** Work on these days, though they are weekend days. */
  work: string;
}

export const calendarNames = ['china', 'weekdays'] as const;
export type CalendarName = (typeof calendarNames)[number];

const date = z.string().refine(isDate, { error: 'not a date; write 2026-12-31' });

/** A day of the site's own: a company holiday, a day that is worked, or days of a year that this oaops does not know yet. */
export const ownDaySchema = z
  .strictObject({
    date,
    to: date.optional().describe('Last day of a stretch.'),
    working: z.boolean(),
    reason: z.string().min(1).describe('Such as 公司年会.'),
  })
  // What is no date is told by its own check. Dates of this form sort as texts.
  .refine(({ date: from, to }) => to === undefined || !isDate(from) || !isDate(to) || from <= to, {
    error: 'it ends before it begins; write the earlier day as "date"',
    path: ['to'],
  });
export type OwnDay = z.infer<typeof ownDaySchema>;

/** Days of work and days off, as far as they are known. */
export interface WorkingCalendar {
  name: CalendarName;
  /** undefined: nobody has said so yet. It is never guessed that a day is like any Monday to Friday. */
  isWorkingDay(date: string): boolean | undefined;
  /** Years of which everything is announced, oldest first; empty where every year is known by itself. */
  years: readonly number[];
}

/** Days that a notice names, one by one. */
export interface NoticedDays {
  off: readonly string[];
  work: readonly string[];
}

/**
 * `china`: weekends off but for the yearly notices, and nothing is known of a year without one. `weekdays`: Monday to Friday, for sites that mean just that.
 * `own` stands over both, later entries over earlier ones; `imported`: notices by year, each in place of the one that is built in.
 */
export function workingCalendar(
  name: CalendarName,
  own: readonly OwnDay[] = [],
  imported: ReadonlyMap<number, NoticedDays> = new Map(),
): WorkingCalendar {
  const years = new Map<number, NoticedDays>(name === 'china' ? [...builtIn(), ...imported] : []);
  const byDate = new Map<string, boolean>();
  // A later notice stands over an earlier one: it can move days of the December before its year.
  for (const [, { off, work }] of [...years].sort(([a], [b]) => a - b)) {
    for (const day of off) byDate.set(day, false);
    for (const day of work) byDate.set(day, true);
  }
  return {
    name,
    years: [...years.keys()].sort((a, b) => a - b),
    isWorkingDay: (day) => {
      const told = own.findLast(({ date: from, to }) => from <= day && day <= (to ?? from))?.working ?? byDate.get(day);
      if (told !== undefined) return told;
      if (name === 'china' && !years.has(Number(day.slice(0, 4)))) return undefined;
      const weekDay = weekDayOf(day);
      return weekDay !== 'sat' && weekDay !== 'sun';
    },
  };
}

let known: Map<number, NoticedDays> | undefined;

function builtIn(): ReadonlyMap<number, NoticedDays> {
  known ??= new Map(
    Object.entries(chinaNotices).map(([year, { off, work }]) => [
      Number(year),
      { off: daysIn(off, year), work: daysIn(work, year) },
    ]),
  );
  return known;
}

function daysIn(text: string, year: string): string[] {
  return text.split(' ').flatMap((part) => {
    if (part === '') return [];
    const [from, to] = part.split('..').map((day) => dayNumber(day.length === 5 ? `${year}-${day}` : day));
    return Array.from({ length: (to ?? from!) - from! + 1 }, (_, index) => dateOf(from! + index));
  });
}

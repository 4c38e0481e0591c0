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
export const ownDaySchema = z.strictObject({
  date,
  to: date.optional().describe('Last day of a stretch.'),
  working: z.boolean(),
  reason: z.string().min(1).describe('Such as 公司年会.'),
});
export type OwnDay = z.infer<typeof ownDaySchema>;

/** Days of work and days off, as far as they are known. */
export interface WorkingCalendar {
  name: CalendarName;
  /** undefined: nobody has said so yet. It is never guessed that a day is like any Monday to Friday. */
  isWorkingDay(date: string): boolean | undefined;
}

/**
 * `china`: weekends off but for the yearly notices, and nothing is known of a year without one. `weekdays`: Monday to Friday, for sites that mean just that.
 * `own` stands over both, later entries over earlier ones.
 */
export function workingCalendar(name: CalendarName, own: readonly OwnDay[] = []): WorkingCalendar {
  const byDate = new Map<string, boolean>();
  if (name === 'china') for (const [day, working] of noticedDays()) byDate.set(day, working);
  for (const { date: from, to, working } of own)
    for (let day = dayNumber(from); day <= dayNumber(to ?? from); day++) byDate.set(dateOf(day), working);
  return {
    name,
    isWorkingDay: (day) => {
      const told = byDate.get(day);
      if (told !== undefined) return told;
      if (name === 'china' && !(Number(day.slice(0, 4)) in chinaNotices)) return undefined;
      const weekDay = weekDayOf(day);
      return weekDay !== 'sat' && weekDay !== 'sun';
    },
  };
}

let noticed: Map<string, boolean> | undefined;

/** A later notice stands over an earlier one: it can move days of the December before its year. */
function noticedDays(): ReadonlyMap<string, boolean> {
  noticed ??= new Map(
    Object.entries(chinaNotices).flatMap(([year, { off, work }]) => [
      ...daysIn(off, year).map((day) => [day, false] as const),
      ...daysIn(work, year).map((day) => [day, true] as const),
    ]),
  );
  return noticed;
}

function daysIn(text: string, year: string): string[] {
  return text.split(' ').flatMap((part) => {
    if (part === '') return [];
    const [from, to] = part.split('..').map((day) => dayNumber(day.length === 5 ? `${year}-${day}` : day));
    return Array.from({ length: (to ?? from!) - from! + 1 }, (_, index) => dateOf(from! + index));
  });
}

import { Cron } from 'croner';
import { addDays, dateOf, dayNumber, weekDayOf } from './dates.ts';
import { cronHalves, type IfHoliday, type Period, type Rule } from './rules.ts';
import type { WorkingCalendar } from './working-days.ts';

/** A day of a rule, before times of day. */
export interface RuleDay {
  /** The day by the rule alone; of the working days of a period the one itself, or where the search for it stopped. */
  nominal: string;
  /** The day on which it comes; absent when it comes on none. */
  date?: string;
  /**
   * Why it comes on none: `skipped`: a day off, and the rule says so; `too-far`: no working day near enough to move to; `too-few`: the period has not so
   * many working days; `unknown`: nobody has said whether `unknown` is worked.
   */
  why?: 'skipped' | 'too-far' | 'too-few' | 'unknown';
  unknown?: string;
}

/** A day is moved at most so far: the longest holiday of China has nine days. */
export const farthestMoveDays = 31;

/** The days of a rule by their order; all that come on a day from `from` to `to`, and some beside them. */
export function ruleDays(rule: Rule, calendar: WorkingCalendar, from: string, to: string): RuleDay[] {
  switch (rule.type) {
    case 'cron': {
      const cron = new Cron(cronHalves(rule.expression).days, { paused: true, mode: '5-part', timezone: 'UTC' });
      return around(rule.ifHoliday, from, to)
        .filter((day) => cron.match(new Date(`${day}T00:00:00Z`)))
        .map((day) => settled(day, rule.ifHoliday, calendar));
    }
    case 'weekday':
      return around(rule.ifHoliday, from, to)
        .filter((day) => rule.days.includes(weekDayOf(day)))
        .map((day) => settled(day, rule.ifHoliday, calendar));
    case 'calendar-day': {
      const { period, isFirst } = edgeOf(rule.day);
      const days = around(rule.ifHoliday, from, to);
      return periods(period, days[0]!, days.at(-1)!).map(({ first, last }) =>
        settled(isFirst ? first : last, rule.ifHoliday, calendar),
      );
    }
    case 'shift':
      return datesBetween(from, to).flatMap((day) =>
        rule.days === 'every-day' ? [{ nominal: day, date: day }] : workingDay(day, calendar),
      );
    case 'working-day': {
      if (rule.day === 'every') return datesBetween(from, to).flatMap((day) => workingDay(day, calendar));
      const { period, isFirst } = edgeOf(rule.day);
      const nth = rule.day.startsWith('nth') ? (rule.nth ?? 1) : isFirst ? 1 : -1;
      return periods(period, from, to).map(({ first, last }) => nthWorkingDay(nth, first, last, calendar));
    }
  }
}

function workingDay(day: string, calendar: WorkingCalendar): RuleDay[] {
  const working = calendar.isWorkingDay(day);
  if (working === undefined) return [{ nominal: day, why: 'unknown', unknown: day }];
  return working ? [{ nominal: day, date: day }] : [];
}

/** What becomes of a day that the rule names. */
function settled(day: string, ifHoliday: IfHoliday = 'run', calendar: WorkingCalendar): RuleDay {
  if (ifHoliday === 'run') return { nominal: day, date: day };
  const by = ifHoliday === 'previous' ? -1 : 1;
  for (let moved = 0; moved <= farthestMoveDays; moved++) {
    const date = addDays(day, moved * by);
    const working = calendar.isWorkingDay(date);
    if (working === undefined) return { nominal: day, why: 'unknown', unknown: date };
    if (working) return { nominal: day, date };
    if (ifHoliday === 'skip') return { nominal: day, why: 'skipped' };
  }
  return { nominal: day, why: 'too-far' };
}

function nthWorkingDay(nth: number, first: string, last: string, calendar: WorkingCalendar): RuleDay {
  const days = datesBetween(first, last);
  if (nth < 0) days.reverse();
  let left = Math.abs(nth);
  for (const date of days) {
    const working = calendar.isWorkingDay(date);
    if (working === undefined) return { nominal: date, why: 'unknown', unknown: date };
    if (working && --left === 0) return { nominal: date, date };
  }
  return { nominal: days.at(-1)!, why: 'too-few' };
}

function edgeOf(day: string): { period: Period; isFirst: boolean } {
  return { period: day.slice(day.indexOf('-of-') + 4) as Period, isFirst: day.startsWith('first') };
}

/** Days from which one may move to a day from `from` to `to`. */
function around(ifHoliday: IfHoliday | undefined, from: string, to: string): string[] {
  const moves = ifHoliday === 'previous' || ifHoliday === 'next' ? farthestMoveDays : 0;
  return datesBetween(addDays(from, -moves), addDays(to, moves));
}

function datesBetween(from: string, to: string): string[] {
  const first = dayNumber(from);
  return Array.from({ length: Math.max(0, dayNumber(to) - first + 1) }, (_, index) => dateOf(first + index));
}

const monthsOf: Readonly<Record<Period, number>> = { month: 1, quarter: 3, 'half-year': 6 };

/** The periods that have a day from `from` to `to`. */
function periods(period: Period, from: string, to: string): { first: string; last: string }[] {
  const months = monthsOf[period];
  const found: { first: string; last: string }[] = [];
  const [year, month] = from.split('-').map(Number) as [number, number];
  let number = year * 12 + month - 1;
  number -= number % months;
  for (let first = firstOfMonth(number); first <= to; first = firstOfMonth(number)) {
    number += months;
    found.push({ first, last: addDays(firstOfMonth(number), -1) });
  }
  return found;
}

function firstOfMonth(number: number): string {
  const year = String(Math.floor(number / 12)).padStart(4, '0');
  return `${year}-${String((number % 12) + 1).padStart(2, '0')}-01`;
}

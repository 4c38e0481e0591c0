import { dateIn, localTimeZone } from '../core/zoned-time.ts';
import { addDays } from './dates.ts';
import { type RuleDay, ruleDays } from './rule-days.ts';
import { cronHalves, isPlainCron, type Rule } from './rules.ts';
import { nextSlot, slotsBetween } from './slots.ts';
import { momentOf } from './wall-time.ts';
import type { WorkingCalendar } from './working-days.ts';

/** A time at which a schedule comes. */
export interface Slot {
  /** Milliseconds since the epoch. */
  atMs: number;
  /** Its day in the zone of the rule. */
  date: string;
  /** The days that the rule names, before days off moved them: `date` alone, others, or several that came together. */
  named: readonly string[];
}

/** A day that the rule names and on which nothing comes. */
export type LeftOut = Required<Pick<RuleDay, 'nominal' | 'why'>> & Pick<RuleDay, 'unknown'>;

/**
 * The times of one rule by one calendar. Days are found first, as dates; each gets the rule's times of day once, however many days were moved to it.
 * A time that a clock change leaves out comes at the end of the gap, one that comes twice counts once; lists, ranges, `*` and steps of cron do as `slotsBetween` says.
 */
export interface Timetable {
  timeZone: string;
  /** After `afterMs` up to and with `untilMs`, oldest first: at most the newest `limit`. Days of which nothing is known have none. */
  between(afterMs: number, untilMs: number, limit: number): Slot[];
  /** The first `count` after `afterMs`; fewer when a day comes before them of which nobody has said whether it is worked: `unknown` then. */
  next(afterMs: number, count: number): { slots: Slot[]; unknown?: LeftOut };
  /** Named days with nothing on them whose day, by the rule alone, is one from `from` to `to`. */
  leftOut(from: string, to: string): LeftOut[];
}

const dayMs = 86_400_000;
/** From near to far, so that a rule of every minute after a year off is not counted through. */
const spansDays = [1, 8, 40, 400, 4000];

export function timetable(rule: Rule, calendar: WorkingCalendar): Timetable {
  const timeZone = rule.timeZone ?? localTimeZone();
  return isPlainCron(rule) ? cronTimetable(rule.expression, timeZone) : dayTimetable(rule, calendar, timeZone);
}

function cronTimetable(expression: string, timeZone: string): Timetable {
  const rule = { expression, timeZone };
  const slotAt = (atMs: number): Slot => {
    const date = dateIn(timeZone, atMs);
    return { atMs, date, named: [date] };
  };
  return {
    timeZone,
    between: (afterMs, untilMs, limit) => slotsBetween(rule, afterMs, untilMs, limit).map(slotAt),
    next: (afterMs, count) => {
      const slots: Slot[] = [];
      for (let at = nextSlot(rule, afterMs); at !== undefined && slots.length < count; at = nextSlot(rule, at))
        slots.push(slotAt(at));
      return { slots };
    },
    leftOut: () => [],
  };
}

function dayTimetable(rule: Rule, calendar: WorkingCalendar, timeZone: string): Timetable {
  const timesOn = timesOfDay(rule, timeZone);

  const slotsIn = (afterMs: number, untilMs: number): Slot[] => {
    // A gap can carry a time over midnight.
    const [from, to] = [addDays(dateIn(timeZone, afterMs), -1), addDays(dateIn(timeZone, untilMs), 1)];
    const named = new Map<string, string[]>();
    for (const { date, nominal } of ruleDays(rule, calendar, from, to))
      if (date !== undefined && date >= from && date <= to) named.set(date, [...(named.get(date) ?? []), nominal]);
    const slots = new Map<number, Slot>();
    for (const [date, days] of [...named].sort(([a], [b]) => (a < b ? -1 : 1)))
      for (const atMs of timesOn(date))
        if (atMs > afterMs && atMs <= untilMs && !slots.has(atMs)) slots.set(atMs, { atMs, date, named: days });
    return [...slots.values()].sort((a, b) => a.atMs - b.atMs);
  };
  const leftOut = (from: string, to: string): LeftOut[] =>
    ruleDays(rule, calendar, from, to).flatMap(({ nominal, why, unknown }) =>
      why === undefined || nominal < from || nominal > to
        ? []
        : [{ nominal, why, ...(unknown === undefined ? {} : { unknown }) }],
    );

  return {
    timeZone,
    leftOut,
    between: (afterMs, untilMs, limit) => {
      for (const days of spansDays) {
        const fromMs = Math.max(afterMs, untilMs - days * dayMs);
        const slots = slotsIn(fromMs, untilMs);
        if (slots.length >= limit || fromMs === afterMs) return slots.slice(-limit);
      }
      return slotsIn(afterMs, untilMs).slice(-limit);
    },
    next: (afterMs, count) => {
      let slots: Slot[] = [];
      for (const days of spansDays) {
        const untilMs = afterMs + days * dayMs;
        slots = slotsIn(afterMs, untilMs);
        const unknown = leftOut(dateIn(timeZone, afterMs), dateIn(timeZone, untilMs)).find(
          ({ why }) => why === 'unknown',
        );
        if (unknown) slots = slots.filter(({ date }) => date < unknown.nominal);
        if (slots.length >= count) break;
        if (unknown) return { slots, unknown };
      }
      return { slots: slots.slice(0, count) };
    },
  };
}

/** The moments of a date, in order. */
function timesOfDay(rule: Rule, timeZone: string): (date: string) => number[] {
  if (rule.type !== 'cron') {
    const times = [...new Set(typeof rule.at === 'string' ? [rule.at] : rule.at)].sort();
    return (date) => times.map((time) => momentOf(date, time, timeZone));
  }
  const { times: expression } = cronHalves(rule.expression);
  // Any day of a zone without clock changes has them all.
  const ofOneDay = slotsBetween({ expression, timeZone: 'UTC' }, -1, dayMs - 1, 1440);
  return (date) => {
    const fromMs = momentOf(date, '00:00', timeZone);
    const untilMs = momentOf(addDays(date, 1), '00:00', timeZone);
    if (untilMs - fromMs === dayMs) return ofOneDay.map((ms) => fromMs + ms);
    // The clocks change: cron knows which of its times come again, at the end of the gap, or not at all.
    const moments = new Set(slotsBetween({ expression, timeZone }, fromMs - 1, untilMs - 1, 1500));
    // A gap that ends at midnight: what it left out belongs to this day still.
    if (ofOneDay.length === 1)
      moments.add(momentOf(date, new Date(ofOneDay[0]!).toISOString().slice(11, 16), timeZone));
    return [...moments].sort((a, b) => a - b);
  };
}

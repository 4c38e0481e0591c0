import { localClock } from '../core/zoned-time.ts';
import { addDays, dateOf, dayNumber, type WeekDay, weekDayOf, weekDays } from './dates.ts';
import type { WorkingCalendar } from './working-days.ts';

export const cadenceNames = [
  'hourly',
  'every-shift',
  'daily',
  'working-days',
  'weekly',
  'monthly',
  'month-end',
  'quarterly',
  'quarter-end',
  'half-yearly',
  'yearly',
  'event',
  'always',
] as const;
export type CadenceName = (typeof cadenceNames)[number];

/**
 * How often something is to be done. `month-end`: on the last working day of the month. `quarter-end`: in the last month of the quarter.
 * `event`: when something happens. `always`: without dates.
 */
export interface Cadence {
  every: CadenceName;
  /** With `weekly`. */
  weekday?: WeekDay;
  /** With `weekday`, on a day off: the working day before or after, or not at all. Default `previous`. */
  ifHoliday?: 'previous' | 'next' | 'skip';
  /** `HH:MM` on the day it is due; default: until the day ends. */
  by?: string;
  /** With `every-shift`: when each begins, `HH:MM`. */
  shifts?: readonly string[];
}

/** One time that something is due. Of one cadence no moment belongs to two of them. */
export interface Period {
  /** `2026-11-20`, `2026-11-20T14`, `2026-11-20/16:00`, `2026-W47`, `2026-11`, `2026-Q4`, `2026-H2`, `2026`. */
  key: string;
  /** The date it is counted on: that on which it is due, or would be. */
  day: string;
  /** What is begun from here on counts, in milliseconds since the epoch. */
  fromMs: number;
  /** What is begun from here on counts for the next one. */
  toMs: number;
  /** On time until here; null when the calendar does not say. */
  dueMs: number | null;
  /** Nothing is due: `skipped` on a day off, `unknown` when nobody has announced the day of that date. */
  state: 'due' | 'skipped' | 'unknown';
  /** The day that decides when `state` is not `due`. */
  because?: string;
}

export interface PeriodScope {
  /** First and last date (inclusive) of `day`. */
  from: string;
  to: string;
  calendar: WorkingCalendar;
  /** IANA name. */
  timeZone: string;
}

/** Most days between a Friday and the working day that stands for it. */
const longestHolidayDays = 31;
/** On the last working day of the month: what is begun up to so many days before counts for it. */
const monthEndLeadDays = 6;

/** Days to look at on each side of a date, so that the periods around it are whole. */
export const reachDays: Readonly<Record<CadenceName, number>> = {
  hourly: 1,
  'every-shift': 2,
  daily: 2,
  'working-days': 40,
  weekly: 45,
  monthly: 62,
  'month-end': 62,
  quarterly: 184,
  'quarter-end': 184,
  'half-yearly': 368,
  yearly: 732,
  event: 0,
  always: 0,
};

/** The times something is due, oldest first. Pure: nothing is guessed of a day that the calendar does not know. */
export function periodsOf(cadence: Cadence, scope: PeriodScope): Period[] {
  switch (cadence.every) {
    case 'event':
    case 'always':
      return [];
    case 'hourly':
      return hours(scope);
    case 'every-shift':
      return shifts(cadence.shifts ?? [], scope);
    case 'daily':
    case 'working-days':
      return days(cadence, scope);
    case 'weekly':
      return cadence.weekday === undefined ? spans(cadence, scope) : onDays(cadence, scope);
    case 'month-end':
      return onDays(cadence, scope);
    default:
      return spans(cadence, scope);
  }
}

function hours({ from, to, timeZone }: PeriodScope): Period[] {
  const hourMs = 3_600_000;
  const clock = localClock(timeZone);
  const endMs = clock.msAt(addDays(to, 1), '00:00');
  const periods: Period[] = [];
  // By the hours of the epoch: one that a clock shows twice is two, and one that it leaves out is none.
  for (let fromMs = Math.ceil(clock.msAt(from, '00:00') / hourMs) * hourMs; fromMs < endMs; fromMs += hourMs) {
    const local = clock.at(fromMs);
    const toMs = fromMs + hourMs;
    const key = `${local.date}T${local.time.slice(0, 2)}${clock.at(fromMs - hourMs).time === local.time ? ' again' : ''}`;
    periods.push({ key, day: local.date, fromMs, toMs, dueMs: toMs, state: 'due' });
  }
  return periods;
}

function shifts(begins: readonly string[], { from, to, timeZone }: PeriodScope): Period[] {
  const clock = localClock(timeZone);
  const sorted = [...begins].sort();
  const periods: Period[] = [];
  for (const day of datesBetween(from, to)) {
    for (const [index, time] of sorted.entries()) {
      const last = index === sorted.length - 1;
      // One that a clock change leaves out is carried on past the next, which must not begin twice.
      const fromMs = Math.max(clock.msAt(day, time), periods.at(-1)?.toMs ?? 0);
      const toMs = clock.msAt(last ? addDays(day, 1) : day, sorted[last ? 0 : index + 1]!);
      if (toMs > fromMs) periods.push({ key: `${day}/${time}`, day, fromMs, toMs, dueMs: toMs, state: 'due' });
    }
  }
  return periods;
}

function days({ every, by }: Cadence, { from, to, calendar, timeZone }: PeriodScope): Period[] {
  const periods: Period[] = [];
  for (const day of datesBetween(from, to)) {
    const working = every === 'daily' ? true : calendar.isWorkingDay(day);
    if (working === false) continue;
    const due = dueOn(day, by, timeZone);
    periods.push({
      key: day,
      day,
      fromMs: localClock(timeZone).msAt(day, '00:00'),
      toMs: endOf(day, timeZone),
      ...(working === undefined
        ? { dueMs: null, state: 'unknown' as const, because: day }
        : { dueMs: due, state: 'due' as const }),
    });
  }
  return periods;
}

/** Weeks without a day, months, quarters, half-years, years: due until they end. */
function spans({ every, by }: Cadence, { from, to, timeZone }: PeriodScope): Period[] {
  const clock = localClock(timeZone);
  const periods: Period[] = [];
  for (
    let { first, last, key } = spanAround(every, from);
    ;
    { first, last, key } = spanAround(every, addDays(last, 1))
  ) {
    if (last > to) return periods;
    const opens = every === 'quarter-end' ? `${last.slice(0, 7)}-01` : first;
    // A plan for the next quarter that comes late still comes for it, until the next one is to be made.
    const closes =
      every === 'quarter-end' ? `${spanAround(every, addDays(last, 1)).last.slice(0, 7)}-01` : addDays(last, 1);
    periods.push({
      key,
      day: last,
      fromMs: clock.msAt(opens, '00:00'),
      toMs: clock.msAt(closes, '00:00'),
      dueMs: dueOn(last, by, timeZone),
      state: 'due',
    });
  }
}

function spanAround(every: CadenceName, date: string): { first: string; last: string; key: string } {
  const [year, month] = [Number(date.slice(0, 4)), Number(date.slice(5, 7))];
  const name = (number: number) => String(number).padStart(4, '0');
  if (every === 'weekly') {
    const first = mondayOf(date);
    return { first, last: addDays(first, 6), key: weekName(first) };
  }
  const months = every === 'monthly' ? 1 : every === 'yearly' ? 12 : every === 'half-yearly' ? 6 : 3;
  const index = Math.floor((month - 1) / months);
  const monthAt = (number: number) =>
    `${name(year + Math.floor(number / 12))}-${String((number % 12) + 1).padStart(2, '0')}-01`;
  const first = monthAt(index * months);
  const last = addDays(monthAt((index + 1) * months), -1);
  const names: Partial<Record<CadenceName, string>> = {
    monthly: first.slice(0, 7),
    yearly: name(year),
    'half-yearly': `${name(year)}-H${index + 1}`,
  };
  return { first, last, key: names[every] ?? `${name(year)}-Q${index + 1}` };
}

interface Slot {
  key: string;
  /** Where it would be due without the calendar. */
  usual: string;
  /** The day it is due; undefined when the calendar does not say. */
  due: string | undefined;
  opens: string;
  state: Period['state'];
  because?: string;
}

/** A weekday or the last working day of the month: the calendar moves the day, and the windows with it. */
function onDays(cadence: Cadence, { from, to, calendar, timeZone }: PeriodScope): Period[] {
  const reach = longestHolidayDays + 31;
  const slots: Slot[] = [];
  for (let at = addDays(from, -reach); at <= addDays(to, reach); ) {
    const span = spanAround(cadence.every === 'weekly' ? 'weekly' : 'monthly', at);
    const slot = cadence.every === 'weekly' ? weekly(cadence, span, calendar) : monthEnd(span, calendar);
    const last = slots.at(-1);
    // Two that are moved onto one day are one.
    if (last?.due !== undefined && slot.due !== undefined && slot.due <= last.due)
      slots.push({ ...slot, due: undefined, state: 'skipped', because: slot.usual });
    else slots.push(slot);
    at = addDays(span.last, 1);
  }
  const opened = windowsOf(slots);
  const periods = opened.flatMap(({ slot, opens }, index) => {
    const day = slot.due ?? slot.usual;
    const next = opened[index + 1];
    if (day < from || day > to || !next) return [];
    const clock = localClock(timeZone);
    const { key, state, because } = slot;
    return [
      {
        key,
        day,
        fromMs: clock.msAt(opens, '00:00'),
        toMs: clock.msAt(next.opens, '00:00'),
        dueMs: slot.due === undefined ? null : dueOn(slot.due, cadence.by, timeZone),
        state,
        ...(because === undefined ? {} : { because }),
      },
    ];
  });
  // One that was left out can stand behind one that was moved past it.
  return periods.sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** Each opens after the day of the one before, and not after its own. */
function windowsOf(slots: readonly Slot[]): { slot: Slot; opens: string }[] {
  const windows: { slot: Slot; opens: string }[] = [];
  let free = '0000-01-01';
  for (const slot of slots) {
    let opens = slot.opens > free ? slot.opens : free;
    if (slot.due !== undefined && slot.due < opens) opens = slot.due;
    windows.push({ slot, opens });
    free = slot.due === undefined ? opens : addDays(slot.due, 1);
  }
  return windows;
}

function weekly(
  { weekday, ifHoliday = 'previous' }: Cadence,
  span: { first: string; key: string },
  calendar: WorkingCalendar,
): Slot {
  const usual = addDays(span.first, weekDays.indexOf(weekday!));
  const slot = { key: span.key, usual, opens: span.first };
  const step = ifHoliday === 'previous' ? -1 : 1;
  for (let date = usual, tried = 0; tried <= longestHolidayDays; date = addDays(date, step), tried++) {
    const working = calendar.isWorkingDay(date);
    if (working === undefined) return { ...slot, due: undefined, state: 'unknown', because: date };
    if (working) return { ...slot, due: date, state: 'due' };
    if (ifHoliday === 'skip') break;
  }
  return { ...slot, due: undefined, state: 'skipped', because: usual };
}

function monthEnd({ first, last, key }: { first: string; last: string; key: string }, calendar: WorkingCalendar): Slot {
  for (let date = last; date >= first; date = addDays(date, -1)) {
    const working = calendar.isWorkingDay(date);
    if (working === false) continue;
    const lead = addDays(date, -monthEndLeadDays);
    const slot = { key, usual: last, opens: lead > first ? lead : first };
    return working
      ? { ...slot, due: date, state: 'due' }
      : { ...slot, due: undefined, state: 'unknown', because: date };
  }
  return { key, usual: last, opens: last, due: undefined, state: 'skipped', because: last };
}

function mondayOf(date: string): string {
  return addDays(date, -weekDays.indexOf(weekDayOf(date)));
}

/** ISO 8601: the week belongs to the year that has its Thursday. */
function weekName(monday: string): string {
  const year = addDays(monday, 3).slice(0, 4);
  const first = mondayOf(`${year}-01-04`);
  return `${year}-W${String((dayNumber(monday) - dayNumber(first)) / 7 + 1).padStart(2, '0')}`;
}

function dueOn(day: string, by: string | undefined, timeZone: string): number {
  return by === undefined ? endOf(day, timeZone) : localClock(timeZone).msAt(day, by);
}

function endOf(day: string, timeZone: string): number {
  return localClock(timeZone).msAt(addDays(day, 1), '00:00');
}

function datesBetween(from: string, to: string): string[] {
  const first = dayNumber(from);
  return Array.from({ length: Math.max(0, dayNumber(to) - first + 1) }, (_, index) => dateOf(first + index));
}

import { addDays, type WeekDay, weekDayOf, weekDays } from '../calendar/dates.ts';
import { type Freeze, freezeAt } from '../calendar/freezes.ts';
import { type WorkingCalendar, workingCalendar } from '../calendar/working-days.ts';
import type { Precondition } from './preconditions.ts';

/** On which days a window can open: days of the week, and what the calendar says of a day. */
export const windowDays = [...weekDays, 'working-day', 'day-off'] as const;
export type ChangeWindow = Extract<Precondition, { what: 'window' }>;

/** What the site's calendar says, besides the window. */
export interface SiteCalendar {
  /** Freezes that hold for every window. */
  freezes: readonly Freeze[];
  workingDays: WorkingCalendar;
}

export const noCalendar: SiteCalendar = { freezes: [], workingDays: workingCalendar('china') };

const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
/** A window opens at least once in so many days, whatever its days and times are, whatever clocks do and however long the site is closed. */
const lookAheadMs = 400 * 86_400_000;

/** Why nothing may be changed at this time; a freeze stands over the window. */
export function windowProblem(condition: ChangeWindow, nowMs: number, calendar = noCalendar): string | undefined {
  const freeze = freezeAt([...calendar.freezes, ...condition.freezes], nowMs);
  if (freeze)
    return freeze.name === undefined
      ? `changes are frozen until ${freeze.to}: ${freeze.reason}`
      : `changes are frozen until ${freeze.to} (${freeze.name}): ${freeze.reason}`;
  const { days, from, to, timeZone } = condition;
  const date = dateOfWindow(condition, localTimeIn(timeZone)(nowMs));
  const open = date !== undefined && opensOn(days, date, calendar.workingDays);
  if (open === true) return undefined;
  if (open === false) return `the change window is not open: ${days.join(', ')} ${from} to ${to} (${timeZone})`;
  const { name } = calendar.workingDays;
  return `calendar ${name} does not say whether ${date} is a working day: import the notice of the year with "oaops calendar import FILE", or announce the days in "calendar.days" of the configuration`;
}

/** When changes are possible again, to the minute; undefined when that cannot be told. */
export function windowOpensAt(condition: ChangeWindow, nowMs: number, calendar = noCalendar): number | undefined {
  const { days, from, to, timeZone } = condition;
  if (from === to) return undefined;
  const freezes = [...calendar.freezes, ...condition.freezes];
  const localTime = localTimeIn(timeZone);
  const opens = (date: string) => opensOn(days, date, calendar.workingDays);
  let atMs = nowMs;
  let stepMs = minuteMs;
  for (let untilMs = atMs + lookAheadMs; atMs < untilMs; atMs = (Math.floor(atMs / stepMs) + 1) * stepMs) {
    for (let freeze = freezeAt(freezes, atMs); freeze; freeze = freezeAt(freezes, atMs)) {
      atMs = Date.parse(freeze.to);
      untilMs = atMs + lookAheadMs;
    }
    const local = localTime(atMs);
    const date = dateOfWindow(condition, local);
    const open = date !== undefined && opens(date);
    if (open === undefined) return undefined;
    if (open) return atMs;
    // Through a day that is closed from end to end it goes by quarters of an hour, at which midnight comes in every zone.
    stepMs = opens(local.date) === false && opens(addDays(local.date, -1)) === false ? quarterMs : minuteMs;
  }
  return undefined;
}

interface LocalTime {
  date: string;
  time: string;
}

/** The day on which the window began that these times leave open; undefined: it is closed at this time of every day. */
function dateOfWindow({ from, to }: ChangeWindow, { date, time }: LocalTime): string | undefined {
  if (from <= to) return from <= time && time < to ? date : undefined;
  if (time >= from) return date;
  return time < to ? addDays(date, -1) : undefined;
}

/** undefined: it depends on whether the day is a working day, and nobody has said so. */
function opensOn(days: ChangeWindow['days'], date: string, calendar: WorkingCalendar): boolean | undefined {
  if (days.includes(weekDayOf(date) satisfies WeekDay)) return true;
  if (!days.includes('working-day') && !days.includes('day-off')) return false;
  const working = calendar.isWorkingDay(date);
  return working === undefined ? undefined : days.includes(working ? 'working-day' : 'day-off');
}

function localTimeIn(timeZone: string): (atMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (atMs) => {
    const parts = format.formatToParts(atMs);
    const part = (type: string) => parts.find((one) => one.type === type)!.value;
    return { date: `${part('year')}-${part('month')}-${part('day')}`, time: `${part('hour')}:${part('minute')}` };
  };
}

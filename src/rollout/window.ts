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
/** A window opens at least once in so many days, whatever its days and times are, whatever clocks do and however long a holiday is. */
const lookAheadMs = 16 * 86_400_000;

/** Why nothing may be changed at this time; a freeze stands over the window. */
export function windowProblem(condition: ChangeWindow, nowMs: number, calendar = noCalendar): string | undefined {
  const freeze = freezeAt([...calendar.freezes, ...condition.freezes], nowMs);
  if (freeze)
    return freeze.name === undefined
      ? `changes are frozen until ${freeze.to}: ${freeze.reason}`
      : `changes are frozen until ${freeze.to} (${freeze.name}): ${freeze.reason}`;
  const open = isOpen(condition, nowMs, localTimeIn(condition.timeZone), calendar.workingDays);
  if (open === true) return undefined;
  const { days, from, to, timeZone } = condition;
  if (open !== undefined) return `the change window is not open: ${days.join(', ')} ${from} to ${to} (${timeZone})`;
  const { name } = calendar.workingDays;
  const { date } = localTimeIn(timeZone)(nowMs);
  return `calendar ${name} does not say whether ${date} is a working day: announce the days in "calendar.days" of the configuration`;
}

/** When changes are possible again, to the minute; undefined when that cannot be told. */
export function windowOpensAt(condition: ChangeWindow, nowMs: number, calendar = noCalendar): number | undefined {
  const freezes = [...calendar.freezes, ...condition.freezes];
  const localTime = localTimeIn(condition.timeZone);
  let atMs = nowMs;
  for (let untilMs = atMs + lookAheadMs; atMs < untilMs; atMs = (Math.floor(atMs / minuteMs) + 1) * minuteMs) {
    for (let freeze = freezeAt(freezes, atMs); freeze; freeze = freezeAt(freezes, atMs)) {
      atMs = Date.parse(freeze.to);
      untilMs = atMs + lookAheadMs;
    }
    const open = isOpen(condition, atMs, localTime, calendar.workingDays);
    if (open === undefined) return undefined;
    if (open) return atMs;
  }
  return undefined;
}

type LocalTime = (atMs: number) => { date: string; time: string };

/** undefined: it depends on whether a day is a working day, and nobody has said so. */
function isOpen(
  { days, from, to }: ChangeWindow,
  atMs: number,
  localTime: LocalTime,
  calendar: WorkingCalendar,
): boolean | undefined {
  const { date, time } = localTime(atMs);
  if (from <= to) return from <= time && time < to && opensOn(days, date, calendar);
  if (time >= from) return opensOn(days, date, calendar);
  return time < to && opensOn(days, addDays(date, -1), calendar);
}

function opensOn(days: ChangeWindow['days'], date: string, calendar: WorkingCalendar): boolean | undefined {
  if (days.includes(weekDayOf(date) satisfies WeekDay)) return true;
  if (!days.includes('working-day') && !days.includes('day-off')) return false;
  const working = calendar.isWorkingDay(date);
  return working === undefined ? undefined : days.includes(working ? 'working-day' : 'day-off');
}

function localTimeIn(timeZone: string): LocalTime {
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

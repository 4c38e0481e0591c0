import { type Freeze, freezeAt } from '../calendar/freezes.ts';
import type { Precondition } from './preconditions.ts';

export const weekDays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type ChangeWindow = Extract<Precondition, { what: 'window' }>;

const minuteMs = 60_000;
/** A window opens at least once in so many days, whatever its days and times are and whatever clocks do. */
const lookAheadMs = 9 * 86_400_000;

/** Why nothing may be changed at this time; a freeze stands over the window. `calendar`: freezes that hold for every window. */
export function windowProblem(
  condition: ChangeWindow,
  nowMs: number,
  calendar: readonly Freeze[] = [],
): string | undefined {
  const freeze = freezeAt([...calendar, ...condition.freezes], nowMs);
  if (freeze)
    return freeze.name === undefined
      ? `changes are frozen until ${freeze.to}: ${freeze.reason}`
      : `changes are frozen until ${freeze.to} (${freeze.name}): ${freeze.reason}`;
  if (isOpen(condition, nowMs, localTimeIn(condition.timeZone))) return undefined;
  const { days, from, to, timeZone } = condition;
  return `the change window is not open: ${days.join(', ')} ${from} to ${to} (${timeZone})`;
}

/** When changes are possible again, to the minute; undefined when that cannot be told. */
export function windowOpensAt(condition: ChangeWindow, nowMs: number, calendar: readonly Freeze[]): number | undefined {
  const freezes = [...calendar, ...condition.freezes];
  const localTime = localTimeIn(condition.timeZone);
  let atMs = nowMs;
  for (let untilMs = atMs + lookAheadMs; atMs < untilMs; atMs = (Math.floor(atMs / minuteMs) + 1) * minuteMs) {
    for (let freeze = freezeAt(freezes, atMs); freeze; freeze = freezeAt(freezes, atMs)) {
      atMs = Date.parse(freeze.to);
      untilMs = atMs + lookAheadMs;
    }
    if (isOpen(condition, atMs, localTime)) return atMs;
  }
  return undefined;
}

type LocalTime = (atMs: number) => { day: (typeof weekDays)[number]; time: string };

function isOpen({ days, from, to }: ChangeWindow, atMs: number, localTime: LocalTime): boolean {
  const { day, time } = localTime(atMs);
  const before = weekDays[(weekDays.indexOf(day) + 6) % 7]!;
  return from <= to
    ? days.includes(day) && from <= time && time < to
    : (days.includes(day) && time >= from) || (days.includes(before) && time < to);
}

function localTimeIn(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (atMs) => {
    const parts = format.formatToParts(atMs);
    const part = (type: string) => parts.find((one) => one.type === type)!.value;
    return {
      day: part('weekday').toLowerCase().slice(0, 3) as (typeof weekDays)[number],
      time: `${part('hour')}:${part('minute')}`,
    };
  };
}

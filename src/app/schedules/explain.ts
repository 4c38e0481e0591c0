import type { App } from '../../app.ts';
import { addDays } from '../../calendar/dates.ts';
import type { LeftOut, Slot } from '../../calendar/timetable.ts';
import { isoTime } from '../../core/clock.ts';
import { dateIn, wallTimeOf } from '../../core/zoned-time.ts';
import { scheduleInWords } from '../../runbook/schedule-words.ts';
import { type Scheduled, scheduledOf } from './load.ts';
import { type SlotState, slotStates } from './slot-states.ts';

export interface Explained {
  runbook: string;
  enabled: boolean;
  rule: string;
  timeZone: string;
  /** null for a rule that asks no calendar. */
  calendar: string | null;
  calendarYears: readonly number[];
  catchUp: 'once' | 'all' | 'none';
  jitterMs: number;
  /** By which this machine starts later. */
  delayMs: number;
  deadlineMs: number | null;
  notify: readonly string[];
  /** From then on it is looked after; null: no tick has seen it yet. */
  since: string | null;
  /** Newest last. */
  past: (SlotState & { local: string; note: string | null })[];
  /** Times and, between them, days of the rule that have none. */
  next: NextDay[];
}

export interface NextDay {
  /** null: nothing comes on that day, or nobody knows. */
  slot: string | null;
  local: string;
  note: string | null;
}

/** All there is to say about one schedule. @throws OaopsError `schedule-missing` (exit 2), and those of finding and loading a runbook */
export async function explainSchedule(app: App, name: string, count: number): Promise<Explained> {
  const scheduled = await scheduledOf(app, name);
  const { runbook, spec, table, calendar, enabled, delayMs, notify } = scheduled;
  const { history, states } = await slotStates(app, scheduled, count);
  return {
    runbook,
    enabled,
    rule: scheduleInWords(spec),
    timeZone: table.timeZone,
    calendar: calendar?.name ?? null,
    calendarYears: calendar?.years ?? [],
    catchUp: spec.catchUp,
    jitterMs: spec.jitter ?? 0,
    delayMs,
    deadlineMs: spec.deadline ?? null,
    notify,
    since: history?.since ?? null,
    past: states.map((state) => ({
      ...state,
      local: localTime(Date.parse(state.slot), table.timeZone),
      note: movedNote(state),
    })),
    next: nextDays(scheduled, app.clock.nowMs(), count),
  };
}

function nextDays({ table, delayMs }: Scheduled, nowMs: number, count: number): NextDay[] {
  const { slots, unknown } = table.next(nowMs - delayMs, count);
  const today = dateIn(table.timeZone, nowMs);
  const until = slots.length < count ? (unknown?.nominal ?? today) : slots.at(-1)!.date;
  const times = slots.map((slot) => ({
    day: slot.date,
    slot: isoTime(slot.atMs),
    local: localTime(slot.atMs + delayMs, table.timeZone),
    note: movedNote(slot),
  }));
  const left = table
    .leftOut(today, addDays(until, -1))
    .filter(({ why }) => why !== 'unknown')
    .map((day) => ({ day: day.nominal, slot: null, local: day.nominal, note: leftOutNote(day) }));
  const last = unknown
    ? [{ day: unknown.nominal, slot: null, local: unknown.nominal, note: leftOutNote(unknown) }]
    : [];
  return [...[...times, ...left].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0)), ...last].map(
    ({ day: _, ...shown }) => shown,
  );
}

function movedNote({ date, named }: Pick<Slot, 'date' | 'named'>): string | null {
  const others = named.filter((day) => day !== date);
  if (others.length === 0) return null;
  const days = others.length === 1 ? others[0]! : `${others[0]} to ${others.at(-1)}`;
  return named.includes(date) ? `also for ${days}, a day off` : `moved from ${days}, a day off`;
}

function leftOutNote({ why, unknown }: LeftOut): string {
  switch (why) {
    case 'skipped':
      return 'a day off: left out';
    case 'too-far':
      return 'a day off, and no working day within a month to move to';
    case 'too-few':
      return 'the period has fewer working days: left out';
    case 'unknown':
      return `unknown: nobody has said whether ${unknown} is a working day`;
  }
}

function localTime(ms: number, timeZone: string): string {
  return isoTime(wallTimeOf(ms, timeZone)).slice(0, 16).replace('T', ' ');
}

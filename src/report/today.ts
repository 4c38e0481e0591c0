import { type Cadence, type Period, periodsOf, reachDays } from '../calendar/cadence.ts';
import { addDays, type WeekDay, weekDayOf } from '../calendar/dates.ts';
import type { Freeze } from '../calendar/freezes.ts';
import { firstUnknownDay } from '../calendar/month.ts';
import type { SiteProcedure } from '../calendar/procedures/catalogue.ts';
import type { BothLanguages } from '../calendar/procedures/types.ts';
import type { WorkingCalendar } from '../calendar/working-days.ts';
import { isoTime } from '../core/clock.ts';
import type { RunStatus } from '../core/events.ts';
import { localClock } from '../core/zoned-time.ts';
import { isAdHoc } from '../engine/plan/ad-hoc.ts';
import type { CountedRun, JournalRow, RunRow } from '../record/types.ts';
import {
  asOf,
  byProcedure,
  type Evidence,
  evaluate,
  evidenceOf,
  type Findings,
  isDone,
  oncePerCadence,
  type PeriodResult,
  type PeriodState,
} from './evaluate.ts';

/** A procedure as it stands on the day. */
export interface TodayItem {
  id: string;
  title: BothLanguages;
  cadence: string;
  /** The period that the day lies in: null between two, such as on a day off, and of what has no dates. */
  period: { key: string; due: string | null; state: PeriodState } | null;
  /** The last period that is over, when nobody has done it since. */
  missed: { key: string; due: string | null; state: PeriodState } | null;
  /** The last run that counts for it, however it ended. */
  last: Evidence | null;
  /** The last one that ended well, when that is another one. */
  lastWell: Evidence | null;
  /** Runbooks that carry it out. */
  runbooks: string[];
}

/** A run that somebody should look at. */
export interface TodayRun {
  run: string;
  runbook: string;
  procedures: string[];
  status: RunStatus;
  by: string;
  begun: string;
  ended: string | null;
  message: string | null;
  /** ISO UTC: when it goes on by itself. */
  wakeAt: string | null;
  /** What it waits for. */
  waits: { step: string; unit: string; message: string | null; next: string | null }[];
  /** It says that it runs, and its process is gone. */
  interrupted: boolean;
  /** The command that helps, or shows more. */
  command: string;
}

/** What `oaops today` tells. */
export interface Today {
  date: string;
  weekDay: WeekDay;
  /** null: nobody has announced it. */
  workingDay: boolean | null;
  timeZone: string;
  /** ISO UTC: the moment that is looked at. */
  at: string;
  overdue: TodayItem[];
  waiting: TodayRun[];
  failing: TodayRun[];
  due: TodayItem[];
  underWay: TodayRun[];
  done: TodayItem[];
  upcoming: TodayItem[];
  freezes: { name: string | null; from: string; to: string; reason: string; inForce: boolean }[];
  /** The first of the next 31 days that nobody has announced. */
  unknownFrom: string | null;
  /** IDs of procedures that no runbook carries out, that no run has ever carried out, and that do not apply here. */
  noRunbook: string[];
  never: string[];
  notApplicable: { id: string; reason: string }[];
}

export interface TodayFacts {
  procedures: readonly SiteProcedure[];
  /** Of each procedure, see `periodsToday`. */
  periods: ReadonlyMap<string, readonly Period[]>;
  calendar: WorkingCalendar;
  timeZone: string;
  date: string;
  nowMs: number;
  /** Before the record nothing is missed. */
  sinceMs: number;
  /** Those that were begun in one of the periods, and on the day; oldest first. */
  runs: readonly CountedRun[];
  found: Findings;
  /** The last run of each runbook, and the last that ended well. */
  lasts: readonly RunRow[];
  lastsWell: readonly RunRow[];
  /** Runs that have not ended, and their units that wait; none when another day is looked at. */
  openRuns: readonly RunRow[];
  waitingUnits: readonly JournalRow[];
  /** IDs of those whose process is gone. */
  deadRuns: ReadonlySet<string>;
  /** Names of the runbooks of each procedure. */
  runbooks: ReadonlyMap<string, readonly string[]>;
  freezes: readonly Freeze[];
}

const aheadDays = 7;
const horizonDays = 31;
/** A runbook that has not been started for so long fails no more: nobody uses it. */
const failingDays = 92;
const failed: readonly RunStatus[] = ['failed', 'incomplete', 'refused', 'rolled-back', 'undo-failed'];

type Scope = Pick<TodayFacts, 'calendar' | 'timeZone' | 'date'>;

/** The periods of each procedure that the day is about: the one before, that of the day, and those of the next days. */
export function periodsToday(procedures: readonly SiteProcedure[], scope: Scope): Map<string, Period[]> {
  const ofCadence = oncePerCadence((cadence) => around(cadence, scope));
  return new Map(procedures.map(({ id, cadence }) => [id, ofCadence(cadence)]));
}

function around(cadence: Cadence, { calendar, timeZone, date }: Scope): Period[] {
  const reach = reachDays[cadence.every];
  const from = addDays(date, -reach);
  const to = addDays(date, Math.max(reach, aheadDays));
  const periods = periodsOf(cadence, { from, to, calendar, timeZone });
  const dayStartMs = localClock(timeZone).msAt(date, '00:00');
  const over = periods.findLastIndex(({ toMs, state }) => toMs <= dayStartMs && state === 'due');
  return periods.slice(Math.max(0, over));
}

/** Pure: from the record, the calendar and the configuration. Each list has the most urgent first. */
export function makeToday(facts: TodayFacts): Today {
  const { procedures, calendar, date, timeZone, nowMs } = facts;
  const clock = localClock(timeZone);
  const dayEndMs = clock.msAt(addDays(date, 1), '00:00');
  const [dayStart, dayEnd] = [isoTime(clock.msAt(date, '00:00')), isoTime(dayEndMs)];
  const aheadMs = clock.msAt(addDays(date, 1 + aheadDays), '00:00');
  const counted = byProcedure(facts.runs);
  const [lasts, lastsWell] = [latestByProcedure(facts.lasts, facts), latestByProcedure(facts.lastsWell, facts)];
  const today: Pick<Today, 'overdue' | 'due' | 'done' | 'upcoming'> = { overdue: [], due: [], done: [], upcoming: [] };
  const applicable = procedures.filter(({ notApplicable }) => notApplicable === null);

  for (const procedure of applicable) {
    const { id } = procedure;
    const runs = counted.get(id) ?? [];
    const results = evaluate(facts.periods.get(id) ?? [], runs, facts);
    const current = results.find(({ from, to }) => Date.parse(from) <= nowMs && nowMs < Date.parse(to));
    const before = results.findLast(
      ({ to, state }) => Date.parse(to) <= nowMs && state !== 'skipped' && state !== 'unknown',
    );
    const settled = current?.state === 'on-time' || current?.state === 'late';
    // Also on a day off, which belongs to no period.
    const doneSince = (end: string) =>
      runs.some((run) => run.createdAt >= end && isDone(asOf(run, nowMs), facts.found));
    const open = before && ['missed', 'failed', 'overdue'].includes(before.state) ? before : undefined;
    const missed = open && !settled && !doneSince(open.to) ? open : undefined;
    const last = lasts.get(id);
    const well = lastsWell.get(id);
    const item = (period: PeriodResult | undefined): TodayItem => ({
      id,
      title: procedure.title,
      cadence: procedure.cadence.every,
      period: period ? { key: period.key, due: period.due, state: period.state } : null,
      missed: missed ? { key: missed.key, due: missed.due, state: missed.state } : null,
      last: last ?? null,
      lastWell: well && well.run !== last?.run ? well : null,
      runbooks: [...(facts.runbooks.get(id) ?? [])],
    });
    const endedToday = ({ endedAt }: CountedRun) => endedAt !== null && endedAt >= dayStart && endedAt < dayEnd;
    const doneToday = runs.some((run) => endedToday(run) && isDone(asOf(run, nowMs), facts.found));
    if (procedure.byItself) continue;
    if (current?.state === 'overdue' || missed) today.overdue.push(item(current));
    else if (isWithin(current, dayEndMs) && !settled) today.due.push(item(current));
    else if (doneToday) today.done.push(item(current));
    const next = results.find(
      ({ due, state }) =>
        due !== null &&
        Date.parse(due) > dayEndMs &&
        Date.parse(due) <= aheadMs &&
        ['due', 'running', 'not-yet-due'].includes(state),
    );
    if (next && current?.state !== 'overdue' && !often.includes(procedure.cadence.every))
      today.upcoming.push(item(next));
  }

  const byDue = (one: TodayItem, other: TodayItem) => compare(dueOf(one), dueOf(other)) || compare(one.id, other.id);
  for (const list of Object.values(today)) list.sort(byDue);
  const open = facts.openRuns.map((row) => shownRun(row, facts.waitingUnits, facts.deadRuns.has(row.id)));
  const forPeople = (run: TodayRun) =>
    run.interrupted || (run.status !== 'running' && !waitsForTime(run, facts.waitingUnits));
  const oldest = isoTime(nowMs - failingDays * 86_400_000);
  return {
    date,
    weekDay: weekDayOf(date),
    workingDay: calendar.isWorkingDay(date) ?? null,
    timeZone,
    at: isoTime(nowMs),
    ...today,
    waiting: open.filter(forPeople),
    failing: lastByRunbook(facts.lasts)
      .filter(({ status, createdAt }) => failed.includes(status) && createdAt >= oldest)
      .map((row) => shownRun(row, [])),
    underWay: open.filter((run) => !forPeople(run)),
    freezes: freezesAhead(facts.freezes, nowMs, aheadMs),
    unknownFrom: firstUnknownDay(calendar, date, horizonDays) ?? null,
    noRunbook: applicable.filter(({ id, byItself }) => !byItself && !facts.runbooks.has(id)).map(({ id }) => id),
    never: applicable.filter(({ id, byItself }) => !byItself && !lasts.has(id)).map(({ id }) => id),
    notApplicable: procedures.flatMap(({ id, notApplicable }) =>
      notApplicable === null ? [] : [{ id, reason: notApplicable }],
    ),
  };
}

/** What comes every day needs no announcement. */
const often: readonly string[] = ['hourly', 'every-shift', 'daily', 'working-days'];

function isWithin(result: PeriodResult | undefined, endMs: number): boolean {
  return result?.due != null && Date.parse(result.due) <= endMs && ['due', 'running'].includes(result.state);
}

function dueOf({ missed, period }: TodayItem): string {
  return missed?.due ?? period?.due ?? '9999';
}

function latestByProcedure(rows: readonly RunRow[], { nowMs, found }: TodayFacts): Map<string, Evidence> {
  const latest = new Map<string, Evidence>();
  for (const row of rows) {
    for (const id of row.procedures) {
      const known = latest.get(id);
      if (!known || known.begun <= row.createdAt) latest.set(id, evidenceOf(asOf(row, nowMs), found));
    }
  }
  return latest;
}

function lastByRunbook(rows: readonly RunRow[]): RunRow[] {
  const latest = new Map<string, RunRow>();
  for (const row of rows) {
    const known = latest.get(row.runbook);
    if (!known || known.createdAt <= row.createdAt) latest.set(row.runbook, row);
  }
  // Work that a command wrote on the spot is nobody's duty.
  return [...latest.values()]
    .filter(({ runbook }) => !isAdHoc(runbook))
    .sort((a, b) => compare(b.createdAt, a.createdAt));
}

function shownRun(row: RunRow, units: readonly JournalRow[], interrupted = false): TodayRun {
  const waits = units
    .filter(({ runId }) => runId === row.id)
    .map(({ step, unit, message, result }) => {
      const next = (result as { next?: string } | null)?.next ?? null;
      return { step, unit, message, next };
    });
  const { id, runbook, procedures, status, requester, createdAt, endedAt, message, wakeAt } = row;
  const command =
    row.kind === 'Rollout'
      ? `oaops patch status ${id}`
      : interrupted || status === 'stopped'
        ? `oaops runs resume ${id}`
        : `oaops runs show ${id}`;
  return {
    run: id,
    runbook,
    procedures,
    status,
    by: requester,
    begun: createdAt,
    ended: endedAt,
    message,
    wakeAt,
    waits,
    interrupted,
    command,
  };
}

/** Nobody has to do anything: it goes on by itself, unless a person was asked. */
function waitsForTime({ run, status, wakeAt }: TodayRun, units: readonly JournalRow[]): boolean {
  if (wakeAt === null) return false;
  if (status === 'stopped') return true;
  const own = units.filter(({ runId }) => runId === run);
  return !own.some(({ result }) => {
    const { question, next } = (result ?? {}) as { question?: unknown; next?: string };
    return question !== undefined || next?.includes('oaops approve') === true;
  });
}

function freezesAhead(freezes: readonly Freeze[], nowMs: number, untilMs: number): Today['freezes'] {
  return freezes
    .filter(({ from, to }) => Date.parse(to) > nowMs && Date.parse(from) < untilMs)
    .map(({ name, from, to, reason }) => ({
      name: name ?? null,
      from: isoTime(Date.parse(from)),
      to: isoTime(Date.parse(to)),
      reason,
      inForce: Date.parse(from) <= nowMs,
    }))
    .sort((a, b) => compare(a.from, b.from));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

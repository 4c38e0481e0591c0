import { type CadenceName, type Period, periodsOf } from '../calendar/cadence.ts';
import { addDays, dayNumber, weekDayOf, weekDays } from '../calendar/dates.ts';
import type { SiteProcedure } from '../calendar/procedures/catalogue.ts';
import type { BothLanguages } from '../calendar/procedures/types.ts';
import type { WorkingCalendar } from '../calendar/working-days.ts';
import { isoTime } from '../core/clock.ts';
import { localClock } from '../core/zoned-time.ts';
import type { CountedRun } from '../record/types.ts';
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
import type { DateRange } from './period-range.ts';

/** One stretch of days as a column of the matrix. */
export interface Column {
  /** `2026-11-20`, `2026-W47`, `2026-11` or `2026`. */
  key: string;
  from: string;
  to: string;
}

/** How often a state came in a column; absent = never. */
export type Counts = Partial<Record<PeriodState, number>>;

export interface ComplianceRow {
  id: string;
  title: BothLanguages;
  /** In the words of the handbook. */
  stated: BothLanguages;
  cadence: CadenceName;
  /** The site has changed the cadence. */
  changed: boolean;
  /** Why it does not apply; then nothing is counted. */
  notApplicable: string | null;
  byItself: boolean;
  counts: Counts;
  /** Periods whose time has come, of which the record can tell: done, late, tried, missed, overdue. */
  due: number;
  /** Of these, carried out: on time or late. */
  done: number;
  /** Runs that were begun in these days: those that carried it out, and the others. */
  runs: { done: number; other: number };
  last: Evidence | null;
  /** By the columns; runs where there are no periods. */
  cells: { counts: Counts; runs: number }[];
  periods: PeriodResult[];
  /** Of what has no dates: its runs in these days, oldest first. */
  evidence: Evidence[];
}

/** What an auditor asks for: each procedure, each time it was due, and what became of it. */
export interface Compliance extends DateRange {
  timeZone: string;
  /** ISO UTC: when it was made, and from when on the record can tell. */
  at: string;
  since: string;
  columns: Column[];
  rows: ComplianceRow[];
}

export interface ComplianceFacts {
  procedures: readonly SiteProcedure[];
  calendar: WorkingCalendar;
  timeZone: string;
  range: DateRange;
  nowMs: number;
  sinceMs: number;
  /** Those that were begun in `runsNeeded`, oldest first. */
  runs: readonly CountedRun[];
  found: Findings;
}

/** States of which the record can tell whether it was done. */
const judged: readonly PeriodState[] = ['on-time', 'late', 'failed', 'missed', 'overdue'];

/** Periods of each procedure in a range of days. */
export function periodsWithin(
  procedures: readonly SiteProcedure[],
  { from, to }: DateRange,
  { calendar, timeZone }: Pick<ComplianceFacts, 'calendar' | 'timeZone'>,
): Map<string, Period[]> {
  const ofCadence = oncePerCadence((cadence) => periodsOf(cadence, { from, to, calendar, timeZone }));
  return new Map(
    procedures.map(({ id, cadence, notApplicable, byItself }) => [
      id,
      notApplicable !== null || byItself ? [] : ofCadence(cadence),
    ]),
  );
}

/** Within which times runs have to be begun to count: windows reach over the edges of the days. */
export function runsNeeded(
  periods: ReadonlyMap<string, readonly Period[]>,
  { from, to }: DateRange,
  timeZone: string,
): { sinceMs: number; untilMs: number } {
  const clock = localClock(timeZone);
  let [sinceMs, untilMs] = [clock.msAt(from, '00:00'), clock.msAt(addDays(to, 1), '00:00')];
  for (const period of [...periods.values()].flat()) {
    sinceMs = Math.min(sinceMs, period.fromMs);
    untilMs = Math.max(untilMs, period.toMs);
  }
  return { sinceMs, untilMs };
}

/** Pure. */
export function makeCompliance(facts: ComplianceFacts, periods: ReadonlyMap<string, readonly Period[]>): Compliance {
  const { range, timeZone, nowMs, sinceMs } = facts;
  const clock = localClock(timeZone);
  const columns = columnsOf(range);
  const edges = columns.map(({ from, to }) => [
    isoTime(clock.msAt(from, '00:00')),
    isoTime(clock.msAt(addDays(to, 1), '00:00')),
  ]);
  const counted = byProcedure(facts.runs);
  const rows = facts.procedures.map((procedure): ComplianceRow => {
    const { id, title, stated, cadence, changed, notApplicable, byItself = false } = procedure;
    const own = notApplicable === null ? (counted.get(id) ?? []).map((run) => asOf(run, nowMs)) : [];
    const results = evaluate(periods.get(id) ?? [], own, facts);
    const inside = own.filter(({ createdAt }) => createdAt >= edges[0]![0]! && createdAt < edges.at(-1)![1]!);
    const well = inside.filter((run) => isDone(run, facts.found));
    const counts = countOf(results);
    const last = well.at(-1);
    return {
      id,
      title,
      stated,
      cadence: cadence.every,
      changed,
      notApplicable,
      byItself,
      counts,
      due: judged.reduce((sum, state) => sum + (counts[state] ?? 0), 0),
      done: (counts['on-time'] ?? 0) + (counts.late ?? 0),
      runs: { done: well.length, other: inside.length - well.length },
      last: last ? evidenceOf(last, facts.found) : null,
      cells: columns.map(({ from, to }, index) => ({
        counts: countOf(results.filter(({ day }) => from <= day && day <= to)),
        runs: well.filter(({ createdAt }) => createdAt >= edges[index]![0]! && createdAt < edges[index]![1]!).length,
      })),
      periods: results,
      evidence: ['event', 'always'].includes(cadence.every) ? inside.map((run) => evidenceOf(run, facts.found)) : [],
    };
  });
  return { ...range, timeZone, at: isoTime(nowMs), since: isoTime(sinceMs), columns, rows };
}

function countOf(results: readonly PeriodResult[]): Counts {
  const counts: Counts = {};
  for (const { state } of results) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Days of a month, weeks of a quarter, months of a year, years. */
function columnsOf({ from, to }: DateRange): Column[] {
  const days = dayNumber(to) - dayNumber(from) + 1;
  const columns: Column[] = [];
  for (let first = from; first <= to; first = addDays(columns.at(-1)!.to, 1)) {
    const last = days <= 31 ? first : days <= 100 ? sundayOf(first) : days <= 1100 ? endOf(first, 7) : endOf(first, 4);
    columns.push({
      key: days <= 100 ? first : first.slice(0, days <= 1100 ? 7 : 4),
      from: first,
      to: last < to ? last : to,
    });
  }
  return columns;
}

function sundayOf(date: string): string {
  return addDays(date, 6 - weekDays.indexOf(weekDayOf(date)));
}

/** The last day whose first `signs` signs are the same: of the month (7) or the year (4). */
function endOf(date: string, signs: number): string {
  let last = date;
  for (let next = addDays(date, 1); next.slice(0, signs) === date.slice(0, signs); next = addDays(next, 1)) last = next;
  return last;
}

/** The state that says most of a cell: what needs an explanation goes before what does not. */
export function worstOf(counts: Counts): PeriodState | undefined {
  const order: readonly PeriodState[] = [
    'missed',
    'failed',
    'overdue',
    'unknown',
    'late',
    'running',
    'due',
    'on-time',
    'not-yet-due',
    'before-record',
    'skipped',
  ];
  return order.find((state) => counts[state] !== undefined);
}

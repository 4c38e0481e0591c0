import type { Cadence, Period } from '../calendar/cadence.ts';
import { isoTime } from '../core/clock.ts';
import type { RunStatus } from '../core/events.ts';
import type { CountedRun } from '../record/types.ts';

/**
 * - `on-time`, `late`: a run that was begun in the period ended well, by or after the time it was due
 * - `failed`: tried, and not done; `missed`: not even tried; the period is over
 * - `overdue`: was due, is not done, and what is done now is late
 * - `due`: can be done now; `running`: a run is under way, or waits; `not-yet-due`: the period has not begun
 * - `skipped`: nothing is due, the day is off; `unknown`: nobody has announced whether the day is worked
 * - `before-record`: it was due before the record began, which therefore can't tell
 */
export const periodStates = [
  'on-time',
  'late',
  'failed',
  'missed',
  'overdue',
  'due',
  'running',
  'not-yet-due',
  'skipped',
  'unknown',
  'before-record',
] as const;
export type PeriodState = (typeof periodStates)[number];

/** A run as evidence. */
export interface Evidence {
  run: string;
  runbook: string;
  status: RunStatus;
  by: string;
  /** ISO UTC. */
  begun: string;
  ended: string | null;
  /** An inspection or review that was made to its end and found something: carried out, though its run did not end well. */
  findings?: true;
}

/** How one period of a procedure stands. */
export interface PeriodResult {
  key: string;
  /** Date it is counted on. */
  day: string;
  /** ISO UTC; `due` is null when the calendar does not say, or nothing is due. */
  from: string;
  to: string;
  due: string | null;
  state: PeriodState;
  /** The day that decides, of `skipped` and `unknown`. */
  because: string | null;
  /** The run by which it was done: of several the one that ended first. */
  done: Evidence | null;
  /** Runs of the period that did not end well, or have not ended, oldest first. */
  attempts: Evidence[];
}

const open: readonly RunStatus[] = ['running', 'waiting', 'stopped', 'unknown'];

/** A run as it was at a moment: what ended later had not ended then. */
export function asOf(run: CountedRun, nowMs: number): CountedRun {
  if (run.endedAt === null || Date.parse(run.endedAt) <= nowMs) return run;
  return { ...run, status: 'running', endedAt: null };
}

/** Runs of inspections and of account reviews that were made to their end, whatever they found, by their ids. */
export type Findings = ReadonlySet<string>;

export function evidenceOf(
  { id, runbook, status, requester, createdAt, endedAt }: CountedRun,
  found: Findings = new Set(),
): Evidence {
  const common = { run: id, runbook, status, by: requester, begun: createdAt, ended: endedAt };
  return found.has(id) && isWithFindings(status) ? { ...common, findings: true } : common;
}

/** Whether a run has carried out what it was for. */
export function isDone({ id, status, endedAt }: CountedRun, found: Findings): boolean {
  return endedAt !== null && (status === 'ok' || (isWithFindings(status) && found.has(id)));
}

function isWithFindings(status: RunStatus): boolean {
  return status === 'failed' || status === 'incomplete';
}

/**
 * Each period with the runs that were begun in it. Pure.
 * @param runs those that count for the procedure, oldest first
 * @param sinceMs the record, or the duty to keep it, began here
 */
export function evaluate(
  periods: readonly Period[],
  runs: readonly CountedRun[],
  { nowMs, sinceMs, found }: { nowMs: number; sinceMs: number; found: Findings },
): PeriodResult[] {
  if (periods.length === 0) return [];
  // Times of the record sort as texts: thousands of runs need not be read as numbers.
  return periods.map((period) => {
    const { key, day, fromMs, toMs, dueMs, because } = period;
    const [from, to] = [isoTime(fromMs), isoTime(toMs)];
    const inside = runs.slice(firstFrom(runs, from), firstFrom(runs, to)).map((run) => asOf(run, nowMs));
    const well = inside.filter((run) => isDone(run, found));
    const done = well.reduce<CountedRun | undefined>(
      (first, run) => (first === undefined || run.endedAt! < first.endedAt! ? run : first),
      undefined,
    );
    return {
      key,
      day,
      from,
      to,
      due: dueMs === null ? null : isoTime(dueMs),
      state: stateOf(period, inside, done, nowMs, sinceMs),
      because: because ?? null,
      done: done ? evidenceOf(done, found) : null,
      attempts: inside.filter((run) => !isDone(run, found)).map((run) => evidenceOf(run)),
    };
  });
}

function stateOf(
  { state, fromMs, toMs, dueMs }: Period,
  inside: readonly CountedRun[],
  done: CountedRun | undefined,
  nowMs: number,
  sinceMs: number,
): PeriodState {
  if (state !== 'due' || dueMs === null) return state === 'skipped' ? 'skipped' : 'unknown';
  if (done) return Date.parse(done.endedAt!) <= dueMs ? 'on-time' : 'late';
  if (dueMs <= sinceMs) return 'before-record';
  if (nowMs < fromMs) return 'not-yet-due';
  const underWay = inside.some(({ status }) => open.includes(status));
  if (nowMs < dueMs) return underWay ? 'running' : 'due';
  // What was begun in time can still be brought to an end, late.
  if (nowMs < toMs || underWay) return 'overdue';
  return inside.length > 0 ? 'failed' : 'missed';
}

/** Index of the first run that was asked for at this time or later. */
function firstFrom(runs: readonly CountedRun[], time: string): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.createdAt < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Most procedures share a few cadences: the periods of each are worked out once. */
export function oncePerCadence(periodsOf: (cadence: Cadence) => Period[]): (cadence: Cadence) => Period[] {
  const known = new Map<string, Period[]>();
  return (cadence) => {
    const key = JSON.stringify(cadence);
    const periods = known.get(key) ?? periodsOf(cadence);
    known.set(key, periods);
    return periods;
  };
}

/** Runs by the procedures they count for. */
export function byProcedure(runs: readonly CountedRun[]): Map<string, CountedRun[]> {
  const found = new Map<string, CountedRun[]>();
  for (const run of runs) {
    for (const id of new Set(run.procedures)) {
      const list = found.get(id);
      if (list) list.push(run);
      else found.set(id, [run]);
    }
  }
  return found;
}

import { carriedOutTopic } from '../accounts/record/audits.ts';
import type { App } from '../app.ts';
import type { Period } from '../calendar/cadence.ts';
import { addDays } from '../calendar/dates.ts';
import { requireNearDate } from '../calendar/month.ts';
import { siteProcedures } from '../calendar/procedures/catalogue.ts';
import { isoTime } from '../core/clock.ts';
import { localClock, localTimeZone } from '../core/zoned-time.ts';
import { type ReportFact, reportTopic } from '../inspect/record.ts';
import type { CountedRun, RunReports, RunRow } from '../record/types.ts';
import { makeToday, periodsToday, type Today } from '../report/today.ts';
import { listRunbooks } from '../runbook/library.ts';
import { calendarOf } from './calendar.ts';

/**
 * What is due, from the record and the headers of the runbooks. Of another date: as it was when that day ended, or will be when it begins.
 * @throws OaopsError `date-invalid` (exit 2)
 */
export async function today(app: App, wanted: string | undefined): Promise<Today> {
  if (wanted !== undefined) requireNearDate(wanted);
  const { settings } = await app.config();
  const timeZone = settings.timeZone ?? localTimeZone();
  const clock = localClock(timeZone);
  const present = clock.at(app.clock.nowMs()).date;
  const date = wanted ?? present;
  const nowMs =
    date === present
      ? app.clock.nowMs()
      : date > present
        ? clock.msAt(date, '00:00')
        : clock.msAt(addDays(date, 1), '00:00') - 1;
  const procedures = siteProcedures(settings.procedures);
  const calendar = calendarOf(settings, app.stateDir);
  const { reports, runs, locks } = await app.record();
  // Also today: a clock that was ahead can have left runs that hide what was done last.
  const until = isoTime(nowMs + 1);
  const open = date === present ? await runs.list({ status: ['running', 'waiting', 'stopped', 'unknown'] }) : [];
  // A run whose process is gone says that it runs until somebody goes on with it.
  const held = open.some(({ status }) => status === 'running') ? await locks.list() : [];
  const isAlive = ({ id }: RunRow) => held.some((row) => row.name === `run:${id}` && locks.stateOf(row) !== 'gone');
  const periods = periodsToday(procedures, { calendar, timeZone, date });
  const lasts = await reports.lastOfEach({ until });
  const oldest = Math.min(
    nowMs,
    ...[...periods.values()].flatMap((each) => each.slice(0, 1).map(({ fromMs }) => fromMs)),
  );
  return makeToday({
    found: await findingsSince(app, oldest),
    procedures,
    calendar,
    timeZone,
    date,
    nowMs,
    sinceMs: await recordSince(app, timeZone),
    periods,
    runs: await runsWithin(reports, periods, lasts, { dayStartMs: clock.msAt(date, '00:00'), until }),
    lasts,
    lastsWell: await reports.lastOfEach({ status: ['ok'], until }),
    openRuns: open,
    deadRuns: new Set(open.filter((row) => row.status === 'running' && !isAlive(row)).map(({ id }) => id)),
    waitingUnits: await reports.waitingUnits(open.filter(({ status }) => status === 'waiting').map(({ id }) => id)),
    runbooks: await runbooksByProcedure(app),
    freezes: settings.calendar?.freezes ?? [],
  });
}

/** Runs of the last days, and older ones of procedures that are due so rarely that they still count: not a year of hourly backups. */
async function runsWithin(
  reports: RunReports,
  periods: ReadonlyMap<string, readonly Period[]>,
  lasts: readonly RunRow[],
  { dayStartMs, until }: { dayStartMs: number; until: string },
): Promise<CountedRun[]> {
  const recentMs = dayStartMs - 3 * 86_400_000;
  const neededFromMs = (ids: readonly string[]) =>
    Math.min(
      recentMs,
      ...ids.flatMap(
        (id) =>
          periods
            .get(id)
            ?.slice(0, 1)
            .map(({ fromMs }) => fromMs) ?? [],
      ),
    );
  const older = [...new Map(lasts.map(({ procedures }) => [procedures.join(), procedures])).values()].filter(
    (ids) => neededFromMs(ids) < recentMs,
  );
  const recent = isoTime(recentMs);
  const since = isoTime(neededFromMs([...periods.keys()]));
  return [
    ...(await reports.counted({ since, until: recent, procedures: older })),
    ...(await reports.counted({ since: recent, until })),
  ];
}

/** When the duty to show evidence began: as configured, else with the first run of the record, else now. */
export async function recordSince(app: App, timeZone: string): Promise<number> {
  const { complianceSince } = (await app.config()).settings;
  if (complianceSince !== undefined) return localClock(timeZone).msAt(complianceSince, '00:00');
  const first = await (await app.record()).reports.firstRunAt();
  return first === undefined ? app.clock.nowMs() : Date.parse(first);
}

/** Inspections that were made to their end and found something wrong, and account reviews that were made to theirs. */
export async function findingsSince(app: App, sinceMs: number): Promise<Set<string>> {
  const { facts } = await app.record();
  const since = isoTime(sinceMs);
  const reports = await facts.list(reportTopic, { since });
  const reviews = await facts.list(carriedOutTopic, { since });
  return new Set([
    ...reports.map(({ body }) => body as ReportFact).flatMap(({ run, verdict }) => (verdict === 'fail' ? [run] : [])),
    ...reviews.map(({ key }) => key),
  ]);
}

/** Names of the runbooks that count for each procedure, by their headers. */
export async function runbooksByProcedure(app: App): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { name, procedures, shadowedBy } of listRunbooks(await app.runbookFolders())) {
    if (name === '' || shadowedBy !== undefined) continue;
    for (const id of procedures ?? []) found.set(id, [...(found.get(id) ?? []), name]);
  }
  return found;
}

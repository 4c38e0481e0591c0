import type { App } from '../app.ts';
import { isoTime } from '../core/clock.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { dateIn, localTimeZone } from '../core/zoned-time.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import type { RunEnd } from '../engine/run/outcome.ts';
import { assemble, type InspectionReport } from '../inspect/assemble.ts';
import { compareReports, type Difference } from '../inspect/compare.ts';
import { type Trends, trendKey } from '../inspect/formats/html.ts';
import {
  comparable,
  previousOf,
  type ReportFact,
  reportsOf,
  resultsOf,
  type Verdict,
  waiversOf,
} from '../inspect/record.ts';
import type { Measure } from '../inspect/types.ts';
import type { RunRow } from '../record/types.ts';
import { listRunbooks } from '../runbook/library.ts';
import type { LocalizedText } from '../runbook/types.ts';
import { type PreparedPlan, preparePlan, startRun } from './run-command.ts';

const kind = 'Inspection';
/** Runs that a trend looks back on. */
const trendRuns = 30;

/** The plan of an inspection. @throws OaopsError `not-an-inspection` (exit 2) for a runbook of another kind */
export async function prepareInspection(app: App, given: Parameters<typeof preparePlan>[1]): Promise<PreparedPlan> {
  const prepared = await preparePlan(app, given);
  refuseOther(prepared.plan.runbook.name, prepared.plan.runbook.kind);
  return prepared;
}

/** Runs an inspection; the report is that of everything it has found, also when it waits or was stopped. */
export async function runInspection(
  app: App,
  prepared: PreparedPlan,
  show: Parameters<typeof startRun>[2],
): Promise<{ end: RunEnd; report: InspectionReport }> {
  const end = await startRun(app, prepared, show);
  return { end, report: (await loadReport(app, end.run)).report };
}

/**
 * A run by its id, the newest one of an inspection by its name, or `latest`.
 * @throws OaopsError `run-not-found`, `not-an-inspection` (exit 2)
 */
export async function inspectionRun(app: App, ref: string): Promise<RunRow> {
  const { runs } = await app.record();
  const [named] = await runs.list({ kind, limit: 1, ...(ref === 'latest' ? {} : { runbook: ref }) });
  if (named) return named;
  if (ref === 'latest')
    throw usageError('run-not-found', 'there has been no inspection yet', {
      next: 'Start one with "oaops inspect run".',
    });
  const row = await runs.resolve(ref).catch((error: unknown) => {
    if (!(error instanceof OaopsError) || error.code !== 'run-not-found') throw error;
    throw usageError('run-not-found', `there is no inspection "${ref}" that has run, and no run of this id`, {
      next: 'See "oaops inspect list".',
      cause: error,
    });
  });
  refuseOther(row.runbook, row.kind);
  return row;
}

/** The report of a run, as far as it has come; of one that has its verdict, as it was then. @throws as `inspectionRun` */
export async function loadReport(app: App, ref: string): Promise<{ row: RunRow; report: InspectionReport }> {
  const row = await inspectionRun(app, ref);
  const { runs, facts } = await app.record();
  const plan = (await runs.plan(row.id)) as Plan;
  const reports = await reportsOf(facts, row.runbook, comparable);
  const index = reports.findIndex(({ run }) => run === row.id);
  const own = reports[index];
  const earlier = index >= 0 ? reports.slice(index + 1) : reports.filter(({ at }) => at < row.createdAt);
  const at = own?.at ?? row.endedAt ?? isoTime(app.clock.nowMs());
  const timeZone = (await app.config()).settings.timeZone ?? localTimeZone();
  const report = assemble(plan, await resultsOf(facts, row.id), {
    run: row.id,
    at,
    today: dateIn(timeZone, Date.parse(at)),
    waivers: await waiversOf(facts, row.runbook, at),
    previous: previousOf(earlier),
    under: row.endedAt === null,
  });
  return { row, report };
}

/** Exit code for a report: what the table says, whatever the run itself ended with. */
export function reportExitCode({ verdict }: Pick<InspectionReport, 'verdict'>): ExitCode {
  const codes: Record<Verdict, ExitCode> = {
    pass: ExitCode.success,
    warn: ExitCode.success,
    pending: ExitCode.waiting,
    error: ExitCode.incomplete,
    fail: ExitCode.failed,
  };
  return codes[verdict];
}

export interface ListedInspection {
  name: string;
  version: string;
  title: LocalizedText | null;
  /** Of its newest verdict. */
  verdict: Verdict | null;
  at: string | null;
  run: string | null;
  /** Its newest run waits, or goes on. */
  open: string | null;
}

/** Every inspection of the library, and those that only the record knows. */
export async function listInspections(app: App): Promise<ListedInspection[]> {
  const { runs, facts } = await app.record();
  const found = new Map<string, Pick<ListedInspection, 'name' | 'version' | 'title'>>();
  for (const entry of listRunbooks(await app.runbookFolders()))
    if (entry.kind === kind && entry.shadowedBy === undefined && entry.name)
      found.set(entry.name, { name: entry.name, version: entry.version ?? '', title: entry.title ?? null });
  for (const { runbook, version } of await runs.list({ kind, limit: 1000 }))
    if (!found.has(runbook)) found.set(runbook, { name: runbook, version, title: null });
  const rows = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(
    rows.map(async (row) => {
      const [last] = await reportsOf(facts, row.name, 1);
      const [newest] = await runs.list({ kind, runbook: row.name, limit: 1 });
      return {
        ...row,
        verdict: last?.verdict ?? null,
        at: last?.at ?? null,
        run: last?.run ?? null,
        open: newest && newest.endedAt === null ? newest.id : null,
      };
    }),
  );
}

/** A verdict of the past. */
export interface PastVerdict {
  run: string;
  at: string;
  version: string;
  verdict: Verdict;
  counts: ReportFact['counts'];
}

/** A figure of one check on one host over its runs, oldest first. */
export interface Trend {
  check: string;
  host: string;
  measure: string;
  unit: Measure['unit'];
  values: (number | null)[];
}

/** Verdicts, newest first, and the figures of the newest run over the last runs. @throws OaopsError `inspection-unknown`, `check-unknown` (exit 2) */
export async function inspectionHistory(
  app: App,
  inspection: string,
  only: { check?: string | undefined; host?: string | undefined; limit: number },
): Promise<{ verdicts: PastVerdict[]; trends: Trend[] }> {
  const { facts } = await app.record();
  const reports = await reportsOf(facts, inspection, only.limit);
  if (reports.length === 0)
    throw usageError('inspection-unknown', `the record has no verdict of an inspection "${inspection}"`, {
      next: 'See "oaops inspect list".',
    });
  const verdicts = reports.map(({ run, at, version, verdict, counts }) => ({ run, at, version, verdict, counts }));
  return { verdicts, trends: await trendsOf(app, reports.slice(0, trendRuns).reverse(), only) };
}

async function trendsOf(
  app: App,
  reports: readonly ReportFact[],
  only: { check?: string | undefined; host?: string | undefined },
): Promise<Trend[]> {
  const { facts } = await app.record();
  const byRun = await Promise.all(reports.map(({ run }) => resultsOf(facts, run, only.host)));
  const newest = byRun.at(-1) ?? [];
  const figures = byRun.map(
    (results) =>
      new Map(
        results.flatMap(({ check, host, measures }) =>
          measures.map(({ name, value }) => [trendKey(check, host, name), value] as const),
        ),
      ),
  );
  const checks = [...new Set(newest.map(({ check }) => check))];
  if (only.check !== undefined && !checks.includes(only.check))
    throw usageError('check-unknown', `the newest run has no check "${only.check}"`, {
      next: `Its checks: ${checks.join(', ')}.`,
    });
  return newest
    .filter(({ check }) => only.check === undefined || check === only.check)
    .toSorted((a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }))
    .flatMap(({ check, host, measures }) =>
      measures.map(({ name, unit }) => ({
        check,
        host,
        measure: name,
        unit,
        values: figures.map((run) => run.get(trendKey(check, host, name)) ?? null),
      })),
    );
}

/** The figures that a page draws beside those of a run. */
export async function reportTrends(app: App, report: InspectionReport): Promise<Trends> {
  const { facts } = await app.record();
  const reports = await reportsOf(facts, report.inspection, comparable);
  const from = reports.findIndex(({ run }) => run === report.run);
  const back = reports.slice(Math.max(0, from), Math.max(0, from) + trendRuns).reverse();
  const trends = await trendsOf(app, back, {});
  return new Map(trends.map(({ check, host, measure, values }) => [trendKey(check, host, measure), values]));
}

/** @throws OaopsError `not-an-inspection` (exit 2) */
function refuseOther(name: string, found: string): void {
  if (found === kind) return;
  throw usageError('not-an-inspection', `${name} is a runbook of kind ${found}, not an inspection`, {
    next: 'See "oaops inspect list".',
  });
}

/**
 * Two runs side by side; with one name, the newest two verdicts of an inspection.
 * @throws OaopsError `runs-too-few` (exit 2), and as `inspectionRun`
 */
export async function compareRuns(
  app: App,
  first: string,
  second: string | undefined,
): Promise<{ before: string; after: string; differences: Difference[] }> {
  let pair = [first, second];
  if (second === undefined) {
    const { runbook } = await inspectionRun(app, first);
    const [newest, older] = await reportsOf((await app.record()).facts, runbook, 2);
    if (!newest || !older)
      throw usageError('runs-too-few', `${runbook} has fewer than two verdicts`, {
        next: 'Name two runs, or run it again.',
      });
    pair = [older.run, newest.run];
  }
  const [before, after] = await Promise.all(pair.map((ref) => loadReport(app, ref!)));
  return {
    before: before!.row.id,
    after: after!.row.id,
    differences: compareReports(before!.report, after!.report),
  };
}

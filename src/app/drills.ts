import { drillLine } from '../actions/drill-restore.ts';
import type { App } from '../app.ts';
import type { DrillResult } from '../backup/drill/drill.ts';
import { drillTopic } from '../backup/drill/state.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import { sparkline } from '../core/sparkline.ts';
import { count, formatDuration, formatSize } from '../core/units.ts';
import type { PreparedPlan } from './run-command.ts';

/** One drill of the past. */
export interface PastDrill {
  /** `restore`, `stock-path` or `switchover`. */
  kind: string;
  at: string;
  runbook: string;
  run: string;
  verdict: string;
  sabotage: string;
  location: string;
  snapshot: string | null;
  rtoMs: number | null;
  rpoMs: number | null;
  /** For people. */
  rto: string;
  rpo: string;
  reasons: string[];
}

/** Drills of the record, newest first. */
export async function drillHistory(app: App, runbook: string | undefined, limit: number): Promise<PastDrill[]> {
  const { facts } = await app.record();
  const rows = await facts.list(drillTopic, { ...(runbook ? { key: runbook } : {}), limit, newestFirst: true });
  return rows.map(({ key, at, body }) => {
    const drill = body as Omit<PastDrill, 'at' | 'runbook' | 'rto' | 'rpo'>;
    // Drills of before there were kinds.
    const kind = drill.kind ?? 'restore';
    const { run, verdict, sabotage, location, snapshot, rtoMs, rpoMs, reasons } = drill;
    const shown = (ms: number | null) => (ms === null ? '-' : formatDuration(ms));
    const facts = { kind, run, verdict, sabotage, location, snapshot, rtoMs, rpoMs, reasons };
    return { at, runbook: key, ...facts, rto: shown(rtoMs), rpo: shown(rpoMs) };
  });
}

/** How the drills of one runbook went over time, oldest first; sabotaged ones are left out. */
export interface DrillTrend {
  runbook: string;
  drills: number;
  passed: number;
  /** One sign per drill. */
  verdicts: string;
  rto: Curve;
  rpo: Curve;
}

export interface Curve {
  /** Milliseconds; null where it was not reached. */
  values: (number | null)[];
  line: string;
  /** Middle of all that were reached, and the newest of them beside it, in percent: +20 = a fifth longer. */
  medianMs: number | null;
  lastVersusMedian: number | null;
}

/** Trends by runbook; `drills` as `drillHistory` gives them, newest first. */
export function drillTrends(drills: readonly PastDrill[]): DrillTrend[] {
  const byRunbook = Map.groupBy(
    drills.filter(({ sabotage }) => sabotage === 'none'),
    ({ runbook }) => runbook,
  );
  return [...byRunbook].map(([runbook, newestFirst]) => {
    const inTime = newestFirst.toReversed();
    const sign: Record<string, string> = { pass: '+', partial: '~', fail: 'x' };
    return {
      runbook,
      drills: inTime.length,
      passed: inTime.filter(({ verdict }) => verdict === 'pass').length,
      verdicts: inTime.map(({ verdict }) => sign[verdict] ?? '?').join(''),
      rto: curveOf(inTime.map(({ rtoMs }) => rtoMs)),
      rpo: curveOf(inTime.map(({ rpoMs }) => rpoMs)),
    };
  });
}

function curveOf(values: (number | null)[]): Curve {
  const reached = values.filter((value) => value !== null);
  const sorted = reached.toSorted((a, b) => a - b);
  const medianMs = sorted[sorted.length >> 1] ?? null;
  const last = values.at(-1) ?? null;
  const lastVersusMedian = last === null || !medianMs ? null : Math.round((last / medianMs - 1) * 100);
  return { values, line: sparkline(values), medianMs, lastVersusMedian };
}

/** Trends for people, two lines each. */
export function trendText(trends: readonly DrillTrend[]): string {
  const told = (name: string, { line, medianMs, lastVersusMedian }: Curve) =>
    `  ${name} ${line}  ${medianMs === null ? 'never reached' : `median ${formatDuration(medianMs)}${lastVersusMedian === null ? '' : `, last ${lastVersusMedian >= 0 ? '+' : ''}${lastVersusMedian} %`}`}`;
  return trends
    .flatMap(({ runbook, drills, passed, verdicts, rto, rpo }) => [
      `${runbook}: ${passed} of ${count(drills, 'drill')} passed  ${verdicts.slice(-40)}`,
      told('RTO', rto),
      told('RPO', rpo),
    ])
    .join('\n');
}

/** The end of a drill for people; undefined when the run came to no verdict. */
export async function drillSummary(app: App, run: string, runbook: string): Promise<string | undefined> {
  const { facts } = await app.record();
  const rows = await facts.list(drillTopic, { key: runbook, limit: 10, newestFirst: true });
  const result = rows.map(({ body }) => body as DrillResult & { run: string }).find((body) => body.run === run);
  if (!result) return undefined;
  const { compared, checks, phases } = result;
  const passed = checks.filter((check) => check.passed).length;
  const times = Object.entries(phases).map(([name, ms]) => `${name.replace(/Ms$/, '')} ${formatDuration(ms)}`);
  return [
    `verdict: ${drillLine(result)}`,
    `  restored ${count(result.files, 'file')} (${formatSize(result.bytes)}) of ${result.snapshot ?? 'no snapshot'} from ${result.location}`,
    ...(compared
      ? [`  compared ${count(compared.files, 'file')} with the manifest, different: ${compared.different}`]
      : []),
    ...(checks.length > 0 ? [`  smoke checks passed: ${passed} of ${checks.length}`] : []),
    `  ${times.join(', ')}`,
    `  evidence: oaops runs evidence ${run} --out drill-evidence.tar`,
  ].join('\n');
}

/** @throws OaopsError `kind-differs` (exit 2) when the runbook is of another kind */
export function requireKind(prepared: PreparedPlan, kind: string): PreparedPlan {
  const { runbook } = prepared.plan;
  if (runbook.kind === kind) return prepared;
  throw usageError('kind-differs', `${runbook.name} is a ${runbook.kind}, not a ${kind}`, {
    next: `Run it with "oaops run ${runbook.name}", or name a runbook of kind ${kind}.`,
  });
}

/** The last drills of the record for `backup doctor`; undefined when it cannot be read. */
export async function drillFacts(app: App): Promise<PastDrill[] | undefined> {
  try {
    return await drillHistory(app, undefined, 200);
  } catch (error) {
    if (error instanceof OaopsError) return undefined;
    throw error;
  }
}

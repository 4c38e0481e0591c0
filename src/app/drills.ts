import { drillLine, drillTopic } from '../actions/drill-restore.ts';
import type { App } from '../app.ts';
import type { DrillResult } from '../backup/drill/drill.ts';
import { usageError } from '../core/errors.ts';
import { count, formatDuration, formatSize } from '../core/units.ts';
import type { PreparedPlan } from './run-command.ts';

/** One drill of the past. */
export interface PastDrill {
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
    const { run, verdict, sabotage, location, snapshot, rtoMs, rpoMs, reasons } = drill;
    const shown = (ms: number | null) => (ms === null ? '-' : formatDuration(ms));
    const facts = { run, verdict, sabotage, location, snapshot, rtoMs, rpoMs, reasons };
    return { at, runbook: key, ...facts, rto: shown(rtoMs), rpo: shown(rpoMs) };
  });
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

import type { InspectionReport, ReportedResult } from './assemble.ts';
import type { CheckState } from './types.ts';

/** One check on one host in two runs; null where it was not looked at. */
export interface Difference {
  check: string;
  host: string;
  before: CheckState | null;
  after: CheckState | null;
  message: string;
  /** Details that the other one does not have. */
  gone: string[];
  come: string[];
}

/** What is otherwise in the second report: states, and what their details name. In the order of the second, then what is gone. */
export function compareReports(before: InspectionReport, after: InspectionReport): Difference[] {
  const old = byKey(before);
  const now = byKey(after);
  const found: Difference[] = [];
  for (const [key, result] of now) {
    const was = old.get(key);
    const gone = (was?.details ?? []).filter((line) => !result.details.includes(line));
    const come = result.details.filter((line) => !(was?.details ?? []).includes(line));
    if (was?.state === result.state && gone.length + come.length === 0) continue;
    const { check, host, state, message } = result;
    found.push({ check, host, before: was?.state ?? null, after: state, message, gone, come });
  }
  for (const [key, { check, host, state, message, details }] of old)
    if (!now.has(key)) found.push({ check, host, before: state, after: null, message, gone: details, come: [] });
  return found;
}

function byKey(report: InspectionReport): Map<string, ReportedResult> {
  const results = report.sections.flatMap((section) => section.results);
  return new Map(results.map((result) => [JSON.stringify([result.check, result.host]), result]));
}

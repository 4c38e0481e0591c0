import { type InspectionReport, isBad, type ReportedResult } from './assemble.ts';

/** One line: `fail: 2 of 120 checks failed, 1 could not be judged, 3 new (daily)`. */
export function summaryLine(report: InspectionReport): string {
  const { counts, verdict } = report;
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  const failed = counts.fail + counts['manual-failed'];
  const parts = [`${total} checks`];
  const add = (count: number, word: string) => void (count > 0 && parts.push(`${count} ${word}`));
  add(failed, 'failed');
  add(counts.error, 'could not be judged');
  add(counts['manual-pending'], 'not signed');
  add(counts.warn, 'with a warning');
  add(counts.waived, 'waived');
  add(counts.skipped, 'skipped');
  add(report.new ?? 0, 'new');
  return `${report.inspection}: ${verdict}; ${parts.join(', ')}`;
}

/** One line for each result that somebody should look at, the worst first. */
export function troubleLines(report: InspectionReport, most = 50): string[] {
  const all = report.sections.flatMap(({ results }) => results);
  const told = all.filter(({ state }) => isBad(state) || state === 'warn');
  const lines = told.sort((a, b) => rank(a) - rank(b)).map(lineOf);
  return lines.length <= most ? lines : [...lines.slice(0, most), `... and ${lines.length - most} more`];
}

function lineOf({ host, check, state, message, new: isNew }: ReportedResult): string {
  return `${state}${isNew ? ' (new)' : ''} ${host} ${check}: ${message}`;
}

function rank({ state }: ReportedResult): number {
  return state === 'warn' ? 2 : state === 'error' ? 1 : 0;
}

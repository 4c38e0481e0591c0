import { type InspectionReport, isBad, type ReportedResult } from './assemble.ts';

/** One line: `daily: fail; 120 checks, 2 of them failed, 1 could not be judged, 3 new`. */
export function summaryLine(report: InspectionReport, say = (english: string) => english): string {
  const { counts, verdict } = report;
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  const failed = counts.fail + counts['manual-failed'];
  const unsigned = counts['manual-pending'];
  const isNew = report.new ?? 0;
  const parts = [
    `${total} checks`,
    ...(failed > 0 ? [`${failed} of them failed`] : []),
    ...(counts.error > 0 ? [`${counts.error} could not be judged`] : []),
    ...(unsigned > 0 ? [`${unsigned} not signed off`] : []),
    ...(counts.warn > 0 ? [`${counts.warn} with a warning`] : []),
    ...(counts.waived > 0 ? [`${counts.waived} waived`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    ...(isNew > 0 ? [`${isNew} new`] : []),
  ];
  // The name is nobody's word to translate.
  return `${report.inspection}: ${say(`${verdict}; ${parts.join(', ')}`)}`;
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

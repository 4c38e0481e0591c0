import { oneLine } from '../../core/plain-text.ts';
import type { InspectionReport, ReportedResult } from '../assemble.ts';
import { resultsOf, signLine, waiverLine } from './report-words.ts';

/** TAP 14 (testanything.org): a line for each check on each host, a YAML block for what is not all right. */
export function tapReport(report: InspectionReport): string {
  const all = resultsOf(report);
  const lines = ['TAP version 14', `1..${all.length}`];
  for (const [index, { section, result }] of all.entries()) {
    const { state, check, host, message } = result;
    const good = !['fail', 'manual-failed', 'error', 'manual-pending'].includes(state);
    const directive = directiveOf(result);
    // A # would begin a directive.
    const text = escapeTap(`${section} ${host} ${check}: ${message}`);
    lines.push(`${good ? 'ok' : 'not ok'} ${index + 1} - ${text}${directive}`);
    if (good && state !== 'warn') continue;
    const details = result.details.map((line) => `    - ${quoted(line)}`);
    const signed = signLine(result);
    lines.push('  ---', `  state: ${state}`, `  severity: ${result.severity}`);
    if (details.length > 0) lines.push('  details:', ...details);
    if (result.next !== undefined) lines.push(`  next: ${quoted(result.next)}`);
    if (signed !== undefined) lines.push(`  signed: ${quoted(signed)}`);
    lines.push('  ...');
  }
  return `${lines.join('\n')}\n`;
}

function directiveOf(result: ReportedResult): string {
  const { state, message } = result;
  if (state === 'skipped' || state === 'not-applicable') return ` # SKIP ${escapeTap(message)}`;
  if (state === 'waived') return ` # SKIP ${escapeTap(waiverLine(result) ?? 'waived')}`;
  return '';
}

/** A JSON text is one of YAML too. */
function quoted(text: string): string {
  return JSON.stringify(oneLine(text));
}

function escapeTap(text: string): string {
  return oneLine(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}

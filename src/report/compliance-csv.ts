import type { Compliance } from './compliance.ts';
import { complianceWords, momentOf, timeIn } from './compliance-words.ts';
import type { Evidence } from './evaluate.ts';

/**
 * One line for each period, run without dates, and procedure that has neither: RFC 4180. A spreadsheet takes no name for a
 * formula.
 */
export function complianceCsv(report: Compliance, lang: string): string {
  const words = complianceWords(lang);
  const lines: string[][] = [
    [
      words.id,
      words.procedure,
      words.cadence,
      words.period,
      words.due,
      words.state,
      words.ended,
      words.by,
      words.run,
      words.runbook,
      words.attempts,
      words.reason,
    ],
  ];
  const seen = (run: Evidence | null) =>
    run === null ? ['', '', '', ''] : [timeIn(report, momentOf(run)), run.by, run.run, run.runbook];
  for (const row of report.rows) {
    const head = [row.id, words.in(row.title), words.cadenceOf(row)];
    for (const { key, due, state, done, attempts, because } of row.periods) {
      const tried = attempts.map(({ run, status }) => `${run} ${status}`).join('; ');
      const reason = [words.because(state, because), done?.findings ? words.findings : ''].filter(Boolean).join('; ');
      lines.push([
        ...head,
        key,
        due === null ? '' : timeIn(report, due, true),
        words.stateOf(state),
        ...seen(done),
        tried,
        reason,
      ]);
    }
    for (const run of row.evidence) lines.push([...head, '', '', run.status, ...seen(run), '', words.noDates]);
    if (row.periods.length === 0 && row.evidence.length === 0) {
      const why = row.notApplicable ?? (row.byItself ? words.byItself : words.noDates);
      lines.push([...head, '', '', row.notApplicable === null ? '' : words.notApplicable, ...seen(null), '', why]);
    }
  }
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

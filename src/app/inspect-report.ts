import { extname, resolve } from 'node:path';
import type { App } from '../app.ts';
import type { Column } from '../cli/render/table.ts';
import { writeFileDurable } from '../core/durable-file.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import { localText } from '../engine/plan/plan-text.ts';
import type { InspectionReport, ReportedResult } from '../inspect/assemble.ts';
import { formatReport, type ReportFormat } from '../inspect/formats/format.ts';
import { nagiosCodes } from '../inspect/formats/nagios.ts';
import { signLine, type Told, waiverLine } from '../inspect/formats/report-words.ts';
import { summaryLine } from '../inspect/summary.ts';
import type { CheckState } from '../inspect/types.ts';
import { reportExitCode, reportTrends } from './inspect.ts';

/** What a command does with a report: how it is told, and where it goes. */
export interface ReportRequest {
  format: ReportFormat;
  out: string | undefined;
  /** All results, not only those that are not all right. */
  all: boolean;
}

const endings: Record<string, ReportFormat> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'markdown',
  '.xml': 'junit',
  '.tap': 'tap',
  '.prom': 'prometheus',
  '.json': 'json',
};

/** The format for a file: the one that is asked for, else that of its ending. */
export function fileFormat({ format, out }: Pick<ReportRequest, 'format' | 'out'>): ReportFormat {
  return format === 'text' && out !== undefined ? (endings[extname(out).toLowerCase()] ?? 'text') : format;
}

/**
 * The report for standard output, and its exit code; with `out` it goes into that file and only its summary is given. Metrics are readable for
 * the collector; everything else is the user's own. @throws OaopsError `report-not-written`
 */
export async function tellReport(
  app: App,
  report: InspectionReport,
  request: ReportRequest,
  told: Told & { table: (columns: readonly Column[], rows: string[][]) => string },
): Promise<{ text: string; exitCode: ExitCode }> {
  const format = fileFormat(request);
  const exitCode = format === 'nagios' ? nagiosCodes[report.verdict] : reportExitCode(report);
  const trends = format === 'html' ? await reportTrends(app, report) : undefined;
  const text =
    format === 'text'
      ? reportText(report, request.all, told)
      : formatReport(report, format, { ...told, ...(trends ? { trends } : {}) });
  if (request.out === undefined) return { text, exitCode };
  const file = resolve(request.out);
  try {
    writeFileDurable(file, text.endsWith('\n') ? text : `${text}\n`, format === 'prometheus' ? 0o644 : 0o600);
  } catch (error) {
    throw new OaopsError('report-not-written', `${file} cannot be written: ${messageOf(error)}`, {
      next: 'Give another file with --out.',
      cause: error,
    });
  }
  return { text: `${summaryLine(report, told.say)}\n${told.say(`the report is in ${file}`)}`, exitCode };
}

const columns: readonly Column[] = [
  { title: 'STATE' },
  { title: 'HOST' },
  { title: 'CHECK' },
  { title: 'RESULT', flexible: true },
];

function reportText(
  report: InspectionReport,
  all: boolean,
  { lang, say, table }: Told & { table: (columns: readonly Column[], rows: string[][]) => string },
): string {
  const parts: string[] = [];
  for (const { title, results } of report.sections) {
    const shown = results.filter(({ state }) => all || !['pass', 'manual-passed', 'not-applicable'].includes(state));
    const hidden = (...states: CheckState[]) =>
      all ? 0 : results.filter(({ state }) => states.includes(state)).length;
    const passed = hidden('pass', 'manual-passed');
    const without = hidden('not-applicable');
    parts.push(localText(title, lang));
    if (shown.length > 0)
      parts.push(
        table(
          columns,
          shown.map((result) => rowOf(result, all, say)),
        ),
      );
    if (passed > 0) parts.push(say(`all right: ${passed}`));
    if (without > 0) parts.push(say(`not applicable: ${without}`));
    parts.push('');
  }
  return [...parts, summaryLine(report, say), say(`run ${report.run}, ${report.at}`)].join('\n');
}

function rowOf(result: ReportedResult, all: boolean, say: Told['say']): string[] {
  const { state, host, check, message, details, next } = result;
  const shownDetails = all || details.length <= 4 ? details : details.slice(0, 3);
  const more = details.length - shownDetails.length;
  const lines = [
    message,
    waiverLine(result),
    ...shownDetails,
    more > 0 ? `... and ${more} more` : undefined,
    next,
    signLine(result),
  ].filter((line) => line !== undefined);
  const shown = result.new ? `${say(state)} (${say('new')})` : say(state);
  return [shown, host, check, lines.map(say).join('\n')];
}

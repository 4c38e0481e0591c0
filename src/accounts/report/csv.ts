import { oneLine } from '../../core/plain-text.ts';
import type { Telling } from './formats.ts';
import type { AccountReport, ReportedFinding } from './report.ts';
import { weightOf } from './severity.ts';
import { reportWords } from './words.ts';

/**
 * One line for each finding, RFC 4180, UTF-8 with a byte order mark, so that spreadsheets read the Chinese. What was not read comes first, as lines
 * of their own: a list without findings must not look clean. No name is a formula.
 */
export function* csvReport(report: AccountReport, { lang, say }: Telling): Generator<string> {
  const words = reportWords(lang);
  const heading = [
    words.weight,
    words.finding,
    words.new,
    words.directory,
    words.account,
    words.name,
    words.key,
    words.person,
    words.department,
    words.evidence,
    words.figure,
    words.rights,
    words.unconfirmed,
  ];
  const width = heading.length;
  yield `\ufeff${line(heading)}`;
  for (const text of report.unjudged)
    yield line(padded(['', words.notRead, '', '', '', '', '', '', '', say(text)], width));
  if (report.filter)
    yield line(padded(['', words.filter, '', '', '', '', '', '', '', words.onlyThese(report.filter)], width));
  for (const finding of report.findings) yield line(cellsOf(finding));
  for (const rule of report.policies?.rules ?? []) {
    const { directory, scope, required, verdict, exceptions, from } = rule;
    yield line(
      padded(
        [
          words.verdictOf(verdict),
          words.ruleOf(rule.rule),
          '',
          directory,
          '',
          scope,
          '',
          '',
          '',
          `${words.valueOf(rule, say)} ${say(from)}`,
          required === undefined ? '' : say(required),
          exceptions.map(say).join('; '),
        ],
        width,
      ),
    );
  }

  function cellsOf(finding: ReportedFinding): string[] {
    return [
      words.weightOf(weightOf(finding.type)),
      words.findingOf(finding.type),
      finding.new ? words.yes : '',
      finding.directory,
      finding.login,
      finding.account,
      finding.key,
      finding.person ?? '',
      finding.department ?? '',
      say(finding.evidence),
      finding.figure === undefined ? '' : say(finding.figure),
      (finding.rights ?? []).join('; '),
      finding.unconfirmed ? words.yes : '',
    ];
  }
}

function padded(cells: string[], width: number): string[] {
  return [...cells, ...Array.from({ length: Math.max(0, width - cells.length) }, () => '')];
}

function line(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** Spreadsheets take what begins with one of these signs for a formula, also behind spaces, and in their wide form. */
const formula = /^\s*[=+\-@＝＋－＠|%]/;

function cell(text: string): string {
  const shown = oneLine(text);
  const harmless = formula.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

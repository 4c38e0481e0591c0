import { oneLine } from '../core/plain-text.ts';
import { type Compliance, worstOf } from './compliance.ts';
import { complianceWords, momentOf, signs, timeIn } from './compliance-words.ts';
import { type PeriodState, periodStates } from './evaluate.ts';
import { exceptionsOf } from './exceptions.ts';

/** The matrix and what needs an explanation, for a wiki or a merge request. */
export function complianceMarkdown(report: Compliance, lang: string): string {
  const words = complianceWords(lang);
  const { columns, rows } = report;
  const lines = [
    `# ${words.title}`,
    '',
    `${words.days}: ${report.from} – ${report.to} (${report.timeZone}). ${words.since}: ${timeIn(report, report.since)}. ${words.made}: ${timeIn(report, report.at)}.`,
    '',
    tableRow([words.id, words.procedure, words.cadence, words.done, ...columns.map(({ key }) => key.slice(-5))]),
    tableRow(Array.from({ length: columns.length + 4 }, () => '---')),
    ...rows.map((row) =>
      tableRow([
        row.id,
        text(words.in(row.title)),
        text(words.cadenceOf(row)),
        text(words.doneOf(row)),
        ...row.cells.map(({ counts, runs }) => signOf(counts, runs)),
      ]),
    ),
    '',
    `${words.legend}: ${periodStates.map((state) => `${signs[state]} ${words.stateOf(state)}`).join(', ')}.`,
    '',
    `## ${words.exceptions}`,
    '',
  ];
  const told = rows.flatMap((row) =>
    exceptionsOf(row).map((one) => {
      const { state, due, done, attempts, because } = one;
      return tableRow([
        row.id,
        text(words.in(row.title)),
        words.keyOf(one),
        due === null ? '' : timeIn(report, due, true),
        words.stateOf(state),
        text(
          [
            words.because(state, because),
            ...(done ? [`${timeIn(report, momentOf(done))} ${done.by} ${done.run}`] : []),
            ...attempts.map(({ status, run }) => `${status} ${run}`),
          ]
            .filter((part) => part !== '')
            .join(', '),
        ),
      ]);
    }),
  );
  if (told.length === 0) lines.push(words.noExceptions);
  else {
    const titles = [words.id, words.procedure, words.period, words.due, words.state, words.run];
    lines.push(tableRow(titles), tableRow(titles.map(() => '---')), ...told);
  }
  const inapplicable = rows.filter(({ notApplicable }) => notApplicable !== null);
  if (inapplicable.length > 0)
    lines.push(
      '',
      `## ${words.notApplicable}`,
      '',
      ...inapplicable.map(
        ({ id, title, notApplicable }) => `- ${id} ${text(words.in(title))}: ${text(notApplicable!)}`,
      ),
    );
  return `${lines.join('\n')}\n`;
}

/** One sign; how often, where a column holds several periods. */
function signOf(counts: Partial<Record<PeriodState, number>>, runs: number): string {
  const worst = worstOf(counts);
  if (worst === undefined) return runs > 0 ? String(runs) : '';
  const number = counts[worst]!;
  const all = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return all === 1 ? signs[worst] : number === all ? `${signs[worst]} ${all}` : `${signs[worst]} ${number}/${all}`;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text of others: no markup, no HTML, no end of the cell. */
function text(words: string): string {
  return oneLine(words).replace(/[\\`*_{}[\]<>()#+!|&~]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

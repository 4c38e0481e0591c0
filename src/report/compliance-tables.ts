import type { Compliance } from './compliance.ts';
import { complianceWords, momentOf, timeIn } from './compliance-words.ts';
import { exceptionsOf } from './exceptions.ts';

interface Table {
  columns: { title: string; flexible?: boolean; whole?: boolean; align?: 'left' | 'right' }[];
  rows: string[][];
}

/** Each procedure in one line. */
export function rowTable(report: Compliance, lang: string): Table {
  const words = complianceWords(lang);
  const count = (number: number | undefined) => (number ? String(number) : '');
  return {
    columns: [
      { title: 'ID', whole: true },
      { title: 'PROCEDURE', flexible: true },
      { title: 'DONE', align: 'right', whole: true },
      { title: 'LATE', align: 'right' },
      { title: 'MISSED', align: 'right' },
      { title: 'OPEN', align: 'right' },
      { title: 'LAST', whole: true },
    ],
    rows: report.rows.map((row) => [
      row.id,
      words.in(row.title),
      words.doneOf(row),
      count(row.counts.late),
      count((row.counts.missed ?? 0) + (row.counts.failed ?? 0)),
      count((row.counts.overdue ?? 0) + (row.counts.due ?? 0) + (row.counts.running ?? 0)),
      row.last ? timeIn(report, momentOf(row.last)) : '-',
    ]),
  };
}

/** One period, or run without a date, with what there is to say of it. */
export interface ToldPeriod {
  id: string;
  title: string;
  when: string;
  lines: string[];
}

/** Periods that need an explanation; `whole`: all of them, runs without dates, and why a procedure does not apply. */
export function toldPeriods(report: Compliance, lang: string, whole: boolean): ToldPeriod[] {
  const words = complianceWords(lang);
  return report.rows.flatMap((row): ToldPeriod[] => {
    const { id, notApplicable } = row;
    const results = whole ? row.periods.map((one) => ({ ...one, count: 1 })) : exceptionsOf(row);
    const periods = results.map((one) => {
      const { due, state, done, attempts, because, count } = one;
      const lines = [
        ...(because === null ? [] : [words.because(state, because)]),
        ...(due === null || count > 1 || state === 'on-time' ? [] : [`${words.due} ${timeIn(report, due, true)}`]),
        ...(done
          ? [`${timeIn(report, momentOf(done))} ${done.by} ${done.run}${done.findings ? ` ${words.findings}` : ''}`]
          : []),
        ...attempts.map(({ status, run, by }) => `${status} ${by} ${run}`),
      ];
      return { id, title: words.keyOf(one), when: words.stateOf(state), lines };
    });
    const runs = (whole ? row.evidence : []).map((run) => ({
      id,
      title: timeIn(report, momentOf(run)),
      when: run.status,
      lines: [`${run.by} ${run.run}`],
    }));
    const off =
      whole && notApplicable !== null
        ? [{ id, title: words.in(row.title), when: words.notApplicable, lines: [notApplicable] }]
        : [];
    return [...periods, ...runs, ...off];
  });
}

import { oneLine } from '../../core/plain-text.ts';
import type { InspectionReport } from '../assemble.ts';
import { plainNumber } from '../judging/range.ts';
import type { Verdict } from '../record.ts';
import { troubleLines } from '../summary.ts';
import type { Measure } from '../types.ts';
import { resultsOf } from './report-words.ts';

/** Return codes of monitoring plugins. */
export const nagiosCodes: Readonly<Record<Verdict, 0 | 1 | 2 | 3>> = {
  pass: 0,
  warn: 1,
  fail: 2,
  error: 3,
  pending: 3,
};
const words = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];
const mostLine = 80;

/**
 * As a monitoring plugin speaks (Monitoring Plugins Development Guidelines): one line of at most 80 columns, then what is not all right,
 * then performance data. A `|` of a message would begin performance data, and becomes `/`.
 */
export function nagiosReport(report: InspectionReport): string {
  const code = nagiosCodes[report.verdict];
  const all = resultsOf(report);
  const trouble = troubleLines(report).map((line) => oneLine(line).replaceAll('|', '/'));
  const { counts } = report;
  const bad = counts.fail + counts['manual-failed'];
  const said = [`${all.length} checks`];
  if (bad > 0) said.push(`${bad} failed`);
  if (counts.error > 0) said.push(`${counts.error} unknown`);
  if (counts['manual-pending'] > 0) said.push(`${counts['manual-pending']} not signed`);
  if (counts.warn > 0) said.push(`${counts.warn} warnings`);
  const head = `${report.inspection} ${words[code]} - ${said.join(', ')}`;
  const [first] = trouble;
  const full = first === undefined ? head : `${head}; ${first}`;
  const line = cut(full);
  const figures = all.flatMap(({ result: { host, check, measures } }) =>
    measures.map((measure) => perfData(`${host} ${check} ${measure.name}`, measure)),
  );
  const perf = figures.length === 0 ? '' : ` | ${figures[0]}`;
  const rest = figures.length > 1 ? `${trouble.length > 0 ? '' : '\n'} | ${figures.slice(1).join('\n')}` : '';
  return `${line}${perf}\n${trouble.join('\n')}${rest}`.trimEnd().concat('\n');
}

/** At most 80 columns: whatever is not ASCII may take two. */
function cut(text: string): string {
  const width = (part: string) => [...part].reduce((sum, sign) => sum + (sign > '~' ? 2 : 1), 0);
  if (width(text) <= mostLine) return text;
  let kept = '';
  for (const sign of text) {
    if (width(kept + sign) > mostLine - 3) break;
    kept += sign;
  }
  return `${kept}...`;
}

function perfData(label: string, { value, unit, warn, fail, min, max }: Measure): string {
  // A label must not hold = or ', and is quoted when it has spaces.
  const name = oneLine(label).replace(/[='|]/g, '_');
  const bound = (number: number | undefined) => (number === undefined ? '' : plainNumber(number));
  const fields = [`${plainNumber(value)}${unit}`, warn ?? '', fail ?? '', bound(min), bound(max)];
  return `'${name}'=${fields.join(';').replace(/;+$/, '')}`;
}

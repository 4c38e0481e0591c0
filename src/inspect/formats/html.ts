import { escapeHtml } from '../../core/html.ts';
import { type InspectionReport, isBad, type ReportedResult } from '../assemble.ts';
import { summaryLine } from '../summary.ts';
import type { Measure } from '../types.ts';
import { figure, nameIn, signLine, type Told, waiverLine } from './report-words.ts';

/** Earlier figures of a measure, oldest first; null where it was not measured. */
export type Trends = ReadonlyMap<string, readonly (number | null)[]>;

export function trendKey(check: string, host: string, measure: string): string {
  return JSON.stringify([check, host, measure]);
}

/** One self-contained page: no script, nothing fetched, fit for print. What hosts say is data and is escaped. */
export function htmlReport(report: InspectionReport, told: Told, trends: Trends = new Map()): string {
  const { say } = told;
  const title = nameIn(told, report.title);
  const counted = Object.entries(report.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `<span class="pill ${state}">${escapeHtml(say(state))} ${count}</span>`);
  const sections = report.sections.map(
    ({ title: heading, results }) => `<section>
<h2>${escapeHtml(nameIn(told, heading))}</h2>
<table><thead><tr><th>${escapeHtml(say('state'))}</th><th>${escapeHtml(say('host'))}</th><th>${escapeHtml(say('check'))}</th><th>${escapeHtml(say('result'))}</th><th>${escapeHtml(say('figures'))}</th></tr></thead>
<tbody>
${results.map((result) => row(result, told, trends)).join('\n')}
</tbody></table>
</section>`,
  );
  return `<!doctype html>
<html lang="${told.lang === 'zh-CN' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}: ${escapeHtml(say(report.verdict))}</title>
<style>${style}</style>
</head>
<body><main>
<header class="${report.verdict}"><h1>${escapeHtml(title)}</h1><strong>${escapeHtml(say(report.verdict))}</strong>
<p>${escapeHtml(summaryLine(report, say))}</p><p class="when">${escapeHtml(report.at.slice(0, 19).replace('T', ' '))} UTC · ${escapeHtml(report.inspection)} ${escapeHtml(report.version)} · ${escapeHtml(report.run)}</p>
<p>${counted.join(' ')}</p>${trouble(report, told)}</header>
${sections.join('\n')}
</main></body>
</html>
`;
}

const mostTrouble = 20;

/** What needs somebody, of all sections, at the top. */
function trouble({ sections }: InspectionReport, told: Told): string {
  const { say } = told;
  const bad = sections.flatMap(({ results }) => results).filter(({ state }) => isBad(state));
  if (bad.length === 0) return '';
  const items = bad.slice(0, mostTrouble).map(({ state, host, name, message }) => {
    const what = `<b>${escapeHtml(host)}</b> ${escapeHtml(nameIn(told, name))}: ${escapeHtml(say(message))}`;
    return `<li><span class="pill ${state}">${escapeHtml(say(state))}</span> ${what}</li>`;
  });
  if (bad.length > mostTrouble) items.push(`<li>${escapeHtml(say(`... and ${bad.length - mostTrouble} more`))}</li>`);
  return `<ul>${items.join('')}</ul>`;
}

function row(result: ReportedResult, told: Told, trends: Trends): string {
  const { say } = told;
  const { state, host, check, name, severity, message, measures, next } = result;
  const more = [waiverLine(result), ...result.details, state === 'pass' ? undefined : next, signLine(result)];
  const lines = more.filter((line) => line !== undefined).map((line) => escapeHtml(say(line)));
  const shown = lines.length === 0 ? '' : `<small>${lines.join('<br>')}</small>`;
  const isNew = result.new ? ` <em>${escapeHtml(say('new'))}</em>` : '';
  const figures = measures
    .slice(0, 8)
    .map((measure) => measureHtml(measure, trends.get(trendKey(check, host, measure.name))));
  return `<tr class="${state}"><td><span class="pill ${state}">${escapeHtml(say(state))}</span>${isNew}</td><td>${escapeHtml(host)}</td><td>${escapeHtml(nameIn(told, name))}<small>${escapeHtml(check)} · ${escapeHtml(say(severity))}</small></td><td>${escapeHtml(say(message))}${shown}</td><td>${figures.join('')}</td></tr>`;
}

function measureHtml(measure: Measure, before: readonly (number | null)[] | undefined): string {
  const { name, value, unit, warn, fail } = measure;
  const tip = ` title="${escapeHtml([name, warn, fail].filter((part) => part !== undefined).join(' / '))}"`;
  const line = before && before.length > 1 ? chart(before) : '';
  return `<div class="figure"${tip}><span>${escapeHtml(name)} <b>${escapeHtml(figure(value, unit))}</b></span>${line}</div>`;
}

const [width, height] = [90, 18];

/** A line through the values from zero, or the least where that is below, to the greatest; broken where there is none. */
function chart(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0);
  const bottom = Math.min(...known, 0);
  const span = top - bottom || 1;
  const points = values.map((value, index) =>
    value === null
      ? null
      : `${round(2 + (index / Math.max(1, values.length - 1)) * (width - 4))},${round(height - 2 - ((value - bottom) / span) * (height - 4))}`,
  );
  const lines: string[][] = [[]];
  for (const point of points) {
    if (point === null) lines.push([]);
    else lines.at(-1)!.push(point);
  }
  const drawn = lines
    .filter((line) => line.length > 0)
    .map((line) =>
      line.length === 1
        ? `<circle cx="${line[0]!.split(',')[0]}" cy="${line[0]!.split(',')[1]}" r="1.5" fill="#2f6fb0"/>`
        : `<polyline points="${line.join(' ')}" fill="none" stroke="#2f6fb0" stroke-width="1.5"/>`,
    );
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-hidden="true">${drawn.join('')}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const style = `
:root{color-scheme:light}
body{margin:0;background:#f4f6f9;color:#1d2430;font:15px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px}
header{background:#fff;border-left:6px solid #9aa5b1;padding:16px 20px;border-radius:4px}
header.pass{border-color:#2b8a57}header.warn{border-color:#c98a00}header.fail{border-color:#c0392b}header.error,header.pending{border-color:#6a4fa3}
header.pass strong{background:#2b8a57}header.warn strong{background:#a87300}header.fail strong{background:#c0392b}header.error strong,header.pending strong{background:#6a4fa3}
ul{list-style:none;margin:12px 0 0;padding:10px 0 0;border-top:1px solid #e3e8ee}li{padding:2px 0;overflow-wrap:anywhere}
h1{margin:0 12px 0 0;font-size:22px;display:inline;overflow-wrap:anywhere}header strong{color:#fff;background:#9aa5b1;padding:3px 12px;border-radius:4px;vertical-align:3px}h2{font-size:17px;margin:26px 0 8px}
.when,small{color:#5b6675;display:block;font-size:12.5px;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;background:#fff;table-layout:fixed}
th,td{text-align:left;vertical-align:top;padding:7px 10px;border-bottom:1px solid #e3e8ee;overflow-wrap:anywhere}
th{background:#eaeef3;font-size:13px}th:nth-child(1){width:118px}th:nth-child(2){width:110px}th:nth-child(3){width:200px}th:nth-child(5){width:250px}
.pill{display:inline-block;padding:1px 8px;border-radius:9px;background:#e3e8ee;font-size:12.5px;white-space:nowrap}
.pill.pass,.pill.manual-passed{background:#d8efe2}.pill.warn{background:#fbe9bf}.pill.fail,.pill.manual-failed{background:#f6cfca}.pill.error,.pill.manual-pending{background:#e2d9f3}
em{color:#c0392b;font-style:normal;font-weight:600;font-size:12.5px}
.figure{display:flex;justify-content:space-between;align-items:center;column-gap:8px;font-size:12.5px}.figure span{min-width:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.figure svg{flex:none}
section{overflow-x:auto}table{min-width:820px}
@media print{body{background:#fff}header strong{border:1px solid #9aa5b1}main{padding:0;max-width:none}section{overflow:visible}table{min-width:0}.pill{border:1px solid #9aa5b1}tr{break-inside:avoid}}
`;

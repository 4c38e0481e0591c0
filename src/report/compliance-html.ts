import { escapeHtml } from '../core/html.ts';
import { type Compliance, type ComplianceRow, worstOf } from './compliance.ts';
import { type ComplianceWords, complianceWords, momentOf, signs, timeIn } from './compliance-words.ts';
import { periodStates } from './evaluate.ts';
import { exceptionsOf } from './exceptions.ts';

/** Where the record stood when the page was made. */
export interface RecordHead {
  seq: number;
  hash: string;
}

/** One self-contained page: no script, nothing fetched, fit for print on A4 across. */
export function complianceHtml(report: Compliance, lang: string, head: RecordHead): string {
  const words = complianceWords(lang);
  const total = (...states: (typeof periodStates)[number][]) =>
    report.rows.reduce((sum, { counts }) => sum + states.reduce((own, state) => own + (counts[state] ?? 0), 0), 0);
  const figure = (name: string, number: number, tone: string) =>
    `<div class="figure ${tone}"><strong>${number}</strong><span>${name}</span></div>`;
  return `<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title} ${report.from} – ${report.to}</title>
<style>${style}</style>
</head>
<body><main>
<header><h1>${words.title}</h1><p>${words.about}</p>
<p class="facts">${words.days} <b>${report.from} – ${report.to}</b> · ${words.timeZone} ${escapeHtml(report.timeZone)} · ${words.since} ${timeIn(report, report.since)} · ${words.made} ${timeIn(report, report.at)}</p></header>
<div class="figures">${figure(words.carriedOut, total('on-time'), 'good')}${figure(words.late, total('late'), 'warn')}${figure(words.missed, total('missed', 'failed'), 'bad')}${figure(words.open, total('overdue', 'due', 'running'), 'open')}</div>
${matrix(report, words)}
<p class="legend">${periodStates.map((state) => `<span class="${state}">${signs[state]}</span> ${words.stateOf(state)}`).join(' &nbsp; ')} &nbsp; 1 ${words.number}</p>
${exceptions(report, words)}
${inapplicable(report.rows, words)}
<footer><p>${words.note}</p><p>audit ${head.seq} <code>${escapeHtml(head.hash)}</code></p></footer>
</main></body>
</html>
`;
}

function matrix(report: Compliance, words: ComplianceWords): string {
  const { columns, rows } = report;
  const heads = columns.map(
    ({ key, from, to }) =>
      `<th class="cell" title="${from} – ${to}">${key.length > 7 ? `${key.slice(5, 7)}<br>${key.slice(8)}` : escapeHtml(key)}</th>`,
  );
  let area = '';
  const body = rows.map((row) => {
    const title = words.area(row.id);
    const heading =
      title === area ? '' : `<tr class="area"><th colspan="${columns.length + 4}">${escapeHtml(title)}</th></tr>`;
    area = title;
    return heading + matrixRow(row, words);
  });
  return `<div class="scroll"><table class="matrix"><thead><tr><th>${words.id}</th><th>${words.procedure}</th><th>${words.cadence}</th><th class="number">${words.done}</th>${heads.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

function matrixRow(row: ComplianceRow, words: ComplianceWords): string {
  const cells = row.cells.map(({ counts, runs }) => {
    const worst = worstOf(counts);
    if (worst === undefined) return `<td class="cell">${runs > 0 ? runs : ''}</td>`;
    const told = periodStates.flatMap((state) => (counts[state] ? [`${words.stateOf(state)}: ${counts[state]}`] : []));
    const several = Object.values(counts).reduce((sum, each) => sum + each, 0) > 1;
    return `<td class="cell ${worst}" title="${escapeHtml(told.join(', '))}">${signs[worst]}${several ? `<small>${counts[worst]}</small>` : ''}</td>`;
  });
  const idle = row.notApplicable !== null || row.byItself;
  const span = `<td class="idle" colspan="${cells.length}">${escapeHtml(row.notApplicable ?? '')}</td>`;
  return `<tr${idle ? ' class="off"' : ''}><td>${row.id}</td><td class="name">${escapeHtml(words.in(row.title))}</td><td class="how">${escapeHtml(words.cadenceOf(row))}</td><td class="number">${escapeHtml(words.doneOf(row))}</td>${idle ? span : cells.join('')}</tr>`;
}

function exceptions(report: Compliance, words: ComplianceWords): string {
  const lines = report.rows.flatMap((row) =>
    exceptionsOf(row).map((one) => {
      const { state, due, done, attempts, because } = one;
      const told = [
        ...(because === null ? [] : [escapeHtml(words.because(state, because))]),
        ...(done
          ? [
              `${timeIn(report, momentOf(done))} ${escapeHtml(done.by)} <code>${escapeHtml(done.run)}</code>${done.findings ? ` ${words.findings}` : ''}`,
            ]
          : []),
        ...attempts.map(
          ({ status, run, by }) => `${escapeHtml(status)} ${escapeHtml(by)} <code>${escapeHtml(run)}</code>`,
        ),
      ];
      return `<tr><td>${row.id}</td><td>${escapeHtml(words.in(row.title))}</td><td>${escapeHtml(words.keyOf(one))}</td><td>${due === null ? '' : timeIn(report, due, true)}</td><td class="${state}">${signs[state]} ${words.stateOf(state)}</td><td>${told.join('<br>')}</td></tr>`;
    }),
  );
  if (lines.length === 0) return `<section><h2>${words.exceptions}</h2><p>${words.noExceptions}</p></section>`;
  return `<section><h2>${words.exceptions} (${lines.length})</h2><table><thead><tr><th>${words.id}</th><th>${words.procedure}</th><th>${words.period}</th><th>${words.due}</th><th>${words.state}</th><th>${words.run}</th></tr></thead><tbody>${lines.join('\n')}</tbody></table></section>`;
}

function inapplicable(rows: readonly ComplianceRow[], words: ComplianceWords): string {
  const lines = rows.flatMap(({ id, title, notApplicable }) =>
    notApplicable === null ? [] : [`<li>${id} ${escapeHtml(words.in(title))}: ${escapeHtml(notApplicable)}</li>`],
  );
  return lines.length === 0 ? '' : `<section><h2>${words.notApplicable}</h2><ul>${lines.join('')}</ul></section>`;
}

const style = `
:root{color-scheme:light;--ink:#1d2430;--soft:#5b6675;--line:#dde3ea;--good:#17693a;--bad:#a32020;--warn:#8a5a00}
*{box-sizing:border-box}
body{margin:0;background:#f3f5f8;color:var(--ink);font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif}
main{max-width:1240px;margin:20px auto;background:#fff;padding:26px 32px;border:1px solid var(--line);border-radius:8px}
h1{margin:0;font-size:24px}h2{font-size:16px;margin:26px 0 8px}header p{margin:2px 0;color:var(--soft)}.facts{font-size:13px}
.figures{display:flex;gap:12px;margin:16px 0}.figure{flex:1;padding:10px 14px;border-radius:6px;background:#f3f5f8;border-left:5px solid var(--soft)}
.figure strong{display:block;font-size:24px}.figure span{color:var(--soft);font-size:13px}
.figure.good{border-color:var(--good)}.figure.warn{border-color:#d39a1c}.figure.bad{border-color:var(--bad)}
.scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:13px}
th,td{padding:4px 6px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:break-word}
.name{min-width:150px}.how{min-width:96px;color:var(--soft)}td code{overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;font-size:12px}.number{text-align:right;white-space:nowrap}
.matrix td:first-child,td:first-child{white-space:nowrap}.cell{text-align:center;white-space:nowrap;padding:4px 1px;font-size:12px;min-width:21px}.cell small{display:block;font-size:9px;line-height:1;font-weight:400}
.area th{background:#eef1f5;color:var(--ink);font-size:13px;padding-top:8px}.off td{color:var(--soft)}.idle{font-style:italic}
.on-time{color:var(--good)}.cell.on-time{background:#e9f6ee}.late{color:var(--warn)}.cell.late{background:#fdf5e2}
.missed,.failed{color:var(--bad);font-weight:600}.cell.missed,.cell.failed{background:#fcebeb}
.overdue{color:var(--bad)}.cell.overdue{background:#fff1e6}.due,.running{color:#1b5fa8}.unknown{color:#6b3fa0}.cell.unknown{background:#f3edfa}
.not-yet-due,.before-record,.skipped{color:#9aa4b1}.legend{font-size:12px;color:var(--soft)}
footer{margin-top:24px;color:var(--soft);font-size:12px}code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}ul{margin:0;padding-left:20px}
@page{size:A4 landscape;margin:12mm}
@media print{body{background:#fff;font-size:11px}main{border:0;margin:0;max-width:none;padding:0}.scroll{overflow:visible}table,.cell,th{font-size:9px}th,td{padding:2px 3px}.name{min-width:110px}.how{min-width:70px}.cell{min-width:15px}.cell small{font-size:7px}thead{display:table-header-group}tr{break-inside:avoid}.cell,.figure,.area th{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

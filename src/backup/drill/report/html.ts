import { escapeHtml } from '../../../core/html.ts';
import { formatDuration, formatSize } from '../../../core/units.ts';
import { phasesChart } from './chart.ts';
import { type ReportWords, reportWords } from './words.ts';

/** What a report shows; everything in it may come from outside and is escaped. */
export interface DrillReport {
  runbook: string;
  at: string;
  by: string;
  fact: {
    run: string;
    kind?: string;
    verdict: string;
    reasons: string[];
    sabotage: string;
    location: string;
    snapshot: string | null;
    rtoMs: number | null;
    rtoObjectiveMs: number;
    rpoMs: number | null;
    rpoObjectiveMs: number;
    failureTime: string;
    newestData: string | null;
    phases: Record<string, number>;
    files?: number;
    bytes?: number;
    compared?: { files: number; bytes: number; different: number } | null;
    checks?: { check: string; passed: boolean; message: string; durationMs: number }[];
    differences?: string[];
    damagedObjects?: string[];
    kept?: string | null;
  };
  hashes: { plan: string; fact: string; head: string; bundle?: string };
  /** Older drills of the runbook and this one, oldest first. */
  trend: { at: string; verdict: string; rtoMs: number | null; rpoMs: number | null }[];
}

/** One self-contained page: no script, nothing fetched, fit for print. `say` gives messages of oaops in the language. */
export function drillHtml(told: DrillReport, lang: string, say: (text: string) => string = (text) => text): string {
  const words = reportWords(lang);
  const report = inLanguage(told, say);
  const { fact, runbook } = report;
  const kind = words.kinds[fact.kind ?? 'restore'] ?? words.kinds['restore']!;
  const verdict = ['pass', 'partial', 'fail'].includes(fact.verdict) ? fact.verdict : 'fail';
  const parts = [
    `<header><p class="kind">${escapeHtml(kind)}</p><h1>${escapeHtml(runbook)}</h1><p class="when">${escapeHtml(utc(report.at))} · ${escapeHtml(fact.run)}</p></header>`,
    `<section class="verdict ${verdict}"><strong>${words.verdicts[verdict]}</strong><span>${words.verdictMeans[verdict]}</span>${fact.sabotage === 'none' ? '' : `<span class="sabotage">${words.sabotaged} <code>${escapeHtml(fact.sabotage)}</code></span>`}</section>`,
    objectives(report, words),
    list(words.why, fact.reasons),
    phases(report, words, lang),
    checks(report, words),
    rehearsed(report, words),
    list(words.damaged, fact.damagedObjects ?? []),
    list(words.differences, fact.differences ?? []),
    trend(report, words),
    evidence(report, words),
  ];
  return `<!doctype html>
<html lang="${lang === 'zh-CN' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title}: ${escapeHtml(runbook)}</title>
<style>${style}</style>
</head>
<body><main>
${parts.filter((part) => part !== '').join('\n')}
</main></body>
</html>
`;
}

function inLanguage(report: DrillReport, say: (text: string) => string): DrillReport {
  const { reasons, damagedObjects, differences, checks: made } = report.fact;
  const fact = {
    ...report.fact,
    reasons: reasons.map(say),
    damagedObjects: (damagedObjects ?? []).map(say),
    differences: (differences ?? []).map(say),
    checks: (made ?? []).map((check) => ({ ...check, message: say(check.message) })),
  };
  return { ...report, fact };
}

function objectives({ fact }: DrillReport, words: ReportWords): string {
  const row = (name: string, value: number | null, goal: number) => {
    const met = value !== null && value <= goal;
    const shown = value === null ? words.notReached : formatDuration(value);
    return `<tr><td>${name}</td><td class="number">${shown}</td><td class="number">${formatDuration(goal)}</td><td class="${met ? 'good' : 'bad'}">${met ? words.met : words.missed}</td></tr>`;
  };
  return `<section><h2>${words.objectives}</h2><table><thead><tr><th>${words.objective}</th><th class="number">${words.measured}</th><th class="number">${words.goal}</th><th></th></tr></thead><tbody>${row(words.rto, fact.rtoMs, fact.rtoObjectiveMs)}${row(words.rpo, fact.rpoMs, fact.rpoObjectiveMs)}</tbody></table></section>`;
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<section><h2>${title}</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>`;
}

function phases({ fact }: DrillReport, words: ReportWords, lang: string): string {
  const chart = phasesChart(fact.phases, words.phaseNames, lang);
  return chart === ''
    ? ''
    : `<section><h2>${words.phases}</h2>${chart}<p class="note">${words.sideBySide}</p></section>`;
}

function checks({ fact }: DrillReport, words: ReportWords): string {
  const made = fact.checks ?? [];
  if (fact.kind === 'switchover') return '';
  if (made.length === 0) return `<section><h2>${words.checks}</h2><p>${words.noChecks}</p></section>`;
  const rows = made.map(
    ({ check, passed, message, durationMs }) =>
      `<tr><td>${escapeHtml(check)}<br><small>${escapeHtml(message)}</small></td><td class="${passed ? 'good' : 'bad'}">${passed ? words.passed : words.failed}</td><td class="number">${formatDuration(durationMs)}</td></tr>`,
  );
  return `<section><h2>${words.checks}</h2><table><thead><tr><th>${words.check}</th><th>${words.result}</th><th class="number">${words.time}</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function rehearsed({ runbook, at, by, fact }: DrillReport, words: ReportWords): string {
  const shown: [string, string | null | undefined][] = [
    ['runbook', runbook],
    ['run', fact.run],
    ['by', by],
    ['at', utc(at)],
    ['failureTime', utc(fact.failureTime)],
    ['newestData', fact.newestData === null ? words.none : utc(fact.newestData)],
    ['location', fact.location],
    ['snapshot', fact.snapshot],
    ['files', fact.files === undefined ? undefined : String(fact.files)],
    ['bytes', fact.bytes === undefined ? undefined : formatSize(fact.bytes)],
    ['compared', fact.compared ? String(fact.compared.files) : undefined],
    ['different', fact.compared ? String(fact.compared.different) : undefined],
    ['kept', fact.kept],
  ];
  const rows = shown.flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [`<dt>${words.facts[key]}</dt><dd>${escapeHtml(value)}</dd>`],
  );
  return `<section><h2>${words.what}</h2><dl>${rows.join('')}</dl></section>`;
}

function trend({ trend: drills }: DrillReport, words: ReportWords): string {
  if (drills.length < 2) return '';
  const rows = drills.map(({ at, verdict, rtoMs, rpoMs }) => {
    const cell = (ms: number | null) =>
      `<td class="number">${ms === null ? words.notReached : formatDuration(ms)}</td>`;
    return `<tr><td>${escapeHtml(utc(at))}</td><td class="${verdict === 'pass' ? 'good' : 'bad'}">${words.verdicts[verdict] ?? escapeHtml(verdict)}</td>${cell(rtoMs)}${cell(rpoMs)}</tr>`;
  });
  return `<section><h2>${words.trend}</h2><table><thead><tr><th>${words.facts['at']}</th><th>${words.result}</th><th class="number">RTO</th><th class="number">RPO</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function evidence({ hashes }: DrillReport, words: ReportWords): string {
  const rows = Object.entries(words.evidenceHashes).flatMap(([key, name]) => {
    const value = (hashes as Record<string, string | undefined>)[key];
    return value === undefined ? [] : [`<dt>${name}</dt><dd><code>${escapeHtml(value)}</code></dd>`];
  });
  return `<section><h2>${words.evidence}</h2><dl>${rows.join('')}</dl><p class="note">${words.evidenceHow}</p></section>`;
}

function utc(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

const style = `
:root{color-scheme:light;--ink:#1d2430;--soft:#5b6675;--line:#dde3ea;--good:#17693a;--bad:#a32020;--warn:#8a5a00}
*{box-sizing:border-box}
body{margin:0;background:#f3f5f8;color:var(--ink);font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif}
main{max-width:860px;margin:24px auto;background:#fff;padding:32px 40px;border:1px solid var(--line);border-radius:8px}
h1{margin:0;font-size:26px;overflow-wrap:anywhere}h2{font-size:16px;margin:28px 0 8px}
.kind,.when{margin:0;color:var(--soft)}
.verdict{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;margin-top:20px;padding:14px 18px;border-radius:6px;border-left:6px solid}
.verdict strong{font-size:22px}.verdict .sabotage{flex-basis:100%}
.verdict.pass{background:#e9f6ee;border-color:var(--good)}.verdict.pass strong{color:var(--good)}
.verdict.partial{background:#fdf5e2;border-color:var(--warn)}.verdict.partial strong{color:var(--warn)}
.verdict.fail{background:#fcebeb;border-color:var(--bad)}.verdict.fail strong{color:var(--bad)}
table{width:100%;border-collapse:collapse}th,td{padding:7px 8px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;font-size:13px}.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.good,.bad{white-space:nowrap}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}small,.note{color:var(--soft);font-size:13px}
dl{display:grid;grid-template-columns:minmax(130px,max-content) 1fr;gap:4px 20px;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:0;padding-left:20px}li{overflow-wrap:anywhere}code{font:13px ui-monospace,monospace}
svg{width:100%;height:auto;display:block}
@media print{body{background:#fff}main{border:0;margin:0;max-width:none;padding:0}section{break-inside:avoid}}
`;

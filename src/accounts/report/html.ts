import { escapeHtml } from '../../core/html.ts';
import type { Telling } from './formats.ts';
import { pageStyle } from './html-style.ts';
import { type AccountReport, groupsOf, type ReportedFinding } from './report.ts';
import { moment, type ReportWords, reportWords } from './words.ts';

const states = ['enabled', 'disabled', 'unknown', 'held'] as const;

/** One self-contained page: no script, nothing fetched, fit for print. What directories and sources say is data and is escaped. */
export function* htmlReport(report: AccountReport, { lang, say }: Telling): Generator<string> {
  const words = reportWords(lang);
  const title = report.policies ? words.policyTitle : words.title;
  const told = (text: string) => escapeHtml(say(text));
  const list = (lines: readonly string[]) => `<ul>${lines.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
  yield `<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}${words.colon}${escapeHtml(report.runbook)} ${escapeHtml(report.at.slice(0, 10))}</title>
<style>${pageStyle}</style>
</head>
<body><main>
<header><h1>${title}</h1>
<p class="facts">${words.runbook} <b>${escapeHtml(report.runbook)}</b> · ${words.run} <code>${escapeHtml(report.run)}</code> · ${escapeHtml(moment(report.at))} · ${words.status} ${told(report.status)}</p></header>
`;
  yield report.unjudged.length > 0
    ? `<section class="alarm"><h2>⚠ ${words.notRead} (${report.unjudged.length})</h2><p>${words.notReadAbout}</p>${list(report.unjudged.map(say))}</section>\n`
    : `<p class="fine">✓ ${words.wholeRead}</p>\n`;
  if (report.filter)
    yield `<p class="filter">${words.filter}${words.colon}${escapeHtml(words.onlyThese(report.filter))}</p>\n`;
  yield figures(report, words);
  yield `<div class="pair">${sources(report, words)}${directories(report, words)}</div>\n`;
  if (report.policies) yield* policies(report.policies, words, say);
  yield overview(report, words);
  for (const { row, findings } of groupsOf(report)) {
    const fresh = row.new > 0 ? ` · ${words.isNew} ${row.new}` : '';
    yield `<section class="group"><h2><span class="pill ${row.weight}">${words.weightOf(row.weight)}</span> ${words.findingOf(row.finding)} <small>${row.total}${fresh}</small></h2>
<table class="found"><thead><tr><th>${words.account}</th><th>${words.directory}</th><th>${words.person}</th><th>${words.evidence}</th><th>${words.figure}</th></tr></thead><tbody>
`;
    for (const finding of findings) yield findingRow(finding, words, told);
    yield '</tbody></table></section>\n';
  }
  if (report.gone && report.gone.length > 0) {
    yield `<section class="group"><h2>${words.gone} <small>${report.gone.length}</small></h2><table><thead><tr><th>${words.finding}</th><th>${words.account}</th><th>${words.directory}</th><th>${words.evidence}</th></tr></thead><tbody>\n`;
    for (const { type, login, directory, evidence } of report.gone)
      yield `<tr><td>${words.findingOf(type)}</td><td>${escapeHtml(login)}</td><td>${escapeHtml(directory)}</td><td>${told(evidence)}</td></tr>\n`;
    yield '</tbody></table></section>\n';
  }
  for (const [heading, lines] of [
    [words.exceptions, report.exceptions.used.map(words.exceptionOf)],
    [words.expired, report.exceptions.expired.map(words.exceptionOf)],
    [words.remarks, report.remarks.map(say)],
  ] as const)
    if (lines.length > 0) yield `<section><h2>${heading} <small>${lines.length}</small></h2>${list(lines)}</section>\n`;
  yield '</main></body>\n</html>\n';
}

function findingRow(finding: ReportedFinding, words: ReportWords, told: (text: string) => string): string {
  const { login, account, directory, person, department, evidence, figure, rights = [], unconfirmed } = finding;
  const fresh = finding.new ? ` <em>${words.isNew}</em>` : '';
  const entry = account === login ? '' : `<small>${escapeHtml(account)}</small>`;
  const more = [...rights.map(escapeHtml), ...(unconfirmed ? [`<b>${words.unconfirmed}</b>`] : [])];
  const shown = more.length === 0 ? '' : `<small>${more.join('<br>')}</small>`;
  const who = `${escapeHtml(person ?? '')}${department === undefined ? '' : `<small>${escapeHtml(department)}</small>`}`;
  return `<tr><td><b>${escapeHtml(login)}</b>${fresh}${entry}</td><td>${escapeHtml(directory)}</td><td>${who}</td><td>${told(evidence)}${shown}</td><td>${figure === undefined ? '' : told(figure)}</td></tr>\n`;
}

function figures({ counts, total, new: fresh, gone }: AccountReport, words: ReportWords): string {
  const of = (weight: string) => counts.filter((row) => row.weight === weight).reduce((sum, row) => sum + row.total, 0);
  const figure = (name: string, value: number | string, tone: string) =>
    `<div class="figure ${tone}"><strong>${value}</strong><span>${name}</span></div>`;
  return `<div class="figures">${figure(words.total, total, '')}${figure(words.weightOf('severe'), of('severe'), 'severe')}${figure(words.weightOf('serious'), of('serious'), 'serious')}${figure(words.weightOf('minor'), of('minor'), 'minor')}${figure(words.weightOf('unknown'), of('unknown'), 'unknown')}${figure(words.new, fresh ?? '–', '')}${figure(words.gone, gone?.length ?? '–', '')}</div>\n`;
}

function sources({ sources: all }: AccountReport, words: ReportWords): string {
  if (all.length === 0) return '';
  const rows = all.map(({ id, people, exportedOn, error }) =>
    error === null
      ? `<tr><td>${escapeHtml(id)}</td><td class="number">${people}</td><td>${escapeHtml(exportedOn ?? '–')}</td></tr>`
      : `<tr class="lost"><td>${escapeHtml(id)}</td><td class="number">?</td><td>${words.unread}</td></tr>`,
  );
  return `<section><h2>${words.sources}</h2><table><thead><tr><th>${words.source}</th><th class="number">${words.people}</th><th>${words.export}</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function directories({ directories: all }: AccountReport, words: ReportWords): string {
  const rows = all.map(({ id, title, accounts, states: counted, whole }) => {
    const cells = states.map((state) => `<td class="number">${counted?.[state] ?? '?'}</td>`).join('');
    const read = accounts === null ? words.unread : whole ? words.whole : words.partial;
    return `<tr${whole ? '' : ' class="lost"'}><td>${escapeHtml(id)}${title === null ? '' : `<small>${escapeHtml(title)}</small>`}</td><td class="number">${accounts ?? '?'}</td>${cells}<td>${read}</td></tr>`;
  });
  return `<section><h2>${words.directories}</h2><table><thead><tr><th>${words.directory}</th><th class="number">${words.accounts}</th>${states.map((state) => `<th class="number">${words.stateOf(state)}</th>`).join('')}<th>${words.readState}</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function overview(report: AccountReport, words: ReportWords): string {
  const { counts, directories: all, comparedWith, blind } = report;
  const compared = comparedWith
    ? escapeHtml(words.compared(comparedWith, report.new ?? 0, report.gone?.length ?? 0))
    : words.noComparison;
  const unseen = comparedWith && blind.length > 0 ? `<p class="note">${escapeHtml(words.blind(blind))}</p>` : '';
  if (counts.length === 0)
    return `<section><h2>${words.overview}</h2><p>${words.noneOf(report)}</p><p class="note">${compared}</p>${unseen}</section>\n`;
  const rows = counts.map(({ finding, weight, directories: own, total, new: fresh }) => {
    const cells = all.map(({ id, accounts }) => {
      const count = own[id];
      // A directory that gave nothing is no clean one.
      return `<td class="number">${count ?? (accounts === null ? '<span class="lost">?</span>' : '·')}</td>`;
    });
    return `<tr><td><span class="pill ${weight}">${words.weightOf(weight)}</span> ${words.findingOf(finding)}</td>${cells.join('')}<td class="number"><b>${total}</b></td><td class="number">${comparedWith ? fresh : '–'}</td></tr>`;
  });
  const heads = all.map(({ id }) => `<th class="number">${escapeHtml(id)}</th>`).join('');
  return `<section><h2>${words.overview}</h2><table><thead><tr><th>${words.finding}</th>${heads}<th class="number">${words.total}</th><th class="number">${words.new}</th></tr></thead><tbody>${rows.join('')}</tbody></table><p class="note">${compared}</p>${unseen}</section>\n`;
}

function* policies(
  { rules, secondFactors }: NonNullable<AccountReport['policies']>,
  words: ReportWords,
  say: Telling['say'],
): Generator<string> {
  const told = (text: string) => escapeHtml(say(text));
  yield `<section class="group"><h2>${words.policies}</h2><table><thead><tr><th>${words.verdict}</th><th>${words.directory}</th><th>${words.rule}</th><th>${words.value}</th><th>${words.required}</th><th>${words.except}</th></tr></thead><tbody>\n`;
  for (const rule of rules) {
    const before = rule.before ? ` <em>${words.before} ${escapeHtml(words.valueOf(rule.before, say))}</em>` : '';
    yield `<tr><td><span class="pill ${rule.verdict}">${words.verdictOf(rule.verdict)}</span></td><td>${escapeHtml(rule.directory)}${rule.scope === rule.directory ? '' : `<small>${escapeHtml(rule.scope)}</small>`}</td><td>${escapeHtml(words.ruleOf(rule.rule))}</td><td>${escapeHtml(words.valueOf(rule, say))}${before}<small>${told(rule.from)}</small></td><td>${rule.required === undefined ? '' : told(rule.required)}</td><td>${rule.exceptions.map(told).join('<br>')}</td></tr>\n`;
  }
  yield '</tbody></table></section>\n';
  if (secondFactors.length === 0) return;
  const rows = secondFactors.map(
    ({ directory, whose, bound, unbound, untold }) =>
      `<tr><td>${escapeHtml(directory)}</td><td>${words[whose]}</td><td class="number">${bound}</td><td class="number">${unbound}</td><td class="number">${untold}</td></tr>`,
  );
  yield `<section><h2>${words.secondFactor}</h2><table><thead><tr><th>${words.directory}</th><th>${words.whose}</th><th class="number">${words.bound}</th><th class="number">${words.unbound}</th><th class="number">${words.untold}</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>\n`;
}

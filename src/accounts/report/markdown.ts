import { oneLine } from '../../core/plain-text.ts';
import type { Telling } from './formats.ts';
import { type AccountReport, groupsOf } from './report.ts';
import { moment, reportWords } from './words.ts';

/** For issues and wikis. What directories say is data: no sign of it is one of Markdown or HTML. */
export function* markdownReport(report: AccountReport, { lang, say }: Telling): Generator<string> {
  const words = reportWords(lang);
  const rowOf = (cells: readonly (string | number)[]) => `| ${cells.map((each) => cell(String(each))).join(' | ')} |\n`;
  const head = (cells: readonly string[]) => `${rowOf(cells)}|${cells.map(() => '---').join('|')}|\n`;
  const bullets = (lines: readonly string[]) => lines.map((text) => `- ${cell(text)}\n`).join('');

  yield `# ${report.policies ? words.policyTitle : words.title}\n\n`;
  yield `${words.runbook} **${cell(report.runbook)}** · ${words.run} \`${report.run}\` · ${moment(report.at)} · ${words.status} ${cell(say(report.status))}\n\n`;
  if (report.unjudged.length > 0)
    yield `## ⚠ ${words.notRead}\n\n**${words.notReadAbout}**\n\n${bullets(report.unjudged.map(say))}\n`;
  else yield `${words.wholeRead}\n\n`;
  if (report.filter) yield `**${words.filter}${words.colon}${cell(words.onlyThese(report.filter))}**\n\n`;
  if (report.sources.length > 0) {
    yield `## ${words.sources}\n\n${head([words.source, words.people, words.export])}`;
    for (const { id, people, exportedOn } of report.sources)
      yield rowOf([id, people ?? words.unread, exportedOn ?? '-']);
    yield '\n';
  }
  yield `## ${words.directories}\n\n`;
  yield head([
    words.directory,
    words.accounts,
    ...(['enabled', 'disabled', 'unknown', 'held'] as const).map(words.stateOf),
    words.readState,
  ]);
  for (const { id, title, accounts, states, whole } of report.directories)
    yield rowOf([
      words.titled(id, title),
      accounts ?? '-',
      ...(['enabled', 'disabled', 'unknown', 'held'] as const).map((state) => states?.[state] ?? '-'),
      accounts === null ? words.unread : whole ? words.whole : words.partial,
    ]);
  yield '\n';

  yield* overview();
  for (const { row, findings } of groupsOf(report)) {
    yield `## ${words.findingOf(row.finding)} (${row.total})\n\n`;
    yield head([
      words.account,
      words.directory,
      words.name,
      words.person,
      words.department,
      words.evidence,
      words.figure,
    ]);
    for (const one of findings)
      yield rowOf([
        one.new ? `${one.login} (${words.isNew})` : one.login,
        one.directory,
        one.account,
        one.person ?? '',
        one.department ?? '',
        [say(one.evidence), ...(one.rights ?? []), ...(one.unconfirmed ? [words.unconfirmed] : [])].join('; '),
        one.figure === undefined ? '' : say(one.figure),
      ]);
    yield '\n';
  }
  yield* policies();
  if (report.gone && report.gone.length > 0) {
    yield `## ${words.gone} (${report.gone.length})\n\n${head([words.finding, words.directory, words.account, words.evidence])}`;
    for (const one of report.gone)
      yield rowOf([words.findingOf(one.type), one.directory, one.login, say(one.evidence)]);
    yield '\n';
  }
  for (const [title, lines] of [
    [words.exceptions, report.exceptions.used.map(words.exceptionOf)],
    [words.expired, report.exceptions.expired.map(words.exceptionOf)],
    [words.remarks, report.remarks.map(say)],
  ] as const)
    if (lines.length > 0) yield `## ${title}\n\n${bullets(lines)}\n`;

  function* overview(): Generator<string> {
    yield `## ${words.overview}\n\n`;
    const ids = report.directories.map(({ id }) => id);
    if (report.counts.length === 0) yield `${words.noneOf(report)}\n\n`;
    else {
      yield head([words.finding, words.weight, ...ids, words.total, words.new]);
      for (const { finding, weight, directories, total, new: fresh } of report.counts)
        yield rowOf([
          words.findingOf(finding),
          words.weightOf(weight),
          ...report.directories.map(({ id, accounts }) => directories[id] ?? (accounts === null ? '?' : 0)),
          total,
          report.comparedWith ? fresh : '-',
        ]);
      yield '\n';
    }
    yield report.comparedWith
      ? `${words.compared(report.comparedWith, report.new ?? 0, report.gone?.length ?? 0)}\n\n`
      : `${words.noComparison}\n\n`;
    if (report.comparedWith && report.blind.length > 0) yield `${cell(words.blind(report.blind))}\n\n`;
  }

  function* policies(): Generator<string> {
    if (!report.policies) return;
    yield `## ${words.policies}\n\n`;
    yield head([
      words.verdict,
      words.directory,
      words.scope,
      words.rule,
      words.value,
      words.required,
      words.except,
      words.from,
    ]);
    for (const rule of report.policies.rules)
      yield rowOf([
        words.verdictOf(rule.verdict),
        rule.directory,
        rule.scope,
        words.ruleOf(rule.rule),
        words.valueOf(rule, say) + (rule.before ? ` (${words.before} ${words.valueOf(rule.before, say)})` : ''),
        rule.required === undefined ? '' : say(rule.required),
        rule.exceptions.map(say).join('; '),
        say(rule.from),
      ]);
    yield '\n';
    if (report.policies.secondFactors.length > 0) {
      yield `## ${words.secondFactor}\n\n${head([words.directory, words.whose, words.bound, words.unbound, words.untold])}`;
      for (const { directory, whose, bound, unbound, untold } of report.policies.secondFactors)
        yield rowOf([directory, words[whose], bound, unbound, untold]);
      yield '\n';
    }
  }
}

/** Signs that Markdown, or HTML in it, would take for its own are escaped. */
function cell(text: string): string {
  return oneLine(text)
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]!)
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replace(/(https?|ftp|mailto):/gi, '$1&#58;')
    .replace(/@/g, '&#64;');
}

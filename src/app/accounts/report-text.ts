import { isWeak } from '../../accounts/policy/judge.ts';
import { foldAlike, namedAlike } from '../../accounts/report/fold.ts';
import { type AccountReport, groupsOf, type ReportedFinding } from '../../accounts/report/report.ts';
import { moment, type ReportWords, reportWords } from '../../accounts/report/words.ts';
import { type Column, table } from '../../cli/render/table.ts';
import { wrap } from '../../cli/render/width.ts';
import { oneLine } from '../../core/plain-text.ts';

export interface TextTelling {
  lang: string;
  /** What was seen, in the language. */
  say(english: string): string;
  /** Width of the line. */
  columns: number;
  color: boolean;
  /** Every finding, not only the first of each type. */
  all: boolean;
}

/** So many findings of a type are shown unless all are asked for. */
const firstOnes = 20;
/** And so many when all are: nobody reads more in a terminal. */
const mostOnes = 2000;
/** So many types of finding are named in the last line. */
const namedTypes = 4;

const states = ['enabled', 'disabled', 'unknown', 'held'] as const;

/** The report for a terminal: what was not read comes first, then the numbers, then findings, the most severe first. */
export function* textReport(report: AccountReport, telling: TextTelling): Generator<string> {
  const { say, all } = telling;
  const most = all ? mostOnes : firstOnes;
  const words = reportWords(telling.lang);
  const { lines, list, tableOf } = painter(telling);
  yield lines(
    `${report.policies ? words.policyTitle : words.title}${words.colon}${report.runbook}, ${moment(report.at)}, ${words.run} ${report.run}, ${say(report.status)}`,
  );
  yield '\n';
  if (report.unjudged.length > 0) {
    yield lines(`!! ${words.notRead} (${report.unjudged.length})`);
    yield lines(`!! ${words.notReadAbout}`);
    yield list('!! ', report.unjudged);
    yield '\n';
  }
  if (report.filter) yield `${lines(`${words.filter}${words.colon}${words.onlyThese(report.filter)}`)}\n`;
  if (report.sources.length > 0)
    yield tableOf(
      [{ title: head(words.source) }, { title: head(words.people), align: 'right' }, { title: head(words.export) }],
      report.sources.map(({ id, people, exportedOn }) => [
        id,
        people === null ? '?' : String(people),
        people === null ? words.unread : (exportedOn ?? '-'),
      ]),
    );
  yield tableOf(
    [
      { title: head(words.directory), flexible: true },
      { title: head(words.accounts), align: 'right' },
      ...states.map((state): Column => ({ title: head(words.stateOf(state)), align: 'right' })),
      { title: head(words.readState) },
    ],
    report.directories.map(({ id, title, accounts, states: counted, whole }) => [
      words.titled(id, title),
      accounts === null ? '?' : String(accounts),
      ...states.map((state) => (counted ? String(counted[state]) : '?')),
      accounts === null ? words.unread : whole ? words.whole : words.partial,
    ]),
  );
  if (report.policies) yield* policies(report.policies, words, telling);
  yield* overview(report, words, telling);
  for (const { row, findings } of groupsOf(report)) {
    const fresh = row.new > 0 ? `, ${row.new} ${words.isNew}` : '';
    yield lines(`${words.findingOf(row.finding)} (${words.weightOf(row.weight)}): ${row.total}${fresh}`);
    const folded = row.finding === 'unknown' && !all ? foldAlike(findings) : findings.map((one) => [one]);
    const shown = folded.slice(0, most);
    yield* findingRows(shown, words, telling);
    const left = folded.slice(most).reduce((sum, { length }) => sum + length, 0);
    if (left > 0) yield `${words.allShown(left, all)}\n`;
    yield '\n';
  }
  if (report.gone && report.gone.length > 0) {
    yield lines(`${words.gone}: ${report.gone.length}`);
    const shown = report.gone.slice(0, most);
    for (const { type, login, directory, evidence } of shown)
      yield list('- ', [`${words.findingOf(type)}: ${login} (${directory})${words.comma}${say(evidence)}`], false);
    if (shown.length < report.gone.length) yield `${words.allShown(report.gone.length - shown.length, all)}\n`;
    yield '\n';
  }
  for (const [title, own] of [
    [words.exceptions, report.exceptions.used.map(words.exceptionOf)],
    [words.expired, report.exceptions.expired.map(words.exceptionOf)],
    [words.remarks, report.remarks.map(say)],
  ] as const) {
    if (own.length === 0) continue;
    yield lines(`${title}: ${own.length}`);
    const shown = own.slice(0, most);
    yield list('- ', shown, false);
    if (shown.length < own.length) yield `${words.allShown(own.length - shown.length, all)}\n`;
    yield '\n';
  }
}

/** Rules of a report of policies that are not as they are required to be. */
export function weakRules({ policies }: AccountReport): number {
  return policies?.rules.filter(isWeak).length ?? 0;
}

/** The last line: `Total: 12; New: 3; account of a leaver 5; ...; 2 more types 4`. */
export function summaryOfReport(report: AccountReport, words: ReportWords): string {
  const others = report.counts.slice(namedTypes);
  const weak = weakRules(report);
  const parts = [
    report.total === 0 ? words.noneOf(report) : `${words.total}${words.colon}${report.total}`,
    ...(report.new ? [`${words.new}${words.colon}${report.new}`] : []),
    ...report.counts.slice(0, namedTypes).map(({ finding, total }) => `${words.findingOf(finding)} ${total}`),
    ...(others.length > 0
      ? [
          words.moreTypes(
            others.length,
            others.reduce((sum, { total }) => sum + total, 0),
          ),
        ]
      : []),
    ...(weak > 0 ? [`${words.weakRules}${words.colon}${weak}`] : []),
    ...(report.unjudged.length > 0 ? [`${words.notRead}${words.colon}${report.unjudged.length}`] : []),
  ];
  // The full stop of a sentence stands at the end alone.
  return parts.map((part, at) => (at < parts.length - 1 ? part.replace(/[.。]$/, '') : part)).join('; ');
}

/** Headings are capitals; what people have named stays as they wrote it. */
function head(word: string): string {
  return word.toUpperCase();
}

function painter({ columns, color, say }: TextTelling) {
  const block = (prefix: string, text: string) =>
    wrap(oneLine(text), columns - prefix.length)
      .map((line, index) => `${index === 0 ? prefix : ' '.repeat(prefix.length)}${line}\n`)
      .join('');
  return {
    lines: (text: string) => block('', text),
    list: (prefix: string, texts: readonly string[], english = true) =>
      texts.map((text) => block(prefix, english ? say(text) : text)).join(''),
    tableOf: (heads: readonly Column[], rows: readonly (readonly string[])[]) =>
      `${table(heads, rows, { columns, color })}\n\n`,
  };
}

function* overview(report: AccountReport, words: ReportWords, telling: TextTelling): Generator<string> {
  const { lines, tableOf } = painter(telling);
  const { counts, directories, comparedWith } = report;
  if (counts.length === 0) yield lines(words.noneOf(report));
  else
    yield tableOf(
      [
        { title: head(words.finding) },
        ...directories.map(({ id }): Column => ({ title: id, align: 'right' })),
        { title: head(words.total), align: 'right' },
        ...(comparedWith ? [{ title: head(words.new), align: 'right' } as const] : []),
      ],
      counts.map(({ finding, directories: own, total, new: fresh }) => [
        words.findingOf(finding),
        // What was not read has not zero findings.
        ...directories.map(({ id, accounts }) => String(own[id] ?? (accounts === null ? '?' : 0))),
        String(total),
        ...(comparedWith ? [String(fresh)] : []),
      ]),
    );
  yield lines(
    comparedWith ? words.compared(comparedWith, report.new ?? 0, report.gone?.length ?? 0) : words.noComparison,
  );
  if (comparedWith && report.blind.length > 0) yield lines(words.blind(report.blind));
  yield '\n';
}

function* findingRows(
  findings: readonly (readonly ReportedFinding[])[],
  words: ReportWords,
  telling: TextTelling,
): Generator<string> {
  const { say, all } = telling;
  const rows = findings.map((alike) => {
    const one = alike[0]!;
    const count = alike.length;
    return [
      `${alike.some((each) => each.new) ? '+' : ' '} ${count === 1 ? one.login : words.accountsOf(count)}`,
      one.directory,
      [
        [say(one.evidence), ...(one.figure === undefined ? [] : [`[${say(one.figure)}]`])].join(' '),
        ...(one.rights ?? []),
        ...(one.unconfirmed ? [words.unconfirmed] : []),
        ...(all && one.account !== one.login ? [one.account] : []),
        ...(count === 1 ? [] : [words.suchAs(alike.slice(0, namedAlike).map(({ login }) => login))]),
      ].join('\n'),
    ];
  });
  // Thousands of rows are laid out a page at a time: the width of a column is that of its page.
  for (let from = 0; from < rows.length; from += 1000) {
    const page = table(
      [
        { title: head(words.account) },
        { title: head(words.directory) },
        { title: head(words.evidence), flexible: true },
      ],
      rows.slice(from, from + 1000),
      telling,
    );
    yield `${from === 0 ? page : page.slice(page.indexOf('\n') + 1)}\n`;
  }
}

/** Accounts that a rule does not hold for; a host may have thousands. */
function exceptionsOf(exceptions: readonly string[], words: ReportWords, { say, all }: TextTelling): string[] {
  if (exceptions.length === 0) return [];
  const shown = exceptions.slice(0, all ? mostOnes : firstOnes);
  const left = exceptions.length - shown.length;
  const told = [...shown.map(say), ...(left > 0 ? [words.allShown(left, all)] : [])];
  return [`${words.except}${words.colon}${told.join('; ')}`];
}

function* policies(
  policy: NonNullable<AccountReport['policies']>,
  words: ReportWords,
  telling: TextTelling,
): Generator<string> {
  const { say } = telling;
  const { lines, tableOf, list } = painter(telling);
  const order = ['weaker', 'not-set', 'not-told', 'enforced', 'told'] as const;
  const sorted = [...policy.rules].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  yield lines(words.policies);
  yield tableOf(
    [
      { title: head(words.verdict) },
      { title: head(words.directory) },
      { title: head(words.rule) },
      { title: head(words.value), flexible: true },
    ],
    sorted.map((rule) => [
      words.verdictOf(rule.verdict),
      rule.directory,
      words.ruleOf(rule.rule),
      [
        words.valueOf(rule, say) + (rule.before ? ` (${words.before} ${words.valueOf(rule.before, say)})` : ''),
        ...(rule.required === undefined ? [] : [`${words.required}${words.colon}${say(rule.required)}`]),
        ...(rule.scope === rule.directory ? [] : [`${words.scope}${words.colon}${rule.scope}`]),
        // Where it was read says why it counts as not set, or is not told.
        ...(isWeak(rule) || rule.verdict === 'not-told' ? [`${words.from}${words.colon}${say(rule.from)}`] : []),
        ...exceptionsOf(rule.exceptions, words, telling),
      ].join('\n'),
    ]),
  );
  if (policy.gone.length > 0) {
    yield lines(words.changed);
    yield list(
      '- ',
      policy.gone.map(
        (rule) => `${rule.directory} (${rule.scope}): ${words.ruleOf(rule.rule)} ${words.valueOf(rule, say)} → –`,
      ),
      false,
    );
    yield '\n';
  }
  if (policy.secondFactors.length > 0)
    yield tableOf(
      [
        { title: head(words.secondFactor) },
        { title: head(words.whose) },
        ...[words.bound, words.unbound, words.untold].map((title): Column => ({ title: head(title), align: 'right' })),
      ],
      policy.secondFactors.map(({ directory, whose, bound, unbound, untold }) => [
        directory,
        words[whose],
        ...[bound, unbound, untold].map(String),
      ]),
    );
}

import { extname, resolve } from 'node:path';
import type { FindingType } from '../../accounts/model.ts';
import { policyReport } from '../../accounts/policy/report.ts';
import { type AuditSummary, auditsOf, findingsOf } from '../../accounts/record/audits.ts';
import { policiesOf } from '../../accounts/record/policies.ts';
import { type Comparison, compareAudits, isWhole } from '../../accounts/report/compare.ts';
import { type AccountFormat, accountReportParts } from '../../accounts/report/formats.ts';
import { type AccountReport, assembleReport } from '../../accounts/report/report.ts';
import { reportWords } from '../../accounts/report/words.ts';
import type { App } from '../../app.ts';
import { wrap } from '../../cli/render/width.ts';
import { Catalogue } from '../../cli/texts/catalogue.ts';
import { writePartsDurable } from '../../core/durable-file.ts';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { writeOut } from '../../core/write-out.ts';
import type { RunEnd } from '../../engine/run/outcome.ts';
import type { FactStore, RunRow } from '../../record/types.ts';
import { summaryOfReport, textReport, weakRules } from './report-text.ts';

export interface AccountReportRequest {
  format: AccountFormat;
  out: string | undefined;
  findings: readonly FindingType[];
  directories: readonly string[];
  /** Every line, not only the first of each type. */
  all: boolean;
}

export interface ReportScreen {
  lang: string;
  say(english: string): string;
  columns: number;
  color: boolean;
}

const endings: Record<string, AccountFormat> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'markdown',
  '.csv': 'csv',
  '.json': 'json',
};

/** The format for a file: the one that is asked for, else that of its ending. */
export function accountFormatOf({ format, out }: Pick<AccountReportRequest, 'format' | 'out'>): AccountFormat {
  return format === 'text' && out !== undefined ? (endings[extname(out).toLowerCase()] ?? 'text') : format;
}

/**
 * The report of a run that compared accounts with people; undefined: it has not come so far.
 * @throws OaopsError `account-directory-unknown` (exit 2) when the filter names a directory that the run does not know
 */
export async function loadAccountReport(
  app: App,
  row: RunRow,
  filter: Pick<AccountReportRequest, 'findings' | 'directories'>,
): Promise<AccountReport | undefined> {
  const { facts } = await app.record();
  const audits = await auditsOf(facts, row.runbook);
  const summary = audits.find(({ run }) => run === row.id);
  const findings = summary && (await findingsOf(facts, row.id));
  if (!summary || !findings) return undefined;
  const known = [...Object.keys(summary.accounts), ...summary.unread.map(({ id }) => id)];
  const unknown = filter.directories.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw usageError('account-directory-unknown', `run ${row.id} knows no directory "${unknown}"`, {
      next: `Write one of: ${known.join(', ')}.`,
    });
  const earlier = audits.filter(({ at, run }) => at < summary.at && run !== summary.run);
  const comparison = await comparisonOf(facts, { summary, findings }, earlier);
  const policies = await policiesReport(facts, row.id, earlier);
  return assembleReport({
    summary,
    status: row.status,
    findings,
    filter,
    ...(comparison ? { comparison } : {}),
    ...(policies ? { policies } : {}),
  });
}

/** With the newest earlier one that was whole and whose findings are still in the record. */
async function comparisonOf(
  facts: FactStore,
  now: { summary: AuditSummary; findings: NonNullable<Awaited<ReturnType<typeof findingsOf>>> },
  earlier: readonly AuditSummary[],
): Promise<Comparison | undefined> {
  for (const summary of earlier.filter(isWhole)) {
    const findings = await findingsOf(facts, summary.run);
    if (findings) return compareAudits(now, { summary, findings });
  }
  return undefined;
}

async function policiesReport(facts: FactStore, run: string, earlier: readonly AuditSummary[]) {
  const now = await policiesOf(facts, run);
  if (!now) return undefined;
  for (const { run: other } of earlier) {
    const policies = await policiesOf(facts, other);
    if (policies) return policyReport(now, { run: other, policies });
  }
  return policyReport(now);
}

/** Why there is no report, where nothing but a report is told on standard output. */
export function withoutReport({ run, status, message, next, exitCode }: RunEnd): OaopsError {
  return new OaopsError('account-report-missing', message ?? `run ${run} has no report: it ended as ${status}`, {
    exitCode,
    next: next ?? `See it with "oaops runs show ${run}".`,
  });
}

/**
 * Tells a report: with `out` into that file, whole or not at all, and only its summary is given back; else the text for a terminal is given back,
 * and every other format goes to standard output part by part.
 * @throws OaopsError `report-not-written`
 */
export async function tellAccounts(
  report: AccountReport,
  request: AccountReportRequest,
  screen: ReportScreen,
): Promise<string> {
  const format = accountFormatOf(request);
  const say = await sayer(screen);
  const isFile = request.out !== undefined;
  const parts =
    format === 'text'
      ? textReport(report, {
          ...screen,
          say,
          all: request.all,
          ...(isFile ? { columns: 80, color: false } : {}),
        })
      : accountReportParts(report, format, { lang: screen.lang, say });
  if (request.out !== undefined) {
    const file = resolve(request.out);
    try {
      writePartsDurable(file, parts);
    } catch (error) {
      throw new OaopsError('report-not-written', `${file} cannot be written: ${messageOf(error)}`, {
        next: 'Give another file with --out.',
        cause: error,
      });
    }
    return `${summaryOfReport(report, reportWords(screen.lang))}\n${screen.say(`the report is in ${file}`)}`;
  }
  if (format === 'text') {
    const text = [...parts].join('');
    // That there is none stands in the overview, and nothing else would stand beside it.
    if (report.total === 0 && report.unjudged.length === 0 && weakRules(report) === 0) return text.trimEnd();
    const summary = wrap(summaryOfReport(report, reportWords(screen.lang)), screen.columns).join('\n');
    return `${text}${summary}`;
  }
  for (const part of gathered(parts)) if (!(await writeOut(process.stdout, part))) break;
  return '';
}

/**
 * Findings are told in the words of their own rooms first: going through every text that oaops knows takes a millisecond each, and there may be
 * 100,000 of them.
 */
async function sayer({ lang, say }: ReportScreen): Promise<(english: string) => string> {
  if (lang !== 'zh-CN') return (english) => english;
  const { accountsFindings } = await import('../../cli/texts/zh-cn/accounts-findings.ts');
  const own = new Catalogue(accountsFindings());
  const said = new Map<string, string>();
  return (english) => {
    const known = said.get(english);
    if (known !== undefined) return known;
    const told = own.translate(english) ?? say(english);
    if (said.size < 20_000) said.set(english, told);
    return told;
  };
}

function* gathered(parts: Iterable<string>): Generator<string> {
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < 64 * 1024) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

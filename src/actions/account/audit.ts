import { z } from 'zod';
import { acceptDirectory, directoryMeasure } from '../../accounts/audit/directory-health.ts';
import { isRead, type NotRead } from '../../accounts/audit/read-all.ts';
import { summaryOf, titlesOf } from '../../accounts/audit/summary.ts';
import { findingTypes } from '../../accounts/model.ts';
import { addAudit } from '../../accounts/record/audits.ts';
import type { Company } from '../../accounts/schema/spec.ts';
import { acceptReading, measureOf } from '../../accounts/sources/read.ts';
import { isoTime } from '../../core/clock.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { collectGarbageNow } from '../../core/heap.ts';
import type { Action } from '../../engine/action.ts';
import type { FactStore } from '../../record/types.ts';
import { leftAloneShape, refused } from './left-alone.ts';
import { type AccountContext, type AccountServices, doorsOf } from './services.ts';

const withSchema = z.strictObject({
  company: z.looseObject({}).describe('Sources, directories and rules, as planning has put them together.'),
  findings: z.array(z.enum(findingTypes)).optional().describe('Only these.'),
  strict: z.boolean().describe('A source that cannot be read ends the run: something is to be changed by it.'),
  ...leftAloneShape,
});
type With = z.infer<typeof withSchema>;

/** Reads every source and directory and records what was found. What could not be read or judged makes it incomplete, what is protected does not. */
export const accountAudit: Action<With, AccountServices> = {
  name: 'account.audit',
  title: { en: 'Compare accounts with people', 'zh-CN': '账号与人员比对' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    found: z.number(),
    counts: z.record(z.string(), z.number()),
    unjudged: z.array(z.string()),
  }),
  usesTargets: false,
  idempotent: true,
  describe({ company, spared, kept, refusal }) {
    const { sources = [], directories = [] } = company as Partial<Company>;
    const names = (list: readonly { id: string }[]) => list.map(({ id }) => id).join(', ') || '-';
    return [
      `compare the accounts of ${names(directories)} with the people of ${names(sources)}`,
      ...(refusal ? [`refused: ${refusal.message}`] : []),
      ...[...spared, ...(kept ?? [])].map((line) => `left alone: ${line}`),
    ].join('\n');
  },
  async apply(args, context) {
    const company = args.company as unknown as Company;
    const facts = await context.services.facts();
    const { summary, findings, failed, measures, directories } = await lookAt(company, facts, args, context);
    collectGarbageNow();
    const { at } = summary;
    await addAudit(facts, summary, findings);
    const result = { found: findings.length, counts: summary.counts, unjudged: summary.unjudged };
    if (args.strict && failed)
      return {
        status: 'failed',
        result,
        message: `the source ${failed.id} was not read, so nothing is changed: ${failed.error.message}`,
        next: failed.error.next ?? 'Repair the source, then start a new run.',
        code: failed.error.code,
        exitCode: ExitCode.refused,
        retryable: false,
      };
    if (args.refusal) return { ...refused(args.refusal), result };
    for (const measure of measures) await acceptReading(facts, measure, at);
    for (const measure of directories) await acceptDirectory(facts, measure, at);
    const notes = [...summary.unjudged, ...args.spared];
    if (notes.length === 0) return { status: 'ok', result };
    return {
      status: 'incomplete',
      result,
      message: `${notes[0]}${notes.length > 1 ? `; and ${notes.length - 1} more` : ''}`,
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

/** Of its own, so that accounts and people are let go before the findings are written. */
async function lookAt(company: Company, facts: FactStore, args: With, context: AccountContext) {
  const audit = await context.services.accounts.audits.get(company, {
    doors: await doorsOf(context),
    facts,
    signal: context.signal,
    told: (what, done, total) => context.progress({ message: what, done, total, unit: 'steps' }),
  });
  const findings = audit.judged.findings.filter(({ type }) => !args.findings || args.findings.includes(type));
  const summary = summaryOf(audit, findings, {
    run: context.runId,
    runbook: context.plan.runbook.name,
    at: isoTime(context.clock.nowMs()),
    titles: titlesOf(company),
    ...(args.findings ? { looked: args.findings } : {}),
  });
  const { sources } = audit.read;
  return {
    summary,
    findings,
    failed: sources.find((source) => !isRead(source)) as NotRead | undefined,
    measures: sources.filter(isRead).map(measureOf),
    directories: audit.read.directories.filter(isRead).map(({ spec, read }) => directoryMeasure(spec, read)),
  };
}

import { z } from 'zod';
import { isRead } from '../../accounts/audit/read-all.ts';
import { summaryOf, titlesOf } from '../../accounts/audit/summary.ts';
import type { FindingType, PolicyRow } from '../../accounts/model.ts';
import { isWeak, judgePolicies } from '../../accounts/policy/judge.ts';
import { countSecondFactors } from '../../accounts/policy/second-factor.ts';
import { addAudit } from '../../accounts/record/audits.ts';
import { addPolicies } from '../../accounts/record/policies.ts';
import type { Company } from '../../accounts/schema/spec.ts';
import { isoTime } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, directoriesOf, doorsOf } from './services.ts';

const withSchema = z.strictObject({
  company: z.looseObject({}).describe('Directories, as planning has put them together.'),
});
type With = z.infer<typeof withSchema>;

/** Accounts for which the rules do not hold are found as these. */
const looked: FindingType[] = ['no-second-factor', 'password-never-expires', 'password-too-old'];

/**
 * Reads which rules for passwords and second factors each directory enforces (AC-06), judges them, and finds the accounts for which they do not hold.
 * A directory that does not tell, or that cannot be read, makes it incomplete.
 */
export const accountPolicy: Action<With, AccountServices> = {
  name: 'account.policy',
  title: { en: 'Read the password policies', 'zh-CN': '读取密码策略' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    rules: z.number(),
    weak: z.number().describe('Rules that are weaker than required, or not set.'),
    found: z.number().describe('Accounts for which they do not hold.'),
    problems: z.array(z.string()),
  }),
  usesTargets: false,
  idempotent: true,
  describe: ({ company }) =>
    `read the password policies of ${((company as Partial<Company>).directories ?? []).map(({ id }) => id).join(', ') || '-'}`,
  async apply(args, context) {
    const company = args.company as unknown as Company;
    const { policies } = company;
    const directories = await directoriesOf(context);
    const facts = await context.services.facts();
    const total = company.directories.length;
    const rows: PolicyRow[] = [];
    const problems: string[] = [];
    for (const [index, spec] of company.directories.entries()) {
      context.progress({ message: spec.id, done: index, total: total * 2, unit: 'steps' });
      try {
        const found = await directories.use(spec, context.signal, (directory) => directory.policy(context.signal));
        if (found.length === 0) problems.push(`${spec.id} tells no password policy`);
        for (const { rule, from } of found) if (rule === 'unknown') problems.push(`${spec.id}: ${from}`);
        rows.push(...found);
      } catch (error) {
        context.signal.throwIfAborted();
        problems.push(`${spec.id}: ${messageOf(error)}`);
      }
    }
    // People are not needed: whose account it is says nothing about its password.
    const audit = await context.services.accounts.audits.get(
      { ...company, sources: [] },
      {
        doors: await doorsOf(context),
        facts,
        signal: context.signal,
        told: (what, done) => context.progress({ message: what, done: total + done, total: total * 2, unit: 'steps' }),
      },
    );
    const read = audit.read.directories.filter(isRead);
    const secondFactors = read.flatMap(({ spec }) => countSecondFactors(spec, audit.judged.accounts));
    const ids = company.directories.map(({ id }) => id);
    const rules = judgePolicies(rows, policies.required, ids, secondFactors);
    for (const { directory, scope, rule, from, verdict, required } of rules)
      if (verdict === 'not-told' && rule === 'policy') problems.push(`${directory} (${scope}): ${from}`);
      else if (verdict === 'not-told' && required !== undefined && rows.some((row) => row.directory === directory))
        problems.push(`${directory} (${scope}) does not tell ${rule}, and ${required} is required`);
    const at = isoTime(context.clock.nowMs());
    const findings = audit.judged.findings.filter(({ type }) => looked.includes(type));
    const about = { run: context.runId, runbook: context.plan.runbook.name, at, looked, titles: titlesOf(company) };
    const summary = summaryOf({ ...audit, judged: { ...audit.judged, unjudged: [] } }, findings, about);
    summary.unjudged.push(...problems);
    await addAudit(facts, summary, findings);
    await addPolicies(facts, context.runId, at, {
      rules,
      secondFactors,
      required: policies.required !== undefined,
      problems,
    });
    const weak = rules.filter(isWeak).length;
    const result = { rules: rules.length, weak, found: findings.length, problems: summary.unjudged };
    if (summary.unjudged.length === 0) return { status: 'ok', result };
    const [first, ...others] = summary.unjudged;
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return { status: 'incomplete', result, message: `${first}${more}` };
  },
  recover: async () => ({ status: 'not-started' }),
};

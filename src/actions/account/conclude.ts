import { z } from 'zod';
import { conclude } from '../../accounts/entry/conclusion.ts';
import { findingTypes } from '../../accounts/model.ts';
import { addCarriedOut } from '../../accounts/record/audits.ts';
import { operations } from '../../accounts/schema/spec.ts';
import { isoTime } from '../../core/clock.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, concernedOf, remarksOf } from './services.ts';

const withSchema = z.strictObject({
  operation: z.enum(operations),
  failOn: z.array(z.enum(findingTypes)).describe('Findings that make the run end as failed.'),
  ended: z.string().optional().describe('Why the run came no further than its first steps; empty: it did.'),
});
type With = z.infer<typeof withSchema>;

/** What a run has found and done, in words for a notice. */
export const accountConclude: Action<With, AccountServices> = {
  name: 'account.conclude',
  title: { en: 'Conclude a review of accounts', 'zh-CN': '账号审查结论' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    summary: z.string().describe('One line for a notice.'),
    lines: z.array(z.string()).describe('One line for each entry that was changed or left alone.'),
    found: z.number(),
    changed: z.number(),
    left: z.number().describe('Entries that were left as they are, or done in part.'),
    kept: z.number().describe('Accounts that were left alone by rule, such as protected ones.'),
    refused: z.boolean().describe('The run came no further than its first steps: it was refused, or could not go on.'),
    counts: z.record(z.string(), z.number()).describe('Findings by type.'),
    weak: z.number().describe('Rules for passwords that are weaker than required.'),
  }),
  usesTargets: false,
  findsFailure: true,
  idempotent: true,
  describe: ({ operation }) => `conclude operation "${operation}"`,
  async apply({ failOn, ended }, context) {
    const facts = await context.services.facts();
    const conclusion = await conclude(facts, {
      run: context.runId,
      runbook: context.plan.runbook.name,
      items: concernedOf(context.plan),
      ...remarksOf(context.plan),
      ...(ended === undefined || ended === '' ? {} : { ended }),
    });
    const { whole, ...result } = conclusion;
    if (whole) await addCarriedOut(facts, context.runId, isoTime(context.clock.nowMs()));
    // Why it ended stands with the step that ended it.
    if (result.refused) return { status: 'ok', result };
    const failing = failOn.filter((type) => (conclusion.counts[type] ?? 0) > 0);
    if (conclusion.weak > 0)
      return {
        status: 'failed',
        result,
        message: `${conclusion.weak} rules for passwords are weaker than required`,
        next: `Look at them with: oaops account show ${context.runId}`,
        code: 'account-policy-weak',
        retryable: false,
      };
    if (failing.length === 0) return { status: 'ok', result };
    return {
      status: 'failed',
      result,
      message: `found: ${failing.map((type) => `${type}: ${conclusion.counts[type]}`).join('; ')}`,
      next: `Look at them with: oaops account show ${context.runId}`,
      code: 'account-findings',
      retryable: false,
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

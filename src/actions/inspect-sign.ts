import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import type { Action, ManualQuestion } from '../engine/action.ts';
import { localText } from '../engine/plan/plan-text.ts';
import { manualSchema, manualType, type SignOff, signOffs } from '../inspect/manual.ts';
import { addPart, signersOf } from '../inspect/record.ts';
import type { CheckResult, CheckState } from '../inspect/types.ts';
import { localizedTextSchema } from '../runbook/schema/common.ts';
import { ask, texts } from './flow/ask.ts';
import type { InspectServices } from './inspect-collect.ts';

const withSchema = z.strictObject({
  inspection: z.string().min(1),
  section: z.string(),
  check: z.string(),
  name: localizedTextSchema,
  enabled: z.boolean(),
  ...manualSchema.shape,
});
type With = z.infer<typeof withSchema>;

const stateOf: Record<SignOff, CheckState> = {
  pass: 'manual-passed',
  fail: 'manual-failed',
  'not-applicable': 'not-applicable',
};

/** A check that a person looks at and signs; the run waits for it, and the other checks do not. */
export const inspectSign: Action<With, InspectServices> = {
  name: 'inspect.sign',
  title: { en: 'Have a person sign a check', 'zh-CN': '人工检查签字' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ value: z.enum(signOffs), by: z.string() }),
  usesTargets: true,
  idempotent: true,
  canWait: true,
  describe: ({ name }) => `have a person look: ${localText(name)}`,
  async apply(args, context) {
    const { check, section, name, enabled, instructions, evidence, notBy } = args;
    const host = context.target.name;
    const about = { check, section, type: manualType, host, measures: [], details: [] };
    const keep = async (result: Pick<CheckResult, 'state' | 'message' | 'by' | 'at' | 'evidence'>) =>
      addPart(await context.services.facts(), context.runId, host, isoTime(context.clock.nowMs()), [
        { ...about, ...result },
      ]);
    if (!enabled) {
      await keep({ state: 'not-applicable', message: 'switched off by an input' });
      return { status: 'ok', result: { value: 'not-applicable', by: '' } };
    }
    const question: ManualQuestion = {
      kind: 'choice',
      ...texts({ message: name, instructions }, context.lang),
      choices: [...signOffs],
    };
    const several = Array.isArray(context.step.units) && context.step.units.length > 1;
    const words = ['oaops', 'inspect', 'sign', context.runId, check, 'pass'];
    if (several) words.push('--host', host);
    if (evidence === 'required') words.push('--evidence', 'FILE');
    const asked = await ask(context, question, '', false, words.join(' '));
    if ('outcome' in asked) return asked.outcome;
    const { value, by, atMs, comment, file } = asked.answer;
    if (evidence === 'required' && value === 'pass' && !file)
      return {
        status: 'failed',
        result: { value, by },
        message: `the sign-off of ${check} needs an evidence file`,
        retryable: false,
      };
    const facts = await context.services.facts();
    if (notBy !== undefined && (await signersOf(facts, context.runId, notBy)).includes(by))
      return {
        status: 'failed',
        result: { value, by },
        message: `${by} has signed ${notBy}, and ${check} is for another person`,
        retryable: false,
      };
    const { [value as SignOff]: state } = stateOf;
    await keep({
      state,
      message: comment ?? `signed as ${value}`,
      by,
      at: isoTime(atMs),
      ...(file ? { evidence: { name: file.name, sha256: file.sha256, path: file.path } } : {}),
    });
    return { status: 'ok', result: { value, by } };
  },
  recover: async () => ({ status: 'not-started' }),
};

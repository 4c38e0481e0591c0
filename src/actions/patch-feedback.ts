import { z } from 'zod';
import type { Action } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import { countFeedback, feedbackTopic } from '../rollout/feedback.ts';

const withSchema = z.strictObject({
  maxSerious: z.int().nonnegative().default(0).describe('Serious reports that are put up with.'),
  maxMajor: z.int().nonnegative().optional().describe('Major reports that are put up with; absent = any number.'),
});
type With = z.infer<typeof withSchema>;

/** What the users have told about this run so far (UP-07); as a gate it says no at the first serious report. */
export const patchFeedback: Action<With, { facts: () => Promise<FactStore> }> = {
  name: 'patch.feedback',
  title: { en: 'Look at the feedback of the users', 'zh-CN': '检查用户反馈' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ minor: z.number(), major: z.number(), serious: z.number() }),
  usesTargets: false,
  idempotent: true,
  describe: ({ maxSerious }) => `no more than ${maxSerious} serious reports by users`,
  async apply({ maxSerious, maxMajor }, context) {
    const rows = await (await context.services.facts()).list(feedbackTopic, { key: context.runId });
    const result = { ...countFeedback(rows) };
    const bad =
      result.serious > maxSerious
        ? `serious reports by users: ${result.serious}, at most ${maxSerious} are put up with`
        : maxMajor !== undefined && result.major > maxMajor
          ? `major reports by users: ${result.major}, at most ${maxMajor} are put up with`
          : undefined;
    return bad === undefined
      ? { status: 'ok', result }
      : { status: 'failed', result, message: bad, code: 'feedback-bad', retryable: false };
  },
  recover: async () => ({ status: 'not-started' }),
};

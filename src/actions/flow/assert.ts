import { z } from 'zod';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Action } from '../../engine/action.ts';
import { localText } from '../../engine/plan/plan-text.ts';
import { localizedTextSchema } from '../../runbook/schema/common.ts';

const withSchema = z.strictObject({
  that: z
    .boolean({ error: 'not true or false; write ${{ expression }}' })
    .describe('What must be true: ${{ expression }}.'),
  message: localizedTextSchema.describe('What it means when it is false.'),
  refuse: z
    .boolean()
    .default(false)
    .describe('A false is a missing precondition: the run is refused (exit 4), not failed.'),
});
type With = z.infer<typeof withSchema>;

/** Fails the run when a condition over inputs and earlier steps is false. */
export const assert: Action<With> = {
  name: 'assert',
  title: { en: 'Check a condition', 'zh-CN': '条件断言' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({}),
  usesTargets: true,
  idempotent: true,
  describe: (args) => `check: ${localText(args.message)}`,
  async apply(args, context) {
    if (args.that) return { status: 'ok', result: {} };
    return {
      status: 'failed',
      result: {},
      message: localText(args.message, context.lang),
      retryable: true,
      ...(args.refuse ? { exitCode: ExitCode.refused } : {}),
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

import { z } from 'zod';
import type { Action, ManualAnswer, ManualQuestion } from '../../engine/action.ts';
import { localText } from '../../engine/plan/plan-text.ts';
import { localizedTextSchema, patternSchema } from '../../runbook/schema/common.ts';
import { ask, texts } from './ask.ts';

const answerResult = {
  by: z.string(),
  at: z.string().describe('ISO time.'),
  comment: z.string().optional(),
  file: z
    .object({ name: z.string(), path: z.string(), sha256: z.string(), sizeBytes: z.number() })
    .optional()
    .describe('Evidence, copied into the folder of the run.'),
};

const common = {
  message: localizedTextSchema.describe('What is asked.'),
  instructions: localizedTextSchema.optional().describe('What to do or look at first.'),
};

const confirmSchema = z.strictObject({
  ...common,
  evidence: z.boolean().default(false).describe('An evidence file must come with a yes.'),
});
type ConfirmWith = z.infer<typeof confirmSchema>;

/** A person says that something was done or seen. A no fails the step. */
export const manualConfirm: Action<ConfirmWith> = {
  name: 'manual.confirm',
  title: { en: 'Ask a person to confirm', 'zh-CN': '人工确认' },
  effect: 'read',
  withSchema: confirmSchema,
  resultSchema: z.object({ value: z.boolean(), ...answerResult }),
  usesTargets: true,
  idempotent: true,
  canWait: true,
  describe: (args) => `ask: ${localText(args.message)}`,
  async apply(args, context) {
    const asked = await ask(context, { kind: 'confirm', ...texts(args, context.lang) }, 'yes', args.evidence);
    if ('outcome' in asked) return asked.outcome;
    const { answer } = asked;
    if (answer.value !== true) {
      return {
        status: 'failed',
        result: resultOf(answer),
        message: `${answer.by} answered no${answer.comment ? `: ${answer.comment}` : ''}`,
        retryable: false,
      };
    }
    if (args.evidence && !answer.file) {
      return { status: 'failed', result: resultOf(answer), message: 'a yes needs an evidence file', retryable: false };
    }
    return { status: 'ok', result: resultOf(answer) };
  },
  recover: async () => ({ status: 'not-started' }),
};

const inputSchema = z
  .strictObject({
    ...common,
    type: z.enum(['text', 'number', 'choice', 'file']).default('text').describe('What kind of answer.'),
    choices: z.array(z.string().min(1)).min(1).optional().describe('For choice.'),
    min: z.number().optional().describe('Least number, or fewest characters.'),
    max: z.number().optional().describe('Greatest number, or most characters.'),
    pattern: patternSchema.optional().describe('Regular expression for the whole text.'),
  })
  .refine((args) => (args.type === 'choice') === (args.choices !== undefined), {
    error: 'choices belong to type choice, and to it alone',
    path: ['choices'],
  });
type InputWith = z.infer<typeof inputSchema>;

/** A person gives a text, a number, one of several choices, or a file as evidence. */
export const manualInput: Action<InputWith> = {
  name: 'manual.input',
  title: { en: 'Ask a person for a value', 'zh-CN': '人工填报' },
  effect: 'read',
  withSchema: inputSchema,
  resultSchema: z.object({ value: z.union([z.string(), z.number()]), ...answerResult }),
  usesTargets: true,
  idempotent: true,
  canWait: true,
  describe: (args) => `ask for ${args.type}: ${localText(args.message)}`,
  async apply(args, context) {
    const { choices, min, max, pattern } = args;
    const question: ManualQuestion = {
      kind: args.type,
      ...texts(args, context.lang),
      ...(choices ? { choices } : {}),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(pattern === undefined ? {} : { pattern }),
    };
    const asked = await ask(context, question, 'VALUE', args.type === 'file');
    return 'outcome' in asked ? asked.outcome : { status: 'ok', result: resultOf(asked.answer) };
  },
  recover: async () => ({ status: 'not-started' }),
};

function resultOf(answer: ManualAnswer): Record<string, unknown> {
  return {
    value: answer.value,
    by: answer.by,
    at: new Date(answer.atMs).toISOString(),
    ...(answer.comment ? { comment: answer.comment } : {}),
    ...(answer.file ? { file: answer.file } : {}),
  };
}

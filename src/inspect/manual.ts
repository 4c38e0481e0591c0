import { z } from 'zod';
import { localizedTextSchema, stepIdSchema } from '../runbook/schema/common.ts';
import type { LocalizedText } from '../runbook/types.ts';

/** Name of the type that a person judges. */
export const manualType = 'manual';
export const manualTitle: LocalizedText = { en: 'Looked at by a person', 'zh-CN': '人工检查' };

/** Arguments of a check that a person signs. */
export const manualSchema = z.strictObject({
  instructions: localizedTextSchema.describe('What to look at, and what is all right.'),
  evidence: z
    .enum(['none', 'optional', 'required'])
    .default('optional')
    .describe('Whether a file (a photo, a protocol) comes with the sign-off.'),
  notBy: stepIdSchema
    .optional()
    .describe('A check that another person must have signed before: who takes over is not who hands over.'),
});
export type ManualWith = z.infer<typeof manualSchema>;

/** What a person can say. */
export const signOffs = ['pass', 'fail', 'not-applicable'] as const;
export type SignOff = (typeof signOffs)[number];

import { z } from 'zod';
import { maxBatchMembers } from '../engine/plan/batch-limit.ts';
import { durationSchema } from '../runbook/schema/common.ts';
import { commonSpec } from '../runbook/schema/spec.ts';
import { stepsSchema } from '../runbook/schema/steps.ts';
import { budgetSchema } from './budget.ts';
import { gateSchema, pauseSchema, watchGateSchema } from './gates.ts';
import { populationSchema } from './population/schema.ts';
import { preconditionSchema } from './preconditions.ts';

/** `spec` of a rollout. */
export const rolloutSpecSchema = z.strictObject({
  ...commonSpec,
  population: populationSchema.describe(
    'Whom the rollout reaches. Read once, when the plan is made, and stored with it.',
  ),
  batches: z
    .strictObject({
      sizes: z
        .array(z.int().min(1).max(maxBatchMembers))
        .min(1)
        .describe('Members of each batch, such as [5, 50, 500]; the last size repeats.'),
    })
    .describe('How the population is cut.'),
  preconditions: z
    .array(preconditionSchema)
    .max(50)
    .default([])
    .describe('What must hold before anything is done, each with its evidence from the record.'),
  overrides: z
    .strictObject({
      approval: z
        .enum(['required', 'none'])
        .default('none')
        .describe('Whether a second person must sign what one takes upon themselves by "oaops patch override".'),
    })
    .default({ approval: 'none' })
    .describe('Preconditions that are not met, and go on all the same by name and reason.'),
  before: stepsSchema
    .optional()
    .describe('Once, before the first batch: verify the package, tell the users, freeze the data.'),
  steps: stepsSchema.describe(
    'What is done in each batch; expressions see it as `batch`. `forEach: batch.members` does a step for each member, `targets: batch` on each host of the batch.',
  ),
  gates: z
    .array(gateSchema)
    .max(50)
    .default([])
    .describe('What must hold after each batch before the next one begins.'),
  budget: budgetSchema,
  rollback: z
    .strictObject({
      mode: z.enum(['auto', 'ask', 'none']).default('auto').describe('What happens when a batch or a gate fails.'),
      scope: z.enum(['target', 'batch', 'all']).default('all').describe('What is taken back.'),
    })
    .default({ mode: 'auto', scope: 'all' })
    .describe('Undo of the steps of batches, in reverse order; it stands over the scope and mode of a single step.'),
  watch: z
    .strictObject({
      duration: durationSchema.default(72 * 3_600_000).describe('After the last batch (UP-07); default 72h.'),
      every: pauseSchema.default(15 * 60_000).describe('From one sample to the next.'),
      gates: z.array(watchGateSchema).min(1).max(50),
    })
    .optional()
    .describe('Checks that go on after the last batch, driven by "oaops tick" or followed; a failure rolls back.'),
  after: stepsSchema.optional().describe('Once, when everything has gone well: thaw the data, tell the users.'),
  finally: stepsSchema.optional().describe('At the end, however the others ended.'),
});
export type RolloutSpec = z.infer<typeof rolloutSpecSchema>;

import { z } from 'zod';
import {
  celSchema,
  defined,
  durationSchema,
  localizedTextSchema,
  oneOrManySchema,
  stepIdSchema,
} from '../runbook/schema/common.ts';
import type { GateSpec, LocalizedText } from '../runbook/types.ts';
import { countOf, shareSchema } from './budget.ts';

/** Shorter ones would measure nothing but the measuring; zero would never come to an end. */
export const pauseSchema = durationSchema.refine((ms) => ms >= 1000, { error: 'shorter than 1s' });

const measured = {
  id: stepIdSchema.describe('Unique in the runbook.'),
  name: localizedTextSchema.optional(),
  uses: z
    .string()
    .min(1)
    .describe('Name of an action: what is measured, such as http.request, exec, ssh.exec, manual.confirm.'),
  with: z.record(z.string(), z.unknown()).default({}).describe('Arguments of the action.'),
  success: celSchema
    .optional()
    .describe("CEL over `result`; true passes, false fails. Absent = the action's own idea of success."),
  targets: oneOrManySchema
    .optional()
    .describe('One inventory name on which it is measured; absent = the local machine.'),
  timeout: durationSchema.optional().describe('Of one sample.'),
  failureLimit: z.int().nonnegative().default(0).describe('Samples that may fail.'),
  errorLimit: z.int().nonnegative().default(0).describe('Samples that could not be measured.'),
  inconclusiveLimit: z.int().nonnegative().default(0).describe('Samples that gave no data.'),
};

/** A check after each batch. */
export const gateSchema = z
  .strictObject({
    ...measured,
    samples: z.int().min(1).max(10_000).default(1).describe('How often it is measured.'),
    interval: pauseSchema.default(30_000).describe('From one sample to the next.'),
    afterBatches: z
      .array(z.int().min(1))
      .min(1)
      .optional()
      .describe(
        'Only after the batches of these numbers, such as an approval after the first two; absent = after each.',
      ),
    delay: durationSchema.default(0).describe('Before the first sample: the time to soak.'),
  })
  .transform(
    ({ samples, interval, delay, failureLimit, errorLimit, inconclusiveLimit, ...rest }): GateStep =>
      defined({
        ...rest,
        gate: { samples, intervalMs: interval, delayMs: delay, failureLimit, errorLimit, inconclusiveLimit },
      }),
  );

/** A check that goes on for hours after the last batch (UP-07). */
export const watchGateSchema = z
  .strictObject({
    ...measured,
    inconclusiveLimit: shareSchema
      .default(0)
      .describe(
        'Samples that gave no data or whose time went by unseen: a count, or a share of all such as "5%", rounded down.',
      ),
    interval: pauseSchema.optional().describe("From one sample to the next; default the watch's."),
  })
  .transform((gate) => defined(gate));
export type WatchGate = z.infer<typeof watchGateSchema>;

/** A measurement that can become a step of any batch. */
export interface GateStep {
  id: string;
  name?: LocalizedText;
  uses: string;
  with: Record<string, unknown>;
  success?: string;
  targets?: string[];
  timeout?: number;
  gate: GateSpec;
  /** Numbers of the batches after which it is measured; absent = all. */
  afterBatches?: number[];
}

/** The gate of a watch: a sample each interval until its time is over. */
export function watchGate(gate: WatchGate, watch: { durationMs: number; everyMs: number }): GateStep {
  const { interval, failureLimit, errorLimit, inconclusiveLimit, ...rest } = gate;
  const intervalMs = interval ?? watch.everyMs;
  const samples = Math.max(1, Math.ceil(watch.durationMs / intervalMs));
  return defined({
    ...rest,
    gate: {
      samples,
      intervalMs,
      delayMs: intervalMs,
      failureLimit,
      errorLimit,
      inconclusiveLimit: countOf(inconclusiveLimit, samples),
    },
  }) as GateStep;
}

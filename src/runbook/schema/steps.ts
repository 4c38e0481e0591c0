import { z } from 'zod';
import type { BecomeSpec, RetrySpec, StepSpec } from '../types.ts';
import {
  celSchema,
  defined,
  durationSchema,
  identifierSchema,
  localizedTextSchema,
  oneOrManySchema,
  secretRefSchema,
  stepIdSchema,
} from './common.ts';

export const defaultRetry: RetrySpec = { attempts: 1, delayMs: 10_000, backoff: 'exponential', maxDelayMs: 300_000 };

export const becomeSchema = z
  .union([
    z.literal(true),
    z.strictObject({
      method: z.enum(['sudo', 'doas', 'su']).default('sudo').describe('How to become another user.'),
      user: z.string().min(1).default('root').describe('The user to become.'),
      password: secretRefSchema
        .optional()
        .describe('Only when the method asks for one; given on stdin, never in argv.'),
    }),
  ])
  .transform((become): BecomeSpec => (become === true ? { method: 'sudo', user: 'root' } : defined(become)))
  .meta({ id: 'become', description: 'Run as another user; true means sudo to root.' });

export const retrySchema = z
  .strictObject({
    attempts: z
      .int()
      .min(1)
      .max(100)
      .default(defaultRetry.attempts)
      .describe('Attempts in all, the first one included.'),
    delay: durationSchema.optional().describe('Pause before the second attempt; default 10s.'),
    backoff: z
      .enum(['fixed', 'exponential'])
      .default(defaultRetry.backoff)
      .describe('exponential doubles the pause each time.'),
    maxDelay: durationSchema.optional().describe('Longest pause; default 5m.'),
  })
  .transform(
    ({ attempts, delay, backoff, maxDelay }): RetrySpec => ({
      attempts,
      delayMs: delay ?? defaultRetry.delayMs,
      backoff,
      maxDelayMs: maxDelay ?? Math.max(defaultRetry.maxDelayMs, delay ?? 0),
    }),
  );

const argumentsSchema = z.record(z.string(), z.unknown());
const usesSchema = z.string().min(1).describe('Name of an action.');
const withSchema = argumentsSchema
  .default({})
  .describe('Arguments of the action; a value may be ${{ cel }} as a whole.');

export const undoSchema = z.strictObject({
  uses: usesSchema,
  with: withSchema,
  scope: z.enum(['target', 'batch', 'all']).default('target').describe('What is taken back together.'),
  mode: z.enum(['auto', 'ask']).default('auto').describe('ask: a person decides first.'),
});

export const verifySchema = z
  .strictObject({
    uses: usesSchema,
    with: withSchema,
    success: celSchema.optional().describe("CEL over `result`; true means that the step's effect is in place."),
  })
  .transform((verify) => defined(verify));

/** One step as it may be written; gives `StepSpec`. */
export const stepSchema = z
  .strictObject({
    id: stepIdSchema.describe('Unique in the runbook.'),
    name: localizedTextSchema.optional().describe('What people read; default the id.'),
    uses: usesSchema,
    with: withSchema,
    if: celSchema.optional().describe('The step is skipped when this gives false.'),
    targets: oneOrManySchema
      .optional()
      .describe(
        'Inventory names, group:NAME or all, with * and ? as patterns; "!" before one leaves it out; absent = the local machine.',
      ),
    forEach: z
      .union([celSchema, z.array(z.unknown()).min(1)])
      .optional()
      .describe('A list, or CEL that gives one; each value is `item`.'),
    parallel: z.int().min(1).max(1000).default(1).describe('How many units (target x item) run at once.'),
    needs: z
      .union([stepIdSchema, z.array(stepIdSchema)])
      .transform((needs) => (typeof needs === 'string' ? [needs] : needs))
      .optional()
      .describe('Steps that must have ended well; absent = the step before this one; [] = none.'),
    outputs: z.record(identifierSchema, celSchema).default({}).describe('Output name -> CEL over `result`.'),
    become: becomeSchema.optional(),
    timeout: durationSchema
      .refine((timeoutMs) => timeoutMs > 0, { error: 'a time of zero ends every attempt at once' })
      .optional()
      .describe('Ends the whole process tree of an attempt.'),
    retry: retrySchema.optional().describe('Default: one attempt.'),
    onFailure: z
      .string()
      .regex(/^(stop|continue|undo|step:[A-Za-z][A-Za-z0-9_-]*)$/, {
        error: 'not one of stop, continue, undo, step:<id of a later step>',
      })
      .default('stop')
      .describe('stop, continue, undo, or step:<id> of a later step.'),
    undo: undoSchema.optional().describe('How to take the step back.'),
    verify: verifySchema.optional().describe("How to see whether the step's effect is in place."),
    success: celSchema.optional().describe("CEL over `result`; absent = the action's own idea of success."),
    idempotent: z
      .boolean()
      .optional()
      .describe('True when the step may be done twice without harm; default as the action says.'),
  })
  .transform(
    ({ name, timeout, retry, idempotent, onFailure, ...step }): StepSpec =>
      defined({
        ...step,
        name: name ?? { en: step.id },
        timeoutMs: timeout,
        retry: retry ?? defaultRetry,
        onFailure: onFailure as StepSpec['onFailure'],
        // The loader puts the action's own answer here when the runbook has none.
        idempotent: idempotent ?? false,
      }),
  );

/** Most steps of one list; the order of steps is judged in time that grows with the square of their number. */
export const maxSteps = 1000;

/** A list of steps, for `Procedure` and for kinds that take steps of their own (list their paths in `stepPaths`). */
export const stepsSchema = z.array(stepSchema).min(1).max(maxSteps);

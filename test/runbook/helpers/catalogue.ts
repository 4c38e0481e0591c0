import { z } from 'zod';
import { procedureKind } from '../../../src/runbook/procedure-kind.ts';
import { durationSchema, secretRefSchema } from '../../../src/runbook/schema/common.ts';
import type { ActionSchema, Catalogue } from '../../../src/runbook/types.ts';

const exec: ActionSchema = {
  name: 'exec',
  title: { en: 'Run a program' },
  effect: 'write',
  withSchema: z.strictObject({
    argv: z.array(z.string()).min(1),
    shell: z.boolean().default(false),
    env: z.record(z.string(), z.string()).default({}),
    okExitCodes: z.array(z.int().min(0).max(255)).default([0]),
    mode: z
      .string()
      .regex(/^0[0-7]{3}$/)
      .optional(),
    grace: durationSchema.optional(),
    password: secretRefSchema.optional(),
  }),
  resultSchema: z.strictObject({ exitCode: z.int(), stdout: z.string(), stderr: z.string() }),
  usesTargets: true,
  idempotent: false,
};

const confirm: ActionSchema = {
  name: 'manual.confirm',
  title: { en: 'Ask a person' },
  effect: 'read',
  withSchema: z.strictObject({ message: z.string() }),
  resultSchema: z.strictObject({ confirmed: z.boolean(), by: z.string() }),
  usesTargets: false,
  idempotent: true,
  canWait: true,
};

/** Small and fixed, so that the rules are tested apart from the actions of the day. */
export const catalogue: Catalogue = {
  kinds: [procedureKind],
  actions: [exec, confirm],
  checks: [],
  procedures: ['BK-02', 'EM-04'],
};

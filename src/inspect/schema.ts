import { z } from 'zod';
import { isDate } from '../calendar/dates.ts';
import {
  defined,
  durationSchema,
  localizedTextSchema,
  oneOrManySchema,
  stepIdSchema,
} from '../runbook/schema/common.ts';
import { commonSpec } from '../runbook/schema/spec.ts';
import { becomeSchema, stepsSchema } from '../runbook/schema/steps.ts';
import { severities } from './types.ts';

const oneOrManyIds = z
  .union([stepIdSchema, z.array(stepIdSchema).min(1)])
  .transform((ids) => (typeof ids === 'string' ? [ids] : ids));

const checkSchema = z
  .strictObject({
    id: stepIdSchema.describe('Unique in the inspection: history, waivers and sign-offs go by it.'),
    name: localizedTextSchema.optional().describe('What people read; default the title of its type.'),
    check: z.string().min(1).describe('Type of the check; "manual" is one that a person signs.'),
    with: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Arguments of the type; a value may be ${{ cel }} as a whole.'),
    enabled: z
      .union([
        z.boolean(),
        z.string().regex(/^\s*\$\{\{[\s\S]*\}\}\s*$/, { error: 'neither true nor false, nor an expression ${{ }}' }),
      ])
      .default(true)
      .describe('false, or an expression over inputs that gives it: the check is told as not applicable.'),
    severity: z.enum(severities).default('major').describe('How bad a failure is.'),
    needs: oneOrManyIds
      .optional()
      .describe(
        'Checks without which this one cannot be judged: it is skipped, with the reason, unless they passed or warned.',
      ),
    timeout: durationSchema
      .refine((ms) => ms > 0, { error: 'a check needs some time' })
      .default(30_000)
      .describe('For this check alone.'),
  })
  .transform((check) => defined(check));
export type CheckSpec = z.infer<typeof checkSchema>;

const sectionSchema = z
  .strictObject({
    id: stepIdSchema.describe('Unique in the inspection.'),
    title: localizedTextSchema.optional().describe('Its heading in reports; default the id.'),
    targets: oneOrManySchema
      .optional()
      .describe('Hosts of the inventory that every check of the section looks at; absent = the local machine.'),
    become: becomeSchema.optional().describe('For checks on the host.'),
    checks: z.array(checkSchema).min(1).max(500),
  })
  .transform((section) => defined(section));
export type SectionSpec = z.infer<typeof sectionSchema>;

const waiverSchema = z.strictObject({
  check: stepIdSchema,
  host: z.string().min(1).optional().describe('Absent = every host.'),
  until: z
    .string()
    .refine(isDate, { error: 'not a date; write 2026-12-31' })
    .describe('Last day on which it holds; after it the failure counts again.'),
  by: z.string().min(1).describe('Who answers for it.'),
  reason: z.string().min(1),
});

/** `spec` of an inspection. */
export const inspectionSpecSchema = z.strictObject({
  ...commonSpec,
  sections: z.array(sectionSchema).min(1).max(50).describe('What is looked at, in the order of the report.'),
  waivers: z
    .array(waiverSchema)
    .max(500)
    .default([])
    .describe('Failures that are known and accepted until a date; others by "oaops inspect waive".'),
  parallel: z.int().min(1).max(1000).default(50).describe('How many hosts are asked at once.'),
  finally: stepsSchema
    .optional()
    .describe(
      'At the end, however it ended: tell somebody. `steps.judge.outputs` has `verdict`, `summary`, `lines`, `failed`, `new`.',
    ),
});
export type InspectionSpec = z.infer<typeof inspectionSpecSchema>;

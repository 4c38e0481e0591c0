import { z } from 'zod';
import { defined, durationSchema, nameSchema, secretRefSchema } from '../../runbook/schema/common.ts';

/** Fields of a person, as `Person` has them. */
export const personFields = [
  'id',
  'name',
  'login',
  'mail',
  'department',
  'post',
  'manager',
  'status',
  'startsOn',
  'endsOn',
] as const;
export type PersonField = (typeof personFields)[number];

const fieldsSchema = z
  .strictObject(
    Object.fromEntries(
      personFields.map((field) => [field, z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional()]),
    ) as Record<PersonField, z.ZodOptional<z.ZodUnion<[z.ZodString, z.ZodArray<z.ZodString>]>>>,
  )
  .transform((fields) => defined(fields))
  .describe(
    'Field -> name of its column or attribute; of several the first that is there. Common names, English and Chinese, are found without it.',
  );

const ldap = {
  url: z.string().min(1).describe('ldap:// or ldaps:// URL.'),
  bindDn: z.string().min(1).optional().describe('Absent = anonymous.'),
  password: secretRefSchema.optional(),
  caFile: z.string().min(1).optional().describe('PEM file of an extra certificate authority.'),
  startTls: z.boolean().default(false),
  base: z.string().min(1).describe('DN to search below.'),
  timeout: durationSchema.prefault('60s'),
};

export { ldap as ldapLogin };

export const usualShrinkWithin = '35d';

const common = {
  id: nameSchema.describe('Unique among the sources.'),
  fields: fieldsSchema.prefault({}),
  left: z
    .array(z.string().min(1))
    .prefault(['left', 'leaver', 'terminated', 'resigned', 'inactive', '离职', '已离职', '辞职', '退休'])
    .describe('Values of "status" that mean: no longer employed. Compared without regard to case.'),
  active: z
    .array(z.string().min(1))
    .prefault(['active', 'employed', 'probation', '在职', '试用', '试用期', '正式'])
    .describe('Values of "status" that mean: employed. A value that is in neither list stops the review.'),
  complete: z
    .boolean()
    .default(true)
    .describe(
      'It holds everybody: whoever is not in it is unknown to the company. false: it names some people, such as the leavers of a month.',
    ),
  minRows: z.int().min(1).default(1).describe('Fewer rows than these are no roster.'),
  maxShrink: z
    .string()
    .regex(/^(100|\d{1,2})%$/, { error: 'not a share; write 20%' })
    .default('20%')
    .describe(
      'So many fewer employed people than at the largest accepted reading of "shrinkWithin" are believed; more stop the review.',
    ),
  shrinkWithin: durationSchema
    .prefault(usualShrinkWithin)
    .describe('Readings of so long are compared with, and the last accepted one whatever its age.'),
  maxDuplicates: z
    .string()
    .regex(/^(100|\d{1,2})%$/, { error: 'not a share; write 5%' })
    .default('5%')
    .describe('So many people may stand in it twice with different facts; each of them is left alone.'),
};

const file = {
  file: z
    .string()
    .min(1)
    .describe('Relative to the folder of the file that says so; * for a changing part, the newest is taken.'),
  maxAge: durationSchema.optional().describe('An older file stops the review. Absent = any age.'),
  asOf: z
    .string()
    .min(1)
    .optional()
    .describe('Column that holds the day of the export, for "maxAge"; absent = time of modification of the file.'),
};

/** Where people come from; told apart by `type`. */
export const sourceSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('csv'),
    ...common,
    ...file,
    encoding: z
      .enum(['auto', 'utf-8', 'gbk'])
      .default('auto')
      .describe('auto: UTF-8, with or without BOM, and GBK where it is no UTF-8.'),
    separator: z.enum([',', ';', '\t']).default(','),
    trailer: z
      .string()
      .min(1)
      .optional()
      .describe('First cell of the last line, such as "EOF" or "合计": without that line the file counts as cut off.'),
  }),
  z.strictObject({
    type: z.literal('xlsx'),
    ...common,
    ...file,
    sheet: z.string().min(1).optional().describe('Name of the sheet; absent = the only one, or the first.'),
    headerRow: z.int().min(1).max(100).default(1),
  }),
  z.strictObject({
    type: z.literal('sql'),
    ...common,
    url: z.string().min(1).describe('postgres://, mysql:// or sqlite: URL, without a password.'),
    password: secretRefSchema.optional(),
    query: z.string().min(1).describe('A query that reads; its columns are the fields.'),
    timeout: durationSchema.prefault('60s'),
  }),
  z.strictObject({
    type: z.literal('ldap'),
    ...common,
    ...ldap,
    scope: z.enum(['base', 'one', 'sub']).default('sub'),
    filter: z.string().min(1).default('(objectClass=person)'),
  }),
]);
export type SourceSpec = z.infer<typeof sourceSchema>;

import { z } from 'zod';
import { durationSchema, secretRefSchema } from '../../runbook/schema/common.ts';

const orderSchema = z
  .strictObject({
    by: z
      .string()
      .min(1)
      .describe('Name of a field: members are ordered by it, then by id. Of an inventory also "groups".'),
    first: z
      .array(z.string())
      .default([])
      .describe(
        'Values of that field that come first, in this order: rings. Where it is a list, the first of its labels counts.',
      ),
  })
  .optional()
  .describe('Order of the members; default by id. It is the same whenever the plan is made.');

const common = { order: orderSchema, exclude: z.array(z.string()).default([]).describe('Ids that are left out.') };

/** Where a population comes from; told apart by `from`. */
export const populationSchema = z.discriminatedUnion('from', [
  z.strictObject({
    from: z.literal('ldap'),
    url: z.string().min(1).describe('ldap:// or ldaps:// URL.'),
    bindDn: z.string().min(1).optional(),
    password: secretRefSchema.optional(),
    caFile: z.string().min(1).optional().describe('PEM file of an extra certificate authority.'),
    startTls: z.boolean().default(false),
    base: z.string().min(1).describe('DN to search below.'),
    scope: z.enum(['base', 'one', 'sub']).default('sub'),
    filter: z.string().min(1).default('(objectClass=person)').describe('Filter as in RFC 4515.'),
    group: z
      .string()
      .min(1)
      .optional()
      .describe('DN of a group: its members (member, uniqueMember, memberUid) that the search finds.'),
    id: z
      .string()
      .min(1)
      .default('uid')
      .describe('Attribute that tells one member from another; sAMAccountName in Active Directory.'),
    fields: z.record(z.string(), z.string()).default({}).describe('Name of a field -> attribute.'),
    timeout: durationSchema.default(60_000),
    ...common,
  }),
  z.strictObject({
    from: z.literal('sql'),
    url: z.string().min(1).describe('postgres://, mysql:// or sqlite: URL, without a password.'),
    password: secretRefSchema.optional(),
    query: z.string().min(1).describe('A query that reads; its columns are the fields.'),
    id: z.string().min(1).describe('Column that tells one member from another.'),
    timeout: durationSchema.default(60_000),
    ...common,
  }),
  z.strictObject({
    from: z.literal('csv'),
    file: z.string().min(1).describe("File with a header line, relative to the runbook's folder."),
    encoding: z
      .enum(['auto', 'utf-8', 'gbk'])
      .default('auto')
      .describe('auto: UTF-8, with or without BOM, and GBK where it is no UTF-8.'),
    separator: z.enum([',', ';', '\t']).default(','),
    id: z.string().min(1).describe('Column that tells one member from another.'),
    fields: z
      .record(z.string(), z.string())
      .default({})
      .describe('Name of a field -> column; default all columns by their names.'),
    ...common,
  }),
  z.strictObject({
    from: z.literal('inventory'),
    targets: z.array(z.string().min(1)).min(1).describe('Inventory names, group:NAME or all.'),
    ...common,
  }),
]);
export type PopulationSpec = z.infer<typeof populationSchema>;

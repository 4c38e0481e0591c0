import { z } from 'zod';
import type { KindDefinition, RunbookMetadata } from '../types.ts';
import { defined, localizedTextSchema, nameSchema } from './common.ts';
import { semverPattern } from './semver-pattern.ts';

/** The versions of the envelope that this oaops reads; the last one is what it writes. */
export const apiVersions = ['oaops/v1'] as const;

export const metadataSchema = z
  .strictObject({
    name: nameSchema,
    version: z
      .string()
      .regex(semverPattern, { error: 'not a semantic version; write three numbers, such as 1.4.0' })
      .describe('Semantic version; raised with every change.'),
    title: localizedTextSchema.describe('What people read, in English and Chinese.'),
    description: localizedTextSchema.optional(),
    owner: z.string().min(1).describe('Team or person who answers for the runbook.'),
    procedures: z
      .array(
        z
          .string()
          .regex(/^[A-Z]{2}-\d{2}$/, { error: 'not a procedure ID; write two letters and two digits, such as BK-02' }),
      )
      .default([])
      .describe('IDs of the handbook procedures that a run counts for.'),
    labels: z.record(z.string().min(1), z.string()).default({}),
  })
  .transform((metadata): RunbookMetadata => defined(metadata));

const built = new WeakMap<KindDefinition, z.ZodType>();

/** The whole document for one kind. */
export function envelopeOf(kind: KindDefinition): z.ZodType {
  let schema = built.get(kind);
  if (!schema) {
    schema = z.strictObject({
      apiVersion: z.enum(apiVersions),
      kind: z.literal(kind.kind),
      metadata: metadataSchema,
      spec: kind.specSchema,
    });
    built.set(kind, schema);
  }
  return schema;
}

/** The document when its kind is not known: the header is checked all the same. */
export const anyKindEnvelope = z.strictObject({
  apiVersion: z.enum(apiVersions),
  kind: z.string(),
  metadata: metadataSchema,
  spec: z.unknown(),
});

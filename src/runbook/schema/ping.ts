import { z } from 'zod';
import { secretRefSchema } from './common.ts';

const urlSchema = z
  .union([secretRefSchema, z.url({ protocol: /^https?$/ })])
  .describe('URL, or a reference to it: env:NAME, file:/path, cred:NAME. The path of a ping URL is a secret.');

/** Whom a run tells that it began and how it ended, as Healthchecks understands it; told apart by being a text or an object. */
export const pingSchema = z
  .union([
    urlSchema,
    z.strictObject({
      url: urlSchema.optional(),
      start: z.boolean().default(true).describe('Also tell the beginning, at URL/start.'),
      failure: z
        .enum(['exit-code', 'fail'])
        .default('exit-code')
        .describe('A run that did not end well goes to URL/<exit code>, or to URL/fail.'),
      legs: z
        .record(z.string().min(1), urlSchema)
        .optional()
        .describe('URL by leg, its name in the configuration or its place: each leg is told by itself.'),
    }),
  ])
  .transform((value) =>
    typeof value === 'string' ? { url: value, start: true, failure: 'exit-code' as const } : value,
  );

export type PingSpec = z.infer<typeof pingSchema>;

/** A single URL, for places that have one. */
export const pingUrlSchema = urlSchema;

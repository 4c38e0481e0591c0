import { z } from 'zod';
import { parseDuration, parseSize, tryParseDuration, tryParseSize } from '../../core/units.ts';
import type { LocalizedText } from '../types.ts';

/*
 * Schema pieces that kinds and actions share. Every object is strict (an unknown key is an error), and a transform never
 * changes what may be written: the JSON Schema is made from the input side.
 */

/** `30s`, `20m`, `72h`, `30d`, `1h30m`; gives milliseconds. */
export const durationSchema = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|[smhdw]))+$/, {
    error: 'not a duration; write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m',
    abort: true,
  })
  .refine((text) => tryParseDuration(text) !== undefined, { error: 'the duration is too long' })
  .transform((text) => tryParseDuration(text) ?? parseDuration(text))
  .meta({
    id: 'duration',
    description: 'A duration: a number and a unit (ms, s, m, h, d, w), such as 30s, 20m, 72h or 1h30m.',
  });

/** `512B`, `64MiB`, `1.5GB`, or a bare number of bytes; gives bytes. */
export const sizeSchema = z
  .union([
    z.int().nonnegative(),
    z.string().regex(/^\d+(\.\d+)?\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$/, {
      error: 'not a size; write a number and a unit, such as 512B, 64MiB or 1.5GB',
      abort: true,
    }),
  ])
  .refine((size) => typeof size === 'number' || tryParseSize(size) !== undefined, { error: 'the size is too large' })
  .transform((size) => (typeof size === 'number' ? size : (tryParseSize(size) ?? parseSize(size))))
  .meta({
    id: 'size',
    description: 'A size: a number and a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), or a number of bytes.',
  });

/** A text in English, or one text per language; gives `LocalizedText`. */
export const localizedTextSchema = z
  .union([z.string().min(1), z.strictObject({ en: z.string().min(1), 'zh-CN': z.string().min(1).optional() })])
  .transform((text): LocalizedText => {
    if (typeof text === 'string') return { en: text };
    return text['zh-CN'] === undefined ? { en: text.en } : { en: text.en, 'zh-CN': text['zh-CN'] };
  })
  .meta({ id: 'localizedText', description: 'A text in English, or {en: ..., zh-CN: ...}.' });

/** Lower-case words joined by hyphens: names of runbooks and of things that appear in file names. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
    error: 'not a name; use lower-case letters, digits and single hyphens, such as backup-daily',
  })
  .max(63)
  .meta({ id: 'name', description: 'Lower-case letters, digits and single hyphens, such as backup-daily.' });

/** Names that stand in expressions after a dot, so without hyphens. */
export const identifierSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, {
    error: 'not a name for expressions; use letters, digits and _, starting with a letter, such as oldVersion',
  })
  .max(63);

/** Step ids; one with a hyphen is read in expressions as `steps["copy-files"]`. */
export const stepIdSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, {
    error: 'not a step id; use letters, digits, _ and -, starting with a letter, such as copy-files',
  })
  .max(63)
  .meta({ id: 'stepId', description: 'Letters, digits, _ and -, starting with a letter.' });

/** A reference to a secret; the secret itself never stands in a runbook. */
export const secretRefSchema = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|cred:[A-Za-z0-9_.:@-]+|prompt:.*)$/, {
    error: 'not a reference to a secret; write env:NAME, file:/path, cred:NAME or prompt:',
  })
  .meta({
    id: 'secretRef',
    description: 'Where a secret is read from: env:NAME, file:/path, cred:NAME (systemd credential) or prompt:.',
  });

/** As `secretRefSchema`, for what jobs read with nobody at a terminal. */
export const standingSecretRefSchema = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|cred:[A-Za-z0-9_.:@-]+)$/, {
    error: 'not a reference to a secret that a job can read; write env:NAME, file:/path or cred:NAME',
  })
  .meta({
    id: 'standingSecretRef',
    description: 'Where a secret is read from: env:NAME, file:/path or cred:NAME (systemd credential).',
  });

/** A regular expression as `new RegExp(..., 'u')` takes it. */
export const patternSchema = z.string().refine(isPattern, { error: 'not a regular expression' });

/** A bare CEL expression (`if`, `success`, `outputs`, ...): no `${{ }}` around it. */
export const celSchema = z.string().min(1).meta({ id: 'cel', description: 'A CEL expression, written bare.' });

/** One text or several; gives a list. */
export const oneOrManySchema = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value));

/** Takes members that are `undefined` out, as `exactOptionalPropertyTypes` wants it. */
export function defined<T extends Record<string, unknown>>(
  value: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
} {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

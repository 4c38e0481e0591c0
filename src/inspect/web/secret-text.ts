import { z } from 'zod';
import { secretRefSchema } from '../../runbook/schema/common.ts';
import type { CheckDoors } from '../ports.ts';

/** A text, or a reference to a secret that is read when the check is made. */
export const textOrSecretSchema = z.union([
  z.string(),
  z
    .strictObject({ secret: secretRefSchema })
    .describe('Read when the check is made; redacted everywhere, never stored.'),
]);
export type TextOrSecret = z.infer<typeof textOrSecretSchema>;

/** The value itself. @throws OaopsError `secret-*` */
export async function textOf(value: TextOrSecret, doors: Pick<CheckDoors, 'secret'>): Promise<string> {
  return typeof value === 'string' ? value : doors.secret(value.secret);
}

/** All values of a map, secrets read. */
export async function textsOf(
  values: Record<string, TextOrSecret>,
  doors: Pick<CheckDoors, 'secret'>,
): Promise<Record<string, string>> {
  const entries = Object.entries(values).map(async ([name, value]) => [name, await textOf(value, doors)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

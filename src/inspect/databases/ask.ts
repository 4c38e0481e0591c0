import { z } from 'zod';
import { durationSchema, secretRefSchema } from '../../runbook/schema/common.ts';
import type { CheckDoors } from '../ports.ts';

/** How a database is reached. */
export const databaseKeys = {
  url: z
    .string()
    .min(1)
    .describe(
      'postgres://USER@HOST:PORT/DATABASE, mysql://... with sslmode and sslrootcert, or sqlite:FILE; no password in it.',
    ),
  password: secretRefSchema.optional(),
  timeout: durationSchema.default(10_000),
};

/** Rows of a query. @throws OaopsError as the door does */
export async function rowsOf(
  { url, password, timeout }: { url: string; password?: string | undefined; timeout: number },
  query: string,
  doors: Pick<CheckDoors, 'query' | 'secret'>,
  signal: AbortSignal,
  parameters: (string | number)[] = [],
): Promise<Record<string, unknown>[]> {
  const door = await doors.query();
  return door.rows(
    {
      url,
      query,
      parameters,
      timeoutMs: timeout,
      ...(password === undefined ? {} : { password: await doors.secret(password) }),
    },
    signal,
  );
}

/** The number that a database gave, which may have come as a text; undefined: it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

import { z } from 'zod';
import { type Update, unknown } from './types.ts';

const entry = z.object({ current: z.string().optional(), latest: z.string() });
const shape = z.record(z.string(), z.union([entry, z.array(entry).min(1)]));

/**
 * `npm outdated --json`: an object by package, `{}` when all is up to date; it ends with 1 when something is outdated, and also when it failed.
 * A package in several workspaces is a list. It knows nothing of security.
 * @throws OaopsError `updates-unknown`
 */
export function readNpm(out: string, exitCode: number | null): Update[] {
  let json: unknown;
  try {
    json = JSON.parse(out);
  } catch {
    throw unknown(`the output of the command is not the JSON of "npm outdated --json" (exit code ${exitCode})`);
  }
  const { error } = (json ?? {}) as { error?: { summary?: unknown } };
  if (typeof error?.summary === 'string') throw unknown(`npm says: ${error.summary.slice(0, 300)}`);
  const read = shape.safeParse(json);
  if (!read.success || ![0, 1].includes(exitCode ?? -1) || (exitCode === 1 && Object.keys(read.data).length === 0))
    throw unknown(`the output of the command is not the JSON of "npm outdated --json" (exit code ${exitCode})`);
  return Object.entries(read.data).flatMap(([name, found]) =>
    [found].flat().map(({ current, latest }) => ({
      name,
      kind: 'package' as const,
      installed: current ?? null,
      available: latest,
      security: null,
      severity: null,
      cves: null,
      held: false,
    })),
  );
}

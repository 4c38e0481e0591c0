import { z } from 'zod';
import { type Update, unknown } from './types.ts';

const shape = z.array(z.object({ name: z.string(), version: z.string(), latest_version: z.string() }));

/** `pip list --outdated --format json`: a list, `[]` when all is up to date. It knows nothing of security. @throws OaopsError `updates-unknown` */
export function readPip(out: string, exitCode: number | null): Update[] {
  const refused = () =>
    unknown(`the output of the command is not the JSON of "pip list --outdated --format json" (exit code ${exitCode})`);
  let json: unknown;
  try {
    json = JSON.parse(out);
  } catch {
    throw refused();
  }
  const read = shape.safeParse(json);
  if (!read.success || exitCode !== 0) throw refused();
  return read.data.map(({ name, version, latest_version: available }) => ({
    name,
    kind: 'package',
    installed: version,
    available,
    security: null,
    severity: null,
    cves: null,
    held: false,
  }));
}

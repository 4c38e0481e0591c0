import { writeFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { App } from '../app.ts';
import { errnoOf, messageOf, OaopsError, usageError } from '../core/errors.ts';
import { importGoss } from '../inspect/goss/import.ts';
import { checkText } from '../runbook/load.ts';
import { nameSchema } from '../runbook/schema/common.ts';
import { smallFile } from './small-file.ts';

const mostBytes = 1024 * 1024;

/**
 * A gossfile as the text of an inspection that validates.
 * @throws OaopsError `file-missing`, `name-invalid`, `goss-invalid`, `file-exists` (exit 2), `report-not-written`
 */
export async function importInspection(
  app: App,
  request: { file: string; name?: string | undefined; out?: string | undefined },
): Promise<{ runbook: string; notes: string[]; out: string | null }> {
  const bytes = await smallFile(resolve(request.file), mostBytes);
  if (!bytes) throw usageError('file-missing', `there is no file ${request.file}`);
  const name = request.name ?? nameOf(request.out ?? request.file);
  if (!nameSchema.safeParse(name).success)
    throw usageError('name-invalid', `"${name}" is no name for a runbook`, {
      next: 'Give one with --name: lower-case letters, digits and single hyphens.',
    });
  const { runbook, notes } = importGoss(Buffer.from(bytes).toString('utf8'), name);
  const [finding] = checkText(runbook, `${name}.yaml`, { catalogue: await app.catalogue() }).findings;
  if (finding?.severity === 'error')
    throw usageError('goss-invalid', `what comes of it is no inspection: ${finding.message}`);
  if (request.out === undefined) return { runbook, notes, out: null };
  const out = resolve(request.out);
  try {
    writeFileSync(out, runbook, { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST')
      throw usageError('file-exists', `${out} is there already`, { next: 'Give another file with --out.' });
    throw new OaopsError('report-not-written', `${out} cannot be written: ${messageOf(error)}`, {
      next: 'Give another file with --out.',
      cause: error,
    });
  }
  return { runbook, notes, out };
}

/** `Web Servers.goss.yaml` -> `web-servers`. */
function nameOf(file: string): string {
  const words = basename(file, extname(file))
    .toLowerCase()
    .replace(/\.goss$/, '');
  return words
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf, messageOf, OaopsError } from './errors.ts';

/**
 * A new folder for files of a program that wants files, with these in it (mode 0600). The caller removes it.
 * @throws OaopsError `temporary-folder-unusable`: it is not there, may not be written, or its disk is full
 */
export function temporaryFolder(prefix: string, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  let dir: string | undefined;
  try {
    dir = mkdtempSync(join(tmpdir(), prefix));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content, { mode: 0o600 });
    return dir;
  } catch (error) {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
    const reason = isFull ? `the disk of ${tmpdir()} is full` : messageOf(error);
    throw new OaopsError('temporary-folder-unusable', `no temporary file can be made: ${reason}`, {
      next: 'Name a folder that exists and can be written with TMPDIR.',
      cause: error,
    });
  }
}

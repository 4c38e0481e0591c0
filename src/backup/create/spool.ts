import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { type ProcessIdentity, processStartOf } from '../../core/process-identity.ts';

/**
 * A folder of this process below `base`, 0700. Folders of processes that are gone (killed runs, earlier boots) are removed
 * first: their packs were never counted.
 * @throws OaopsError `spool-unwritable`
 */
export function openSpool(base: string, identity: ProcessIdentity): { dir: string; close: () => void } {
  makeBase(base);
  for (const name of readdirSync(base)) {
    const match = /^spool-(\d+)-(\d+)-([0-9a-f-]+|unknown)$/.exec(name);
    if (!match) continue;
    const [, pid, start, boot] = match;
    if (boot === identity.bootId && processStartOf(Number(pid)) === start) continue;
    rmSync(join(base, name), { recursive: true, force: true });
  }
  const prefix = `spool-${identity.pid}-${identity.processStart}-${identity.bootId}`;
  const dir = join(base, prefix);
  // A second backup of the same process would share the name.
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { mode: 0o700 });
  return { dir, close: () => rmSync(dir, { recursive: true, force: true }) };
}

function makeBase(base: string): void {
  try {
    makePrivateDir(base);
  } catch (error) {
    throw new OaopsError('spool-unwritable', `the spool folder ${base} cannot be made: ${messageOf(error)}`, {
      next: 'Name a folder that can be written with --spool-dir; OAOPS_STATE_DIR moves the one that is taken without it.',
      cause: error,
    });
  }
}

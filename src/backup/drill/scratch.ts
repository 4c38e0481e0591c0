import { chmodSync, lstatSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateDir } from '../../core/private-dir.ts';
import { currentProcessIdentity, processStartOf } from '../../core/process-identity.ts';

const prefix = 'oaops-drill-';

export interface Scratch {
  dir: string;
  /** Leaves it there under a name that no later drill removes; gives that name. */
  keep: () => string;
  remove: () => void;
}

/**
 * A fresh folder (0700) below `base`, named for this process. Those of drills that were killed are removed first: they
 * hold business data in clear.
 */
export function openScratch(base: string): Scratch {
  makePrivateDir(base);
  const real = realpathSync(base);
  const own = currentProcessIdentity();
  for (const name of readdirSync(real)) {
    const [, pid, start, boot] = /^oaops-drill-(\d+)-(\d+|unknown)-([0-9a-f-]+|unknown)-\w{6}$/.exec(name) ?? [];
    if (pid === undefined || (boot === own.bootId && processStartOf(Number(pid)) === start)) continue;
    const dir = join(real, name);
    // In /tmp anybody may lay a folder of such a name.
    const stats = lstatSync(dir, { throwIfNoEntry: false });
    if (stats?.isDirectory() && stats.uid === process.geteuid?.()) removeTree(dir);
  }
  const dir = mkdtempSync(join(real, `${prefix}${own.pid}-${own.processStart}-${own.bootId}-`));
  return {
    dir,
    keep() {
      const kept = join(real, `${prefix}kept-${dir.slice(-6)}`);
      renameSync(dir, kept);
      return kept;
    },
    remove: () => removeTree(dir),
  };
}

/** Also with folders in it that were restored without the right to change them: only root could remove their content. */
function removeTree(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    openFolders(Buffer.from(dir));
    rmSync(dir, { recursive: true, force: true });
  }
}

function openFolders(folder: Buffer): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }))
    if (entry.isDirectory()) openFolders(Buffer.concat([folder, Buffer.from('/'), entry.name]));
}

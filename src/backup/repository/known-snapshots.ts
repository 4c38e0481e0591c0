import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { idPattern } from '../../core/ids.ts';

/**
 * Remembers on this machine the newest snapshot of a repository that was ever seen, so that its removal, or a repository set
 * back to an older state, does not go unnoticed: the storage itself cannot tell. Ids sort by time.
 */
export function rememberSnapshot(stateDir: string, repositoryId: string, snapshot: string): void {
  const known = newestKnown(stateDir, repositoryId);
  if (known !== undefined && known >= snapshot) return;
  writeFileDurable(fileOf(stateDir, repositoryId), `${JSON.stringify({ newest: snapshot })}\n`);
}

/**
 * Tells that snapshots were removed because somebody wanted it, so that nobody is warned of it: the newest that is left takes the
 * place of one that is among them.
 */
export function forgetSnapshots(
  stateDir: string,
  repositoryId: string,
  removed: ReadonlySet<string>,
  newestLeft: string | undefined,
): void {
  const known = newestKnown(stateDir, repositoryId);
  if (known === undefined || !removed.has(known) || newestLeft === undefined) return;
  writeFileDurable(fileOf(stateDir, repositoryId), `${JSON.stringify({ newest: newestLeft })}\n`);
}

/** Undefined when this machine has seen none, or the file cannot be read: then only the legs can be compared. */
export function newestKnown(stateDir: string, repositoryId: string): string | undefined {
  try {
    const { newest } = JSON.parse(readFileSync(fileOf(stateDir, repositoryId), 'utf8')) as { newest?: unknown };
    return typeof newest === 'string' && idPattern.test(newest) ? newest : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(stateDir: string, repositoryId: string): string {
  return join(stateDir, 'known-snapshots', `${repositoryId}.json`);
}

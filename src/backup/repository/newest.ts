import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { compactTime } from '../../core/ids.ts';
import type { ObjectStore } from '../ports.ts';
import { chooseSnapshot, isChosen, type SnapshotChoice } from './choice.ts';
import { endsReading } from './copies.ts';
import { newestKnown, rememberSnapshot } from './known-snapshots.ts';
import type { Repository } from './open.ts';
import { listSnapshotNames, pickSnapshot } from './snapshots.ts';

/** Clocks of machines that are looked after differ by less. */
const skewMs = 5 * 60_000;

export interface FoundSnapshot {
  snapshot: string;
  /** What speaks against the newest snapshot found being the newest that was made. */
  warnings: string[];
  /** A newer snapshot that this machine knows of and that no leg has. */
  missing: string | undefined;
}

/**
 * The snapshot that is meant, out of those of all legs. For `latest` it is also told when a leg lacks it, when a newer
 * one has an index but no manifest, when this machine has seen a newer one (`stateDir`), and when it is from the future
 * (`nowMs`). `choice` narrows `latest` down.
 * @throws OaopsError `snapshot-missing`, `snapshot-ambiguous`, and what the only leg throws when it cannot be listed
 */
export async function findSnapshot(
  repository: Repository,
  wanted: string,
  stateDir: string | undefined,
  choice?: SnapshotChoice,
  nowMs?: number,
): Promise<FoundSnapshot> {
  if (isChosen(choice)) {
    if (wanted !== 'latest')
      throw usageError(
        'choice-needless',
        `"${wanted}" names a snapshot, and --at, --host, --tag, --runbook and --path choose one`,
        {
          next: 'Give one or the other; "latest" goes with both.',
        },
      );
    return { ...(await chooseSnapshot(repository, choice)), missing: undefined };
  }
  const warnings: string[] = [];
  const stores = [repository.store, ...(repository.others ?? [])];
  const listed: { store: ObjectStore; ids: string[]; indexes: string[] }[] = [];
  let failure: unknown;
  for (const store of stores) {
    try {
      listed.push({ store, ...(await listSnapshotNames(store)) });
    } catch (error) {
      if (!(error instanceof OaopsError) || endsReading(error)) throw error;
      failure ??= error;
      warnings.push(`${store.location} could not be listed: ${messageOf(error)}`);
    }
  }
  if (listed.length === 0) throw failure;
  const ids = [...new Set(listed.flatMap((leg) => leg.ids))].sort();
  const snapshot = pickSnapshot(ids, wanted, repository.store.location);
  if (wanted !== 'latest') return { snapshot, warnings, missing: undefined };

  for (const { store, ids: own } of listed)
    if (!own.includes(snapshot))
      warnings.push(
        `${store.location} does not have snapshot ${snapshot}${own.length > 0 ? `; its newest is ${own.at(-1)!}` : ''}`,
      );
  if (nowMs !== undefined && snapshot > compactTime(nowMs + skewMs))
    warnings.push(
      `snapshot ${snapshot} is from the future, so a clock was wrong when it was made, or is wrong here: what was backed up after it may stand before it in "oaops backup list"`,
    );
  const orphan = listed
    .flatMap(({ indexes }) => indexes)
    .filter((id) => id > snapshot && !ids.includes(id))
    .sort()
    .at(-1);
  const missing = missingOf(repository, snapshot, stateDir);
  if (missing !== undefined)
    warnings.push(
      `this machine knows the newer snapshot ${missing}, which no leg has: it was removed, or the repository was set back; the newest that is there is ${snapshot}`,
    );
  if (orphan !== undefined && orphan !== missing)
    warnings.push(
      `there is an index of the newer snapshot ${orphan} but no manifest: that backup was cut off at its end, or its manifest was removed`,
    );
  return { snapshot, warnings, missing };
}

/** Also remembers what is there now. A state folder that cannot be written keeps nobody from restoring. */
function missingOf(repository: Repository, newest: string, stateDir: string | undefined): string | undefined {
  if (stateDir === undefined) return undefined;
  const { repositoryId } = repository.config;
  const known = newestKnown(stateDir, repositoryId);
  if (known !== undefined && known > newest) return known;
  try {
    rememberSnapshot(stateDir, repositoryId, newest);
  } catch {
    // Told by whatever else is to be written there.
  }
  return undefined;
}

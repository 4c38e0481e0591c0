import { type Clock, isoTime } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { ManifestRoot } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import type { SnapshotCounts } from '../format/snapshot-header.ts';
import type { ObjectStore } from '../ports.ts';
import { listSnapshots } from '../repository/snapshots.ts';
import { groupKey, groupOf, type SnapshotGroup } from '../retention/groups.ts';
import { type LastRun, noteRun } from '../retention/last-runs.ts';
import type { IsAccepted } from './parent.ts';

/** Says whether a guarded snapshot was accepted; asks each leg once at most. */
export function acceptedAt(stores: readonly ObjectStore[]): IsAccepted {
  const asked = new Map<string, Promise<boolean>>();
  const ask = async (snapshot: string) => {
    for (const store of stores) {
      // A leg that does not answer says nothing; the backup itself will notice.
      const found = await store.head(objectNames.accepted(snapshot)).catch(() => undefined);
      if (found) return true;
    }
    return false;
  };
  return (snapshot) => {
    const answer = asked.get(snapshot) ?? ask(snapshot);
    asked.set(snapshot, answer);
    return answer;
  };
}

/** Counts of the last good snapshot, to which a new one is compared: the parent, else what the indexes tell. */
export async function lastGoodCounts(
  store: ObjectStore,
  parent: ManifestRoot | undefined,
  group: SnapshotGroup,
  isAccepted: IsAccepted,
): Promise<SnapshotCounts | undefined> {
  if (parent && !(parent.guard && !(await isAccepted(parent.snapshot)))) return parent.counts;
  for (const { header } of (await listSnapshots(store)).reverse()) {
    if (!header || groupKey(groupOf(header)) !== groupKey(group)) continue;
    if (header.status === 'complete' && (!header.guard || (await isAccepted(header.snapshot)))) return header.counts;
  }
  return undefined;
}

/** Notes on this machine that a backup of a group began and how it ended; nothing is removed after one that failed. */
export async function noted<T>(
  place: { stateDir: string; clock: Clock; warn: (message: string) => void },
  repositoryId: string,
  group: SnapshotGroup,
  work: () => Promise<T>,
): Promise<T> {
  const at = isoTime(place.clock.nowMs());
  const note = (outcome: LastRun['outcome'], message?: string) => {
    try {
      noteRun(place.stateDir, repositoryId, groupKey(group), { at, outcome, ...(message ? { message } : {}) });
    } catch (error) {
      place.warn(`the outcome of the backup could not be remembered in ${place.stateDir}: ${messageOf(error)}`);
    }
  };
  note('running');
  try {
    const result = await work();
    note('ok');
    return result;
  } catch (error) {
    note('failed', messageOf(error));
    throw error;
  }
}

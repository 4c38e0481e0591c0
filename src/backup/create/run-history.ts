import { type Clock, isoTime } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { RepositoryCache } from '../cache/repository-cache.ts';
import type { ManifestRoot } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import type { Guard } from '../format/snapshot-header.ts';
import type { ObjectStore } from '../ports.ts';
import { listSnapshots } from '../repository/snapshots.ts';
import { groupKey, groupOf, type SnapshotGroup } from '../retention/groups.ts';
import { type LastRun, noteRun } from '../retention/last-runs.ts';
import type { GuardBase } from './guard.ts';
import { guardedParent, type IsAccepted } from './parent.ts';

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

/** What a new snapshot of a group is compared with: the parent, else what the indexes tell. */
export async function guardBaseOf(
  store: ObjectStore,
  cache: RepositoryCache,
  parent: ManifestRoot | undefined,
  group: SnapshotGroup,
  isAccepted: IsAccepted,
): Promise<GuardBase> {
  const isOdd = async ({ snapshot, guard }: Pick<ManifestRoot, 'snapshot' | 'guard'>) =>
    guard !== undefined && !(await isAccepted(snapshot));
  if (parent && !(await isOdd(parent))) {
    const waiting = guardedParent(cache, parent.sources);
    return { good: parent.counts, pending: waiting && (await isOdd(waiting)) ? waiting.guard : undefined };
  }
  let pending: Guard | undefined;
  for (const { header } of (await listSnapshots(store)).reverse()) {
    if (!header || groupKey(groupOf(header)) !== groupKey(group)) continue;
    if (await isOdd(header)) pending ??= header.guard;
    else if (header.status === 'complete') return { good: header.counts, pending };
  }
  return { good: undefined, pending };
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

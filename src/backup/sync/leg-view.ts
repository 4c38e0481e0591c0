import type { OaopsError } from '../../core/errors.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import { readRemoved } from '../repository/removed.ts';
import { listSnapshotIds } from '../repository/snapshots.ts';

/** One leg as a sync sees it. */
export interface LegView {
  store: ObjectStore;
  /** May be read from, may be written to. */
  source: boolean;
  target: boolean;
  snapshots: Set<string>;
  /** Snapshots removed there on purpose: named in `removed/`, and not there. */
  removed: Set<string>;
  /** Packs and blocks with the sizes in which they lie there; empty until `listObjects`. */
  objects: Map<string, number>;
  /** What ended the work on it. */
  failed: OaopsError | undefined;
  /** Calls in a row that failed while reading from it, for another reason than the object. */
  failures: number;
}

/** What there is to know about snapshots of a leg; two listings and the records of what was removed. */
export async function viewLeg(store: ObjectStore, role: { source: boolean; target: boolean }): Promise<LegView> {
  const snapshots = new Set(await listSnapshotIds(store));
  const recorded = await readRemoved(store);
  const removed = new Set([...recorded].filter((id) => !snapshots.has(id)));
  return { store, ...role, snapshots, removed, objects: new Map(), failed: undefined, failures: 0 };
}

export async function listObjects(leg: LegView): Promise<void> {
  for (const prefix of [objectNames.packsPrefix, objectNames.blocksPrefix])
    for await (const { name, sizeBytes } of leg.store.list(prefix))
      if (hashOfObject(name) !== undefined) leg.objects.set(name, sizeBytes);
}

/**
 * Snapshots that a leg should have and has not, newest first: what any leg has, without what was removed from this one on purpose.
 * So a prune that did not reach every leg, or legs that keep snapshots for different times, are not undone by a sync.
 */
export function missingOn(leg: LegView, legs: readonly LegView[]): string[] {
  const all = new Set(legs.filter(({ source }) => source).flatMap((one) => [...one.snapshots]));
  return [...all]
    .filter((id) => !leg.snapshots.has(id) && !leg.removed.has(id))
    .sort()
    .reverse();
}

import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { BackupDoor } from '../door.ts';
import type { ObjectStore } from '../ports.ts';
import { snapshotTimeMs } from '../report.ts';
import { openRepository } from '../repository/open.ts';
import { type LegView, listObjects, missingOn, viewLeg } from './leg-view.ts';
import { errorOf } from './sync-legs.ts';

export interface LegStatus {
  location: string;
  /** `stale`: its newest snapshot is older than was asked for. */
  status: 'ok' | 'behind' | 'stale' | 'failed';
  error?: { code: string; message: string; next?: string };
  snapshots: number;
  newest: string | null;
  /** Since the newest snapshot was begun. */
  ageMs: number | null;
  /** Snapshots of other legs that it lacks, oldest first; without those that were removed there. */
  missing: string[];
  objects: number;
  storedBytes: number;
}

export interface LegsStatus {
  exitCode: ExitCode;
  repositoryId: string;
  legs: LegStatus[];
}

/**
 * How each leg of a repository stands. Only listings are read; no key is needed.
 * @throws OaopsError that of the only leg, or of the first when none can be reached
 */
export async function legsStatus(
  repos: readonly string[],
  place: Pick<BackupDoor, 'openStore' | 'clock'>,
  maxAgeMs?: number,
): Promise<LegsStatus> {
  const opened: { store: ObjectStore; view: LegView }[] = [];
  const failed = new Map<string, OaopsError>();
  let repositoryId: string | undefined;
  const stores: ObjectStore[] = [];
  try {
    for (const location of new Set(repos)) {
      try {
        const store = await place.openStore(location);
        stores.push(store);
        const { config } = await openRepository(store);
        repositoryId ??= config.repositoryId;
        if (config.repositoryId !== repositoryId)
          throw new OaopsError('repositories-differ', `${location} is not the same repository as ${repos[0]}`, {
            exitCode: ExitCode.usage,
            next: 'Name legs of one repository only.',
          });
        const view = await viewLeg(store, { source: true, target: true });
        await listObjects(view);
        opened.push({ store, view });
      } catch (error) {
        if (!(error instanceof OaopsError) || error.exitCode === ExitCode.usage || repos.length === 1) throw error;
        failed.set(location, error);
      }
    }
    if (repositoryId === undefined) throw [...failed.values()][0]!;
    const views = opened.map(({ view }) => view);
    const nowMs = place.clock.nowMs();
    const legs = [
      ...views.map((view) => statusOf(view, views, nowMs, maxAgeMs)),
      ...[...failed].map(([location, error]) => failedLeg(location, error)),
    ];
    const exitCode = legs.every(({ status }) => status === 'ok') ? ExitCode.success : ExitCode.incomplete;
    return { exitCode, repositoryId, legs };
  } finally {
    for (const store of stores) await store.close();
  }
}

function statusOf(view: LegView, views: readonly LegView[], nowMs: number, maxAgeMs: number | undefined): LegStatus {
  const newest = [...view.snapshots].sort().at(-1) ?? null;
  const ageMs = newest === null ? null : nowMs - snapshotTimeMs(newest);
  const missing = missingOn(view, views).reverse();
  const stale = maxAgeMs !== undefined && (ageMs === null || ageMs > maxAgeMs);
  let storedBytes = 0;
  for (const size of view.objects.values()) storedBytes += size;
  return {
    location: view.store.location,
    status: missing.length > 0 ? 'behind' : stale ? 'stale' : 'ok',
    snapshots: view.snapshots.size,
    newest,
    ageMs,
    missing,
    objects: view.objects.size,
    storedBytes,
  };
}

function failedLeg(location: string, error: OaopsError): LegStatus {
  const nothing = { snapshots: 0, newest: null, ageMs: null, missing: [], objects: 0, storedBytes: 0 };
  return { location, status: 'failed', error: errorOf(error), ...nothing };
}

import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { loginName } from '../../core/login.ts';
import { currentProcessIdentity } from '../../core/process-identity.ts';
import type { BackupDoor } from '../door.ts';
import { acquireLease, type Lease, listLeases } from '../lease/lease.ts';
import type { ObjectStore } from '../ports.ts';
import { forgetSnapshots } from '../repository/known-snapshots.ts';
import { openRepository } from '../repository/open.ts';
import { listSnapshotIds, pickSnapshot } from '../repository/snapshots.ts';
import { bucketsIn } from '../retention/buckets.ts';
import { readRuns } from '../retention/last-runs.ts';
import type { PolicyInput, RetentionRules } from '../retention/policy.ts';
import { stoppable } from '../stopped.ts';
import { type Note, readNotes } from './notes.ts';
import { type LegPruned, pruneLeg } from './prune-leg.ts';

/**
 * A prune of every day sweeps what the one of the day before marked, whichever of them was quicker. Longer than any backup
 * should take; one that takes longer holds a lease, which keeps a prune away.
 */
export const defaultGraceMs = 20 * 3_600_000;

export interface PruneRequest {
  /** Legs of one repository. */
  repos: readonly string[];
  rules?: RetentionRules | undefined;
  /** IANA name: by whose calendar hours, days and weeks count. */
  timeZone: string;
  graceMs?: number;
  dryRun?: boolean;
  /** Snapshots to remove whatever the rules say: ids, or parts of one. */
  remove?: readonly string[];
  /** The rules hold for groups of this host, or this runbook, only. */
  groups?: PolicyInput['groups'];
  /** Called before anything is changed; throws when it may not be. */
  check?: (repositoryId: string) => void;
}

export interface PrunePlace extends Pick<BackupDoor, 'openStore' | 'stateDir' | 'clock' | 'random'> {
  signal: AbortSignal;
  onProgress?: (message: string) => void;
}

export interface LegPruneResult {
  location: string;
  status: 'ok' | 'failed';
  error?: { code: string; message: string; next?: string };
  pruned?: LegPruned;
}

export interface PruneResult {
  /** 3 when a leg failed; 4 when a group was stopped and every leg works. */
  exitCode: ExitCode;
  repositoryId: string;
  dryRun: boolean;
  graceMs: number;
  pins: Note[];
  legs: LegPruneResult[];
  warnings: string[];
}

interface OpenLeg {
  store: ObjectStore;
  repositoryId: string;
}

/**
 * Removes what no rule keeps from every leg, each for itself: what one leg lacks decides nothing on another. Needs no private
 * key. With one leg its error is thrown; of several the others go on.
 * @throws OaopsError `lease-held` (exit 11), `repository-missing` (exit 10), `repositories-differ` (exit 2), `snapshot-missing`
 */
export async function pruneRepository(request: PruneRequest, place: PrunePlace): Promise<PruneResult> {
  return stoppable('the pruning', 'Run it again: it goes on where it was.', place.signal, () => prune(request, place));
}

async function prune(request: PruneRequest, place: PrunePlace): Promise<PruneResult> {
  const { stateDir } = place;
  const legs: LegPruneResult[] = [];
  const opened: OpenLeg[] = [];
  const warnings: string[] = [];
  const failed = (location: string, error: unknown) => {
    if (!(error instanceof OaopsError) || place.signal.aborted) throw error;
    if (error.exitCode === ExitCode.usage || request.repos.length === 1) throw error;
    const { code, message, next } = error;
    legs.push({ location, status: 'failed', error: { code, message, ...(next ? { next } : {}) } });
  };
  try {
    for (const location of new Set(request.repos)) {
      try {
        opened.push(await open(location, place));
      } catch (error) {
        failed(location, error);
      }
    }
    const [first] = opened;
    if (!first)
      throw new OaopsError('legs-failed', legs.map((leg) => `${leg.location}: ${leg.error!.message}`).join('; '), {
        next: legs[0]!.error!.next ?? 'Run it again when one of them works.',
      });
    const { repositoryId } = first;
    const other = opened.find((leg) => leg.repositoryId !== repositoryId);
    if (other)
      throw new OaopsError(
        'repositories-differ',
        `${other.store.location} is not the same repository as ${first.store.location}`,
        { exitCode: ExitCode.usage, next: 'Name legs of one repository only.' },
      );

    request.check?.(repositoryId);
    const pins = new Map<string, Note>();
    const accepted = new Map<string, Note>();
    for (const { store } of opened) {
      for (const note of (await readNotes(store, 'pin')).values()) pins.set(note.snapshot, note);
      for (const note of (await readNotes(store, 'accepted')).values()) accepted.set(note.snapshot, note);
    }
    const options = {
      ...place,
      ...request,
      repositoryId,
      graceMs: request.graceMs ?? defaultGraceMs,
      dryRun: request.dryRun ?? false,
      rules: request.rules,
      buckets: bucketsIn(request.timeZone),
      asked: await askedFor(opened, request.remove ?? []),
      pinned: new Set(pins.keys()),
      accepted,
      lastRuns: readRuns(stateDir, repositoryId),
      user: loginName(process.env, process.getuid?.() ?? 0),
      host: currentProcessIdentity().hostname,
    };
    for (const { store } of opened) {
      try {
        const pruned = await underLease(store, options, (signal) =>
          pruneLeg(store, {
            ...options,
            signal,
            onProgress: (message) => place.onProgress?.(`${store.location}: ${message}`),
          }),
        );
        legs.push({ location: store.location, status: 'ok', pruned });
      } catch (error) {
        failed(store.location, error);
      }
    }
    if (!options.dryRun) await forget(opened, legs, stateDir, repositoryId, warnings);
    const { dryRun, graceMs } = options;
    return { exitCode: exitCodeOf(legs), repositoryId, dryRun, graceMs, pins: [...pins.values()], legs, warnings };
  } finally {
    for (const { store } of opened) await store.close();
  }
}

async function open(location: string, place: PrunePlace): Promise<OpenLeg> {
  const store = await place.openStore(location, { deletes: true });
  try {
    return { store, repositoryId: (await openRepository(store)).config.repositoryId };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Full ids out of those of all legs. */
async function askedFor(opened: readonly OpenLeg[], wanted: readonly string[]): Promise<Set<string>> {
  if (wanted.length === 0) return new Set();
  const ids = new Set<string>();
  for (const { store } of opened) for (const id of await listSnapshotIds(store)) ids.add(id);
  const sorted = [...ids].sort();
  return new Set(wanted.map((one) => pickSnapshot(sorted, one, opened[0]!.store.location)));
}

/** Nobody else works on the leg meanwhile. A dry run deletes nothing and looks without a lease. */
async function underLease<T>(
  store: ObjectStore,
  { clock, random, user, dryRun, signal }: PrunePlace & { user: string; dryRun: boolean },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (dryRun) return work(signal);
  const identity = currentProcessIdentity();
  const lease: Lease = await acquireLease(store, {
    kind: 'exclusive',
    purpose: 'prune',
    user,
    identity,
    clock,
    random,
  });
  try {
    // Leases that ran out belong to nobody; their owners have stopped or will notice.
    for (const { name, state } of await listLeases(store, identity))
      if (state === 'expired') await store.delete(name).catch(() => undefined);
    return await work(AbortSignal.any([signal, lease.lost]));
  } finally {
    await lease.release();
  }
}

/** What was removed on purpose is not missed by the next restore. */
async function forget(
  opened: readonly OpenLeg[],
  legs: readonly LegPruneResult[],
  stateDir: string,
  repositoryId: string,
  warnings: string[],
): Promise<void> {
  const removed = new Set(
    legs
      .flatMap(({ pruned }) => pruned?.snapshots ?? [])
      .flatMap((one) => (one.keep || one.retained ? [] : one.snapshot)),
  );
  if (removed.size === 0) return;
  try {
    const left: string[] = [];
    for (const { store } of opened) left.push(...(await listSnapshotIds(store)));
    forgetSnapshots(stateDir, repositoryId, removed, left.sort().at(-1));
  } catch (error) {
    warnings.push(`the newest snapshot could not be remembered in ${stateDir}: ${messageOf(error)}`);
  }
}

function exitCodeOf(legs: readonly LegPruneResult[]): ExitCode {
  if (legs.some(({ status }) => status === 'failed')) return ExitCode.incomplete;
  return legs.some(({ pruned }) => pruned!.stopped.length > 0) ? ExitCode.refused : ExitCode.success;
}

import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { collectGarbageEarly, keepFreedMemory } from '../../core/heap.ts';
import type { RandomSource } from '../../core/ids.ts';
import { currentProcessIdentity } from '../../core/process-identity.ts';
import type { AnchorObject, SnapshotMade } from '../anchors.ts';
import { withSoundCache } from '../cache/damaged-cache.ts';
import { RepositoryCache } from '../cache/repository-cache.ts';
import type { Identities } from '../crypto/age-header.ts';
import { fromText, toText } from '../format/byte-string.ts';
import { dumpFolder, dumpPath, isDumpPath } from '../format/dumps.ts';
import type { Problem } from '../format/manifest-root.ts';
import type { Guard } from '../format/snapshot-header.ts';
import { checkKnown } from '../keys/known-recipients.ts';
import { acquireHostLock } from '../lease/host-lock.ts';
import type { ObjectStore } from '../ports.ts';
import { cacheOf, packsToRefresh, refreshDone } from '../refresh/refresh.ts';
import { rememberSnapshot } from '../repository/known-snapshots.ts';
import { readKeys } from '../repository/open.ts';
import { groupOf, seriesOf } from '../retention/groups.ts';
import { compileExcludes, excludesIn } from '../scan/exclude.ts';
import { ownPlaces, placesWithin } from '../scan/own-places.ts';
import { findSources, type Sources } from '../scan/sources.ts';
import type { DumpDoor } from '../sources/run-dumps.ts';
import type { DumpSource } from '../sources/schema.ts';
import { catchUp } from '../sync/catch-up.ts';
import type { LegSync } from '../sync/sync-legs.ts';
import { stillDamaged } from '../verify/known-damage.ts';
import { type BackupProgress, type CreateOptions, createSnapshot } from './create-snapshot.ts';
import { extendRetention } from './extend-retention.ts';
import type { GuardLimits } from './guard.ts';
import { type LegResult, LegSet } from './leg-set.ts';
import { openLegs, takeLeases } from './open-legs.ts';
import { findParent } from './parent.ts';
import { explainFullDisk } from './room-on-disk.ts';
import { acceptedAt, guardBaseOf, noted } from './run-history.ts';
import { openSpool } from './spool.ts';

/** What a user, a runbook or a schedule asks for. */
export interface BackupRequest {
  /** Text, or bytes where a name is not valid UTF-8. */
  paths: readonly (string | Uint8Array)[];
  /** One repository per leg; all legs of one backup are the same repository. */
  repos: readonly string[];
  cwd: string;
  /** Databases and the like, dumped before the files are read. */
  dumps?: readonly DumpSource[];
  exclude?: readonly string[];
  /** Files of patterns, one per line. */
  excludeFile?: readonly string[];
  excludeIfPresent?: readonly string[];
  excludeCaches?: boolean;
  oneFileSystem?: boolean;
  rehash?: boolean;
  tags?: readonly string[];
  /** Store again what is still current of packs of which less than this share is; 0 to 1, default not at all. */
  refreshBelow?: number;
  /** When a snapshot is too unlike the last good one; default never. */
  guards?: GuardLimits;
  runbook?: string;
  host?: string;
  spoolDir?: string;
  /** Default 4. */
  spoolPacks?: number;
  /** Default 64 MiB. */
  packTargetBytes?: number;
  /** zstd level, 1 to 19; default 3. */
  level?: number;
  /** Gives legs the earlier snapshots that they missed, for at most an hour; default true. */
  catchUp?: boolean;
  /** A leg that moves no byte for this long has failed; default 5 min. */
  stallMs?: number;
}

/** What the job needs from outside. */
export interface BackupPlace {
  openStore: (repo: string) => Promise<ObjectStore>;
  /** Only used when the local cache is lost. */
  keys?: Identities | undefined;
  stateDir: string;
  cacheDir: string;
  program: string;
  clock: Clock;
  random: RandomSource;
  /** How dumps are made; needed when some are asked for. */
  dumpDoor?: DumpDoor;
  signal: AbortSignal;
  stopping: AbortSignal;
  onProgress?: (progress: BackupProgress) => void;
  onProblem?: (problem: Problem) => void;
  onWarning?: (message: string) => void;
  /**
   * Called when the snapshot is there. The anchor of the audit log that it gives goes to every leg that works. Whatever
   * fails here is a warning: the backup itself is good.
   */
  anchor?: (made: SnapshotMade, warn: (message: string) => void) => Promise<AnchorObject | undefined>;
}

export interface BackupResult {
  exitCode: ExitCode;
  snapshot: string;
  status: 'complete' | 'incomplete';
  /** The snapshot is stored, but so unlike the last good one that a person should look (exit 3). */
  guard: Guard | undefined;
  started: string;
  ended: string;
  durationMs: number;
  parent: string | undefined;
  counts: Awaited<ReturnType<typeof createSnapshot>>['header']['counts'];
  dirs: { new: number; changed: number; unchanged: number };
  blocksWritten: number;
  problems: Problem[];
  legs: LegResult[];
  warnings: string[];
}

/**
 * One backup of some paths to one or more legs. Exit code 0, or 3 when something could not be read or a leg failed while another one
 * got the snapshot. Everything worse is thrown: `sources-missing` (1), `repository-missing` (10), `lease-held` and
 * `host-lock-held` (11), `recipients-changed` (4), `legs-failed`.
 */
export async function runBackup(request: BackupRequest, place: BackupPlace): Promise<BackupResult> {
  if (request.repos.length === 0)
    throw usageError('repo-missing', 'no repository is given', { next: 'Give --repo, or set OAOPS_REPO.' });
  collectGarbageEarly(80);
  keepFreedMemory();
  const resets: string[] = [];
  const result = await withSoundCache(
    () => backUpOnce(request, place),
    (why) => {
      resets.push(why);
      place.onWarning?.(why);
    },
  );
  return { ...result, warnings: [...resets, ...result.warnings] };
}

async function backUpOnce(request: BackupRequest, place: BackupPlace): Promise<BackupResult> {
  const { clock } = place;
  const startedMs = clock.nowMs();
  const monotonicMs = clock.monotonicMs();
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(message);
    place.onWarning?.(message);
  };
  const dumps = request.dumps ?? [];
  const excludes = [...(request.exclude ?? []), ...excludesIn(request.excludeFile ?? [], request.cwd)];
  const sources = sourcesOf(request, dumps);
  const opened = await openLegs(request.repos, place);
  const identity = currentProcessIdentity();
  const user = userName();
  const closers: (() => unknown)[] = opened.stores.map((store) => () => store.close());
  let spoolDir: string | undefined;
  try {
    const { config } = opened.first;
    const lock = await acquireHostLock(place.stateDir, `backup ${config.repositoryId}`, 'backup', {
      identity,
      clock,
      user,
    });
    closers.push(() => lock.release());
    const spool = openSpool(request.spoolDir ?? join(place.cacheDir, 'backup-spool'), identity);
    closers.push(spool.close);
    spoolDir = spool.dir;
    const spoolPacks = request.spoolPacks ?? 4;
    const packTargetBytes = request.packTargetBytes ?? 64 * 1024 * 1024;

    const stop = new AbortController();
    const signal = AbortSignal.any([place.signal, stop.signal]);
    const legs = new LegSet(opened.stores, {
      clock,
      spoolDir: spool.dir,
      stallMs: request.stallMs ?? 5 * 60_000,
      signal,
      onFailure: (location, message) => warn(`${location} failed: ${message}`),
      onDamaged: warn,
    });
    for (const { location, error } of opened.failed) {
      legs.addFailed(location, error);
      warn(`${location} failed: ${messageOf(error)}`);
    }
    const leases = await takeLeases(legs, { identity, clock, user, random: place.random });
    closers.push(() => Promise.all(leases.map((lease) => lease.release())));
    for (const lease of leases) lease.lost.addEventListener('abort', () => stop.abort(lease.lost.reason));

    const keys = await readKeys(opened.first);
    for (const { location } of opened.stores) checkKnown(place.stateDir, location, { ...config, ...keys });
    if (keys.recipients.length === 1)
      warn('the repository has one recipient only: a lost key is a lost backup; see "oaops backup key add"');
    await legs.listObjects();
    const cacheDir = cacheOf(place.cacheDir, config.repositoryId);
    const cache = await RepositoryCache.open(cacheDir, warn);
    closers.push(() => cache.close());
    legs.setAsideDamaged(cache.storedSizes());
    await legs.setAsideChanged((store) => stillDamaged(store, place.stateDir, config.repositoryId, signal));
    const host = fromText(request.host ?? hostname());
    const isAccepted = acceptedAt(opened.stores);
    const parent = await findParent(opened.first, cache, host, sources.given, isAccepted, signal, warn);
    const runbook = request.runbook === undefined ? undefined : fromText(request.runbook);
    const series = seriesOf(config.repositoryId, sources.given);
    const group = groupOf({ host, runbook, series });
    const guardBase = request.guards
      ? await guardBaseOf(opened.first.store, cache, parent, group, isAccepted)
      : { good: undefined, pending: undefined };

    const legFolders = ownPlaces(opened.stores.map((store) => store.location).filter((at) => at.startsWith('/')));
    const left = new Set([...legFolders, ...ownPlaces([spool.dir, join(place.cacheDir, 'backup')])]);
    for (const folder of placesWithin(legFolders, sources.roots))
      warn(`${toText(folder)} is left out: it is the repository that this backup goes to`);
    const isExcluded = compileExcludes(excludes);
    if (dumps.length > 0) left.add(`/${dumpFolder}`);

    const options: CreateOptions = {
      sources,
      ...(place.dumpDoor ? { dumps: { sources: dumps, door: place.dumpDoor } } : {}),
      excludes: {
        isExcluded: (path) => left.has(path) || isExcluded(path),
        excludeIfPresent: (request.excludeIfPresent ?? []).map(fromText),
        excludeCaches: request.excludeCaches ?? false,
        oneFileSystem: request.oneFileSystem ?? false,
      },
      legs,
      cache,
      repositoryId: config.repositoryId,
      recipients: keys.recipients,
      parent,
      stale: packsToRefresh(cache, cacheDir, request.refreshBelow),
      rehash: request.rehash ?? false,
      spoolDir: spool.dir,
      spoolPacks,
      packTargetBytes,
      level: request.level ?? 3,
      host,
      user: fromText(user),
      program: place.program,
      runbook,
      series,
      guards: request.guards,
      guardBase,
      tags: (request.tags ?? []).map(fromText),
      clock,
      random: place.random,
      signal,
      stopping: place.stopping,
      onProgress: place.onProgress ?? (() => undefined),
      onProblem: place.onProblem ?? (() => undefined),
      onWarning: warn,
    };
    const created = await noted({ ...place, warn }, config.repositoryId, group, () => createSnapshot(options));
    const { header } = created;
    refreshDone(cacheDir);
    if (header.guard) warn(guardText(header.snapshot, header.guard));
    remember(place.stateDir, config.repositoryId, header.snapshot, warn);
    await storeAnchor(place, legs, { ...header, repositoryId: config.repositoryId }, warn);
    const working = legs.active;
    const extended = await extendRetention(working, header.snapshot, {
      ...place,
      signal,
      repositoryId: config.repositoryId,
      warn,
    });
    const caughtUp =
      request.catchUp === false
        ? []
        : await catchUp(working, { clock, spoolDir: spool.dir, signal, stopping: place.stopping, warn });
    const legFailed = legs.results.some((leg) => leg.status === 'failed') || extended.some(({ failed }) => failed > 0);
    return {
      exitCode: header.status === 'incomplete' || header.guard || legFailed ? ExitCode.incomplete : ExitCode.success,
      snapshot: header.snapshot,
      status: header.status,
      guard: header.guard,
      started: header.started,
      ended: header.ended,
      durationMs: Math.round(clock.monotonicMs() - monotonicMs),
      parent: header.parent,
      counts: header.counts,
      dirs: created.dirs,
      blocksWritten: created.blocksWritten,
      problems: created.problems,
      legs: legs.results.map((leg) => withEarlier(leg, caughtUp)),
      warnings,
    };
  } catch (error) {
    if (place.signal.aborted && !(error instanceof OaopsError))
      throw new OaopsError(
        'backup-aborted',
        `the backup was ended after ${Math.round((clock.nowMs() - startedMs) / 1000)} s`,
        {
          next: 'Run it again: packs that are stored already are used again.',
          cause: error,
        },
      );
    throw spoolDir === undefined ? error : explainFullDisk(error, spoolDir, place.cacheDir);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The paths, and the folder of each dump source beside them: backups of the same sources follow each other. */
function sourcesOf({ paths, cwd }: BackupRequest, dumps: readonly DumpSource[]): Sources {
  const found =
    paths.length === 0 && dumps.length > 0 ? { given: [], roots: [], missing: [] } : findSources(paths, cwd);
  if (dumps.length === 0) return found;
  for (const root of found.roots)
    if (isDumpPath(root))
      throw usageError('source-reserved', `/${dumpFolder} is where dumps have their place in a snapshot`, {
        next: 'Move the files that lie there to another folder.',
      });
  return { ...found, given: [...found.given, ...dumps.map(({ id }) => `/${dumpPath(id)}`)] };
}

function guardText(snapshot: string, { kind, percent }: Guard): string {
  const odd = kind === 'shrank' ? `it is ${percent} % smaller than the last good one` : `${percent} % of it changed`;
  return `snapshot ${snapshot} is kept apart: ${odd}; nothing of its kind is removed until "oaops backup accept ${snapshot}" or the next good backup`;
}

/** Earlier snapshots that the leg got, or still lacks, in the same run. */
function withEarlier(leg: LegResult, caughtUp: readonly LegSync[]): LegResult {
  const found = caughtUp.find(({ location }) => location === leg.location);
  return found ? { ...leg, earlier: { copied: found.copied, missing: found.missing } } : leg;
}

/** So that a restore from this machine notices when it is gone. */
function remember(stateDir: string, repositoryId: string, snapshot: string, warn: (message: string) => void): void {
  try {
    rememberSnapshot(stateDir, repositoryId, snapshot);
  } catch (error) {
    warn(`the newest snapshot could not be remembered in ${stateDir}: ${messageOf(error)}`);
  }
}

async function storeAnchor(
  place: BackupPlace,
  legs: LegSet,
  { snapshot, status, repositoryId }: Omit<SnapshotMade, 'legs'>,
  warn: (message: string) => void,
): Promise<void> {
  if (!place.anchor) return;
  try {
    const results = legs.results.map(({ location, status: leg, error }) => ({
      location,
      status: leg,
      ...(error ? { error: error.message } : {}),
    }));
    const anchor = await place.anchor({ snapshot, status, repositoryId, legs: results }, warn);
    if (anchor) await legs.putBeside(anchor.name, anchor.bytes, warn);
  } catch (error) {
    warn(`the audit log could not be anchored: ${messageOf(error)}`);
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

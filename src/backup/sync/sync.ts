import { join } from 'node:path';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { loginName } from '../../core/login.ts';
import { currentProcessIdentity } from '../../core/process-identity.ts';
import { openSpool } from '../create/spool.ts';
import type { BackupDoor } from '../door.ts';
import { checkKnown, remember } from '../keys/known-recipients.ts';
import { acquireHostLock } from '../lease/host-lock.ts';
import { acquireLease } from '../lease/lease.ts';
import { takeReadLease } from '../lease/read-lease.ts';
import { refuseInside } from '../make-repository.ts';
import type { ObjectStore } from '../ports.ts';
import { openRepository, type Repository, readKeys } from '../repository/open.ts';
import { stoppable } from '../stopped.ts';
import { type LegView, viewLeg } from './leg-view.ts';
import { copyBeside, makeLeg, putBeside } from './new-leg.ts';
import { errorOf, type LegSync, type SyncProgress, syncLegs } from './sync-legs.ts';

export interface SyncRequest {
  /** All legs of one repository. */
  repos: readonly string[];
  /** Only this leg is read from, only this one is written to; default: every leg is both. */
  from?: string | undefined;
  to?: string | undefined;
  /** Makes a repository on legs that have none yet. */
  init?: boolean;
  dryRun?: boolean;
  spoolDir?: string | undefined;
}

export interface SyncPlace
  extends Pick<BackupDoor, 'openStore' | 'companions' | 'stateDir' | 'cacheDir' | 'clock' | 'random'> {
  signal: AbortSignal;
  stopping: AbortSignal;
  onProgress: (progress: SyncProgress) => void;
  onWarning: (message: string) => void;
}

export interface SyncResult {
  /** 3 when a leg could not be used or still lacks a snapshot. */
  exitCode: ExitCode;
  repositoryId: string;
  dryRun: boolean;
  legs: (LegSync & { made: boolean })[];
  warnings: string[];
}

interface OpenLeg {
  store: ObjectStore;
  repository: Repository;
  source: boolean;
  target: boolean;
  made: boolean;
}

/**
 * Brings the legs of a repository to the same state; see `syncLegs`. Needs no private key. A leg that fails does not keep the others
 * from being brought up to date.
 * @throws OaopsError `legs-too-few` and `repositories-differ` (exit 2), `repository-missing` (exit 10), `recipients-changed` (exit 4),
 * `lease-held` and `host-lock-held` (exit 11); `stopped`
 */
export async function syncRepository(request: SyncRequest, place: SyncPlace): Promise<SyncResult> {
  return stoppable('the copying', 'Run it again: what was copied stays, and is not copied twice.', place.signal, () =>
    new SyncJob(request, place).run(),
  );
}

class SyncJob {
  readonly #request: SyncRequest;
  readonly #place: SyncPlace;
  readonly #closers: (() => unknown)[] = [];
  readonly #warnings: string[] = [];
  readonly #failed: SyncResult['legs'] = [];

  constructor(request: SyncRequest, place: SyncPlace) {
    this.#request = request;
    this.#place = place;
  }

  async run(): Promise<SyncResult> {
    const { dryRun = false } = this.#request;
    try {
      const legs = await this.#openAll();
      const { repositoryId } = legs[0]!.repository.config;
      const views = await this.#begin(legs, repositoryId);
      if (!dryRun) await this.#copyBeside(legs, views);
      const spoolDir = dryRun ? '' : this.#spool();
      const synced = await syncLegs(views, {
        ...this.#place,
        dryRun,
        spoolDir,
        onWarning: (message) => this.#warn(message),
      });
      const made = new Set(legs.filter((leg) => leg.made).map(({ store }) => store.location));
      const results = [
        ...synced.map((leg) => ({ ...leg, made: made.has(leg.location) })),
        ...this.#failed.filter((leg) => !synced.some(({ location }) => location === leg.location)),
      ];
      const behind = (leg: LegSync) => leg.status === 'failed' || (leg.status === 'behind' && !dryRun);
      const exitCode = results.some(behind) ? ExitCode.incomplete : ExitCode.success;
      return { exitCode, repositoryId, dryRun, legs: results, warnings: this.#warnings };
    } finally {
      for (const close of this.#closers.reverse()) await close();
    }
  }

  /** Opens what can be opened, and makes legs on empty places when that was asked for. */
  async #openAll(): Promise<OpenLeg[]> {
    const { repos, from, to } = this.#request;
    const locations = [...new Set(repos)];
    if (locations.length < 2)
      throw usageError('legs-too-few', 'there is only one leg: nothing to copy from or to', {
        next: 'Give --repo once for each leg, or the name of a repository that has several.',
      });
    for (const one of [from, to])
      if (one !== undefined && !locations.includes(one))
        throw usageError('leg-unknown', `"${one}" is no leg of this repository`, {
          next: `The legs are ${locations.join(', ')}.`,
        });
    if (from !== undefined && from === to)
      throw usageError('legs-too-few', 'a leg cannot be copied to itself', { next: 'Name two legs.' });
    const legs: OpenLeg[] = [];
    const missing: { location: string; source: boolean; target: boolean; error: unknown }[] = [];
    for (const location of locations) {
      const role = { source: from === undefined || location === from, target: to === undefined || location === to };
      if (from !== undefined && to === undefined) role.target = location !== from;
      if (to !== undefined && from === undefined) role.source = location !== to;
      if (!role.source && !role.target) continue;
      try {
        const store = await this.#open(location, false);
        legs.push({ store, repository: await openRepository(store), made: false, ...role });
      } catch (error) {
        missing.push({ location, ...role, error });
      }
    }
    const first = legs[0];
    if (!first) throw missing[0]!.error;
    for (const { repository } of legs)
      if (repository.config.repositoryId !== first.repository.config.repositoryId)
        throw usageError(
          'repositories-differ',
          `${repository.store.location} is not the same repository as ${first.store.location}`,
          { next: 'Name legs of one repository only.' },
        );
    for (const one of missing) {
      try {
        if (!isAbsent(one.error) || !this.#request.init || !one.target) throw one.error;
        legs.push(await this.#make(one.location, one, first.store));
      } catch (error) {
        this.#failLeg(one.location, error);
      }
    }
    if (!legs.some(({ source }) => source) || !legs.some(({ target }) => target) || legs.length < 2)
      throw missing.find(({ error }) => error !== undefined)!.error;
    return legs;
  }

  async #open(location: string, create: boolean): Promise<ObjectStore> {
    const store = await this.#place.openStore(location, create ? { create } : {});
    this.#closers.push(() => store.close());
    return store;
  }

  async #make(location: string, role: { source: boolean; target: boolean }, source: ObjectStore): Promise<OpenLeg> {
    if (this.#request.dryRun)
      throw new OaopsError('repository-missing', `${location} has no repository yet`, {
        exitCode: ExitCode.repositoryMissing,
        next: 'Run it without --dry-run: it gets one, and everything that the other legs hold.',
      });
    refuseInside(location);
    const store = await this.#open(location, true);
    await makeLeg(store, source, this.#place.companions());
    return { store, repository: await openRepository(store), made: true, source: role.source, target: role.target };
  }

  /** Locks, leases and the lists of snapshots. A leg that is in use by a prune has failed; when only one is left, its error is thrown. */
  async #begin(legs: readonly OpenLeg[], repositoryId: string): Promise<LegView[]> {
    const { clock, random, stateDir } = this.#place;
    const identity = currentProcessIdentity();
    const user = loginName(process.env, process.getuid?.() ?? 0);
    const owner = { identity, clock, user };
    const views: LegView[] = [];
    let failure: unknown;
    if (!this.#request.dryRun) {
      const lock = await acquireHostLock(stateDir, `sync ${repositoryId}`, 'sync', owner);
      this.#closers.push(() => lock.release());
    }
    for (const { store, repository, source, target } of legs) {
      // Who laid other recipients there must not have them spread by us.
      checkKnown(stateDir, store.location, { ...repository.config, ...(await readKeys(repository)) });
      try {
        if (!this.#request.dryRun) await this.#lease(store, target, { ...owner, random, purpose: 'sync' });
        views.push(await viewLeg(store, { source, target }));
      } catch (error) {
        failure ??= error;
        this.#failLeg(store.location, error);
      }
    }
    if (views.length < 2 || !views.some(({ source }) => source) || !views.some(({ target }) => target)) throw failure;
    return views;
  }

  async #lease(store: ObjectStore, target: boolean, options: Parameters<typeof takeReadLease>[1]): Promise<void> {
    if (target) {
      const lease = await acquireLease(store, { ...options, kind: 'shared' });
      this.#closers.push(() => lease.release());
      return;
    }
    const lease = await takeReadLease(store, options);
    this.#closers.push(async () => {
      for (const warning of await lease.release()) this.#warn(warning);
    });
  }

  async #copyBeside(legs: readonly OpenLeg[], views: readonly LegView[]): Promise<void> {
    const used = legs.filter(({ store }) => views.some((view) => view.store === store));
    for (const leg of used.filter(({ target }) => target)) {
      const view = views.find(({ store }) => store === leg.store)!;
      try {
        await putBeside(leg.store, this.#place.companions());
        for (const other of used)
          if (other !== leg && other.source) await copyBeside(leg.store, other.store, (message) => this.#warn(message));
        remember(this.#place.stateDir, leg.store.location, {
          ...leg.repository.config,
          recipients: (await readKeys(leg.repository)).recipients,
        });
      } catch (error) {
        this.#place.signal.throwIfAborted();
        view.failed = error instanceof OaopsError ? error : new OaopsError('leg-failed', messageOf(error));
        this.#warn(`${leg.store.location} failed: ${messageOf(error)}`);
      }
    }
  }

  #spool(): string {
    const base = this.#request.spoolDir ?? join(this.#place.cacheDir, 'sync-spool');
    const spool = openSpool(base, currentProcessIdentity());
    this.#closers.push(spool.close);
    return spool.dir;
  }

  #failLeg(location: string, error: unknown): void {
    if (!(error instanceof OaopsError) || this.#place.signal.aborted || error.exitCode === ExitCode.usage) throw error;
    this.#warn(`${location} failed: ${error.message}`);
    this.#failed.push({
      location,
      status: 'failed',
      error: errorOf(error),
      snapshots: 0,
      copied: [],
      missing: [],
      copiedObjects: 0,
      copiedBytes: 0,
      made: false,
    });
  }

  #warn(message: string): void {
    this.#warnings.push(message);
    this.#place.onWarning(message);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof OaopsError && ['repository-missing', 'leg-missing'].includes(error.code);
}

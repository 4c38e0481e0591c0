import { randomBytes } from 'node:crypto';
import { createWriteStream, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { currentProcessIdentity } from '../../core/process-identity.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import { leaseHeld, listLeases } from '../lease/lease.ts';
import type { ObjectBody, ObjectStore } from '../ports.ts';
import { listMarks } from '../prune/marks.ts';
import { listSnapshotIds } from '../repository/snapshots.ts';

/** What became of one destination. */
export interface LegResult {
  location: string;
  status: 'ok' | 'failed';
  error?: { code: string; message: string; next?: string };
  storedBytes: number;
  storedObjects: number;
  /** Earlier snapshots that it got from another leg after this backup, and those that it still lacks; absent when there were none. */
  earlier?: { copied: string[]; missing: string[] };
}

interface Leg {
  store: ObjectStore;
  /** Packs and blocks on the leg: those listed at the start and those stored since. */
  objects: Map<string, number>;
  /** Objects that lie there in another size than they must have: replaced when they are needed. */
  damaged: Set<string>;
  result: LegResult;
}

export interface LegSetOptions {
  clock: Clock;
  /** Folder for objects copied from one leg to another. */
  spoolDir: string;
  /** A leg that moves no byte for this long has failed. */
  stallMs: number;
  signal: AbortSignal;
  onFailure: (location: string, message: string) => void;
  onDamaged: (message: string) => void;
}

/** The legs of one backup: the same bytes go to each; one that fails is left behind and the others go on. */
export class LegSet {
  readonly #legs: Leg[];
  readonly #options: LegSetOptions;
  readonly #unopened: LegResult[] = [];
  /** What a prune on any leg is about to delete: not referred to, but stored again. */
  readonly #marked = new Set<string>();

  constructor(stores: readonly ObjectStore[], options: LegSetOptions) {
    this.#options = options;
    this.#legs = stores.map((store) => ({
      store,
      objects: new Map(),
      damaged: new Set(),
      result: { location: store.location, status: 'ok', storedBytes: 0, storedObjects: 0 },
    }));
  }

  get results(): LegResult[] {
    return [...this.#legs.map((leg) => leg.result), ...this.#unopened];
  }

  get active(): ObjectStore[] {
    return this.#active().map((leg) => leg.store);
  }

  /** Adds a leg that could not even be opened, for the result. */
  addFailed(location: string, error: unknown): void {
    this.#unopened.push({ location, status: 'failed', error: errorOf(error), storedBytes: 0, storedObjects: 0 });
  }

  /** Marks a leg that could not be leased. */
  fail(location: string, error: unknown): void {
    const leg = this.#legs.find((candidate) => candidate.store.location === location);
    if (leg) this.#failLeg(leg, error);
  }

  /** Lists packs and blocks of every leg. Throws when no leg is left. */
  async listObjects(): Promise<void> {
    await this.#forEach(async (leg) => {
      for (const prefix of [objectNames.packsPrefix, objectNames.blocksPrefix])
        for await (const { name, sizeBytes } of leg.store.list(prefix))
          if (hashOfObject(name) !== undefined) leg.objects.set(name, sizeBytes);
      for (const { objects } of await listMarks(leg.store)) for (const name of objects) this.#marked.add(name);
    });
  }

  /**
   * Objects of a wrong size count as missing, so that what they held is stored again or copied from another leg. Without
   * this a backup would refer to them, and fail the same way every time.
   */
  setAsideDamaged(known: Iterable<{ name: string; storedBytes: number }>): void {
    for (const { name, storedBytes } of known) {
      for (const leg of this.#active()) {
        const found = leg.objects.get(name);
        if (found === undefined || found === storedBytes) continue;
        setAside(leg, name);
        this.#options.onDamaged(
          `${name} at ${leg.store.location} is damaged (${found} bytes instead of ${storedBytes}): what is still needed of it is stored again; run "oaops backup verify" to see what older snapshots have lost`,
        );
      }
    }
  }

  /** The same for objects whose size is right and whose content is not, as `find` knows of each leg. */
  async setAsideChanged(find: (store: ObjectStore) => Promise<string[]>): Promise<void> {
    await this.#forEach(async (leg) => {
      for (const name of await find(leg.store)) {
        if (!leg.objects.has(name)) continue;
        setAside(leg, name);
        this.#options.onDamaged(
          `${name} at ${leg.store.location} is damaged, as the last verification found: what is still needed of it is stored again`,
        );
      }
    });
  }

  /** Highest snapshot id of all legs. */
  async newestSnapshot(): Promise<string | undefined> {
    let newest: string | undefined;
    await this.#forEach(async (leg) => {
      const id = (await listSnapshotIds(leg.store)).at(-1);
      if (id !== undefined && (newest === undefined || id > newest)) newest = id;
    });
    return newest;
  }

  /** True when at least one leg that still works has the object; the others get it by `copyMissing`. */
  has(name: string): boolean {
    return !this.#marked.has(name) && this.#active().some((leg) => leg.objects.has(name));
  }

  /** Stores an object on every leg. Throws when no leg is left. */
  async put(name: string, body: ObjectBody, sha256: string, sizeBytes: number): Promise<void> {
    await this.#forEach(async (leg) => this.#putOne(leg, name, body, sha256, sizeBytes));
  }

  async putBytes(name: string, bytes: Uint8Array): Promise<void> {
    await this.put(name, { bytes }, sha256Hex(bytes), bytes.length);
  }

  /** Stores on every leg that works what no snapshot needs: a leg that does not take it is told and stays. */
  async putBeside(name: string, bytes: Uint8Array, warn: (message: string) => void): Promise<void> {
    await Promise.all(
      this.#active().map(async (leg) => {
        try {
          await this.#putOne(leg, name, { bytes }, sha256Hex(bytes), bytes.length);
        } catch (error) {
          warn(`${name} could not be stored at ${leg.store.location}: ${messageOf(error)}`);
        }
      }),
    );
  }

  /** Gives every leg the objects it lacks, from a leg that has them. Needs no private key. */
  async copyMissing(objects: Iterable<{ name: string; storedBytes: number }>): Promise<void> {
    for (const { name, storedBytes } of objects) {
      const lacking = this.#active().filter((leg) => !leg.objects.has(name));
      if (lacking.length === 0) continue;
      const source = this.#active().find((leg) => leg.objects.has(name));
      if (!source)
        throw new OaopsError('object-lost', `${name} is on no leg any more`, {
          next: 'Run the backup again: what it held is stored anew.',
        });
      const file = join(this.#options.spoolDir, `copy-${randomBytes(6).toString('hex')}`);
      try {
        await pipeline(
          await source.store.stream(name, this.#options.signal),
          createWriteStream(file, { mode: 0o600, flags: 'wx' }),
        );
        // The put compares size and hash, so a damaged copy is never passed on.
        for (const leg of lacking) {
          try {
            await this.#putOne(leg, name, { file }, hashOfObject(name)!, storedBytes);
          } catch (error) {
            this.#failLeg(leg, error);
          }
        }
      } finally {
        unlinkQuietly(file);
      }
    }
    this.#requireOne();
  }

  /**
   * To be called when the index is stored and the manifest not yet: a prune that begins now sees the index and keeps what it names;
   * one that is at work may not have seen it, so it fails the leg before there is a snapshot that lacks something.
   * Our lease keeps prunes away, unless this process stood still for longer than the lease lasts.
   */
  async notBesidePrune(objects: readonly { name: string; storedBytes: number }[]): Promise<void> {
    await this.#forEach(async ({ store }) => {
      const leases = await listLeases(store, currentProcessIdentity());
      const prune = leases.find(
        ({ kind, state }) => kind === 'exclusive' && (state === 'alive' || state === 'unreadable'),
      );
      if (prune) throw leaseHeld(store.location, prune);
    });
    // One that was at work and is done has left its traces.
    await this.recheck(objects);
  }

  /** Takes a manifest back from each leg of which `recheck` found that it lacks something. Best effort: verify would tell too. */
  async withdraw(name: string): Promise<void> {
    const lacking = this.#legs.filter(({ result }) => result.error?.code === 'object-lost');
    for (const { store } of lacking) await store.delete(name).catch(() => undefined);
  }

  /**
   * Lists the named objects again on each leg: one that went away (a careless prune), or that the storage took and never had, fails
   * the leg. A list may be older than what was just stored, so what it lacks is asked for by name.
   */
  async recheck(objects: readonly { name: string; storedBytes: number }[]): Promise<void> {
    await this.#forEach(async (leg) => {
      const now = new Map<string, number>();
      for (const prefix of new Set(objects.map(({ name }) => `${name.split('/', 1)[0]}/`)))
        for await (const { name, sizeBytes } of leg.store.list(prefix)) now.set(name, sizeBytes);
      for (const { name, storedBytes } of objects) {
        if (now.get(name) === storedBytes || (await leg.store.head(name))?.sizeBytes === storedBytes) continue;
        throw new OaopsError('object-lost', `${name} is missing or has another size at ${leg.store.location}`, {
          next: 'Run it again, and find out what deletes objects there.',
        });
      }
    });
  }

  #active(): Leg[] {
    return this.#legs.filter((leg) => leg.result.status === 'ok');
  }

  async #putOne(leg: Leg, name: string, body: ObjectBody, sha256: string, sizeBytes: number): Promise<void> {
    const { clock, stallMs, signal } = this.#options;
    const stalled = new AbortController();
    let movedAt = clock.monotonicMs();
    const watch = setInterval(
      () => {
        if (clock.monotonicMs() - movedAt > stallMs)
          stalled.abort(new OaopsError('leg-stalled', `${leg.store.location} took no data for ${stallMs / 1000} s`));
      },
      Math.min(5000, stallMs / 4),
    );
    try {
      // Its name is the hash of what it must be, so what lies there is of no use to anybody.
      if (leg.damaged.delete(name)) await leg.store.delete(name);
      const outcome = await leg.store.put(name, body, {
        sha256,
        sizeBytes,
        signal: AbortSignal.any([signal, stalled.signal]),
        onProgress: () => {
          movedAt = clock.monotonicMs();
        },
      });
      leg.objects.set(name, sizeBytes);
      // The index will name it, which a sweep respects.
      this.#marked.delete(name);
      if (outcome === 'stored') {
        leg.result.storedBytes += sizeBytes;
        leg.result.storedObjects++;
      }
    } catch (error) {
      throw stalled.signal.aborted ? stalled.signal.reason : error;
    } finally {
      clearInterval(watch);
    }
  }

  async #forEach(work: (leg: Leg) => Promise<void>): Promise<void> {
    await Promise.all(
      this.#active().map(async (leg) => {
        try {
          await work(leg);
        } catch (error) {
          this.#options.signal.throwIfAborted();
          this.#failLeg(leg, error);
        }
      }),
    );
    this.#requireOne();
  }

  #failLeg(leg: Leg, error: unknown): void {
    if (leg.result.status === 'failed') return;
    leg.result = { ...leg.result, status: 'failed', error: errorOf(error) };
    this.#options.onFailure(leg.store.location, messageOf(error));
  }

  /** With one leg its own error is what the user must read, and act on. */
  #requireOne(): void {
    if (this.#active().length > 0) return;
    const errors = this.#legs.map(({ store, result }) => `${store.location}: ${result.error?.message}`);
    const next = errors.length === 1 ? this.#legs[0]!.result.error?.next : undefined;
    throw new OaopsError('legs-failed', errors.length === 1 ? errors[0]! : `every leg failed: ${errors.join('; ')}`, {
      next:
        next ?? 'Nothing that was stored is lost: run it again when the leg works, packs already there are used again.',
      details: { legs: this.results },
    });
  }
}

function setAside(leg: Leg, name: string): void {
  leg.objects.delete(name);
  leg.damaged.add(name);
}

function errorOf(error: unknown): NonNullable<LegResult['error']> {
  if (!(error instanceof OaopsError)) return { code: 'leg-failed', message: messageOf(error) };
  return { code: error.code, message: error.message, ...(error.next ? { next: error.next } : {}) };
}

function unlinkQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Not made, or gone.
  }
}

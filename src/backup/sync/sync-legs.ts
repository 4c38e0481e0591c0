import type { Clock } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { ObjectRef } from '../format/snapshot-index.ts';
import { confirmStored, type FetchedObject, fetchChecked, putReplacing } from './copy-object.ts';
import { type LegView, listObjects, missingOn } from './leg-view.ts';
import { type ClearSnapshot, readClear, readStoredManifest } from './read-snapshot.ts';

export interface SyncLegsOptions {
  /** Folder for large objects on their way. */
  spoolDir: string;
  clock: Clock;
  signal: AbortSignal;
  /** No further snapshot is begun once this fires. */
  stopping: AbortSignal;
  /** No further snapshot is begun after so long. */
  limitMs?: number;
  dryRun?: boolean;
  onProgress: (progress: SyncProgress) => void;
  onWarning: (message: string) => void;
}

export interface SyncProgress {
  snapshotsDone: number;
  snapshots: number;
  objectsDone: number;
  bytesDone: number;
  /** Of what is known by now: grows while indexes are read. */
  bytes: number;
}

export interface LegSync {
  location: string;
  status: 'ok' | 'behind' | 'failed';
  error?: { code: string; message: string; next?: string };
  /** Snapshots that it has now. */
  snapshots: number;
  /** Given to it now, oldest first; in a dry run: what would be. */
  copied: string[];
  /** What it still lacks, oldest first. */
  missing: string[];
  copiedObjects: number;
  copiedBytes: number;
}

/** Calls in a row that may fail before a leg is not read from any more. */
const failuresUntilDown = 3;
const parallelObjects = 4;

/**
 * Brings every target to the union of what the sources hold, newest snapshot first, each in the order of docs/backup-format.md,
 * section 9. Works by the clear objects only: no key is needed. What is damaged is never passed on. It can be killed anywhere and
 * run again: what is there is not copied twice.
 */
export async function syncLegs(legs: readonly LegView[], options: SyncLegsOptions): Promise<LegSync[]> {
  return new Sync(legs, options).run();
}

class Sync {
  readonly #legs: readonly LegView[];
  readonly #options: SyncLegsOptions;
  readonly #results = new Map<LegView, { copied: string[]; objects: number; bytes: number }>();
  readonly #progress: SyncProgress = { snapshotsDone: 0, snapshots: 0, objectsDone: 0, bytesDone: 0, bytes: 0 };

  constructor(legs: readonly LegView[], options: SyncLegsOptions) {
    this.#legs = legs;
    this.#options = options;
    for (const leg of legs) this.#results.set(leg, { copied: [], objects: 0, bytes: 0 });
  }

  async run(): Promise<LegSync[]> {
    const { clock, limitMs, stopping, signal } = this.#options;
    const startedMs = clock.monotonicMs();
    const wanted = this.#wanted();
    this.#progress.snapshots = wanted.length;
    if (wanted.length > 0) await this.#listObjects();
    for (const snapshot of wanted) {
      if (stopping.aborted || (limitMs !== undefined && clock.monotonicMs() - startedMs > limitMs)) break;
      signal.throwIfAborted();
      await this.#copySnapshot(snapshot);
      this.#progress.snapshotsDone += 1;
      this.#tell();
    }
    return this.#legs.filter(({ target }) => target).map((leg) => this.#resultOf(leg));
  }

  #wanted(): string[] {
    const targets = this.#legs.filter(({ target }) => target);
    return [...new Set(targets.flatMap((leg) => missingOn(leg, this.#legs)))].sort().reverse();
  }

  async #listObjects(): Promise<void> {
    await Promise.all(
      this.#legs.map(async (leg) => {
        try {
          await listObjects(leg);
        } catch (error) {
          this.#fail(leg, error);
        }
      }),
    );
  }

  /** One snapshot to all targets that lack it: each object is fetched once. */
  async #copySnapshot(snapshot: string): Promise<void> {
    const { dryRun, signal } = this.#options;
    const targets = this.#legs.filter(
      (leg) => leg.target && !leg.failed && !leg.snapshots.has(snapshot) && !leg.removed.has(snapshot),
    );
    if (targets.length === 0) return;
    const sources = this.#legs.filter((leg) => leg.source && leg.snapshots.has(snapshot));
    const clear = await this.#fromAny(sources, (leg) => readClear(leg.store, snapshot));
    if (!clear) return;
    const lacking = clear.index.objects.filter((one) => targets.some((leg) => !has(leg, one)));
    for (const one of lacking) this.#progress.bytes += one.storedBytes * targets.filter((leg) => !has(leg, one)).length;
    this.#tell();
    if (dryRun) return this.#pretend(snapshot, targets, lacking);

    const queue = lacking.values();
    const work = async () => {
      for (const object of queue) {
        signal.throwIfAborted();
        await this.#copyObject(object, targets);
      }
    };
    await Promise.all(Array.from({ length: parallelObjects }, work));
    const whole = targets.filter((leg) => !leg.failed && clear.index.objects.every((one) => has(leg, one)));
    if (whole.length === 0) return;
    const manifest = await this.#fromAny(sources, (leg) => readStoredManifest(leg.store, clear.index));
    if (manifest) for (const leg of whole) await this.#publish(leg, clear, manifest);
  }

  #pretend(snapshot: string, targets: readonly LegView[], lacking: readonly ObjectRef[]): void {
    for (const object of lacking) {
      if (!this.#legs.some((leg) => leg.source && has(leg, object))) return;
      for (const leg of targets) {
        if (has(leg, object)) continue;
        leg.objects.set(object.name, object.storedBytes);
        const result = this.#results.get(leg)!;
        result.objects += 1;
        result.bytes += object.storedBytes;
      }
    }
    for (const leg of targets) {
      leg.snapshots.add(snapshot);
      this.#results.get(leg)!.copied.push(snapshot);
    }
  }

  async #copyObject(object: ObjectRef, targets: readonly LegView[]): Promise<void> {
    const { name, storedBytes } = object;
    const sources = this.#legs.filter((leg) => leg.source && has(leg, object));
    const wanted = { ...object, sha256: hashOfObject(name)! };
    const fetched = await this.#fromAny(sources, (leg) => fetchChecked(leg.store, wanted, this.#options), name);
    if (!fetched) return;
    try {
      const lacking = targets.filter((leg) => !leg.failed && !has(leg, object));
      await Promise.all(lacking.map((leg) => this.#put(leg, wanted, fetched)));
      this.#progress.objectsDone += 1;
      this.#progress.bytesDone += storedBytes * lacking.length;
      this.#tell();
    } finally {
      await fetched.drop();
    }
  }

  async #put(leg: LegView, object: ObjectRef & { sha256: string }, { body }: FetchedObject): Promise<void> {
    const { name, storedBytes, sha256 } = object;
    try {
      // Its name is the hash of what it must be, so what lies there in another size is of no use to anybody.
      if (leg.objects.has(name) && (await leg.store.delete(name)) === 'retained') {
        this.#options.onWarning(
          `${name} at ${leg.store.location} is damaged and write-protected: it cannot be replaced`,
        );
        return;
      }
      const { signal } = this.#options;
      const outcome = await leg.store.put(name, body, { sha256, sizeBytes: storedBytes, signal });
      await confirmStored(leg.store, name, storedBytes);
      leg.objects.set(name, storedBytes);
      if (outcome === 'exists') return;
      const result = this.#results.get(leg)!;
      result.objects += 1;
      result.bytes += storedBytes;
    } catch (error) {
      this.#fail(leg, error);
    }
  }

  async #publish(
    leg: LegView,
    { index, indexBytes, checksumsBytes }: ClearSnapshot,
    manifest: Uint8Array,
  ): Promise<void> {
    const { snapshot } = index;
    try {
      await putReplacing(leg.store, objectNames.index(snapshot), indexBytes);
      await putReplacing(leg.store, objectNames.checksums(snapshot), checksumsBytes);
      await putReplacing(leg.store, objectNames.manifest(snapshot), manifest);
      leg.snapshots.add(snapshot);
      this.#results.get(leg)!.copied.push(snapshot);
    } catch (error) {
      this.#fail(leg, error);
    }
  }

  /** What the first leg gives that can; what was wrong on the way is told, and nothing of it is passed on. */
  async #fromAny<T>(
    sources: readonly LegView[],
    read: (leg: LegView) => Promise<T>,
    object?: string,
  ): Promise<T | undefined> {
    for (const leg of sources) {
      if (leg.failures >= failuresUntilDown) continue;
      try {
        const found = await read(leg);
        leg.failures = 0;
        return found;
      } catch (error) {
        this.#options.signal.throwIfAborted();
        if (!(error instanceof OaopsError)) throw error;
        const ofObject = ['object-missing', 'object-truncated', 'repository-damaged', 'format-unknown'].includes(
          error.code,
        );
        this.#options.onWarning(`${leg.store.location} is not copied from: ${error.message}`);
        if (!ofObject) leg.failures += 1;
      }
    }
    if (object !== undefined)
      this.#options.onWarning(`no leg can give ${object}: snapshots that need it are not copied`);
    return undefined;
  }

  #fail(leg: LegView, error: unknown): void {
    this.#options.signal.throwIfAborted();
    if (leg.failed) return;
    leg.failed = error instanceof OaopsError ? error : new OaopsError('leg-failed', messageOf(error), { cause: error });
    this.#options.onWarning(`${leg.store.location} failed: ${leg.failed.message}`);
  }

  #resultOf(leg: LegView): LegSync {
    const { copied, objects, bytes } = this.#results.get(leg)!;
    const missing = missingOn(leg, this.#legs).reverse();
    const { failed } = leg;
    return {
      location: leg.store.location,
      status: failed ? 'failed' : missing.length > 0 ? 'behind' : 'ok',
      ...(failed ? { error: errorOf(failed) } : {}),
      snapshots: leg.snapshots.size,
      copied: [...copied].sort(),
      missing,
      copiedObjects: objects,
      copiedBytes: bytes,
    };
  }

  #tell(): void {
    this.#options.onProgress({ ...this.#progress });
  }
}

function has(leg: LegView, { name, storedBytes }: ObjectRef | { name: string; storedBytes: number }): boolean {
  return leg.objects.get(name) === storedBytes;
}

/** An error as results carry it. */
export function errorOf({ code, message, next }: OaopsError): { code: string; message: string; next?: string } {
  return { code, message, ...(next ? { next } : {}) };
}

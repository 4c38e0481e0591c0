import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { hashOfObject, objectNames, snapshotOfIndex, snapshotOfManifest } from '../format/object-names.ts';
import type { SnapshotHeader } from '../format/snapshot-header.ts';
import type { ObjectRef } from '../format/snapshot-index.ts';
import type { ObjectStore } from '../ports.ts';
import { readIndex } from '../repository/snapshots.ts';
import { isDamage } from '../verify/structure.ts';

/** A snapshot, or what is left of one (`orphan`: an index without a manifest), as a leg holds it. */
export interface SurveyedSnapshot {
  snapshot: string;
  /** When the leg got the manifest; of an orphan, the index. */
  storedMs: number;
  orphan: boolean;
  /** Undefined when the index is missing or damaged, and only the list of checksums tells what it needs. */
  header: SnapshotHeader | undefined;
  /** Numbers of objects in the `ObjectTable`. */
  needs: Uint32Array;
}

/** Packs and blocks by number, so that a thousand lists of them stay small. */
export class ObjectTable {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/** Reads the clear index of every snapshot of a leg; no key is needed. Remembers what it read: a later look reads only what is new. */
export class Survey {
  readonly table = new ObjectTable();
  readonly #store: ObjectStore;
  readonly #read = new Map<string, Pick<SurveyedSnapshot, 'header' | 'needs'>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * All snapshots and orphans that are there now, oldest first.
   * @throws OaopsError `index-unreadable` when nobody can tell what a snapshot needs
   */
  async look(signal: AbortSignal): Promise<SurveyedSnapshot[]> {
    const found = new Map<string, { manifestMs?: number; indexMs?: number }>();
    for await (const { name, modifiedMs } of this.#store.list(objectNames.snapshotsPrefix)) {
      const [manifest, index] = [snapshotOfManifest(name), snapshotOfIndex(name)];
      if (manifest) found.set(manifest, { ...found.get(manifest), manifestMs: modifiedMs });
      if (index) found.set(index, { ...found.get(index), indexMs: modifiedMs });
    }
    const ids = [...found.keys()].sort();
    const parallel = 8;
    for (let i = 0; i < ids.length; i += parallel) {
      signal.throwIfAborted();
      await Promise.all(ids.slice(i, i + parallel).map((id) => this.#readOnce(id, found.get(id)!.manifestMs)));
    }
    return ids.flatMap((snapshot) => {
      const { manifestMs, indexMs } = found.get(snapshot)!;
      const read = this.#read.get(snapshot);
      if (!read) return [];
      return [{ snapshot, storedMs: manifestMs ?? indexMs!, orphan: manifestMs === undefined, ...read }];
    });
  }

  async #readOnce(snapshot: string, manifestMs: number | undefined): Promise<void> {
    if (this.#read.has(snapshot)) return;
    try {
      const { objects, ...header } = await readIndex(this.#store, snapshot);
      this.#read.set(snapshot, { header, needs: this.#numbersOf(objects.map(({ name }) => name)) });
    } catch (error) {
      if (!isDamage(error)) throw error;
      const needs = await this.#fromChecksums(snapshot);
      if (needs) this.#read.set(snapshot, { header: undefined, needs });
      // What is left of a snapshot without a manifest and without a readable index is not needed by anybody.
      else if (manifestMs === undefined) this.#read.set(snapshot, { header: undefined, needs: new Uint32Array() });
      else throw indexUnreadable(snapshot, this.#store.location, error);
    }
  }

  async #fromChecksums(snapshot: string): Promise<Uint32Array | undefined> {
    try {
      const text = Buffer.from(await this.#store.get(objectNames.checksums(snapshot))).toString('latin1');
      const names = text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => /^[0-9a-f]{64} {2}(.+)$/.exec(line)?.[1]);
      // The line of the manifest is the last one: without it the list is cut.
      if (names.includes(undefined) || names.at(-1) !== objectNames.manifest(snapshot)) return undefined;
      return this.#numbersOf((names as string[]).filter((name) => hashOfObject(name) !== undefined));
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  #numbersOf(names: readonly string[]): Uint32Array {
    return Uint32Array.from(names, (name) => this.table.numberOf(name));
  }
}

/** Packs and blocks that lie on a leg. */
export async function listStored(store: ObjectStore): Promise<Map<string, StoredObject>> {
  const stored = new Map<string, StoredObject>();
  for (const prefix of [objectNames.packsPrefix, objectNames.blocksPrefix])
    for await (const { name, sizeBytes, modifiedMs } of store.list(prefix))
      if (hashOfObject(name) !== undefined) stored.set(name, { storedBytes: sizeBytes, modifiedMs });
  return stored;
}

export interface StoredObject extends Pick<ObjectRef, 'storedBytes'> {
  modifiedMs: number;
}

function indexUnreadable(snapshot: string, location: string, cause: OaopsError): OaopsError {
  return new OaopsError(
    'index-unreadable',
    `nobody can tell what snapshot ${snapshot} at ${location} needs: ${cause.message}`,
    {
      exitCode: ExitCode.verificationFailed,
      next: 'Nothing is deleted there until this is mended: run "oaops backup verify", and take the index from another leg.',
      cause,
    },
  );
}

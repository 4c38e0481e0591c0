import { OaopsError } from '../../core/errors.ts';
import { damaged } from '../format/damaged.ts';
import type { Piece } from '../format/entry.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { copiesOf, readCopy } from '../repository/copies.ts';
import type { Repository } from '../repository/open.ts';
import { fetchPieces, type PackKeys, slicesOf } from './fetch.ts';
import type { PlannedPiece } from './pack-pieces.ts';
import { scanPack } from './pack-scan.ts';
import { PackSource } from './pack-source.ts';

export type StoredPiece = Piece & { pack: string };

/** A piece that is wanted, with whatever the caller knows it by; without a piece only the tag comes back, in its turn. */
export interface Wanted<T> {
  tag: T;
  piece?: StoredPiece;
}

/** Its content, compared with its sha256, or why no leg has it right. */
export interface Given<T> {
  tag: T;
  content?: Buffer;
  lost?: { error: OaopsError; object: string };
}

const windowBytes = 8 * 1024 * 1024;
const windowPieces = 2000;
/** Packs asked at once: what an S3 server takes to answer passes for all of them together. */
const lanes = 8;
/** Keys of packs that are kept. */
const keptKeys = 1000;

/**
 * Contents in the order in which they are asked for, each fetched with only the frames that hold it. Pieces are fetched in
 * windows, pack by pack, and the next window while one is being used: memory does not hang on sizes.
 */
export class InOrder {
  fetchedBytes = 0;
  readonly #repository: Repository;
  readonly #tables: ReadonlyMap<string, PackInfo>;
  readonly #signal: AbortSignal;
  readonly #keys = new Map<string, PackKeys>();

  constructor(repository: Repository, tables: ReadonlyMap<string, PackInfo>, signal: AbortSignal) {
    this.#repository = repository;
    this.#tables = tables;
    this.#signal = signal;
  }

  async *read<T>(wanted: AsyncIterable<Wanted<T>> | Iterable<Wanted<T>>): AsyncGenerator<Given<T>> {
    let next: Promise<Given<T>[]> | undefined;
    for await (const window of windowsOf(wanted)) {
      const following = this.#fetch(window);
      following.catch(() => undefined);
      if (next) yield* await next;
      next = following;
    }
    if (next) yield* await next;
  }

  async #fetch<T>(window: readonly Wanted<T>[]): Promise<Given<T>[]> {
    const packs = new Map<string, Map<number, PlannedPiece>>();
    for (const { piece } of window) {
      if (!piece) continue;
      const pieces = packs.get(piece.pack) ?? new Map<number, PlannedPiece>();
      packs.set(piece.pack, pieces);
      const { member, length, sha256 } = piece;
      pieces.set(member, { member, length, sha256, uses: [] });
    }
    const found = new Map<string, Map<number, Buffer | OaopsError>>();
    const queue = [...packs];
    const lane = async () => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const [sha256, pieces] = one;
        found.set(
          sha256,
          await this.#fromPack(
            sha256,
            [...pieces.values()].sort((a, b) => a.member - b.member),
          ),
        );
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane));
    return window.map(({ tag, piece }) => {
      if (!piece) return { tag };
      const content = found.get(piece.pack)!.get(piece.member)!;
      // One member may be named with two lengths by a manifest that is not right.
      if (!(content instanceof OaopsError) && content.length === piece.length) return { tag, content };
      const error = content instanceof OaopsError ? content : damaged('two files disagree about one content');
      return { tag, lost: { error, object: objectNames.pack(piece.pack) } };
    });
  }

  /** From the first leg that has each right. */
  async #fromPack(sha256: string, pieces: PlannedPiece[]): Promise<Map<number, Buffer | OaopsError>> {
    const found = new Map<number, Buffer | OaopsError>();
    const name = objectNames.pack(sha256);
    let pack: PackInfo;
    try {
      pack = this.#tables.get(sha256) ?? (await this.#scan(sha256));
    } catch (error) {
      if (!(error instanceof OaopsError) || error.details['legsDown'] === true) throw error;
      for (const { member } of pieces) found.set(member, error);
      return found;
    }
    const copies = copiesOf(this.#repository);
    let wanted = pieces;
    for (const store of copies.stores) {
      for (const slice of slicesOf(store, pack, wanted)) {
        try {
          const { identities } = this.#repository.reading;
          const access = { identities, keys: this.#keysOf(sha256), signal: this.#signal };
          const { segments, key, bytes } = await fetchPieces(store, pack, slice, access);
          this.fetchedBytes += bytes;
          copies.worked(store);
          const source = new PackSource(pack, segments, key);
          for (const piece of slice) {
            try {
              // A copy: a small content would keep its whole frame in memory.
              found.set(piece.member, Buffer.concat(source.content(piece)));
            } catch (error) {
              if (!(error instanceof OaopsError)) throw error;
              copies.note(store, name, error.message);
              found.set(piece.member, error);
            }
          }
          source.release();
        } catch (error) {
          copies.failed(store, name, error);
          for (const { member } of slice) found.set(member, error as OaopsError);
        }
      }
      wanted = wanted.filter(({ member }) => found.get(member) instanceof OaopsError);
      if (wanted.length === 0) break;
    }
    return found;
  }

  /** Its table is lost: it tells by itself how to read it. */
  #scan(sha256: string): Promise<PackInfo> {
    const name = objectNames.pack(sha256);
    const { encryption, identities } = this.#repository.reading;
    return readCopy(this.#repository, name, async (store) =>
      scanPack(sha256, await store.get(name, undefined, this.#signal), encryption === 'age', identities),
    );
  }

  #keysOf(sha256: string): PackKeys {
    const known = this.#keys.get(sha256);
    if (known) return known;
    if (this.#keys.size >= keptKeys) this.#keys.delete(this.#keys.keys().next().value!);
    const made: PackKeys = new Map();
    this.#keys.set(sha256, made);
    return made;
  }
}

async function* windowsOf<T>(wanted: AsyncIterable<Wanted<T>> | Iterable<Wanted<T>>): AsyncGenerator<Wanted<T>[]> {
  let window: Wanted<T>[] = [];
  let bytes = 0;
  for await (const one of wanted) {
    window.push(one);
    bytes += one.piece?.length ?? 0;
    if (bytes < windowBytes && window.length < windowPieces) continue;
    yield window;
    window = [];
    bytes = 0;
  }
  if (window.length > 0) yield window;
}

import { hash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentIndex } from '../cache/content-index.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { ObjectBody } from '../ports.ts';
import type { LegSet } from './leg-set.ts';
import { feedBytes, PackFeed } from './pack-feed.ts';
import { hasRoom } from './room-on-disk.ts';

/** Where a content lies: in a pack of an earlier run by name, or in one of this run by number until it has a name. */
export interface ContentPlace {
  pack: string | number;
  member: number;
  length: number;
  sha256: string;
}

export interface PackerOptions {
  legs: LegSet;
  contents: ContentIndex;
  recipients: readonly string[];
  spoolDir: string;
  /** Packs that may lie in the spool, the open one included. */
  spoolPacks: number;
  packTargetBytes: number;
  level: number;
}

/** tar(5): headers and contents begin at multiples of it. */
const blockBytes = 512;
/** Keeps the list of contents that wait for the name of their pack small. */
const maxMembers = 40_000;
const maxTarBytes = 1024 * 1024 * 1024;

interface OpenPack {
  number: number;
  file: string;
  /** Where the next member begins, in tar blocks. */
  block: number;
  contents: ContentPlace[];
}

/** Puts contents into packs, each content once, and sends finished packs to the legs while the next one is filled. */
export class Packer {
  readonly #options: PackerOptions;
  readonly #feed: PackFeed;
  /** Contents of packs that have no name yet, by hash. */
  readonly #unnamed = new Map<string, ContentPlace>();
  readonly #names: (string | undefined)[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #finished: PackInfo[] = [];
  #open: OpenPack | undefined;
  #failure: unknown;
  blobs = 0;
  addedBytes = 0;

  constructor(options: PackerOptions) {
    this.#options = options;
    this.#feed = new PackFeed(options);
  }

  /** Packs written by this run and stored on a leg. */
  get packs(): readonly PackInfo[] {
    return this.#finished;
  }

  get storedBytes(): number {
    return this.#finished.reduce((sum, pack) => sum + pack.storedBytes, 0);
  }

  /** The place of a content that is there already. */
  find(sha256: string): ContentPlace | undefined {
    const unnamed = this.#unnamed.get(sha256);
    if (unnamed) return unnamed;
    const known = this.#options.contents.find(sha256);
    return known && this.#options.legs.has(objectNames.pack(known.pack)) ? { ...known, sha256 } : undefined;
  }

  /** Places one content (not empty), which fills the last `room()` from its beginning. */
  add(content: Buffer): ContentPlace {
    const sha256 = hash('sha256', content, 'hex');
    const there = this.find(sha256);
    if (there) return there;
    const open = this.#open;
    if (!open) throw new Error('add() without room()');
    const place = { pack: open.number, member: open.block, length: content.length, sha256 };
    this.#feed.push(content.length);
    open.block += 1 + Math.ceil(content.length / blockBytes);
    open.contents.push(place);
    this.#unnamed.set(sha256, place);
    this.blobs++;
    this.addedBytes += content.length;
    return place;
  }

  /**
   * Memory to read one content into. A promise when memory or spool must be waited for, else at once: that saves a turn of
   * the event loop per file. Throws what failed meanwhile.
   */
  room(bytes: number): Buffer | Promise<Buffer> {
    const ready = this.#failure === undefined && this.#open !== undefined && !this.#full();
    return (ready ? this.#feed.room(bytes) : undefined) ?? this.#waitForRoom(bytes);
  }

  async #waitForRoom(bytes: number): Promise<Buffer> {
    if (this.#open && this.#full()) this.#close();
    if (!this.#open) {
      const { spoolDir, spoolPacks, packTargetBytes } = this.#options;
      while (this.#sending.size >= Math.max(1, spoolPacks - 1)) await Promise.race(this.#sending);
      // A spool with little room holds fewer packs. One may come out larger than planned by what is in flight.
      while (this.#sending.size > 0 && !hasRoom(spoolDir, packTargetBytes + feedBytes))
        await Promise.race(this.#sending);
      const number = this.#names.push(undefined) - 1;
      const file = join(spoolDir, `pack-${number}`);
      this.#open = { number, file, block: 0, contents: [] };
      this.#feed.open(number, file);
    }
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const room = this.#feed.room(bytes);
      if (room) return room;
      await this.#feed.wait();
    }
  }

  /** Sends what is open and waits until every pack is on the legs. */
  async finish(): Promise<void> {
    if (this.#open && this.#open.contents.length > 0) this.#close();
    this.#open = undefined;
    while (this.#sending.size > 0) await Promise.race(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
    await this.#feed.close();
  }

  /** After a failure: nothing stays in the spool. */
  async abandon(): Promise<void> {
    this.#failure ??= new Error('abandoned');
    await this.#feed.close();
    if (this.#open) unlinkQuietly(this.#open.file);
    this.#open = undefined;
    await Promise.allSettled(this.#sending);
  }

  /** Name of a pack of this run, after `finish()`. */
  nameOf(pack: string | number): string {
    const name = typeof pack === 'string' ? pack : this.#names[pack];
    if (name === undefined) throw new Error('a pack has no name yet');
    return name;
  }

  #full(): boolean {
    const { block, contents } = this.#open!;
    const tarBytes = block * blockBytes;
    // Frames not compressed yet count by the ratio so far.
    const { compressedBytes, framedRawBytes } = this.#feed;
    const ratio = framedRawBytes === 0 ? 1 : compressedBytes / framedRawBytes;
    const expectedBytes = compressedBytes + (tarBytes - framedRawBytes) * ratio;
    return contents.length >= maxMembers || tarBytes >= maxTarBytes || expectedBytes >= this.#options.packTargetBytes;
  }

  #close(): void {
    const open = this.#open!;
    this.#open = undefined;
    const sending = this.#send(open)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        unlinkQuietly(open.file);
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
  }

  async #send({ number, file, contents }: OpenPack): Promise<void> {
    const info = await this.#feed.finish();
    await this.#options.legs.put(objectNames.pack(info.sha256), claimable(file), info.sha256, info.storedBytes);
    this.#options.contents.addPack(info, contents);
    this.#names[number] = info.sha256;
    this.#finished.push(info);
    for (const content of contents) this.#unnamed.delete(content.sha256);
  }
}

/** The finished file, which one leg may keep. */
function claimable(file: string): ObjectBody {
  let free = true;
  const claim = () => {
    const first = free;
    free = false;
    return first;
  };
  return { file, claim };
}

function unlinkQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Gone.
  }
}

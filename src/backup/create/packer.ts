import { hash } from 'node:crypto';
import { statfsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { OaopsError } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { ContentIndex } from '../cache/content-index.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { FrameCompressors } from './frame-queue.ts';
import type { LegSet } from './leg-set.ts';
import { PackWriter } from './pack-writer.ts';

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

/** Bytes of file contents that may wait in memory for archive and compressor. */
const memoryBytes = 12 * 1024 * 1024;
/** Keeps the list of contents that wait for the name of their pack small. */
const maxMembers = 40_000;
const maxTarBytes = 1024 * 1024 * 1024;

/** Puts contents into packs, each content once, and sends finished packs to the legs while the next one is filled. */
export class Packer {
  readonly #options: PackerOptions;
  readonly #compressors: FrameCompressors;
  /** Contents of packs that have no name yet, by hash. */
  readonly #unnamed = new Map<string, ContentPlace>();
  readonly #names: (string | undefined)[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #finished: PackInfo[] = [];
  #open: PackWriter | undefined;
  #openContents: ContentPlace[] = [];
  #failure: unknown;
  blobs = 0;
  addedBytes = 0;

  constructor(options: PackerOptions) {
    this.#options = options;
    this.#compressors = new FrameCompressors(options.level);
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

  /** Places one content (not empty). Call `ready()` before, and give up the buffer. */
  add(content: Buffer): ContentPlace {
    const sha256 = hash('sha256', content, 'hex');
    const there = this.find(sha256);
    if (there) return there;
    const open = this.#open;
    if (!open) throw new Error('add() without ready()');
    const place = { pack: this.#names.length, member: open.append(content), length: content.length, sha256 };
    this.#unnamed.set(sha256, place);
    this.#openContents.push(place);
    this.blobs++;
    this.addedBytes += content.length;
    return place;
  }

  /** True when `ready()` would not wait: saves a turn of the event loop per file. */
  get isReady(): boolean {
    return (
      this.#failure === undefined && this.#open !== undefined && this.#open.pendingBytes < memoryBytes && !this.#full()
    );
  }

  /** Waits until memory and spool have room, and opens the next pack when one is full. Throws what failed meanwhile. */
  async ready(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#open) {
      if (this.#full()) this.#close();
      else await this.#open.drainTo(memoryBytes / 2);
    }
    if (!this.#open) {
      while (this.#sending.size >= Math.max(1, this.#options.spoolPacks - 1)) await Promise.race(this.#sending);
      if (this.#failure !== undefined) throw this.#failure;
      const file = join(this.#options.spoolDir, `pack-${this.#names.length}`);
      this.#open = await PackWriter.create({
        file,
        recipients: this.#options.recipients,
        compressors: this.#compressors,
      });
    }
  }

  /** Sends what is open and waits until every pack is on the legs. */
  async finish(): Promise<void> {
    if (this.#open && this.#open.members > 0) this.#close();
    this.#open?.abandon();
    this.#open = undefined;
    while (this.#sending.size > 0) await Promise.race(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
    this.#compressors.close();
  }

  /** After a failure: nothing stays in the spool. */
  async abandon(): Promise<void> {
    this.#failure ??= new Error('abandoned');
    this.#open?.abandon();
    this.#open = undefined;
    await Promise.allSettled(this.#sending);
    this.#compressors.close();
  }

  /** Name of a pack of this run, after `finish()`. */
  nameOf(pack: string | number): string {
    const name = typeof pack === 'string' ? pack : this.#names[pack];
    if (name === undefined) throw new Error('a pack has no name yet');
    return name;
  }

  #full(): boolean {
    const open = this.#open!;
    return (
      open.members >= maxMembers || open.tarBytes >= maxTarBytes || open.expectedBytes >= this.#options.packTargetBytes
    );
  }

  #close(): void {
    const writer = this.#open!;
    const contents = this.#openContents;
    const number = this.#names.push(undefined) - 1;
    this.#open = undefined;
    this.#openContents = [];
    const sending = this.#send(writer, number, contents)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        unlinkQuietly(writer.file);
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
  }

  async #send(writer: PackWriter, number: number, contents: ContentPlace[]): Promise<void> {
    const info = await writer.finish();
    await this.#options.legs.put(objectNames.pack(info.sha256), { file: writer.file }, info.sha256, info.storedBytes);
    this.#options.contents.addPack(info, contents);
    this.#names[number] = info.sha256;
    this.#finished.push(info);
    for (const content of contents) this.#unnamed.delete(content.sha256);
  }
}

/** Refuses a spool that cannot hold its packs. Throws `spool-full`. */
export function checkSpoolSpace(spoolDir: string, spoolPacks: number, packTargetBytes: number): void {
  const { bavail, bsize } = statfsSync(spoolDir);
  // A pack may come out larger than planned by what is in flight when its size is looked at.
  const need = spoolPacks * (packTargetBytes + 2 * memoryBytes);
  if (bavail * bsize >= need) return;
  throw new OaopsError(
    'spool-full',
    `the spool ${spoolDir} has ${formatSize(bavail * bsize)} left, ${formatSize(need)} are needed`,
    { next: 'Make room, or name another folder with --spool-dir.', details: { spoolDir, needBytes: need } },
  );
}

function unlinkQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Gone.
  }
}

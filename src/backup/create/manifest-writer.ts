import { sha256Hex } from '../../core/json.ts';
import { packsOf } from '../cache/previous.ts';
import type { KnownBlock, RepositoryCache } from '../cache/repository-cache.ts';
import { compressText, encryptBytes } from '../crypto/codec.ts';
import { entryField } from '../format/entry.ts';
import { formatEntryBlock } from '../format/entry-block.ts';
import { unescapeBytes } from '../format/escape.ts';
import type { BlockRef, EntryBlockRef } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import { formatPackTable, type PackInfo } from '../format/pack-table.ts';
import type { LegSet } from './leg-set.ts';
import { LineSpool } from './line-spool.ts';

const minEntries = 1000;
const maxEntries = 32_000;
/** Low bits of the path hash that are zero where a block ends: about 8,000 entries. */
const boundaryMask = 0x1fff;
/** Blocks larger than this end early: entries of huge files are long. */
const maxBlockBytes = 16 * 1024 * 1024;

export interface ManifestWriterOptions {
  legs: LegSet;
  cache: RepositoryCache;
  recipients: readonly string[];
  /** File of the spool for lines that wait. */
  spoolFile: string;
  /** A block of the previous manifest that holds just these lines. */
  earlierBlock: (lines: readonly string[]) => EntryBlockRef | undefined;
  /** Name of a pack of this run by its number. */
  nameOf: (pack: number) => string;
}

/**
 * Takes entry lines in manifest order and makes blocks of them; blocks that an earlier snapshot has are referenced, not
 * written. Pieces in packs without a name are written `@<number>`; such lines begin with `!`.
 */
export class ManifestWriter {
  readonly #options: ManifestWriterOptions;
  readonly #spool: LineSpool;
  #lines: string[] = [];
  #bytes = 0;
  #storing: Promise<void> = Promise.resolve();
  readonly blocks: EntryBlockRef[] = [];
  readonly packs = new Set<string>();
  /** Blocks that no earlier snapshot had. */
  written = 0;

  constructor(options: ManifestWriterOptions) {
    this.#options = options;
    this.#spool = new LineSpool(options.spoolFile);
  }

  /** `unnamed` tells that the line has pieces `@<number>`. Await what it returns, if anything. */
  add(line: string, unnamed: boolean): Promise<void> | undefined {
    if (unnamed) this.#spool.push(`!${line}`);
    else if (!this.#spool.isEmpty) this.#spool.push(line);
    else if (this.#take(line)) return this.#endBlock();
    return undefined;
  }

  /** Call when every pack has its name. */
  async finish(): Promise<void> {
    for (const line of this.#spool.drain()) {
      const named = line.startsWith('!') ? nameLine(line.slice(1), this.#options.nameOf) : line;
      if (this.#take(named)) await this.#endBlock();
    }
    if (this.#lines.length > 0) await this.#endBlock();
    await this.#storing;
  }

  /** Ends it, complete or not: nothing is stored any more when this returns. */
  async close(): Promise<void> {
    this.#spool.close();
    await Promise.allSettled([this.#storing]);
  }

  /** True when the block ends after this line. */
  #take(line: string): boolean {
    this.#lines.push(line);
    this.#bytes += line.length + 1;
    const count = this.#lines.length;
    if (count >= maxEntries || this.#bytes >= maxBlockBytes) return true;
    return count >= minEntries && (pathHash(pathOf(line)) & boundaryMask) === 0;
  }

  /** A block is stored while the lines of the next one are taken; they follow each other, so blocks stay in order. */
  async #endBlock(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    await this.#storing;
    const { cache } = this.#options;
    const earlier = this.#options.earlierBlock(lines);
    if (earlier && this.#refer(cache.block(earlier.plainSha256))) return;
    const plain = Buffer.from(formatEntryBlock(lines), 'latin1');
    const plainSha256 = sha256Hex(plain);
    if (this.#refer(cache.block(plainSha256))) return;
    this.#storing = this.#store(lines, plain, plainSha256);
    // Told by whoever awaits it next.
    this.#storing.catch(() => undefined);
  }

  async #store(lines: readonly string[], plain: Buffer, plainSha256: string): Promise<void> {
    const { cache, legs, recipients } = this.#options;
    const packs = new Set<string>();
    for (const line of lines) for (const pack of packsOf(line)) packs.add(pack);
    const zstd = await compressText(plain);
    if (plain.length === plain.buffer.byteLength) (plain.buffer as ArrayBuffer).transfer(0);
    const stored = await putBlock(legs, zstd, recipients);
    const reference: EntryBlockRef = {
      ...stored,
      count: lines.length,
      plainSha256,
      first: pathOf(lines[0]!),
      last: pathOf(lines.at(-1)!),
    };
    this.written++;
    cache.addBlock({ ...reference, packs: [...packs] }, zstd);
    this.blocks.push(reference);
    for (const pack of packs) this.packs.add(pack);
  }

  /** Refers to a block that is on the legs; false when it is not. */
  #refer(known: KnownBlock | undefined): boolean {
    if (!known || !this.#options.legs.has(objectNames.block(known.sha256))) return false;
    const { packs, ...reference } = known;
    this.blocks.push(reference);
    for (const pack of packs) this.packs.add(pack);
    return true;
  }
}

/** Stores a table of packs. */
export async function putPackTable(
  { legs, cache, recipients }: Pick<ManifestWriterOptions, 'legs' | 'cache' | 'recipients'>,
  packs: readonly PackInfo[],
): Promise<BlockRef> {
  const plain = Buffer.from(formatPackTable(packs), 'latin1');
  const zstd = await compressText(plain);
  const stored = await putBlock(legs, zstd, recipients);
  const reference = { ...stored, count: packs.length, plainSha256: sha256Hex(plain) };
  cache.addBlock({ ...reference, first: '-', last: '-', packs: packs.map((pack) => pack.sha256) }, zstd);
  return reference;
}

async function putBlock(
  legs: LegSet,
  zstd: Buffer,
  recipients: readonly string[],
): Promise<{ sha256: string; storedBytes: number }> {
  const stored = recipients.length === 0 ? zstd : await encryptBytes(zstd, recipients);
  const sha256 = sha256Hex(stored);
  await legs.put(objectNames.block(sha256), { bytes: stored }, sha256, stored.length);
  return { sha256, storedBytes: stored.length };
}

function pathOf(line: string): string {
  return unescapeBytes(line.slice(2, line.indexOf('\t', 2)));
}

/** FNV-1a, 32 bits. */
export function pathHash(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Puts the names of packs in the place of `@<number>`: only in the field of the pieces. */
function nameLine(line: string, nameOf: (pack: number) => string): string {
  let start = 0;
  for (let field = 0; field < entryField.pieces; field++) start = line.indexOf('\t', start) + 1;
  const end = line.indexOf('\t', start);
  const named = line.slice(start, end).replace(/@(\d+)/g, (_, number: string) => nameOf(Number(number)));
  return `${line.slice(0, start)}${named}${line.slice(end)}`;
}

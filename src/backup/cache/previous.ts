import type { ByteString } from '../format/byte-string.ts';
import { entryBlockLines } from '../format/entry-block.ts';
import { unescapeBytes } from '../format/escape.ts';
import type { EntryBlockRef } from '../format/manifest-root.ts';
import { comparePaths } from '../format/path-order.ts';
import type { RepositoryCache } from './repository-cache.ts';

/** A line of the previous manifest. */
export interface PreviousLine {
  line: string;
  path: ByteString;
}

/**
 * Reads the previous manifest in order, one block at a time, for the merge with the current scan. `usable` says which packs
 * may still be referred to; lines that need another one are left out, so that their files are stored again.
 */
export class PreviousManifest {
  readonly #cache: RepositoryCache;
  readonly #blocks: readonly EntryBlockRef[];
  readonly #usable: (pack: string) => boolean;
  #nextBlock = 0;
  #lines: string[] = [];
  /** The block that is read and the one before it: new blocks end where old ones do, or a little later. */
  readonly #recent: { reference: EntryBlockRef; lines: readonly string[] }[] = [];
  #at = 0;
  #current: PreviousLine | undefined;
  #checkLines = false;
  /** Line of the path that was asked for last, when it was left out. */
  leftOut: string | undefined;
  /** Blocks of which the cache had no good copy: their files are read again. */
  unreadBlocks = 0;

  constructor(cache: RepositoryCache, blocks: readonly EntryBlockRef[], usable: (pack: string) => boolean) {
    this.#cache = cache;
    this.#blocks = blocks;
    this.#usable = usable;
    this.#advance();
  }

  /** The previous line of a path; paths must be asked for in manifest order. */
  lineOf(path: ByteString): string | undefined {
    this.leftOut = undefined;
    while (this.#current) {
      const order = comparePaths(this.#current.path, path);
      if (order > 0) return undefined;
      const { line } = this.#current;
      this.#advance();
      if (order !== 0) continue;
      if (!this.#checkLines || packsOf(line).every(this.#usable)) return line;
      this.leftOut = line;
      return undefined;
    }
    return undefined;
  }

  /**
   * The earlier block that holds these very lines, if it is one of the last two that were read. Lines that `lineOf` gave are the same
   * strings and quickly compared: nothing has to be put together and hashed to find out that a block did not change.
   */
  blockOf(lines: readonly string[]): EntryBlockRef | undefined {
    const same = (known: readonly string[]) =>
      known.length === lines.length && known.every((line, i) => line === lines[i]);
    return this.#recent.find((block) => same(block.lines))?.reference;
  }

  #advance(): void {
    while (this.#at >= this.#lines.length) {
      const block = this.#blocks[this.#nextBlock++];
      if (!block) {
        this.#current = undefined;
        return;
      }
      const text = this.#cache.blockText(block.plainSha256);
      const known = this.#cache.block(block.plainSha256);
      if (text === undefined) this.unreadBlocks++;
      this.#lines = text === undefined ? [] : entryBlockLines(text);
      this.#at = 0;
      if (text !== undefined && this.#recent.unshift({ reference: block, lines: this.#lines }) > 2) this.#recent.pop();
      this.#checkLines = !known?.packs.every(this.#usable);
    }
    const line = this.#lines[this.#at++]!;
    this.#current = { line, path: unescapeBytes(line.slice(2, line.indexOf('\t', 2))) };
  }
}

/** The packs that an entry line names. */
export function packsOf(line: string): string[] {
  let start = 0;
  for (let field = 0; field < 13; field++) start = line.indexOf('\t', start) + 1;
  const end = line.indexOf('\t', start);
  const pieces = line.slice(start, end);
  if (pieces === '-') return [];
  // One piece, the usual case.
  if (!pieces.includes(',')) return pieces.startsWith('-') ? [] : [pieces.slice(0, 64)];
  return [
    ...new Set(
      pieces
        .split(',')
        .filter((piece) => !piece.startsWith('-'))
        .map((piece) => piece.slice(0, 64)),
    ),
  ];
}

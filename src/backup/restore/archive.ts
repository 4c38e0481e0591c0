import { createHash } from 'node:crypto';
import type { OaopsError } from '../../core/errors.ts';
import type { ByteString } from '../format/byte-string.ts';
import { damaged } from '../format/damaged.ts';
import type { Entry } from '../format/entry.ts';
import { contentBytes, isHashedWhole } from './file-plan.ts';
import type { InOrder, Wanted } from './in-order.ts';
import { sparseRuns, sparseStart, type TarMember, tarEnd, tarHeaders, tarPadding } from './tar-stream.ts';

export interface ArchiveOptions {
  /** Name, numbers and mode in the archive. */
  member(entry: Entry): TarMember;
  /**
   * A content that no leg has right. `written`: the member stands in the archive already, with zeros in place of what is lost,
   * and must not be kept; otherwise it was left out.
   */
  onLost(entry: Entry, lost: { error: OaopsError; object?: string }, written: boolean): void;
  onBytes?(bytes: number): void;
}

/** Where a file stands in the stream. `whole`: header and content come together. */
type Part = { entry: Entry; linkTo?: ByteString } & (
  | { kind: 'whole' | 'head' | 'end' }
  | { kind: 'piece' | 'hole'; length: number }
);

/**
 * A tar archive of entries in their order, for any tar: pax headers carry what ustar cannot. Contents are compared with their
 * sha256 before they are handed out. Sockets are left out, as are files that could not be read when the backup was made.
 */
export async function* archiveOf(
  entries: AsyncIterable<Entry>,
  contents: InOrder,
  options: ArchiveOptions,
): AsyncGenerator<Buffer> {
  const lost = new Set<Entry>();
  const lostNames = new Set<ByteString>();
  let hash = createHash('sha256');
  const lose = (entry: Entry, why: { error: OaopsError; object?: string }, written: boolean) => {
    if (lost.has(entry)) return;
    lost.add(entry);
    lostNames.add(options.member(entry).name);
    options.onLost(entry, why, written);
  };
  for await (const { tag, content, lost: gone } of contents.read(partsOf(entries, options))) {
    const { entry, kind } = tag;
    const member = options.member(entry);
    if (kind === 'whole') {
      if (gone) {
        lose(entry, gone, false);
        continue;
      }
      if (tag.linkTo !== undefined && lostNames.has(tag.linkTo)) {
        lose(entry, { error: damaged('the object it is another name of could not be had') }, false);
        continue;
      }
      yield tarHeaders(entry, tag.linkTo === undefined ? member : { ...member, linkTo: tag.linkTo });
      if (content) yield* [content, tarPadding(content.length)];
    } else if (kind === 'head') {
      hash = createHash('sha256');
      const runs = sparseRuns(entry.pieces);
      yield tarHeaders(entry, member, runs);
      if (runs) yield sparseStart(runs);
    } else if (kind === 'piece') {
      if (gone) lose(entry, gone, true);
      const bytes = content ?? Buffer.alloc(tag.length);
      hash.update(bytes);
      yield bytes;
    } else if (kind === 'hole') {
      if (!isHashed(entry)) continue;
      for (let left = tag.length; left > 0; left -= zeros.length) hash.update(zeros.subarray(0, left));
    } else {
      yield tarPadding(contentBytes(entry));
      if (isHashed(entry) && hash.digest('hex') !== entry.sha256)
        lose(entry, { error: damaged('its content has another sha256') }, true);
    }
    if (content) options.onBytes?.(content.length);
  }
  yield tarEnd;
}

const zeros = Buffer.alloc(1024 * 1024);

function isHashed(entry: Entry): boolean {
  return isHashedWhole({ size: entry.size, contentBytes: contentBytes(entry) });
}

async function* partsOf(entries: AsyncIterable<Entry>, { member }: ArchiveOptions): AsyncGenerator<Wanted<Part>> {
  const firstNames = new Map<string, ByteString>();
  for await (const entry of entries) {
    if (entry.type === 's' || (entry.type === 'f' && entry.flags.includes('unreadable'))) continue;
    const { pieces, type, link, size, sha256 } = entry;
    if (pieces.reduce((sum, { length }) => sum + length, 0) !== size || (size > 0 && sha256 === undefined))
      throw damaged('the pieces of a file do not make up its size');
    const key = link === undefined || type === 'd' ? undefined : `${type} ${link}`;
    const linkTo = key === undefined ? undefined : firstNames.get(key);
    if (linkTo !== undefined) {
      yield { tag: { kind: 'whole', entry, linkTo } };
      continue;
    }
    if (key !== undefined) firstNames.set(key, member(entry).name);
    const [first] = pieces;
    if (!first) yield { tag: { kind: 'whole', entry } };
    else if (pieces.length === 1 && first.pack !== null) yield { tag: { kind: 'whole', entry }, piece: first };
    else {
      yield { tag: { kind: 'head', entry } };
      for (const piece of pieces) {
        const { length } = piece;
        if (piece.pack === null) yield { tag: { kind: 'hole', entry, length } };
        else yield { tag: { kind: 'piece', entry, length }, piece };
      }
      yield { tag: { kind: 'end', entry } };
    }
  }
}

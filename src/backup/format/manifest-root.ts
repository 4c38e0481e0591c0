import type { ByteString } from './byte-string.ts';
import { escapeBytes, unescapeBytes } from './escape.ts';
import { formatLines, parseCount, parseHash, parseLines } from './lines.ts';
import { formatHeader, parseHeader, type SnapshotHeader } from './snapshot-header.ts';

const format = 'oaops-manifest';

export type ProblemClass = 'vanished' | 'unreadable' | 'changed' | 'missing-source' | 'dump-failed' | 'xattrs';

export interface Problem {
  class: ProblemClass;
  path: ByteString;
  message: string;
}

/** An immutable block, possibly written by an earlier snapshot. */
export interface BlockRef {
  /** Of the stored object; its name. */
  sha256: string;
  storedBytes: number;
  /** Lines of the plain text between the first and the last. */
  count: number;
  plainSha256: string;
}

export interface EntryBlockRef extends BlockRef {
  first: ByteString;
  last: ByteString;
}

/** docs/backup-format.md section 7. */
export interface ManifestRoot extends SnapshotHeader {
  /** Absolute paths as given. */
  sources: ByteString[];
  problems: Problem[];
  packTables: BlockRef[];
  blocks: EntryBlockRef[];
}

export function formatManifestRoot(root: ManifestRoot): string {
  return formatLines(format, [
    ...formatHeader(root),
    ...root.sources.map((source) => `source\t${escapeBytes(source)}`),
    ...root.problems.map(
      (p) => `problem\t${p.class}\t${escapeBytes(p.path)}\t${escapeBytes(Buffer.from(p.message).toString('latin1'))}`,
    ),
    ...root.packTables.map((table) => `packs\t${blockFields(table)}`),
    ...root.blocks.map(
      (block) => `block\t${blockFields(block)}\t${escapeBytes(block.first)}\t${escapeBytes(block.last)}`,
    ),
  ]);
}

/** Throws `repository-damaged` or `format-unknown`. */
export function parseManifestRoot(text: string): ManifestRoot {
  const lines = parseLines(format, text);
  const root: ManifestRoot = { ...parseHeader(lines), sources: [], problems: [], packTables: [], blocks: [] };
  for (const line of lines) {
    const [key, ...fields] = line.split('\t');
    if (key === 'source') root.sources.push(unescapeBytes(fields[0] ?? ''));
    else if (key === 'problem')
      root.problems.push({
        class: (fields[0] ?? '') as ProblemClass,
        path: unescapeBytes(fields[1] ?? ''),
        message: Buffer.from(unescapeBytes(fields[2] ?? ''), 'latin1').toString('utf8'),
      });
    else if (key === 'packs') root.packTables.push(parseBlock(fields));
    else if (key === 'block')
      root.blocks.push({
        ...parseBlock(fields),
        first: unescapeBytes(fields[4] ?? ''),
        last: unescapeBytes(fields[5] ?? ''),
      });
  }
  return root;
}

function blockFields(block: BlockRef): string {
  return [block.sha256, block.storedBytes, block.count, block.plainSha256].join('\t');
}

function parseBlock(fields: string[]): BlockRef {
  return {
    sha256: parseHash(fields[0], 'a block'),
    storedBytes: parseCount(fields[1], 'the size of a block'),
    count: parseCount(fields[2], 'the number of lines of a block'),
    plainSha256: parseHash(fields[3], 'the plain hash of a block'),
  };
}

import { damaged } from './damaged.ts';
import { formatLines, parseCount, parseHash, parseLines } from './lines.ts';

const format = 'oaops-packs';

/** How to read a pack by range; docs/backup-format.md sections 2, 3 and 6. */
export interface PackInfo {
  sha256: string;
  storedBytes: number;
  /** Length of the age header; 0 without encryption. */
  headerBytes: number;
  tarBytes: number;
  /** Length of each zstd frame; frame i holds the tar bytes from i x 1 MiB. */
  frames: number[];
}

export function formatPackLine(pack: PackInfo): string {
  return ['pack', pack.sha256, pack.storedBytes, pack.headerBytes, pack.tarBytes, pack.frames.join(',')].join('\t');
}

export function parsePackLine(line: string): PackInfo {
  const [word, sha256, storedBytes, headerBytes, tarBytes, frames, ...rest] = line.split('\t');
  if (word !== 'pack' || frames === undefined || rest.length > 0) throw damaged('a line of a pack table is wrong');
  return {
    sha256: parseHash(sha256, 'a pack'),
    storedBytes: parseCount(storedBytes, 'the size of a pack'),
    headerBytes: parseCount(headerBytes, 'the header size of a pack'),
    tarBytes: parseCount(tarBytes, 'the tar size of a pack'),
    frames: frames.split(',').map((frame) => parseCount(frame, 'a frame size')),
  };
}

export function formatPackTable(packs: readonly PackInfo[]): string {
  return formatLines(format, packs.map(formatPackLine));
}

export function parsePackTable(text: string): PackInfo[] {
  return parseLines(format, text).map(parsePackLine);
}

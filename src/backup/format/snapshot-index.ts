import { damaged } from './damaged.ts';
import { checkFirstLine, formatLines, parseCount, parseHash, parseLines } from './lines.ts';
import { hashOfObject, objectNames } from './object-names.ts';
import { formatHeader, parseHeader, type SnapshotHeader } from './snapshot-header.ts';

const format = 'oaops-index';

/** Header lines are shorter than this, so that `list` need not read the names of the objects. */
export const indexHeadBytes = 64 * 1024;

export interface ObjectRef {
  name: string;
  storedBytes: number;
}

/** The clear object beside a manifest; docs/backup-format.md section 8. */
export interface SnapshotIndex extends SnapshotHeader {
  manifest: { sha256: string; storedBytes: number };
  /** Packs and blocks, sorted by name. */
  objects: ObjectRef[];
}

export function formatIndex(index: SnapshotIndex): string {
  return formatLines(format, [
    ...formatHeader(index),
    `manifest\t${index.manifest.sha256}\t${index.manifest.storedBytes}`,
    ...index.objects.map((object) => `object\t${object.name}\t${object.storedBytes}`),
  ]);
}

/** Throws `repository-damaged` or `format-unknown`. */
export function parseIndex(text: string): SnapshotIndex {
  const lines = parseLines(format, text);
  const firstObject = lines.findIndex((line) => line.startsWith('object\t'));
  const head = firstObject < 0 ? lines : lines.slice(0, firstObject);
  const objects: ObjectRef[] = [];
  for (const line of firstObject < 0 ? [] : lines.slice(firstObject)) {
    const [key, name = '', storedBytes] = line.split('\t');
    if (key !== 'object') continue;
    if (hashOfObject(name) === undefined) throw damaged(`an index names the object ${JSON.stringify(name)}`);
    objects.push({ name, storedBytes: parseCount(storedBytes, 'the size of an object') });
  }
  return { ...parseHeader(head), manifest: parseManifestLine(head), objects };
}

/** Only the header, from the first `indexHeadBytes` (or all) of an index object. */
export function parseIndexHead(text: string): SnapshotHeader & { manifest: SnapshotIndex['manifest'] } {
  const lines = text.split('\n');
  checkFirstLine(format, lines[0] ?? '');
  const last = lines.findIndex((line) => line.startsWith('object\t') || line.startsWith('end\t'));
  if (last < 0) throw damaged('the header of an index is cut');
  const head = lines.slice(1, last);
  return { ...parseHeader(head), manifest: parseManifestLine(head) };
}

function parseManifestLine(lines: readonly string[]): SnapshotIndex['manifest'] {
  const fields = lines.find((line) => line.startsWith('manifest\t'))?.split('\t') ?? [];
  return {
    sha256: parseHash(fields[1], 'the manifest of an index'),
    storedBytes: parseCount(fields[2], 'the size of a manifest'),
  };
}

/** Text of `snapshots/<id>.sha256`, for `sha256sum -c`. `indexSha256` is that of the index object. */
export function formatChecksums(index: SnapshotIndex, indexSha256: string): string {
  const lines = index.objects.map((object) => `${hashOfObject(object.name)}  ${object.name}`);
  lines.push(`${indexSha256}  ${objectNames.index(index.snapshot)}`);
  lines.push(`${index.manifest.sha256}  ${objectNames.manifest(index.snapshot)}`);
  return `${lines.join('\n')}\n`;
}

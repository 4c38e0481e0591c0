import { lstatSync } from 'node:fs';
import { dumpFolder } from '../format/dumps.ts';
import { escapeBytes, escapeOptional } from '../format/escape.ts';
import { comparePaths } from '../format/path-order.ts';
import { formatTimeNs } from '../format/times.ts';
import { Owners } from '../scan/owners.ts';
import type { Found } from '../scan/walk.ts';
import type { DumpedFile } from '../sources/run-dumps.ts';
import { lineMiddle, type StoredContent } from './entry-line.ts';

/** A line of the manifest that no object of the file system stands for. */
export interface DumpLine {
  line: string;
  unnamed: boolean;
  sizeBytes: number;
}

/** An object of the walk, or a dump in its place of the order. */
export type FoundOrDump = Found & { dump?: DumpLine };

/** Entries of dumps and of the folders that hold them, in manifest order: for root, and readable by nobody else. */
export function dumpEntries(files: readonly DumpedFile<StoredContent>[]): FoundOrDump[] {
  const folders = new Map<string, number>();
  for (const { path, timeMs } of files)
    for (const folder of [dumpFolder, path.slice(0, path.lastIndexOf('/'))])
      folders.set(folder, Math.max(timeMs, folders.get(folder) ?? 0));
  const owner = ownerFields();
  const fields = (type: 'd' | 'f', path: string, timeMs: number, sizeBytes: number) => {
    const time = formatTimeNs(BigInt(timeMs) * 1_000_000n);
    return `${type}\t${escapeBytes(path)}\t${type === 'd' ? '0700' : '0600'}\t${owner}\t${time}\t${time}\t0\t${sizeBytes}`;
  };
  // Never looked at; an entry of the walk has some.
  const stats = lstatSync('/', { bigint: true });
  const entries: FoundOrDump[] = [...folders].map(([path, timeMs]) => {
    const line = `${fields('d', path, timeMs, 0)}\t${lineMiddle(undefined, undefined, undefined).text}\t-\t-`;
    return { path, type: 'd', stats, flags: [], dump: { line, unnamed: false, sizeBytes: 0 } };
  });
  for (const { path, timeMs, sizeBytes, content } of files) {
    const { text, unnamed } = lineMiddle(content, undefined, undefined);
    const line = `${fields('f', path, timeMs, sizeBytes)}\t${text}\t-\t-`;
    entries.push({ path, type: 'f', stats, flags: [], dump: { line, unnamed, sizeBytes } });
  }
  return entries.sort((a, b) => comparePaths(a.path, b.path));
}

function ownerFields(): string {
  const owners = new Owners();
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  return `${uid}\t${gid}\t${escapeOptional(owners.user(uid))}\t${escapeOptional(owners.group(gid))}`;
}

/** The walk with the dumps in their places. */
export function* withDumps(walked: Iterable<Found>, dumps: readonly FoundOrDump[]): Generator<FoundOrDump> {
  let next = 0;
  for (const found of walked) {
    while (next < dumps.length && comparePaths(dumps[next]!.path, found.path) < 0) yield dumps[next++]!;
    yield found;
  }
  while (next < dumps.length) yield dumps[next++]!;
}

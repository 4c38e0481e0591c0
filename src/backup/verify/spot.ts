import { createHash } from 'node:crypto';
import { type BigIntStats, readSync } from 'node:fs';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { usageError } from '../../core/errors.ts';
import { identityMissing } from '../crypto/age-header.ts';
import { toText } from '../format/byte-string.ts';
import { isDumpPath } from '../format/dumps.ts';
import type { Entry } from '../format/entry.ts';
import { readEntries, readManifestRoot, readPackTables } from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import { readStable } from '../scan/read-file.ts';
import { lstat } from '../scan/walk.ts';
import { StoredPieces } from './stored-pieces.ts';

/** What a comparison with the live source came to. */
export interface SpotResult {
  snapshot: string;
  /** The same seed and share choose the same files of the same snapshot again. */
  seed: string;
  share: number;
  /** Regular files of the snapshot that have an original on this machine. */
  files: number;
  /** Chosen, and how each of them came out. */
  chosen: number;
  same: number;
  bytesCompared: number;
  /** Times say that it was written to since the backup: no damage, and nothing was proved. */
  changed: number;
  gone: number;
  unreadable: number;
  /** Same times and other content, or stored content that is not what was backed up. */
  different: { path: string; problem: string }[];
}

/** Most files that one comparison remembers at a time. */
const batchFiles = 2000;
const buffer = Buffer.allocUnsafe(1024 * 1024);

/**
 * Reads a random share of the files of a snapshot twice, from the leg and from the live source, and compares both with the
 * manifest. A file whose mtime or ctime is another one than at the backup was changed; a file of the same times with other
 * content is damage, of the source or of what was stored.
 * @throws OaopsError `identity-missing`; `other-host` (exit 2) when the snapshot is of another machine
 */
export async function compareWithSource(
  repository: Repository,
  snapshot: string,
  choice: { seed: string; share: number },
  signal: AbortSignal,
): Promise<{ spot: SpotResult; packsRead: number; contentsChecked: number; bytesRead: number }> {
  if (repository.reading.encryption === 'age' && !repository.reading.identities) throw identityMissing();
  const manifest = await readManifestRoot(repository, snapshot, signal);
  const host = toText(manifest.host);
  if (host !== hostname())
    throw usageError('other-host', `snapshot ${snapshot} was made on ${host}, and this is ${hostname()}`, {
      next: `Run it on ${host}: only there are the files that it is compared with.`,
    });
  const stored = new StoredPieces(repository, await readPackTables(repository, manifest, signal), signal);
  const spot: SpotResult = {
    snapshot,
    ...choice,
    files: 0,
    chosen: 0,
    same: 0,
    bytesCompared: 0,
    changed: 0,
    gone: 0,
    unreadable: 0,
    different: [],
  };
  let batch: Entry[] = [];
  let fallback: { entry: Entry; rank: number } | undefined;
  for await (const entry of readEntries(repository, manifest, signal)) {
    if (!hasOriginal(entry)) continue;
    spot.files += 1;
    const rank = rankOf(choice.seed, entry.path);
    if (rank >= choice.share) {
      if (spot.chosen === 0 && rank < (fallback?.rank ?? 1)) fallback = { entry, rank };
      continue;
    }
    spot.chosen += 1;
    batch.push(entry);
    if (batch.length < batchFiles) continue;
    await compareBatch(batch, stored, spot, signal);
    batch = [];
  }
  // A small share of few files would choose none and prove nothing.
  if (spot.chosen === 0 && fallback) {
    spot.chosen = 1;
    batch.push(fallback.entry);
  }
  await compareBatch(batch, stored, spot, signal);
  return { spot, ...stored.counts };
}

/** What was marked `changed` when it was read has no state that it could be compared with. */
function hasOriginal({ type, path, flags }: Entry): boolean {
  return type === 'f' && !isDumpPath(path) && !flags.includes('unreadable') && !flags.includes('changed');
}

/** A number from 0 to 1 (2^32 steps), the same for the same seed and path. */
function rankOf(seed: string, path: string): number {
  return createHash('sha256').update(`${seed}\0`).update(path, 'latin1').digest().readUInt32BE() / 2 ** 32;
}

async function compareBatch(
  batch: readonly Entry[],
  stored: StoredPieces,
  spot: SpotResult,
  signal: AbortSignal,
): Promise<void> {
  const bad = await stored.check(batch.flatMap(({ pieces }) => pieces));
  for (const entry of batch) {
    signal.throwIfAborted();
    const path = `/${toText(entry.path)}`;
    const wrong = entry.pieces.map((piece) => (piece.pack === null ? undefined : bad.get(piece.sha256)));
    const first = wrong.find((problem) => problem !== undefined);
    if (first !== undefined) spot.different.push({ path, problem: `its stored content is damaged: ${first}` });
    else await compareLive(entry, path, spot);
    await setImmediate();
  }
}

async function compareLive(entry: Entry, path: string, spot: SpotResult): Promise<void> {
  const found = lstat(entry.path);
  if (!found) {
    spot.gone += 1;
    return;
  }
  if (!found.isFile() || !sameTimes(found, entry)) {
    spot.changed += 1;
    return;
  }
  let content = '';
  let pieces: string[] = [];
  const read = await readStable(entry.path, found, (fd) => {
    const hashes = hashFile(fd, entry);
    ({ content, pieces } = hashes);
    return hashes.bytes;
  });
  if (read.outcome === 'vanished') spot.gone += 1;
  else if (read.outcome === 'unreadable') spot.unreadable += 1;
  else if (read.changed || !sameTimes(read.stats, entry)) spot.changed += 1;
  else {
    spot.bytesCompared += read.sizeBytes;
    const problem = differenceOf(entry, read.sizeBytes, content, pieces);
    if (problem === undefined) spot.same += 1;
    else spot.different.push({ path, problem });
  }
}

function differenceOf(entry: Entry, sizeBytes: number, content: string, pieces: readonly string[]): string | undefined {
  if (sizeBytes !== entry.size)
    return `its times are those of the backup, and the live file has ${sizeBytes} bytes instead of ${entry.size}`;
  const same =
    (entry.size === 0 || content === entry.sha256) &&
    entry.pieces.every(({ pack, sha256 }, i) => pack === null || sha256 === pieces[i]);
  return same ? undefined : 'its times and size are those of the backup, and the content of the live file is another';
}

/** The clock of a file system tells nanoseconds; what only touches owner or mode moves ctime too, and counts as changed. */
function sameTimes(stats: BigIntStats, entry: Entry): boolean {
  return stats.mtimeNs === entry.mtimeNs && stats.ctimeNs === entry.ctimeNs;
}

/** Hash of the whole and of each piece, in one reading. */
function hashFile(fd: number, entry: Entry): { content: string; pieces: string[]; bytes: number } {
  const whole = createHash('sha256');
  const pieces: string[] = [];
  let bytes = 0;
  const take = (limit: number, piece?: ReturnType<typeof createHash>) => {
    for (let left = limit; left > 0; ) {
      const got = readSync(fd, buffer, 0, Math.min(buffer.length, left), bytes);
      if (got === 0) return;
      whole.update(buffer.subarray(0, got));
      piece?.update(buffer.subarray(0, got));
      bytes += got;
      left -= got;
    }
  };
  for (const { length } of entry.pieces) {
    const piece = createHash('sha256');
    take(length, piece);
    pieces.push(piece.digest('hex'));
  }
  take(Number.POSITIVE_INFINITY);
  return { content: whole.digest('hex'), pieces, bytes };
}

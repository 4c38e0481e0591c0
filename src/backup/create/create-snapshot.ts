import { type Clock, isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { compactTime, newId, type RandomSource } from '../../core/ids.ts';
import { sha256Hex } from '../../core/json.ts';
import type { ContentIndex } from '../cache/content-index.ts';
import { PreviousManifest } from '../cache/previous.ts';
import type { RepositoryCache } from '../cache/repository-cache.ts';
import { encodeObject } from '../crypto/codec.ts';
import { type ByteString, toText } from '../format/byte-string.ts';
import { formatManifestRoot, type ManifestRoot, type Problem } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import { type SnapshotCounts, type SnapshotHeader, zeroCounts } from '../format/snapshot-header.ts';
import { formatChecksums, formatIndex, type ObjectRef, type SnapshotIndex } from '../format/snapshot-index.ts';
import type { Sources } from '../scan/sources.ts';
import { type DumpDoor, runDumps } from '../sources/run-dumps.ts';
import type { DumpSource } from '../sources/schema.ts';
import { dumpSink } from './dump-content.ts';
import { dumpEntries, type FoundOrDump } from './dump-entries.ts';
import { type GuardBase, type GuardLimits, guardOf } from './guard.ts';
import type { LegResult, LegSet } from './leg-set.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { writePackTables } from './pack-tables.ts';
import { Packer } from './packer.ts';
import { rememberParent } from './parent.ts';
import { type ScanCounts, scanSources } from './scan-sources.ts';

export interface CreateOptions {
  sources: Sources;
  /** What is dumped before the files are read, and the door to do so. */
  dumps?: { sources: readonly DumpSource[]; door: DumpDoor };
  excludes: {
    isExcluded: (absolutePath: ByteString) => boolean;
    excludeIfPresent: readonly ByteString[];
    excludeCaches: boolean;
    oneFileSystem: boolean;
  };
  legs: LegSet;
  cache: RepositoryCache;
  repositoryId: string;
  recipients: readonly string[];
  parent: ManifestRoot | undefined;
  /** Packs that are not to be referred to any more, though they are there. */
  stale: ReadonlySet<string>;
  /** Read every file again, whatever its times say. */
  rehash: boolean;
  spoolDir: string;
  spoolPacks: number;
  packTargetBytes: number;
  level: number;
  host: ByteString;
  user: ByteString;
  program: string;
  runbook: ByteString | undefined;
  /** See `seriesOf`. */
  series: string;
  guards: GuardLimits | undefined;
  guardBase: GuardBase;
  tags: readonly ByteString[];
  clock: Clock;
  random: RandomSource;
  /** Ends at once. */
  signal: AbortSignal;
  /** Ends after the current pack, which is stored and used again by the next run. */
  stopping: AbortSignal;
  onProgress: (progress: BackupProgress) => void;
  onProblem: (problem: Problem) => void;
  onWarning: (message: string) => void;
}

export interface BackupProgress {
  filesDone: number;
  bytesDone: number;
  problems: number;
  currentPath: ByteString;
  /** Of the snapshot before, as far as there is one: about what there will be this time. */
  before?: { files: number; bytes: number } | undefined;
  /** How the legs fare at this moment. */
  legs?: () => readonly Pick<LegResult, 'location' | 'status' | 'storedBytes'>[];
}

export interface CreatedSnapshot {
  header: SnapshotHeader;
  dirs: ScanCounts['dirs'];
  problems: Problem[];
  /** Blocks and tables that no earlier snapshot had. */
  blocksWritten: number;
}

/** At most so many problems are named in the manifest; all are counted. */
const maxProblems = 1000;

/**
 * Makes one snapshot: scan, packs, blocks, tables, index, checksums, manifest, in this order on every leg
 * (docs/backup-format.md section 9). Until the manifest is stored there is no snapshot, and nothing that was stored before is touched.
 */
export async function createSnapshot(options: CreateOptions): Promise<CreatedSnapshot> {
  const { legs, cache, recipients, clock, parent } = options;
  const startedMs = clock.nowMs();
  const newest = await legs.newestSnapshot();
  const snapshot = idAfter(newest, startedMs, options.random);
  if (newest !== undefined && snapshot < newest)
    options.onWarning(
      `the clock here says ${isoTime(startedMs)}, and the newest snapshot is ${newest}: "latest" stays that one until the clock has passed it`,
    );
  const problems: Problem[] = [];
  const counts: SnapshotCounts = zeroCounts();
  const report = (problem: Problem) => {
    if (problems.length < maxProblems) problems.push(problem);
    if (problem.class === 'missing-source') counts.missingSources++;
    else if (problem.class === 'dump-failed') counts.failedDumps++;
    else if (problem.class !== 'xattrs') counts[problem.class]++;
    options.onProblem(problem);
  };
  for (const { path, message } of options.sources.missing) report({ class: 'missing-source', path, message });

  const packer = new Packer({ ...options, contents: withoutStale(cache, options.stale) });
  const previous = new PreviousManifest(
    cache,
    parent?.blocks ?? [],
    (pack) => !options.stale.has(pack) && legs.has(objectNames.pack(pack)),
  );
  const manifest = new ManifestWriter({
    legs,
    cache,
    recipients,
    spoolFile: `${options.spoolDir}/lines`,
    earlierBlock: (lines) => previous.blockOf(lines),
    nameOf: (pack) => packer.nameOf(pack),
  });
  try {
    const dumps = await makeDumps(options, packer, report);
    const scanned = await scanSources({
      ...options,
      ...{ dumps, packer, manifest, previous, parent, startedMs, report },
      onProgress: (progress) => options.onProgress({ ...progress, before: parent?.counts, legs: () => legs.results }),
    });
    await packer.finish();
    if (options.stopping.aborted) throw stopped(packer.packs.length, options.stopping.reason);
    await manifest.finish();
    if (previous.unreadBlocks > 0)
      options.onWarning(`${previous.unreadBlocks} blocks of the local cache were damaged; their files were read again`);
    const packTables = await writePackTables({ legs, cache, recipients }, manifest.packs, parent);
    Object.assign(counts, scanned.counts, {
      dataBlobs: packer.blobs,
      dataAddedBytes: packer.addedBytes,
      storedAddedBytes: packer.storedBytes,
    });
    const guard = guardOf(counts, options.guardBase, options.guards, parent !== undefined);
    const header: SnapshotHeader = {
      snapshot,
      repository: options.repositoryId,
      started: isoTime(startedMs),
      ended: isoTime(clock.nowMs()),
      host: options.host,
      user: options.user,
      program: options.program,
      runbook: options.runbook,
      series: options.series,
      tags: [...options.tags],
      parent: parent?.snapshot,
      status: problems.some((problem) => problem.class !== 'xattrs') ? 'incomplete' : 'complete',
      ...(guard ? { guard } : {}),
      counts,
    };
    const root: ManifestRoot = {
      ...header,
      sources: options.sources.given,
      problems,
      packTables,
      blocks: manifest.blocks,
    };
    await publish(options, root, manifest.packs);
    rememberParent(cache, root);
    return { header, dirs: scanned.dirs, problems, blocksWritten: manifest.written };
  } catch (error) {
    await packer.abandon();
    throw error;
  } finally {
    await manifest.close();
  }
}

/**
 * Dumps come before the files: what a database names among the files is then there. @throws OaopsError `dumps-failed`
 * (exit 1) when none succeeded and there is nothing else: an empty backup must not pass for a success
 */
async function makeDumps(
  { dumps, signal, stopping, sources, onProgress, clock }: CreateOptions,
  packer: Packer,
  report: (problem: Problem) => void,
): Promise<FoundOrDump[]> {
  if (!dumps || dumps.sources.length === 0) return [];
  const failed: Problem[] = [];
  let bytesDone = 0;
  const files = await runDumps(dumps.sources, {
    door: dumps.door,
    clock,
    newSink: () => dumpSink(packer),
    signal,
    stopping,
    report: (problem) => {
      failed.push(problem);
      report(problem);
    },
    onDump: (path, bytes) => {
      bytesDone += bytes;
      onProgress({ filesDone: 0, bytesDone, problems: failed.length, currentPath: `/${path}` });
    },
  });
  if (files.length === 0 && sources.roots.length === 0 && !stopping.aborted)
    throw new OaopsError(
      'dumps-failed',
      `no dump succeeded, and there is nothing else to back up: ${failed[0]?.message}`,
      {
        next: 'Run the command by hand with the same account; the messages name it.',
        details: { failed: failed.map(({ path, message }) => ({ path: toText(path), message })) },
      },
    );
  return dumpEntries(files);
}

/**
 * An id that sorts after the newest one even when both were made within one second: "latest" is a listing. A newest id from
 * a clock that runs far ahead is left alone.
 */
export function idAfter(newest: string | undefined, nowMs: number, random: RandomSource): string {
  for (let attempt = 0; ; attempt++) {
    const id = newId(attempt < 64 ? nowMs : nowMs + 1000, random);
    if (newest === undefined || id > newest || attempt > 64) return id;
    if (compactTime(nowMs) !== newest.slice(0, 16)) return id;
  }
}

/** Contents of stale packs count as not stored. */
function withoutStale(contents: ContentIndex, stale: ReadonlySet<string>): ContentIndex {
  if (stale.size === 0) return contents;
  return {
    find: (sha256) => {
      const found = contents.find(sha256);
      return found && stale.has(found.pack) ? undefined : found;
    },
    addPack: (pack, added) => contents.addPack(pack, added),
  };
}

/** Index, checksums, manifest; then a last look that nothing it names was taken away meanwhile. */
async function publish(options: CreateOptions, root: ManifestRoot, packs: ReadonlySet<string>): Promise<void> {
  const { legs, cache, recipients } = options;
  options.signal.throwIfAborted();
  const text = Buffer.from(formatManifestRoot(root), 'latin1');
  const stored = await encodeObject(text, recipients);
  const objects = new Map<string, ObjectRef>();
  for (const block of [...root.packTables, ...root.blocks]) {
    const name = objectNames.block(block.sha256);
    objects.set(name, { name, storedBytes: block.storedBytes });
  }
  for (const pack of packs) {
    const name = objectNames.pack(pack);
    objects.set(name, { name, storedBytes: cache.packInfo(pack)!.storedBytes });
  }
  const { sources: _sources, problems: _problems, packTables: _tables, blocks: _blocks, ...header } = root;
  const index: SnapshotIndex = {
    ...header,
    manifest: { sha256: sha256Hex(stored), storedBytes: stored.length },
    objects: [...objects.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  const indexBytes = Buffer.from(formatIndex(index), 'latin1');
  const checksums = Buffer.from(formatChecksums(index, sha256Hex(indexBytes)), 'latin1');
  const own = [
    { name: objectNames.index(root.snapshot), storedBytes: indexBytes.length },
    { name: objectNames.checksums(root.snapshot), storedBytes: checksums.length },
  ];
  await legs.copyMissing(index.objects);
  await legs.putBytes(objectNames.index(root.snapshot), indexBytes);
  await legs.putBytes(objectNames.checksums(root.snapshot), checksums);
  await legs.notBesidePrune([...index.objects, ...own]);
  await legs.putBytes(objectNames.manifest(root.snapshot), stored);
  try {
    const manifest = { name: objectNames.manifest(root.snapshot), storedBytes: stored.length };
    await legs.recheck([...index.objects, ...own, manifest]);
  } finally {
    await legs.withdraw(objectNames.manifest(root.snapshot));
  }
}

/** The reason of the signal is the exit code of the signal that a person or the system sent. */
function stopped(packs: number, reason: unknown): OaopsError {
  return new OaopsError(
    'backup-stopped',
    `the backup was stopped; ${packs} finished packs are stored, no snapshot was made`,
    {
      next: 'Run it again: what is stored already is not stored twice.',
      exitCode: reason === ExitCode.sigint || reason === ExitCode.sigterm ? reason : ExitCode.failed,
    },
  );
}

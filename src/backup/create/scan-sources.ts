import type { Clock } from '../../core/clock.ts';
import { errnoOf } from '../../core/errors.ts';
import type { PreviousManifest } from '../cache/previous.ts';
import type { ManifestRoot, Problem } from '../format/manifest-root.ts';
import type { SnapshotCounts } from '../format/snapshot-header.ts';
import { Owners } from '../scan/owners.ts';
import type { Sources } from '../scan/sources.ts';
import { absolute, type Found, shortMessage, walk } from '../scan/walk.ts';
import { AttributeReader, type Attributes } from '../scan/xattrs.ts';
import { type StoredFile, storeContent } from './content-store.ts';
import type { BackupProgress, CreateOptions } from './create-snapshot.ts';
import { type FoundOrDump, withDumps } from './dump-entries.ts';
import { lineMiddle, linePrefix, lineSuffix, linkOf, type StoredContent, targetOf } from './entry-line.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import type { Packer } from './packer.ts';

export interface ScanOptions {
  sources: Sources;
  /** Entries of dumps, in manifest order. */
  dumps: readonly FoundOrDump[];
  excludes: CreateOptions['excludes'];
  packer: Packer;
  manifest: ManifestWriter;
  previous: PreviousManifest;
  parent: ManifestRoot | undefined;
  rehash: boolean;
  startedMs: number;
  clock: Clock;
  signal: AbortSignal;
  stopping: AbortSignal;
  report: (problem: Problem) => void;
  onProgress: (progress: BackupProgress) => void;
}

export interface ScanCounts {
  counts: Pick<
    SnapshotCounts,
    'entries' | 'files' | 'dirs' | 'links' | 'others' | 'bytes' | 'filesNew' | 'filesChanged' | 'filesUnchanged'
  >;
  dirs: { new: number; changed: number; unchanged: number };
}

/** Objects looked at together: their attributes come from one call of getfattr. */
const batchSize = 1024;

interface Candidate {
  found: FoundOrDump;
  before: string | undefined;
  unchanged: boolean;
}

/** Walks the sources beside the previous manifest, stores what is new and writes one line per object. */
export async function scanSources(options: ScanOptions): Promise<ScanCounts> {
  const scan = new Scan(options);
  try {
    return await scan.run();
  } finally {
    scan.close();
  }
}

class Scan {
  readonly #options: ScanOptions;
  readonly #owners = new Owners();
  readonly #attributes = new AttributeReader();
  /** Contents of hard-linked files, by link field: each is read once. */
  readonly #linked = new Map<string, { content: StoredContent | undefined; prefixEnd: string }>();
  readonly #trustBeforeNs: bigint;
  readonly #result: ScanCounts = {
    counts: {
      entries: 0,
      files: 0,
      dirs: 0,
      links: 0,
      others: 0,
      bytes: 0,
      filesNew: 0,
      filesChanged: 0,
      filesUnchanged: 0,
    },
    dirs: { new: 0, changed: 0, unchanged: 0 },
  };
  readonly #onBytes = (bytes: number): void => {
    this.#openBytes += bytes;
    // Within a large file too; files that are read are rarely fewer than these.
    if ((++this.#reads & 0x1f) === 0 && this.#reading) this.#progress(this.#reading);
  };
  #problems = 0;
  /** Read of the file that is not counted yet. */
  #openBytes = 0;
  #reads = 0;
  #reading: Found | undefined;

  constructor(options: ScanOptions) {
    this.#options = options;
    // What changed within a second of the previous scan, or has times in the future, may have changed again unseen.
    const parentMs = options.parent ? Date.parse(options.parent.started) : 0;
    this.#trustBeforeNs = BigInt(Math.min(parentMs, options.startedMs) - 1000) * 1_000_000n;
  }

  async run(): Promise<ScanCounts> {
    const walked = walk({
      roots: this.#options.sources.roots,
      ...this.#options.excludes,
      onProblem: (problem) => this.#report(problem),
    });
    const found = withDumps(walked, this.#options.dumps);
    // The attributes of the next batch are read by another process while the contents of this one are.
    let next = this.#nextBatch(found);
    for (;;) {
      const batch = next;
      if (batch.candidates.length === 0) break;
      const attributes = await batch.attributes;
      next = this.#nextBatch(found);
      for (const candidate of batch.candidates) {
        if (this.#options.stopping.aborted) return this.#result;
        this.#options.signal.throwIfAborted();
        const storing = this.#store(candidate, attributes);
        if (storing) await storing;
      }
      this.#progress(batch.candidates.at(-1)!.found);
    }
    if (this.#attributes.isMissing)
      this.#options.report({
        class: 'xattrs',
        path: '/',
        message: 'extended attributes and ACLs were not read: getfattr (package attr) is not installed',
      });
    return this.#result;
  }

  close(): void {
    this.#attributes.close();
  }

  #nextBatch(walked: Iterator<FoundOrDump>): { candidates: Candidate[]; attributes: Promise<Map<string, Attributes>> } {
    const candidates: Candidate[] = [];
    const changed: string[] = [];
    while (candidates.length < batchSize) {
      const { value, done } = walked.next();
      if (done) break;
      const candidate = this.#compare(value);
      if (!candidate.unchanged && !value.dump) changed.push(absolute(value.path));
      candidates.push(candidate);
    }
    const attributes = this.#attributes.read(changed);
    attributes.catch(() => undefined);
    return { candidates, attributes };
  }

  #compare(found: FoundOrDump): Candidate {
    if (found.dump) return { found, before: this.#options.previous.lineOf(found.path), unchanged: false };
    const { stats } = found;
    const usable = this.#options.previous.lineOf(found.path);
    // What is stored again only because its pack may not be used has not changed.
    const before = usable ?? this.#options.previous.leftOut;
    const unchanged =
      usable !== undefined &&
      !this.#options.rehash &&
      stats.mtimeNs < this.#trustBeforeNs &&
      stats.ctimeNs < this.#trustBeforeNs &&
      usable.startsWith(`${this.#prefix(found)}\t`) &&
      usable.endsWith(`\t${lineSuffix(found, stats)}`);
    return { found, before, unchanged };
  }

  /** Not kept with the candidate: texts of a whole batch would outlive the nursery of the heap. */
  #prefix(found: Found): string {
    return linePrefix(found, found.stats, Number(found.stats.size), this.#owners);
  }

  /** A promise only when something must be waited for: there are many objects. */
  #store(candidate: Candidate, attributes: Map<string, Attributes>): Promise<void> | undefined {
    const { found, before } = candidate;
    if (candidate.unchanged) return this.#write(found, before!, false, Number(found.stats.size), before);
    if (found.dump) return this.#write(found, found.dump.line, found.dump.unnamed, found.dump.sizeBytes, before);
    const own = attributes.get(absolute(found.path));
    if (found.type === 'f') return this.#storeFile(candidate, own);
    let target: string | undefined;
    try {
      target = targetOf(found);
    } catch (error) {
      const vanished = errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EINVAL';
      this.#report({
        class: vanished ? 'vanished' : 'unreadable',
        path: absolute(found.path),
        message: shortMessage(error),
      });
      return undefined;
    }
    const { text } = lineMiddle(undefined, target, own);
    const line = `${this.#prefix(found)}\t${text}\t${lineSuffix(found, found.stats)}`;
    return this.#write(found, line, false, 0, before);
  }

  #storeFile(candidate: Candidate, attributes: Attributes | undefined): Promise<void> | undefined {
    const { found, before } = candidate;
    const link = linkOf(found, found.stats);
    const seen = link === undefined ? undefined : this.#linked.get(link);
    // The fields after the path tell that it is still the same object in the same state.
    const prefixEnd = link === undefined ? '' : afterPath(this.#prefix(found));
    if (seen && seen.prefixEnd === prefixEnd) {
      const { text, unnamed } = lineMiddle(seen.content, undefined, attributes);
      const line = `${this.#prefix(found)}\t${text}\t${lineSuffix(found, found.stats)}`;
      return this.#write(found, line, unnamed, Number(found.stats.size), before);
    }
    this.#reading = found;
    const stored = storeContent(found, found.stats, this.#options.packer, this.#onBytes);
    return stored instanceof Promise
      ? stored.then((later) => this.#writeFile(candidate, later, attributes, link, prefixEnd))
      : this.#writeFile(candidate, stored, attributes, link, prefixEnd);
  }

  #writeFile(
    { found, before }: Candidate,
    { read, content }: StoredFile,
    attributes: Attributes | undefined,
    link: string | undefined,
    prefixEnd: string,
  ): Promise<void> | undefined {
    const path = absolute(found.path);
    if (read.outcome === 'vanished') {
      this.#report({ class: 'vanished', path, message: 'it vanished before it was read' });
      return undefined;
    }
    if (read.outcome === 'unreadable') {
      this.#report({ class: 'unreadable', path, message: read.message });
      const { text } = lineMiddle(undefined, undefined, attributes);
      const line = `${this.#prefix(found)}\t${text}\t${lineSuffix(found, found.stats, ['unreadable'])}`;
      return this.#write(found, line, false, Number(found.stats.size), before);
    }
    if (read.changed)
      this.#report({ class: 'changed', path, message: 'it changed while it was read, each time it was tried' });
    if (link !== undefined && !read.changed) this.#linked.set(link, { content, prefixEnd });
    const { text, unnamed } = lineMiddle(content, undefined, attributes);
    const start = linePrefix(found, read.stats, read.sizeBytes, this.#owners);
    const line = `${start}\t${text}\t${lineSuffix(found, read.stats, read.changed ? ['changed'] : [])}`;
    return this.#write(found, line, unnamed, read.sizeBytes, before);
  }

  #write(
    found: Found,
    line: string,
    unnamed: boolean,
    size: number,
    before: string | undefined,
  ): Promise<void> | undefined {
    const { counts, dirs } = this.#result;
    counts.entries++;
    if (found.type === 'f') {
      counts.files++;
      counts.bytes += size;
      this.#openBytes = 0;
      if (before === undefined) counts.filesNew++;
      else if (line === before || sameButPlace(line, before)) counts.filesUnchanged++;
      else counts.filesChanged++;
    } else if (found.type === 'd') {
      counts.dirs++;
      if (before === undefined) dirs.new++;
      else if (line === before) dirs.unchanged++;
      else dirs.changed++;
    } else if (found.type === 'l') counts.links++;
    else counts.others++;
    if ((counts.entries & 0xff) === 0) this.#progress(found);
    return this.#options.manifest.add(line, unnamed);
  }

  #report(problem: Problem): void {
    this.#problems++;
    this.#options.report(problem);
  }

  #progress(found: Found): void {
    this.#options.onProgress({
      filesDone: this.#result.counts.files,
      bytesDone: this.#result.counts.bytes + this.#openBytes,
      problems: this.#problems,
      currentPath: absolute(found.path),
    });
  }
}

function afterPath(prefix: string): string {
  return prefix.slice(prefix.indexOf('\t', 2));
}

/** True when two entry lines differ only in where the content lies: field 14. */
function sameButPlace(a: string, b: string): boolean {
  if (a.slice(0, 64) !== b.slice(0, 64)) return false;
  const [one, two] = [a.split('\t'), b.split('\t')];
  return one.length === two.length && one.every((field, i) => i === 13 || field === two[i]);
}

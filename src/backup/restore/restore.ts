import { chmodSync, lchownSync, mkdirSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { oneLine } from '../../core/plain-text.ts';
import { count } from '../../core/units.ts';
import { type ByteString, forFs, fromText, pathForJson, toText } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import type { SnapshotChoice } from '../repository/choice.ts';
import { copiesOf } from '../repository/copies.ts';
import { readEntries, readManifestRoot, readPackTables } from '../repository/manifest.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { stoppable } from '../stopped.ts';
import { setAcls, setXattrs } from './attributes.ts';
import { restoreContents } from './contents.ts';
import { ownerWasSet, withoutOwnerBits } from './owner-bits.ts';
import { type OwnerMode, restoreOwners } from './owners.ts';
import { planRestore, type RestoreOwners, type RestorePlan } from './plan.ts';
import { makeLinks, makeSpecials } from './specials.ts';
import { checkSpace, prepareTarget } from './target.ts';
import { setTimes, type TimeToSet } from './times.ts';

export interface RestoreRequest {
  /** `latest`, an id, or the beginning of one. */
  snapshot: string;
  /** Narrows `latest` down. */
  choice?: SnapshotChoice;
  target: string;
  include?: readonly string[];
  exclude?: readonly string[];
  /** Default `numbers` as root, `none` otherwise. */
  owners?: OwnerMode;
}

export interface RestorePlace {
  clock: Clock;
  signal: AbortSignal;
  /** Where this machine remembers the newest snapshots; without it only the legs are compared. */
  stateDir?: string;
  onProgress?: (progress: { bytesDone: number; bytesTotal: number; files: number }) => void;
}

export type RestoreProblemClass = 'damaged' | 'unreadable' | 'metadata' | 'write';

export interface RestoreProblem {
  class: RestoreProblemClass;
  path: string;
  pathBase64?: string;
  /** Object of the repository that is to blame. */
  object?: string;
  message: string;
}

export interface RestoreResult {
  exitCode: ExitCode;
  snapshot: string;
  /** Start of the snapshot: the data is not newer than this. */
  snapshotTime: string;
  /** `incomplete`: when the backup was made, something could not be read as it was. */
  snapshotStatus: 'complete' | 'incomplete';
  location: string;
  target: string;
  files: number;
  folders: number;
  others: number;
  links: number;
  bytes: number;
  skipped: number;
  fetchedBytes: number;
  problems: RestoreProblem[];
  /** Parts of the manifest that no leg has right: what stood there is not known, only between which paths. */
  lostEntries: { object: string; entries: number; first: string; last: string; problem: string }[];
  /** What was wrong with objects, by leg; `recovered`: another leg made up for it, or nothing of it was needed. */
  damagedObjects: { object: string; location: string; problem: string; recovered: boolean }[];
  /** Objects that belong to who restored instead of their stored owner; they have no setuid and setgid bits. */
  ownersNotSet: number;
  /** What does not change the outcome but should be looked at. */
  warnings: string[];
  durationMs: number;
  phases: { manifestMs: number; contentsMs: number; fetchMs: number; metadataMs: number };
}

/**
 * Restores a snapshot, or a part of it, into an empty folder. Files get their full path below it. Content whose sha256
 * is not right is never delivered. What one leg does not have right is taken from another; what none has is named with the
 * object to blame, and everything else is restored (exit 3; 9 when nothing could be).
 *
 * Order: folders (private), contents, links and devices, attributes, times; folders get their modes last, so that
 * nothing is in the way meanwhile and no symbolic link exists while files are written.
 */
export async function restoreSnapshot(
  repository: Repository,
  request: RestoreRequest,
  place: RestorePlace,
): Promise<RestoreResult> {
  const next = 'What is in the target is right but not complete: restore into an empty folder again.';
  return stoppable('the restore', next, place.signal, () => restoreAll(repository, request, place));
}

async function restoreAll(
  repository: Repository,
  request: RestoreRequest,
  place: RestorePlace,
): Promise<RestoreResult> {
  const { clock, signal } = place;
  const startedMs = clock.monotonicMs();
  const { snapshot, warnings } = await findSnapshot(repository, request.snapshot, place.stateDir, request.choice);
  const manifest = await readManifestRoot(repository, snapshot, signal);
  const target = prepareTarget(request.target);
  const root = fromText(target);
  const isRoot = process.geteuid?.() === 0;
  const owners = restoreOwners(request.owners ?? (isRoot ? 'numbers' : 'none'));
  const select = { include: request.include ?? [], exclude: request.exclude ?? [] };
  const plan = await planRestore((onLost) => readEntries(repository, manifest, signal, onLost), select, owners);
  // A pack whose table is lost tells by itself how to read it.
  const packTables = await readPackTables(repository, manifest, signal, () => undefined);
  const nothing = plan.folders.length + plan.files.length + plan.specials.length + plan.lost.length === 0;
  if (nothing && select.include.length > 0) {
    throw new OaopsError('nothing-selected', `nothing in snapshot ${snapshot} fits --include`, {
      next: 'Look with "oaops backup ls" for what it holds; patterns are absolute paths or names.',
    });
  }
  checkSpace(target, plan.bytes, plan.files.length + plan.folders.length);
  const manifestMs = clock.monotonicMs() - startedMs;

  const problems: RestoreProblem[] = [];
  const failed = new Set<ByteString>();
  const problem = (kind: RestoreProblemClass, path: ByteString, message: string, object?: string) => {
    problems.push({ class: kind, ...pathForJson(path), ...(object ? { object } : {}), message });
    if (kind !== 'metadata') failed.add(path);
  };
  for (const path of plan.unreadable) problem('unreadable', path, 'it could not be read when the backup was made');
  for (const path of plan.implied)
    problem(
      'metadata',
      path,
      'its entry was lost: owner, mode, time and attributes of this folder are not the stored ones',
    );
  for (const { path } of plan.folders) if (path !== '.') mkdirSync(forFs(`${root}/${path}`), { mode: 0o700 });

  const total = { bytesTotal: plan.bytes, files: plan.files.length };
  const contents = await restoreContents(plan, { root, chown: owners.chown }, repository, {
    packTables,
    signal,
    onBytes: (bytesDone) => place.onProgress?.({ bytesDone, ...total }),
  });
  for (const [number, { message, damaged, object }] of contents.failed) {
    problem(damaged ? 'damaged' : 'write', plan.files[number]!.path, message, object);
  }
  const contentsMs = clock.monotonicMs() - startedMs - manifestMs;
  const foreign = new Set(contents.foreign.map((number) => plan.files[number]!.path));
  await finish(root, plan, owners, contents.later, failed, foreign, problem);
  if (foreign.size > 0)
    problem('metadata', '.', `the owner of ${foreign.size} objects could not be set, nor their setuid and setgid bits`);

  const lost = new Set([...contents.lostPacks, ...plan.lost.map(({ object }) => object)]);
  const { damages } = copiesOf(repository);
  const filesDone = plan.files.length - contents.failed.size;
  return {
    exitCode: exitCodeOf(problems.length, lost.size, plan.folders.length + filesDone + plan.specials.length),
    snapshot,
    snapshotTime: manifest.started,
    snapshotStatus: manifest.status,
    location: repository.store.location,
    target,
    files: filesDone,
    folders: plan.folders.length,
    others: plan.specials.length,
    links: plan.links.length,
    bytes: plan.bytes,
    skipped: plan.skipped,
    fetchedBytes: contents.fetchedBytes,
    problems,
    lostEntries: plan.lost.map(({ first, last, ...rest }) => ({
      ...rest,
      first: shownPath(first),
      last: shownPath(last),
    })),
    damagedObjects: damages.map((one) => ({ ...one, recovered: !lost.has(one.object) })),
    ownersNotSet: plan.foreign + foreign.size,
    warnings,
    durationMs: Math.round(clock.monotonicMs() - startedMs),
    phases: {
      manifestMs: Math.round(manifestMs),
      contentsMs: Math.round(contentsMs),
      fetchMs: Math.round(contents.fetchMs),
      metadataMs: Math.round(clock.monotonicMs() - startedMs - manifestMs - contentsMs),
    },
  };
}

/** A restore that could prove nothing at all is no partial one. */
function exitCodeOf(problems: number, lostObjects: number, restored: number): ExitCode {
  if (lostObjects > 0 && restored === 0) return ExitCode.verificationFailed;
  return problems + lostObjects > 0 ? ExitCode.incomplete : ExitCode.success;
}

function shownPath(path: ByteString): string {
  return path === '.' ? '/' : `/${toText(path)}`;
}

type ReportProblem = (kind: RestoreProblemClass, path: ByteString, message: string) => void;

/** Everything after the contents: see the order at `restoreSnapshot`. */
async function finish(
  root: ByteString,
  plan: RestorePlan,
  owners: RestoreOwners,
  later: readonly number[],
  failed: ReadonlySet<ByteString>,
  foreign: Set<ByteString>,
  problem: ReportProblem,
): Promise<void> {
  await makeSpecials(root, plan.specials, owners, (path, message) => problem('write', path, message), foreign);
  makeLinks(root, plan.links, failed, (path, message) => problem('write', path, message));

  const attempt = (path: ByteString, what: () => void) => {
    try {
      what();
    } catch (error) {
      problem('metadata', path, messageOf(error));
    }
  };
  const folders = plan.folders.filter(({ path }) => !plan.implied.has(path));
  for (const folder of owners.chown ? folders : []) {
    const chown = () => lchownSync(forFs(`${root}/${folder.path}`), owners.uid(folder), owners.gid(folder));
    attempt(folder.path, () => {
      if (!ownerWasSet(chown)) foreign.add(folder.path);
    });
  }
  const setMode = ({ path, mode }: Pick<Entry, 'path' | 'mode'>) =>
    attempt(path, () => chmodSync(forFs(`${root}/${path}`), foreign.has(path) ? withoutOwnerBits(mode) : mode));
  const attributed = plan.attributes.filter(({ path }) => !failed.has(path));
  const say = (messages: readonly string[]) => {
    for (const message of messages) problem('metadata', '.', message);
  };
  say(await setXattrs(root, attributed));
  const isFolder = (one: Pick<Entry, 'type'>) => one.type === 'd';
  say(
    await setAcls(
      root,
      attributed.filter((one) => !isFolder(one)),
    ),
  );
  const files = later.map((number) => plan.files[number]!).filter((file) => !failed.has(file.path));
  for (const file of files) if (file.later) setMode(file);

  const specials = plan.specials.filter(({ path }) => !failed.has(path));
  const times: TimeToSet[] = [...files, ...specials, ...folders];
  for (const path of await setTimes(root, times))
    problem('metadata', path, 'its time could not be set to the nanosecond');

  // From the deepest up: a folder without rights for its owner closes everything below.
  say(await setAcls(root, attributed.filter(isFolder).reverse()));
  for (const folder of [...folders].reverse()) setMode(folder);
}

/** For people: what was restored and what was not. */
export function restoreText(result: RestoreResult): string {
  const lines = [
    `restored ${count(result.files, 'file')}, ${count(result.folders, 'folder')} and ${count(result.others + result.links, 'link or special file', 'links and special files')} of ${result.snapshot} to ${result.target}`,
  ];
  if (result.snapshotStatus === 'incomplete')
    lines.push('the backup itself was incomplete: what could not be read when it was made is not here');
  if (result.ownersNotSet > 0)
    lines.push(
      `${count(result.ownersNotSet, 'object')} restored without the stored owner and without setuid and setgid bits: only root can give files away`,
    );
  for (const { object, location, problem, recovered } of result.damagedObjects)
    lines.push(`damaged${recovered ? ', nothing lost by it' : ''}: ${object} at ${location}: ${problem}`);
  for (const { object, entries, first, last, problem } of result.lostEntries)
    lines.push(
      `lost: ${count(entries, 'entry', 'entries')} from ${oneLine(first)} to ${oneLine(last)}, whose names stood in ${object} only: ${problem}`,
    );
  const shown = result.problems.slice(0, 50);
  for (const { class: kind, path, message } of shown)
    lines.push(`${kind}: ${oneLine(toText(fromText(path)))}: ${message}`);
  if (result.problems.length > shown.length) lines.push(`... and ${result.problems.length - shown.length} more`);
  return lines.join('\n');
}

import { mkdirSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { collectGarbageEarly, keepFreedMemory } from '../../core/heap.ts';
import { type ByteString, forFs, fromText, pathForJson, toText } from '../format/byte-string.ts';
import { dumpFolder } from '../format/dumps.ts';
import type { ManifestRoot } from '../format/manifest-root.ts';
import type { SnapshotChoice } from '../repository/choice.ts';
import { copiesOf } from '../repository/copies.ts';
import { readEntries, readManifestRoot, readPackTables } from '../repository/manifest.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { stoppable } from '../stopped.ts';
import { ContentRestore, type ContentTotals } from './contents.ts';
import { leaveOutPresent } from './file-plan.ts';
import { finishRestore } from './finish.ts';
import { ExtraFinder } from './in-place/extras.ts';
import { dropLeftovers, leaveOutRefused, prepareFolders } from './in-place/settle.ts';
import { type Delta, type Survey, surveyTarget } from './in-place/survey.ts';
import {
  inPlaceTarget,
  protectedPlaces,
  refuseDeleteAll,
  refuseUnconfirmedDelete,
  refuseUnconfirmedOverwrite,
} from './in-place/target.ts';
import { type OwnerMap, type OwnerMode, restoreOwners } from './owners.ts';
import { defaultWindows, fileWindows, planRestore, type RestorePlan, type WindowLimits } from './plan.ts';
import type { RestoreProblem, RestoreProblemClass, RestoreResult } from './result.ts';
import { type OpenedTarget, openTarget, requireTarget } from './resume.ts';
import type { EntryReader } from './selected-entries.ts';
import { checkSpace } from './target.ts';
import { WrittenFiles } from './written-files.ts';

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
  ownerMap?: OwnerMap;
  /** Changes what is in the target into what was stored, instead of asking for an empty folder. */
  inPlace?: boolean;
  /** What decides, in place, that a file need not be written. Default `content`. */
  delta?: Delta;
  /** In place, also removes what the snapshot does not have. */
  delete?: boolean;
  /** Name of the target: without it nothing is removed or overwritten in place. */
  confirm?: string;
  /** Finds out what would be done, and does nothing. */
  dryRun?: boolean;
}

export interface RestorePlace {
  clock: Clock;
  signal: AbortSignal;
  /** Where this machine remembers the newest snapshots; without it only the legs are compared. */
  stateDir?: string;
  /** Files and folders that are never deleted. */
  protect?: readonly string[];
  onProgress?: (progress: { bytesDone: number; bytesTotal: number; files: number }) => void;
  /** Smaller ones are for tests. */
  windows?: WindowLimits;
}

/**
 * Restores a snapshot, or a part of it. Files get their full path below the target. Content whose sha256 is not right is never
 * delivered. What one leg does not have right is taken from another; what none has is named with the object to blame, and
 * everything else is restored (exit 3; 9 when nothing could be).
 *
 * Into an empty folder: folders (private), contents, links and devices, attributes, times; folders get their modes last, so that
 * nothing is in the way meanwhile and no symbolic link exists while files are written. In place, and where the same restore was
 * interrupted: the same, beside what is there; each object takes its place by being renamed when it is complete.
 */
export async function restoreSnapshot(
  repository: Repository,
  request: RestoreRequest,
  place: RestorePlace,
): Promise<RestoreResult> {
  const next = 'Run the same command again: it goes on where it was stopped.';
  return stoppable('the restore', next, place.signal, () => restoreAll(repository, request, place));
}

async function restoreAll(
  repository: Repository,
  request: RestoreRequest,
  place: RestorePlace,
): Promise<RestoreResult> {
  const { clock, signal, windows: limits = defaultWindows } = place;
  collectGarbageEarly(40);
  keepFreedMemory();
  const { inPlace = false, dryRun = false, delete: deletes = false } = request;
  if (deletes && !inPlace)
    throw usageError('delete-without-in-place', '--delete is for --in-place', { next: 'Give both, or neither.' });
  const startedMs = clock.monotonicMs();
  const wanted = requireTarget(request.target);
  if (deletes && !dryRun) refuseUnconfirmedDelete(inPlaceTarget(wanted, true), request.confirm);
  const found = await findSnapshot(repository, request.snapshot, place.stateDir, request.choice, clock.nowMs());
  const { snapshot, warnings } = found;
  const manifest = await readManifestRoot(repository, snapshot, signal);
  const select = { include: request.include ?? [], exclude: [...(request.exclude ?? [])] };
  // Dumps have never been files of this machine: among live files they belong only when they are named.
  if (inPlace && select.include.length === 0) select.exclude.push(`/${dumpFolder}`);
  const opened: OpenedTarget = inPlace
    ? { path: inPlaceTarget(wanted, dryRun), resumed: false, begin: () => undefined, done: () => undefined }
    : openTarget(wanted, { repository: repository.config.repositoryId, snapshot, ...select }, dryRun);
  const { path: target, resumed } = opened;
  if (deletes) refuseDeleteAll(target, manifest.sources, select.include);
  const root = target === '/' ? '' : fromText(target);
  const isRoot = process.geteuid?.() === 0;
  const owners = restoreOwners(request.owners ?? (isRoot ? 'numbers' : 'none'), request.ownerMap);
  const looks = inPlace || resumed;
  const finder = looks
    ? new ExtraFinder(root, select, { deletes, protectedPlaces: protectedPlaces(repository, place.protect ?? []) })
    : undefined;
  const read: EntryReader = (onLost) => readEntries(repository, manifest, signal, onLost);
  const plan = await planRestore(read, select, owners, {
    // What is there is compared with all of them.
    heldFiles: looks || dryRun ? Number.POSITIVE_INFINITY : limits.heldFiles,
    seen: finder && ((entry) => finder.see(entry)),
  });
  finder?.end();
  // A pack whose table is lost tells by itself how to read it.
  const packTables = await readPackTables(repository, manifest, signal, () => undefined);
  if (isEmpty(plan) && select.include.length > 0) {
    throw new OaopsError('nothing-selected', `nothing in snapshot ${snapshot} fits --include`, {
      next: 'Look with "oaops backup ls" for what it holds; patterns are absolute paths or names.',
    });
  }
  for (const mount of finder?.mounts ?? [])
    if (deletes) warnings.push(`${shownPath(mount)} is another file system: nothing is deleted in it`);
  if (plan.lost.length > 0 && deletes) {
    warnings.push('parts of the list of files are lost, so nothing is deleted');
    finder!.extras.length = 0;
  }
  const options = { delta: request.delta ?? 'content', mayDelete: deletes, leavesAbove: inPlace, signal } as const;
  const survey = looks || dryRun ? await surveyTarget(root, plan, owners, options) : undefined;
  if (inPlace && survey && !dryRun) refuseUnconfirmedOverwrite(target, request.confirm, survey.changes);
  const problems: RestoreProblem[] = [];
  const failed = new Set<ByteString>();
  const problem = (kind: RestoreProblemClass, path: ByteString, message: string, object?: string) => {
    problems.push({ class: kind, ...pathForJson(path), ...(object ? { object } : {}), message });
    if (kind !== 'metadata') failed.add(path);
  };
  if (survey) {
    for (const [path, reason] of survey.refused) problem('write', path, reason);
    leaveOutRefused(plan, survey);
    for (const { path, refused } of plan.files) if (refused) failed.add(path);
  }
  for (const path of plan.unreadable) problem('unreadable', path, 'it could not be read when the backup was made');
  for (const path of plan.implied)
    problem(
      'metadata',
      path,
      'its entry was lost: owner, mode, time and attributes of this folder are not the stored ones',
    );
  const extras = finder?.extras ?? [];
  const state = { repository, request, place, manifest, plan, survey, problems, warnings, target, resumed, startedMs };
  if (survey) {
    for (const number of survey.present) plan.files[number]!.present = true;
    leaveOutPresent(plan);
  }
  if (dryRun) {
    const counts = { deleted: extras, lost: lostOf(plan), foreign: 0, failedFiles: 0, failedBytes: 0 };
    return resultOf(state, { ...counts, changes: [...survey!.changes, ...extras.map(deletion)] });
  }
  const present = plan.files.filter((file) => file.present).length;
  checkSpace(target, plan.bytes, plan.fileCount - present + plan.folders.length);
  opened.begin();
  if (survey) prepareFolders(root, plan, survey, owners, (path, message) => problem('write', path, message));
  else for (const { path } of plan.folders) if (path !== '.') mkdirSync(forFs(`${root}/${path}`), { mode: 0o700 });
  const manifestMs = clock.monotonicMs() - startedMs;

  const total = { bytesTotal: plan.bytes, files: plan.fileCount };
  const context = { root, chown: owners.chown };
  const contents = new ContentRestore(
    { bytes: plan.bytes, files: plan.fileCount, packs: plan.packs.size },
    context,
    repository,
    { packTables, signal, onBytes: (bytesDone) => place.onProgress?.({ bytesDone, ...total }) },
  );
  const written = new WrittenFiles(root, survey, problem);
  try {
    for await (const files of fileWindows(plan, read, select, owners, limits))
      await written.add(files, await contents.restore(files));
    await written.end();
  } finally {
    await contents.close();
  }
  const contentsMs = clock.monotonicMs() - startedMs - manifestMs;
  signal.throwIfAborted();
  const { foreign, later } = written;
  const { deleted } = await finishRestore({ root, plan, owners, later, failed, foreign, survey, extras, problem });
  if (finder) dropLeftovers(root, finder.leftovers);
  opened.done();
  if (foreign.size > 0)
    problem('metadata', '.', `the owner of ${foreign.size} objects could not be set, nor their setuid and setgid bits`);
  const result = resultOf(state, {
    deleted,
    lost: lostOf(plan, contents.totals),
    foreign: foreign.size,
    failedFiles: written.failedFiles,
    failedBytes: written.failedBytes,
    changes: [],
  });
  return {
    ...result,
    fetchedBytes: contents.totals.fetchedBytes,
    phases: {
      manifestMs: Math.round(manifestMs),
      contentsMs: Math.round(contentsMs),
      fetchMs: Math.round(contents.totals.fetchMs),
      decryptMs: Math.round(contents.totals.decryptMs),
      extractMs: Math.round(contents.totals.extractMs),
      metadataMs: Math.round(clock.monotonicMs() - startedMs - manifestMs - contentsMs),
    },
  };
}

interface RestoreState {
  repository: Repository;
  place: RestorePlace;
  request: RestoreRequest;
  manifest: ManifestRoot;
  plan: RestorePlan;
  survey: Survey | undefined;
  problems: RestoreProblem[];
  warnings: string[];
  target: string;
  resumed: boolean;
  startedMs: number;
}

interface Outcome {
  deleted: readonly { bytes: number }[];
  lost: ReadonlySet<string>;
  foreign: number;
  failedFiles: number;
  failedBytes: number;
  changes: { action: RestoreResult['changes'][number]['action']; path: ByteString; bytes: number }[];
}

function resultOf(state: RestoreState, outcome: Outcome): RestoreResult {
  const { repository, request, place, manifest, plan, survey, problems, startedMs } = state;
  const { lost } = outcome;
  const { damages } = copiesOf(repository);
  const refused = plan.files.filter((file) => file.refused).length;
  const files = plan.fileCount - refused - outcome.failedFiles;
  return {
    exitCode: exitCodeOf(problems.length, lost.size, plan.folders.length + files + plan.specials.length),
    snapshot: manifest.snapshot,
    snapshotTime: manifest.started,
    snapshotStatus: manifest.status,
    location: repository.store.location,
    target: state.target,
    files,
    folders: plan.folders.length,
    others: plan.specials.length,
    links: plan.links.length,
    bytes: plan.bytes - outcome.failedBytes,
    skipped: plan.skipped,
    dryRun: request.dryRun ?? false,
    resumed: state.resumed,
    filesUnchanged: survey?.unchangedFiles ?? 0,
    bytesUnchanged: survey?.unchangedBytes ?? 0,
    deleted: outcome.deleted.length,
    deletedBytes: outcome.deleted.reduce((sum, { bytes }) => sum + bytes, 0),
    changes: outcome.changes.map(({ action, path, bytes }) => ({ action, ...pathForJson(`/${path}`), bytes })),
    fetchedBytes: 0,
    problems,
    lostEntries: plan.lost.map(({ first, last, ...rest }) => ({
      ...rest,
      first: shownPath(first),
      last: shownPath(last),
    })),
    damagedObjects: damages.map((one) => ({ ...one, recovered: !lost.has(one.object) })),
    ownersNotSet: plan.foreign + outcome.foreign,
    warnings: state.warnings,
    durationMs: Math.round(place.clock.monotonicMs() - startedMs),
    phases: {
      manifestMs: Math.round(place.clock.monotonicMs() - startedMs),
      contentsMs: 0,
      fetchMs: 0,
      decryptMs: 0,
      extractMs: 0,
      metadataMs: 0,
    },
  };
}

function deletion({ path, bytes }: { path: ByteString; bytes: number }) {
  return { action: 'deleted' as const, path, bytes };
}

function lostOf(plan: RestorePlan, contents?: ContentTotals): Set<string> {
  return new Set([...(contents?.lostPacks ?? []), ...plan.lost.map(({ object }) => object)]);
}

function isEmpty(plan: RestorePlan): boolean {
  return plan.folders.length + plan.fileCount + plan.specials.length + plan.lost.length === 0;
}

/** A restore that could prove nothing at all is no partial one. */
function exitCodeOf(problems: number, lostObjects: number, restored: number): ExitCode {
  if (lostObjects > 0 && restored === 0) return ExitCode.verificationFailed;
  return problems + lostObjects > 0 ? ExitCode.incomplete : ExitCode.success;
}

function shownPath(path: ByteString): string {
  return path === '.' ? '/' : `/${toText(path)}`;
}

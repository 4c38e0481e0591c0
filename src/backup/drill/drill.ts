import { tmpdir } from 'node:os';
import { type Clock, isoTime } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { count, formatDuration } from '../../core/units.ts';
import { fromText, toText } from '../format/byte-string.ts';
import type { ManifestRoot } from '../format/manifest-root.ts';
import { readEntries, readManifestRoot } from '../repository/manifest.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { restoreSnapshot } from '../restore/restore.ts';
import { compareWithManifest } from './compare.ts';
import type { Sabotage, SmokeCheck } from './drill-spec.ts';
import { sabotaged } from './sabotage.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { type RunCommand, runSmokeChecks, type SmokeResult } from './smoke-checks.ts';

export interface DrillRequest {
  snapshot: string;
  include: readonly string[];
  scratch?: string;
  keep: 'never' | 'on-failure' | 'always';
  compare: 'hashes' | 'none';
  checks: readonly SmokeCheck[];
  rtoMs: number;
  rpoMs: number;
  sabotage: Sabotage;
}

export interface DrillPlace {
  clock: Clock;
  signal: AbortSignal;
  /** Where this machine remembers the newest snapshots: a drill of an older one must not be green. */
  stateDir?: string;
  run: RunCommand;
  onProgress?: (message: string) => void;
}

export type Verdict = 'pass' | 'partial' | 'fail';

export interface DrillResult {
  verdict: Verdict;
  /** Why it is not a pass. */
  reasons: string[];
  location: string;
  snapshot: string | null;
  sabotage: Sabotage;
  /** From the start of the drill until the smoke checks had passed; null when they did not. */
  rtoMs: number | null;
  rtoObjectiveMs: number;
  /** From the newest data recovered (start of the snapshot) to the failure, that is the start of the drill; null when nothing was. */
  rpoMs: number | null;
  rpoObjectiveMs: number;
  failureTime: string;
  newestData: string | null;
  phases: {
    openMs: number;
    manifestMs: number;
    fetchMs: number;
    contentsMs: number;
    metadataMs: number;
    smokeMs: number;
    compareMs: number;
  };
  files: number;
  bytes: number;
  compared: { files: number; bytes: number; different: number } | null;
  checks: SmokeResult[];
  differences: string[];
  damagedObjects: string[];
  kept: string | null;
  /** What to do when the drill had no key, or the wrong one: the backup itself is not in doubt then. */
  next?: string;
}

/**
 * Recovers from one leg into a fresh folder and judges what came out. `fail`: data is wrong or missing, or a check failed. `partial`:
 * the data is right, but something else could not be restored or an objective was missed. Whatever breaks on the way is a `fail`, not an
 * error: a drill that can't be carried out has shown that recovery does not work.
 */
export async function runDrill(
  open: () => Promise<Repository>,
  request: DrillRequest,
  place: DrillPlace,
): Promise<DrillResult> {
  const { clock } = place;
  const startedMs = clock.monotonicMs();
  const failureMs = clock.nowMs();
  const result: DrillResult = {
    verdict: 'fail',
    reasons: [],
    location: '',
    snapshot: null,
    sabotage: request.sabotage,
    rtoMs: null,
    rtoObjectiveMs: request.rtoMs,
    rpoMs: null,
    rpoObjectiveMs: request.rpoMs,
    failureTime: isoTime(failureMs),
    newestData: null,
    phases: { openMs: 0, manifestMs: 0, fetchMs: 0, contentsMs: 0, metadataMs: 0, smokeMs: 0, compareMs: 0 },
    files: 0,
    bytes: 0,
    compared: null,
    checks: [],
    differences: [],
    damagedObjects: [],
    kept: null,
  };
  const scratch = openScratch(request.scratch ?? tmpdir());
  try {
    result.verdict = await recover(open, request, place, scratch.dir, result, startedMs, failureMs);
  } catch (error) {
    place.signal.throwIfAborted();
    // Says nothing about the backup.
    if (error instanceof OaopsError && [ExitCode.usage, ExitCode.lockHeld].some((code) => code === error.exitCode))
      throw error;
    result.reasons.push(messageOf(error));
    if (error instanceof OaopsError && error.exitCode === ExitCode.wrongKey && error.next !== undefined)
      result.next = error.next;
  } finally {
    const keeps = request.keep === 'always' || (request.keep === 'on-failure' && result.verdict !== 'pass');
    if (keeps) result.kept = scratch.keep();
    else removeScratch(scratch, result);
  }
  return result;
}

async function recover(
  open: () => Promise<Repository>,
  request: DrillRequest,
  place: DrillPlace,
  target: string,
  result: DrillResult,
  startedMs: number,
  failureMs: number,
): Promise<Verdict> {
  const { clock, signal } = place;
  const whole = await open();
  result.location = whole.store.location;
  const found = await findSnapshot(whole, request.snapshot, place.stateDir);
  result.snapshot = found.snapshot;
  if (found.missing !== undefined)
    result.reasons.push(
      `the newest snapshot known here, ${found.missing}, is missing: it was removed, or never reached this leg`,
    );
  const repository = await sabotaged(whole, result.snapshot, request.sabotage);
  const manifest = await readManifestRoot(repository, result.snapshot, signal);
  refuseLive(target, manifest.sources.map(toText));
  result.phases.openMs = since(clock, startedMs);

  place.onProgress?.(`restoring ${result.snapshot} from ${result.location}`);
  const owners = process.geteuid?.() === 0 ? 'numbers' : 'none';
  const restored = await restoreSnapshot(
    repository,
    { snapshot: result.snapshot, target, include: request.include, owners },
    { clock, signal },
  );
  Object.assign(result.phases, restored.phases);
  result.files = restored.files;
  result.bytes = restored.bytes;
  result.damagedObjects = restored.damagedObjects.map(({ object, problem }) => `${object}: ${problem}`);
  for (const { entries, first, last } of restored.lostEntries)
    result.reasons.push(`not readable: ${count(entries, 'entry', 'entries')} from ${first} to ${last}`);
  for (const one of result.damagedObjects) result.reasons.push(`damaged: ${one}`);
  const incomplete = restored.problems.filter((problem) => problem.class !== 'damaged');
  const lost = restored.problems.filter((problem) => problem.class === 'damaged' || problem.class === 'write').length;
  if (lost > 0) result.reasons.push(`not restored: ${count(lost, 'file')}`);

  const smokeStartedMs = clock.monotonicMs();
  place.onProgress?.('smoke checks');
  result.checks = await runSmokeChecks(target, request.checks, place.run);
  result.phases.smokeMs = since(clock, smokeStartedMs);
  const failedChecks = result.checks.filter(({ passed }) => !passed);
  for (const { check, message } of failedChecks) result.reasons.push(`${check}: ${message}`);
  if (failedChecks.length === 0 && lost === 0) result.rtoMs = since(clock, startedMs);
  // Changes after the snapshot began are not all in it, so its start is what counts.
  result.newestData = manifest.started;
  result.rpoMs = Math.max(0, failureMs - Date.parse(manifest.started));

  if (request.compare === 'hashes') {
    const compareStartedMs = clock.monotonicMs();
    place.onProgress?.('comparing every file with the manifest');
    // From the leg itself again, not through the sabotage: the manifest is the measure.
    const compared = await compareWithManifest(
      fromText(target),
      // What is lost stands in the reasons already.
      readEntries(whole, manifest, signal, () => undefined),
      request.include,
      signal,
    );
    result.compared = { files: compared.files, bytes: compared.bytes, different: compared.different };
    result.differences = compared.differences;
    result.phases.compareMs = since(clock, compareStartedMs);
    if (compared.different > 0) result.reasons.push(`not as the manifest says: ${count(compared.different, 'object')}`);
    if (compared.files === 0) result.reasons.push('nothing was there to compare');
  }
  return judge(request, result, incomplete.length, manifest);
}

/** What can't be removed is named: it is business data in clear. The verdict on the backup stays. */
function removeScratch(scratch: Scratch, result: DrillResult): void {
  try {
    scratch.remove();
  } catch (error) {
    result.kept = scratch.dir;
    result.reasons.push(`the scratch folder could not be removed: ${messageOf(error)}`);
    if (result.verdict === 'pass') result.verdict = 'partial';
  }
}

/** A drill that was sabotaged and saw nothing has shown that it can't fail. */
function judge(request: DrillRequest, result: DrillResult, incomplete: number, made: ManifestRoot): Verdict {
  if (result.reasons.length > 0) return 'fail';
  if (request.sabotage !== 'none') {
    result.reasons.push(`the drill did not notice the sabotage ${request.sabotage}`);
    return 'fail';
  }
  if (made.status === 'incomplete') {
    const [first] = made.problems;
    const example = first ? `, such as ${first.class} ${toText(first.path)}` : '';
    result.reasons.push(`the backup itself was incomplete${example}`);
  }
  if (incomplete > 0) result.reasons.push(`not restored as it was: ${count(incomplete, 'thing')}`);
  if (result.rtoMs !== null && result.rtoMs > request.rtoMs) {
    result.reasons.push(
      `recovery took ${formatDuration(result.rtoMs)}, the objective is ${formatDuration(request.rtoMs)}`,
    );
  }
  if (result.rpoMs !== null && result.rpoMs > request.rpoMs) {
    result.reasons.push(
      `the data is ${formatDuration(result.rpoMs)} old, the objective is ${formatDuration(request.rpoMs)}`,
    );
  }
  return result.reasons.length > 0 ? 'partial' : 'pass';
}

/** The copy must not lie in what is backed up: the next backup would take it for data. */
function refuseLive(target: string, sources: readonly string[]): void {
  for (const source of sources) {
    if (source !== '/' && `${target}/`.startsWith(`${source.replace(/\/+$/, '')}/`)) {
      throw new OaopsError('drill-target-live', `the drill would restore into ${source}, which is backed up`, {
        exitCode: 2,
        next: 'Name a folder outside of it with "scratch".',
      });
    }
  }
}

function since(clock: Clock, startedMs: number): number {
  return Math.round(clock.monotonicMs() - startedMs);
}

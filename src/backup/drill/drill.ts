import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, isoTime } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { count } from '../../core/units.ts';
import { fromText, toText } from '../format/byte-string.ts';
import { readEntries, readManifestRoot } from '../repository/manifest.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { restoreSnapshot } from '../restore/restore.ts';
import { checkCanary } from './canary.ts';
import { compareWithManifest } from './compare.ts';
import { countFiles } from './count-files.ts';
import type { CanarySpec, LoadSpec, Sabotage, SmokeCheck } from './drill-spec.ts';
import { judge } from './judge.ts';
import { LoadedDumps } from './load/load-dumps.ts';
import type { RunCommand } from './load/types.ts';
import { sabotaged } from './sabotage.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { runSmokeChecks, type SmokeResult } from './smoke-checks.ts';
import { restoreByStock } from './stock-path.ts';

export interface DrillRequest {
  snapshot: string;
  include: readonly string[];
  scratch?: string;
  keep: 'never' | 'on-failure' | 'always';
  compare: 'hashes' | 'none';
  checks: readonly SmokeCheck[];
  /** Dumps for scratch databases; default none. */
  load?: readonly LoadSpec[];
  canary?: CanarySpec | undefined;
  /** With the script of the leg and stock tools alone. */
  stockPath?: boolean;
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
  /** Reads a secret of `load`. */
  secret?: (ref: string) => Promise<string>;
  /** The value that was planted last under this name, not after this time. */
  planted?: (name: string, before: string) => Promise<string | undefined>;
  /** For the stock path: the file of the private key. */
  identityFile?: string | undefined;
  onProgress?: (message: string) => void;
}

export type Verdict = 'pass' | 'partial' | 'fail';

export interface DrillResult {
  kind: 'restore' | 'stock-path';
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
    /** Fetching, decryption and extraction go on side by side: sums of their own, and together the time of `contentsMs`. */
    fetchMs: number;
    decryptMs: number;
    extractMs: number;
    contentsMs: number;
    metadataMs: number;
    loadMs: number;
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
    kind: request.stockPath ? 'stock-path' : 'restore',
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
    phases: {
      openMs: 0,
      manifestMs: 0,
      fetchMs: 0,
      decryptMs: 0,
      extractMs: 0,
      contentsMs: 0,
      metadataMs: 0,
      loadMs: 0,
      smokeMs: 0,
      compareMs: 0,
    },
    files: 0,
    bytes: 0,
    compared: null,
    checks: [],
    differences: [],
    damagedObjects: [],
    kept: null,
  };
  if (request.sabotage === 'lost-canary' && !request.canary)
    throw new OaopsError('sabotage-impossible', 'the drill has no canary that could be lost', {
      exitCode: ExitCode.usage,
      next: 'Add "canary" to the runbook, or use another sabotage.',
    });
  const scratch = openScratch(request.scratch ?? tmpdir());
  const databases = new LoadedDumps();
  try {
    const at = { root: join(scratch.dir, 'restored'), work: join(scratch.dir, 'work'), databases };
    for (const folder of [at.root, at.work]) mkdirSync(folder, { mode: 0o700 });
    result.verdict = await recover(open, request, place, at, result, startedMs, failureMs);
  } catch (error) {
    place.signal.throwIfAborted();
    // Says nothing about the backup.
    if (error instanceof OaopsError && [ExitCode.usage, ExitCode.lockHeld].some((code) => code === error.exitCode))
      throw error;
    result.reasons.push(messageOf(error));
    if (error instanceof OaopsError && error.exitCode === ExitCode.wrongKey && error.next !== undefined)
      result.next = error.next;
  } finally {
    for (const left of await databases.drop()) {
      result.reasons.push(left);
      if (result.verdict === 'pass') result.verdict = 'partial';
    }
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
  at: { root: string; work: string; databases: LoadedDumps },
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
  refuseLive(at.root, (await readManifestRoot(whole, result.snapshot, signal)).sources.map(toText));
  const manifest = await readManifestRoot(request.stockPath ? whole : repository, result.snapshot, signal);
  result.phases.openMs = since(clock, startedMs);

  place.onProgress?.(`restoring ${result.snapshot} from ${result.location}`);
  const { lost, incomplete } = request.stockPath
    ? await restoreStock(repository, request, place, at, result)
    : await restoreOwn(repository, request, place, at.root, result);

  const loadStartedMs = clock.monotonicMs();
  const dumps = request.load ?? [];
  if (dumps.length > 0) {
    place.onProgress?.('loading dumps into scratch databases');
    const secret = place.secret ?? (async (ref: string) => ref);
    await at.databases.load(dumps, at.root, { folder: at.work, run: place.run, secret });
    result.reasons.push(...at.databases.problems);
    result.phases.loadMs = since(clock, loadStartedMs);
  }

  const smokeStartedMs = clock.monotonicMs();
  place.onProgress?.('smoke checks');
  result.checks = await runSmokeChecks(at.root, request.checks, place.run, at.databases);
  if (request.canary) result.checks.push(await checkCanary(request.canary, at, manifest.started, request, place));
  result.phases.smokeMs = since(clock, smokeStartedMs);
  const failedChecks = result.checks.filter(({ passed }) => !passed);
  for (const { check, message } of failedChecks) result.reasons.push(`${check}: ${message}`);
  if (failedChecks.length === 0 && lost === 0 && at.databases.problems.length === 0)
    result.rtoMs = since(clock, startedMs);
  // Changes after the snapshot began are not all in it, so its start is what counts.
  result.newestData = manifest.started;
  result.rpoMs = Math.max(0, failureMs - Date.parse(manifest.started));

  if (request.compare === 'hashes') {
    const compareStartedMs = clock.monotonicMs();
    place.onProgress?.('comparing every file with the manifest');
    // From the leg itself again, not through the sabotage: the manifest is the measure.
    const compared = await compareWithManifest(
      fromText(at.root),
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
  return judge(request, result, incomplete, manifest);
}

interface Restored {
  /** Files that are not there or not right. */
  lost: number;
  /** What is right but not as it was. */
  incomplete: number;
}

async function restoreOwn(
  repository: Repository,
  request: DrillRequest,
  { clock, signal }: DrillPlace,
  target: string,
  result: DrillResult,
): Promise<Restored> {
  const owners = process.geteuid?.() === 0 ? 'numbers' : 'none';
  const wanted = { snapshot: result.snapshot!, target, include: request.include, owners } as const;
  const restored = await restoreSnapshot(repository, wanted, { clock, signal });
  Object.assign(result.phases, restored.phases);
  result.files = restored.files;
  result.bytes = restored.bytes;
  result.damagedObjects = restored.damagedObjects.map(({ object, problem }) => `${object}: ${problem}`);
  for (const { entries, first, last } of restored.lostEntries)
    result.reasons.push(`not readable: ${count(entries, 'entry', 'entries')} from ${first} to ${last}`);
  for (const one of result.damagedObjects) result.reasons.push(`damaged: ${one}`);
  const lost = restored.problems.filter((problem) => problem.class === 'damaged' || problem.class === 'write').length;
  if (lost > 0) result.reasons.push(`not restored: ${count(lost, 'file')}`);
  // Entries whose names are not known are missing too.
  return {
    lost: lost + restored.lostEntries.length,
    incomplete: restored.problems.filter((problem) => problem.class !== 'damaged').length,
  };
}

/** Exit codes of the script: 3 = something could not be restored as it was, all others are failures. */
async function restoreStock(
  repository: Repository,
  request: DrillRequest,
  place: DrillPlace,
  at: { root: string; work: string },
  result: DrillResult,
): Promise<Restored> {
  const wanted = { snapshot: result.snapshot!, target: at.root, include: request.include, work: at.work };
  const { exitCode, said, fetchMs, extractMs } = await restoreByStock(
    repository,
    { ...wanted, sabotage: request.sabotage },
    { clock: place.clock, run: place.run, identityFile: place.identityFile },
  );
  result.phases.fetchMs = Math.round(fetchMs);
  result.phases.extractMs = Math.round(extractMs);
  result.phases.contentsMs = Math.round(fetchMs + extractMs);
  const { files, bytes } = countFiles(at.root);
  result.files = files;
  result.bytes = bytes;
  if (exitCode === 0) return { lost: 0, incomplete: 0 };
  if (exitCode === 3) return { lost: 0, incomplete: 1 };
  result.reasons.push(`the restore script ended with exit code ${exitCode}: ${said}`);
  return { lost: 1, incomplete: 0 };
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

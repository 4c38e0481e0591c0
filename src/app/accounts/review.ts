import { join } from 'node:path';
import type { Finding } from '../../accounts/model.ts';
import { findingsOf } from '../../accounts/record/audits.ts';
import { addDecisions, type Decision, decisionsOf } from '../../accounts/record/decisions.ts';
import { addMatch, matchAnswers } from '../../accounts/record/matches.ts';
import { type Choice, chosenLines } from '../../accounts/review/choose.ts';
import { linesOf, type ReviewLine } from '../../accounts/review/lines.ts';
import { confirmedAccount, matchesToConfirm } from '../../accounts/review/matches.ts';
import { type SignedList, signedList } from '../../accounts/review/signed.ts';
import { itemsOf } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import type { RunStatus } from '../../core/events.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Plan } from '../../engine/plan/plan-types.ts';
import type { RunEnd } from '../../engine/run/outcome.ts';
import type { RunRow } from '../../record/types.ts';
import { runsDir } from '../record.ts';
import { type RunShow, withEngine } from '../run-command.ts';
import { accountRun } from './run.ts';

/** The list of a run, as it stands. */
export interface Review {
  row: RunRow;
  plan: Plan;
  lines: ReviewLine[];
  decisions: Map<string, Decision>;
  open: ReviewLine[];
  /** It has to be signed at all. */
  isSigned: boolean;
  /** What stands for each line when somebody goes through the list. */
  proposal: 'do' | 'keep';
  /** A signature over a file has to be that of the head of each line. */
  headsSign: boolean;
  /** Later decisions do not count. */
  isClosed: boolean;
}

/** Runs that do not come to their list any more. */
const over: readonly RunStatus[] = ['ok', 'incomplete', 'refused', 'rolled-back', 'aborted'];
/** Among so many runs the one that waits is looked for. */
const looked = 50;

/**
 * The list of a run. `ref`: its id, the name of its runbook, or `latest`: of several, the newest that waits for a signature.
 * @throws OaopsError `run-not-found`, `not-an-account-review` (exit 2)
 */
export async function openReview(app: App, ref: string): Promise<Review> {
  const { row, plan } = await runOf(app, ref);
  const sign = signStep(plan);
  const lines = sign ? linesOf(itemsOf(plan)) : [];
  const { facts } = await app.record();
  const decisions = await decisionsOf(facts, row.id);
  return {
    row,
    plan,
    lines,
    decisions,
    open: lines.filter(({ id }) => !decisions.has(id)),
    isSigned: sign !== undefined,
    proposal: sign?.default ?? 'keep',
    headsSign: sign?.by === 'heads' && sign.signers !== 'any',
    isClosed: over.includes(row.status) || (await signedList(facts, row.id)) !== undefined,
  };
}

async function runOf(app: App, ref: string): Promise<{ row: RunRow; plan: Plan }> {
  const { runs } = await app.record();
  const of = ref === 'latest' ? {} : { runbook: ref };
  const waiting = await runs.list({ kind: 'AccountReview', status: ['waiting'], limit: looked, ...of });
  for (const row of waiting) {
    const plan = (await runs.plan(row.id)) as Plan;
    if (signStep(plan)) return { row, plan };
  }
  return accountRun(app, ref);
}

function signStep(
  plan: Plan,
): { by: 'person' | 'heads'; default: 'do' | 'keep'; signers?: 'head' | 'any' } | undefined {
  const step = plan.steps.find(({ uses }) => uses === 'account.sign');
  return Array.isArray(step?.units) ? (step.units[0]?.with as never) : undefined;
}

/** Whether a run waits for its list, and for nothing before it. */
export async function waitsForSignature(app: App, run: string): Promise<boolean> {
  const { reports } = await app.record();
  return (await reports.waitingUnits([run])).some(({ step }) => step === 'sign');
}

/** Who signs is whoever is behind this process, or a principal whose signature was checked. */
export interface Signing {
  by: string;
  signedBy?: string;
  from: string;
}

/** What one person has decided at once. */
export interface Signed {
  decisions: readonly Pick<Decision, 'line' | 'decision' | 'reason'>[];
  signing: Signing;
}

/**
 * Writes down what was decided, all of it or nothing.
 * @throws OaopsError `review-over`, `decided-meanwhile` (exit 4), `lock-held` (exit 11)
 */
export async function decide(app: App, review: Review, signed: readonly Signed[]): Promise<Review> {
  refuseClosed(review);
  const run = review.row.id;
  const { facts, locks } = await app.record();
  const decisions = signed.flatMap(({ decisions: own, signing }) => own.map((one) => ({ ...one, ...signing })));
  // Two who decide at the same time would not see each other.
  const lock = await locks.acquire(`account-review:${run}`, `list of run ${run}`);
  try {
    refuseContradiction(await decisionsOf(facts, run), review, decisions);
    const at = isoTime(app.clock.nowMs());
    await addDecisions(
      facts,
      run,
      decisions.map((one) => ({ ...one, at })),
    );
  } finally {
    await lock.release();
  }
  const list = await signedList(facts, run);
  // The run has closed it between the look and the writing.
  if (list && decisions.some((one) => !counts(list, one))) refuseClosed({ ...review, isClosed: true });
  return openReview(app, run);
}

/** What somebody else has decided since the list was looked at is not decided otherwise unseen. */
function refuseContradiction(
  now: ReadonlyMap<string, Decision>,
  { decisions: seen }: Review,
  decisions: readonly Pick<Decision, 'line' | 'decision'>[],
): void {
  for (const { line, decision } of decisions) {
    const earlier = now.get(line);
    if (!earlier || earlier.decision === decision || earlier.at === seen.get(line)?.at) continue;
    throw new OaopsError(
      'decided-meanwhile',
      `the line "${line}" was decided before: ${earlier.decision} (${earlier.by}, ${earlier.at})`,
      { exitCode: ExitCode.refused, next: 'Nothing of yours was taken over. Look at the list again, then decide.' },
    );
  }
}

function counts(list: SignedList, { line, decision }: Pick<Decision, 'line' | 'decision'>): boolean {
  return !list.open.includes(line) && list.do.includes(line) === (decision === 'do');
}

/** @throws OaopsError `nothing-to-sign` (exit 2), `review-over` (exit 4) */
export function refuseClosed({ row, isSigned, isClosed }: Review): void {
  if (!isSigned)
    throw usageError('nothing-to-sign', `run ${row.id} has no list that has to be signed`, {
      next: `See it with "oaops account show ${row.id}".`,
    });
  if (isClosed)
    throw new OaopsError('review-over', `the list of run ${row.id} is closed; what is decided now does not count`, {
      exitCode: ExitCode.refused,
      next: `See what became of it with "oaops account show ${row.id}", or start a new run.`,
    });
}

/** Decisions that stand on the command line. @throws OaopsError `line-unknown`, `line-twice` (exit 2), `review-over` (exit 4) */
export async function decideByFlags(app: App, review: Review, choice: Choice): Promise<Review> {
  const chosen = chosenLines(choice, review.lines, review.decisions);
  const by = (await app.runs()).actor;
  const decisions = [...chosen].map(([line, said]) => ({ line, ...said }));
  return decide(app, review, [{ decisions, signing: { by, from: 'command line' } }]);
}

/** Goes on with a run whose list is signed, as "oaops runs resume" does. */
export async function goOn(app: App, run: string, show: RunShow): Promise<RunEnd> {
  return withEngine(app, show, (engine, { stop, kill }) => engine.resume(run, { stop, kill }));
}

/** What a run has found that nobody answers for by signing: matches that wait for a word, and rights that are missing. */
export async function besideTheList(app: App, run: string): Promise<{ toConfirm: Finding[]; missing: Finding[] }> {
  const { facts } = await app.record();
  const findings = (await findingsOf(facts, run)) ?? [];
  return {
    toConfirm: matchesToConfirm(findings, await matchAnswers(facts)),
    missing: findings.filter(({ type }) => type === 'rights-missing'),
  };
}

/**
 * Writes down whose account it is, or that it is not theirs: it counts from the next plan on.
 * @throws OaopsError `account-unknown`, `account-ambiguous`, `person-missing` (exit 2)
 */
export async function answerMatch(
  app: App,
  ref: string,
  { account, person, is }: { account: string; person: string | undefined; is: boolean },
): Promise<{ run: string; directory: string; login: string; person: string; is: boolean }> {
  const { row } = await accountRun(app, ref);
  const { facts } = await app.record();
  const found = confirmedAccount((await findingsOf(facts, row.id)) ?? [], account, person);
  const by = (await app.runs()).actor;
  await addMatch(facts, isoTime(app.clock.nowMs()), { account: found.account, person: found.person, by, is });
  return { run: row.id, directory: found.directory, login: found.login, person: found.person, is };
}

/** Where what belongs to the list of a run is kept. */
export function reviewFolder(app: App, run: string): string {
  return join(runsDir(app), run, 'review');
}

import { messageOf, OaopsError } from '../../core/errors.ts';
import type { Phase, UnitStatus } from '../../core/events.ts';
import type { ExitCode } from '../../core/exit-codes.ts';
import type { JournalRow } from '../../record/types.ts';
import type { ActionOutcome, AnyAction } from '../action.ts';
import type { RunContext } from '../deps.ts';
import type { RowEnd } from '../journal/journal.ts';
import { isFailure } from '../journal/journal-state.ts';
import { memberIdOf } from '../plan/member-of.ts';
import type { PlannedStep, PlannedUnit } from '../plan/plan-types.ts';
import { actionContext } from './action-context.ts';
import { runScope } from './scope.ts';
import { computeDeferred } from './values.ts';

/** How long an action may take to end after it was told to end at once. */
const endGraceMs = 15_000;

/** One call of an action: the step's own, or that of its `verify` or `undo`. */
export interface Job {
  step: PlannedStep;
  unit: PlannedUnit;
  phase: Phase;
  uses: string;
  /** Of the step itself as planned, deferred values inside; of `undo` and `verify` as written. */
  args: Record<string, unknown>;
  timeoutMs?: number;
  /** `result` in the arguments of `undo` and `verify`: what the step gave. */
  result?: unknown;
  /** Changes the verdict after the action has ended: `success`, `outputs`. */
  judge?: (end: AttemptEnd) => AttemptEnd;
}

export interface AttemptEnd extends RowEnd {
  next?: string;
}

/** Facts of a failure that later decisions need; kept as `result.error` of the journal row. */
export interface StoredFailure {
  code?: string;
  exitCode?: ExitCode | number;
  next?: string;
  retryable?: boolean;
}

/**
 * Runs one attempt: intent committed, action applied under its timeout, result committed. Failures of the action are
 * values; only failures of the record are thrown.
 */
export async function attempt(run: RunContext, job: Job): Promise<JournalRow> {
  const prepared = prepare(run, job);
  const row = await run.journal.intent({
    step: job.step.id,
    unit: job.unit.id,
    target: job.unit.target,
    phase: job.phase,
    args: prepared.args,
  });
  emitStarted(run, row);
  const started = run.deps.clock.monotonicMs();
  const { context, capture, unitDir, grip, forget } = actionContext(run, job, row);
  const raw: AttemptEnd =
    prepared.problem ??
    (await applyWithin(run, job, (signal) => actionOf(run, job.uses).apply(prepared.args, context(signal))));
  const judged = prepared.problem ? raw : (job.judge?.(raw) ?? raw);
  const end = withStart(judged, prepared.problem ? false : grip.started);
  const outputs = capture.close(unitDir, `${job.phase}-${row.attempt}`);
  await run.journal.end(row, { ...end, status: phaseStatus(job.phase, end.status), outputs });
  if (end.status !== 'unknown') await forget();
  emitEnded(run, row, run.deps.clock.monotonicMs() - started);
  return row;
}

/** Notes with an attempt that did not end well whether it may have changed something, where that is known; see in-place.ts. */
function withStart(end: AttemptEnd, started: boolean | undefined): AttemptEnd {
  const tells = end.status === 'unreachable' ? started === true : started === false;
  const open = isFailure(end.status) || end.status === 'aborted';
  return open && tells ? { ...end, result: { ...end.result, started } } : end;
}

/** In the undo phase, well and badly have words of their own; a half undone unit is not undone. */
export function phaseStatus(phase: Phase, status: UnitStatus): UnitStatus {
  if (phase !== 'undo') return status;
  if (status === 'ok') return 'undone';
  return status === 'incomplete' || isFailure(status) ? 'undo-failed' : status;
}

/** Asks the action what became of an attempt that a crash cut off; undefined = it cannot tell. */
export async function recoverAttempt(
  run: RunContext,
  job: Job,
  row: JournalRow,
): Promise<AttemptEnd | 'not-started' | undefined> {
  const action = actionOf(run, job.uses);
  if (!action.recover) return undefined;
  const prepared = prepare(run, job);
  if (prepared.problem) return undefined;
  const { context, capture, unitDir } = actionContext(run, job, row);
  let told: 'not-started' | 'unknown' | undefined;
  const end = await applyWithin(run, job, async (signal) => {
    const outcome = await action.recover!(prepared.args, context(signal));
    if (outcome.status === 'not-started' || outcome.status === 'unknown') {
      told = outcome.status;
      return { status: 'failed', result: {}, message: '' };
    }
    return outcome;
  });
  if (told === 'not-started') return 'not-started';
  // An error here is about the asking, not about what was asked: still unknown.
  if (told === 'unknown' || end.result['thrown'] === true || end.status === 'unknown') return undefined;
  const judged = job.judge?.(end) ?? end;
  return { ...judged, outputs: capture.close(unitDir, `${job.phase}-${row.attempt}`) };
}

export function actionOf(run: RunContext, uses: string): AnyAction {
  const action = run.deps.actions.get(uses);
  if (action) return action;
  throw new OaopsError('action-unknown', `this oaops has no action "${uses}"`, {
    exitCode: 2,
    next: `The plan was made by oaops ${run.plan.oaopsVersion}; finish the run with that version.`,
  });
}

/** What the journal keeps of a failure. */
export function storedFailure(row: JournalRow | undefined): StoredFailure {
  const result = row?.result as { error?: StoredFailure } | null | undefined;
  return result?.error ?? {};
}

export function emitStarted(run: RunContext, row: JournalRow): void {
  const { step, unit, target, attempt: number, phase } = row;
  const event = { event: 'unit.started', time: run.now(), run: run.runId, step, unit, target } as const;
  run.emit({ ...event, ...memberIn(run, row), attempt: number, phase });
}

function memberIn({ plan, steps }: RunContext, { step, unit }: JournalRow): { member?: string } {
  const planned = steps.get(step)?.step;
  const member = planned && memberIdOf(plan, planned, unit);
  return member === undefined ? {} : { member };
}

export function emitEnded(run: RunContext, row: JournalRow, durationMs: number): void {
  const next = storedFailure(row).next ?? (row.result as { next?: string } | null)?.next;
  run.emit({
    event: 'unit.ended',
    time: run.now(),
    run: run.runId,
    step: row.step,
    unit: row.unit,
    target: row.target,
    ...memberIn(run, row),
    attempt: row.attempt,
    phase: row.phase,
    status: row.status ?? 'unknown',
    durationMs: Math.round(durationMs),
    ...(row.message === null ? {} : { message: row.message }),
    ...(next === undefined ? {} : { next }),
    result: (row.result ?? {}) as Record<string, unknown>,
  });
}

/** Arguments with everything computed and checked, or why that cannot be. */
function prepare(run: RunContext, job: Job): { args: Record<string, unknown>; problem?: AttemptEnd } {
  const refuse = (error: unknown, code: string): { args: Record<string, unknown>; problem: AttemptEnd } => ({
    args: job.args,
    problem: failedEnd(messageOf(error), { code: error instanceof OaopsError ? error.code : code, retryable: false }),
  });
  let args: Record<string, unknown>;
  try {
    const scope = runScope(run, job.unit, job.result);
    args = computeDeferred(job.args, scope, job.phase === 'do' ? 'planned' : 'written') as Record<string, unknown>;
  } catch (error) {
    return refuse(error, 'expression-failed');
  }
  const checked = actionOf(run, job.uses).withSchema.safeParse(args);
  if (checked.success) return { args: checked.data as Record<string, unknown> };
  const problems = checked.error.issues
    .map((issue) => `${['with', ...issue.path].join('.')}: ${issue.message}`)
    .join('; ');
  return refuse(new Error(`arguments of ${job.uses} are not valid: ${problems}`), 'arguments-invalid');
}

/** Runs the work under timeout and halt, and turns whatever comes out into an end. */
async function applyWithin(
  run: RunContext,
  job: Job,
  work: (signal: AbortSignal) => Promise<ActionOutcome>,
): Promise<AttemptEnd> {
  const { clock } = run.deps;
  const timeout = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([run.halt.killed, timeout.signal]);
  if (job.timeoutMs !== undefined) {
    clock.sleep(job.timeoutMs, over.signal).then(
      () => timeout.abort(new DOMException('timed out', 'TimeoutError')),
      () => undefined,
    );
  }
  const givenUp = new Promise<ActionOutcome>((resolve) => {
    const giveUp = () =>
      clock.sleep(endGraceMs, over.signal).then(
        () => resolve({ status: 'failed', result: {}, message: 'did not end when told to' }),
        () => undefined,
      );
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    const outcome = await Promise.race([work(signal), givenUp]);
    return endOf(run, timeout.signal.aborted, outcome, job);
  } catch (error) {
    return thrown(run, timeout.signal.aborted, error, job);
  } finally {
    over.abort();
  }
}

function endOf(run: RunContext, timedOut: boolean, outcome: ActionOutcome, job: Job): AttemptEnd {
  switch (outcome.status) {
    case 'ok':
      return { status: 'ok', result: outcome.result };
    case 'incomplete':
      return { status: 'incomplete', result: outcome.result, message: outcome.message };
    case 'waiting': {
      const { message, next, wakeAtMs, question, approves } = outcome;
      return {
        status: 'waiting',
        result: {
          next,
          ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
          ...(question ? { question } : {}),
          ...(approves === undefined ? {} : { approves }),
        },
        message,
        next,
      };
    }
    case 'stopped':
      return { status: 'aborted', result: {}, message: outcome.message };
    case 'failed': {
      const { result, message, next, code, exitCode, retryable } = outcome;
      if (run.halt.killed.aborted) return { status: 'unknown', result, message: `abandoned: ${message}` };
      const facts = {
        ...(code ? { code } : {}),
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(next ? { next } : {}),
        ...(retryable === undefined ? {} : { retryable }),
      };
      if (timedOut)
        return { ...failedEnd(lateMessage(job), facts), status: 'timed-out', result: { ...result, error: facts } };
      return { status: 'failed', result: { ...result, error: facts }, message, ...(next ? { next } : {}) };
    }
  }
}

function thrown(run: RunContext, timedOut: boolean, error: unknown, job: Job): AttemptEnd {
  if (run.halt.killed.aborted)
    return { status: 'unknown', result: { thrown: true }, message: `abandoned: ${messageOf(error)}` };
  if (timedOut) return { ...failedEnd(lateMessage(job), {}), status: 'timed-out' };
  if (run.halt.stopping.aborted && error instanceof Error && error.name === 'AbortError') {
    return { status: 'aborted', result: { thrown: true }, message: 'stopped before it ended' };
  }
  const known = error instanceof OaopsError ? error : undefined;
  const facts: StoredFailure = {
    ...(known ? { code: known.code, exitCode: known.exitCode } : {}),
    ...(known?.next ? { next: known.next } : {}),
  };
  if (isOutOfSight(known?.code) && !mayRunTwice(run, job)) {
    // Retried as a failure, it could run twice: recovery looks for its marker first.
    const next = `Run "oaops runs resume ${run.runId}", which looks on the target again.`;
    return { status: 'unknown', result: { thrown: true, error: facts, next }, message: messageOf(error), next };
  }
  const end = failedEnd(messageOf(error), facts);
  return {
    ...end,
    status: isUnreachable(known?.code) ? 'unreachable' : 'failed',
    result: { ...end.result, thrown: true },
  };
}

/** A failure with the facts that later decisions need. */
export function failedEnd(message: string, facts: StoredFailure): AttemptEnd {
  const status: UnitStatus = 'failed';
  return { status, result: { error: facts }, message, ...(facts.next ? { next: facts.next } : {}) };
}

function lateMessage(job: Job): string {
  return `did not end within ${job.timeoutMs} ms`;
}

/** What host doors say when something was started and then lost from sight: it may still run, or have ended. */
function isOutOfSight(code: string | undefined): boolean {
  return code === 'session-lost' || code === 'process-vanished';
}

function mayRunTwice(run: RunContext, job: Job): boolean {
  const { effect, idempotent } = actionOf(run, job.uses);
  return job.step.idempotent || idempotent || effect === 'read';
}

/** What host doors say when there is no connection: nothing was started there. */
function isUnreachable(code: string | undefined): boolean {
  return code === 'host-unreachable';
}

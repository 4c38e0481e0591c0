import { join } from 'node:path';
import { isoTime } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { copyIntoDir } from '../../core/files.ts';
import { formatDuration } from '../../core/units.ts';
import type { JournalRow, RunRow } from '../../record/types.ts';
import type { ApprovalRow, ManualAnswer, ManualQuestion } from '../action.ts';
import type { EngineDeps } from '../deps.ts';
import { JournalView, spokenTo } from '../journal/journal-state.ts';
import type { Plan, PlannedStep } from '../plan/plan-types.ts';
import { unitFolder } from '../run/unit-folder.ts';
import { closed, runOver } from '../service-refusals.ts';
import {
  type ApprovalMessage,
  approvalNamespace,
  approvalText,
  checkedSigners,
  requesterOf,
  verifyApproval,
} from './approvals.ts';
import { checkAnswer } from './manual.ts';

/**
 * Lets a precondition that was not met be taken as met, by name and with a reason: told to the step when the run goes on.
 * @throws OaopsError `step-unknown` (exit 2), `not-refused` (exit 4)
 */
export async function overrideStep(
  deps: Deps,
  request: { run: string; step: string; reason: string },
): Promise<{ run: string; step: string; by: string; problem: string }> {
  const { row, view, step } = await find(deps, request.run, request.step);
  const unit = 'localhost';
  const last = view.last(step.id, unit);
  if (!last || !isNotMet(step, last)) {
    throw refused(
      'not-refused',
      `${step.id} of run ${row.id} is no precondition that was not met`,
      `See "oaops patch status ${row.id}".`,
    );
  }
  if (request.reason.trim() === '') throw usageError('reason-missing', 'an override needs a reason');
  const problem = last.message ?? '';
  const { actor: by, clock } = deps;
  const answer: ManualAnswer = { value: 'override', by, atMs: clock.nowMs(), comment: request.reason, about: problem };
  await deps.record.runs.addInput({
    runId: row.id,
    step: spokenStep(step),
    unit,
    kind: 'answer',
    by: deps.actor,
    at: isoTime(deps.clock.nowMs()),
    // Said after the refusal, whatever the clock says.
    body: { ...spokenTo(last, answer), waitingSeq: last.seq + 1 },
  });
  await wake(deps, row);
  return { run: row.id, step: step.id, by: deps.actor, problem };
}

/** Refused by it before anything was done, or held up by it before a batch. */
function isNotMet(step: PlannedStep, last: JournalRow): boolean {
  const { error, approves } = (last.result ?? {}) as { error?: { code?: string }; approves?: string };
  if (step.hold !== undefined && last.status === 'waiting') return approves === undefined;
  return last.status === 'failed' && error?.code === 'precondition-not-met';
}

/** The step under whose name it is kept: a condition that is looked at again hears what was said to it before. */
function spokenStep(step: PlannedStep): string {
  return step.hold ?? step.id;
}

type Deps = Pick<EngineDeps, 'record' | 'clock' | 'random' | 'runsDir' | 'actor' | 'signatures'>;

/** What was accepted, and what comes next. */
export interface Accepted {
  run: string;
  step: string;
  unit: string;
  by: string;
  next: string;
}

/**
 * A person's answer to a waiting unit.
 * @throws OaopsError `step-unknown`, `unit-unknown`, `answer-invalid`, `file-unreadable` (exit 2), `not-waiting` (exit 4)
 */
export async function answerUnit(
  deps: Deps,
  request: { run: string; step: string; unit?: string; value?: string; file?: string; comment?: string },
): Promise<Accepted> {
  const { row, view, step } = await find(deps, request.run, request.step);
  const waiting = waitingRow(view, row, step, request.unit);
  const question = (waiting.result as { question?: ManualQuestion }).question;
  if (!question) {
    throw refused(
      'not-a-question',
      `${step.id} of run ${row.id} waits, but not for an answer`,
      step.uses === 'approval' ? `Run "oaops approve ${row.id} ${step.id}".` : undefined,
    );
  }
  const value = checkAnswer(question, request.value ?? request.file ?? '');
  const answer: ManualAnswer = {
    value,
    by: deps.actor,
    atMs: deps.clock.nowMs(),
    ...(request.comment ? { comment: request.comment } : {}),
  };
  const evidence = request.file ?? (question.kind === 'file' ? String(value) : undefined);
  if (evidence !== undefined) {
    try {
      answer.file = await copyIntoDir(
        evidence,
        join(unitFolder(join(deps.runsDir, row.id), step.id, waiting.unit), 'evidence'),
      );
    } catch (error) {
      throw usageError('file-unreadable', `${evidence} cannot be read`, {
        cause: error,
        next: 'Give the path of a file that you can read.',
      });
    }
  }
  await deps.record.runs.addInput({
    runId: row.id,
    step: step.id,
    unit: waiting.unit,
    kind: 'answer',
    by: deps.actor,
    at: now(deps),
    body: spokenTo(waiting, answer),
  });
  await wake(deps, row);
  return accepted(row, step, waiting.unit, deps.actor);
}

/**
 * A second person's approval of a step, signed with an SSH key.
 * @throws OaopsError exit 4: `approval-own`, `approver-not-asked`, `signer-unknown`, `allowed-signers-changed`, `not-waiting` ...
 */
export async function approveStep(
  deps: Deps,
  request: { run: string; step: string; keyFile: string; expiresMs: number },
): Promise<Accepted> {
  const { row, plan, view, step } = await find(deps, request.run, request.step);
  const waiting = waitingRow(view, row, step, undefined);
  const about = requireApprovalStep(step, row, waiting);
  const signatures = await deps.signatures();
  // Before anything is signed: a file that anybody may change proves nothing.
  await checkedSigners(plan, signatures);
  const requester = requesterOf(row.requester, view.inputs);
  const atMs = deps.clock.nowMs();
  const message: ApprovalMessage = {
    digest: plan.digest,
    run: row.id,
    step: spokenStep(step),
    expiresAt: isoTime(atMs + request.expiresMs),
    nonce: Buffer.from(deps.random(16)).toString('hex'),
    requester: requester.name,
    ...(about === undefined ? {} : { about }),
  };
  const signature = await signatures.sign(request.keyFile, approvalNamespace, approvalText(message));
  const approval = await verifyApproval(
    { message, signature },
    { plan, runId: row.id, step: spokenStep(step), requester, signatures, atMs },
  );
  refuseUnasked(step, waiting, approval);
  const body = spokenTo(waiting, { message, signature, keyFingerprint: approval.keyFingerprint });
  await deps.record.runs.addInput({
    runId: row.id,
    step: spokenStep(step),
    unit: '',
    kind: 'approval',
    by: approval.principal,
    at: isoTime(atMs),
    body,
  });
  await wake(deps, row);
  const done = accepted(row, step, waiting.unit, approval.principal);
  return { ...done, next: `${done.next} The approval holds for ${formatDuration(request.expiresMs)}.` };
}

/** Where the step says whose signature counts, that of somebody else would be taken, and the run would wait on. */
function refuseUnasked({ id, uses }: PlannedStep, { args }: JournalRow, { principal, principals }: ApprovalRow): void {
  const from = uses === 'approval' ? (args as { from?: unknown } | null)?.from : undefined;
  if (!Array.isArray(from) || principals.some((name) => from.includes(name))) return;
  throw refused(
    'approver-not-asked',
    `the signature of ${principal} does not count for "${id}", which waits for one of: ${from.join(', ')}`,
    'Have one of them run "oaops approve".',
  );
}

/** Says no to a step that waits for approval; the run ends refused. */
export async function rejectStep(
  deps: Deps,
  request: { run: string; step: string; reason: string },
): Promise<Accepted> {
  const { row, view, step } = await find(deps, request.run, request.step);
  const waiting = waitingRow(view, row, step, undefined);
  const about = requireApprovalStep(step, row, waiting);
  await deps.record.runs.addInput({
    runId: row.id,
    step: spokenStep(step),
    unit: '',
    kind: 'rejection',
    by: deps.actor,
    at: now(deps),
    body: spokenTo(waiting, { reason: request.reason, ...(about === undefined ? {} : { about }) }),
  });
  await wake(deps, row);
  return accepted(row, step, waiting.unit, deps.actor);
}

async function find(
  deps: Deps,
  runId: string,
  stepId: string,
): Promise<{ row: RunRow; plan: Plan; view: JournalView; step: PlannedStep }> {
  const row = await deps.record.runs.resolve(runId);
  if (closed.includes(row.status)) throw runOver(row, 'nobody is waited for');
  const plan = (await deps.record.runs.plan(row.id)) as Plan;
  const step = plan.steps.find((candidate) => candidate.id === stepId);
  if (!step) {
    throw usageError('step-unknown', `run ${row.id} has no step "${stepId}"`, {
      next: `Its steps: ${plan.steps.map((candidate) => candidate.id).join(', ')}.`,
    });
  }
  return {
    row,
    plan,
    step,
    view: new JournalView(await deps.record.runs.journal(row.id), await deps.record.runs.inputs(row.id)),
  };
}

/** The unit that an answer is for: the one named, or the only one that waits. */
function waitingRow(view: JournalView, row: RunRow, step: PlannedStep, unit: string | undefined): JournalRow {
  const names = [...new Set(view.rows.filter((entry) => entry.step === step.id).map((entry) => entry.unit))];
  const waiting = names.flatMap((name) => {
    const last = view.last(step.id, name);
    return last?.status === 'waiting' ? [last] : [];
  });
  const open = waiting.filter((entry) => unit === undefined || entry.unit === unit);
  if (open.length === 1) return open[0]!;
  if (open.length > 1) {
    throw usageError('unit-unknown', `${open.length} units of ${step.id} wait`, {
      next: `Name one with --unit: ${open.map((entry) => entry.unit).join(', ')}.`,
    });
  }
  throw refused(
    'not-waiting',
    `${step.id}${unit === undefined ? '' : `/${unit}`} of run ${row.id} waits for nobody`,
    `See "oaops runs show ${row.id}".`,
  );
}

/** @returns what is signed with it, where it is more than the step itself */
function requireApprovalStep(step: PlannedStep, row: RunRow, waiting: JournalRow): string | undefined {
  const { approves } = (waiting.result ?? {}) as { approves?: string };
  if (step.uses === 'approval' || approves !== undefined) return approves;
  throw usageError('not-an-approval', `${step.id} of run ${row.id} is no approval step`, {
    next: `Answer it with "oaops runs answer ${row.id} ${step.id} --value V".`,
  });
}

/** Due at once, so that the next `oaops tick` goes on. A run that is under way sees the answer by itself. */
async function wake(deps: Deps, row: RunRow): Promise<void> {
  // Looked at again after the input was stored: a run that ends as waiting looks for inputs after it has said so.
  if ((await deps.record.runs.get(row.id))?.status !== 'waiting') return;
  await deps.record.runs.setStatus(row.id, { status: 'waiting', at: now(deps), wakeAt: now(deps) });
}

function accepted(row: RunRow, step: PlannedStep, unit: string, by: string): Accepted {
  return {
    run: row.id,
    step: step.id,
    unit,
    by,
    next: `Go on with "oaops runs resume ${row.id}", or leave it to "oaops tick".`,
  };
}

function now(deps: Deps): string {
  return isoTime(deps.clock.nowMs());
}

function refused(code: string, message: string, next?: string): OaopsError {
  return new OaopsError(code, message, { exitCode: ExitCode.refused, ...(next ? { next } : {}) });
}

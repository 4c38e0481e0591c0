import type { App } from '../app.ts';
import { type Language, text } from '../cli/texts/texts.ts';
import { isoTime } from '../core/clock.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { overrideStep } from '../engine/people/answers.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import type { RunEnd } from '../engine/run/outcome.ts';
import type { RunRow } from '../record/types.ts';
import { countFeedback, type Feedback, type FeedbackCounts, feedbackTopic } from '../rollout/feedback.ts';
import { type RolloutStatus, rolloutStatus } from '../rollout/status.ts';
import { type StatusWords, statusText } from '../rollout/status-text.ts';
import { agree, type PreparedPlan, preparePlan, type RunShow, withEngine } from './run-command.ts';

type Given = Parameters<typeof preparePlan>[1];

/** The plan of a rollout. @throws OaopsError `not-a-rollout` (exit 2) for a runbook of another kind */
export async function prepareRollout(app: App, given: Given): Promise<PreparedPlan> {
  const prepared = await preparePlan(app, given);
  refuseOther(prepared.plan.runbook.name, prepared.plan.runbook.kind);
  return prepared;
}

/** As `prepareRollout`, signed when a key is given. */
export async function planRollout(
  app: App,
  given: Given,
  key: string | undefined,
): Promise<PreparedPlan & { signature?: string }> {
  const prepared = await prepareRollout(app, given);
  return key === undefined ? prepared : { ...prepared, signature: await (await app.runs()).sign(prepared.plan, key) };
}

/** A run of a rollout by its id; `latest` is the newest rollout. @throws OaopsError `run-not-found`, `not-a-rollout` (exit 2) */
export async function rolloutRun(app: App, id: string): Promise<RunRow> {
  const { runs } = await app.record();
  if (id === 'latest') {
    const [newest] = await runs.list({ kind: 'Rollout', limit: 1 });
    if (newest) return newest;
    throw usageError('run-not-found', 'there has been no rollout yet', {
      next: 'Start one with "oaops patch rollout".',
    });
  }
  const row = await runs.resolve(id);
  refuseOther(row.runbook, row.kind);
  return row;
}

/** Where a rollout stands. */
export async function showRollout(
  app: App,
  id: string,
): Promise<{ status: RolloutStatus & { feedback: FeedbackCounts }; text: (words: StatusWords) => string }> {
  const row = await rolloutRun(app, id);
  const { runs } = await app.record();
  const plan = (await runs.plan(row.id)) as Plan;
  const feedback = countFeedback(await (await app.record()).facts.list(feedbackTopic, { key: row.id }));
  const status = { ...rolloutStatus(row, plan, await runs.journal(row.id), await runs.inputs(row.id)), feedback };
  return { status, text: (words) => statusText(status, words) };
}

/** Goes on with a rollout. */
export async function goOn(
  app: App,
  id: string,
  show: RunShow & { lang: Language },
  { redo = [], beside }: { redo?: readonly number[]; beside?: string | undefined } = {},
): Promise<RunEnd> {
  const row = await rolloutRun(app, id);
  return withEngine(app, show, async (engine, { stop, kill }) => {
    const unsaid = (await engine.takenBack(row.id)).filter((number) => !redo.includes(number));
    if (!show.prompts || unsaid.length === 0) return engine.resume(row.id, { stop, kill, redo, beside });
    await agree(show.prompts, text(show.lang, 'prompt.redo', { batches: unsaid.join(', ') }));
    return engine.resume(row.id, { stop, kill, redo: [...redo, ...unsaid], beside });
  });
}

/**
 * Follows what a rollout waits for. What is paused, stopped or has failed is gone on with by whoever says so, not by who looks on.
 * @throws OaopsError `nothing-to-watch` (exit 4)
 */
export async function follow(app: App, id: string, show: RunShow & { lang: Language }): Promise<RunEnd> {
  const row = await rolloutRun(app, id);
  const { paused } = (await showRollout(app, row.id)).status;
  if (row.status !== 'waiting' || row.wakeAt === null || paused) {
    const stands = paused ? 'paused' : row.status;
    throw new OaopsError('nothing-to-watch', `run ${row.id} is ${stands}: it waits for no sample`, {
      exitCode: ExitCode.refused,
      next: `See "oaops patch status ${row.id}"; "oaops patch resume ${row.id}" goes on with it.`,
    });
  }
  return withEngine(app, show, async (engine, { stop, kill }) => engine.resume(row.id, { stop, kill, dueOnly: true }));
}

/** @throws OaopsError `not-refused` (exit 4) */
export async function overridePrecondition(app: App, id: string, step: string, reason: string) {
  const row = await rolloutRun(app, id);
  const deps = await (await app.runs()).deps({ sink: () => undefined });
  return overrideStep(deps, { run: row.id, step, reason });
}

/** Keeps what a user told in the record; gates that use `patch.feedback` look there. */
export async function recordFeedback(
  app: App,
  id: string,
  told: Omit<Feedback, 'by'>,
): Promise<{ run: string; feedback: FeedbackCounts }> {
  const row = await rolloutRun(app, id);
  const { facts } = await app.record();
  const feedback: Feedback = { ...told, by: (await app.runs()).actor };
  await facts.add(feedbackTopic, row.id, isoTime(app.clock.nowMs()), app.redactor.redactValue(feedback));
  return { run: row.id, feedback: countFeedback(await facts.list(feedbackTopic, { key: row.id })) };
}

function refuseOther(name: string, kind: string): void {
  if (kind === 'Rollout') return;
  throw usageError('not-a-rollout', `"${name}" is a ${kind}, not a Rollout`, {
    next: 'Use "oaops run" and "oaops runs" for runbooks of other kinds.',
  });
}

import { join } from 'node:path';
import { copyIntoDir, makePrivateDir } from '../../core/files.ts';
import type { JournalRow } from '../../record/types.ts';
import type { ActionContext, ManualAnswer, ManualQuestion } from '../action.ts';
import type { RunContext } from '../deps.ts';
import { spokenTo } from '../journal/journal-state.ts';
import { validApprovals } from '../people/approvals.ts';
import { findTarget } from '../plan/plan.ts';
import { localTarget, selectTargets } from '../plan/targets.ts';
import type { Host } from '../ports.ts';
import type { Job } from './attempt.ts';
import { OutputCapture } from './capture.ts';
import { Grip } from './grip.ts';
import { unitFolder } from './unit-folder.ts';

/** What one attempt may touch. `context` takes the signal that ends the attempt at once. */
export function actionContext(
  run: RunContext,
  job: Job,
  row: JournalRow,
): {
  context: (signal: AbortSignal) => ActionContext;
  capture: OutputCapture;
  unitDir: string;
  grip: Grip;
  forget: () => Promise<void>;
} {
  const { deps, journal } = run;
  const { step, unit } = job;
  // What was said to the condition itself counts each time it is looked at again.
  const spoken = step.hold ?? step.id;
  const where = { run: run.runId, step: step.id, unit: unit.id };
  const unitDir = unitFolder(run.runDir, step.id, unit.id);
  makePrivateDir(unitDir);
  const capture = new OutputCapture(deps.redactor, (stream, text) =>
    run.emit({ event: 'unit.output', time: run.now(), ...where, stream, text }),
  );
  const found = findTarget(run.plan.inventory, unit.target);
  const target = step.become ? { ...found, become: step.become } : found;

  const unitKey = `${run.runId}.${step.id}.${unit.id}.${row.phase === 'do' ? '' : row.phase}${row.attempt}`;
  // What comes after the first look of an attempt may be missed by it: see `answeredMeanwhile`.
  const look = async () => {
    await journal.refreshInputs();
    if (!run.inputsSeen.has(row)) run.inputsSeen.set(row, journal.view.inputs.length);
  };
  let opened: Host | undefined;
  const grip = new Grip();
  // Only when the result is committed: until then the marker is the only one who knows.
  const forget = async () => {
    if (opened && run.deps.actions.get(job.uses)?.recover) await opened.forget(unitKey).catch(() => undefined);
  };
  const context = (signal: AbortSignal): ActionContext => ({
    runId: run.runId,
    plan: run.plan,
    step,
    target,
    unitKey,
    unitId: `${step.id}.${unit.id}`,
    host: () => {
      return grip.host(async () => {
        opened = await (await deps.hosts()).open(target, signal);
        return opened;
      });
    },
    hostNamed: async (name, within = signal) => {
      const [wanted] = selectTargets([name ?? localTarget.name], run.plan.inventory);
      return grip.host(async () => (await deps.hosts()).open(wanted!, within));
    },
    http: () => {
      grip.other();
      return deps.http();
    },
    secrets: deps.secrets,
    get services() {
      grip.other();
      return deps.services;
    },
    clock: deps.clock,
    stopping: run.halt.stopping,
    signal,
    unitDir,
    ...(deps.lang ? { lang: deps.lang } : {}),
    timeZone: deps.timeZone ?? 'UTC',
    progress: ({ unit: measure, ...progress }) => {
      capture.flush();
      run.emit({ event: 'unit.progress', time: run.now(), ...where, ...progress, ...(measure ? { measure } : {}) });
    },
    output: (stream, text) => capture.write(stream, text),
    warn: (message) => {
      capture.flush();
      run.emit({ event: 'run.warning', time: run.now(), run: run.runId, message: `${step.id}/${unit.id}: ${message}` });
    },
    redact: (text, cut) => (cut ? deps.redactor.redactCut(text, cut) : deps.redactor.redact(text)),
    async answer() {
      await look();
      return journal.view.inputsFor('answer', spoken, unit.id).at(-1)?.body as ManualAnswer | undefined;
    },
    async approvals() {
      await look();
      return validApprovals(run, spoken, unit.id);
    },
    async rejection() {
      await look();
      const row = journal.view.inputsFor('rejection', spoken, unit.id).at(-1);
      if (!row) return undefined;
      const { reason = '', about } = row.body as { reason?: string; about?: string };
      return { by: row.by, reason, ...(about === undefined ? {} : { about }) };
    },
    firstWaitedAtMs: async () => journal.view.firstStartedAtMs(step.id, unit.id),
    ...(deps.ask ? { ask: (question: ManualQuestion) => askAndKeep(run, row, unitDir, question) } : {}),
  });
  return { context, capture, unitDir, grip, forget };
}

/** An answer given at the terminal is kept like one given by `oaops runs answer`. */
async function askAndKeep(
  run: RunContext,
  row: JournalRow,
  unitDir: string,
  question: ManualQuestion,
): Promise<ManualAnswer | undefined> {
  const given = await run.deps.ask!(question);
  if (!given) return undefined;
  const answer =
    question.kind === 'file'
      ? { ...given, file: await copyIntoDir(String(given.value), join(unitDir, 'evidence')) }
      : given;
  const { step, unit } = row;
  await run.journal.addInput({ step, unit, kind: 'answer', by: answer.by, body: spokenTo(row, answer) });
  return answer;
}

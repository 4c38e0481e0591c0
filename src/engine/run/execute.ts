import { join } from 'node:path';
import { isoTime } from '../../core/clock.ts';
import type { StartedStep } from '../../core/events.ts';
import type { Fence, RunRow } from '../../record/types.ts';
import type { EngineDeps, RunContext, StepState } from '../deps.ts';
import { Journal } from '../journal/journal.ts';
import { makeUnits } from '../plan/plan.ts';
import { localText, stepTitle } from '../plan/plan-text.ts';
import type { Plan, PlannedStep } from '../plan/plan-types.ts';
import { leftOut } from '../redo.ts';
import { cleanUp, cleanupBegun, cleanupLeft, endsInJournal } from './cleanup.ts';
import { controlWatch } from './control-watch.ts';
import { Halt } from './halt.ts';
import { type RunEnd, runOutcome, untilAlone } from './outcome.ts';
import { closeUnstarted, mayStart } from './start-rule.ts';
import { knownItems, runStep } from './step.ts';
import type { StepEnd } from './step-end.ts';
import type { UndoEnd } from './undo.ts';
import { takeBackFirst, undoIfAsked } from './undo-request.ts';
import { isDeferred } from './values.ts';

export interface ExecuteRequest {
  row: RunRow;
  /** The stored plan; nothing else is executed. */
  plan: Plan;
  fence: Fence;
  resumed: boolean;
  /** Inputs of the run before its lock was taken: an abort among them was told to an earlier process, a later one is for this. */
  inputsBefore: number;
  /** It is ended for good, for this reason: nothing but its cleanup is done. */
  abort?: string;
  /** See `RunContext`. */
  samplesOnly?: boolean;
  /** Said right after the start. */
  warnings?: string[];
  /** Fires when the lock could not be renewed. */
  lost?: AbortSignal;
  /** First signal: go to the next checkpoint. `reason` is the exit code (130, 143). */
  stop?: AbortSignal;
  /** Second signal: end at once. */
  kill?: AbortSignal;
}

/**
 * Executes a stored plan from wherever its journal stands, until it has ended or can go no further, and commits the run's
 * status. The caller holds the run's lock. Throws only when the record fails; what was under way is then found by recovery.
 */
export async function execute(deps: EngineDeps, request: ExecuteRequest): Promise<RunEnd> {
  const { row, plan, fence } = request;
  const halt = new Halt(deps.clock);
  const now = () => isoTime(deps.clock.nowMs());
  const startedMs = deps.clock.monotonicMs();
  await deps.record.runs.setStatus(
    row.id,
    { status: 'running', at: now(), exitCode: null, message: null, wakeAt: null },
    fence,
  );
  const journal = await Journal.open({
    runs: deps.record.runs,
    runId: row.id,
    fence,
    clock: deps.clock,
    redactor: deps.redactor,
  });
  const run: RunContext = {
    deps,
    runId: row.id,
    plan,
    requester: row.requester,
    startedAt: row.startedAt ?? now(),
    journal,
    halt,
    ...(request.samplesOnly ? { samplesOnly: true as const } : {}),
    failing: new AbortController(),
    steps: new Map(
      plan.steps.map((step) => [
        step.id,
        { step, status: 'pending', units: isDeferred(step.units) ? undefined : step.units, triggered: false },
      ]),
    ),
    leftOut: new Set(),
    outputsOfRow: new WeakMap(),
    inputsSeen: new WeakMap(),
    runDir: join(deps.runsDir, row.id),
    emit: (event) => deps.sink(deps.redactor.redactValue(event)),
    now,
  };
  const leave = halt.join({ stop: request.stop, kill: request.kill, lost: request.lost });
  const unwatch = controlWatch(run, request.inputsBefore);
  try {
    await restoreUnits(run);
    emitStart(run, request.resumed);
    halt.stopping.addEventListener('abort', () => sayStopping(run), { once: true });
    if (request.abort !== undefined) halt.stop({ kind: 'abort', message: `aborted: ${request.abort}`, exitCode: 1 });
    for (const message of request.warnings ?? []) run.emit({ event: 'run.warning', time: now(), run: row.id, message });
    const first = await takeBackFirst(run);
    const before = journal.view.undoRequest();
    run.leftOut = leftOut(plan, journal.view);
    const closing = cleanupBegun(plan, journal.view);
    const ends = before ? new Map<string, StepEnd>() : closing ? endsInJournal(run) : await runSteps(run);
    if (closing) closeUnstarted(run);
    const undo = first && before ? first : await undoIfAsked(run, ends);
    // Some of it could not be taken back yet: the rollout goes on when it is.
    const held = before?.goesOn === true && undo?.status !== 'undone' && halt.reason?.kind !== 'abort';
    if (!held && !goesOn(run, undo)) await cleanUp(run, ends, { kill: request.kill, lost: request.lost });
    return await finish(run, { ends, undo, fence, startedMs, kill: request.kill });
  } finally {
    unwatch();
    leave();
  }
}

/**
 * Paused, a rollout that was stopped by a signal (a terminal that closes, a restart of the machine), or a person has to decide
 * about the undo: what is done next still relies on what the cleanup takes away. After a cleanup nothing could go on: people who
 * have the change would have it without a watch, and the others would never get it.
 */
function goesOn({ plan, halt: { reason: halt }, samplesOnly }: RunContext, undo: UndoEnd | undefined): boolean {
  if (samplesOnly && !undo) return true;
  const stays = halt?.kind === 'pause' || (halt?.kind === 'signal' && plan.batches !== undefined);
  if (stays) return undo === undefined || undo.status === 'pending';
  return halt === undefined && (undo?.status === 'asking' || undo?.status === 'unknown');
}

/** Deferred lists that an earlier process made are known from the start: undo and expressions need them. */
async function restoreUnits(run: RunContext): Promise<void> {
  for (const state of run.steps.values()) {
    const items = state.units === undefined ? knownItems(run, state) : undefined;
    const action = run.deps.actions.get(state.step.uses);
    if (items && action) state.units = makeUnits(state.step, items, { plan: run.plan, action });
  }
}

/** Starts steps as their needs are met, at most `maxParallelSteps` at once, until nothing more can start. */
async function runSteps(run: RunContext): Promise<Map<string, StepEnd>> {
  const ends = new Map<string, StepEnd>();
  const running = new Map<string, Promise<void>>();
  let handlersOnly = false;
  let broken: { error: unknown } | undefined;

  const onEnd = (state: StepState, end: StepEnd) => {
    ends.set(state.step.id, end);
    state.status = end.status === 'pending' ? 'aborted' : end.status;
    if (end.status !== 'failed' || state.step.onFailure === 'continue') {
      // What nobody knows stops the run like a failure does: later steps rely on it.
      if (end.status === 'unknown') handlersOnly = true;
      return;
    }
    handlersOnly = true;
    run.failing.abort();
    if (state.step.onFailure.startsWith('step:')) {
      const handler = run.steps.get(state.step.onFailure.slice('step:'.length));
      if (handler) handler.triggered = true;
    }
  };
  const workOf = (ids: Map<string, unknown>) => [...ids.keys()].filter((id) => !run.steps.get(id)!.step.gate).length;
  const start = (state: StepState) => {
    state.status = 'running';
    const work = runStep(run, state).then(
      (end) => onEnd(state, end),
      (error: unknown) => {
        broken ??= { error };
        run.halt.kill({ kind: 'lock-lost', message: 'the record could not be written', exitCode: 1 });
      },
    );
    running.set(
      state.step.id,
      work.finally(() => running.delete(state.step.id)),
    );
  };

  for (;;) {
    for (const state of run.steps.values()) {
      if (run.halt.stopping.aborted) break;
      if (state.status !== 'pending') continue;
      // Gates wait for days, side by side: they take no place from others.
      const full = running.size >= run.plan.maxParallelSteps && workOf(running) >= run.plan.maxParallelSteps;
      if ((state.step.gate || !full) && mayStart(run, state, handlersOnly)) start(state);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (broken) throw broken.error;
  closeUnstarted(run);
  return ends;
}

interface Finish {
  ends: Map<string, StepEnd>;
  undo: UndoEnd | undefined;
  fence: Fence;
  startedMs: number;
  kill: AbortSignal | undefined;
}

async function finish(run: RunContext, { ends, undo, fence, startedMs, kill }: Finish): Promise<RunEnd> {
  const { reason } = run.halt;
  const cutOff = kill?.aborted === true && cleanupLeft(run.plan, run.journal.view);
  const judged = runOutcome({ runId: run.runId, steps: run.steps, ends, halt: reason, undo, cutOff });
  const outcome = run.samplesOnly && !undo && !reason ? untilAlone(judged, ends, run.deps.clock.nowMs()) : judged;
  const { wakeAtMs, ...rest } = outcome;
  const wakeAt = wakeAtMs === undefined ? undefined : isoTime(wakeAtMs);
  const message = outcome.message === undefined ? null : run.deps.redactor.redact(outcome.message);
  await run.deps.record.runs.setStatus(
    run.runId,
    { status: outcome.status, at: run.now(), exitCode: outcome.exitCode, message, wakeAt: wakeAt ?? null },
    fence,
  );
  if (outcome.status === 'waiting' && (await answeredMeanwhile(run))) {
    const { status, exitCode } = outcome;
    await run.deps.record.runs.setStatus(
      run.runId,
      { status, at: run.now(), exitCode, message, wakeAt: run.now() },
      fence,
    );
  }
  run.emit({
    event: 'run.ended',
    time: run.now(),
    run: run.runId,
    status: outcome.status,
    exitCode: outcome.exitCode,
    durationMs: Math.round(run.deps.clock.monotonicMs() - startedMs),
    ...(message === null ? {} : { message }),
    ...(outcome.next === undefined ? {} : { next: outcome.next }),
  });
  return { run: run.runId, ...rest, ...(wakeAt ? { wakeAt } : {}) };
}

/**
 * An answer that came after its step had looked, and before the run was said to wait: whoever gave it saw a run under way
 * and woke nobody.
 */
async function answeredMeanwhile(run: RunContext): Promise<boolean> {
  await run.journal.refreshInputs();
  const { view } = run.journal;
  return view.inputs.some(({ kind, step, unit }, index) => {
    if (kind === 'control' || kind === 'request') return false;
    const heard = [...run.steps.values()].flatMap((state) =>
      state.step.id === step || state.step.hold === step ? [state.step.id] : [],
    );
    // By name, as a gate asks in units of its own.
    const waiting = view.rows.filter(
      (row) => row.status === 'waiting' && heard.includes(row.step) && (unit === '' || unit === row.unit),
    );
    return waiting.some((row) => view.last(row.step, row.unit) === row && index >= (run.inputsSeen.get(row) ?? 0));
  });
}

/** A person who pressed Ctrl-C must see that it was heard. */
function sayStopping(run: RunContext): void {
  const message = `${run.halt.reason?.message ?? 'stopping'}: nothing new starts, what is under way goes to its next checkpoint; a second signal abandons it`;
  run.emit({ event: 'run.warning', time: run.now(), run: run.runId, message });
}

function emitStart(run: RunContext, resumed: boolean): void {
  run.emit({
    event: 'run.started',
    time: run.now(),
    run: run.runId,
    runbook: run.plan.runbook.name,
    version: run.plan.runbook.version,
    digest: run.plan.digest,
    resumed,
    steps: run.plan.steps.map((step) => ({
      id: step.id,
      name: stepTitle(run.plan, step, run.deps.lang),
      uses: step.uses,
      effect: step.effect,
      units: run.steps.get(step.id)?.units?.length ?? null,
      ...batchOf(run.plan, step, run.deps.lang),
      ...(step.gate ? { samples: step.gate.samples } : {}),
    })),
  });
}

function batchOf({ batches }: Plan, { batch, name }: PlannedStep, lang?: string): Pick<StartedStep, 'batch'> {
  const found = batch === undefined ? undefined : batches?.[batch - 1];
  if (!found) return {};
  return { batch: { number: found.number, members: found.members.length, name: localText(name, lang) } };
}

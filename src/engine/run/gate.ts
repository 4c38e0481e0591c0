import { momentIn } from '../../core/zoned-time.ts';
import type { JournalRow } from '../../record/types.ts';
import type { GateSpec } from '../../runbook/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import type { PlannedUnit } from '../plan/plan-types.ts';
import { storedFailure } from './attempt.ts';
import type { StepEnd } from './step-end.ts';
import { runUnit } from './unit.ts';

export type Verdict = 'pass' | 'fail' | 'error' | 'inconclusive';

/** Shorter pauses between samples stay in the process; for longer ones it ends, and `oaops tick` goes on. */
const longestPauseInProcessMs = 60_000;

/** The unit that remembers when a gate began: samples are due by that time, whatever happens in between. */
const begunUnit = 'begun';

/** The unit that notes that a watch came to its last sample when its time was over already. */
export const lateUnit = 'late';

/**
 * Takes the samples of a gate when they are due, and says yes when all are taken and no limit is exceeded. No data is no pass: what could not
 * be measured is `error`, what gave nothing is `inconclusive`, and so is a sample whose time went by while nobody looked.
 */
export async function runGate(run: RunContext, state: StepState, base: PlannedUnit): Promise<StepEnd> {
  const { step } = state;
  const gate = step.gate!;
  const { view } = run.journal;
  const tally = noSamples();
  const begun = await begin(run, state);
  for (let number = 1; number <= gate.samples; number += 1) {
    const unit: PlannedUnit = { ...base, id: `sample-${number}` };
    let row = rowOf(run, step.id, unit.id);
    if (isOpen(row)) {
      const dueMs = begun + gate.delayMs + (number - 1) * gate.intervalMs;
      const waiting = await untilDue(run, state, dueMs);
      if (waiting === 'stopped') return { status: 'pending', message: 'stopped before it ended', failedTargets: [] };
      if (waiting !== 'due') return later(run, number, gate, waiting);
      // Whoever was asked in time may answer late.
      const asked = row?.status === 'waiting';
      if (number === gate.samples && !asked) await noteLateness(run, state, base, begun);
      if (!asked && isMissed(run, gate, number, begun)) row = await noteGap(run, step.id, unit);
      else {
        const end = await runUnit(run, { ...state, step: { ...step, retry: { ...step.retry, attempts: 1 } } }, unit);
        // Cut off by whoever stopped the run: that says nothing of the system.
        if (end.status === 'pending' || end.status === 'aborted' || end.status === 'unknown')
          return { status: 'pending', message: 'stopped before it ended', failedTargets: [] };
        if (end.status === 'waiting')
          return {
            status: 'waiting',
            failedTargets: [],
            ...(end.message === undefined ? {} : { message: end.message }),
            ...(end.next === undefined ? {} : { next: end.next }),
            ...(end.wakeAtMs === undefined ? {} : { wakeAtMs: end.wakeAtMs }),
          };
        row = view.last(step.id, unit.id);
      }
    }
    const end = count(run, state, tally, number, row!);
    if (end) return end;
  }
  return verdictOfAll(run, state, tally);
}

/** How a gate stands by its rows alone: nothing is measured. Undefined when it has not begun. */
export function gateInJournal(run: RunContext, state: StepState): StepEnd | undefined {
  const { id } = state.step;
  if (!rowOf(run, id, begunUnit)) return undefined;
  const tally = noSamples();
  for (let number = 1; number <= state.step.gate!.samples; number += 1) {
    const row = rowOf(run, id, `sample-${number}`);
    if (row === undefined || isOpen(row))
      return { status: 'pending', message: 'stopped before it ended', failedTargets: [] };
    const end = count(run, state, tally, number, row);
    if (end) return end;
  }
  return verdictOfAll(run, state, tally);
}

interface Tally {
  counted: Record<Verdict, number>;
  /** Of the last sample that did not pass, in words. */
  last: string;
}

function noSamples(): Tally {
  return { counted: { pass: 0, fail: 0, error: 0, inconclusive: 0 }, last: '' };
}

/** Adds a sample; gives the end of the gate when that exceeds a limit. */
function count(run: RunContext, state: StepState, tally: Tally, number: number, row: JournalRow): StepEnd | undefined {
  const { id, gate } = state.step;
  const late = number === gate!.samples && row.unit !== lateUnit ? rowOf(run, id, lateUnit) : undefined;
  const end = late?.status === 'skipped' ? count(run, state, tally, number, late) : undefined;
  if (end) return end;
  const verdict = verdictOf(row);
  tally.counted[verdict] += 1;
  if (verdict !== 'pass') tally.last = `sample ${number}: ${row.message ?? verdict}`;
  const broken = exceeds(state.step.gate!, tally.counted);
  return broken === undefined ? undefined : no(run, state, `${broken}; ${tally.last}`);
}

/** After the last sample, no limit being exceeded. */
function verdictOfAll(run: RunContext, state: StepState, { counted, last }: Tally): StepEnd {
  if (counted.pass === 0) return no(run, state, `no sample passed; ${last}`);
  return { status: 'ok', failedTargets: [] };
}

/** Not taken yet, or not to its end. */
function isOpen(row: JournalRow | undefined): boolean {
  return row === undefined || row.status === null || ['waiting', 'aborted', 'unknown'].includes(row.status);
}

/** What a sample says of the system. @returns `inconclusive` for what gave no data, never `pass` */
export function verdictOf(row: Pick<JournalRow, 'status' | 'result'>): Verdict {
  if (row.status === 'ok') return 'pass';
  if (row.status !== 'failed')
    return row.status === 'incomplete' || row.status === 'skipped' ? 'inconclusive' : 'error';
  const { code } = storedFailure(row as JournalRow);
  // The condition could not be judged by what there was.
  if (code === 'expression-failed' || code === 'outputs-failed') return 'inconclusive';
  const result = row.result as { thrown?: boolean; exitCode?: unknown } | null;
  // sh(1): 126 cannot be executed, 127 not found.
  const notRun = code === 'command-failed' && (result?.exitCode === 126 || result?.exitCode === 127);
  return result?.thrown === true || code === 'arguments-invalid' || notRun ? 'error' : 'fail';
}

/** The limit that is exceeded, in words. */
export function exceeds(gate: GateSpec, counted: Readonly<Record<Verdict, number>>): string | undefined {
  const limits = [
    ['fail', gate.failureLimit, 'failed'],
    ['error', gate.errorLimit, 'could not be measured'],
    ['inconclusive', gate.inconclusiveLimit, 'gave no answer'],
  ] as const;
  for (const [verdict, limit, words] of limits) {
    const count = counted[verdict];
    if (count > limit) return `samples that ${words}: ${count}, ${limit} allowed`;
  }
  return undefined;
}

async function begin(run: RunContext, { step }: StepState): Promise<number> {
  let row = rowOf(run, step.id, begunUnit);
  row ??= await run.journal.intent({ step: step.id, unit: begunUnit, target: '', phase: 'do', args: {} });
  // A process that died between the two had begun all the same.
  if (row.status === null) await run.journal.end(row, { status: 'ok', result: {} });
  return Date.parse(row.startedAt);
}

/** Since the gate was last asked for: after a failed run that is resumed, everything is measured again. */
function rowOf(run: RunContext, step: string, unit: string): JournalRow | undefined {
  const row = run.journal.view.last(step, unit);
  return row && run.journal.view.forgiven(row) ? undefined : row;
}

/** `due`, `stopped`, or the time at which somebody else has to go on. */
async function untilDue(run: RunContext, state: StepState, dueMs: number): Promise<'due' | 'stopped' | number> {
  const { clock, follow } = run.deps;
  const over = AbortSignal.any([run.halt.stopping, run.failing.signal]);
  for (;;) {
    const leftMs = dueMs - clock.nowMs();
    if (over.aborted) return 'stopped';
    if (leftMs <= 0) return 'due';
    if (leftMs > longestPauseInProcessMs && !follow && !stays(run, state)) return dueMs;
    // In short steps: the wall clock may be set while we sleep.
    await clock.sleep(Math.min(leftMs, longestPauseInProcessMs), over).catch(() => undefined);
  }
}

/** Another gate of the watch keeps this process with its short pauses: nobody else could take our samples meanwhile. */
function stays(run: RunContext, { step }: StepState): boolean {
  if (step.batch !== undefined) return false;
  return [...run.steps.values()].some(
    (other) =>
      other.step.gate !== undefined &&
      other.step.id !== step.id &&
      other.step.batch === undefined &&
      (other.status === 'pending' || other.status === 'running') &&
      other.step.gate.samples > 1 &&
      other.step.gate.intervalMs <= longestPauseInProcessMs,
  );
}

function later(run: RunContext, number: number, gate: GateSpec, wakeAtMs: number): StepEnd {
  const at = momentIn(run.deps.timeZone ?? 'UTC', wakeAtMs);
  return {
    status: 'waiting',
    failedTargets: [],
    message: `sample ${number} of ${gate.samples} is due at ${at}`,
    next: `"oaops tick" goes on after ${at}; let cron or a systemd timer run it, or follow it with "oaops patch watch ${run.runId}".`,
    wakeAtMs,
  };
}

/** Its whole time has gone by, and the next one is due: nobody looked. The last sample is always taken. */
function isMissed(run: RunContext, gate: GateSpec, number: number, begunMs: number): boolean {
  return (
    number < gate.samples &&
    gate.intervalMs > 0 &&
    run.deps.clock.nowMs() >= begunMs + gate.delayMs + number * gate.intervalMs
  );
}

/**
 * The last sample of a watch is always taken, but where its whole time went by unseen too, one look afterwards does not stand for it: so it is when
 * the clock was set beyond the end of the watch.
 */
async function noteLateness(run: RunContext, { step }: StepState, base: PlannedUnit, begunMs: number): Promise<void> {
  const { samples, intervalMs, delayMs } = step.gate!;
  // A gate after a batch has no duration: it takes its samples, whenever that is.
  if (step.batch !== undefined || rowOf(run, step.id, lateUnit)?.status === 'skipped') return;
  if (run.deps.clock.nowMs() < begunMs + delayMs + samples * intervalMs) return;
  await noteGap(run, step.id, { ...base, id: lateUnit }, 'its time was over when somebody looked: a gap');
}

async function noteGap(
  run: RunContext,
  step: string,
  unit: PlannedUnit,
  message = 'nobody looked at its time: a gap',
): Promise<JournalRow> {
  const row = await run.journal.intent({ step, unit: unit.id, target: unit.target, phase: 'do', args: {} });
  await run.journal.end(row, { status: 'skipped', result: { gap: true }, message });
  run.emit({
    event: 'unit.ended',
    time: run.now(),
    run: run.runId,
    step,
    unit: unit.id,
    target: unit.target,
    attempt: row.attempt,
    phase: 'do',
    status: 'skipped',
    durationMs: 0,
    message,
  });
  return row;
}

/** It speaks of all that was changed: of its batch, and after the last one of every batch. */
function no(run: RunContext, { step }: StepState, message: string): StepEnd {
  const about = run.plan.steps.filter(
    ({ batch, gate }) => batch !== undefined && !gate && (step.batch === undefined || batch === step.batch),
  );
  const failedTargets = [...new Set(about.flatMap(({ targets }) => targets))];
  return { status: 'failed', message: `the gate says no: ${message}`, failedTargets };
}

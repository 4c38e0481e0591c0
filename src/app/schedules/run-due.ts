import type { App } from '../../app.ts';
import { chooseSlots, mostCaughtUp } from '../../calendar/slots.ts';
import { momentOf } from '../../calendar/wall-time.ts';
import { isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import type { RunStatus } from '../../core/events.ts';
import type { ExitCode } from '../../core/exit-codes.ts';
import { newId } from '../../core/ids.ts';
import { dateIn } from '../../core/zoned-time.ts';
import { refuseUnapprovable } from '../../engine/people/approvals.ts';
import { refuseUnconfirmed } from '../../engine/plan/plan-check.ts';
import type { Engine } from '../../engine/service.ts';
import type { StopSignals } from '../signals.ts';
import { enabledNames, type Scheduled, scheduledOf } from './load.ts';
import { isAbandoned, type SlotHistory, settleSlot, slotHistory, takeSlot } from './slot-facts.ts';
import { unknownDays } from './unknown.ts';

export interface StartedSlot {
  runbook: string;
  slot: string;
  run: string;
  status: RunStatus;
  exitCode: ExitCode;
}

export interface DueResult {
  started: StartedSlot[];
  /** Left for a later look: the runbook is under way, or waits for somebody. */
  busy: string[];
  /** Could not be started at all. */
  notStarted: { runbook: string; slot: string | null; error: OaopsError }[];
  /** Days that have come, or come within a week, of which nobody has said whether they are worked; the first of each runbook. */
  unknown: { runbook: string; date: string }[];
}

const mostAtOnce = 4;
/** More than are ever run: those beyond are left out in one go. */
const slotsLookedAt = 2 * mostCaughtUp;

/**
 * Starts the runbooks that the configuration hands to `oaops tick` and whose time has come. Each time is taken by one row of the record, written before
 * the run begins: whoever writes it runs it, so that no time is run twice, by several machines on one record either. The row names the run: when its
 * taker dies before that run exists, the next look begins it under the same id, which can exist only once. A run that dies is not begun again; `oaops
 * runs resume` goes on with it.
 */
export async function startDue(app: App, engine: Engine, signals: StopSignals): Promise<DueResult> {
  const result: DueResult = { started: [], busy: [], notStarted: [], unknown: [] };
  const names = await enabledNames(app);
  const worker = async () => {
    for (let runbook = names.shift(); runbook !== undefined && !signals.stop.aborted; runbook = names.shift()) {
      try {
        await startOne(app, engine, signals, await scheduledOf(app, runbook), result);
      } catch (error) {
        if (!(error instanceof OaopsError)) throw error;
        result.notStarted.push({ runbook, slot: null, error });
      }
    }
  };
  // All are waited for, even when one throws: the record must not be closed under the others.
  const settled = await Promise.allSettled(Array.from({ length: mostAtOnce }, worker));
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return result;
}

async function startOne(
  app: App,
  engine: Engine,
  signals: StopSignals,
  scheduled: Scheduled,
  result: DueResult,
): Promise<void> {
  const { runbook } = scheduled;
  const nowMs = app.clock.nowMs();
  const history = await slotHistory((await app.record()).facts, runbook, nowMs);
  if (!history) {
    await takeSlot(app, runbook, nowMs, { outcome: 'since' });
    return;
  }
  const unknown = unknownDays(scheduled, history, nowMs);
  if (unknown[0]) result.unknown.push({ runbook, date: unknown[0] });
  const lost = await lostSlots(app, runbook, history, nowMs);
  const passed = [...new Set([...lost.keys(), ...openSlots(scheduled, history, nowMs)])].sort((a, b) => a - b);
  const { catchUp } = scheduled.spec;
  const { run, skip } = chooseSlots(passed, { catchUp, nowMs, delayMs: scheduled.delayMs });
  if (run.length + skip.length === 0) return;
  if (await isBusy(app, runbook)) {
    result.busy.push(runbook);
    return;
  }
  const today = dateIn(scheduled.table.timeZone, nowMs);
  const carried = unknown[0] !== undefined && unknown[0] <= today ? { unknownFrom: unknown[0] } : {};
  for (const slot of skip)
    if (lost.has(slot)) await settleSlot(app, runbook, isoTime(slot), { skipped: true });
    else await takeSlot(app, runbook, slot, { outcome: 'skipped', ...carried });
  for (const [index, slot] of run.entries()) {
    if (signals.stop.aborted) return;
    // The run before it can wait for somebody, and what could not be begun must not be taken.
    if (index > 0 && (await isBusy(app, runbook))) {
      result.busy.push(runbook);
      return;
    }
    const id = lost.get(slot) ?? newId(nowMs, app.random);
    if (lost.has(slot) || (await takeSlot(app, runbook, slot, { outcome: 'started', run: id, ...carried })))
      await begin(app, engine, signals, scheduled, { slot: isoTime(slot), id }, result);
  }
}

async function begin(
  app: App,
  engine: Engine,
  { stop, kill }: StopSignals,
  { runbook, inputs }: Scheduled,
  { slot, id }: { slot: string; id: string },
  result: DueResult,
): Promise<void> {
  try {
    const runs = await app.runs();
    const words = Object.entries(inputs).map(([name, value]) => `${name}=${value}`);
    const plan = await runs.plan({ runbook, inputs: words, unattended: { confirmed: false } });
    refuseUnapprovable(plan);
    refuseUnconfirmed(plan, undefined);
    const { run, status, exitCode } = await engine.start(plan, { name: runs.actor }, { stop, kill, id });
    await settleSlot(app, runbook, slot, { run });
    result.started.push({ runbook, slot, run, status, exitCode });
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    // Somebody began the runbook in between: as when it is busy, the time stays open, and as its taker we hold it until we end.
    if (error.code === 'lock-held') result.busy.push(runbook);
    else if (error.code !== 'run-exists') {
      await settleSlot(app, runbook, slot, { error: { code: error.code, message: error.message } });
      result.notStarted.push({ runbook, slot, error });
    }
  }
}

/** Times that have passed and that nobody has taken. */
export function openSlots({ table }: Scheduled, { taken, last }: SlotHistory, nowMs: number): number[] {
  const lastMs = Date.parse(last.slot);
  const from = last.unknownFrom;
  // Days that were announced too late can have had a time before the last one.
  const afterMs = from === undefined ? lastMs : Math.min(lastMs, momentOf(from, '00:00', table.timeZone) - 1);
  const keys = new Set(taken.map(({ slot }) => slot));
  return table
    .between(afterMs, nowMs, slotsLookedAt)
    .map(({ atMs }) => atMs)
    .filter((atMs) => !keys.has(isoTime(atMs)));
}

/** Times whose taker died before their run began, with the id of that run. What has a run after all is settled here. */
async function lostSlots(
  app: App,
  runbook: string,
  { taken }: SlotHistory,
  nowMs: number,
): Promise<ReadonlyMap<number, string>> {
  const { runs } = await app.record();
  const lost = new Map<number, string>();
  for (const one of taken) {
    if (!isAbandoned(one, nowMs)) continue;
    if (await runs.get(one.run!)) await settleSlot(app, runbook, one.slot, { run: one.run! });
    else lost.set(Date.parse(one.slot), one.run!);
  }
  return lost;
}

/** A run of it is under way, or waits: its next time stays open until that has ended. */
export async function isBusy(app: App, runbook: string): Promise<boolean> {
  const { locks, runs } = await app.record();
  const held = (await locks.list()).some(
    (row) =>
      row.name === `runbook:${runbook}` &&
      locks.stateOf(row) !== 'gone' &&
      (locks.stateOf(row) === 'alive' || row.expiresAt > isoTime(app.clock.nowMs())),
  );
  return held || (await runs.list({ runbook, status: ['waiting'], limit: 1 })).length > 0;
}

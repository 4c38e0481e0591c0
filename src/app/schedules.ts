import { hostname } from 'node:os';
import type { App } from '../app.ts';
import { chooseSlots, jitterOf, mostCaughtUp, nextSlot, slotsBetween } from '../calendar/slots.ts';
import { isoTime } from '../core/clock.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import type { RunStatus } from '../core/events.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import { refuseUnapprovable } from '../engine/people/approvals.ts';
import { refuseUnconfirmed } from '../engine/plan/plan-check.ts';
import type { Engine } from '../engine/service.ts';
import { findRunbook, listRunbooks } from '../runbook/library.ts';
import { loadRunbook } from '../runbook/load.ts';
import type { ScheduleSpec } from '../runbook/schema/spec.ts';
import type { StopSignals } from './signals.ts';

type CronSchedule = ScheduleSpec & { type: 'cron' };

/** A time of a schedule that was acted on: a fact of the topic `schedule:RUNBOOK` with the time as its key, once for each. */
export interface SlotFact {
  /** `since`: the runbook is looked after from here on; nothing before it is caught up. */
  outcome: 'since' | 'started' | 'skipped';
  host: string;
}

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
}

const mostAtOnce = 4;
/** More than are ever run: those beyond are left out in one go. */
const slotsLookedAt = 2 * mostCaughtUp;

export function slotTopic(runbook: string): string {
  return `schedule:${runbook}`;
}

/**
 * Starts the runbooks that the configuration hands to `oaops tick` and whose time has come. Each time is taken by one row of
 * the record, written before the run begins: whoever writes it runs it, so that no time is run twice, by several machines
 * on one record either. A run that dies is not begun again; `oaops runs resume` goes on with it.
 */
export async function startDue(app: App, engine: Engine, signals: StopSignals): Promise<DueResult> {
  const result: DueResult = { started: [], busy: [], notStarted: [] };
  const schedules = Object.entries((await app.config()).settings.schedules ?? {}).filter(([, { enabled }]) => enabled);
  const worker = async () => {
    for (let next = schedules.shift(); next && !signals.stop.aborted; next = schedules.shift()) {
      const [runbook, { inputs }] = next;
      try {
        await startOne(app, engine, signals, { runbook, inputs: inputs ?? {} }, result);
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
  { runbook, inputs }: { runbook: string; inputs: Readonly<Record<string, string | number | boolean>> },
  result: DueResult,
): Promise<void> {
  const schedule = await scheduleOf(app, runbook);
  const { facts } = await app.record();
  const topic = slotTopic(runbook);
  const nowMs = app.clock.nowMs();
  const take = (slotMs: number, outcome: SlotFact['outcome']) =>
    facts.addOnce(topic, isoTime(slotMs), isoTime(app.clock.nowMs()), { outcome, host: hostname() } satisfies SlotFact);
  const [last] = await facts.list(topic, { limit: 1, newestFirst: true });
  if (!last) {
    await take(nowMs, 'since');
    return;
  }
  const passed = slotsBetween(schedule, Date.parse(last.key), nowMs, slotsLookedAt);
  const delayMs = delayOf(runbook, schedule);
  const { run, skip } = chooseSlots(passed, { catchUp: schedule.catchUp, nowMs, delayMs });
  if (run.length + skip.length === 0) return;
  if (await isBusy(app, runbook)) {
    result.busy.push(runbook);
    return;
  }
  for (const slot of skip) await take(slot, 'skipped');
  for (const slot of run) {
    if (signals.stop.aborted || !(await take(slot, 'started'))) continue;
    try {
      const runs = await app.runs();
      const words = Object.entries(inputs).map(([name, value]) => `${name}=${value}`);
      const plan = await runs.plan({ runbook, inputs: words });
      refuseUnapprovable(plan);
      refuseUnconfirmed(plan, undefined);
      const end = await engine.start(plan, { name: runs.actor }, signals);
      const { run: id, status, exitCode } = end;
      result.started.push({ runbook, slot: isoTime(slot), run: id, status, exitCode });
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      result.notStarted.push({ runbook, slot: isoTime(slot), error });
    }
  }
}

/** Always the same on one machine, at most what the schedule says. */
function delayOf(runbook: string, { jitter = 0 }: CronSchedule): number {
  return jitterOf(`${hostname()} ${runbook}`, jitter);
}

/** A run of it is under way, or waits: its next time stays open until that has ended. */
async function isBusy(app: App, runbook: string): Promise<boolean> {
  const { locks, runs } = await app.record();
  const held = (await locks.list()).some(
    (row) =>
      row.name === `runbook:${runbook}` &&
      locks.stateOf(row) !== 'gone' &&
      (locks.stateOf(row) === 'alive' || row.expiresAt > isoTime(app.clock.nowMs())),
  );
  return held || (await runs.list({ runbook, status: ['waiting'], limit: 1 })).length > 0;
}

/** @throws OaopsError `schedule-missing`, `schedule-unsupported` (exit 2), and those of finding and loading a runbook */
async function scheduleOf(app: App, name: string): Promise<CronSchedule> {
  const { file } = findRunbook(name, await app.runbookFolders(), process.cwd());
  const schedule = loadRunbook(file, { catalogue: await app.catalogue() }).schedule as ScheduleSpec | undefined;
  if (schedule === undefined)
    throw usageError('schedule-missing', `runbook ${name} has no schedule`, {
      next: 'Add "schedule" below its "spec", or take it out of "schedules" in the configuration.',
    });
  if (!isSupported(schedule))
    throw usageError('schedule-unsupported', `the schedule of ${name} goes by working days, which tick does not know`, {
      next: 'Start it by cron or a timer, or write a schedule of type cron without a calendar.',
    });
  return { ...schedule, timeZone: schedule.timeZone ?? (await app.config()).settings.timeZone };
}

function isSupported(schedule: ScheduleSpec): schedule is CronSchedule {
  return schedule.type === 'cron' && schedule.calendar === undefined && (schedule.ifHoliday ?? 'run') === 'run';
}

export interface ScheduleRow {
  runbook: string;
  when: string;
  timeZone: string | null;
  /** `on`: started by tick. `off`: not in the configuration, or not enabled. `unsupported`: by working days. */
  state: 'on' | 'off' | 'unsupported';
  /** The last time that was acted on, and how. */
  last: string | null;
  outcome: SlotFact['outcome'] | null;
  next: string | null;
}

/** Every runbook with a schedule, by name. What cannot be loaded is a warning. */
export async function listSchedules(app: App): Promise<{ rows: ScheduleRow[]; warnings: string[] }> {
  const { settings } = await app.config();
  const { facts } = await app.record();
  const catalogue = await app.catalogue();
  const rows: ScheduleRow[] = [];
  const warnings: string[] = [];
  for (const entry of listRunbooks(await app.runbookFolders())) {
    if (entry.shadowedBy !== undefined || entry.name === '') continue;
    let schedule: ScheduleSpec | undefined;
    try {
      schedule = loadRunbook(entry.file, { catalogue }).schedule as ScheduleSpec | undefined;
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      warnings.push(`${entry.file}: ${error.message}`);
    }
    if (!schedule) continue;
    const timeZone = schedule.timeZone ?? settings.timeZone;
    const [last] = await facts.list(slotTopic(entry.name), { limit: 1, newestFirst: true });
    const isOn = settings.schedules?.[entry.name]?.enabled === true;
    const next = isSupported(schedule) ? nextSlot({ ...schedule, timeZone }, app.clock.nowMs()) : undefined;
    rows.push({
      runbook: entry.name,
      when: schedule.type === 'cron' ? schedule.expression : `${schedule.day} ${schedule.at}`,
      timeZone: timeZone ?? null,
      state: isSupported(schedule) ? (isOn ? 'on' : 'off') : 'unsupported',
      last: last?.key ?? null,
      outcome: last ? (last.body as SlotFact).outcome : null,
      next: next === undefined ? null : isoTime(next),
    });
  }
  return { rows, warnings };
}

/** The next times of the runbooks that tick starts, by time. */
export async function nextTimes(app: App, count: number): Promise<{ time: string; runbook: string }[]> {
  const times: { time: string; runbook: string }[] = [];
  for (const [runbook, { enabled }] of Object.entries((await app.config()).settings.schedules ?? {})) {
    if (!enabled) continue;
    const schedule = await scheduleOf(app, runbook);
    let at = nextSlot(schedule, app.clock.nowMs());
    for (let i = 0; i < count && at !== undefined; i++) {
      times.push({ time: isoTime(at + delayOf(runbook, schedule)), runbook });
      at = nextSlot(schedule, at);
    }
  }
  return times
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.runbook < b.runbook ? -1 : 1))
    .slice(0, count);
}

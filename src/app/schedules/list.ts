import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { scheduleInWords } from '../../runbook/schedule-words.ts';
import { loadAll, loadEnabled } from './load.ts';
import type { SlotFact } from './slot-facts.ts';
import { slotStates } from './slot-states.ts';

export interface ScheduleRow {
  runbook: string;
  when: string;
  timeZone: string | null;
  /** `on`: started by tick. `off`: not in the configuration, or not enabled. */
  state: 'on' | 'off';
  /** The last time that was acted on, and how. */
  last: string | null;
  outcome: SlotFact['outcome'] | null;
  /** What became of the newest time that has passed; null when there is none yet, or the runbook is off. */
  result: string | null;
  overdue: boolean;
  /** When it starts on this machine: with its jitter, as in `nextTimes`. */
  next: string | null;
  /** Before the next time comes this day, of which nobody has said whether it is worked. */
  unknownFrom: string | null;
}

/** Every runbook with a schedule, by name. What cannot be loaded is a warning. */
export async function listSchedules(app: App): Promise<{ rows: ScheduleRow[]; warnings: string[] }> {
  const { schedules, warnings } = await loadAll(app);
  const rows: ScheduleRow[] = [];
  for (const scheduled of schedules) {
    const { runbook, spec, table, enabled, delayMs } = scheduled;
    const { history, states } = await slotStates(app, scheduled, 1);
    const { slots, unknown } = table.next(app.clock.nowMs() - delayMs, 1);
    const newest = enabled ? states.at(-1) : undefined;
    rows.push({
      runbook,
      when: scheduleInWords(spec),
      timeZone: spec.timeZone ?? (await app.config()).settings.timeZone ?? null,
      state: enabled ? 'on' : 'off',
      last: history?.last.slot ?? null,
      outcome: history?.last.outcome ?? null,
      result: newest?.state ?? null,
      overdue: newest?.overdue ?? false,
      next: slots[0] ? isoTime(slots[0].atMs + delayMs) : null,
      unknownFrom: slots[0] ? null : (unknown?.unknown ?? null),
    });
  }
  return { rows, warnings };
}

export interface NextTime {
  /** null: whether the runbook is due on `unknown`, or from then on, is not known. */
  time: string | null;
  runbook: string;
  unknown: string | null;
}

/** The next times of the runbooks that tick starts, by time; the days that are not known last. */
export async function nextTimes(app: App, count: number): Promise<{ times: NextTime[]; warnings: string[] }> {
  const times: NextTime[] = [];
  const unknown: NextTime[] = [];
  const { schedules, failed } = await loadEnabled(app);
  for (const { runbook, table, delayMs } of schedules) {
    // A time that has come and still waits for its jitter is a next one.
    const next = table.next(app.clock.nowMs() - delayMs, count);
    for (const { atMs } of next.slots) times.push({ time: isoTime(atMs + delayMs), runbook, unknown: null });
    if (next.unknown) unknown.push({ time: null, runbook, unknown: next.unknown.unknown ?? next.unknown.nominal });
  }
  const order = ({ time, runbook }: NextTime) => `${time} ${runbook}`;
  times.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return {
    times: [...times.slice(0, count), ...unknown],
    warnings: failed.map(({ runbook, error }) => `${runbook}: ${error.message}`),
  };
}

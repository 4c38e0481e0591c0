import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { writeFileDurable } from '../../core/durable-file.ts';
import { loadEnabled } from './load.ts';
import { watchedStates } from './slot-states.ts';
import { unknownDays } from './unknown.ts';

/** What has to be seen to, of one runbook. */
export interface DueRow {
  runbook: string;
  /** `overdue`: past its deadline. `due`: its time has come. `unknown`: nobody has said whether a day is worked. `broken`: it cannot be loaded. */
  state: 'overdue' | 'due' | 'unknown' | 'broken';
  /** The oldest time that it is about, or the day. */
  since: string | null;
  /** How many times it is about. */
  count: number;
  deadline: string | null;
  why: string;
  run: string | null;
}

export interface DueList {
  rows: DueRow[];
  /** When a tick of this machine last looked; null: never. */
  lastTick: string | null;
}

/** What is due or overdue now, of the runbooks that tick starts. Nothing is changed. */
export async function dueNow(app: App): Promise<DueList> {
  const { schedules, failed } = await loadEnabled(app);
  const nowMs = app.clock.nowMs();
  const rows: DueRow[] = failed.map(({ runbook, error }) => ({
    ...{ runbook, state: 'broken', since: null, count: 0, deadline: null, run: null },
    why: error.message,
  }));
  const lastTick = lastTickOf(app);
  for (const scheduled of schedules) {
    const { runbook } = scheduled;
    const { history, states } = await watchedStates(app, scheduled);
    const overdue = states.filter((state) => state.overdue);
    const open = states.filter((state) => state.state === 'open' && !state.overdue);
    for (const [state, slots] of [
      ['overdue', overdue],
      ['due', open],
    ] as const) {
      const newest = slots.at(-1);
      if (!newest) continue;
      const { slot: since, deadline } = slots[0]!;
      rows.push({ runbook, state, since, count: slots.length, deadline, why: newest.why ?? '', run: newest.run });
    }
    const unknown = history ? unknownDays(scheduled, history, nowMs) : [];
    if (unknown[0] !== undefined)
      rows.push({
        ...{ runbook, state: 'unknown', since: unknown[0], count: unknown.length, deadline: null, run: null },
        why: `calendar ${scheduled.calendar?.name} does not say whether ${unknown[0]} is a working day`,
      });
  }
  return { rows, lastTick };
}

/** Remembered beside the record: it is about this machine, and changes every minute. */
export function noteTick(app: App): void {
  writeFileDurable(fileIn(app), `${isoTime(app.clock.nowMs())}\n`);
}

function lastTickOf(app: App): string | null {
  try {
    return readFileSync(fileIn(app), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function fileIn({ stateDir }: App): string {
  return join(stateDir, 'last-tick');
}

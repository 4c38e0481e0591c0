import type { App } from '../../app.ts';
import { mostCaughtUp } from '../../calendar/slots.ts';
import type { Slot } from '../../calendar/timetable.ts';
import { isoTime } from '../../core/clock.ts';
import type { RunStatus } from '../../core/events.ts';
import type { RunRow } from '../../record/types.ts';
import { findingsSince } from '../today.ts';
import type { Scheduled } from './load.ts';
import { isBusy } from './run-due.ts';
import { isAbandoned, type SlotHistory, slotHistory, type TakenSlot } from './slot-facts.ts';

/** What has become of one time of a schedule. */
export interface SlotState {
  slot: string;
  /** Its day, and the days that the rule names for it. */
  date: string;
  named: readonly string[];
  /**
   * `done`: its run ended well, or a later one of the runbook did. `under-way`, `waiting`, `interrupted`, `failed`: its run. `not-started`: it could not
   * begin. `skipped`: left out by the rule of catching up. `open`: nobody has run it yet.
   */
  state: 'done' | 'under-way' | 'waiting' | 'interrupted' | 'failed' | 'not-started' | 'skipped' | 'open';
  run: string | null;
  status: RunStatus | null;
  /** Why it has not ended well, or that it did so after its deadline; null when it has in time. */
  why: string | null;
  /** By when it has to have ended well; null without a deadline. */
  deadline: string | null;
  overdue: boolean;
}

/** As `slotStates`, and the newest of those that are past their deadline: with a long one they need not be among the newest of all. */
export async function watchedStates(app: App, scheduled: Scheduled): ReturnType<typeof slotStates> {
  const { deadline } = scheduled.spec;
  const pastMs = deadline === undefined ? undefined : app.clock.nowMs() - scheduled.delayMs - deadline;
  return slotStates(app, scheduled, mostCaughtUp, pastMs);
}

/** Of one runbook: its newest times since it is looked after, oldest first, at most `limit`; and as many of those up to `pastMs`. */
export async function slotStates(
  app: App,
  scheduled: Scheduled,
  limit = mostCaughtUp,
  pastMs?: number,
): Promise<{ history: SlotHistory | undefined; states: SlotState[] }> {
  const { runs, facts } = await app.record();
  const { runbook, table } = scheduled;
  const nowMs = app.clock.nowMs();
  const history = await slotHistory(facts, runbook, nowMs);
  if (!history) return { history, states: [] };
  const sinceMs = Date.parse(history.since);
  const newest = table.between(sinceMs, nowMs, limit);
  const past = pastMs === undefined || pastMs <= sinceMs ? [] : table.between(sinceMs, pastMs, limit);
  const slots = [...past.filter(({ atMs }) => atMs < (newest[0]?.atMs ?? 0)), ...newest];
  if (slots.length === 0) return { history, states: [] };
  const rows = await runs.list({ runbook, since: isoTime(slots[0]!.atMs) });
  const found = await findingsSince(app, slots[0]!.atMs);
  const isDone = ({ id, status }: RunRow) => status === 'ok' || (status === 'failed' && found.has(id));
  const busy = await isBusy(app, runbook);
  const taken = new Map(history.taken.map((one) => [one.slot, one]));
  const states = slots.map((slot) =>
    judged(scheduled, slot, { taken: taken.get(isoTime(slot.atMs)), rows, isDone, busy, nowMs }),
  );
  return { history, states };
}

interface Known {
  taken: TakenSlot | undefined;
  /** Runs of the runbook, newest first. */
  rows: readonly RunRow[];
  /** Also an inspection that came to its verdict and found something: what the time was for has been done. */
  isDone: (row: RunRow) => boolean;
  busy: boolean;
  nowMs: number;
}

function judged(scheduled: Scheduled, { atMs, date, named }: Slot, known: Known): SlotState {
  const slot = isoTime(atMs);
  const { deadline } = scheduled.spec;
  const deadlineMs = deadline === undefined ? undefined : atMs + scheduled.delayMs + deadline;
  const found = stateOf(scheduled, slot, known);
  const ended = known.rows.find(({ id }) => found.state === 'done' && id === found.run)?.endedAt;
  const isLate = deadlineMs !== undefined && ended != null && Date.parse(ended) > deadlineMs;
  return {
    slot,
    date,
    named,
    run: null,
    status: null,
    ...found,
    ...(isLate ? { why: `run ${found.run} ended at ${ended.slice(0, 19)}Z, after the deadline` } : {}),
    deadline: deadlineMs === undefined ? null : isoTime(deadlineMs),
    overdue: deadlineMs !== undefined && known.nowMs > deadlineMs && found.state !== 'done',
  };
}

type Found = Pick<SlotState, 'state' | 'why'> & Partial<Pick<SlotState, 'run' | 'status'>>;

function stateOf(scheduled: Scheduled, slot: string, { taken, rows, isDone, busy, nowMs }: Known): Found {
  const own = taken?.run === undefined ? undefined : rows.find(({ id }) => id === taken.run);
  // Also one that a person began by hand: what the time was for has been done.
  // A run of a clock that was set back since has not happened yet.
  const later = (row: RunRow) => row.createdAt >= slot && row.createdAt <= isoTime(nowMs);
  const good = own && isDone(own) ? own : rows.findLast((row) => isDone(row) && later(row));
  if (good) return { state: 'done', run: good.id, status: good.status, why: null };
  if (own) return ofRun(own, busy);
  if (taken?.settled && 'error' in taken.settled)
    return { state: 'not-started', why: `it could not be started: ${taken.settled.error.message}` };
  if (taken?.outcome === 'skipped' || (taken?.settled && 'skipped' in taken.settled))
    return { state: 'skipped', why: 'it was missed, and left out by the rule of catching up' };
  if (taken && isAbandoned(taken, nowMs))
    return { state: 'open', why: 'the process that took it ended before the run began; the next tick begins it' };
  // Facts of older versions do not name their run.
  if (taken?.outcome === 'started' && taken.run === undefined) {
    const first = rows.findLast(({ createdAt }) => createdAt >= taken.at);
    return first ? ofRun(first, busy) : { state: 'done', why: null };
  }
  if (taken)
    return { state: 'under-way', why: `process ${taken.taker?.pid ?? '?'} on ${taken.host} is about to begin it` };
  const startsMs = Date.parse(slot) + scheduled.delayMs;
  if (startsMs > nowMs) return { state: 'open', why: `by its jitter it starts at ${isoTime(startsMs).slice(0, 19)}Z` };
  return {
    state: 'open',
    why: busy ? 'a run of the runbook is under way or waits for somebody' : 'no tick has looked since',
  };
}

function ofRun({ id, status, exitCode, message }: RunRow, busy: boolean): Found {
  const base = { run: id, status };
  const said = message ? `: ${message}` : '';
  if (status === 'waiting') return { ...base, state: 'waiting', why: `run ${id} waits${said}` };
  if (status !== 'running')
    return { ...base, state: 'failed', why: `run ${id} ended with ${exitCode ?? status}${said}` };
  return busy
    ? { ...base, state: 'under-way', why: `run ${id} is under way` }
    : { ...base, state: 'interrupted', why: `run ${id} was interrupted; go on with "oaops runs resume ${id}"` };
}

import { createHash } from 'node:crypto';
import { Cron } from 'croner';

/** Five fields of cron(5) in a time zone; without one, that of the machine. */
export interface CronRule {
  expression: string;
  timeZone?: string | undefined;
}

const dayMs = 86_400_000;

/**
 * Times of the rule after `afterMs` up to and with `untilMs`, oldest first: at most the newest `limit` of them. A time that a
 * clock change leaves out comes at the end of the gap; a time of day that comes twice counts once, and `*` and steps go on
 * through the repeated hour.
 */
export function slotsBetween(rule: CronRule, afterMs: number, untilMs: number, limit: number): number[] {
  const cron = cronOf(rule);
  // From near to far, so that a rule of every minute after a year off is not counted through.
  for (const days of [1, 8, 40, 400, Number.POSITIVE_INFINITY]) {
    const fromMs = Math.max(afterMs, untilMs - days * dayMs);
    const slots: number[] = [];
    for (let at = cron.nextRun(new Date(fromMs)); at !== null && at.getTime() <= untilMs; at = cron.nextRun(at))
      if (at.getTime() > afterMs) slots.push(at.getTime());
    if (slots.length >= limit || fromMs === afterMs) return slots.slice(-limit);
  }
  return [];
}

/** The next time after `afterMs`; undefined for a rule that never comes again. */
export function nextSlot(rule: CronRule, afterMs: number): number | undefined {
  return cronOf(rule).nextRun(new Date(afterMs))?.getTime();
}

function cronOf({ expression, timeZone }: CronRule): Cron {
  return new Cron(expression, { paused: true, mode: '5-part', ...(timeZone ? { timezone: timeZone } : {}) });
}

/** Share of `jitterMs` by which one machine starts one runbook later: always the same, so that every look agrees. */
export function jitterOf(seed: string, jitterMs: number): number {
  return jitterMs <= 0 ? 0 : createHash('sha256').update(seed).digest().readUInt32BE(0) % jitterMs;
}

/** A start that is later than that was missed: the machine was off, or nobody looked. */
export const lateAfterMs = 10 * 60_000;
/** Most missed times that are caught up with `all`. */
export const mostCaughtUp = 24;

/** Which of the times that have passed are run now, and which are left out, for a rule of catching up. */
export function chooseSlots(
  slots: readonly number[],
  { catchUp, nowMs, delayMs }: { catchUp: 'once' | 'all' | 'none'; nowMs: number; delayMs: number },
): { run: number[]; skip: number[] } {
  const due = slots.filter((slot) => slot + delayMs <= nowMs);
  if (catchUp === 'all') return { run: due.slice(-mostCaughtUp), skip: due.slice(0, -mostCaughtUp) };
  const last = due.at(-1);
  const isLate = last !== undefined && nowMs - (last + delayMs) > lateAfterMs;
  if (last === undefined || (catchUp === 'none' && isLate)) return { run: [], skip: due };
  return { run: [last], skip: due.slice(0, -1) };
}

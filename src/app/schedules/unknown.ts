import type { App } from '../../app.ts';
import { momentOf } from '../../calendar/wall-time.ts';
import { isoTime } from '../../core/clock.ts';
import { dateIn } from '../../core/zoned-time.ts';
import type { Scheduled } from './load.ts';
import type { SlotHistory } from './slot-facts.ts';

/** So long before the day it is told that nobody knows whether it is worked. */
const aheadMs = 7 * 86_400_000;

/** Days since the last time, and of the next week, of which nobody has said whether the runbook is due on them; oldest first. */
export function unknownDays({ table }: Scheduled, { last }: Pick<SlotHistory, 'last'>, nowMs: number): string[] {
  const { timeZone } = table;
  const lastMs = Date.parse(last.slot);
  const fromMs =
    last.unknownFrom === undefined ? lastMs : Math.min(lastMs, momentOf(last.unknownFrom, '00:00', timeZone));
  return table
    .leftOut(dateIn(timeZone, fromMs), dateIn(timeZone, nowMs + aheadMs))
    .flatMap(({ nominal, why }) => (why === 'unknown' ? [nominal] : []))
    .sort();
}

/** With `-q` cron mails it, which is enough once a day. */
export async function isFirstToday(app: App, runbook: string): Promise<boolean> {
  const now = isoTime(app.clock.nowMs());
  const { facts } = await app.record();
  return facts.addOnce(`schedule-unknown:${runbook}`, now.slice(0, 10), now, {});
}

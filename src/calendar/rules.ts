import type { WeekDay } from './dates.ts';

/** What becomes of a day that the calendar has off: it stays, is left out, or moves to the working day before or after. */
export type IfHoliday = 'run' | 'skip' | 'previous' | 'next';

export type Period = 'month' | 'quarter' | 'half-year';
type Edge = `${'first' | 'last'}-of-${Period}`;

/** When something comes: days, and times of day on each of them. */
export type Rule = { timeZone?: string | undefined } & (
  | { type: 'cron'; expression: string; ifHoliday?: IfHoliday | undefined }
  | {
      type: 'working-day';
      day: 'every' | Edge | `nth-of-${Period}`;
      /** Which one, with `nth-of-...`: 1 is the first working day, -1 the last. */
      nth?: number | undefined;
      at: string;
    }
  | { type: 'weekday'; days: readonly WeekDay[]; at: string; ifHoliday: IfHoliday }
  | { type: 'calendar-day'; day: Edge; at: string; ifHoliday: IfHoliday }
  | { type: 'shift'; at: readonly string[]; days: 'every-day' | 'working-day' }
);

/** Times are found by cron alone, and no calendar has a say. */
export function isPlainCron(rule: Rule): rule is Rule & { type: 'cron' } {
  return rule.type === 'cron' && (rule.ifHoliday ?? 'run') === 'run';
}

/** Whether the rule needs to know which days are worked. */
export function asksCalendar(rule: Rule): boolean {
  if (rule.type === 'working-day') return true;
  return rule.type === 'shift' ? rule.days === 'working-day' : (rule.ifHoliday ?? 'run') !== 'run';
}

const nicknames: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** The half of a cron expression that says which days, and the one that says which times: each an expression of its own. */
export function cronHalves(expression: string): { days: string; times: string } {
  const written = expression.trim();
  const [minute, hour, ...days] = (nicknames[written.toLowerCase()] ?? written).split(/\s+/);
  return { days: `0 0 ${days.join(' ')}`, times: `${minute} ${hour} * * *` };
}

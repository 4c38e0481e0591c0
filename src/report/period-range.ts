import { addDays, dayNumber, isDate, weekDayOf, weekDays } from '../calendar/dates.ts';
import { requireNearDate } from '../calendar/month.ts';
import { usageError } from '../core/errors.ts';

/** First and last date, both included. */
export interface DateRange {
  from: string;
  to: string;
}

const longestDays = 3700;

/**
 * The days that a report is about: `2026`, `2026-H2`, `2026-Q4`, `2026-10`, `2026-W41`, or from one date to another; without either the month of `today`
 * until its end.
 * @throws OaopsError `period-invalid`, `period-twice`, `date-invalid`, `range-invalid`, `range-too-long` (exit 2)
 */
export function dateRange(
  wanted: { period?: string | undefined; from?: string | undefined; to?: string | undefined },
  today: string,
): DateRange {
  const { period, from, to } = wanted;
  if (period !== undefined && (from !== undefined || to !== undefined))
    throw usageError('period-twice', 'the days are given twice, by --period and by --from or --to', {
      next: 'Write one of them.',
    });
  if (from === undefined && to === undefined) {
    const named = namedRange(period ?? today.slice(0, 7));
    return { from: requireNearDate(named.from), to: requireNearDate(named.to) };
  }
  const range = { from: requireNearDate(from ?? `${to!.slice(0, 4)}-01-01`), to: requireNearDate(to ?? today) };
  if (range.from > range.to)
    throw usageError('range-invalid', `${range.from} is after ${range.to}`, {
      next: 'Give the earlier date as --from.',
    });
  if (dayNumber(range.to) - dayNumber(range.from) > longestDays)
    throw usageError('range-too-long', `from ${range.from} to ${range.to} are more than ten years`, {
      next: 'Ask for one year after the other.',
    });
  return range;
}

function namedRange(period: string): DateRange {
  const match = /^(\d{4})(?:-(?:(\d\d)|Q([1-4])|H([12])|W(\d\d)))?$/.exec(period);
  if (match) {
    const [, year, month, quarter, half, week] = match;
    if (week !== undefined) return weekRange(year!, Number(week), period);
    const span = month ? 1 : quarter ? 3 : half ? 6 : 12;
    const first = month ? Number(month) - 1 : (Number(quarter ?? half ?? 1) - 1) * span;
    const from = `${year}-${String(first + 1).padStart(2, '0')}-01`;
    const next = first + span;
    const after = `${String(Number(year) + Math.floor(next / 12)).padStart(4, '0')}-${String((next % 12) + 1).padStart(2, '0')}-01`;
    if (isDate(from)) return { from, to: addDays(after, -1) };
  }
  throw periodInvalid(period);
}

function weekRange(year: string, week: number, period: string): DateRange {
  const fourth = `${year}-01-04`;
  const from = addDays(fourth, -weekDays.indexOf(weekDayOf(fourth)) + (week - 1) * 7);
  if (week < 1 || addDays(from, 3).slice(0, 4) !== year) throw periodInvalid(period);
  return { from, to: addDays(from, 6) };
}

function periodInvalid(period: string) {
  return usageError('period-invalid', `"${period}" is no period`, {
    next: 'Write it as 2026, 2026-H2, 2026-Q4, 2026-10 or 2026-W41.',
  });
}

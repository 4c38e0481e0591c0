import { z } from 'zod';
import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { isDate } from './dates.ts';
import type { NoticedDays } from './working-days.ts';

const daySchema = z.object(
  {
    name: z.string('no text'),
    date: z.string('no date').refine(isDate, 'no date'),
    isOffDay: z.boolean('neither true nor false'),
  },
  'not a day with name, date and isOffDay',
);
/** The shape in which the yearly notices are passed around: `{year, days: [{name, date, isOffDay}]}`; other keys are left alone. */
const noticeSchema = z.object(
  {
    year: z.int('no year').min(1949, 'no year').max(9999, 'no year'),
    days: z.array(daySchema, 'not a list of days').max(366, 'more days than a year has'),
  },
  'not the notice of a year',
);

export interface Notice extends NoticedDays {
  year: number;
}

/**
 * What a file says of a year.
 * @throws OaopsError `notice-invalid` (exit 2), `notice-empty` (exit 4): the year is not announced yet
 */
export function parseNotice(file: string, text: string): Notice {
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw usageError('notice-invalid', `${file} is no JSON`, {
      next: 'It holds {"year": 2027, "days": [{"name": ..., "date": ..., "isOffDay": ...}]}.',
      cause: error,
    });
  }
  const parsed = noticeSchema.safeParse(data);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw usageError('notice-invalid', `${file}: ${path.join('.') || 'the file'}: ${message}`, {
      next: 'It holds {"year": 2027, "days": [{"name": ..., "date": ..., "isOffDay": ...}]}.',
    });
  }
  const { year, days } = parsed.data;
  const stray = days.find(({ date }) => !isOfYear(date, year));
  if (stray)
    throw usageError('notice-invalid', `${file}: ${stray.date} is no day of the notice of ${year}`, {
      next: 'A notice speaks of its year and of the December before.',
    });
  // Days of the December before alone would make the whole year known, with no holiday in it.
  if (!days.some(({ date }) => date.startsWith(`${year}-`)))
    throw new OaopsError('notice-empty', `${file} names no days of ${year}: the year is not announced yet`, {
      exitCode: ExitCode.refused,
      next: 'Import it again when the notice is out; until then announce days in "calendar.days" of the configuration.',
    });
  const twice = days.find(({ date, isOffDay }) => days.some((day) => day.date === date && day.isOffDay !== isOffDay));
  if (twice)
    throw usageError('notice-invalid', `${file}: ${twice.date} is both worked and free`, {
      next: 'Look into the notice, and leave the one that it says.',
    });
  const dates = (isOffDay: boolean) => [
    ...new Set(days.filter((day) => day.isOffDay === isOffDay).map(({ date }) => date)),
  ];
  return { year, off: dates(true), work: dates(false) };
}

function isOfYear(date: string, year: number): boolean {
  return date.startsWith(`${year}-`) || date.startsWith(`${year - 1}-12`);
}

import { expect, it } from 'vitest';
import { parseNotice } from '../../src/calendar/notice.ts';
import { workingCalendar } from '../../src/calendar/working-days.ts';

const day = (date: string, isOffDay: boolean) => ({ name: '春节', date, isOffDay });
const parse = (data: unknown) => parseNotice('n.json', typeof data === 'string' ? data : JSON.stringify(data));

it('a notice stands in place of what is built in, and can move days of the December before', () => {
  const { year, off, work } = parse({
    year: 2027,
    $schema: 'https://example.org',
    papers: [],
    days: [day('2026-12-31', false), day('2027-01-01', true), day('2027-01-02', false)],
  });
  expect({ year, off, work }).toEqual({ year: 2027, off: ['2027-01-01'], work: ['2026-12-31', '2027-01-02'] });
  const calendar = workingCalendar('china', [], new Map([[year, { off, work }]]));
  expect(['2026-12-31', '2027-01-01', '2027-01-02', '2027-01-03', '2027-01-04'].map(calendar.isWorkingDay)).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
  expect(calendar.years.at(-1)).toBe(2027);
  // A correction of a year that is built in.
  const corrected = workingCalendar('china', [], new Map([[2026, { off: ['2026-03-02'], work: [] }]]));
  expect(['2026-03-02', '2026-10-01'].map(corrected.isWorkingDay)).toEqual([false, true]);
});

it('a mark of UTF-8 at its beginning is no part of it', () => {
  expect(parse(`\uFEFF${JSON.stringify({ year: 2027, days: [day('2027-01-01', true)] })}`).off).toEqual(['2027-01-01']);
});

it('a day that is named twice counts once', () => {
  expect(parse({ year: 2027, days: [day('2027-01-01', true), day('2027-01-01', true)] }).off).toEqual(['2027-01-01']);
});

it.each([
  [[], 'the file: not the notice of a year'],
  [{ days: [] }, 'year: no year'],
  [{ year: '2027', days: [] }, 'year: no year'],
  [{ year: 2027, days: { '2027-01-01': true } }, 'days: not a list of days'],
  [{ year: 2027, days: ['2027-01-01'] }, 'days.0: not a day with name, date and isOffDay'],
  [{ year: 2027, days: [{ ...day('2027-01-01', true), isOffDay: 1 }] }, 'days.0.isOffDay: neither true nor false'],
  [{ year: 2027, days: Array(367).fill(day('2027-01-01', true)) }, 'days: more days than a year has'],
])('of %j it is told what is wrong', (data, told) => {
  expect(() => parse(data)).toThrow(`n.json: ${told}`);
});

it.each([
  ['half a file', '{"year": 2027, "days": [', 'notice-invalid', 2],
  ['no JSON', 'BEGIN:VCALENDAR', 'notice-invalid', 2],
  ['another shape', { 2027: [] }, 'notice-invalid', 2],
  ['no date', { year: 2027, days: [day('2027-02-30', true)] }, 'notice-invalid', 2],
  ['another year', { year: 2027, days: [day('2026-05-01', true)] }, 'notice-invalid', 2],
  [
    'a day that is both',
    { year: 2027, days: [day('2027-01-01', true), day('2027-01-01', false)] },
    'notice-invalid',
    2,
  ],
  ['days of the December before alone', { year: 2027, days: [day('2026-12-31', true)] }, 'notice-empty', 4],
  ['no days yet', { year: 2027, days: [] }, 'notice-empty', 4],
])('%s is refused', (_, data, code, exitCode) => {
  expect(() => parse(data)).toThrow(
    expect.objectContaining({ code, exitCode, message: expect.stringContaining('n.json') }),
  );
});

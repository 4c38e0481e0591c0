import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayOfEmployment, readDay } from '../../../src/accounts/sources/days.ts';
import { dateOf, dayNumber } from '../../../src/calendar/dates.ts';

const zone = 'Asia/Shanghai';
const seed = Number(process.env['OAOPS_SEED'] ?? Date.now() % 2 ** 31);

test.each([
  ['2026-10-31', '2026-10-31'],
  [' 2026/1/5 ', '2026-01-05'],
  ['2026.10.31', '2026-10-31'],
  ['20261031', '2026-10-31'],
  ['２０２６年１０月３１日', '2026-10-31'],
  ['2026-10-31 00:00:00', '2026-10-31'],
  ['2026/10/31 8:30', '2026-10-31'],
  ['2026-10-31T23:30:00', '2026-10-31'],
  // Midnight in Shanghai, as a database gives it.
  ['2026-10-30T16:00:00.000Z', '2026-10-31'],
  ['2026-10-31T00:30:00+0800', '2026-10-31'],
  ['2026-10-31 00:30:00-05:00', '2026-10-31'],
  ['20261030160000Z', '2026-10-31'],
  ['20261030155959.5Z', '2026-10-30'],
  ['9999-12-31', '9999-12-31'],
  ['', 'none'],
  ['-', 'none'],
  ['至今', 'none'],
  ['0000-00-00', 'none'],
  ['0000-00-00 00:00:00', 'none'],
])('%s is %s', (text, day) => {
  expect(readDay(text, zone)).toBe(day);
});

test.each([
  '2026-02-29',
  '2026-13-01',
  '31.10.2026',
  '10/31/2026',
  '26-10-31',
  '2026-10',
  '20261301',
  '2026-10-31 25:00',
  '2026-10-31 soon',
  '45961',
  'soon',
  '2026-10-31Z',
])('%s is no day', (text) => {
  expect(readDay(text, zone)).toBeUndefined();
});

test('numbers of workbooks, in both systems', () => {
  expect(readDay(1, zone, '1900')).toBe('1900-01-01');
  expect(readDay(59, zone, '1900')).toBe('1900-02-28');
  expect(readDay(60, zone, '1900')).toBeUndefined();
  expect(readDay(61, zone, '1900')).toBe('1900-03-01');
  expect(readDay(46326, zone, '1900')).toBe('2026-10-31');
  expect(readDay(46326.75, zone, '1900')).toBe('2026-10-31');
  expect(readDay(44864, zone, '1904')).toBe('2026-10-31');
  expect(readDay(2_958_465, zone, '1900')).toBe('9999-12-31');
  expect(readDay(0, zone, '1900')).toBe('none');
  expect(readDay(20261031, zone, '1900')).toBe('2026-10-31');
  expect(readDay(-1, zone, '1900')).toBeUndefined();
  // A database has no serial numbers: this may be anything.
  expect(readDay(46326, zone)).toBeUndefined();
});

test('every day is read back from every shape', () => {
  console.log(`days seed: ${seed}`);
  const day = fc.integer({ min: dayNumber('1950-01-01'), max: dayNumber('2199-12-31') });
  fc.assert(
    fc.property(day, (number) => {
      const date = dateOf(number);
      const [year, month, rest] = date.split('-').map(Number);
      const shapes = [
        date,
        date.replaceAll('-', ''),
        `${year}/${month}/${rest}`,
        `${year}年${month}月${rest}日`,
        `${year}.${month}.${rest}`,
      ];
      for (const shape of shapes) expect(readDay(shape, zone)).toBe(date);
      expect(readDay(number - dayNumber('1899-12-30'), zone, '1900')).toBe(date);
      expect(readDay(number - dayNumber('1904-01-01'), zone, '1904')).toBe(date);
    }),
    { seed },
  );
});

test('no text makes it fail or answer with something that is no day', () => {
  console.log(`days seed: ${seed}`);
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(...'0123456789-/.年月日T:Z ') }),
  );
  fc.assert(
    fc.property(text, (written) => {
      const day = readDay(written, zone);
      if (day !== undefined && day !== 'none') expect(dateOf(dayNumber(day))).toBe(day);
    }),
    { seed, numRuns: 500 },
  );
});

test('fillers and days before anybody was employed are no days of employment', () => {
  for (const day of ['0001-01-01', '1753-01-01', '1899-12-30', '1900-01-01', '1970-01-01'])
    expect(dayOfEmployment(day, day)).toBe('none');
  // 2026 in a column of days.
  expect(dayOfEmployment('1905-07-18', 2026)).toBeUndefined();
  expect(dayOfEmployment('2454-09-21', 202_610)).toBeUndefined();
  for (const day of ['1940-01-01', '2026-10-31', '2199-12-31', '9999-12-31', 'none'])
    expect(dayOfEmployment(day, 1)).toBe(day);
  expect(dayOfEmployment('2222-12-31', '2222-12-31')).toBe('2222-12-31');
});

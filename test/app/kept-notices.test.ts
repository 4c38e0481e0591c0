import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { calendarOf } from '../../src/app/calendar.ts';
import { keepNotice, keptNotices, readNotice } from '../../src/app/kept-notices.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-notices-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const notice = { year: 2026, off: ['2026-03-02'], work: [] };
const days = [{ name: '', date: '2026-03-02', isOffDay: true }];
const unreadable = (message: string) =>
  expect.objectContaining({ code: 'calendar-unreadable', exitCode: 4, message: expect.stringContaining(message) });

it('a notice that is kept stands in place of what is built in', () => {
  expect(calendarOf({}, dir).isWorkingDay('2026-03-02')).toBe(true);
  keepNotice(dir, notice);
  expect(calendarOf({}, dir).isWorkingDay('2026-03-02')).toBe(false);
  expect([...keptNotices(dir).values()]).toEqual([notice]);
});

it('a folder of notices that cannot be read is not taken for none', () => {
  writeFileSync(join(dir, 'calendar'), '');
  expect(() => calendarOf({}, dir)).toThrow(unreadable(`the imported notices in ${join(dir, 'calendar')}`));
});

it.each([
  ['half of it', '{"year": 2026,', 'is no JSON'],
  ['no days', JSON.stringify({ year: 2026, days: [] }), 'names no days of 2026'],
  [
    'another year',
    JSON.stringify({ year: 2025, days: [{ name: '', date: '2025-03-03', isOffDay: true }] }),
    'holds the notice of 2025',
  ],
  ['a folder', undefined, 'the imported notice of 2026 cannot be read: EISDIR'],
])('a kept notice that is %s stops, and is not passed over', (_, text, told) => {
  const path = join(dir, 'calendar/china-2026.json');
  mkdirSync(text === undefined ? path : join(dir, 'calendar'), { recursive: true });
  if (text !== undefined) writeFileSync(path, text);
  expect(() => calendarOf({}, dir)).toThrow(unreadable(told));
});

it('what is in the way of keeping one is told, and what was kept before still stands', () => {
  keepNotice(dir, notice);
  mkdirSync(join(dir, 'calendar/china-2027.json'));
  expect(() => keepNotice(dir, { year: 2027, off: ['2027-01-01'], work: [] })).toThrow(
    expect.objectContaining({ code: 'notice-not-kept', exitCode: 1 }),
  );
  expect(readdirSync(join(dir, 'calendar'))).toEqual(['china-2026.json', 'china-2027.json']);
  expect(JSON.parse(readFileSync(join(dir, 'calendar/china-2026.json'), 'utf8'))).toEqual({ year: 2026, days });
  // A file system that says of a folder in it that it does not exist, whatever was made.
  expect(() => keepNotice('/proc/none/state', notice)).toThrow(
    expect.objectContaining({ code: 'state-folder-unwritable' }),
  );
});

it('what never ends, what is too large, a folder and nothing at all are no notice', () => {
  const large = join(dir, 'large.json');
  writeFileSync(large, `${' '.repeat(1_048_576)}${JSON.stringify({ year: 2026, days })}`);
  for (const file of ['/dev/zero', large])
    expect(() => readNotice(file)).toThrow(expect.objectContaining({ code: 'notice-invalid', exitCode: 2 }));
  const refusal = (message: string) => expect.objectContaining({ code: 'file-unreadable', exitCode: 2, message });
  expect(() => readNotice(dir)).toThrow(refusal(`${dir} cannot be read: it is a folder`));
  expect(() => readNotice(join(dir, 'none'))).toThrow(refusal(`there is no file ${join(dir, 'none')}`));
});

import { expect, test } from 'vitest';
import { dateIn, localClock, parseWrittenTime } from '../../src/core/zoned-time.ts';

const utc = (text: string) => Date.parse(text);
const from = (text: string, zone = 'Asia/Shanghai') => parseWrittenTime(text, zone)?.fromMs;

test('a time without a zone is that of the zone given', () => {
  expect(from('2026-11-20T12:00')).toBe(utc('2026-11-20T04:00:00Z'));
  expect(from('2026-11-20 12:00:05')).toBe(utc('2026-11-20T04:00:05Z'));
  expect(from('2026-11-20T12:00', 'America/New_York')).toBe(utc('2026-11-20T17:00:00Z'));
  expect(from('1970-01-01T00:00:00.25', 'UTC')).toBe(250);
});

test('a zone that is written counts', () => {
  expect(from('2026-11-20T12:00Z')).toBe(utc('2026-11-20T12:00:00Z'));
  expect(from('2026-11-20T12:00+08:00', 'UTC')).toBe(utc('2026-11-20T04:00:00Z'));
  expect(from('2026-11-20T12:00-0330', 'UTC')).toBe(utc('2026-11-20T15:30:00Z'));
});

test('a day lasts until its end, a second too, a minute is a moment', () => {
  expect(parseWrittenTime('2026-11-20', 'Asia/Shanghai')).toEqual({
    fromMs: utc('2026-11-19T16:00:00Z'),
    untilMs: utc('2026-11-20T15:59:59.999Z'),
  });
  const second = utc('2026-11-20T04:00:05Z');
  expect(parseWrittenTime('2026-11-20T12:00:05', 'Asia/Shanghai')).toEqual({ fromMs: second, untilMs: second + 999 });
  expect(parseWrittenTime('2026-11-20T12:00', 'UTC')?.untilMs).toBe(utc('2026-11-20T12:00:00Z'));
});

test('the day on which clocks change has 23 or 25 hours; a time that is left out or comes twice has one meaning', () => {
  const zone = 'Europe/Berlin';
  const hours = (day: string) => {
    const { fromMs, untilMs } = parseWrittenTime(day, zone)!;
    return (untilMs + 1 - fromMs) / 3_600_000;
  };
  expect(hours('2026-03-29')).toBe(23);
  expect(hours('2026-10-25')).toBe(25);
  expect(from('2026-10-25T02:30', zone)).toBe(utc('2026-10-25T00:30:00Z'));
  expect(from('2026-03-29T02:30', zone)).toBe(utc('2026-03-29T01:30:00Z'));
});

test.each([
  '',
  'yesterday',
  '2026-13-01',
  '2026-02-30',
  '2026-11-20T24:30',
  '2026-11-20Z',
  '20261120',
  '2026-11-20T12',
])('%s is no time', (text) => {
  expect(parseWrittenTime(text, 'UTC')).toBeUndefined();
});

import { dateIn, localClock, parseWrittenTime } from '../../src/core/zoned-time.ts';
});

import { describe, expect, test } from 'vitest';
import { textOf, timeOf, truthOf, wrong } from '../../../src/accounts/directories/tables/cells.ts';

const utc = (text: string) => Date.parse(`${text}Z`);

describe('times', () => {
  test.each<[unknown, number | undefined | typeof wrong]>([
    // Without an offset: on the clocks of Shanghai.
    ['2026-01-02T03:04:05', utc('2026-01-01T19:04:05')],
    ['2026-01-02 03:04:05.25', utc('2026-01-01T19:04:05')],
    ['2026/1/2 3:04', utc('2026-01-01T19:04:00')],
    ['20260102030405', utc('2026-01-01T19:04:05')],
    ['2026-01-02', utc('2026-01-01T16:00:00')],
    ['20260102', utc('2026-01-01T16:00:00')],
    // Clocks went forward there on that day: the day has 23 hours.
    ['1986-05-04 12:00:00', utc('1986-05-04T03:00:00')],
    ['1986-05-05 12:00:00', utc('1986-05-05T03:00:00')],
    // With one.
    ['2026-01-02T03:04:05Z', utc('2026-01-02T03:04:05')],
    ['2026-01-02 03:04:05+02', utc('2026-01-02T01:04:05')],
    ['2026-01-02 03:04:05 -03:30', utc('2026-01-02T06:34:05')],
    ['20260102030405Z', utc('2026-01-02T03:04:05')],
    ['20260102030405.5+0800', utc('2026-01-01T19:04:05.500')],
    // Numbers.
    [1767323045, utc('2026-01-02T03:04:05')],
    ['1767323045000', utc('2026-01-02T03:04:05')],
    ['134117966450000000', utc('2026-01-02T03:04:05')],
    // None.
    [null, undefined],
    ['', undefined],
    [' ', undefined],
    [0, undefined],
    ['infinity', undefined],
    ['0000-00-00 00:00:00', undefined],
    ['1900-01-01', undefined],
    ['1970-01-01 08:00:00', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    ['116444736000000000', undefined],
    ['1970-01-03 12:00:00', utc('1970-01-03T04:00:00')],
    // No times.
    ['2026-02-30', wrong],
    ['2026-01-02 25:00:00', wrong],
    ['20261301', wrong],
    ['soon', wrong],
    ['31.12.2026', wrong],
    [true, wrong],
    ['9999-99-99', wrong],
  ])('%j', (value, time) => {
    expect(timeOf(value, 'Asia/Shanghai', false)).toBe(time);
  });

  test('a day can mean its last second', () => {
    expect(timeOf('2026-12-31', 'Asia/Shanghai', true)).toBe(utc('2026-12-31T15:59:59'));
    expect(timeOf('1986-05-04', 'Asia/Shanghai', true)).toBe(utc('1986-05-04T14:59:59'));
    expect(timeOf('2026-12-31 00:00', 'Asia/Shanghai', true)).toBe(utc('2026-12-30T16:00:00'));
  });
});

test('truth values', () => {
  expect([true, 1, '1', 't', 'T', 'Y', 'yes', 'TRUE', 'on', '是'].map(truthOf)).toEqual(Array(10).fill(true));
  expect([false, 0, '0', 'f', 'N', 'no', 'off', '否'].map(truthOf)).toEqual(Array(8).fill(false));
  expect([null, undefined, '', ' '].map(truthOf)).toEqual(Array(4).fill(undefined));
  expect([2, 'maybe', -1, 'null', 'constructor'].map(truthOf)).toEqual(Array(5).fill(wrong));
});

test('texts', () => {
  expect([' a ', 5, '', null, false].map(textOf)).toEqual(['a', '5', undefined, undefined, 'false']);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OaopsError } from '../../src/core/errors.ts';
import { formatDuration, formatSize, parseDuration, parseSize, tryParseDuration } from '../../src/core/units.ts';

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['20m', 1_200_000],
    ['72h', 259_200_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['0s', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '30', 's', '-5s', '5 s', '5x', '5s5', 'P1D', '1e3s', '99999999999999999999d'])(
    'refuses %j',
    (text) => {
      expect(tryParseDuration(text)).toBeUndefined();
      expect(() => parseDuration(text)).toThrow(OaopsError);
    },
  );

  test('a sum of units is the sum of its parts', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(50), (d, h, s) => {
        expect(parseDuration(`${d}d${h}h${s}s`)).toBe(
          parseDuration(`${d}d`) + parseDuration(`${h}h`) + parseDuration(`${s}s`),
        );
      }),
      { verbose: true },
    );
  });

  test.each([
    [340, '340 ms'],
    [4200, '4.2 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_380_000, '2 h 03 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('sizes', () => {
  test.each([
    ['512', 512],
    ['512B', 512],
    ['64MiB', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['10 KiB', 10_240],
    ['1KB', 1000],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', 'MiB', '-1B', '1 mib', '1PB', '0x10', '9999999TiB'])('refuses %j', (text) => {
    expect(() => parseSize(text)).toThrow(/is not a size/);
  });

  test('formats', () => {
    expect([0, 1023, 1024, 1_500_000_000].map(formatSize)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.4 GiB']);
  });
});

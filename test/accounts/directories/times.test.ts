import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  anyTimeMs,
  daysMs,
  filetimeMs,
  filetimeOf,
  generalizedTimeMs,
  generalizedTimeOf,
  intervalMs,
  isoTimeMs,
} from '../../../src/accounts/directories/times.ts';

const utc = (text: string) => Date.parse(text);
const anyMs = fc.integer({ min: utc('1970-01-01T00:00:01Z'), max: utc('9999-12-31T23:59:59Z') });
const anySecond = anyMs.map((ms) => Math.floor(ms / 1000) * 1000);
const anyOffset = fc.integer({ min: -14 * 60, max: 14 * 60 });
const pad = (value: number, length = 2) => String(value).padStart(length, '0');
const offsetText = (minutes: number, between: string) =>
  `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}${between}${pad(Math.abs(minutes) % 60)}`;

test('what was written is read again', () => {
  fc.assert(fc.property(anyMs, (ms) => void expect(filetimeMs(filetimeOf(ms))).toBe(ms)));
  fc.assert(fc.property(anySecond, (ms) => void expect(generalizedTimeMs(generalizedTimeOf(ms))).toBe(ms)));
  fc.assert(fc.property(anyMs, (ms) => void expect(isoTimeMs(new Date(ms).toISOString())).toBe(ms)));
});

test('an offset is that of the same moment', () => {
  fc.assert(
    fc.property(anySecond, anyOffset, (ms, minutes) => {
      const there = new Date(ms + minutes * 60_000).toISOString();
      if (!/^\d{4}-/.test(there)) return;
      const compact = there.replace(/[-:T]|\.\d+Z/g, '');
      expect(generalizedTimeMs(`${compact}${offsetText(minutes, '')}`)).toBe(ms);
      expect(isoTimeMs(`${there.slice(0, 19)}${offsetText(minutes, ':')}`)).toBe(ms);
    }),
  );
});

test('no text makes a reader fail, or give what is no moment', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9+Z.,T:-]{1,24}$/));
  fc.assert(
    fc.property(texts, (text) => {
      for (const read of [filetimeMs, generalizedTimeMs, daysMs, isoTimeMs, intervalMs, anyTimeMs]) {
        const ms = read(text);
        if (ms !== undefined) expect(Number.isSafeInteger(ms)).toBe(true);
      }
    }),
  );
});

test.each<[string, (text: string | undefined) => number | undefined, string | undefined, number | undefined]>([
  ['FILETIME', filetimeMs, '133801632000000000', utc('2025-01-01T00:00:00Z')],
  ['FILETIME of 1601', filetimeMs, '0', undefined],
  ['the largest FILETIME', filetimeMs, '9223372036854775807', undefined],
  ['no FILETIME', filetimeMs, undefined, undefined],
  ['a negative FILETIME', filetimeMs, '-1', undefined],
  ['90 days of Active Directory', intervalMs, '-77760000000000', 90 * 86_400_000],
  ['no length', intervalMs, '-9223372036854775808', undefined],
  ['a length of 0', intervalMs, '0', undefined],
  ['a time of an hour', generalizedTimeMs, '2025010108Z', utc('2025-01-01T08:00:00Z')],
  ['half an hour', generalizedTimeMs, '2025010108.5Z', utc('2025-01-01T08:30:00Z')],
  ['half a minute', generalizedTimeMs, '202501010810,5+0800', utc('2025-01-01T00:10:30Z')],
  ['a fraction of a second', generalizedTimeMs, '20250101081030.123456-03', utc('2025-01-01T11:10:30.123Z')],
  ['a leap second', generalizedTimeMs, '20161231235960Z', utc('2017-01-01T00:00:00Z')],
  ['the lock for good of ppolicy', generalizedTimeMs, '000001010000Z', utc('0000-01-01T00:00:00Z')],
  ['a day that is not', generalizedTimeMs, '20250230000000Z', undefined],
  ['a time without a zone', generalizedTimeMs, '20250101000000', undefined],
  ['days', daysMs, '20089', utc('2025-01-01T00:00:00Z')],
  ['no days', daysMs, '', undefined],
  ['days of shadow that mean never', daysMs, '-1', undefined],
  ['a date', isoTimeMs, '2025-01-01', utc('2025-01-01T00:00:00Z')],
  ['a time of PostgreSQL', isoTimeMs, '2025-01-01 08:00:00.5+08', utc('2025-01-01T00:00:00.500Z')],
  ['the 30th of February', isoTimeMs, '2025-02-30', undefined],
  ['any: a date', anyTimeMs, '2025-01-01', utc('2025-01-01T00:00:00Z')],
  ['any: days', anyTimeMs, '20089', utc('2025-01-01T00:00:00Z')],
  ['any: nonsense', anyTimeMs, 'soon', undefined],
])('%s', (_, read, text, ms) => {
  expect(read(text)).toBe(ms);
});

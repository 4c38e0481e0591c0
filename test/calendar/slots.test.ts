import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseSlots, jitterOf, nextSlot, slotsBetween } from '../../src/calendar/slots.ts';

const at = (text: string) => Date.parse(text);
const iso = (slots: readonly number[]) => slots.map((slot) => new Date(slot).toISOString().slice(0, 16));
const between = (expression: string, timeZone: string, from: string, until: string, limit = 100) =>
  iso(slotsBetween({ expression, timeZone }, at(from), at(until), limit));

test('a time that the clock leaves out comes at the end of the gap, once', () => {
  expect(between('30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', '2026-03-09T12:00Z')).toEqual([
    '2026-03-08T07:00',
    '2026-03-09T06:30',
  ]);
  // Here the gap begins at midnight.
  expect(between('30 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00Z', '2018-11-05T12:00Z')).toEqual([
    '2018-11-04T03:00',
    '2018-11-05T02:30',
  ]);
});

test('a time of day that comes twice counts once; hours go on', () => {
  expect(between('30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', '2026-11-02T12:00Z')).toEqual([
    '2026-11-01T05:30',
    '2026-11-02T06:30',
  ]);
  expect(between('0 * * * *', 'America/New_York', '2026-11-01T03:30Z', '2026-11-01T08:00Z')).toEqual([
    '2026-11-01T04:00',
    '2026-11-01T05:00',
    '2026-11-01T06:00',
    '2026-11-01T07:00',
    '2026-11-01T08:00',
  ]);
});

test('after a year off a rule of every minute gives its newest times without counting through', () => {
  expect(between('* * * * *', 'UTC', '2025-01-01T00:00Z', '2026-01-01T00:00Z', 3)).toEqual([
    '2025-12-31T23:58',
    '2025-12-31T23:59',
    '2026-01-01T00:00',
  ]);
  expect(between('0 0 29 2 *', 'UTC', '2019-01-01T00:00Z', '2026-01-01T00:00Z')).toEqual([
    '2020-02-29T00:00',
    '2024-02-29T00:00',
  ]);
});

const zones = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'UTC');
const moments = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-12-31T00:00Z') });

test('a daily rule gives each date of its zone once, whatever the clocks do', () => {
  fc.assert(
    fc.property(zones, fc.nat(23), fc.nat(59), moments, (timeZone, hour, minute, from) => {
      const rule = { expression: `${minute} ${hour} * * *`, timeZone };
      const slots = slotsBetween(rule, from, from + 30 * 86_400_000, 100);
      const date = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
      expect(new Set(slots.map((slot) => date.format(slot))).size).toBe(slots.length);
      expect(slots.length).toBeGreaterThanOrEqual(29);
    }),
    { numRuns: 60, verbose: true },
  );
});

test('looking often finds the same times as looking once, none twice', () => {
  fc.assert(
    fc.property(
      zones,
      fc.constantFrom('*/7 * * * *', '0 * * * *', '30 2 * * *', '15 1-3 * * 0'),
      moments,
      fc.array(fc.integer({ min: 1, max: 6 * 3_600_000 }), { minLength: 1, maxLength: 40 }),
      (timeZone, expression, from, steps) => {
        const rule = { expression, timeZone };
        let last = from;
        let now = from;
        const seen: number[] = [];
        for (const step of steps) {
          now += step;
          const found = slotsBetween(rule, last, now, 10_000);
          seen.push(...found);
          last = found.at(-1) ?? last;
        }
        expect(seen).toEqual(slotsBetween(rule, from, now, 10_000));
        expect(nextSlot(rule, now)).toBeGreaterThan(now);
      },
    ),
    { numRuns: 60, verbose: true },
  );
});

test('catching up: once the last, all of them up to a bound, none when it is late', () => {
  const hour = 3_600_000;
  const slots = Array.from({ length: 30 }, (_, i) => i * hour);
  const now = 29 * hour + 60_000;
  const choose = (catchUp: 'once' | 'all' | 'none', nowMs = now, delayMs = 0) =>
    chooseSlots(slots, { catchUp, nowMs, delayMs });
  expect(choose('once')).toEqual({ run: [29 * hour], skip: slots.slice(0, 29) });
  expect(choose('all')).toEqual({ run: slots.slice(6), skip: slots.slice(0, 6) });
  expect(choose('none')).toEqual({ run: [29 * hour], skip: slots.slice(0, 29) });
  expect(choose('none', now + 30 * 60_000)).toEqual({ run: [], skip: slots });
  // Not due yet: its jitter has not passed, and it is neither run nor left out.
  expect(choose('once', now, 120_000)).toEqual({ run: [28 * hour], skip: slots.slice(0, 28) });
  expect(chooseSlots([], { catchUp: 'once', nowMs: now, delayMs: 0 })).toEqual({ run: [], skip: [] });
});

test('jitter is the same each time, below its bound, and differs between machines', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 86_400_000 }), (seed, jitter) => {
      const delay = jitterOf(seed, jitter);
      expect(delay).toBe(jitterOf(seed, jitter));
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(jitter);
    }),
    { verbose: true },
  );
  expect(new Set(Array.from({ length: 20 }, (_, i) => jitterOf(`host-${i}`, 600_000))).size).toBeGreaterThan(15);
});

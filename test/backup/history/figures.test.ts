import { expect, test } from 'vitest';
import {
  figuresByPeriod,
  figuresOf,
  type PastBackup,
  type PastOutcome,
  rateText,
} from '../../../src/backup/history/figures.ts';

function backup(at: string, outcome: PastOutcome, more: Partial<PastBackup> = {}): PastBackup {
  const figures = { files: 1, bytes: 10, addedBytes: 5, storedBytes: 3, durationMs: 1000 };
  return { at, runbook: 'daily', run: at, outcome, snapshot: null, ...figures, legs: [], message: null, ...more };
}

test('only complete backups are a success; open ones count neither way', () => {
  const figures = figuresOf([
    backup('2026-11-04T02:00:00.000Z', 'ok', { legs: [{ name: 'near', status: 'ok' }] }),
    backup('2026-11-01T02:00:00.000Z', 'ok', { legs: [{ name: 'near', status: 'ok' }] }),
    backup('2026-11-02T02:00:00.000Z', 'incomplete', {
      legs: [
        { name: 'near', status: 'ok' },
        { name: 'far', status: 'failed' },
      ],
    }),
    backup('2026-11-03T02:00:00.000Z', 'interrupted', { addedBytes: null }),
    backup('2026-11-05T02:00:00.000Z', 'open'),
  ]);
  expect(figures).toEqual({
    backups: 4,
    ok: 2,
    incomplete: 1,
    failed: 0,
    interrupted: 1,
    successRate: 0.5,
    lastOk: '2026-11-04T02:00:00.000Z',
    longestGapMs: 3 * 86_400_000,
    addedBytes: 15,
    legs: [
      { name: 'far', ok: 0, failed: 1 },
      { name: 'near', ok: 3, failed: 0 },
    ],
  });
  expect(figuresOf([])).toMatchObject({ backups: 0, successRate: null, lastOk: null, longestGapMs: null });
});

test('months and days are those of the time zone; backups by hand stand last', () => {
  const backups = [
    // 02:30 on the 1st of December in Shanghai.
    backup('2026-11-30T18:30:00.000Z', 'ok'),
    backup('2026-11-30T10:00:00.000Z', 'failed'),
    backup('2026-11-30T11:00:00.000Z', 'ok', { runbook: null }),
  ];
  const shown = (period: 'day' | 'month', zone: string) =>
    figuresByPeriod(backups, period, zone).map(({ period: name, runbook, figures }) => [
      name,
      runbook,
      rateText(figures.successRate),
    ]);
  expect(shown('month', 'Asia/Shanghai')).toEqual([
    ['2026-12', 'daily', '100.0 %'],
    ['2026-11', 'daily', '0.0 %'],
    ['2026-11', null, '100.0 %'],
  ]);
  expect(shown('day', 'UTC')).toEqual([
    ['2026-11-30', 'daily', '50.0 %'],
    ['2026-11-30', null, '100.0 %'],
  ]);
});

test('a rate is rounded down: only what never failed shows as 100 %', () => {
  expect([1, 0.9999, 0.984375, 0.95, 0, null].map(rateText)).toEqual([
    '100.0 %',
    '99.9 %',
    '98.4 %',
    '95.0 %',
    '0.0 %',
    '-',
  ]);
});

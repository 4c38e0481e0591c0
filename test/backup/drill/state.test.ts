import { describe, expect, it } from 'vitest';
import { drillTrends } from '../../../src/app/drills.ts';
import { drillState } from '../../../src/backup/drill/state.ts';
import { sparkline } from '../../../src/core/sparkline.ts';

const nowMs = Date.parse('2026-11-22T12:00:00.000Z');
const day = 86_400_000;

const drillsOf = (...drills: { ageDays: number; verdict: string; sabotage?: string; kind?: string }[]) =>
  drills.map(({ ageDays, ...rest }) => ({
    sabotage: 'none',
    ...rest,
    at: new Date(nowMs - ageDays * day).toISOString(),
  }));

describe('drillState', () => {
  it('never run: nothing, or only what was sabotaged', () => {
    expect(drillState([], nowMs)).toMatchObject({ state: 'never', last: undefined });
    const sabotaged = drillsOf({ ageDays: 1, verdict: 'fail', sabotage: 'flipped-bit' });
    expect(drillState(sabotaged, nowMs)).toMatchObject({ state: 'never', lastSabotage: '2026-11-21T12:00:00.000Z' });
  });

  it('failing, stale, ok', () => {
    const failing = drillsOf({ ageDays: 30, verdict: 'pass' }, { ageDays: 2, verdict: 'fail' });
    expect(drillState(failing, nowMs)).toMatchObject({ state: 'failing', lastPass: '2026-10-23T12:00:00.000Z' });
    expect(drillState(drillsOf({ ageDays: 2, verdict: 'partial' }), nowMs)).toMatchObject({ state: 'failing' });
    expect(drillState(drillsOf({ ageDays: 120, verdict: 'pass' }), nowMs)).toMatchObject({ state: 'stale' });
    expect(drillState(drillsOf({ ageDays: 90, verdict: 'pass' }), nowMs)).toMatchObject({ state: 'ok' });
    const monthly = drillsOf({ ageDays: 90, verdict: 'pass', kind: 'switchover' });
    expect(drillState(monthly, nowMs)).toMatchObject({ state: 'stale' });
    expect(drillState(monthly, nowMs, 100 * day)).toMatchObject({ state: 'ok' });
    // A sabotaged drill that turned red is no failure.
    const proved = drillsOf({ ageDays: 2, verdict: 'pass' }, { ageDays: 1, verdict: 'fail', sabotage: 'missing-pack' });
    expect(drillState(proved, nowMs)).toMatchObject({ state: 'ok' });
  });
});

describe('trend', () => {
  const drill = (verdict: string, rtoMs: number | null, sabotage = 'none') =>
    ({ runbook: 'd', verdict, sabotage, rtoMs, rpoMs: 1000 }) as Parameters<typeof drillTrends>[0][number];

  it('goes from the oldest to the newest without sabotaged drills', () => {
    const newestFirst = [
      drill('pass', 4000),
      drill('fail', null, 'flipped-bit'),
      drill('fail', null),
      drill('pass', 2000),
    ];
    expect(drillTrends(newestFirst)).toMatchObject([
      { runbook: 'd', drills: 3, passed: 2, verdicts: '+x+', rto: { values: [2000, null, 4000], line: '▅·█' } },
    ]);
  });

  it('a sparkline starts at zero and shows the last 40', () => {
    expect(sparkline([0, 50, 100])).toBe('▁▅█');
    expect(sparkline(Array.from({ length: 100 }, () => 1))).toHaveLength(40);
    expect(sparkline([null, 0])).toBe('·▁');
    expect(sparkline([0.1, 0.4])).toBe('▃█');
  });
});

import { describe, expect, it } from 'vitest';
import { drillTrends, sparkline } from '../../../src/app/drills.ts';
import { drillState } from '../../../src/backup/drill/state.ts';
import type { FactStore } from '../../../src/record/types.ts';

const nowMs = Date.parse('2026-11-22T12:00:00.000Z');
const day = 86_400_000;

function factsOf(...drills: { ageDays: number; verdict: string; sabotage?: string; location?: string }[]): FactStore {
  const rows = drills.map(({ ageDays, verdict, sabotage = 'none', location = '/srv/backup' }) => ({
    key: 'restore-drill',
    at: new Date(nowMs - ageDays * day).toISOString(),
    body: { run: 'r', verdict, sabotage, location, reasons: [] },
  }));
  return {
    add: async () => {},
    list: async () => rows.toSorted((a, b) => (a.at < b.at ? 1 : -1)),
  } as unknown as FactStore;
}

describe('drillState', () => {
  it('never run: nothing, or only what was sabotaged', async () => {
    expect(await drillState(factsOf(), nowMs)).toMatchObject({ state: 'never', last: undefined });
    const sabotaged = factsOf({ ageDays: 1, verdict: 'fail', sabotage: 'flipped-bit' });
    expect(await drillState(sabotaged, nowMs)).toMatchObject({
      state: 'never',
      lastSabotage: '2026-11-21T12:00:00.000Z',
    });
  });

  it('failing, stale, ok', async () => {
    const failing = factsOf({ ageDays: 30, verdict: 'pass' }, { ageDays: 2, verdict: 'fail' });
    expect(await drillState(failing, nowMs)).toMatchObject({ state: 'failing', lastPass: '2026-10-23T12:00:00.000Z' });
    expect(await drillState(factsOf({ ageDays: 2, verdict: 'partial' }), nowMs)).toMatchObject({ state: 'failing' });
    expect(await drillState(factsOf({ ageDays: 120, verdict: 'pass' }), nowMs)).toMatchObject({ state: 'stale' });
    expect(await drillState(factsOf({ ageDays: 90, verdict: 'pass' }), nowMs)).toMatchObject({ state: 'ok' });
    const monthly = { cadenceMs: 31 * day };
    expect(await drillState(factsOf({ ageDays: 90, verdict: 'pass' }), nowMs, monthly)).toMatchObject({
      state: 'stale',
    });
    // A sabotaged drill that turned red is no failure.
    const proved = factsOf({ ageDays: 2, verdict: 'pass' }, { ageDays: 1, verdict: 'fail', sabotage: 'missing-pack' });
    expect(await drillState(proved, nowMs)).toMatchObject({ state: 'ok' });
  });

  it('of one leg', async () => {
    const facts = factsOf({ ageDays: 2, verdict: 'pass' }, { ageDays: 3, verdict: 'fail', location: 's3://oa/x' });
    expect(await drillState(facts, nowMs, { location: 's3://oa/x' })).toMatchObject({ state: 'failing' });
    expect(await drillState(facts, nowMs, { location: '/elsewhere' })).toMatchObject({ state: 'never' });
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
  });
});

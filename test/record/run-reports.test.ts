import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, dialects, storeRun } from './suite.ts';

describe.each(dialects)('questions about many runs on %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T00:00:00.000Z`;

  it('gives runs that name procedures in a stretch of time, oldest first', async () => {
    const record = await bench.open(await bench.place());
    expect(await record.reports.firstRunAt()).toBeUndefined();
    expect(await record.reports.counted()).toEqual([]);
    const third = await storeRun(record, { createdAt: day(3), procedures: ['BK-02', 'BK-08'], requester: '王芳' });
    const first = await storeRun(record, { createdAt: day(1) });
    await storeRun(record, { createdAt: day(2), procedures: [] });
    const fifth = await storeRun(record, { createdAt: day(5) });
    await record.runs.setStatus(third, { status: 'ok', at: day(4), exitCode: 0 });
    const ids = async (range?: { since?: string; until?: string }) =>
      (await record.reports.counted(range)).map(({ id }) => id);
    expect(await ids()).toEqual([first, third, fifth]);
    expect(await ids({ since: day(3) })).toEqual([third, fifth]);
    expect(await ids({ since: day(2), until: day(5) })).toEqual([third]);
    const exactly = async (procedures: string[][]) =>
      (await record.reports.counted({ procedures })).map(({ id }) => id);
    expect(await exactly([['BK-02', 'BK-08'], ['IN-01']])).toEqual([third]);
    expect(await exactly([['BK-02']])).toEqual([]);
    expect(await exactly([])).toEqual([]);
    expect(await record.reports.counted({ since: day(3), until: day(4) })).toEqual([
      {
        id: third,
        runbook: 'oa-hotfix',
        procedures: ['BK-02', 'BK-08'],
        status: 'ok',
        requester: '王芳',
        createdAt: day(3),
        endedAt: day(4),
      },
    ]);
    expect(await record.reports.firstRunAt()).toBe(day(1));
  });

  it('gives the last run of each runbook and its procedures, also of those that ended well', async () => {
    const record = await bench.open(await bench.place());
    const well = await storeRun(record, { createdAt: day(1) });
    const failed = await storeRun(record, { createdAt: day(2) });
    const other = await storeRun(record, { createdAt: day(1), runbook: 'oa-hotfix 2' });
    const earlier = await storeRun(record, { createdAt: day(1), procedures: ['UP-05'] });
    await record.runs.setStatus(well, { status: 'ok', at: day(1) });
    await record.runs.setStatus(failed, { status: 'failed', at: day(2) });
    const ids = async (filter?: Parameters<typeof record.reports.lastOfEach>[0]) =>
      (await record.reports.lastOfEach(filter)).map(({ id }) => id).sort();
    expect(await ids()).toEqual([failed, other, earlier].sort());
    expect(await ids({ status: ['ok'] })).toEqual([well]);
    expect(await ids({ until: day(2) })).toEqual([well, other, earlier].sort());
    expect(await ids({ status: ['failed'], until: day(2) })).toEqual([]);
    // Two in the same millisecond: one of them, and always the same.
    const twin = await storeRun(record, { id: '20261130T000000Z-ffffffff', createdAt: day(2) });
    expect(await ids()).toEqual([twin, other, earlier].sort());
    expect(await ids({ status: ['failed'] })).toEqual([failed]);
  });

  it('gives the units that wait, of these runs only', async () => {
    const record = await bench.open(await bench.place());
    const [one, other] = [await storeRun(record), await storeRun(record)];
    const lock = await record.locks.acquire('run', 'test');
    for (const [runId, status] of [
      [one, 'waiting'],
      [one, 'ok'],
      [other, 'waiting'],
    ] as const) {
      const unit = status;
      const seq = await record.runs.intent(
        { runId, step: 'look', unit, target: 'a', attempt: 1, phase: 'do', args: {}, at: day(1) },
        lock.fence,
      );
      await record.runs.result(
        seq,
        { status, result: { next: 'Answer it.' }, message: 'seen?', at: day(1) },
        lock.fence,
      );
    }
    expect(await record.reports.waitingUnits([one])).toMatchObject([
      { runId: one, step: 'look', message: 'seen?', result: { next: 'Answer it.' } },
    ]);
    expect(await record.reports.waitingUnits([one, other])).toHaveLength(2);
    expect(await record.reports.waitingUnits([])).toEqual([]);
    // Asked again, and then answered: only the last row of a unit says how it stands.
    for (const [attempt, status] of [
      [2, 'waiting'],
      [3, 'ok'],
    ] as const) {
      const seq = await record.runs.intent(
        { runId: one, step: 'look', unit: 'waiting', target: 'a', attempt, phase: 'do', args: {}, at: day(2) },
        lock.fence,
      );
      await record.runs.result(seq, { status, result: {}, message: 'again', at: day(2) }, lock.fence);
      expect((await record.reports.waitingUnits([one])).map(({ message }) => message)).toEqual(
        status === 'waiting' ? ['again'] : [],
      );
    }
    await lock.release();
  });
});

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedRecord } from '../../src/record/open.ts';
import type { JournalKey } from '../../src/record/types.ts';
import { Bench, dialects, storeRun, storeUnit } from './suite.ts';

describe.each(dialects)('record on %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  const open = async (): Promise<OpenedRecord> => bench.open(await bench.place());
  const at = '2026-11-22T08:00:00.000Z';

  it('gives back a run and its plan as they were stored', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const id = await storeRun(record, {
      plan: { schemaVersion: '1.0', steps: [{ z: 1, a: '中文 \u0000 \ud800' }], none: null },
    });
    await record.close();

    const again = await bench.open(place);
    expect(await again.runs.get(id)).toMatchObject({
      id,
      status: 'running',
      procedures: ['UP-05', 'UP-06'],
      exitCode: null,
      startedAt: null,
    });
    expect(await again.runs.plan(id)).toEqual({
      schemaVersion: '1.0',
      steps: [{ z: 1, a: '中文 \u0000 \ud800' }],
      none: null,
    });
    expect(again.id).toBe(record.id);
    expect(await again.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
  });

  it('refuses a second run of the same id', async () => {
    const record = await open();
    const id = await storeRun(record);
    await expect(storeRun(record, { id })).rejects.toMatchObject({ code: 'run-exists' });
  });

  it('finds a run by prefix and as the latest', async () => {
    const record = await open();
    await storeRun(record, { id: '20261122T080000Z-aaaa0001', createdAt: '2026-11-22T08:00:00.000Z' });
    await storeRun(record, { id: '20261122T080000Z-aaaa0002', createdAt: '2026-11-22T08:00:05.000Z' });
    await storeRun(record, { id: '20261121T080000Z-bbbb0001', createdAt: '2026-11-21T08:00:00.000Z' });
    expect((await record.runs.resolve('20261121')).id).toBe('20261121T080000Z-bbbb0001');
    expect((await record.runs.resolve('latest')).id).toBe('20261122T080000Z-aaaa0002');
    // By the name of a runbook it is the newest one of it.
    await storeRun(record, {
      id: '20261120T080000Z-cccc0001',
      runbook: 'switchover',
      createdAt: '2026-11-20T08:00:00Z',
    });
    await storeRun(record, {
      id: '20261120T080000Z-cccc0002',
      runbook: 'switchover',
      createdAt: '2026-11-20T09:00:00Z',
    });
    await storeRun(record, {
      id: '20261120T080000Z-cccc0003',
      runbook: 'switchover',
      createdAt: '2026-11-20T08:30:00Z',
    });
    expect((await record.runs.resolve('switchover')).id).toBe('20261120T080000Z-cccc0002');
    await expect(record.runs.resolve('switch')).rejects.toMatchObject({ code: 'run-not-found' });
    await expect(record.runs.resolve('20261122')).rejects.toMatchObject({ code: 'run-ambiguous', exitCode: 2 });
    await expect(record.runs.resolve('2027')).rejects.toMatchObject({ code: 'run-not-found', exitCode: 2 });
    await expect(record.runs.resolve('%')).rejects.toMatchObject({ exitCode: 2 });
  });

  it('lists runs by runbook, procedure, status and time', async () => {
    const record = await open();
    const first = await storeRun(record, { createdAt: '2026-11-01T00:00:00.000Z' });
    const second = await storeRun(record, {
      runbook: 'other',
      procedures: ['UP-5'],
      createdAt: '2026-11-02T00:00:00.000Z',
    });
    await record.runs.setStatus(second, { status: 'failed', at, exitCode: 1 });
    const ids = async (filter: Parameters<typeof record.runs.list>[0]) =>
      (await record.runs.list(filter)).map((run) => run.id);
    expect(await ids({})).toEqual([second, first]);
    expect(await ids({ limit: 1 })).toEqual([second]);
    expect(await ids({ runbook: 'oa-hotfix' })).toEqual([first]);
    expect(await ids({ procedure: 'UP-05' })).toEqual([first]);
    expect(await ids({ procedure: 'UP-5' })).toEqual([second]);
    expect(await ids({ status: ['failed', 'ok'] })).toEqual([second]);
    expect(await ids({ status: [] })).toEqual([]);
    expect(await ids({ since: '2026-11-01T12:00:00.000Z' })).toEqual([second]);
  });

  it('keeps begin, end, exit code and wake-up by status', async () => {
    const record = await open();
    const id = await storeRun(record);
    await record.runs.setStatus(id, { status: 'running', at: '2026-11-22T08:01:00.000Z' });
    await record.runs.setStatus(id, {
      status: 'waiting',
      at: '2026-11-22T08:02:00.000Z',
      exitCode: 6,
      message: 'approval',
      wakeAt: '2026-11-22T11:00:00.000Z',
    });
    expect(await record.runs.get(id)).toMatchObject({
      startedAt: '2026-11-22T08:01:00.000Z',
      endedAt: null,
      exitCode: 6,
      wakeAt: '2026-11-22T11:00:00.000Z',
    });
    expect(await record.runs.dueRuns('2026-11-22T10:59:59.999Z')).toEqual([]);
    expect((await record.runs.dueRuns('2026-11-22T11:00:00.000Z')).map((run) => run.id)).toEqual([id]);
    await record.runs.setStatus(id, { status: 'running', at: '2026-11-22T11:00:01.000Z' });
    expect(await record.runs.get(id)).toMatchObject({
      startedAt: '2026-11-22T08:01:00.000Z',
      exitCode: null,
      message: null,
      wakeAt: null,
    });
    await record.runs.setStatus(id, { status: 'ok', at: '2026-11-22T11:00:02.000Z', exitCode: 0 });
    expect(await record.runs.get(id)).toMatchObject({ status: 'ok', endedAt: '2026-11-22T11:00:02.000Z', exitCode: 0 });
    await expect(record.runs.setStatus('nope', { status: 'ok', at })).rejects.toMatchObject({ code: 'run-not-found' });
  });

  it('journals intent before result, once for each attempt', async () => {
    const record = await open();
    const id = await storeRun(record);
    const lock = await record.locks.acquire(`run:${id}`, 'test');
    const key: JournalKey = { runId: id, step: 'copy', unit: 'a', target: 'a', attempt: 1, phase: 'do' };
    const seq = await record.runs.intent({ ...key, args: { b: 1, a: [true, null] }, at }, lock.fence);
    expect(await record.runs.journal(id)).toMatchObject([
      { seq, status: null, args: { a: [true, null], b: 1 }, endedAt: null },
    ]);
    await expect(record.runs.intent({ ...key, args: {}, at }, lock.fence)).rejects.toMatchObject({
      code: 'journal-attempt-exists',
    });

    const outputs = [{ name: 'do-1.stdout.txt', sha256: 'e'.repeat(64), totalBytes: 3, truncated: false }];
    await record.runs.result(seq, { status: 'unknown', result: null, at }, lock.fence);
    await record.runs.result(
      seq,
      { status: 'failed', result: { exitCode: 2 }, message: 'no\u0000 luck', outputs, at },
      lock.fence,
    );
    expect(await record.runs.journal(id)).toMatchObject([
      { status: 'failed', message: 'no\uFFFD luck', outputs, result: { exitCode: 2 } },
    ]);
    await expect(record.runs.result(seq, { status: 'ok', result: {}, at }, lock.fence)).rejects.toMatchObject({
      code: 'journal-row-closed',
    });
    await expect(record.runs.result(999, { status: 'ok', result: {}, at }, lock.fence)).rejects.toMatchObject({
      code: 'journal-row-missing',
    });
  });

  it('keeps inputs and facts in order', async () => {
    const record = await open();
    const id = await storeRun(record);
    for (const value of ['first', 'second']) {
      await record.runs.addInput({ runId: id, step: 's', unit: 'u', kind: 'answer', by: 'bob', at, body: { value } });
      await record.facts.add('drill', value, at, { value });
    }
    expect((await record.runs.inputs(id)).map((row) => row.body)).toEqual([{ value: 'first' }, { value: 'second' }]);
    expect((await record.facts.list('drill', { newestFirst: true, limit: 1 })).map((fact) => fact.key)).toEqual([
      'second',
    ]);
    expect(await record.facts.list('drill', { key: 'first' })).toEqual([
      { key: 'first', at, body: { value: 'first' } },
    ]);
    expect(await record.facts.list('nothing')).toEqual([]);
  });

  it('stores nothing of a commit whose fence is old', async () => {
    const record = await open();
    const id = await storeRun(record);
    const lock = await record.locks.acquire('run', 'test');
    const seq = await record.runs.intent(
      { runId: id, step: 'a', unit: 'a', target: 'a', attempt: 1, phase: 'do', args: {}, at },
      lock.fence,
    );
    await record.locks.break('run', 'root');
    const head = await record.audit.head();
    const lost = { code: 'fence-lost', exitCode: 11 };
    await expect(record.runs.result(seq, { status: 'ok', result: {}, at }, lock.fence)).rejects.toMatchObject(lost);
    await expect(record.runs.setStatus(id, { status: 'ok', at }, lock.fence)).rejects.toMatchObject(lost);
    await expect(storeUnit(record, id, lock, 'b')).rejects.toMatchObject(lost);
    expect(await record.audit.head()).toEqual(head);
    expect(await record.runs.journal(id)).toMatchObject([{ status: null }]);
  });

  it('gives every process the same record id when a new record is opened by several at once', async () => {
    const place = await bench.place();
    const records = await Promise.all(Array.from({ length: 4 }, () => bench.open(place)));
    expect(new Set(records.map((record) => record.id)).size).toBe(1);
    expect(await records[0]!.audit.verify()).toMatchObject({ rows: 1 });
  });

  const itOfSqlite: typeof it | (() => void) = dialect === 'sqlite' ? it : () => undefined;
  itOfSqlite('keeps the record for its owner alone', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    await storeRun(record);
    expect(statSync(join(place.stateDir, 'record')).mode & 0o777).toBe(0o700);
    for (const suffix of ['', '-wal', '-shm'])
      expect(statSync(join(place.stateDir, `record/record.db${suffix}`)).mode & 0o777).toBe(0o600);
  });
});

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/core/json.ts';
import { backupRecord, exportRecord } from '../../../src/record/maintenance/copy.ts';
import { pruneRecord } from '../../../src/record/maintenance/prune.ts';
import { restoreRecord } from '../../../src/record/maintenance/restore.ts';
import type { OpenedRecord } from '../../../src/record/open.ts';
import { runTopic } from '../../../src/record/run-facts.ts';
import { Bench, dialects, type Place, storeRun, storeUnit } from '../suite.ts';
import { clockAt, recordOptions } from '../suite-options.ts';

async function fill(record: OpenedRecord, endedAt: string): Promise<string> {
  const runId = await storeRun(record);
  const lock = await record.locks.acquire(`run:${runId}`, 'x');
  for (let n = 1; n <= 3; n++) await storeUnit(record, runId, lock, `step-${n}`);
  await record.runs.addInput({ runId, step: 's', unit: 'u', kind: 'answer', by: 'bob', at: endedAt, body: '好' });
  await record.facts.add('drill', runId, endedAt, { rtoMs: 5 });
  await record.runs.setStatus(runId, { status: 'ok', at: endedAt, exitCode: 0 });
  await lock.release();
  return runId;
}

describe.each(dialects)('maintenance of %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  it('prunes finished runs that are old enough, and the chain still fits', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const old = await fill(record, '2026-01-05T00:00:00.000Z');
    const young = await fill(record, '2026-06-05T00:00:00.000Z');
    const open = await storeRun(record, { createdAt: '2025-01-01T00:00:00.000Z' });
    const runsDir = join(place.stateDir, 'runs');
    for (const id of [old, young]) mkdirSync(join(runsDir, id), { recursive: true });
    const options = { before: '2026-03-01', runsDir };

    expect(await pruneRecord(record, { ...options, dryRun: true })).toEqual({ runs: [old], archives: [] });
    expect(await record.runs.get(old)).toBeDefined();
    // Facts of the run go with it; those of another one, and those that outlive runs, stay.
    const kept = [runTopic('20260101T000000Z-00000000', 'inspect.part'), `of ${old}`];
    for (const topic of [runTopic(old, 'inspect.part'), ...kept])
      await record.facts.add(topic, 'web1', '2026-01-01T00:00:00.000Z', { results: [] });
    expect(await pruneRecord(record, { ...options, dryRun: false })).toEqual({ runs: [old], archives: [] });
    expect(await record.facts.list(runTopic(old, 'inspect.part'))).toEqual([]);
    for (const topic of kept) expect(await record.facts.list(topic)).toHaveLength(1);
    expect((await record.runs.list({})).map((run) => run.id).sort()).toEqual([open, young].sort());
    expect(await record.runs.journal(old)).toEqual([]);
    expect([existsSync(join(runsDir, old)), existsSync(join(runsDir, young))]).toEqual([false, true]);
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    await expect(pruneRecord(record, { ...options, before: 'soon', dryRun: true })).rejects.toMatchObject({
      exitCode: 2,
    });
  });

  it('archives sealed segments up to the first run that is still here', async () => {
    const place = await bench.place();
    const record = await bench.open(place, { segmentRows: 6, clock: clockAt('2026-01-06T00:00:00.000Z') });
    await fill(record, '2026-01-05T00:00:00.000Z');
    const early = await record.audit.anchor();
    const kept = await fill(record, '2026-06-05T00:00:00.000Z');
    const late = await record.audit.anchor();
    const archiveDir = join(place.stateDir, 'archive');
    const tomorrow = { before: '2100-01-01', runsDir: join(place.stateDir, 'runs'), archiveDir, dryRun: false };
    const { archives } = await pruneRecord(record, { ...tomorrow, before: '2026-03-01' });
    expect(archives.length).toBeGreaterThan(0);
    for (const archive of archives) {
      const text = readFileSync(archive.file, 'utf8');
      expect(sha256Hex(text)).toBe(archive.sha256);
      expect(text.split('\n').filter(Boolean)).toHaveLength(archive.lastSeq - archive.firstSeq + 1);
      expect(text).not.toContain(kept);
    }
    expect(await record.audit.verify([late])).toMatchObject({ state: 'anchored' });
    // The row it names lies in an archive now: it proves nothing here, but nothing is wrong either.
    expect(await record.audit.verify([{ ...early, seq: 2 }])).toMatchObject({ state: 'consistent-not-anchored' });
    await place.sql(`update journal set result = '{"files":4}' where run_id = '${kept}'`);
    expect(await record.audit.verify()).toMatchObject({ state: 'altered' });
  });

  it('copies while others write, and puts the copy back', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const runId = await fill(record, '2026-01-05T00:00:00.000Z');
    const copy = join(place.stateDir, 'copy');
    const writing = Promise.all(
      Array.from({ length: 20 }, (_, n) => record.facts.add('busy', `k${n}`, '2026-01-06T00:00:00.000Z', n)),
    );
    const made = await backupRecord(record, copy);
    await writing;
    expect(made.form).toBe(dialect === 'sqlite' ? 'sqlite' : 'lines');
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    await expect(backupRecord(record, copy)).rejects.toMatchObject({ code: 'record-copy-exists' });
    await record.facts.add('late', 'lost again', '2026-01-07T00:00:00.000Z', 1);

    const lock = await record.locks.acquire('run', 'still at work');
    await expect(restoreRecord(recordOptions(place), copy, true)).rejects.toMatchObject({
      code: 'record-in-use',
      exitCode: 11,
    });
    await lock.release();
    await record.close();
    await expect(restoreRecord(recordOptions(place), copy, false)).rejects.toMatchObject({
      code: 'record-not-empty',
      exitCode: 4,
    });
    const result = await restoreRecord(recordOptions(place), copy, true);
    expect(result.verdict.state).toBe('consistent-not-anchored');
    if (result.replaced) expect(existsSync(result.replaced)).toBe(true);
    const again = await bench.open(place);
    expect(await again.runs.get(runId)).toMatchObject({ status: 'ok' });
    expect(await again.facts.list('late')).toEqual([]);
    expect(again.id).toBe(record.id);
    expect(await again.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
  });

  it('puts back the fences of locks with the lines of an export, but not their owners', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    for (let n = 1; n <= 3; n++) await (await record.locks.acquire('run', 'x')).release();
    const held = await record.locks.acquire('run', 'at work');
    const copy = join(place.stateDir, 'copy.ndjson');
    await exportRecord(record, copy);
    const other = await bench.place();
    const { verdict } = await restoreRecord(recordOptions(other), copy, true);
    expect(verdict).toMatchObject({ state: 'consistent-not-anchored' });
    const again = await bench.open(other);
    expect(await again.locks.list()).toEqual([]);
    const next = await again.locks.acquire('run', 'y');
    expect(next.fence.fence).toBe(held.fence.fence + 1);
    expect(await again.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    await other.sql(`update locks set fence = ${held.fence.fence}`);
    expect(await again.audit.verify()).toMatchObject({ state: 'altered' });
  });

  it('refuses copies that are cut off, foreign or damaged, and keeps what it has', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    await fill(record, '2026-01-05T00:00:00.000Z');
    const copy = join(place.stateDir, 'copy.ndjson');
    await exportRecord(record, copy);
    const head = await record.audit.head();
    await record.close();
    const text = readFileSync(copy, 'utf8');
    const bad = join(place.stateDir, 'bad');
    for (const content of [
      text.split('\n').slice(0, -2).join('\n'),
      text.slice(0, 400),
      '{"format":"other"}\n',
      '',
      `${text}${text}`,
    ]) {
      writeFileSync(bad, content);
      await expect(restoreRecord(recordOptions(place), bad, true)).rejects.toMatchObject({
        code: 'record-copy-invalid',
      });
    }
    writeFileSync(bad, `SQLite format 3\0${'x'.repeat(5000)}`);
    await expect(restoreRecord(recordOptions(place), bad, true)).rejects.toMatchObject({ code: 'record-copy-invalid' });
    const again = await bench.open(place);
    expect(await again.audit.head()).toEqual(head);
  });
});

describe('moving a record', () => {
  const [sqlite, postgres] = [new Bench('sqlite'), new Bench('postgres')];
  beforeAll(() => postgres.start(), 60_000);
  afterAll(async () => {
    await sqlite.stop();
    await postgres.stop();
  });

  it.runIf(dialects.length === 2)('from SQLite to PostgreSQL and back keeps every row and the chain', async () => {
    const from: Place = await sqlite.place();
    const record = await sqlite.open(from);
    const runId = await fill(record, '2026-01-05T00:00:00.000Z');
    const there = join(from.stateDir, 'there');
    await exportRecord(record, there);
    const shared = await postgres.place();
    expect((await restoreRecord(recordOptions(shared), there, false)).verdict.state).toBe('consistent-not-anchored');
    const moved = await postgres.open(shared);
    expect(await moved.runs.journal(runId)).toEqual(await record.runs.journal(runId));
    const back = join(from.stateDir, 'back');
    await exportRecord(moved, back);
    const last = await sqlite.place();
    expect((await restoreRecord(recordOptions(last), back, false)).verdict.state).toBe('consistent-not-anchored');
    await record.close();
  });
});

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/core/json.ts';
import { exportRecord } from '../../src/record/maintenance/copy.ts';
import { pruneRecord } from '../../src/record/maintenance/prune.ts';
import { restoreRecord } from '../../src/record/maintenance/restore.ts';
import type { OpenedRecord } from '../../src/record/open.ts';
import { Bench, dialects, type Place, storeRun, storeUnit } from './suite.ts';
import { clockAt, recordOptions } from './suite-options.ts';

const at = '2026-01-05T00:00:00.000Z';

async function fill(record: OpenedRecord): Promise<string> {
  const runId = await storeRun(record);
  const lock = await record.locks.acquire(`run:${runId}`, 'x');
  await storeUnit(record, runId, lock);
  await record.facts.add('drill', 'k', at, { rtoMs: 5 });
  await record.runs.setStatus(runId, { status: 'ok', at, exitCode: 0 });
  await lock.release();
  return runId;
}

/** Rows and cells that somebody who may write the database puts there. */
describe.each(dialects)('a record of %s that others wrote to', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  it.each([
    ['the topic of a fact', `update facts set topic = 'other'`],
    ['the key of a fact', `update facts set key = 'other'`],
    ['the time of a fact', `update facts set at = '2030-01-01T00:00:00.000Z'`],
    ['procedures that are no JSON', `update runs set procedures = 'garbage'`],
    ['a result that is no JSON', `update journal set result = '{'`],
  ])('finds %s', async (_what, sql) => {
    const place = await bench.place();
    const record = await bench.open(place);
    await fill(record);
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    await place.sql(sql);
    expect(await record.audit.verify()).toMatchObject({
      state: 'altered',
      message: expect.stringContaining('altered'),
    });
  });

  it('holds facts of the first version to what their rows say', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    await record.database.write(async (tx) => {
      const { sha256Hex } = await import('../../src/core/json.ts');
      const seq = tx.next('fact_seq');
      await tx.db.insertInto('facts').values({ seq, topic: 't', key: 'k', at, body: '1' }).execute();
      await tx.audit({ action: 'fact.added', subject: 't', details: { seq, key: 'k', bodySha256: sha256Hex('1') } });
    });
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    await place.sql(`update facts set key = 'other'`);
    expect(await record.audit.verify()).toMatchObject({ state: 'altered' });
  });

  it('finds a run forged after the first rows were archived', async () => {
    const place = await bench.place();
    const record = await bench.open(place, { segmentRows: 6, clock: clockAt('2026-01-06T00:00:00.000Z') });
    await fill(record);
    const options = {
      runsDir: join(place.stateDir, 'runs'),
      archiveDir: join(place.stateDir, 'archive'),
      dryRun: false,
    };
    const { archives } = await pruneRecord(record, { ...options, before: '2026-03-01' });
    expect(archives.length).toBeGreaterThan(0);
    const kept = await fill(record);
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    await place.sql(
      `insert into journal select 99, run_id, 'forged', unit, target, attempt, phase, status, args, result, message, outputs, started_at, ended_at from journal where run_id = '${kept}'`,
    );
    expect(await record.audit.verify()).toMatchObject({ state: 'altered', message: expect.stringContaining('99') });
  });

  it('finds a run only by the beginning of its id, and by whole names of procedures', async () => {
    const record = await bench.open(await bench.place());
    const runId = await storeRun(record, { procedures: ['UP_05', '50%'] });
    for (const id of ['', '%', '_', "' or 1=1 --", runId.toLowerCase()])
      await expect(record.runs.resolve(id), JSON.stringify(id)).rejects.toMatchObject({ code: 'run-not-found' });
    expect(await record.runs.resolve(runId.slice(0, 5))).toMatchObject({ id: runId });
    for (const procedure of ['UP_05', '50%']) expect(await record.runs.list({ procedure })).toHaveLength(1);
    for (const procedure of ['up_05', 'UP', 'UP%', '%', 'UPx05', "'"])
      expect(await record.runs.list({ procedure }), procedure).toEqual([]);
    for (const runbook of ["x' or '1'='1", '%', 'oa-hotfix%']) expect(await record.runs.list({ runbook })).toEqual([]);
  });

  it('removes nothing but folders of runs when it prunes', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const runId = await fill(record);
    const runsDir = join(place.stateDir, 'runs');
    const precious = join(place.stateDir, 'precious');
    for (const dir of [join(runsDir, runId), precious]) mkdirSync(dir, { recursive: true });
    await place.sql(
      `insert into runs select '../precious', runbook, version, kind, procedures, digest, status, exit_code, message, requester, created_at, started_at, ended_at, wake_at from runs`,
    );
    await pruneRecord(record, { before: '2026-03-01', runsDir, dryRun: false });
    expect(readdirSync(place.stateDir)).toContain('precious');
    expect(readdirSync(runsDir)).toEqual([]);
  });

  it('replaces no archive of another record', async () => {
    const archiveDir = join((await bench.place()).stateDir, 'archive');
    for (let n = 0; n < 2; n++) {
      const place = await bench.place();
      const record = await bench.open(place, { segmentRows: 6, clock: clockAt('2026-01-06T00:00:00.000Z') });
      await fill(record);
      const options = { runsDir: join(place.stateDir, 'runs'), archiveDir, dryRun: false, before: '2026-03-01' };
      expect((await pruneRecord(record, options)).archives.length).toBeGreaterThan(0);
    }
    expect(readdirSync(archiveDir).filter((name) => name.includes('-1-6'))).toHaveLength(2);

    const place = await bench.place();
    const record = await bench.open(place, { segmentRows: 6, clock: clockAt('2026-01-06T00:00:00.000Z') });
    await fill(record);
    writeFileSync(join(archiveDir, `audit-${record.id.slice(0, 8)}-1-6.ndjson`), 'rows of somebody else\n');
    const options = { runsDir: join(place.stateDir, 'runs'), archiveDir, dryRun: false, before: '2026-03-01' };
    await expect(pruneRecord(record, options)).rejects.toMatchObject({ code: 'prune-archive-exists', exitCode: 2 });
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
  });

  it('takes no time without a zone for a border', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    for (const before of ['1', '2026', '2026-01-31T00:00', 'Jan 31 2026', '2026-13-01', ''])
      await expect(
        pruneRecord(record, { before, runsDir: place.stateDir, dryRun: true }),
        before,
      ).rejects.toMatchObject({
        code: 'prune-date-invalid',
      });
    for (const before of ['2026-01-31', '2026-01-31T08:00Z', '2026-01-31T08:00:00.5+08:00'])
      expect(await pruneRecord(record, { before, runsDir: place.stateDir, dryRun: true })).toMatchObject({ runs: [] });
  });

  it('says where a copy cannot be written, and leaves nothing there', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const { backupRecord } = await import('../../src/record/maintenance/copy.ts');
    for (const make of [exportRecord, backupRecord]) {
      await expect(make(record, join(place.stateDir, 'no/such/folder'))).rejects.toMatchObject({
        code: 'record-copy-not-written',
      });
      await expect(make(record, '/dev/full/x')).rejects.toMatchObject({ code: 'record-copy-not-written' });
    }
    expect(readdirSync(place.stateDir).filter((name) => name !== 'record')).toEqual([]);
  });

  it('writes the lines to standard output under the name "-"', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    await fill(record);
    const file = join(place.stateDir, 'lines');
    await exportRecord(record, file);
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    await exportRecord(record, '-', stream);
    expect(Buffer.concat(chunks).toString()).toBe(readFileSync(file, 'utf8'));
  });

  it('refuses lines with hostile rows and keeps what it has', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    await fill(record);
    const file = join(place.stateDir, 'lines');
    await exportRecord(record, file);
    const head = await record.audit.head();
    await record.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const insert = (value: unknown) => [lines[0], canonicalJson(value), ...lines.slice(1)];
    const without = (table: string) => {
      const left = lines.filter((line) => !line.includes(`"table":"${table}"`));
      return [...left.slice(0, -1), canonicalJson({ end: left.length - 2 })];
    };
    const bad = join(place.stateDir, 'bad');
    for (const content of [
      insert({ table: 'runs', row: null }),
      insert({ table: 'runs', row: [] }),
      insert({ table: 'runs', row: {} }),
      insert({ table: 'locks', row: { name: 'x' } }),
      insert({ table: 'facts; drop table runs', row: { x: 1 } }),
      insert({ table: '__proto__', row: { x: 1 } }),
      insert({ table: 'facts', row: { 'seq") values (1); drop table runs; --': 1 } }),
      insert({ table: 'facts', row: { seq: 1.5, topic: 't', key: 'k', at, body: '1' } }),
      insert({ table: 'facts', row: { seq: 1, topic: { a: 1 }, key: 'k', at, body: '1' } }),
      insert({ table: 'facts', row: { seq: 1 } }),
      without('chain_head'),
      without('meta'),
    ]) {
      writeFileSync(bad, `${content.join('\n')}\n`);
      await expect(restoreRecord(recordOptions(place), bad, true), content[1]).rejects.toMatchObject({
        code: 'record-copy-invalid',
        exitCode: 2,
      });
    }
    const again = await bench.open(place);
    expect(await again.audit.head()).toEqual(head);
  });

  it('keeps NUL, half surrogates, emoji and every sort of number', async () => {
    const place: Place = await bench.place();
    const record = await bench.open(place);
    const body = {
      nul: 'a\0b',
      half: '\ud83d',
      emoji: '👩‍🔧 备份',
      __proto__: 1,
      n: [1e21, -0, 1e-7, 0.1, 2 ** 53],
      ü: 1,
      z: 1,
      Z: 1,
    };
    await record.facts.add('t\0', 'k\0\ud83d', at, body);
    expect(await record.facts.list('t\0', { key: 'k\0\ud83d' })).toMatchObject([
      { body: { emoji: body.emoji, nul: 'a\0b' } },
    ]);
    expect(await record.facts.list('t\0')).toHaveLength(1);
    await record.audit.append({ at, actor: 'a\0', action: 'x', subject: '\ud83d', details: body });
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
  });
});

import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recordError } from '../../../src/record/db/errors.ts';
import { migrate } from '../../../src/record/db/migrate.ts';
import { migrations } from '../../../src/record/db/migrations.ts';
import { openPostgres, parseInt8, placeOf } from '../../../src/record/db/postgres.ts';
import { networkFileSystem } from '../../../src/record/db/sqlite.ts';
import { backupRecord, exportRecord } from '../../../src/record/maintenance/copy.ts';
import { restoreRecord } from '../../../src/record/maintenance/restore.ts';
import { Bench, dialects, storeRun } from '../suite.ts';
import { recordOptions } from '../suite-options.ts';

const at = '2026-11-22T08:00:00.000Z';

describe.each(dialects)('opening a record on %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  it('refuses a record of a newer version and leaves it alone', async () => {
    const place = await bench.place();
    await (await bench.open(place)).close();
    await place.sql(`insert into oaops_migration (name, timestamp) values ('9999_future', '${at}')`);
    await expect(bench.open(place)).rejects.toMatchObject({
      code: 'record-newer',
      message: expect.stringContaining('9999_future'),
    });
  });

  it('refuses to migrate while runs are open that the new version cannot finish', async () => {
    const record = await bench.open(await bench.place());
    const open = await storeRun(record, { plan: { schemaVersion: '0.7' } });
    const done = await storeRun(record, { plan: { schemaVersion: '0.6' } });
    await record.runs.setStatus(done, { status: 'ok', at });
    const next = {
      ...migrations(dialect),
      '0002_next': {
        up: async (db: typeof record.database.db) => void (await sql`create table next_table (id integer)`.execute(db)),
      },
    };
    const asked: string[] = [];
    const refuse = (version: string) => asked.push(version) < 0;
    await expect(migrate(record.database.db, next, refuse)).rejects.toMatchObject({
      code: 'record-open-runs',
      message: expect.stringContaining(open),
    });
    expect(asked).toEqual(['0.7']);
    await record.runs.setStatus(open, { status: 'aborted', at });
    await migrate(record.database.db, next, refuse);
    await expect(sql`select * from next_table`.execute(record.database.db)).resolves.toMatchObject({ rows: [] });
  });

  it('undoes a migration that fails as a whole', async () => {
    const record = await bench.open(await bench.place());
    const broken = {
      ...migrations(dialect),
      '0002_broken': {
        up: async (db: typeof record.database.db) => {
          await sql`create table half_made (id integer)`.execute(db);
          throw new Error('stop here');
        },
      },
    };
    await expect(migrate(record.database.db, broken, () => true)).rejects.toMatchObject({
      code: 'record-migration-failed',
    });
    await expect(sql`select * from half_made`.execute(record.database.db)).rejects.toThrow();
    expect(await record.audit.verify()).toMatchObject({ rows: 1 });
  });
});

describe('opening a record on SQLite', () => {
  const bench = new Bench('sqlite');
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  it.each([
    [0x6969, 'NFS'],
    [-11317950, 'CIFS'],
    [0xff534d42, 'CIFS'],
    [0x01021997, '9p'],
  ])('refuses a state folder on a network file system (%i)', async (type, name) => {
    const place = await bench.place();
    await expect(bench.open(place, { fileSystemType: () => type })).rejects.toMatchObject({
      code: 'state-on-network',
      exitCode: 2,
      message: expect.stringContaining(name),
    });
  });

  it('takes local file systems', () => {
    for (const type of [0xef53, 0x58465342, 0x01021994, 0x9123683e, 0x2fc12fc1])
      expect(networkFileSystem(type)).toBeUndefined();
  });

  it('says that a file is damaged, and what to do', async () => {
    const place = await bench.place();
    mkdirSync(join(place.stateDir, 'record'), { mode: 0o700 });
    writeFileSync(
      join(place.stateDir, 'record/record.db'),
      'this is not a database, whatever its name says'.repeat(200),
    );
    await expect(bench.open(place)).rejects.toMatchObject({
      code: 'record-corrupt',
      next: expect.stringContaining('record restore'),
    });
  });

  it('loses nothing when the disk is full, and goes on when there is room again', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(record.database.db);
    await sql.raw(`pragma max_page_count = ${rows[0]!.page_count + 4}`).execute(record.database.db);
    const big = 'x'.repeat(3000);
    let stored = 0;
    const fill = async () => {
      for (; stored < 1000; stored++) await record.facts.add('t', `k${stored}`, at, big);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'record-disk-full', next: expect.stringContaining('intact') });
    expect(await record.facts.list('t')).toHaveLength(stored);
    await sql.raw('pragma max_page_count = 1000000').execute(record.database.db);
    await record.facts.add('t', 'after', at, 1);
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored', rows: stored + 2 });
  });

  it.each([
    ['/proc/oaops', /cannot be made/],
    ['/dev/null', /cannot be made/],
  ])('says at once that %s holds no state', async (stateDir, message) => {
    await expect(bench.open({ stateDir, sql: async () => undefined })).rejects.toMatchObject({
      code: 'record-not-writable',
      message: expect.stringMatching(message),
      next: expect.stringContaining('OAOPS_STATE_DIR'),
    });
  });

  it('begins no new record where one was lost, and takes a copy in its place', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    await storeRun(record);
    const [copy, lines] = [join(place.stateDir, 'copy'), join(place.stateDir, 'lines')];
    await backupRecord(record, copy);
    await exportRecord(record, lines);
    await record.close();
    mkdirSync(join(place.stateDir, 'runs/20260101T000000Z-00000001'), { recursive: true });
    const file = join(place.stateDir, 'record/record.db');
    for (const from of [copy, lines]) {
      truncateSync(file);
      const lost = { code: 'record-emptied', next: expect.stringContaining('record restore') };
      await expect(bench.open(place)).rejects.toMatchObject(lost);
      await restoreRecord(recordOptions(place), from, true);
      const again = await bench.open(place);
      expect(await again.runs.list({})).toHaveLength(1);
      await again.close();
    }
    rmSync(file);
    writeFileSync(`${file}-wal`, 'pages that were not in the file yet');
    await expect(bench.open(place)).rejects.toMatchObject({ code: 'record-emptied' });
    rmSync(`${file}-wal`);
    await expect(bench.open(place)).rejects.toMatchObject({ code: 'record-emptied' });
    // Whoever wants to begin anew moves both folders away; without one of them nothing was lost here.
    rmSync(join(place.stateDir, 'record'), { recursive: true });
    expect(await (await bench.open(place)).runs.list({})).toEqual([]);
  });

  it('puts no copy of a newer version in the place of the record', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const copy = join(place.stateDir, 'copy');
    await backupRecord(record, copy);
    await record.close();
    const { default: Sqlite } = await import('better-sqlite3');
    const db = new Sqlite(copy);
    db.exec(`insert into oaops_migration values ('9999_later', '${at}')`);
    db.close();
    await expect(restoreRecord(recordOptions(place), copy, true)).rejects.toMatchObject({ code: 'record-newer' });
    expect(await (await bench.open(place)).audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
  });

  it.each([
    ['25006', /takes no writes/, /primary/],
    ['42501', /cannot be written/, /record\.url/],
  ])('has a next step for error %s of PostgreSQL', (code, message, next) => {
    expect(recordError(Object.assign(new Error('x'), { code }), 'postgres://h/d')).toMatchObject({
      code: 'record-not-writable',
      message: expect.stringMatching(message),
      next: expect.stringMatching(next),
    });
  });

  it('says when the folder cannot be written', async () => {
    expect(recordError(Object.assign(new Error('x'), { code: 'EACCES' }), '/p')).toMatchObject({
      code: 'record-not-writable',
    });
    expect(recordError(Object.assign(new Error('x'), { code: 'SQLITE_READONLY_DIRECTORY' }), '/p')).toMatchObject({
      code: 'record-not-writable',
    });
  });
});

describe('opening a record on PostgreSQL', () => {
  it('names neither user nor password', () => {
    expect(placeOf('postgres://me:secret@db.example:5433/oaops?password=secret')).toBe(
      'postgres://db.example:5433/oaops',
    );
  });

  it('refuses numbers that would be rounded', () => {
    expect(parseInt8('9007199254740991')).toBe(9007199254740991);
    expect(() => parseInt8('9007199254740993')).toThrow(/too large/);
  });

  it('refuses a URL that is none', () => {
    expect(() => openPostgres('postgres://[')).toThrow(/not valid/);
  });

  it('says that nobody listens, soon', async () => {
    const bench = new Bench('sqlite');
    const place = { ...(await bench.place()), url: 'postgres://oaops@127.0.0.1:1/none' };
    await expect(bench.open(place)).rejects.toMatchObject({
      code: 'record-unreachable',
      message: expect.stringContaining('postgres://127.0.0.1:1/none'),
    });
    await bench.stop();
  }, 40_000);
});

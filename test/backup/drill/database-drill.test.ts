import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DrillRequest, type DrillResult, runDrill } from '../../../src/backup/drill/drill.ts';
import { scratchName } from '../../../src/backup/drill/load/scratch-name.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../helpers/postgres.ts';
import { openDirectoryRepository } from '../../helpers/restoring.ts';
import { runHere } from './run-here.ts';

describe.skipIf(!postgresBin())('drill of databases', () => {
  let dir: string;
  let repo: string;
  let server: PostgresServer;
  let data: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-db-drill-'));
    [data, repo] = [join(dir, 'data'), join(dir, 'repo')];
    mkdirSync(data);
    server = await startPostgres();
    const url = await server.createDatabase();
    server.sql(
      url,
      "create table approvals (id int, note text); insert into approvals select i, '审批 ' || i from generate_series(1, 500) i",
    );
    const bin = postgresBin()!;
    const dump = (format: string, file: string, ...more: string[]) =>
      execFileSync(join(bin, 'pg_dump'), [
        `--format=${format}`,
        ...more,
        `--file=${join(data, file)}`,
        `--dbname=${url}`,
      ]);
    dump('custom', 'oa.dump');
    dump('plain', 'oa.sql', '--no-owner');
    dump('plain', 'named.sql', '--create');
    writeFileSync(join(data, 'broken.dump'), Buffer.concat([Buffer.from('PGDMP'), Buffer.alloc(5000, 7)]));
    const database = new Database(join(data, 'oa.sqlite'));
    database.exec('create table approvals (id integer primary key); insert into approvals values (1), (2), (3);');
    database.close();
    await makeRepositoryIn([repo], 'none');
    expect(await backUp([data], [repo], { state: join(dir, 'state') })).toMatchObject({ exitCode: 0 });
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const access = () => ({ address: server.host, port: server.port, user: server.user, programs: postgresBin()! });
  const postgres = (file: string) => ({ type: 'postgres' as const, id: 'oa', dump: join(data, file), ...access() });
  const drill = (change: Partial<DrillRequest>): Promise<DrillResult> =>
    runDrill(
      () => openDirectoryRepository(repo),
      {
        snapshot: 'latest',
        include: [],
        scratch: join(dir, 'scratch'),
        keep: 'never',
        compare: 'none',
        checks: [],
        rtoMs: 7_200_000,
        rpoMs: 86_400_000,
        sabotage: 'none',
        ...change,
      },
      { clock: systemClock, signal: new AbortController().signal, run: runHere, secret: async (ref) => ref },
    );
  const databases = () =>
    server.sql('postgres://oaops@127.0.0.1/postgres', 'select datname from pg_database order by 1');
  const rows = (equals: number) => ({
    type: 'sql' as const,
    load: 'oa',
    query: 'select count(*) from approvals',
    equals,
  });

  it('loads an archive and a plain dump into a database of its own, asks it, and drops it', async () => {
    const before = databases();
    for (const file of ['oa.dump', 'oa.sql']) {
      const result = await drill({ load: [postgres(file)], checks: [rows(500)] });
      expect(result).toMatchObject({ verdict: 'pass', reasons: [], checks: [{ passed: true }] });
      expect(result.phases.loadMs).toBeGreaterThan(0);
      expect(databases()).toBe(before);
    }
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
  });

  it('is red for a wrong count, a write, a broken dump; nothing is left behind', async () => {
    const before = databases();
    const wrong = await drill({ load: [postgres('oa.dump')], checks: [rows(501)] });
    expect(wrong).toMatchObject({ verdict: 'fail', rtoMs: null });
    expect(wrong.reasons.join()).toContain('gave 500 instead of 501');
    const writing = { type: 'sql' as const, load: 'oa', query: 'insert into approvals values (1) returning 1' };
    expect((await drill({ load: [postgres('oa.dump')], checks: [writing] })).reasons.join()).toContain('read-only');
    const broken = await drill({ load: [postgres('broken.dump')], checks: [rows(500)] });
    expect(broken).toMatchObject({ verdict: 'fail', rtoMs: null });
    expect(broken.reasons.join()).toContain('broken.dump could not be loaded: pg_restore ended with exit code');
    expect(databases()).toBe(before);
  });

  it('does not load a dump that would go to its own database', async () => {
    const result = await drill({ load: [postgres('named.sql')], checks: [rows(500)] });
    expect(result.reasons[0]).toContain('the dump names its own database');
  });

  it('drops what a killed drill of this machine left, and nothing else', async () => {
    const url = 'postgres://oaops@127.0.0.1/postgres';
    const mine = scratchName();
    const dead = mine.replace(/_\d+_(\d+)_/, '_999999_$1_');
    const elsewhere = dead.replace(/^oaops_drill_......_/, 'oaops_drill_000000_');
    for (const name of [mine, dead, elsewhere]) server.sql(url, `create database ${name}`);
    await drill({ load: [postgres('oa.dump')], checks: [rows(500)] });
    const left = databases();
    expect([left.includes(mine), left.includes(dead), left.includes(elsewhere)]).toEqual([true, false, true]);
  });

  it('loads SQLite, and refuses a dump that leads out of the copy', async () => {
    const load = [{ type: 'sqlite' as const, id: 'oa', dump: join(data, 'oa.sqlite') }];
    expect(await drill({ load, checks: [rows(3)] })).toMatchObject({ verdict: 'pass' });
    const gone = [{ type: 'sqlite' as const, id: 'oa', dump: join(data, 'nothing') }];
    expect(await drill({ load: gone, checks: [rows(3)] })).toMatchObject({ verdict: 'fail' });
  });
});

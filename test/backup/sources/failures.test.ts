import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BackupResult } from '../../../src/backup/create/backup-job.ts';
import { makeRepositoryIn } from '../../helpers/backing-up.ts';
import { backUpDumps, dumpDoor, restoredSource, type Secrets } from '../../helpers/dumping.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startHosts, type TestHosts } from '../../helpers/hosts.ts';
import { startMariadb } from '../../helpers/mariadb.ts';
import { needs } from '../../helpers/needs.ts';
import { startPostgres } from '../../helpers/postgres.ts';

describe('dumps that must not count', () => {
  let dir: string;
  let hosts: TestHosts;
  let repo: string;
  let file: string;
  let count = 0;

  beforeEach(needs('sshd', 'psql', 'postgres', 'mariadbd', 'sqlite3'));
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-dumps-'));
    hosts = await startHosts();
    repo = join(dir, 'repo');
    file = join(dir, 'beside.txt');
    writeFileSync(file, 'a file beside the dump\n');
    await makeRepositoryIn([repo], 'none');
  }, 60_000);
  afterAll(async () => {
    await hosts?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const backUp = (sources: Record<string, unknown>[], secrets: Secrets = {}, paths = [file]): Promise<BackupResult> =>
    backUpDumps(sources, [repo], dumpDoor(hosts, secrets), { state: join(dir, 'state'), paths });
  const script = (text: string, more: object = {}) => ({
    type: 'command',
    id: 'oa',
    argv: ['/bin/sh', '-c', text],
    ...more,
  });

  /** Exit 3, one problem of the class, no entry of the dump, and the file beside it is there. */
  async function isFailed(result: BackupResult, message: RegExp, path = '/.oaops-dumps/oa/output'): Promise<void> {
    expect(result.problems).toEqual([{ class: 'dump-failed', path, message: expect.stringMatching(message) }]);
    expect(result.exitCode).toBe(3);
    expect(result.status).toBe('incomplete');
    expect(result.counts.failedDumps).toBe(1);
    const target = join(dir, `failed-${++count}`);
    await restoredSource(repo, target, 'oa');
    expect(existsSync(join(target, '.oaops-dumps'))).toBe(false);
    expect(readFileSync(join(target, file.slice(1)), 'utf8')).toBe('a file beside the dump\n');
  }

  describe.each([
    ['here', {}],
    ['over ssh', { host: 'far' }],
  ])('%s', (_, at) => {
    it('a header and exit code 1', async () => {
      const result = await backUp([script('echo "-- header"; echo "no connection" >&2; exit 1', at)]);
      await isFailed(result, /ended with exit code 1: no connection$/);
    });

    it('exit code 0 and no trailer', async () => {
      const result = await backUp([script('seq 1 100000', { ...at, trailer: '^-- Dump completed' })]);
      await isFailed(result, /cut off: the line that ends it is missing/);
    });

    it('nothing at all', async () => {
      await isFailed(await backUp([script('true', at)]), /is empty$/);
    });

    it('fewer bytes than expected', async () => {
      await isFailed(
        await backUp([script('echo small', { ...at, minBytes: '1kB' })]),
        /6 bytes, and 1000 are expected/,
      );
    });

    it('killed in the middle', async () => {
      await isFailed(await backUp([script('seq 1 100000; kill -9 $$', at)]), /was ended by SIGKILL/);
    });

    it('not in time', async () => {
      await isFailed(await backUp([script('echo begun; sleep 100', { ...at, timeout: '1s' })]), /did not end in time/);
    });

    it('no such program', async () => {
      const result = await backUp([{ type: 'command', id: 'oa', argv: ['no-such-dumper'], ...at }]);
      await isFailed(result, /there is no program "no-such-dumper"/);
    });

    it('no such database file, and none is made', async () => {
      const missing = join(dir, 'missing.sqlite');
      const result = await backUp([{ type: 'sqlite', id: 'oa', file: missing, ...at }]);
      await isFailed(result, /there is no database/, '/.oaops-dumps/oa/missing.sqlite');
      expect(existsSync(missing)).toBe(false);
    });

    it('a database file that is damaged', async () => {
      const broken = join(dir, 'broken.sqlite');
      rmSync(broken, { force: true });
      execFileSync('sqlite3', [
        broken,
        'create table t(a, b); create index i on t(a); insert into t select value, hex(randomblob(500)) from generate_series(1, 3000)',
      ]);
      const bytes = readFileSync(broken);
      bytes.fill(0x41, 40_000, 400_000);
      writeFileSync(broken, bytes);
      const result = await backUp([{ type: 'sqlite', id: 'oa', file: broken, ...at }]);
      await isFailed(result, /integrity_check|malformed|copy of/, '/.oaops-dumps/oa/broken.sqlite');
    });

    it('exit codes that are said to be good are', async () => {
      const result = await backUp([script('echo data; exit 4', { ...at, exitCodes: [0, 4] })]);
      expect(result).toMatchObject({ exitCode: 0, problems: [] });
    });
  });

  it('a full disk where the copy of a database is made', async () => {
    const small = join(dir, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const database = join(dir, 'large.sqlite');
      execFileSync('sqlite3', [
        database,
        'create table t(a); insert into t select hex(randomblob(500)) from generate_series(1, 3000)',
      ]);
      const via = ['env', `TMPDIR=${small}`];
      const result = await backUp([{ type: 'sqlite', id: 'oa', file: database, host: 'far', via }]);
      await isFailed(result, /the copy of .* failed/, '/.oaops-dumps/oa/large.sqlite');
      expect(readdirSync(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it('a connection that is lost in the middle', async () => {
    let seen = 0;
    const running = backUpDumps(
      [script('while :; do echo one-more-row; sleep 0.01; done', { host: 'far' })],
      [repo],
      dumpDoor(hosts),
      {
        state: join(dir, 'state'),
        paths: [file],
        onProgress: ({ bytesDone }) => {
          seen = bytesDone;
        },
      },
    );
    await eventually(() => seen > 50);
    hosts.sshd.dropConnections();
    await isFailed(await running, /connection to far was lost/);
  });

  it('nothing else to back up: no snapshot, exit code 1', async () => {
    await expect(backUp([script('exit 1')], {}, [])).rejects.toMatchObject({ code: 'dumps-failed', exitCode: 1 });
  });

  it('one of two failed: the other one is there, with its description', async () => {
    const result = await backUp([script('exit 1'), { ...script('echo good'), id: 'good' }], {}, []);
    expect(result.exitCode).toBe(3);
    const folder = await restoredSource(repo, join(dir, 'one-of-two'), 'good');
    expect(readdirSync(folder).sort()).toEqual(['output', 'source.json']);
  });

  it('a wrong password, a missing database, a server that is killed while it is dumped (PostgreSQL)', async () => {
    const server = await startPostgres({ withPassword: ['dumper'] });
    try {
      server.sql('postgres://x/postgres', `create role dumper login superuser password 'right-password'`);
      const source = {
        type: 'postgres',
        id: 'oa',
        address: '127.0.0.1',
        port: server.port,
        user: 'dumper',
        password: 'env:PW',
      };
      await isFailed(
        await backUp([source], { PW: 'wrong-password' }),
        /password authentication failed/,
        '/.oaops-dumps/oa',
      );
      const missing = { ...source, databases: ['not_there'], globals: false };
      await isFailed(
        await backUp([missing], { PW: 'right-password' }),
        /database "not_there" does not exist/,
        '/.oaops-dumps/oa/not_there.dump',
      );
      server.sql(
        'postgres://x/postgres',
        'create table big as select i, repeat(md5(i::text), 20) t from generate_series(1, 300000) i',
      );
      let crashed = false;
      const running = backUpDumps(
        [{ ...source, databases: ['postgres'], globals: false }],
        [repo],
        dumpDoor(hosts, { PW: 'right-password' }),
        {
          state: join(dir, 'state'),
          paths: [file],
          onProgress: ({ bytesDone }) => {
            if (!crashed && bytesDone > 0) {
              crashed = true;
              void server.crash();
            }
          },
        },
      );
      await isFailed(
        await running,
        /pg_dump of database postgres ended with exit code 1/,
        '/.oaops-dumps/oa/postgres.dump',
      );
      expect(crashed).toBe(true);
    } finally {
      await server.stop();
    }
  }, 60_000);

  it('a wrong password, a missing database, a server that is killed while it is dumped (MariaDB)', async () => {
    const server = await startMariadb();
    try {
      server.sql(
        `create user dumper@'127.0.0.1' identified by 'right-password'; grant all on *.* to dumper@'127.0.0.1'; create database big`,
      );
      const source = {
        type: 'mysql',
        id: 'oa',
        address: '127.0.0.1',
        port: server.port,
        user: 'dumper',
        password: 'env:PW',
      };
      await isFailed(await backUp([source], { PW: 'wrong-password' }), /Access denied for user/, '/.oaops-dumps/oa');
      const missing = { ...source, databases: ['not_there'] };
      await isFailed(await backUp([missing], { PW: 'right-password' }), /not_there/, '/.oaops-dumps/oa/not_there.sql');
      server.sql(
        `create table t (a varchar(1000)); insert into t select repeat(md5(seq), 30) from seq_1_to_150000`,
        'big',
      );
      let crashed = false;
      const running = backUpDumps(
        [{ ...source, databases: ['big'] }],
        [repo],
        dumpDoor(hosts, { PW: 'right-password' }),
        {
          state: join(dir, 'state'),
          paths: [file],
          onProgress: ({ bytesDone }) => {
            if (!crashed && bytesDone > 200_000) {
              crashed = true;
              void server.crash();
            }
          },
        },
      );
      await isFailed(await running, /dump of database big ended with exit code/, '/.oaops-dumps/oa/big.sql');
      expect(crashed).toBe(true);
    } finally {
      await server.stop();
    }
  }, 90_000);
});

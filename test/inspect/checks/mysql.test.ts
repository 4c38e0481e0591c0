import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { queryDoor } from '../../../src/connectors/sql/sql.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';

const make = (args: Record<string, unknown>) =>
  makeCheck('mysql', args, { doors: { query: async () => queryDoor(), secret: async () => 's3cret' } });
/** What a server that answers with these rows, or these errors, comes to. */
const told = (args: Record<string, unknown>, ...answers: (Record<string, unknown>[] | Error)[]) => {
  const left = [...answers];
  const rows = async () => {
    const next = left.shift() ?? [];
    if (next instanceof Error) throw next;
    return next;
  };
  return makeCheck('mysql', { url: 'mysql://a@b/c', ...args }, { doors: { query: async () => ({ rows }) } });
};
const denied = new OaopsError('query-failed', 'Access denied', {
  details: { code: 'ER_SPECIFIC_ACCESS_DENIED_ERROR' },
});
const unknownWord = new OaopsError('query-failed', 'syntax', { details: { code: 'ER_PARSE_ERROR' } });

describe('answers', () => {
  const mysql8 = {
    Replica_IO_Running: 'Yes',
    Replica_SQL_Running: 'Yes',
    Seconds_Behind_Source: 0,
    Source_Host: 'db1',
  };
  const old = { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: '61', Master_Host: 'db1' };
  test.each([
    [{}, [unknownWord, [mysql8]], 'pass', 'db1 is 0 s behind'],
    [{}, [unknownWord, unknownWord, [old]], 'warn', 'db1 is 61 s behind'],
    [
      {},
      [[{ ...old, Slave_SQL_Running: 'No', Seconds_Behind_Master: null, Last_SQL_Error: 'Duplicate entry' }]],
      'fail',
      'db1: it does not follow (IO Yes, SQL No): Duplicate entry',
    ],
    [
      {},
      [[{ ...old, Slave_IO_Running: 'Connecting', Seconds_Behind_Master: null }]],
      'fail',
      'db1: it does not follow (IO Connecting, SQL Yes)',
    ],
    [{}, [[{ ...old, Seconds_Behind_Master: null }]], 'error', 'nobody knows how far db1 is behind'],
    [
      {},
      [
        [
          { ...mysql8, Channel_Name: 'east' },
          { ...mysql8, Channel_Name: 'west', Seconds_Behind_Source: 601 },
        ],
      ],
      'fail',
      'west is 601 s behind',
    ],
    [{ role: 'primary' }, [[old]], 'fail', 'the server is a replica, and should be a primary'],
    [{}, [[], [{ n: 0 }], [{ n: 0 }]], 'fail', '0 replicas follow, and there should be 1'],
    [{ replicas: 0 }, [[], [{ n: 0 }], [{ n: 0 }]], 'pass', '0 replicas follow'],
    [{}, [denied], 'error', 'the user of the check does not see what others do'],
    [{}, [[], denied], 'error', 'the user of the check does not see what others do'],
    [{}, [unknownWord, unknownWord, unknownWord], 'error', 'syntax'],
  ])('replication %j of %j is %s', async (args, answers, state, message) => {
    expect(await told({ what: 'replication', ...args }, ...answers)).toMatchObject({ state, message });
  });

  test('no row is no figure', async () => {
    for (const what of ['connections', 'cache', 'size'])
      expect((await told({ what, fail: 1 }, [])).state).toBe('error');
  });
});

test('arguments', () => {
  expect(complaints('mysql', { url: 'postgres://a@b/c', what: 'cache' })).toEqual([
    'url: not an address of MySQL or MariaDB',
  ]);
});

describe('MariaDB', () => {
  let primary: MariadbServer;
  let replica: MariadbServer;
  let url: string;
  const sessions: ChildProcess[] = [];
  const session = (statements: string) => {
    const words = ['--no-defaults', `--socket=${primary.socket}`, '--user=root', '--unbuffered', 'oa'];
    const child = spawn('mariadb', words, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin!.write(statements);
    sessions.push(child);
  };
  const of = (server: MariadbServer, args: Record<string, unknown>, user = 'watcher', database = 'oa') =>
    make({ url: `mysql://${user}@127.0.0.1:${server.port}/${database}`, password: 'env:X', ...args });
  beforeEach(needs('mariadbd'));
  beforeAll(async () => {
    if (packagesMissing('mariadbd').length > 0) return;
    [primary, replica] = await Promise.all([startMariadb({ log: 1 }), startMariadb({ log: 2 })]);
    for (const server of [primary, replica])
      server.sql(`set sql_log_bin = 0; create database oa; create table oa.t (n int primary key) engine=innodb; insert into oa.t values (1);
        create user watcher@'127.0.0.1' identified by 's3cret'; grant process, binlog monitor, slave monitor on *.* to watcher@'127.0.0.1';
        grant select on oa.* to watcher@'127.0.0.1'; create user little@'127.0.0.1' identified by 's3cret'; grant usage on *.* to little@'127.0.0.1'`);
    primary.sql(
      `set sql_log_bin = 0; create user follower@'127.0.0.1' identified by 'f0llow'; grant replication slave on *.* to follower@'127.0.0.1'`,
    );
    url = `mysql://watcher@127.0.0.1:${primary.port}/oa`;
  });
  afterAll(async () => {
    for (const child of sessions) child.kill('SIGKILL');
    await Promise.all([primary?.stop(), replica?.stop()]);
  });

  test('figures of a server that is well', async () => {
    expect((await of(primary, { what: 'connections' })).message).toMatch(
      /^\d+ of 151 connections are in use \([\d.]+ %\)$/,
    );
    expect(await of(primary, { what: 'size', warn: 1000 })).toMatchObject({
      state: 'warn',
      message: 'oa has 16.0 KiB',
      measures: [{ name: 'size', value: 16_384, unit: 'B' }],
    });
    expect(['pass', 'warn']).toContain((await of(primary, { what: 'cache' })).state);
    expect(await of(primary, { what: 'queries' })).toMatchObject({
      state: 'pass',
      message: '0 queries run, the oldest for 0 s',
    });
  });

  test('who sees only himself is told what to grant', async () => {
    for (const [what, next] of [
      ['transactions', /PROCESS/],
      ['queries', /PROCESS/],
      ['locks', /PROCESS/],
      ['replication', /REPLICA MONITOR/],
      ['size', /SELECT/],
    ] as const)
      expect(await of(primary, { what, fail: 1 }, 'little', 'information_schema')).toMatchObject({
        state: 'error',
        next: expect.stringMatching(next),
      });
  });

  test('a transaction that waits for another', async () => {
    session('begin; update t set n = 2 where n = 1;\n');
    // The table is a copy that the server makes anew only when nobody has read it for 100 ms.
    const slowly = (check: () => boolean) => eventually(check, 20_000, 250);
    await slowly(() => primary.sql('select count(*) from information_schema.innodb_trx').trim() === '1');
    session('begin; update t set n = 3 where n = 1;\n');
    await slowly(
      () =>
        primary.sql('select count(*) from information_schema.innodb_trx where trx_wait_started is not null').trim() ===
        '1',
    );
    const locks = await of(primary, { what: 'locks' });
    expect(locks.message).toMatch(/^1 sessions wait for a lock, the longest for \d+ s$/);
    expect(locks.details[0]).toMatch(/^id \d+, user root, database oa, Query, \d+ s$/);
    expect((await of(primary, { what: 'transactions', fail: '~:-1' })).state).toBe('fail');
    expect((await of(primary, { what: 'queries' })).message).toMatch(/^1 queries run/);
    for (const child of sessions.splice(0)) child.kill('SIGKILL');
  });

  test('replication from both sides', async () => {
    expect(await of(primary, { what: 'replication' })).toMatchObject({
      state: 'fail',
      message: '0 replicas follow, and there should be 1',
    });
    replica.sql(`change master to master_host='127.0.0.1', master_port=${primary.port}, master_user='follower', master_password='f0llow',
      master_use_gtid=slave_pos; start slave`);
    await eventually(() => /\tYes\tYes\t/.test(replica.sql('show slave status').replaceAll('\n', '\t')));
    expect(await of(replica, { what: 'replication', role: 'replica' })).toMatchObject({
      state: 'pass',
      message: '127.0.0.1 is 0 s behind',
    });
    expect(await of(primary, { what: 'replication', role: 'primary' })).toMatchObject({
      state: 'pass',
      message: '1 replicas follow',
    });
    // What the replica cannot repeat stops it.
    replica.sql('set sql_log_bin = 0; insert into oa.t values (9)');
    primary.sql('insert into oa.t values (9)');
    await eventually(() => replica.sql('show slave status').includes('Duplicate entry'));
    expect(await of(replica, { what: 'replication' })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^127\.0\.0\.1: it does not follow \(IO Yes, SQL No\): .*Duplicate entry/),
    });
  });

  test('a server that is gone', async () => {
    await primary.stop();
    expect(await make({ url, what: 'connections' })).toMatchObject({ state: 'fail' });
  });
});

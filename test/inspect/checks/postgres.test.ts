import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { queryDoor } from '../../../src/connectors/sql/sql.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type PostgresPair, startPostgresPair } from '../../helpers/postgres-pair.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';
import { freePort } from '../../helpers/sshd.ts';

const make = (args: Record<string, unknown>) =>
  makeCheck('postgres', args, { doors: { query: async () => queryDoor() } });
/** What a server that answers with these rows comes to. */
const told = (args: Record<string, unknown>, ...answers: Record<string, unknown>[][]) => {
  const left = [...answers];
  const query = async () => ({ rows: async () => left.shift() ?? [] });
  return makeCheck('postgres', { url: 'postgres://a@b/c', ...args }, { doors: { query } });
};

describe('answers', () => {
  const rights = true;
  test.each([
    [{ what: 'connections' }, { rights, used: 3, most: 100 }, 'pass', '3 of 100 connections are in use (3 %)'],
    [{ what: 'connections' }, { rights, used: 81, most: 97 }, 'warn', '81 of 97 connections are in use (83.5 %)'],
    [
      { what: 'connections', fail: 83 },
      { rights, used: 81, most: 97 },
      'fail',
      '81 of 97 connections are in use (83.5 %)',
    ],
    [
      { what: 'connections' },
      { rights: false, used: 1, most: 97 },
      'error',
      'the user of the check does not see what others do',
    ],
    [{ what: 'connections' }, { rights, used: null, most: 97 }, 'error', 'the database does not tell used'],
    [
      { what: 'connections' },
      { rights, used: 1, most: 0 },
      'error',
      'the database does not tell how many connections it takes',
    ],
    [
      { what: 'transactions' },
      { rights, pid: null, seconds: null },
      'pass',
      '0 transactions are open, the oldest for 0 s',
    ],
    [
      { what: 'transactions' },
      { rights, pid: 7, seconds: '301.26' },
      'warn',
      '1 transactions are open, the oldest for 301.3 s',
    ],
    [{ what: 'transactions' }, { rights, pid: 7, seconds: null }, 'error', 'the database does not tell seconds'],
    [{ what: 'queries' }, { rights: null, pid: null }, 'error', 'the user of the check does not see what others do'],
    [{ what: 'cache' }, { hits: '899', reads: '101' }, 'warn', '89.9 % of what is read comes out of memory'],
    [
      { what: 'cache' },
      { hits: 0, reads: 0 },
      'not-applicable',
      'the database has read nothing since its figures began',
    ],
    [{ what: 'size', fail: 1000 }, { name: 'oa', bytes: 1001 }, 'fail', 'oa has 1001 B'],
    [
      { what: 'wraparound' },
      { name: 'oa', age: 1_900_000_000 },
      'fail',
      'oa has used 88.5 % of the transaction ids until it must be frozen',
    ],
    [
      { what: 'slots' },
      { name: 's', active: false, bytes: 2 * 1024 ** 3 },
      'warn',
      'the slot s holds back 2.0 GiB of WAL',
    ],
  ])('%j of %j is %s', async (args, row, state, message) => {
    expect(await told(args, [row])).toMatchObject({ state, message });
  });

  test('no row is no figure', async () => {
    for (const what of ['connections', 'transactions', 'queries', 'locks', 'cache', 'wraparound', 'replication'])
      expect((await told({ what }, [])).state).toBe('error');
    expect(await told({ what: 'slots' }, [])).toMatchObject({ state: 'not-applicable' });
  });

  const primary = [{ rights, replica: false }];
  const follower = { name: 'walreceiver', address: '10.0.0.2', state: 'streaming', seconds: 0.04, bytes: 100 };
  test.each([
    [{}, [primary, [follower]], 'pass', 'walreceiver 10.0.0.2 is 0 s behind'],
    [{}, [primary, [{ ...follower, seconds: 700 }]], 'fail', 'walreceiver 10.0.0.2 is 700 s behind'],
    [{}, [primary, [{ ...follower, state: 'catchup' }]], 'fail', `walreceiver 10.0.0.2: its state is catchup`],
    [{}, [primary, [{ ...follower, seconds: null }]], 'pass', 'walreceiver 10.0.0.2 is 0 s behind'],
    [
      {},
      [primary, [{ ...follower, seconds: null, bytes: 1e9 }]],
      'error',
      'nobody knows how far walreceiver 10.0.0.2 is behind',
    ],
    [{}, [primary, []], 'fail', '0 replicas follow, and there should be 1'],
    [
      { replicas: 2 },
      [primary, [follower]],
      'fail',
      '1 replicas follow, and there should be 2; walreceiver 10.0.0.2 is 0 s behind',
    ],
    [{ role: 'replica' }, [primary, [follower]], 'fail', 'the server is a primary, and should be a replica'],
    [
      {},
      [[{ rights: false, replica: false }], [follower]],
      'error',
      'the user of the check does not see what others do',
    ],
    [
      {},
      [[{ rights, replica: true }], [{ status: 'streaming', whole: true, seconds: 9000 }]],
      'pass',
      'the replica is 0 s behind',
    ],
    [
      {},
      [[{ rights, replica: true }], [{ status: 'streaming', whole: false, seconds: 61 }]],
      'warn',
      'the replica is 61 s behind',
    ],
    [
      {},
      [[{ rights, replica: true }], [{ status: 'streaming', whole: null, seconds: null }]],
      'error',
      'nobody knows how far the replica is behind',
    ],
    [
      {},
      [[{ rights, replica: true }], [{ status: null, whole: true, seconds: 1 }]],
      'fail',
      'the replica: it receives nothing from its primary',
    ],
  ])('replication %j of %j is %s', async (args, answers, state, message) => {
    expect(await told({ what: 'replication', ...args }, ...answers)).toMatchObject({ state, message });
  });

  test('a server that is away is a failure, one that refuses the login an error', async () => {
    const throwing = (code: string) =>
      makeCheck(
        'postgres',
        { url: 'postgres://a@b/c', what: 'connections' },
        {
          doors: { query: async () => ({ rows: async () => Promise.reject(new OaopsError(code, 'no')) }) },
        },
      );
    expect((await throwing('database-unreachable')).state).toBe('fail');
    expect((await throwing('query-timeout')).state).toBe('fail');
    expect((await throwing('database-refused')).state).toBe('error');
    expect((await throwing('query-failed')).state).toBe('error');
    const port = await freePort();
    expect(await make({ url: `postgres://a@127.0.0.1:${port}/c`, what: 'connections' })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/cannot be reached/),
    });
  });
});

test('arguments', () => {
  expect(complaints('postgres', { url: 'mysql://a@b/c', what: 'cache' })).toEqual([
    'url: not an address of PostgreSQL',
  ]);
  expect(complaints('postgres', { url: 'postgres://a@b/c', what: 'size' })).toEqual([
    'what: a size has no usual limits: write warn or fail',
  ]);
});

describe('a primary and its replica', () => {
  let pair: PostgresPair;
  let primary: string;
  let replica: string;
  const sessions: ChildProcess[] = [];
  /** A session that goes on with these statements until the end of the test. */
  const session = (statements: string) => {
    const words = ['-X', '-q', '-h', '127.0.0.1', '-U', 'postgres', '-p', String(pair.primary.port), '-d', 'postgres'];
    const child = spawn(join(pair.bin, 'psql'), words, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin!.write(statements);
    sessions.push(child);
  };
  beforeEach(needs('postgres', 'psql'));
  beforeAll(async () => {
    if (packagesMissing('postgres', 'psql').length > 0) return;
    pair = await startPostgresPair();
    pair.sql(pair.primary, 'create role watcher login; grant pg_monitor to watcher; create role nobody_at_all login');
    pair.sql(pair.primary, 'create table t (n int primary key); insert into t values (1)');
    primary = `postgres://watcher@127.0.0.1:${pair.primary.port}/postgres`;
    replica = `postgres://watcher@127.0.0.1:${pair.standby.port}/postgres`;
    // The role itself must have come over.
    await eventually(() => pair.sql(pair.standby, `select 1 from pg_roles where rolname = 'watcher'`) === '1');
  });
  afterAll(() => {
    for (const child of sessions) child.kill('SIGKILL');
    pair?.stop();
  });

  test('figures of a server that is well, with no more rights than pg_monitor', async () => {
    for (const url of [primary, replica]) {
      expect((await make({ url, what: 'connections' })).message).toMatch(/^1 of 97 connections are in use \(1 %\)$/);
      expect(await make({ url, what: 'wraparound' })).toMatchObject({ state: 'pass' });
      expect(await make({ url, what: 'queries' })).toMatchObject({
        state: 'pass',
        message: '0 queries run, the oldest for 0 s',
      });
      expect(await make({ url, what: 'slots' })).toMatchObject({ state: 'not-applicable' });
    }
    expect(await make({ url: primary, what: 'size', warn: 1_000_000 })).toMatchObject({
      state: 'warn',
      message: expect.stringMatching(/^postgres has \d+\.\d MiB$/),
    });
    expect(['pass', 'warn']).toContain((await make({ url: primary, what: 'cache' })).state);
  });

  test('who sees only himself is told what to grant', async () => {
    const url = primary.replace('watcher', 'nobody_at_all');
    for (const what of ['connections', 'transactions', 'queries', 'locks', 'replication'])
      expect(await make({ url, what })).toMatchObject({
        state: 'error',
        message: 'the user of the check does not see what others do',
        next: 'Grant it: GRANT pg_monitor TO the user of the check.',
      });
  });

  test('a transaction that waits for another', async () => {
    session('begin; update t set n = 1 where n = 1;\n');
    await eventually(
      () => pair.sql(pair.primary, `select count(*) from pg_stat_activity where state = 'idle in transaction'`) === '1',
    );
    session('update t set n = 1 where n = 1;\n');
    await eventually(
      () => pair.sql(pair.primary, `select count(*) from pg_stat_activity where wait_event_type = 'Lock'`) === '1',
    );
    const locks = await make({ url: primary, what: 'locks', fail: '~:0' });
    expect(locks.message).toMatch(/^1 sessions wait for a lock, the longest for [\d.]+ s$/);
    expect(locks.details[0]).toMatch(/^pid \d+, user postgres, database postgres, active, \d+ s, held up by pid \d+$/);
    // Ages are told in tenths of a second: the older one has to be one.
    await eventually(
      () =>
        pair.sql(
          pair.primary,
          `select count(*) from pg_stat_activity where state = 'idle in transaction' and now() - xact_start > interval '0.2 s'`,
        ) === '1',
    );
    const open = await make({ url: primary, what: 'transactions' });
    expect(open.message).toMatch(/^2 transactions are open, the oldest for [\d.]+ s$/);
    expect(open.measures[0]!.value).toBeGreaterThan(0);
    expect((await make({ url: primary, what: 'queries' })).message).toMatch(/^1 queries run/);
    for (const child of sessions.splice(0)) child.kill('SIGKILL');
  });

  test('a slot that nobody reads', async () => {
    pair.sql(pair.primary, `select pg_create_physical_replication_slot('left', true)`);
    const made = await make({ url: primary, what: 'slots' });
    expect(made).toMatchObject({
      state: 'pass',
      message: expect.stringMatching(/^the slot left holds back .* of WAL$/),
    });
    pair.sql(pair.primary, `select pg_drop_replication_slot('left')`);
  });

  test('replication from both sides, and when the replica is gone', async () => {
    expect(await make({ url: primary, what: 'replication', role: 'primary' })).toMatchObject({
      state: 'pass',
      message: expect.stringMatching(/^walreceiver 127\.0\.0\.1 is [\d.]+ s behind$/),
    });
    expect(await make({ url: replica, what: 'replication', role: 'replica' })).toMatchObject({
      state: 'pass',
      message: expect.stringMatching(/^the replica is [\d.]+ s behind$/),
    });
    expect(await make({ url: replica, what: 'replication', role: 'primary' })).toMatchObject({ state: 'fail' });
    pair.run(pair.primary.stop);
    await eventually(() => pair.sql(pair.standby, 'select count(*) from pg_stat_wal_receiver') === '0');
    expect(await make({ url: replica, what: 'replication' })).toMatchObject({
      state: 'fail',
      message: 'the replica: it receives nothing from its primary',
    });
    pair.run(pair.primary.start);
    pair.run(pair.standby.stop);
    expect(await make({ url: primary, what: 'replication' })).toMatchObject({
      state: 'fail',
      message: '0 replicas follow, and there should be 1',
    });
  });
});

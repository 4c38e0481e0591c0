import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SqlValue } from '../../../src/accounts/ports.ts';
import { statementDoor } from '../../../src/connectors/sql/statements.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';

type Statement = { text: string; parameters?: Record<string, SqlValue>; rows?: number };

let nowMs = 0;
const door = statementDoor(() => nowMs);
const never = new AbortController().signal;
const withParameters = (statements: Statement[]) =>
  statements.map(({ parameters = {}, ...rest }) => ({ ...rest, parameters }));
async function execute(url: string, statements: Statement[], { timeoutMs = 30_000, signal = never } = {}) {
  const session = door.open({ url, timeoutMs });
  try {
    return await session.execute(withParameters(statements), signal);
  } finally {
    session.close();
  }
}
const refusal = (code: string, message: RegExp, exitCode: number) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), exitCode, next: expect.any(String) });

/** `id`: an expression that tells the connection; `lastUsed`: what of it stands in the first row. */
async function keeps(url: string, place: { id: string; lastUsed: () => string; killAll: () => void }) {
  const session = door.open({ url, timeoutMs: 30_000 });
  const mark = { text: `update t_user set n = ${place.id} where id = 1` };
  const used = async () => {
    const [rows] = await session.rows([{ query: `select ${place.id} as id` }, { query: 'select 1 as one' }], never);
    await session.execute(withParameters([mark]), never);
    return [String(rows![0]!['id']), place.lastUsed()];
  };
  try {
    const first = await used();
    expect(first[0]).not.toBe(first[1]);
    expect(await used()).toEqual(first);
    // What the server refuses leaves it as it is.
    await expect(session.execute(withParameters([{ ...mark, rows: 7 }]), never)).rejects.toThrow(/instead of 7/);
    expect(await used()).toEqual(first);
    place.killAll();
    const second = await used();
    expect(second.filter((id) => first.includes(id))).toEqual([]);
    nowMs += 60_001;
    expect((await used()).filter((id) => second.includes(id))).toEqual([]);
  } finally {
    session.close();
  }
}

const hostile = ["'; drop table t_user; --", '\\', "o'neil", '王小明', '"', ':login', '$1 ?', 'a\u0001b', '😀'];

/** What holds in every database. */
function everywhere(place: { url: () => string; dump: () => string; reset: () => void }) {
  const { url, dump, reset } = place;
  beforeEach(() => reset());

  test('rows are handed on as they come, and what does not want them ends the reading', async () => {
    const query = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 900) select i as id, 'x' as t from n order by i`;
    const session = door.open({ url: url(), timeoutMs: 30_000 });
    const request = { url: url(), query, timeoutMs: 30_000 };
    try {
      const kept = await door.rows(request, never);
      expect(kept).toHaveLength(900);
      const one: unknown[] = [];
      expect(await door.rows({ ...request, each: (row) => one.push(row) }, never)).toEqual([]);
      expect(one).toEqual(kept);
      const [first, second]: unknown[][] = [[], []];
      const results = await session.rows(
        [
          { query, each: (row) => first!.push(row) },
          { query: 'select 1 as one' },
          { query, each: (row) => second!.push(row) },
        ],
        never,
      );
      expect(results).toEqual([[], [{ one: 1 }], []]);
      expect([first, second]).toEqual([kept, kept]);
      let seen = 0;
      const refuse = () => {
        if (++seen === 3) throw new OaopsError('directory-key', 'no more of it');
      };
      await expect(session.rows([{ query, each: refuse }], never)).rejects.toThrow('no more of it');
      expect(seen).toBe(3);
      expect(await session.rows([{ query: 'select 1 as one' }], never)).toEqual([[{ one: 1 }]]);
    } finally {
      session.close();
    }
  });

  test.each(hostile)('%j goes beside the statement, and comes back', async (login) => {
    await execute(url(), [
      { text: 'insert into t_user (id, login, n) values (:id, :login, :n);', parameters: { id: 9, login, n: null } },
    ]);
    expect(
      await door.rows(
        {
          url: url(),
          query: `select login, n, ':login' as c from t_user where login = :login -- :x`,
          parameters: { login },
          timeoutMs: 30_000,
        },
        never,
      ),
    ).toEqual([{ login, n: null, c: ':login' }]);
    expect(dump()).toContain('li');
  });

  test('all statements, or none', async () => {
    const before = dump();
    const add = { text: `insert into t_user (id, login) values (7, 'seven')` };
    const off = { text: 'update t_user set n = 0 where login = :login', parameters: { login: 'li' }, rows: 1 };
    await expect(execute(url(), [add, off, { ...off, parameters: { login: 'nobody' } }])).rejects.toThrow(
      refusal('statement-rows', /^statement 3 of 3 would have changed 0 rows instead of 1 /, 1),
    );
    await expect(execute(url(), [{ text: 'update t_user set n = 0', rows: 1 }])).rejects.toThrow(
      refusal('statement-rows', /^the statement would have changed 2 rows instead of 1 /, 1),
    );
    await expect(execute(url(), [add, { text: 'update t_user set nothing = 1' }])).rejects.toThrow(
      refusal('statement-failed', /did not carry out the statement, and nothing was changed: /, 1),
    );
    expect(dump()).toBe(before);
    expect(await execute(url(), [add, off])).toEqual({ rows: [1, 1] });
    // It is so already: the row counts all the same.
    expect(await execute(url(), [off])).toEqual({ rows: [1] });
    expect(dump()).not.toBe(before);
  });

  test.each([
    ['drop table t_user', 'statement-refused', /begins with DROP/],
    ['truncate table t_user', 'statement-refused', /begins with TRUNCATE/],
    ['commit', 'statement-refused', /begins with COMMIT/],
    ['/* x */ create table x (y int)', 'statement-refused', /begins with CREATE/],
    ['update t_user set n = 0; drop table t_user', 'statement-text', /behind the end/],
    ['with x as (select 1) select * from x', 'statement-refused', /only reads/],
    ['update t_user set n = 5 where login = :logn', 'parameter-missing', /no value for the parameter ":logn"$/],
  ])('%s is refused', async (text, code, message) => {
    const before = dump();
    await expect(execute(url(), [{ text, parameters: { login: 'li' } }])).rejects.toThrow(refusal(code, message, 2));
    expect(dump()).toBe(before);
  });

  test('numbers, truth values and nulls stay what they are', async () => {
    await execute(url(), [
      {
        text: 'update t_user set n = :n, big = :big, on_duty = :on, note = :note where id = :id',
        parameters: { n: 7, big: '9007199254740993', on: true, note: '007', id: '1' },
        rows: 1,
      },
    ]);
    const [row] = await door.rows(
      {
        url: url(),
        query: 'select n, big, on_duty, note from t_user where id = :id',
        parameters: { id: '1' },
        timeoutMs: 9000,
      },
      never,
    );
    expect(row).toMatchObject({ n: 7, big: '9007199254740993', note: '007' });
    expect([true, 1]).toContain(row!['on_duty']);
  });

  test('a password is in no message', async () => {
    const failure = await execute(url(), [
      { text: 'insert into t_user (id, login, n) values (1, :password, 0)', parameters: { password: 'S3cret-pass' } },
    ]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'statement-failed' });
    expect(
      JSON.stringify({ ...(failure as object), m: (failure as Error).message, c: (failure as Error).cause }),
    ).not.toContain('S3cret');
  });
}

/** A door in between that lets the client hear nothing any more once it has sent `word`. */
async function cuttingProxy(
  port: number,
  word: string,
  times = Number.POSITIVE_INFINITY,
): Promise<{ port: number; close: () => void }> {
  const { connect } = await import('node:net');
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    let deaf = false;
    client.on('data', (data) => {
      deaf ||= data.toString('latin1').toLowerCase().includes(word) && times-- > 0;
      upstream.write(data);
    });
    upstream.on('data', (data) => (deaf ? client.destroy() : client.write(data)));
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  beforeEach(needs('postgres', 'psql'));
  beforeAll(async () => {
    if (packagesMissing('postgres', 'psql').length > 0) return;
    server = await startPostgres();
    url = await server.createDatabase();
    server.sql(
      url,
      'create table t_user (id int primary key, login text, n int, big int8, on_duty boolean, note text, at timestamptz, day timestamp, j json, l text[])',
    );
  });
  afterAll(async () => server?.stop());
  everywhere({
    url: () => url,
    dump: () => server.sql(url, 'select * from t_user order by id'),
    reset: () =>
      server.sql(url, `delete from t_user; insert into t_user (id, login, n) values (1, 'li', 1), (2, 'wang', 2)`),
  });

  test('exact values can be put back as they were', async () => {
    server.sql(
      url,
      `update t_user set at = '2026-01-02 03:04:05.25+08', day = '2026-01-02 03:04:05', j = '{"b": 9007199254740993,  "a":1}', l = '{a,"b,c",NULL}', on_duty = false where id = 1`,
    );
    const before = server.sql(url, 'select * from t_user where id = 1');
    const [row] = await door.rows(
      { url, query: 'select * from t_user where id = :id', parameters: { id: '1' }, exact: true, timeoutMs: 30_000 },
      never,
    );
    server.sql(url, 'update t_user set at = now(), day = now(), j = null, l = null, on_duty = null where id = 1');
    const columns = ['at', 'day', 'j', 'l', 'on_duty'];
    await execute(url, [
      {
        text: `update t_user set ${columns.map((name) => `${name} = :${name}`).join(', ')} where id = :id`,
        parameters: row as Record<string, SqlValue>,
        rows: 1,
      },
    ]);
    expect(server.sql(url, 'select * from t_user where id = 1')).toBe(before);
  });

  test('connections are kept, and opened again when they were lost or lay idle', async () => {
    const ids = () => server.sql(url, 'select n from t_user where id = 1').trim();
    await keeps(url, {
      id: 'pg_backend_pid()',
      lastUsed: ids,
      killAll: () =>
        server.sql(url, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'oaops'`),
    });
  });

  test('rows that were handed on before the connection was lost do not come a second time', async () => {
    const session = door.open({ url, timeoutMs: 30_000 });
    const numbers: unknown[] = [];
    try {
      await session.rows([{ query: 'select 1' }], never);
      const each = (row: Record<string, unknown>) => {
        if (numbers.push(row['g']) === 1)
          server.sql(url, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'oaops'`);
      };
      await expect(session.rows([{ query: 'select g from generate_series(1, 20000) g', each }], never)).rejects.toThrow(
        /connection|database/,
      );
      expect(numbers).toEqual([...new Set(numbers)]);
      expect(numbers.length).toBeLessThan(20_000);
    } finally {
      session.close();
    }
  });

  test('after a commit without an answer the connection is not used again', async () => {
    const proxy = await cuttingProxy(server.port, 'commit\0', 1);
    const session = door.open({ url: url.replace(`:${server.port}/`, `:${proxy.port}/`), timeoutMs: 30_000 });
    try {
      const mark = withParameters([{ text: 'update t_user set n = pg_backend_pid() where id = 1' }]);
      const id = () => server.sql(url, 'select n from t_user where id = 1').trim();
      await expect(session.execute(mark, never)).rejects.toThrow(refusal('statement-unknown', /./, 1));
      await expect.poll(id).not.toBe('1');
      const first = id();
      await session.execute(mark, never);
      expect(id()).not.toBe(first);
    } finally {
      session.close();
      proxy.close();
    }
  });

  test('a session that is ended in the middle has changed nothing', async () => {
    const before = server.sql(url, 'select * from t_user order by id');
    const waiting = execute(url, [
      { text: 'update t_user set n = 99' },
      { text: 'update t_user set n = 100 where pg_sleep(30) is not null' },
    ]);
    const end = `select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event = 'PgSleep'`;
    const refused = expect(waiting).rejects.toThrow(refusal('database-unreachable', /./, 1));
    await expect.poll(() => server.sql(url, end).trim(), { timeout: 20_000 }).toBe('1');
    await refused;
    expect(server.sql(url, 'select * from t_user order by id')).toBe(before);
  });

  test('a commit without an answer is told as such', async () => {
    const proxy = await cuttingProxy(server.port, 'commit\0');
    try {
      const address = url.replace(`:${server.port}/`, `:${proxy.port}/`);
      await expect(execute(address, [{ text: 'update t_user set n = 5', rows: 2 }])).rejects.toThrow(
        refusal('statement-unknown', /nobody knows whether it was made$/, 1),
      );
    } finally {
      proxy.close();
    }
    await expect.poll(() => server.sql(url, 'select distinct n from t_user').trim()).toBe('5');
  });

  test('what the server refuses at the commit is no riddle', async () => {
    server.sql(url, 'alter table t_user add constraint one unique (n) deferrable initially deferred');
    try {
      await expect(execute(url, [{ text: 'update t_user set n = 5', rows: 2 }])).rejects.toThrow(
        refusal('statement-failed', /duplicate key value violates unique constraint "one"/, 1),
      );
    } finally {
      server.sql(url, 'alter table t_user drop constraint one');
    }
  });

  test('a lock ends it in time; a stop at once', async () => {
    await expect(
      execute(url, [{ text: 'update t_user set n = 8 where pg_sleep(30) is not null' }], { timeoutMs: 300 }),
    ).rejects.toThrow(refusal('statement-timeout', /not carry out the statement in time, and nothing was changed$/, 1));
    const stop = new AbortController();
    const waiting = execute(url, [{ text: 'update t_user set n = 8 where pg_sleep(31) is not null' }], {
      signal: stop.signal,
    });
    const refused = expect(waiting).rejects.toThrow('stopped');
    const running = () =>
      server.sql(url, `select count(*) from pg_stat_activity where query like '%(31)%' and wait_event = 'PgSleep'`);
    await expect.poll(() => running().trim(), { timeout: 20_000 }).toBe('1');
    stop.abort(new Error('stopped'));
    await refused;
    expect(server.sql(url, 'select count(*) from t_user where n = 8').trim()).toBe('0');
  });

  test('a server that only gives is named', async () => {
    server.sql(url, `create role looker login; alter role looker set default_transaction_read_only = on`);
    await expect(execute(url.replace('oaops@', 'looker@'), [{ text: 'update t_user set n = 8' }])).rejects.toThrow(
      refusal('statement-failed', /permission denied for table t_user/, 1),
    );
    await expect(execute('postgres://oaops@127.0.0.1:1/x', [{ text: 'delete from t_user' }])).rejects.toThrow(
      refusal('database-unreachable', /cannot be reached/, 1),
    );
  });
});

describe('MariaDB', () => {
  let server: MariadbServer;
  const url = () => `mysql://oa@127.0.0.1:${server.port}/oa`;
  beforeEach(needs('mariadbd'));
  beforeAll(async () => {
    if (packagesMissing('mariadbd').length > 0) return;
    server = await startMariadb();
    server.sql(`create database oa character set utf8mb4; create user oa@'127.0.0.1'; grant all on oa.* to oa@'127.0.0.1';
      create table oa.t_user (id int primary key, login varchar(50), n int, big bigint, on_duty bit(1), note varchar(20), at timestamp(2) null, day datetime null);
      create table oa.old (id int primary key, n int) engine=MyISAM; insert into oa.old values (1, 1), (2, 1)`);
  });
  afterAll(async () => server?.stop());
  everywhere({
    url,
    dump: () => server.sql('select * from t_user order by id', 'oa'),
    reset: () =>
      server.sql(`delete from t_user; insert into t_user (id, login, n) values (1, 'li', 1), (2, 'wang', 2)`, 'oa'),
  });

  test('exact values can be put back as they were', async () => {
    server.sql(
      `set time_zone = '+08:00'; update t_user set at = '2026-01-02 03:04:05.25', day = '2026-01-02 03:04:05', on_duty = b'0' where id = 1`,
      'oa',
    );
    const before = server.sql('select *, hex(on_duty) from t_user where id = 1', 'oa');
    const [row] = await door.rows(
      {
        url: url(),
        query: 'select * from t_user where id = :id',
        parameters: { id: '1' },
        exact: true,
        timeoutMs: 30_000,
      },
      never,
    );
    expect(row).toMatchObject({ on_duty: 0, at: '2026-01-01 19:04:05.25' });
    server.sql(`update t_user set at = now(), day = null, on_duty = b'1' where id = 1`, 'oa');
    await execute(url(), [
      {
        text: 'update t_user set at = :at, day = :day, on_duty = :on_duty where id = :id',
        parameters: row as Record<string, SqlValue>,
        rows: 1,
      },
    ]);
    expect(server.sql('select *, hex(on_duty) from t_user where id = 1', 'oa')).toBe(before);
  });

  test('what does not fit is not cut', async () => {
    await expect(
      execute(url(), [{ text: 'update t_user set note = :note where id = 1', parameters: { note: 'x'.repeat(21) } }]),
    ).rejects.toThrow(refusal('statement-failed', /Data too long/, 1));
  });

  test('connections are kept, and opened again when they were lost or lay idle', async () => {
    await keeps(url(), {
      id: 'connection_id()',
      lastUsed: () => server.sql('select n from t_user where id = 1', 'oa').trim(),
      killAll: () => {
        for (const id of server
          .sql(`select id from information_schema.processlist where user = 'oa'`)
          .trim()
          .split('\n'))
          server.sql(`kill connection ${id}`);
      },
    });
  });

  test('a connection that is lost while rows come is told at once', async () => {
    const session = door.open({ url: url(), timeoutMs: 600_000 });
    const numbers: unknown[] = [];
    try {
      await session.rows([{ query: 'select 1' }], never);
      const each = (row: Record<string, unknown>) => {
        if (numbers.push(row['seq']) > 1) return;
        for (const id of server.sql(`select id from information_schema.processlist where user = 'oa'`).match(/\d+/g)!)
          server.sql(`kill connection ${id}`);
      };
      const query = `select seq, repeat('x', 600) from seq_1_to_300000`;
      await expect(session.rows([{ query, each }], never)).rejects.toThrow(refusal('database-unreachable', /./, 1));
      expect(numbers).toEqual([...new Set(numbers)]);
      expect(numbers.length).toBeLessThan(300_000);
    } finally {
      session.close();
    }
  });

  test('a table without transactions keeps what it was given, and that is told', async () => {
    const refused = refusal('statement-not-taken-back', /has no transactions/, 1);
    await expect(execute(url(), [{ text: 'update old set n = 2', rows: 1 }])).rejects.toThrow(refused);
    expect(server.sql('select n from old', 'oa')).toBe('2\n2\n');
    const session = door.open({ url: url(), timeoutMs: 500 });
    const update = withParameters([{ text: 'update old set n = 3' }]);
    // The time is over while the rows are looked at.
    await expect(session.execute(update, never, () => new Promise(() => {}))).rejects.toThrow(refused);
    session.close();
    expect(server.sql('select n from old', 'oa')).toBe('3\n3\n');
  });

  test('a session that is ended in the middle has changed nothing; a commit without an answer is told', async () => {
    const before = server.sql('select * from t_user order by id', 'oa');
    const waiting = execute(url(), [
      { text: 'update t_user set n = 99' },
      { text: 'update t_user set n = 100 where sleep(30) = 0' },
    ]);
    const refused = expect(waiting).rejects.toThrow(refusal('database-unreachable', /./, 1));
    const id = () =>
      server.sql(`select id from information_schema.processlist where info like '%sleep(30)%' and user = 'oa'`).trim();
    await expect.poll(id, { timeout: 20_000 }).toMatch(/^\d+$/);
    server.sql(`kill connection ${id()}`);
    await refused;
    expect(server.sql('select * from t_user order by id', 'oa')).toBe(before);

    const proxy = await cuttingProxy(server.port, '\u0003commit');
    try {
      await expect(
        execute(`mysql://oa@127.0.0.1:${proxy.port}/oa`, [{ text: 'update t_user set n = 5', rows: 2 }]),
      ).rejects.toThrow(refusal('statement-unknown', /nobody knows/, 1));
    } finally {
      proxy.close();
    }
    await expect.poll(() => server.sql('select distinct n from t_user', 'oa')).toBe('5\n');
  });
});

describe('SQLite', () => {
  let folder: string;
  let database: SqliteDatabase.Database;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops-sqlite-'));
    database = new SqliteDatabase(join(folder, 'oa.db'));
    database.exec('create table t_user (id integer primary key, login text, n, big integer, on_duty integer, note)');
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = () => `sqlite:${join(folder, 'oa.db')}`;
  const dump = () =>
    JSON.stringify(database.prepare('select *, typeof(n), typeof(note) from t_user order by id').all());
  everywhere({
    url,
    dump,
    reset: () =>
      database.exec(`delete from t_user; insert into t_user (id, login, n) values (1, 'li', 1), (2, 'wang', 2)`),
  });

  test('a whole number is no fraction, and a writer that holds the file is waited for', async () => {
    await execute(url(), [{ text: 'update t_user set n = :n where id = 1', parameters: { n: 3 } }]);
    expect(dump()).toContain('"typeof(n)":"integer"');
    expect(await execute(url(), [{ text: 'update t_user set n = 4 where id < 3 returning id', rows: 2 }])).toEqual({
      rows: [2],
    });
    database.exec('begin immediate');
    await expect(execute(url(), [{ text: 'update t_user set n = 5' }], { timeoutMs: 200 })).rejects.toThrow(
      refusal('statement-failed', /database is locked/, 1),
    );
    database.exec('rollback');
    await expect(execute(`sqlite:${folder}/none.db`, [{ text: 'delete from t_user' }])).rejects.toThrow(
      refusal('database-unreachable', /./, 1),
    );
  });
});

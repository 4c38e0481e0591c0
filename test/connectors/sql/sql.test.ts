import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { queryDoor } from '../../../src/connectors/sql/sql.ts';
import type { QueryDoor } from '../../../src/rollout/ports.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import { freePort } from '../../helpers/sshd.ts';

type Request = Parameters<QueryDoor['rows']>[0];

const rows = (request: Partial<Request> & { url: string }, signal = new AbortController().signal) =>
  queryDoor({ maxRows: 20_000 }).rows(
    { query: 'select id from people order by id', timeoutMs: 30_000, ...request },
    signal,
  );
const refusal = (code: string, message: RegExp, exitCode: number) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), exitCode, next: expect.any(String) });
const odd = ['王小明', "o'neil", '$(touch x)', 'a\nb', '"q" \\', '😀', ' lead'];

let folder: string;
let folderFile: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-sql-'));
  folderFile = join(folder, 'oa.db');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let reader: string;
  beforeEach(needs('postgres', 'psql'));
  beforeAll(async () => {
    if (packagesMissing('postgres', 'psql').length > 0) return;
    server = await startPostgres({ withPassword: ['reader'] });
    url = await server.createDatabase();
    reader = url.replace('oaops@', 'reader@');
    server.sql(
      url,
      `create role reader login password 'p"w $1 s3cret'; create sequence s; create table people (id text, n int8, at timestamptz);
       insert into people values ${odd.map((id) => `($odd$${id}$odd$, 9007199254740993, '2026-01-02 03:04:05.25+08')`).join(',')};
       grant select on people to reader; create function wipe() returns text language sql as $f$ delete from people returning id $f$`,
    );
  });
  afterAll(async () => server?.stop());

  test('values arrive unchanged and as plain data', async () => {
    expect((await rows({ url })).map(({ id }) => id)).toEqual(odd.toSorted());
    expect(
      await rows({
        url,
        query: `select id as "所属", n, at, at at time zone 'UTC' as "local", at::date as day, 1.5::float8 as f, 'NaN'::float8 as nan, 1.10::numeric as d,
          true as t, null as nothing, '{"a":[1]}'::jsonb as j, array['a','b,c'] as l, 'infinity'::timestamptz as ever from people where id = $1; -- end`,
        parameters: ["o'neil"],
      }),
    ).toEqual([
      {
        所属: "o'neil",
        n: '9007199254740993',
        at: '2026-01-01T19:04:05.25Z',
        local: '2026-01-01T19:04:05.25',
        day: '2026-01-01',
        f: 1.5,
        nan: 'NaN',
        d: '1.10',
        t: true,
        nothing: null,
        j: { a: [1] },
        l: ['a', 'b,c'],
        ever: 'infinity',
      },
    ]);
  });

  test('all rows come, however many', async () => {
    expect(await rows({ url, query: 'select 1 as one from people where false' })).toEqual([]);
    const found = await rows({ url, query: 'select i from generate_series(1, 10000) i' });
    expect(found.map(({ i }) => i)).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
    await expect(rows({ url, query: 'select i from generate_series(1, 30000) i' })).rejects.toThrow(
      refusal('query-too-large', /gives more than 20000 rows$/, 2),
    );
  });

  test.each([
    ['delete from people', 'query-failed'],
    ['with gone as (delete from people returning id) select * from gone', 'query-failed'],
    ['select 1; delete from people', 'query-failed'],
    ['select 1; commit; delete from people', 'query-failed'],
    ['select wipe()', 'query-writes'],
    [`select nextval('s')`, 'query-writes'],
    [`select set_config('transaction_read_only', 'off', false), wipe()`, 'query-failed'],
  ])('%s changes nothing', async (query, code) => {
    await expect(rows({ url, query })).rejects.toThrow(expect.objectContaining({ code }));
    expect(server.sql(url, 'select count(*) from people').trim()).toBe(String(odd.length));
    expect(server.sql(url, 'select is_called from s').trim()).toBe('f');
  });

  test('what the query cannot give is an error', async () => {
    await expect(rows({ url, query: 'select id, id from people' })).rejects.toThrow(
      refusal('query-columns', /^the query gives the column "id" twice$/, 2),
    );
    await expect(rows({ url, query: `select 'a'::bytea as photo` })).rejects.toThrow(
      refusal('query-value', /^column "photo" of row 1 holds bytes$/, 2),
    );
    await expect(rows({ url, query: 'select nothing from people' })).rejects.toThrow(
      refusal('query-failed', /did not answer the query: column "nothing" does not exist$/, 1),
    );
    await expect(rows({ url, query: 'select pg_sleep(30)', timeoutMs: 300 })).rejects.toThrow(
      refusal('query-timeout', /did not answer in time$/, 1),
    );
  });

  test('a stop does not wait for the server', async () => {
    const stop = new AbortController();
    const searching = rows({ url, query: 'select pg_sleep(40)' }, stop.signal);
    const running = () => server.sql(url, `select count(*) from pg_stat_activity where wait_event = 'PgSleep'`).trim();
    await expect.poll(running, { timeout: 20_000 }).toBe('1');
    stop.abort(new Error('stopped'));
    await expect(searching).rejects.toThrow('stopped');
  });

  test('the password is that of the request and no other', async () => {
    const password = 'p"w $1 s3cret';
    expect(await rows({ url: reader, password })).toHaveLength(odd.length);
    const before = { ...process.env };
    process.env['PGPASSWORD'] = password;
    try {
      await expect(rows({ url: reader })).rejects.toThrow(refusal('database-refused', /refused the login: /, 2));
    } finally {
      process.env = before;
    }
    await expect(rows({ url: reader, password: 'wrong-s3cret' })).rejects.toThrow(
      refusal('database-refused', /refused the login: password authentication failed for user "reader"$/, 2),
    );
    await expect(rows({ url: `${url}x` })).rejects.toThrow(
      refusal('database-missing', /^there is no database postgres:/, 2),
    );
    await expect(rows({ url: `${url}?sslmode=require` })).rejects.toThrow(
      refusal('database-tls', /^no encrypted connection with the database /, 1),
    );
  });
});

describe('MariaDB', () => {
  let server: MariadbServer;
  let url: string;
  beforeEach(needs('mariadbd'));
  beforeAll(async () => {
    if (packagesMissing('mariadbd').length > 0) return;
    server = await startMariadb();
    url = `mysql://reader@127.0.0.1:${server.port}/oa`;
    server.sql(
      `create database oa character set utf8mb4; create user reader@'%' identified by 'p"w $1 s3cret'; grant all on oa.* to reader@'%';
       create table oa.people (id varchar(50), n bigint, at timestamp null, day date, d decimal(5,2), seen datetime(3), t tinyint(1), photo blob) engine=innodb;
       create table oa.old (id int) engine=myisam; insert into oa.old values (1);
       set time_zone = '+08:00';
       insert into oa.people values ${odd.map((id) => `('${id.replaceAll('\\', '\\\\').replaceAll("'", "''")}', 9007199254740993, '2026-01-02 03:04:05', '2026-01-02', 1.10, '2026-01-02 03:04:05.250', 1, 'x')`).join(',')};`,
    );
  }, 120_000);
  afterAll(async () => server?.stop());
  const query = (sql: string, more: Partial<Request> = {}) =>
    rows({ url, password: 'p"w $1 s3cret', query: sql, ...more });

  test('values arrive unchanged and as plain data', async () => {
    expect((await query('select id from people')).map(({ id }) => id).sort()).toEqual(odd.toSorted());
    const columns = 'id as `所属`, n, at, day, d, seen, t, null as nothing, n * 2 as more';
    expect(await query(`select ${columns} from people where id = ?`, { parameters: ["o'neil"] })).toEqual([
      {
        所属: "o'neil",
        n: '9007199254740993',
        at: '2026-01-01T19:04:05Z',
        day: '2026-01-02',
        d: '1.10',
        seen: '2026-01-02T03:04:05.250',
        t: 1,
        nothing: null,
        more: '18014398509481986',
      },
    ]);
    expect(await query('select id from people where 1 = 0')).toEqual([]);
  });

  test.each([
    ['delete from people', 'query-writes'],
    ['delete from old', 'query-writes'],
    ['drop table people', 'query-writes'],
    ['select 1; delete from people', 'query-failed'],
    ['set @a = 1', 'query-writes'],
  ])('%s changes nothing', async (sql, code) => {
    await expect(query(sql)).rejects.toThrow(expect.objectContaining({ code }));
    expect(server.sql('select count(*) from people; select count(*) from old', 'oa')).toBe(`${odd.length}\n1\n`);
  });

  test('what the query cannot give is an error', async () => {
    await expect(query('select id, n as id from people')).rejects.toThrow(refusal('query-columns', /"id" twice$/, 2));
    await expect(query('select photo from people')).rejects.toThrow(
      refusal('query-value', /^column "photo" of row 1 holds bytes$/, 2),
    );
    await expect(query('select nothing from people')).rejects.toThrow(
      refusal('query-failed', /did not answer the query: Unknown column 'nothing' in/, 1),
    );
    await expect(query('select id from people where sleep(30) = 0', { timeoutMs: 300 })).rejects.toThrow(
      refusal('query-timeout', /did not answer in time$/, 1),
    );
  });

  test('a login that is refused is told, and so is a database that is not there', async () => {
    await expect(query('select 1', { password: 'wrong-s3cret' })).rejects.toThrow(
      refusal('database-refused', /refused the login: Access denied for user 'reader'@/, 2),
    );
    await expect(rows({ url })).rejects.toThrow(refusal('database-refused', /refused the login/, 2));
    await expect(query('select 1', { url: url.replace('/oa', '/gone') })).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^database-(refused|missing)$/), exitCode: 2 }),
    );
    await expect(query('select 1', { url: `${url}?sslmode=require` })).rejects.toThrow(
      refusal('database-tls', /^no encrypted connection with the database /, 1),
    );
  });
});

describe('SQLite', () => {
  beforeAll(() => {
    const database = new SqliteDatabase(folderFile);
    database.exec('create table people (id text, n integer, photo blob)');
    const insert = database.prepare('insert into people values (?, ?, ?)');
    for (const id of odd) insert.run(id, 9007199254740993n, Buffer.from('x'));
    database.close();
  });
  const query = (sql: string, more: Partial<Request> = {}) =>
    rows({ url: `sqlite:${folderFile}`, query: sql, ...more });

  test('values arrive unchanged and as plain data', async () => {
    expect((await query('select id from people')).map(({ id }) => id).sort()).toEqual(odd.toSorted());
    expect(
      await query('select id as "所属", n, 7 as seven, 1.5 as f, null as none from people where id = ?', {
        parameters: ["o'neil"],
      }),
    ).toEqual([{ 所属: "o'neil", n: '9007199254740993', seven: 7, f: 1.5, none: null }]);
  });

  test.each([
    ['delete from people', 'query-writes'],
    ['delete from people returning id', 'query-writes'],
    ['pragma user_version = 7', 'query-writes'],
    ['select 1; delete from people', 'query-failed'],
    [`attach '/dev/null' as x`, 'query-writes'],
  ])('%s changes nothing', async (sql, code) => {
    const before = readFileSync(folderFile);
    await expect(query(sql)).rejects.toThrow(expect.objectContaining({ code }));
    expect(readFileSync(folderFile)).toEqual(before);
  });

  test('what the query or the file cannot give is an error', async () => {
    await expect(query('select id, id from people')).rejects.toThrow(refusal('query-columns', /"id" twice$/, 2));
    await expect(query('select photo from people')).rejects.toThrow(
      refusal('query-value', /"photo" of row 1 holds bytes$/, 2),
    );
    await expect(query('select gone')).rejects.toThrow(refusal('query-failed', /no such column: gone$/, 1));
    await expect(query('select 1', { url: `sqlite:${folder}/gone.db` })).rejects.toThrow(
      refusal('database-unreachable', /gone.db cannot be reached: /, 1),
    );
    writeFileSync(join(folder, 'text.db'), 'no database, but long enough to be looked at as one');
    await expect(query('select 1', { url: `sqlite:${folder}/text.db` })).rejects.toThrow(
      refusal('query-failed', /file is not a database$/, 1),
    );
    const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n';
    await expect(query(endless)).rejects.toThrow(refusal('query-too-large', /more than 20000 rows$/, 2));
    const heavy =
      'select i, (select sum(m.j) from (with recursive m(j) as (select 1 union all select j + 1 from m where j < 300) select j from m) m) s from n';
    await expect(query(endless.replace('select i from n', heavy), { timeoutMs: 1 })).rejects.toThrow(
      refusal('query-timeout', /did not answer in time$/, 1),
    );
  });
});

test.each([
  ['postgres://u:s3cret@h/d', /holds a password$/],
  ['mysql://u:s3cret@h/d', /holds a password$/],
  ['postgres://h/d', /names no user, host or database$/],
  ['postgres://u@h', /names no user, host or database$/],
  ['oracle://u@h/d', /is not a postgres:\/\/, mysql:\/\/ or sqlite: URL$/],
  ['s3cret', /is not a postgres:\/\/, mysql:\/\/ or sqlite: URL$/],
  ['sqlite:', /is not a postgres:\/\/, mysql:\/\/ or sqlite: URL$/],
  ['mysql://u@h/d?multipleStatements=true', /has a parameter "multipleStatements" that is not known$/],
  ['postgres://u@h/d?sslmode=prefer', /^sslmode "prefer" is not known$/],
  ['postgres://u%zz@h/d', /has a % that begins no escape$/],
])('the address %s is refused, and not repeated', async (url, message) => {
  const error = await rows({ url }).catch((thrown: Error) => thrown);
  expect(error).toEqual(refusal('database-url', message, 2));
  expect(String(error) + JSON.stringify(error)).not.toContain('s3cret');
});

test('a certificate authority that cannot be read is told', async () => {
  await expect(rows({ url: `postgres://u@h/d?sslrootcert=${folder}/gone.pem` })).rejects.toThrow(
    refusal('ca-file-unreadable', /gone.pem cannot be read \(ENOENT\)$/, 2),
  );
});

test.each(['postgres', 'mysql'])(
  'a %s server that is not there, or is silent, is told; so is a stop',
  async (scheme) => {
    await expect(rows({ url: `${scheme}://u@127.0.0.1:${await freePort()}/d` })).rejects.toThrow(
      refusal('database-unreachable', /cannot be reached: .*ECONNREFUSED/, 1),
    );
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const url = `${scheme}://u@127.0.0.1:${(silent.address() as { port: number }).port}/d`;
      await expect(rows({ url, timeoutMs: 200 })).rejects.toThrow(
        refusal('query-timeout', /did not answer in time$/, 1),
      );
      const stop = new AbortController();
      const asking = rows({ url }, stop.signal);
      stop.abort(new Error('stopped'));
      await expect(asking).rejects.toThrow('stopped');
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  },
);

describe('an encrypted connection', () => {
  let postgres: PostgresServer | undefined;
  let mariadb: MariadbServer | undefined;
  let urls: Record<string, string>;
  const programs = ['postgres', 'mariadbd', 'openssl'];
  beforeEach(needs(...programs));
  beforeAll(async () => {
    if (packagesMissing(...programs).length > 0) return;
    const certificate = makeCertificate(folder);
    makeCertificate(folder, 'other');
    const named = makeCertificate(folder, 'named', 'DNS:localhost');
    [postgres, mariadb] = await Promise.all([startPostgres({ certificate }), startMariadb({ certificate: named })]);
    mariadb.sql(
      "create database oa; create user reader@'%' identified by 'pw' require ssl; grant select on oa.* to reader@'%'",
    );
    urls = { postgres: await postgres.createDatabase(), mysql: `mysql://reader@localhost:${mariadb.port}/oa` };
  }, 180_000);
  afterAll(() => Promise.all([postgres?.stop(), mariadb?.stop()]));

  test.each([
    ['postgres', 'server', 'select ssl::int as "on" from pg_stat_ssl where pid = pg_backend_pid()'],
    [
      'mysql',
      'named',
      "select length(variable_value) > 0 as `on` from information_schema.session_status where variable_name = 'Ssl_cipher'",
    ],
  ])('with %s needs an authority that is known', async (kind, name, query) => {
    const to = (parameters: string) => rows({ url: `${urls[kind]}?${parameters}`, password: 'pw', query });
    expect(await to(`sslmode=require`)).toEqual([{ on: 1 }]);
    const tls = refusal('database-tls', /^no encrypted connection with the database /, 1);
    await expect(to('sslmode=verify-full')).rejects.toThrow(tls);
    await expect(to(`sslmode=verify-full&sslrootcert=${folder}/other.pem`)).rejects.toThrow(tls);
    await expect(to(`sslrootcert=${folder}/other.pem`)).rejects.toThrow(tls);
    const known = `sslrootcert=${folder}/${name}.pem`;
    expect(await to(known)).toEqual([{ on: 1 }]);
  });

  test('needs the name in the certificate', async () => {
    const known = `sslrootcert=${folder}/server.pem`;
    await expect(rows({ url: `${urls['postgres']!.replace('127.0.0.1', 'localhost')}?${known}` })).rejects.toThrow(
      refusal('database-tls', /Hostname\/IP does not match certificate's altnames/, 1),
    );
    await expect(rows({ url: `mysql://reader@127.0.0.1/oa?${known}` })).rejects.toThrow(
      refusal('database-url', /can only be checked for a host name$/, 2),
    );
  });
});

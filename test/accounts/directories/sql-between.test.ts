import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSql } from '../../../src/accounts/directories/sql.ts';
import type { Change, EntryRef, OpenDirectory } from '../../../src/accounts/directory.ts';
import type { StatementSession } from '../../../src/accounts/ports.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import { tableDoors } from './doors.ts';

const signal = new AbortController().signal;
const li: EntryRef = { key: '1', name: 'li', login: 'li' };
const disable: Change = { do: 'disable' };
const tables = [
  'create table u (id int primary key, login varchar(20), state varchar(9), dept varchar(20))',
  'create table r (u int, name varchar(20))',
];
const rows = [
  'delete from u',
  'delete from r',
  `insert into u values (1, 'li', 'on', 'IT'), (2, 'wang', 'on', 'HR')`,
  `insert into r values (1, 'a'), (1, 'b')`,
];

interface Place {
  url: () => string;
  /** As somebody else. */
  sql: (script: string) => string;
}

/** What holds in every database. `waits`: this process goes on while a statement waits for a lock. */
function everywhere({ url, sql }: Place, { waits }: { waits: boolean }): void {
  const quote = (name: string) => (url().startsWith('mysql') ? `\`${name}\`` : `"${name}"`);
  const doors = tableDoors();
  let directory: OpenDirectory;
  let somebody: StatementSession;
  const dump = () => sql('select * from u order by 1; select * from r order by 1, 2;');
  beforeEach(async () => {
    sql(`${rows.join(';')};`);
    const spec = directorySchema.parse({
      id: 'oa',
      type: 'sql',
      url: url(),
      accounts: `select id as ${quote('key')}, login, state = 'on' as enabled, dept as department from u`,
      rights: `select u as ${quote('key')}, name as ${quote('right')} from r`,
      look: 'select id, login, state, dept from u where id = :key',
      statements: {
        disable: {
          do: `update u set state = 'off' where id = :key`,
          undo: 'update u set state = :old_state where id = :key',
        },
        strip: {
          do: 'delete from r where u = :key and name = :right',
          undo: 'insert into r select id, :right from u where id = :key',
        },
      },
    });
    directory = await openSql(spec as DirectorySpecOf<'sql'>, doors);
    somebody = (await doors.sql()).open({ url: url(), timeoutMs: 30_000 });
    return async () => {
      somebody.close();
      await directory.close();
    };
  });

  const changedBy = (what: RegExp) =>
    expect.objectContaining({ code: 'account-changed', exitCode: 4, message: expect.stringMatching(what) });
  /** Somebody changes the row and commits it when the work of this run waits for him, or a moment before. */
  const during = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
    let working: Promise<T> | undefined;
    await somebody.execute([{ text, parameters: {} }], signal, async () => {
      working = work();
      working.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
    });
    return working!;
  };

  test.each<[string, string, RegExp]>([
    [
      'another department',
      `update u set dept = 'HR' where id = 1`,
      /^li was changed by somebody else just now: "dept"$/,
    ],
    ['another name', `update u set login = 'lei' where id = 1`, /: "login"$/],
    ['another right', `insert into r values (1, 'c')`, /: its rights$/],
  ])('%s, given between look and change: nothing is done', async (_, text, what) => {
    const { image } = (await directory.look(li, signal))!;
    sql(text);
    const now = dump();
    await expect(directory.change(li, disable, image, signal)).rejects.toThrow(changedBy(what));
    expect(dump()).toBe(now);
    // Looked at again, it is what it is.
    await directory.look(li, signal);
    expect(await directory.change(li, disable, image, signal)).toMatchObject({ done: ['disabled'], left: [] });
  });

  test.runIf(waits)('what somebody commits while the change waits for his lock is seen', async () => {
    const { image } = (await directory.look(li, signal))!;
    const text = `update u set dept = 'HR' where id = 1`;
    await expect(during(text, () => directory.change(li, disable, image, signal))).rejects.toThrow(
      changedBy(/"dept"$/),
    );
    expect(dump()).toMatch(/on\WHR/);
  });

  test('between two changes of one run', async () => {
    const { image } = (await directory.look(li, signal))!;
    const { mark } = await directory.change(li, disable, image, signal);
    sql(`delete from r where name = 'b'`);
    await expect(directory.change(li, { do: 'strip' }, image, signal)).rejects.toThrow(changedBy(/: its rights$/));
    expect(dump()).toMatch(/1\Wa/);
    expect(await directory.restore(li, image, [{ change: disable, mark }], signal)).toMatchObject({ conflicts: [] });
    expect(dump()).toMatch(/on\WIT/);
  });

  test.runIf(waits)('an undo that waits looks again, and takes back what it concerns', async () => {
    const { image } = (await directory.look(li, signal))!;
    const { mark } = await directory.change(li, disable, image, signal);
    const text = `update u set dept = 'HR' where id = 1`;
    expect(await during(text, () => directory.restore(li, image, [{ change: disable, mark }], signal))).toEqual({
      done: ['"disable" taken back'],
      conflicts: [],
    });
    expect(dump()).toMatch(/on\WHR/);
  });

  test.runIf(waits)('an edit of the same column while undo waits for its lock stays', async () => {
    const { image } = (await directory.look(li, signal))!;
    const { mark } = await directory.change(li, disable, image, signal);
    const text = `update u set state = 'held' where id = 1`;
    expect(await during(text, () => directory.restore(li, image, [{ change: disable, mark }], signal))).toEqual({
      done: [],
      conflicts: ['somebody has changed "state" since, from "off" to "held": "disable" is not taken back'],
    });
  });
}

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  beforeEach(needs('postgres', 'psql'));
  beforeAll(async () => {
    if (packagesMissing('postgres', 'psql').length > 0) return;
    server = await startPostgres();
    url = await server.createDatabase();
    server.sql(url, `${tables.join(';')};`);
  });
  afterAll(async () => server?.stop());
  everywhere({ url: () => url, sql: (script) => server.sql(url, script) }, { waits: true });
});

describe('MariaDB', () => {
  let server: MariadbServer;
  beforeEach(needs('mariadbd'));
  beforeAll(async () => {
    if (packagesMissing('mariadbd').length > 0) return;
    server = await startMariadb();
    server.sql(
      `create database oa character set utf8mb4; create user oa@'127.0.0.1'; grant all on oa.* to oa@'127.0.0.1'`,
    );
    server.sql(`${tables.join(';')};`, 'oa');
  });
  afterAll(async () => server?.stop());
  everywhere(
    { url: () => `mysql://oa@127.0.0.1:${server.port}/oa`, sql: (script) => server.sql(script, 'oa') },
    { waits: true },
  );
});

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-between-'));
  const file = join(folder, 'oa.db');
  let database: SqliteDatabase.Database;
  beforeAll(() => {
    database = new SqliteDatabase(file);
    database.exec(`${tables.join(';')};`);
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const sql = (script: string) =>
    script
      .split(';')
      .filter((one) => one.trim() !== '')
      .flatMap((one) => {
        const statement = database.prepare(one);
        return statement.reader ? statement.raw().all() : [statement.run().changes];
      })
      .join('\n');
  everywhere({ url: () => `sqlite:${file}`, sql }, { waits: false });
});

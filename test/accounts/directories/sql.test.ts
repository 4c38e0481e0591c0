import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSecretColumn } from '../../../src/accounts/directories/sql/tables.ts';
import { openSql } from '../../../src/accounts/directories/sql.ts';
import type { Change, EntryRef, Image } from '../../../src/accounts/directory.ts';
import type { StatementDoor } from '../../../src/accounts/ports.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { tableDoors } from './doors.ts';

const signal = new AbortController().signal;
const li: EntryRef = { key: '1', name: 'li', login: 'li' };
let folder: string;
let database: SqliteDatabase.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-oa-'));
  database = new SqliteDatabase(join(folder, 'oa.db'));
  database.exec(`create table u (id integer primary key, login text, state text, dept text, pwd_hash text, seen);
    create table r (u integer references u (id) on delete cascade, name text); create table s (u integer, token text);
    insert into u values (1, 'li', 'on', 'IT', 'h1', 1767323045), (2, 'wang', 'on', null, 'h2', null);
    insert into r values (1, 'b'), (1, 'a'), (1, 'a'), (1, null); insert into s values (1, 't1'), (1, 't2')`);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const dump = () =>
  JSON.stringify(['u', 'r', 's'].map((table) => database.prepare(`select * from ${table} order by 1, 2`).all()));
const byKey = (text: string) => `${text} where id = :key`;
const written = {
  id: 'oa',
  type: 'sql',
  url: 'sqlite:oa.db',
  accounts: `select id as "key", login, state = 'on' as enabled, state = 'held' as held, dept as department, seen as last_used_at from u`,
  rights: 'select u as "key", name as "right" from r',
  look: byKey('select id, login, state, dept, pwd_hash from u'),
  statements: {
    disable: { do: byKey(`update u set state = 'off'`), undo: byKey('update u set state = :old_state') },
    strip: {
      do: 'delete from r where u = :key and name = :right',
      undo: 'insert into r values (:key, :right)',
      rows: 0,
    },
    delete: {
      do: byKey('delete from u'),
      undo: `insert into u (id, login, state, dept) values (:old_id, :login, :old_state, :old_dept)`,
    },
    update: { do: byKey('update u set dept = :department'), undo: byKey('update u set dept = :old_dept') },
    sessions: { do: 'delete from s where u = :key', rows: 0 },
  },
};
type Written = typeof written;
const specOf = (more: object = {}) => directorySchema.parse({ ...written, ...more }) as DirectorySpecOf<'sql'>;
const withStatements = (more: Partial<Record<keyof Written['statements'], object>>) =>
  specOf({ statements: { ...written.statements, ...more } });
const open = (spec = specOf(), door?: (real: StatementDoor) => StatementDoor) => {
  const doors = tableDoors({ baseDir: folder });
  return openSql(spec, door ? { ...doors, sql: async () => door(await doors.sql()) } : doors);
};
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), next: expect.any(String) });

describe('reading', () => {
  test('what may hold a password never leaves the database', async () => {
    const directory = await open();
    const { accounts, problems, remarks } = await directory.read(signal);
    expect(accounts).toHaveLength(2);
    expect(accounts[0]).toMatchObject({ key: '1', rights: ['a', 'b'], lastUse: { at: 1767323045_000 } });
    expect(problems).toEqual([]);
    expect(remarks).toEqual(['columns of "look" that may hold passwords are left out, and not taken back: pwd_hash']);
    const { image } = (await directory.look(li, signal))!;
    expect(image).toMatchObject({ row: { id: 1, login: 'li', state: 'on', dept: 'IT' }, rights: ['a', 'b'] });
    expect(JSON.stringify(image)).not.toMatch(/h1|pwd/);
  });

  test.each<[string, object, string, RegExp]>([
    ['no key', { accounts: 'select login from u' }, 'directory-columns', /^the query "accounts" has no column "key"$/],
    ['no login', { accounts: 'select id as key from u' }, 'directory-columns', /has no column "login"$/],
    [
      'no right',
      { rights: 'select u as key, name from r' },
      'directory-columns',
      /^the query "rights" has no column "right"$/,
    ],
    [
      'a key twice',
      { accounts: `select 1 as key, login from u` },
      'directory-key',
      /^two rows have the key "1": row 1 of oa and row 2 of oa$/,
    ],
    ['an empty key', { accounts: `select null as key, login from u` }, 'directory-key', /^row 1 of oa has no key$/],
    [
      'a look of all',
      { look: 'select * from u where :key > 0' },
      'directory-look',
      /gives 2 rows for the key "1" instead of one$/,
    ],
    [
      'a query that writes',
      { accounts: 'delete from u returning id as key, login' },
      'query-writes',
      /does not only read/,
    ],
    ['no table', { accounts: 'select * from absent' }, 'query-failed', /no such table/],
    ['no file', { url: 'sqlite:none.db' }, 'database-unreachable', /./],
    [
      'an undo by a column that is not there',
      {
        statements: {
          disable: { do: byKey('update u set state = 0'), undo: byKey('update u set state = :old_status') },
        },
      },
      'parameter-missing',
      /^":old_status" of the statement "disable" is no column of "look"$/,
    ],
  ])('%s is an error', async (_name, more, code, message) => {
    const before = dump();
    await expect((await open(specOf(more))).read(signal)).rejects.toThrow(refused(code, message));
    expect(dump()).toBe(before);
  });

  test('what cannot be taken back cannot be done', async () => {
    expect([...(await open()).can].sort()).toEqual(['delete', 'disable', 'sessions', 'strip', 'update']);
    expect([...(await open(specOf({ look: undefined }))).can]).toEqual([]);
    expect([...(await open(specOf({ rights: undefined }))).can]).not.toContain('strip');
    expect([...(await open(withStatements({ disable: { do: byKey('update u set state = 0') } }))).can]).not.toContain(
      'disable',
    );
  });
});

describe('changes', () => {
  test.each([
    ['no row', `update u set state = 'off' where id = :key and state = 'x'`, 0],
    ['two rows', `update u set state = 'off' where id = :key or id = 2`, 2],
  ])('a statement that finds %s has changed nothing', async (_name, text, rows) => {
    const before = dump();
    const directory = await open(withStatements({ disable: { do: text, undo: text } }));
    const { image } = (await directory.look(li, signal))!;
    await expect(directory.change(li, { do: 'disable' }, image, signal)).rejects.toThrow(
      refused('statement-rows', new RegExp(`would have changed ${rows} rows instead of 1 `)),
    );
    expect(dump()).toBe(before);
  });

  test('a statement that does not do what it is for is told', async () => {
    const text = byKey(`update u set state = 'on'`);
    const directory = await open(withStatements({ disable: { do: text, undo: text } }));
    const { image } = (await directory.look(li, signal))!;
    expect(await directory.change(li, { do: 'disable' }, image, signal)).toMatchObject({
      left: ['the statement "disable" was carried out, and the account still counts as enabled'],
    });
  });

  test('what "update" does not set is told, and the rest is set', async () => {
    const directory = await open();
    const { image } = (await directory.look(li, signal))!;
    const change: Change = { do: 'update', attributes: { department: 'HR', mail: 'x', shoe: '43' } };
    expect(await directory.change(li, change, image, signal)).toMatchObject({
      done: ['department: "IT" -> "HR"'],
      left: ['the statement "update" does not set mail', 'the statement "update" does not set shoe'],
      mark: { touched: ['dept'] },
    });
  });

  test('a deleted account comes back with the rights that went with it, and without its password', async () => {
    const directory = await open();
    const { image } = (await directory.look(li, signal))!;
    const change: Change = { do: 'delete' };
    const { mark } = await directory.change(li, change, image, signal);
    expect(await directory.look(li, signal)).toBeUndefined();
    expect(database.prepare('select count(*) as n from r where u = 1').get()).toEqual({ n: 0 });
    const { done, conflicts } = await directory.restore(li, image, [{ change, mark }], signal);
    expect({ done, conflicts }).toEqual({
      done: ['"delete" taken back', 'rights given back: a, b'],
      conflicts: ['its password is in no record: set a new one'],
    });
    expect(database.prepare('select * from u where id = 1').get()).toMatchObject({ login: 'li', pwd_hash: null });
    expect(await directory.restore(li, image, [{ change, mark }], signal)).toEqual({ done: [], conflicts: [] });
  });

  test('whoever has the key by now gets nothing back', async () => {
    const directory = await open();
    const { image } = (await directory.look(li, signal))!;
    const marks: { change: Change; mark: Image }[] = [];
    for (const change of [{ do: 'strip' }, { do: 'disable' }] as Change[])
      marks.push({ change, mark: (await directory.change(li, change, image, signal)).mark });
    database.exec(`delete from u where id = 1; insert into u (id, login, state, dept) values (1, 'new', 'off', 'IT')`);
    const before = dump();
    expect(await directory.restore(li, image, marks, signal)).toEqual({
      done: [],
      conflicts: ['the key 1 is of another account now (li -> new): nothing was taken back'],
    });
    expect(dump()).toBe(before);
  });

  test.each(['密码', 'user_pwd', 'SALT', 'mima', 'totp_seed', 'API_KEY', 'Credential'])(
    '%s may be a secret',
    (name) => {
      expect(isSecretColumn(name)).toBe(true);
      expect(['id', 'login', 'status', 'sort_key', 'dept'].filter(isSecretColumn)).toEqual([]);
    },
  );

  test('an undo that fails is a conflict, and the others are made', async () => {
    const directory = await open();
    const { image } = (await directory.look(li, signal))!;
    const marks: { change: Change; mark: Image }[] = [];
    for (const change of [
      { do: 'strip' },
      { do: 'sessions' },
      { do: 'update', attributes: { department: 'HR' } },
    ] as Change[])
      marks.push({ change, mark: (await directory.change(li, change, image, signal)).mark });
    const broken = await open(
      withStatements({
        update: { ...written.statements.update, undo: 'update u set dept = :old_dept where id = :key and 1 = 0' },
      }),
    );
    const { done, conflicts } = await broken.restore(li, image, marks, signal);
    expect(done).toEqual(['"strip" taken back: a, b']);
    expect(conflicts).toEqual([
      expect.stringMatching(/^"update" is not taken back: the statement would have changed 0 rows instead of 1 /),
      '"dept" is "HR" instead of "IT"',
    ]);
  });
});

describe('a commit whose answer was lost', () => {
  const lost = () => new OaopsError('statement-unknown', 'lost', { next: 'Look.' });
  const cut =
    (isMade: boolean) =>
    (real: StatementDoor): StatementDoor => ({
      ...real,
      open(login) {
        const session = real.open(login);
        return {
          rows: (queries, end) => session.rows(queries, end),
          execute: async (statements, end, check) => {
            if (isMade) await session.execute(statements, end, check);
            throw lost();
          },
          close: () => session.close(),
        };
      },
    });

  test('counts when the row tells that it was made', async () => {
    const directory = await open(specOf(), cut(true));
    const { image } = (await directory.look(li, signal))!;
    const change: Change = { do: 'disable' };
    const { done, mark } = await directory.change(li, change, image, signal);
    expect({ done, mark }).toMatchObject({ done: ['disabled'], mark: { touched: ['state'] } });
    expect(await directory.restore(li, image, [{ change, mark }], signal)).toMatchObject({ conflicts: [] });
    expect(database.prepare('select state from u where id = 1').get()).toEqual({ state: 'on' });
  });

  test('is an error when it does not', async () => {
    const directory = await open(specOf(), cut(false));
    const { image } = (await directory.look(li, signal))!;
    await expect(directory.change(li, { do: 'disable' }, image, signal)).rejects.toThrow(
      refused('statement-unknown', /lost/),
    );
    await expect(directory.change(li, { do: 'strip' }, image, signal)).rejects.toThrow(
      refused('statement-unknown', /lost/),
    );
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sqlDirectoryProblems } from '../../../src/accounts/directories/sql/problems.ts';
import { openSql } from '../../../src/accounts/directories/sql.ts';
import type { Change, EntryRef, Image, OpenDirectory } from '../../../src/accounts/directory.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { blocksOf } from '../../helpers/markdown.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import { tableDoors } from './doors.ts';

const root = new URL('../../..', import.meta.url).pathname;
const signal = new AbortController().signal;

/** The directory as the page has it, in the database of the test. */
function documented(scheme: string, url: string): DirectorySpecOf<'sql'> {
  const block = blocksOf(root, 'docs/accounts-sql.md').find(
    ({ lang, text }) => lang === 'yaml' && text.includes(`url: ${scheme}:`),
  );
  const [written] = (parse(block!.text) as { directories: Record<string, unknown>[] }).directories;
  const { password: _, ...rest } = written!;
  return directorySchema.parse({ ...rest, url }) as DirectorySpecOf<'sql'>;
}

interface Place {
  open: () => Promise<OpenDirectory>;
  sql: (script: string) => string;
}

/** Carries out the changes, as the action does, and gives what it would know. */
async function carriedOut(directory: OpenDirectory, ref: EntryRef, changes: readonly Change[]) {
  const { image } = (await directory.look(ref, signal))!;
  const marks: { change: Change; mark: Image | null }[] = [];
  for (const change of changes) {
    const { mark, left, done } = await directory.change(ref, change, throughJson(image), signal);
    expect({ left, done: done.length }).toEqual({ left: [], done: 1 });
    // Cut off before its end was written, and done again.
    const again = await directory.change(ref, change, throughJson(image), signal);
    expect(again).toMatchObject({ done: [], left: [] });
    marks.push({ change, mark: throughJson(marks.length % 2 === 0 ? mark : again.mark) });
  }
  return { image: throughJson(image), marks };
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function everywhere(place: () => Place, options: { neverUsed: boolean; keepsHash: boolean }) {
  const dump = () =>
    place().sql(`select id, login_name, real_name, emp_no, email, dept, post, status, created_at, last_login, expire_at, two_factor from t_user order by id;
      select user_id, role_id from t_user_role order by 1, 2`);
  const wang: EntryRef = { key: '2', name: 'wang', login: 'wang' };
  let directory: OpenDirectory;
  beforeEach(async () => {
    place().sql(`delete from t_user_role; delete from t_user;
      insert into t_user (id, login_name, real_name, emp_no, email, dept, post, status, pwd_hash, created_at, last_login, pwd_changed_at, expire_at, two_factor) values
      (1, 'li', '李雷', 'E1', 'li@oa.example', '财务部', '会计', 'on', 'h1', '2026-01-02 03:04:05', '2026-11-01 09:00:00', '2026-06-01 00:00:00', null, true),
      (2, 'wang', '王小明', 'E2', null, 'IT', 'admin', 'on', 'h2', '2025-01-02 03:04:05.25', null, null, '2026-12-31 00:00:00', false),
      (3, 'o''neil', '', null, '', null, null, 'off', 'h3', null, null, null, null, null);
      insert into t_user_role (user_id, role_id) values (1, 10), (2, 10), (2, 20), (2, 30)`);
    directory = await place().open();
  });

  test('accounts and rights are read', async () => {
    const { accounts, problems } = await directory.read(signal);
    expect(problems).toEqual([]);
    expect(accounts).toHaveLength(3);
    expect(accounts.find(({ key }) => key === '1')).toMatchObject({
      directory: 'oa',
      key: '1',
      name: 'li',
      login: 'li',
      employee: 'E1',
      personName: '李雷',
      department: '财务部',
      post: '会计',
      use: 'person',
      state: 'enabled',
      held: false,
      // The company's clocks are eight hours ahead.
      createdAt: Date.UTC(2026, 0, 1, 19, 4, 5),
      lastUse: { at: Date.UTC(2026, 10, 1, 1), from: 'last_used_at' },
      secondFactor: true,
      rights: ['hr:read'],
    });
    expect(accounts.find(({ key }) => key === '2')).toMatchObject({
      lastUse: options.neverUsed ? { never: true } : { unknown: '"last_used_at" is empty' },
      rights: ['hr:read', "it's; --", '主管'],
    });
    expect(accounts.find(({ key }) => key === '3')).toMatchObject({ login: "o'neil", state: 'disabled', rights: [] });
  });

  test.each<[string, Change[]]>([
    ['disable', [{ do: 'disable' }]],
    ['disable, strip, hold', [{ do: 'disable' }, { do: 'strip' }, { do: 'hold' }]],
    ['strip of some', [{ do: 'strip', rights: ["it's; --", 'none'] }]],
    ['all, and delete', [{ do: 'disable' }, { do: 'strip' }, { do: 'hold' }, { do: 'delete' }]],
    ['update', [{ do: 'update', attributes: { department: "研发'); drop table t_user; --", mail: 'w@oa.example' } }]],
  ])('%s is made, and taken back to what it was', async (_name, changes) => {
    const before = dump();
    const { image, marks } = await carriedOut(directory, wang, changes);
    const changed = dump();
    expect(changed).not.toBe(before);
    expect(JSON.stringify(image)).not.toContain('h2');
    const isLost = !options.keepsHash && changes.some((change) => change.do === 'delete');
    expect(await directory.restore(wang, image, marks, signal)).toMatchObject({
      conflicts: isLost ? ['its password is in no record: set a new one'] : [],
    });
    expect(dump()).toBe(before);
    // Twice does no harm.
    expect(await directory.restore(wang, image, marks, signal)).toEqual({ done: [], conflicts: [] });
    expect(dump()).toBe(before);
    const hash = place().sql('select pwd_hash from t_user where id = 2').trim();
    expect(hash).toBe(isLost ? '!' : 'h2');
  });

  test('a change whose end was never written is taken back too', async () => {
    const before = dump();
    const { image, marks } = await carriedOut(directory, wang, [{ do: 'disable' }, { do: 'strip' }]);
    const cut = marks.map(({ change }) => ({ change, mark: null }));
    expect(await directory.restore(wang, image, cut, signal)).toMatchObject({ conflicts: [] });
    expect(dump()).toBe(before);
    // Cut off before it was made.
    expect(await directory.restore(wang, image, cut, signal)).toEqual({ done: [], conflicts: [] });
    expect(dump()).toBe(before);
  });

  test('what was so before is not ours to take back', async () => {
    const oneil: EntryRef = { key: '3', name: "o'neil", login: "o'neil" };
    const { image } = (await directory.look(oneil, signal))!;
    const { done, mark } = await directory.change(oneil, { do: 'disable' }, image, signal);
    expect(done).toEqual([]);
    expect(
      await directory.restore(oneil, image, [{ change: { do: 'disable' }, mark: throughJson(mark) }], signal),
    ).toEqual({
      done: [],
      conflicts: [],
    });
    expect(dump()).toContain('off');
  });

  test('an edit by somebody else is told, and what it does not concern is taken back', async () => {
    const { image, marks } = await carriedOut(directory, wang, [
      { do: 'update', attributes: { department: 'HR' } },
      { do: 'disable' },
      { do: 'strip', rights: ['hr:read'] },
    ]);
    // A column that the undo of "update" would write, though the change has not touched it.
    place().sql(`update t_user set post = 'boss' where id = 2`);
    const { done, conflicts } = await directory.restore(wang, image, marks, signal);
    expect(done).toEqual(['"strip" taken back: hr:read', '"disable" taken back']);
    expect(conflicts).toEqual([
      'somebody has changed "post" since, from "admin" to "boss": "update" is not taken back',
      '"dept" is "HR" instead of "IT"',
    ]);
    expect(dump()).toMatch(/HR\Wboss\Won/);
  });

  test('one that was enabled by hand since stays so; one that is gone is told', async () => {
    const { image, marks } = await carriedOut(directory, wang, [{ do: 'disable' }]);
    place().sql(`update t_user set status = 'on' where id = 2`);
    expect(await directory.restore(wang, image, marks, signal)).toEqual({ done: [], conflicts: [] });
    place().sql(`update t_user set status = 'held' where id = 2`);
    expect(await directory.restore(wang, image, marks, signal)).toEqual({
      done: [],
      conflicts: ['somebody has changed "status" since, from "off" to "held": "disable" is not taken back'],
    });
    place().sql('delete from t_user_role where user_id = 2; delete from t_user where id = 2');
    expect(await directory.restore(wang, image, marks, signal)).toEqual({
      done: [],
      conflicts: ['the account is gone'],
    });
    expect(await directory.look(wang, signal)).toBeUndefined();
    await expect(directory.change(wang, { do: 'disable' }, image, signal)).rejects.toThrow(
      expect.objectContaining({ code: 'account-gone', exitCode: 4 }),
    );
  });

  test('an account is made; a login that is taken is refused', async () => {
    const made = await directory.create(
      {
        login: "zhao'; drop table t_user; --",
        attributes: { personName: '赵', employee: 'E9', department: 'IT' },
        password: 'One-time-9',
        expiresAt: Date.UTC(2027, 0, 1),
      },
      signal,
    );
    expect((await directory.look(made, signal))!.account).toMatchObject({
      login: "zhao'; drop table t_user; --",
      employee: 'E9',
      state: 'enabled',
    });
    expect(place().sql(`select expire_at from t_user where emp_no = 'E9'`)).toContain('2027-01-01 00:00:00');
    expect(place().sql(`select count(*) from t_user where pwd_hash like '%One-time%'`).trim()).toBe('0');
    await expect(directory.create({ login: 'li', attributes: {}, password: 'x' }, signal)).rejects.toThrow(
      expect.objectContaining({ code: 'account-exists', exitCode: 4 }),
    );
  });
}

const tables = `create table t_role (id int primary key, code varchar(40));
  create table t_user_role (user_id int not null, role_id int not null, primary key (user_id, role_id));
  insert into t_role values (10, 'hr:read'), (20, 'it''s; --'), (30, '主管');`;

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
      `create table t_user (id int primary key generated by default as identity (start with 100), login_name text unique not null, real_name text, emp_no text, email text, dept text, post text, status text, pwd_hash text,
        created_at timestamp, last_login timestamp, pwd_changed_at timestamp, expire_at timestamp, two_factor boolean, updated_at timestamptz); ${tables}`,
    );
  });
  afterAll(async () => server?.stop());
  const spec = () => documented('postgres', url);
  everywhere(() => ({ open: () => openSql(spec(), tableDoors()), sql: (script) => server.sql(url, script) }), {
    neverUsed: true,
    keepsHash: true,
  });

  test('the page is without a fault, and says what can be done', async () => {
    expect(sqlDirectoryProblems(spec())).toEqual([]);
    const directory = await openSql(spec(), tableDoors());
    expect([...directory.can].sort()).toEqual(['create', 'delete', 'disable', 'grant', 'hold', 'strip', 'update']);
    expect(await directory.policy(signal)).toEqual([
      { directory: 'oa', scope: 'oa', rule: 'min-length', value: 8, unit: 'characters', from: 'the query "policy"' },
      { directory: 'oa', scope: 'oa', rule: 'lockout', value: 5, unit: 'attempts', from: 'the query "policy"' },
    ]);
  });

  test('rights are given, and taken back', async () => {
    const directory = await openSql(spec(), tableDoors());
    const li: EntryRef = { key: '1', name: 'li', login: 'li' };
    const before = server.sql(url, 'select * from t_user_role order by 1, 2');
    const { image, marks } = await carriedOut(directory, li, [
      { do: 'grant', rights: ['hr:read', '主管', "it's; --"] },
    ]);
    expect((await directory.look(li, signal))!.account.rights).toEqual(['hr:read', "it's; --", '主管']);
    // A right that does not exist is given to nobody, and the others with it neither.
    await expect(directory.change(li, { do: 'grant', rights: ['none'] }, image, signal)).rejects.toThrow(
      expect.objectContaining({ code: 'statement-rows' }),
    );
    expect(await directory.restore(li, image, marks, signal)).toMatchObject({ conflicts: [] });
    expect(server.sql(url, 'select * from t_user_role order by 1, 2')).toBe(before);
  });
});

describe('MariaDB', () => {
  let server: MariadbServer;
  beforeEach(needs('mariadbd'));
  beforeAll(async () => {
    if (packagesMissing('mariadbd').length > 0) return;
    server = await startMariadb();
    server.sql(`create database oa character set utf8mb4; create user oa@'127.0.0.1'; grant all on oa.* to oa@'127.0.0.1'; use oa;
      create table t_user (id int primary key auto_increment, login_name varchar(50) unique not null, real_name varchar(50), emp_no varchar(20), email varchar(80), dept varchar(50), post varchar(50), status varchar(8), pwd_hash varchar(80),
        created_at datetime(2), last_login datetime, pwd_changed_at datetime, expire_at datetime, two_factor tinyint(1), updated_at timestamp default now() on update now()); ${tables}`);
  });
  afterAll(async () => server?.stop());
  const spec = () => documented('mysql', `mysql://oa@127.0.0.1:${server.port}/oa`);
  everywhere(() => ({ open: () => openSql(spec(), tableDoors()), sql: (script) => server.sql(script, 'oa') }), {
    neverUsed: false,
    keepsHash: false,
  });

  test('the page is without a fault', () => {
    expect(sqlDirectoryProblems(spec())).toEqual([]);
  });
});

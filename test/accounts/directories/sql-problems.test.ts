import { expect, test } from 'vitest';
import { sqlDirectoryProblems } from '../../../src/accounts/directories/sql/problems.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';

const base = {
  id: 'oa',
  type: 'sql',
  url: 'mysql://oa@db/oa',
  accounts: 'select id as `key`, login from t_user',
  rights: 'select user_id as `key`, role as `right` from t_role',
  look: 'select id, status, 备注 from t_user where id = :key',
};
const disable = {
  do: `update t_user set status = 'off' where id = :key`,
  undo: 'update t_user set status = :old_status where id = :key',
};
const problemsOf = (changes: Record<string, unknown>) =>
  sqlDirectoryProblems(directorySchema.parse({ ...base, ...changes }) as DirectorySpecOf<'sql'>).map(
    ({ path, message, next }) => {
      expect(next).toMatch(/\.$|\?$/);
      return `${path.join('.')}: ${message}`;
    },
  );

test('what fits together has no problem', () => {
  expect(
    problemsOf({
      statements: {
        disable,
        strip: {
          do: 'delete from t_role where user_id = :key and role = :right',
          undo: 'insert into t_role values (:key, :right)',
        },
        sessions: { do: 'delete from t_token where user_id = :key', rows: 0 },
        update: {
          do: 'update t_user set dept = :department where id = :key',
          undo: 'update t_user set 备注 = :old_备注 where login = :login',
        },
        create: { do: 'insert into t_user values (:login, :password, :expires_at)' },
      },
    }),
  ).toEqual([]);
  // Without changes there is nothing to look at; an address that is none is refused by what opens it.
  expect(problemsOf({ look: undefined, rights: undefined })).toEqual([]);
  expect(problemsOf({ url: 'http://x', statements: { disable: { do: '?' } } })).toEqual([]);
});

test.each<[Record<string, unknown>, string]>([
  [{ accounts: 'select 1; select 2' }, 'accounts: there is something behind the end of the statement'],
  [{ accounts: 'select * from t where id = :key' }, 'accounts: the parameter ":key" is not known here'],
  [{ accounts: 'delete from t' }, 'accounts: a statement that begins with DELETE is not carried out'],
  [
    { statements: { disable: { ...disable, undo: 'update t_user set status = :old_stauts where id = :key' } } },
    'statements.disable.undo: ":old_stauts" is no column of "look"',
  ],
  [
    { statements: { disable: { ...disable, do: 'update t_user set x = :old_dept where id = :key' } } },
    'statements.disable.do: ":old_dept" is no column of "look"',
  ],
  [{ look: 'select * from t_user' }, 'look: "look" does not ask for one account'],
  [{ look: `select * from t_user where id = ':key` }, "look: the statement holds a ' too few or too many"],
  [
    { look: undefined, statements: { disable: { ...disable, undo: disable.do } } },
    'statements.disable: "disable" needs "look": nothing else says what undo has to put back',
  ],
  [
    { statements: { disable: { do: disable.do } } },
    'statements.disable: "disable" has no "undo": such a change is never planned',
  ],
  [
    {
      rights: undefined,
      statements: {
        strip: { do: 'delete from t where id = :key and r = :right', undo: 'insert into t values (:key, :right)' },
      },
    },
    'statements.strip: "strip" needs "rights": nothing else says which rights an account holds',
  ],
  [
    { statements: { strip: { do: 'delete from t where id = :key', undo: 'insert into t values (:key, :right)' } } },
    'statements.strip.do: the statement names no :right: it would mean other rows as well',
  ],
  [
    { statements: { disable: { ...disable, do: `update t_user set status = 'off'` } } },
    'statements.disable.do: the statement names no :key or :login: it would mean other rows as well',
  ],
  [
    { statements: { disable: { ...disable, undo: 'update t_user set s = :kee where login = :login' } } },
    'statements.disable.undo: the parameter ":kee" is not known here',
  ],
  [
    { statements: { disable: { ...disable, undo: 'update t_user set p = :old_pwd_hash where id = :key' } } },
    'statements.disable.undo: ":old_pwd_hash" may hold a password, and is never read',
  ],
  [
    { statements: { create: { do: 'insert into t_user values (:login, :old_status)' } } },
    'statements.create.do: the parameter ":old_status" is not known here',
  ],
  [
    { accounts: 'select id as key, login from t_user order by (select max(n) from t limit 1) Limit 100' },
    'accounts: "accounts" is cut off by LIMIT or FETCH: a part would look like the whole',
  ],
  [
    { rights: 'select u as key, r as "right" from t fetch first 9 rows only' },
    'rights: "rights" is cut off by LIMIT or FETCH: a part would look like the whole',
  ],
  [
    { statements: { disable: { ...disable, do: 'drop table t_user' } } },
    'statements.disable.do: a statement that begins with DROP is not carried out',
  ],
  [
    { statements: { disable: { ...disable, do: 'update t_user set s = ? where id = :key' } } },
    'statements.disable.do: the statement holds a placeholder without a name',
  ],
])('%j', (changes, problem) => {
  expect(problemsOf(changes)).toEqual([problem]);
});

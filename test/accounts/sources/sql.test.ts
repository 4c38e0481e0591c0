import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountDoors } from '../../../src/accounts/ports.ts';
import { statementDoor } from '../../../src/connectors/sql/statements.ts';
import { sourceStage } from '../../helpers/source-stage.ts';

const asked: { password?: string }[] = [];
const stage = sourceStage({
  sql: async () => ({
    ...statementDoor(() => 0),
    rows: async (request, signal) => {
      asked.push(request);
      return statementDoor(() => 0).rows(request, signal);
    },
  }),
} satisfies Partial<AccountDoors>);
beforeAll(() => {
  const database = new SqliteDatabase(join(stage.folder, 'hr.db'));
  database.exec(`create table staff (gonghao text, real_name text, state text, quit_day text, note blob, number integer);
    insert into staff values ('007', '王', '在职', null, x'00', 7), ('008', '李', '离职', '2026-10-31', null, 8),
      (null, '空', '在职', null, null, null)`);
  database.close();
});
afterAll(() => stage.remove());
const read = (query: string, spec: object = {}) => stage.read({ type: 'sql', url: 'sqlite:hr.db', query, ...spec });

test('columns are fields, rows have numbers, the password comes by its reference', async () => {
  const found = await read(
    'select gonghao as id, real_name, state as 状态, quit_day as 离职日期 from staff where gonghao is not null order by 1',
    { fields: { name: 'real_name' }, password: 'env:HR' },
  );
  expect(found.people).toEqual([
    { source: 'hr', id: '007', name: '王', status: '在职', employment: 'active', where: 'row number 1' },
    {
      source: 'hr',
      id: '008',
      name: '李',
      status: '离职',
      endsOn: '2026-10-31',
      employment: 'left',
      where: 'row number 2',
    },
  ]);
  expect(found.address).toBe('sqlite:hr.db');
  expect(found.asOf).toBeUndefined();
  expect(asked.at(-1)?.password).toBe('secret of env:HR');
});

test('numbers as employee numbers', async () => {
  expect((await read('select number as id from staff where number is not null')).people).toMatchObject([
    { id: '7' },
    { id: '8' },
  ]);
});

test.each<[string, string, object]>([
  ['no rows', 'select gonghao as id from staff where 0', { code: 'source-empty', exitCode: 4 }],
  [
    'rows without a number',
    'select gonghao as id from staff order by real_name desc',
    {
      code: 'source-id-missing',
      exitCode: 4,
      message: 'rows without an employee number: 1, the first is row number 1',
    },
  ],
  [
    'no column for it',
    'select real_name as name from staff',
    { code: 'source-columns', exitCode: 2, next: 'Name it in "fields". Columns: name.' },
  ],
  [
    'a day as a number',
    'select 1 as id, 46326 as 离职日期',
    {
      code: 'source-date',
      exitCode: 4,
      message: '"46326" is no day that is known here, in the column of endsOn (row number 1)',
    },
  ],
  [
    'a state that nobody has explained',
    `select 1 as id, '外派' as 状态`,
    { code: 'source-status-unknown', exitCode: 4 },
  ],
])('%s', async (_, query, error) => {
  await expect(read(query)).rejects.toMatchObject(error);
});

test('no such database is no empty list', async () => {
  await expect(read('select 1 as id', { url: 'sqlite:gone.db' })).rejects.toMatchObject({
    code: 'source-unreachable',
    exitCode: 3,
  });
});

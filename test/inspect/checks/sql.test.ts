import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queryDoor } from '../../../src/connectors/sql/sql.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';

let folder: string;
let url: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-sql-'));
  const file = join(folder, 'oa.db');
  url = `sqlite:${file}`;
  const database = new SqliteDatabase(file);
  database.exec(`create table jobs (queue text, waiting, state text);
    insert into jobs values ('mail', 7, 'ok'), ('print', 30, 'ok'), ('odd', 'many', 'stuck'), ('none', null, 'ok')`);
  database.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const make = (args: Record<string, unknown>) =>
  makeCheck('sql', { url, ...args }, { doors: { query: async () => queryDoor() } });

test('a figure', async () => {
  const query = 'select sum(waiting) from jobs where queue in (?, ?)';
  expect(await make({ query, parameters: ['mail', 'print'], warn: 30, fail: 100 })).toMatchObject({
    state: 'warn',
    message: 'sum(waiting) is 37',
    measures: [{ name: 'sum(waiting)', value: 37, unit: '', warn: '30', fail: '100' }],
  });
});

test('a figure of each row', async () => {
  const of = (queues: string, more = {}) =>
    make({
      query: `select queue, waiting from jobs where queue in (${queues})`,
      column: 'waiting',
      label: 'queue',
      fail: 20,
      ...more,
    });
  expect(await of(`'mail'`)).toMatchObject({ state: 'pass', message: 'mail is 7' });
  expect(await of(`'mail', 'print'`)).toMatchObject({
    state: 'fail',
    message: 'print is 30',
    measures: [{ name: 'mail' }, { name: 'print', value: 30 }],
  });
  // What is no number is worse than what is too many: nobody knows it.
  expect(await of(`'print', 'odd'`)).toMatchObject({ state: 'error', message: 'print is 30; odd is no number: many' });
  expect(await of(`'none'`)).toMatchObject({ state: 'error', message: 'none is no number: null' });
  expect(await of(`'mail'`, { column: 'nope' })).toMatchObject({
    state: 'error',
    message: 'the query gives no column nope',
  });
});

test('a value', async () => {
  const query = 'select state from jobs';
  expect(await make({ query: `${query} where queue <> 'odd'`, equals: 'ok' })).toMatchObject({ state: 'pass' });
  expect(await make({ query, equals: 'ok' })).toMatchObject({
    state: 'fail',
    message: 'state 3 is stuck, and should be ok',
  });
});

test('no row is no value, and may be what is wanted', async () => {
  const query = `select queue from jobs where queue = 'nobody'`;
  expect(await make({ query, equals: 'ok' })).toMatchObject({
    state: 'error',
    message: 'the query gives no row, so there is no value to look at',
  });
  expect(await make({ query, rows: { fail: 0 } })).toMatchObject({ state: 'pass', message: 'the query gives 0 rows' });
  expect(await make({ query: 'select queue from jobs', rows: { fail: 0 } })).toMatchObject({
    state: 'fail',
    message: 'the query gives 4 rows',
    measures: [{ name: 'rows', value: 4, fail: '0' }],
  });
  expect(await make({ query, rows: { fail: '1:' } })).toMatchObject({ state: 'fail' });
});

test('what the database does not answer is an error', async () => {
  expect((await make({ query: 'select nope from jobs', rows: { fail: 0 } })).state).toBe('error');
  expect((await make({ query: 'delete from jobs', rows: { fail: 0 } })).state).toBe('error');
  expect((await make({ query: 'select 1', url: `sqlite:${folder}/none.db`, rows: { fail: 0 } })).state).toBe('error');
});

test('something must say what is all right', () => {
  expect(complaints('sql', { url: 'sqlite:a', query: 'select 1' })).toEqual([
    ': nothing says what is all right: write warn, fail, equals or rows',
  ]);
});

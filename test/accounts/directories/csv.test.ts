import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openCsv } from '../../../src/accounts/directories/csv.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { blocksOf } from '../../helpers/markdown.ts';
import { tableDoors } from './doors.ts';

const root = new URL('../../..', import.meta.url).pathname;
const signal = new AbortController().signal;
const nowMs = Date.UTC(2026, 10, 30);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-csv-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const specOf = (more: Record<string, unknown>) =>
  directorySchema.parse({ id: 'crm', type: 'csv', file: 'users.csv', ...more }) as DirectorySpecOf<'csv'>;
function open(text: string | Buffer, more: Record<string, unknown> = {}, ageMs = 0) {
  const file = join(folder, 'users.csv');
  writeFileSync(file, text);
  utimesSync(file, new Date(nowMs), new Date(nowMs - ageMs));
  return openCsv(specOf(more), tableDoors({ baseDir: folder, nowMs }));
}
const refused = (code: string, message: RegExp, exitCode: number) =>
  expect.objectContaining({ code, exitCode, message: expect.stringMatching(message), next: expect.any(String) });

test('what says that there is nothing is nothing; numbers that are protected from a spreadsheet have their zeros', async () => {
  const header = 'key,login,employee,mail,person_name,department,post,privileged,owner,rights\n';
  const read = async (row: string) => (await (await open(header + row)).read(signal)).accounts[0];
  const bare = { key: '1', login: '-', privileged: [], rights: [] };
  for (const sign of ['-', '－', '—', '/', '无', '暂无', 'NULL', 'N/A', 'none']) {
    const account = await read(`1,-,${Array(8).fill(sign).join(',')}\n`);
    expect(account).toMatchObject(bare);
    for (const field of ['employee', 'mail', 'personName', 'department', 'post', 'owner'])
      expect(account).not.toHaveProperty(field);
  }
  expect(await read('1,nan,"=""00123""",,Nan,,,root,,无;a\n')).toMatchObject({
    login: 'nan',
    employee: '00123',
    personName: 'Nan',
    privileged: ['root'],
    rights: ['a'],
  });
});

test('an account is found by each of the mail addresses in a cell; the first is shown', async () => {
  const directory = await open('key,login,mail\n1,wang,wang@oa.cn; w@oa.cn\n2,li,li@oa.cn\n');
  const [wang, li] = (await directory.read(signal)).accounts;
  expect(wang).toMatchObject({ mail: 'wang@oa.cn', also: { mail: ['w@oa.cn'] } });
  expect(li).not.toHaveProperty('also');
});

test('the list of the page is read, in UTF-8 with a byte order mark and in GBK', async () => {
  const block = blocksOf(root, 'docs/accounts-sql.md').find(({ text }) => text.includes('type: csv'))!;
  const [written] = (parse(block.text) as { directories: Record<string, unknown>[] }).directories;
  const text =
    '编号,账号,姓名,工号,启用,最后登录,角色\r\n7,wang,王小明,E2,是,2026/11/1 9:05,销售; 主管;销售\r\n8,li,,,N,,\r\n';
  const gbk = execFileSync('iconv', ['-f', 'utf-8', '-t', 'gbk'], { input: text });
  for (const bytes of [`\ufeff${text}`, gbk]) {
    const directory = await open(bytes, { ...written, file: 'users.csv' });
    expect([...directory.can]).toEqual([]);
    const { accounts, problems } = await directory.read(signal);
    expect(problems).toEqual([]);
    expect(accounts).toEqual([
      {
        directory: 'crm',
        key: '7',
        name: 'wang',
        login: 'wang',
        personName: '王小明',
        employee: 'E2',
        use: 'person',
        state: 'enabled',
        held: false,
        lastUse: { at: Date.UTC(2026, 10, 1, 1, 5), from: 'last_used_at' },
        privileged: [],
        rights: ['主管', '销售'],
      },
      {
        directory: 'crm',
        key: '8',
        name: 'li',
        login: 'li',
        use: 'person',
        state: 'disabled',
        held: false,
        lastUse: { unknown: '"last_used_at" is empty' },
        privileged: [],
        rights: [],
      },
    ]);
    expect(await directory.look({ key: '8', name: 'li', login: 'li' }, signal)).toMatchObject({
      account: { login: 'li' },
    });
    expect(await directory.look({ key: '9', name: 'x', login: 'x' }, signal)).toBeUndefined();
    await expect(
      directory.change({ key: '8', name: 'li', login: 'li' }, { do: 'disable' }, {}, signal),
    ).rejects.toThrow(refused('directory-read-only', /can only be read$/, 2));
  }
});

test('wrong cells are told with their place, and count as not known', async () => {
  const rows = Array.from({ length: 25 }, (_, i) => `k${i},l${i},soon,,,,`).join('\n');
  const { accounts, problems } = await (
    await open(
      `key,login,enabled,last_used_at,expires_at,use,privileged\n1,li,maybe,2026-02-30,31.12.2026,robot,uid 0\n2,,1,,,,\n${rows}\n`,
    )
  ).read(signal);
  expect(accounts).toHaveLength(26);
  expect(accounts[0]).toMatchObject({
    state: 'unknown',
    lastUse: { unknown: 'what "last_used_at" holds is no time' },
    use: 'person',
    privileged: ['uid 0'],
  });
  expect(accounts[0]).not.toHaveProperty('expiresAt');
  const file = join(folder, 'users.csv');
  expect(problems).toHaveLength(21 + 4);
  expect(problems).toEqual(
    expect.arrayContaining([
      `${file}:2: "enabled" holds "maybe", which is neither yes nor no`,
      `${file}:2: "last_used_at" holds "2026-02-30", which is no time`,
      `${file}:2: "expires_at" holds "31.12.2026", which is no time`,
      `${file}:2: "use" holds "robot", which is none of person, service, shared, default`,
      `${file}:3 has no login, and is left out`,
      '6 more rows are like that in the column "enabled"',
    ]),
  );
});

describe('a list that is not believed', () => {
  test.each<[string, string, Record<string, unknown>, string, RegExp, number]>([
    ['without key', 'login\nli\n', {}, 'directory-columns', /users\.csv has no column "key"$/, 2],
    ['without login', 'key\n1\n', {}, 'directory-columns', /has no column "login"$/, 2],
    [
      'with a field that is no column',
      'key,login\n1,li\n',
      { fields: { mail: '邮箱' } },
      'directory-columns',
      /has no column "邮箱"$/,
      2,
    ],
    [
      'with a field that is none',
      'key,login\n1,li\n',
      { fields: { email: 'login' } },
      'directory-columns',
      /"email", which is no column of accounts$/,
      2,
    ],
    [
      'with a key twice',
      'key,login\n1,li\n2,wang\n1,zhao\n',
      {},
      'directory-key',
      /two rows have the key "1": .*:2 and .*:4$/,
      4,
    ],
    ['with an empty key', 'key,login\n1,li\n,wang\n', {}, 'directory-key', /users\.csv:3 has no key$/, 4],
    ['with a column twice', 'key,login,key\n1,li,2\n', {}, 'csv-invalid', /"key" is named twice$/, 2],
    ['cut off in a row', 'key,login,mail\n1,li,x\n2,wa', {}, 'csv-invalid', /2 columns instead of 3$/, 2],
    ['cut off in a cell', 'key,login\n1,li\n2,"wa', {}, 'csv-invalid', /never closed$/, 2],
    ['that is empty', '', {}, 'csv-invalid', /the list is empty$/, 2],
    ['that names nobody', 'key,login\n', {}, 'directory-empty', /names no account$/, 4],
    ['with a NUL', 'key,login\n1,a\0\n', {}, 'csv-encoding', /holds a NUL byte$/, 2],
  ])('%s', async (_name, text, more, code, message, exitCode) => {
    await expect(open(text, more)).rejects.toThrow(refused(code, message, exitCode));
  });

  test('that is too old', async () => {
    const dayMs = 86_400_000;
    await expect(open('key,login\n1,li\n', { maxAge: '7d' }, 8 * dayMs)).rejects.toThrow(
      refused('directory-too-old', /is from 2026-11-22T00:00:00\S*, and may not be older than 7 d 0 h$/, 4),
    );
    await open('key,login\n1,li\n', { maxAge: '7d' }, 6 * dayMs);
  });
});

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sourceStage } from '../../helpers/source-stage.ts';

const stage = sourceStage();
afterAll(() => stage.remove());
const position = (line: number) => ({ file: 'roster.csv', line, col: 1 });
const facts = '工号,姓名,账号,邮箱,部门,岗位,上级工号,状态,入职日期,离职日期';

test('people come with everything that is known of them', async () => {
  const read = await stage.csv(`${facts}
00123,王小明,xiaoming.wang,xiaoming.wang@example.com,财务部,会计,00007,在职,2020/1/2,
1002,李雷,-,,财务部,会计,00007,离职,,2026年10月31日
1003,韩梅梅,han,,,,,试用期,2026-12-07,9999-12-31
`);
  expect(read).toMatchObject({ id: 'hr', complete: true, rows: 3, asOf: '2026-11-30', asOfBy: 'file' });
  expect(read.address).toBe(join(stage.folder, 'roster.csv'));
  const common = { source: 'hr', department: '财务部', post: '会计', manager: '00007' };
  expect(read.people).toEqual([
    {
      ...common,
      id: '00123',
      where: 'roster.csv:2',
      employment: 'active',
      name: '王小明',
      login: 'xiaoming.wang',
      mail: 'xiaoming.wang@example.com',
      status: '在职',
      startsOn: '2020-01-02',
    },
    {
      ...common,
      id: '1002',
      where: 'roster.csv:3',
      employment: 'left',
      name: '李雷',
      status: '离职',
      endsOn: '2026-10-31',
    },
    {
      source: 'hr',
      id: '1003',
      where: 'roster.csv:4',
      employment: 'future',
      name: '韩梅梅',
      login: 'han',
      status: '试用期',
      startsOn: '2026-12-07',
    },
  ]);
});

test('GBK, a mark of UTF-8, tabs, and full-width signs of an input method', async () => {
  const name = Buffer.concat([Buffer.from('id,name\n1001,'), Buffer.from([0xcd, 0xf5]), Buffer.from('\n')]);
  expect((await stage.csv(name)).people[0]).toMatchObject({ id: '1001', name: '王' });
  await expect(stage.csv(name, { encoding: 'utf-8' })).rejects.toMatchObject({
    code: 'csv-encoding',
    exitCode: 4,
    position: position(2),
  });
  const wide = await stage.csv('\ufeff工号\t登录名\n１００１\tＷＡＮＧ\u3000\n', { separator: '\t' });
  expect(wide.people[0]).toMatchObject({ id: '1001', login: 'WANG' });
});

test('numbers that an export protects from a spreadsheet keep their zeros', async () => {
  expect((await stage.csv('工号,姓名\n"=""00123""",王\n')).people[0]).toMatchObject({ id: '00123' });
  expect((await stage.csv("工号,姓名\n'00123,O'Neil\n")).people[0]).toMatchObject({ id: '00123', name: "O'Neil" });
});

test.each([
  ['123.0', 'made into a fraction'],
  ['10月12日', 'made into a day'],
  ['12-Oct', 'made into a day'],
  ['"12,345"', 'parted by commas'],
  ['1.2E+11', 'rounded to fewer digits'],
])('an employee number %s is none', async (id, what) => {
  await expect(stage.csv(`工号,姓名\n00122,李\n${id},王\n`)).rejects.toMatchObject({
    code: 'source-value',
    message: `the employee number "${id.replaceAll('"', '')}" was ${what} by a spreadsheet`,
    position: { line: 3 },
  });
});

test('columns that may tell who has left, and are not read, are told', async () => {
  const told = async (header: string, spec: object = {}) =>
    (await stage.csv(`${header}\n${header.replaceAll(/[^,]+/g, '1')}\n`, spec)).problems.filter((line) =>
      /counts as/.test(line),
    );
  expect(await told('工号,是否在职,实际离职日期,姓名')).toEqual([
    'everybody in the source "hr" counts as employed: "fields" names no status or endsOn, and these columns are not read: "是否在职", "实际离职日期"',
  ]);
  expect(await told('id,Left On')).toHaveLength(1);
  expect(await told('工号,姓名,部门')).toEqual([]);
  expect(await told('工号,状态,离职原因', { active: ['1'] })).toEqual([]);
});

test.each<[string, string, object, object]>([
  ['nothing', '', {}, { code: 'source-empty' }],
  ['a header alone', '工号,姓名\n', {}, { code: 'source-empty', message: 'the source "hr" names nobody' }],
  ['lines of separators alone', '工号,姓名\n,\n,,,\n', {}, { code: 'source-empty' }],
  [
    'fewer than they can be',
    '工号\n1\n2\n',
    { minRows: 3 },
    { code: 'source-too-small', message: 'the source "hr" names 2 people, fewer than 3' },
  ],
  ['a row that ends early', '工号,姓名,部门\n1,王,财务\n2,李\n', {}, { code: 'csv-invalid', position: position(3) }],
  [
    'a quotation that goes on to the end',
    '工号,姓名\n1,王\n2,"李\n',
    {},
    { code: 'csv-invalid', position: position(3) },
  ],
  [
    'no last line',
    '工号,姓名\n1,王\n',
    { trailer: '合计' },
    { code: 'source-cut-off', message: 'the file roster.csv is cut off: its last line is not "合计"' },
  ],
  [
    'rows after the last line',
    '工号,姓名\n1,王\n合计\n2,李\n合计\n',
    { trailer: '合计' },
    { code: 'source-cut-off', position: position(4) },
  ],
  [
    'rows without a number',
    '工号,姓名\n1,王\n,李\n-,韩\n',
    {},
    {
      code: 'source-id-missing',
      message: 'rows without an employee number: 2, the first is roster.csv:3',
      position: position(3),
    },
  ],
  [
    'a number that a spreadsheet rounded',
    '工号,姓名\n1.00001E+11,王\n',
    {},
    { code: 'source-value', position: position(2) },
  ],
  ['a number that holds something else', '工号,姓名\n"1\n2",王\n', {}, { code: 'source-value', position: position(2) }],
  [
    'a day that is none',
    '工号,离职日期\n1,\n2,10/31/2026\n',
    {},
    {
      code: 'source-date',
      message: '"10/31/2026" is no day that is known here, in the column of endsOn',
      position: position(3),
    },
  ],
  [
    'states that nobody has explained',
    '工号,状态\n1,在职\n2,停薪留职\n3,停薪留职\n4,外派\n',
    {},
    {
      code: 'source-status-unknown',
      message: 'the status "停薪留职" is neither in "active" nor in "left" of the source "hr" (roster.csv:3)',
      next: 'Add it to "active" or to "left", and these too: "外派" (roster.csv:5).',
      position: position(3),
    },
  ],
])('not believed: %s', async (_, text, spec, error) => {
  await expect(stage.csv(text, spec)).rejects.toMatchObject({ exitCode: 4, ...error });
});

test('a state that means both is a mistake of the configuration', async () => {
  await expect(stage.csv('工号\n1\n', { left: ['Out'], active: ['OUT'] })).rejects.toMatchObject({
    code: 'source-statuses',
    exitCode: 2,
  });
});

test('a last line says that the file is whole; without it, a missing line end is told', async () => {
  const said = expect.stringContaining('line end');
  expect((await stage.csv('工号,姓名\n1,王\n合计,1', { trailer: '合计' })).problems).not.toContainEqual(said);
  expect((await stage.csv('工号,姓名\n1,王\n')).problems).not.toContainEqual(said);
  expect((await stage.csv('工号,姓名\n1,王')).problems).toContain(
    'the last line of roster.csv has no line end: a "trailer" would tell whether it is cut off',
  );
});

describe('people in several rows', () => {
  const many = Array.from({ length: 60 }, (_, at) => `${at + 10},p${at},财务,在职`).join('\n');

  test('the same facts are one person', async () => {
    const read = await stage.csv('工号,姓名,部门,状态\n1,王,财务,在职\n1,王 ,财务,在职\n');
    expect(read).toMatchObject({ rows: 2, people: [{ id: '1', employment: 'active' }] });
    expect(read.people).toHaveLength(1);
  });

  test('different facts: nobody is judged by them, and all places are told', async () => {
    const read = await stage.csv(`工号,姓名,部门,状态\n1,王,财务,离职\n${many}\n1,王,财务,在职\n1,王,法务,在职\n`);
    expect(read.people[0]).toMatchObject({ id: '1', employment: 'unclear' });
    expect(read.people).toHaveLength(61);
    expect(read.problems).toContain(
      '1 is left alone: its rows have different facts (roster.csv:2, roster.csv:63, roster.csv:64)',
    );
  });

  test('too many of them are refused', async () => {
    const text = `工号,姓名,部门,状态\n1,王,财务,离职\n${many}\n1,王,财务,在职\n`;
    const read = (maxDuplicates: string) => stage.csv(text, { maxDuplicates });
    await expect(read('1%')).rejects.toMatchObject({ code: 'source-duplicates', exitCode: 4 });
    await expect(read('2%')).resolves.toMatchObject({ rows: 62 });
  });
});

test('facts that cannot both be true leave a person alone, with the reason', async () => {
  const read = await stage.csv('工号,状态,离职日期\n1,在职,2026-10-31\n2,,2026-10-31\n3,离职,2026-12-31\n');
  expect(read.people.map(({ employment }) => employment)).toEqual(['unclear', 'unclear', 'active']);
  expect(read.problems.slice(0, 2)).toEqual([
    '1 is left alone: the status says employed, and the last day was 2026-10-31 (roster.csv:2)',
    '2 is left alone: the status is blank (roster.csv:3)',
  ]);
});

test('of many problems of one kind the first are told, and how many there are', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => `${at + 1},`).join('\n');
  const { problems } = await stage.csv(`工号,状态\n${rows}\n`);
  expect(problems).toHaveLength(22);
  expect(problems[20]).toBe('10 more like these');
});

describe('names with *', () => {
  const read = (file: string) => stage.read({ type: 'csv', file });

  test('the last one by name is read, numbers as numbers; what was changed later is told', async () => {
    stage.write('月报-9.csv', '工号\n9\n', '2026-11-30T09:00:00+08:00');
    stage.write('月报-10.csv', '工号\n10\n', '2026-11-30T08:00:00+08:00');
    stage.write('~$月报-99.csv', '工号\n99\n');
    stage.write('.月报-98.csv', '工号\n98\n');
    const found = await read('*月报-*.csv');
    expect(found.people).toMatchObject([{ id: '10', where: '月报-10.csv:2' }]);
    expect(found.address).toBe(join(stage.folder, '*月报-*.csv'));
    expect(found.problems).toContain('月报-10.csv was read, the last one by name; 月报-9.csv was changed later');
  });

  test('none is a source that did not answer', async () => {
    await expect(read('nothing-*.csv')).rejects.toMatchObject({ code: 'source-file', exitCode: 3 });
    await expect(read('gone/roster-*.csv')).rejects.toMatchObject({ code: 'source-file', exitCode: 3 });
    await expect(read('*/roster.csv')).rejects.toMatchObject({ code: 'source-file', exitCode: 2 });
  });

  test('symbolic links are followed', async () => {
    stage.write('real.csv', '工号\n7\n');
    symlinkSync('real.csv', join(stage.folder, 'link-1.csv'));
    expect((await read('link-*.csv')).people).toMatchObject([{ id: '7', where: 'link-1.csv:2' }]);
  });
});

test('a last day of 1900 or 1970 is none, one of 1905 is an error', async () => {
  const day = (text: string) => stage.csv(`工号,离职日期\n1,${text}\n`);
  for (const text of ['1900-01-01', '1970/1/1 00:00:00', '0001-01-01'])
    expect((await day(text)).people[0]).toMatchObject({ employment: 'active' });
  await expect(day('1905-07-18')).rejects.toMatchObject({ code: 'source-date', exitCode: 4 });
});

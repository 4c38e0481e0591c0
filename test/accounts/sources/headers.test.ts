import fc from 'fast-check';
import { expect, test } from 'vitest';
import { personFields } from '../../../src/accounts/schema/sources.ts';
import { headerNames } from '../../../src/accounts/sources/header-names.ts';
import { findColumns, plainName } from '../../../src/accounts/sources/headers.ts';
import { specOf } from '../../helpers/source-stage.ts';

const columnsOf = (names: string[], spec: object = {}) =>
  findColumns(specOf({ type: 'csv', file: 'r.csv', ...spec }), { names, position: { file: 'r.csv', line: 1, col: 1 } });
const error = (names: string[], spec: object = {}) => {
  try {
    columnsOf(names, spec);
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
};

test('common names are found, whatever their signs', () => {
  expect(
    columnsOf([
      '工 号*',
      '姓名',
      '域账号',
      '电子邮件',
      '部门',
      '岗位',
      '直属上级',
      '在职状态',
      '入职日期',
      '最后工作日',
    ]),
  ).toEqual({
    id: 0,
    name: 1,
    login: 2,
    mail: 3,
    department: 4,
    post: 5,
    manager: 6,
    status: 7,
    startsOn: 8,
    endsOn: 9,
  });
  expect(columnsOf(['E-Mail', ' Employee_ID', 'ＮＡＭＥ', 'Hire Date', 'notes'])).toEqual({
    mail: 0,
    id: 1,
    name: 2,
    startsOn: 3,
  });
});

test('what the configuration says stands above common names', () => {
  expect(columnsOf(['工号', '人员标识', '姓名'], { fields: { id: '人员标识' } })).toEqual({ id: 1, name: 2 });
  // The column of the employee number is no other field, and of two names the first that is there counts.
  expect(columnsOf(['mail', 'uid'], { fields: { id: ['number', 'mail'] } })).toEqual({ id: 0, login: 1 });
  // As it is written goes before what is like it.
  expect(columnsOf(['ID', 'id', 'name'], { fields: { id: 'id' } })).toEqual({ id: 1, name: 2 });
});

test.each<[string, string[], object, string]>([
  ['no id', ['姓名', '部门'], {}, 'no column of the source "hr" is known as the employee number'],
  [
    'two that may be it',
    ['工号', '编号', '姓名'],
    {},
    'several columns of the source "hr" could be id: "工号", "编号"',
  ],
  [
    'two that may be the state',
    ['工号', '状态', '在职状态'],
    {},
    'several columns of the source "hr" could be status: "状态", "在职状态"',
  ],
  [
    'a name twice',
    ['工号', '部门', '部门'],
    {},
    'several columns of the source "hr" could be department: "部门", "部门"',
  ],
  [
    'a name that is not there',
    ['工号'],
    { fields: { endsOn: ['离职', '退'] } },
    'the source "hr" has no column "离职", "退" for endsOn',
  ],
])('%s is refused with the line of the header and the columns there are', (_, names, spec, message) => {
  expect(error(names, spec)).toMatchObject({
    code: 'source-columns',
    message,
    exitCode: 2,
    position: { file: 'r.csv', line: 1, col: 1 },
    next: `Name it in "fields". Columns: ${names.join(', ')}.`,
  });
});

test('a list with another separator says so', () => {
  expect(error(['工号;姓名'])).toMatchObject({ next: 'Check "separator": the only column is "工号;姓名".' });
});

test('columns without a name, and the same name twice where nobody asks, do no harm', () => {
  expect(columnsOf(['工号', '', '备注', '备注', ''])).toEqual({ id: 0 });
});

test('a common name belongs to one field', () => {
  const all = Object.values(headerNames).flat();
  expect(all.filter((name, at) => all.indexOf(name) !== at || plainName(name) !== name)).toEqual([]);
});

test('any order, case, blanks and widths lead to the same columns', () => {
  const seed = Number(process.env['OAOPS_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`headers seed: ${seed}`);
  const wide = (text: string) =>
    text.replaceAll(/[!-~]/g, (sign) => String.fromCodePoint(sign.codePointAt(0)! + 0xfee0));
  const written = (name: string) =>
    fc.constantFrom(
      name,
      name.toUpperCase(),
      wide(name),
      `\u3000${name} `,
      `${name}*`,
      [...name].join(' '),
      [...name].join('_'),
    );
  const chosen = fc
    .tuple(...personFields.map((field) => fc.constantFrom(...headerNames[field]).chain(written)))
    .chain((names) =>
      fc
        .shuffledSubarray(
          personFields.map((_, at) => at),
          { minLength: personFields.length },
        )
        .map((order) => ({ names, order })),
    );
  fc.assert(
    fc.property(chosen, ({ names, order }) => {
      const columns = columnsOf(order.map((field) => names[field]!));
      expect(columns).toEqual(Object.fromEntries(order.map((field, at) => [personFields[field], at])));
    }),
    { seed },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoleMatrix, type RoleRow, rowsOfSpec } from '../../../src/accounts/company/roles.ts';
import { roleRowsOf } from '../../../src/accounts/company/roles-file.ts';
import { rolesSchema } from '../../../src/accounts/schema/rules.ts';

const row = (department: string, post: string, rights: RoleRow['rights'], where = 'x'): RoleRow => ({
  department,
  post,
  rights,
  where,
});

describe('rights due', () => {
  const matrix = new RoleMatrix([
    row('*', '*', { ldap: ['mail'] }, 'matrix row 1'),
    row('财务*', '*', { ldap: ['finance'], oa: ['read'] }, 'matrix row 2'),
    row('财务部', 'Accountant', { ldap: ['ledger', 'Finance'] }, 'roles.csv:4'),
  ]);

  it('are those of every row that fits', () => {
    expect([...matrix.due([{ department: '财务部', post: 'ACCOUNTANT' }], 'ldap').values()]).toEqual([
      'mail',
      'finance',
      'ledger',
    ]);
    expect([...matrix.due([{ department: '销售部' }], 'ldap').values()]).toEqual(['mail']);
    expect([...matrix.due([{ department: '销售部' }], 'oa').values()]).toEqual([]);
  });

  it('of somebody in two departments are those of both', () => {
    const places = [{ department: '销售部' }, { department: '财务二部', post: 'clerk' }];
    expect([...matrix.due(places, 'ldap').values()]).toEqual(['mail', 'finance']);
  });

  it('are explained row by row', () => {
    expect(matrix.explain({ department: '财务部', post: 'accountant' })).toEqual([
      {
        directory: 'ldap',
        right: 'finance',
        because: ['财务* / * (matrix row 2)', '财务部 / Accountant (roles.csv:4)'],
      },
      { directory: 'ldap', right: 'ledger', because: ['财务部 / Accountant (roles.csv:4)'] },
      { directory: 'ldap', right: 'mail', because: ['* / * (matrix row 1)'] },
      { directory: 'oa', right: 'read', because: ['财务* / * (matrix row 2)'] },
    ]);
  });

  it('are the union that a plain reading of the matrix gives, and their explanation names the same', () => {
    const word = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '?b');
    const rights = fc.dictionary(
      fc.constantFrom('d1', 'd2'),
      fc.array(fc.constantFrom('r1', 'r2', 'r3'), { minLength: 1 }),
    );
    const place = fc.record({ department: fc.constantFrom('a', 'b', 'ab'), post: fc.constantFrom('a', 'b', 'ab') });
    const fits = (pattern: string, text: string) =>
      new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
    fc.assert(
      fc.property(
        fc.array(fc.record({ department: word, post: word, rights }), { maxLength: 8 }),
        fc.array(place, { minLength: 1, maxLength: 3 }),
        (rows, places) => {
          const one = new RoleMatrix(rows.map((each, index) => ({ ...each, where: String(index) })));
          const explained = one.explain({ places }).map(({ directory, right }) => `${directory} ${right}`);
          const oracle = new Set<string>();
          for (const at of places)
            for (const each of rows)
              if (fits(each.department, at.department) && fits(each.post, at.post))
                for (const [directory, names] of Object.entries(each.rights))
                  for (const name of names) oracle.add(`${directory} ${name}`);
          const due = ['d1', 'd2'].flatMap((directory) =>
            [...one.due(places, directory).values()].map((right) => `${directory} ${right}`),
          );
          expect(due.sort()).toEqual([...oracle].sort());
          expect(explained).toEqual([...oracle].sort());
        },
      ),
    );
  });
});

describe('a file of roles', () => {
  const table = (columns: string[], ...rows: string[][]) => ({
    columns,
    rows: rows.map((cells, index) => ({ line: index + 2, cells })),
  });
  const read = (columns: string[], ...rows: string[][]) =>
    roleRowsOf('roles.csv', table(columns, ...rows), ['ldap', 'oa']);

  it('has one right a row, with English or Chinese columns in any order', () => {
    const rows = [row('财务部', '*', { ldap: ['a'] }, 'roles.csv:2'), row('*', '会计', { oa: ['b'] }, 'roles.csv:4')];
    expect(
      read(['部门', '岗位', '系统', '权限'], ['财务部', '', 'ldap', 'a'], ['', ' ', ''], ['*', '会计', 'oa', 'b']),
    ).toEqual(rows);
    expect(read(['Right', 'DIRECTORY ', 'post', 'department'], ['a', 'ldap', '', '财务部'])).toEqual(rows.slice(0, 1));
  });

  it.each<[string, string[], string[][]]>([
    ['roles.csv has no column "post"', ['部门', '系统', '权限'], [['a', 'ldap', 'b']]],
    ['roles.csv has several columns "post"', ['部门', '岗位', 'post', '系统', '权限'], [['a', 'b', 'c', 'ldap', 'r']]],
    ['there is no directory "ladp"', ['部门', '岗位', '系统', '权限'], [['a', 'b', 'ladp', 'r']]],
    ['the row names no directory', ['部门', '岗位', '系统', '权限'], [['a', 'b', '', 'r']]],
    ['the row names no right', ['部门', '岗位', '系统', '权限'], [['a', 'b', 'ldap', '']]],
    ['roles.csv has no role in it', ['部门', '岗位', '系统', '权限'], []],
  ])('is refused: %s', (message, columns, rows) => {
    expect(() => read(columns, ...rows)).toThrow(expect.objectContaining({ message, exitCode: 2 }));
  });

  it('comes on top of the matrix', () => {
    const spec = rolesSchema.parse({ matrix: [{ department: 'a', rights: { ldap: ['r'] } }] });
    expect(rowsOfSpec(spec)).toEqual([row('a', '*', { ldap: ['r'] }, 'matrix row 1')]);
  });
});

import { expect, test } from 'vitest';
import { SharedTexts } from '../../../src/accounts/audit/shared-values.ts';
import { accountOf } from '../../../src/accounts/directories/ldap/account.ts';
import type { LdapSpec } from '../../../src/accounts/directories/ldap/login.ts';
import { directory } from '../judging.ts';

const fields = { login: 'uid', employee: 'employeeNumber', mail: 'mail', personName: 'cn', department: 'ou' };
const given = { key: '1', use: 'person', state: 'enabled', held: false } as const;

function read(attributes: Record<string, string[]>) {
  return accountOf(
    directory() as LdapSpec,
    fields,
    { dn: 'uid=none,dc=oa', attributes },
    new SharedTexts(),
    { ...given, lastUse: { unknown: 'x' }, privileged: [], rights: [] },
    {} as Parameters<typeof accountOf>[5],
  );
}

test('an attribute that says that there is nothing is none', () => {
  const one = (value: string) => read({ uid: ['none'], employeeNumber: [value], mail: [value], ou: [value] });
  for (const sign of ['-', '无', 'N/A']) {
    expect(one(sign)).toMatchObject({ login: 'none' });
    for (const field of ['employee', 'mail', 'department']) expect(one(sign)).not.toHaveProperty(field);
  }
  expect(one('0')).toMatchObject({ employee: '0', mail: '0', department: '0' });
});

test('of several values the first that says something is shown, and the others are kept', () => {
  const several = read({
    uid: ['zhang', 'zs'],
    employeeNumber: ['-', 'E1'],
    mail: ['a@oa.cn', '无', 'b@oa.cn'],
    cn: ['张三'],
  });
  expect(several).toMatchObject({ login: 'zhang', employee: 'E1', mail: 'a@oa.cn', personName: '张三' });
  expect(several.also).toEqual({ login: ['zs'], mail: ['b@oa.cn'] });
  expect(read({ uid: ['zhang'], mail: ['a@oa.cn'] })).not.toHaveProperty('also');
});

import { expect, test } from 'vitest';
import { SharedTexts } from '../../../src/accounts/audit/shared-values.ts';
import { accountOf } from '../../../src/accounts/directories/ldap/account.ts';
import type { LdapSpec } from '../../../src/accounts/directories/ldap/login.ts';
import { directory } from '../judging.ts';

test('an attribute that says that there is nothing is none', () => {
  const fields = { login: 'uid', employee: 'employeeNumber', mail: 'mail', department: 'ou' };
  const entry = (value: string) => ({
    dn: 'uid=none,dc=oa',
    attributes: { uid: ['none'], employeeNumber: [value], mail: [value], ou: [value] },
  });
  const given = { key: '1', use: 'person', state: 'enabled', held: false } as const;
  const read = (value: string) =>
    accountOf(
      directory() as LdapSpec,
      fields,
      entry(value),
      new SharedTexts(),
      { ...given, lastUse: { unknown: 'x' }, privileged: [], rights: [] },
      {} as Parameters<typeof accountOf>[5],
    );
  for (const sign of ['-', '无', 'N/A']) {
    expect(read(sign)).toMatchObject({ login: 'none' });
    for (const field of ['employee', 'mail', 'department']) expect(read(sign)).not.toHaveProperty(field);
  }
  expect(read('0')).toMatchObject({ employee: '0', mail: '0', department: '0' });
});

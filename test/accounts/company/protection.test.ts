import { describe, expect, it } from 'vitest';
import { Protection } from '../../../src/accounts/company/protection.ts';
import { protectedSchema } from '../../../src/accounts/schema/rules.ts';
import { account } from '../judging.ts';

function reason(
  over: Parameters<typeof account>[1],
  { rules = [] as unknown[], names = [] as string[], use = 'person' as const, findings = ['leaver'] as never[] } = {},
) {
  const one = account(over?.login ?? 'zhang', over);
  return new Protection(protectedSchema.parse(rules), { names }).reason({ account: one, use, findings });
}

describe('protected is', () => {
  it('nobody without a reason', () => {
    expect(reason({})).toBeUndefined();
  });

  it('what the directory itself forbids to touch', () => {
    expect(reason({ untouchable: 'adminCount is 1' })).toBe('adminCount is 1');
  });

  it.each(['root', 'Administrator', 'KRBTGT', 'Guest', 'ｒｏｏｔ'])('%s', (login) => {
    expect(reason({ login })).toBe('the system cannot be without it');
  });

  it('whoever is on the list, by login, entry or group, in upper or lower case', () => {
    const rules = [
      { account: 'break-*', reason: 'break glass' },
      { account: '*,ou=board,dc=oa', reason: 'the board', directory: 'ldap' },
      { group: 'cn=Domain Admins*', reason: 'administrators' },
    ];
    expect(reason({ login: 'Break-1' }, { rules })).toBe('protected: break glass');
    expect(reason({ name: 'uid=z,ou=board,dc=oa' }, { rules })).toBe('protected: the board');
    expect(reason({ name: 'uid=z,ou=board,dc=oa', directory: 'other' }, { rules })).toBeUndefined();
    expect(reason({ rights: ['CN=domain admins,DC=oa'] }, { rules })).toBe('protected: administrators');
    expect(reason({ login: 'zhang' }, { rules })).toBeUndefined();
  });

  it.each([
    ['CN=Staff, OU=Groups , DC=example,DC=com', 'cn=staff,ou=groups,dc=example,dc=com'],
    ['cn=staff,ou=groups,dc=example,dc=com', 'CN = Staff,OU=Groups, DC=example, DC=com'],
    ['cn=Staff*, ou=groups, dc=example, dc=com', 'cn=staff-it,ou=groups,dc=example,dc=com'],
    ['cn=\\E8\\B4\\A2\\E5\\8A\\A1,dc=oa', 'cn=财务,dc=oa'],
    ['cn=Zhao\\2C Qian,dc=oa', 'cn=zhao\\, qian, dc=oa'],
  ])('an entry or group, however its name is written: %s', (written, name) => {
    expect(reason({ rights: [name] }, { rules: [{ group: written, reason: 'x' }] })).toBe('protected: x');
    expect(reason({ name }, { rules: [{ account: written, reason: 'x' }] })).toBe('protected: x');
    expect(reason({ name: `cn=other, ${name}` }, { rules: [{ account: written, reason: 'x' }] })).toBeUndefined();
  });

  it('whoever asks for the change, by whatever they are called', () => {
    for (const over of [{ login: 'Ops' }, { mail: 'ops' }, { employee: 'OPS' }])
      expect(reason(over, { names: ['ops'] })).toBe('it is the account of whoever has asked for the change');
    expect(reason({ login: 'other' }, { names: ['ops', ''] })).toBeUndefined();
  });

  it('by each of several logins and mail addresses', () => {
    const rules = [{ account: 'break-*', reason: 'break glass' }];
    expect(reason({ also: { login: ['x', 'break-2'] } }, { rules })).toBe('protected: break glass');
    expect(reason({ also: { login: ['Administrator'] } })).toBe('the system cannot be without it');
    for (const also of [{ login: ['ops'] }, { mail: ['OPS'] }, { employee: ['ops'] }])
      expect(reason({ also }, { names: ['ops'] })).toBe('it is the account of whoever has asked for the change');
  });

  it('what is no person’s; what a system came with only as long as nobody has written a rule for it', () => {
    expect(reason({}, { use: 'service' as never })).toBe('a program uses it');
    expect(reason({}, { use: 'shared' as never })).toBe('several people use it');
    expect(reason({}, { use: 'default' as never })).toBe('a system came with it');
    expect(reason({}, { use: 'default' as never, findings: ['default-account'] as never[] })).toBeUndefined();
    expect(
      reason({ login: 'guest' }, { use: 'default' as never, findings: ['default-account'] as never[] }),
    ).toBeDefined();
  });
});

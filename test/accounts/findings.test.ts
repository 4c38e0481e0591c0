import { describe, expect, it } from 'vitest';
import type { Account, FindingType } from '../../src/accounts/model.ts';
import { account, dayMs, directory, evidence, judgeWorld, nowMs, person, told, type World } from './judging.ts';

const zhang = person('1', { login: 'zhang', department: 'Finance', post: 'clerk' });
const of = (type: FindingType, world: World) => told(judgeWorld({ people: [zhang], ...world, only: [type] }));
const one = (over: Partial<Account> = {}) => [account('zhang', over)];

describe('a last use before the account was made', () => {
  it('is of a clock that was wrong, and makes nobody dormant sooner', () => {
    const lastUse = { at: 0, from: 'x' };
    expect(of('dormant', { accounts: one({ lastUse, createdAt: nowMs - 89 * dayMs }) })).toEqual([]);
    expect(of('dormant', { accounts: one({ lastUse, createdAt: nowMs - 90 * dayMs }) })).toEqual(['dormant zhang']);
  });
});

describe('duplicate', () => {
  const used = (daysAgo: number) => ({ lastUse: { at: nowMs - daysAgo * dayMs, from: 'x' }, employee: '1' });

  it('keeps the account that was used last', () => {
    const accounts = [account('zhang', used(9)), account('zhang2', used(3)), account('zhang3', used(5))];
    expect(of('duplicate', { accounts })).toEqual(['duplicate zhang', 'duplicate zhang3']);
    expect(evidence(judgeWorld({ people: [zhang], accounts }), 'duplicate', 'zhang')).toBe(
      '1 has zhang2, too; that one was used later',
    );
  });

  it('does not count disabled ones, nor what is found by name only, nor people who have left', () => {
    const accounts = [account('zhang', used(9)), account('zhang2', { ...used(3), state: 'disabled' })];
    expect(of('duplicate', { accounts })).toEqual([]);
    const two = [account('zhang', used(9)), account('zhang2', used(3))];
    expect(of('duplicate', { accounts: two, people: [{ ...zhang, employment: 'left' }] })).toEqual([]);
  });

  it('asks first when the last use of one of them is not known', () => {
    const accounts = [account('zhang', used(9)), account('zhang2', { employee: '1', lastUse: { unknown: 'no log' } })];
    expect(of('duplicate', { accounts })).toEqual(['duplicate zhang2 ?']);
    const before = account('zhang2', { employee: '1', lastUse: { at: nowMs, from: 'last', orBefore: true } });
    expect(of('duplicate', { accounts: [accounts[0]!, before] })).toEqual(['duplicate zhang2 ?']);
  });

  it('asks first when the last use of one of them is to come', () => {
    const accounts = [account('zhang', used(-400)), account('zhang2', used(3))];
    expect(of('duplicate', { accounts })).toEqual(['duplicate zhang2 ?']);
    expect(evidence(judgeWorld({ people: [zhang], accounts }), 'unknown', 'zhang')).toBe(
      'its last use is written as of 2028-01-04, which is to come',
    );
  });

  it('is counted host by host', () => {
    const spec = directory({ type: 'linux' });
    const accounts = [
      account('zhang', { key: 'web1:zhang' }),
      account('zhang', { key: 'web2:zhang' }),
      account('zhang2', { ...used(5), key: 'web2:zhang2' }),
    ];
    expect(of('duplicate', { accounts, spec })).toEqual(['duplicate zhang2']);
  });
});

describe('rights', () => {
  const roles = [
    { department: 'Finance', post: '*', rights: { ldap: ['cn=ledger', 'cn=mail'] }, where: 'x' },
    { department: 'Sales', post: '*', rights: { ldap: ['cn=crm'] }, where: 'x' },
  ];

  it('beyond the role are found whether or not the matrix speaks of them, missing ones by the matrix', () => {
    const judgement = judgeWorld({
      people: [zhang],
      accounts: one({ rights: ['CN=Mail', 'cn=crm', 'cn=other'] }),
      roles,
    });
    expect(judgement.findings).toMatchObject([
      { type: 'rights-beyond-role', rights: ['cn=crm', 'cn=other'], evidence: '2 beyond the role Finance / clerk' },
      { type: 'rights-missing', rights: ['cn=ledger'], evidence: '1 missing of the role Finance / clerk' },
    ]);
  });

  it('are looked at within "managed" where it is written', () => {
    const spec = directory({ managed: ['cn=o*'] });
    const judgement = judgeWorld({ people: [zhang], accounts: one({ rights: ['cn=crm', 'cn=other'] }), roles, spec });
    expect(judgement.findings).toMatchObject([{ type: 'rights-beyond-role', rights: ['cn=other'] }]);
    expect(of('rights-beyond-role', { accounts: one({ rights: ['cn=crm'] }) })).toEqual([]);
  });

  it('of people who have left, are unclear, or whose department is not known are not compared', () => {
    const accounts = one({ rights: ['cn=crm'] });
    for (const employment of ['left', 'unclear', 'future'] as const)
      expect(of('rights-beyond-role', { accounts, roles, people: [{ ...zhang, employment }] })).toEqual([]);
    const judgement = judgeWorld({ accounts, roles, people: [person('1', { login: 'zhang' })] });
    expect(told(judgement)).toEqual(['unknown zhang']);
    expect(judgement.findings[0]?.evidence).toBe('rights are not compared: the department is not known');
  });

  it('that are accepted are left out one by one, until the day', () => {
    const accounts = one({ rights: ['cn=crm', 'cn=ledger', 'cn=mail'] });
    const exception = {
      finding: 'rights-beyond-role' as const,
      account: 'zh*',
      right: 'CN=crm',
      until: '2026-11-30',
      by: 'li',
      reason: 'project',
    };
    const judged = (exceptions: World['exceptions'] & object, todayDate = '2026-11-30') =>
      judgeWorld({ people: [zhang], accounts, roles, exceptions, todayDate });
    const held = judged([exception]);
    expect(told(held)).toEqual([]);
    expect(held.exceptionsUsed).toEqual([{ exception, findings: 1 }]);
    const over = judged([exception], '2026-12-01');
    expect(told(over)).toEqual(['rights-beyond-role zhang']);
    expect(over.exceptionsExpired).toEqual([exception]);
    expect(told(judged([{ ...exception, right: 'cn=x' }]))).toEqual(['rights-beyond-role zhang']);
    expect(told(judged([{ ...exception, directory: 'other' }]))).toEqual(['rights-beyond-role zhang']);
  });
});

describe('accounts of nobody', () => {
  it('are not compared when the configuration says what they are for', () => {
    const spec = directory({ service: ['svc-*'], shared: ['uid=desk,*'], owners: { 'SVC-a': '1', desk: '1' } });
    const accounts = [account('svc-a'), account('desk'), account('test'), account('other')];
    const judgement = judgeWorld({ people: [zhang], accounts, spec });
    expect(told(judgement)).toEqual(['shared desk', 'orphan other', 'default-account test']);
    expect(evidence(judgement, 'shared', 'desk')).toBe('several people use it; "1" answers for it');
  });

  it('that systems come with have no employee number', () => {
    const people = [person('7', { login: 'sa' })];
    const judged = (employee?: string) =>
      told(judgeWorld({ people, accounts: [account('sa', employee === undefined ? {} : { employee })] }));
    expect(judged()).toEqual(['default-account sa']);
    expect(judged('7')).toEqual([]);
  });

  it('with special power need an owner who is still there', () => {
    const spec = directory({
      service: ['svc-*'],
      privileged: ['cn=backup*'],
      owners: { 'svc-a': 'zhang', 'svc-b': 'uid=zhang,dc=oa', 'svc-c': 'wang', 'svc-d': 'left@oa' },
    });
    const power = { rights: ['cn=Backup,dc=oa'] };
    const people = [zhang, person('2', { mail: 'left@oa', employment: 'left' })];
    const accounts = [
      account('zhang', power),
      ...['a', 'b', 'c', 'd', 'e'].map((letter) => account(`svc-${letter}`, power)),
      account('ghost', { privileged: ['uid 0'] }),
    ];
    const judgement = judgeWorld({ people, accounts, spec, only: ['privileged-without-owner'] });
    expect(judgement.findings.map(({ login, evidence: fact }) => `${login}: ${fact}`)).toEqual([
      'ghost: it is of nobody; it is privileged: uid 0',
      'svc-c: "wang", who answers for it, is unknown in hr; it is privileged: cn=Backup,dc=oa',
      'svc-d: "left@oa", who answers for it, has left (roster.csv:2); it is privileged: cn=Backup,dc=oa',
      'svc-e: nobody is named who answers for it; it is privileged: cn=Backup,dc=oa',
    ]);
  });
});

describe('the rest', () => {
  it('passwords are too old only where an age is set', () => {
    const accounts = one({ passwordChangedAt: nowMs - 90 * dayMs });
    expect(of('password-too-old', { accounts })).toEqual([]);
    expect(of('password-too-old', { accounts, policies: { passwordMaxAge: '90d' } })).toEqual([
      'password-too-old zhang',
    ]);
    expect(of('password-too-old', { accounts, policies: { passwordMaxAge: '91d' } })).toEqual([]);
    expect(of('password-too-old', { accounts: one(), policies: { passwordMaxAge: '1d' } })).toEqual([]);
  });

  it('passwords that never expire', () => {
    const accounts = one({ passwordNeverExpires: true });
    expect(of('password-never-expires', { accounts })).toEqual(['password-never-expires zhang']);
    expect(of('password-never-expires', { accounts, policies: { passwordNeverExpires: false } })).toEqual([]);
  });

  it('a second factor is missing only where the directory tells', () => {
    const all = { policies: { secondFactor: 'all' } };
    expect(of('no-second-factor', { accounts: one({ secondFactor: false }), ...all })).toEqual([
      'no-second-factor zhang',
    ]);
    expect(of('no-second-factor', { accounts: one(), ...all })).toEqual([]);
    expect(of('no-second-factor', { accounts: one({ secondFactor: false }) })).toEqual([]);
    expect(of('no-second-factor', { accounts: one({ secondFactor: false, privileged: ['root'] }) })).toHaveLength(1);
  });

  it('temporary accounts that are over, or have no end', () => {
    const spec = directory({ temporary: ['zh*'] });
    const type = 'expired-temporary';
    expect(of(type, { accounts: one({ expiresAt: nowMs }) })).toEqual([`${type} zhang`]);
    expect(of(type, { accounts: one({ expiresAt: nowMs + 1 }) })).toEqual([]);
    expect(of(type, { accounts: one() })).toEqual([]);
    expect(of(type, { accounts: one(), spec })).toEqual([`${type} zhang`]);
  });

  it('a disabled account is not found again; what it was found for still stands', () => {
    const gone = { ...zhang, employment: 'left' as const };
    const judgement = judgeWorld({
      people: [gone],
      accounts: one({ state: 'disabled', lastUse: { at: 0, from: 'x' }, passwordNeverExpires: true }),
    });
    expect(told(judgement)).toEqual([]);
    expect(judgement.accounts[0]?.standing).toEqual(['leaver', 'dormant']);
  });

  it('an account of which nobody knows whether it is enabled is judged, and told', () => {
    const gone = { ...zhang, employment: 'left' as const };
    expect(told(judgeWorld({ people: [gone], accounts: one({ state: 'unknown' }) }))).toEqual([
      'leaver zhang',
      'unknown zhang',
    ]);
  });
});

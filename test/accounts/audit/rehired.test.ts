import { describe, expect, it } from 'vitest';
import { account, directory, evidence, judgeWorld, person, told } from '../judging.ts';

const left = (id: string, over = {}) => person(id, { employment: 'left', endsOn: '2026-10-31', ...over });
const wang = { name: '王伟', department: '财务部' };

describe('whoever came back under a new number', () => {
  const old = account('wangwei', { employee: '0012' });

  it('keeps the account that carries the old one', () => {
    const people = [left('0012', wang), person('0456', { ...wang, name: '王　伟' })];
    const judgement = judgeWorld({ people, accounts: [old] });
    expect(told(judgement)).toEqual(['unknown wangwei']);
    expect(evidence(judgement, 'unknown', 'wangwei')).toBe(
      '0012 has left (roster.csv:0012), but 0456 (roster.csv:0456) has the same name and department and no other account here',
    );
  });

  it.each([
    ['the same login name', { login: 'ww' }],
    ['the same mail address', { mail: 'WW@example.com' }],
  ])('is known by %s', (likeness, what) => {
    const people = [left('0012', what), person('0456', { ...what, department: 'IT' })];
    expect(evidence(judgeWorld({ people, accounts: [old] }), 'unknown', 'wangwei')).toContain(likeness);
  });

  it('is known by the name alone where no department is known', () => {
    const people = [left('0012', { name: '王伟' }), person('0456', { name: '王伟' })];
    expect(told(judgeWorld({ people, accounts: [old] }))).toEqual(['unknown wangwei']);
    expect(told(judgeWorld({ people: [left('0012', wang), people[1]!], accounts: [old] }))).toEqual(['leaver wangwei']);
  });

  it('keeps it though a spreadsheet took zeros from the new one; another name is somebody else', () => {
    const world = (name: string) => ({ people: [left('0012', wang), person('12', { name })], accounts: [old] });
    expect(told(judgeWorld(world('王伟')))).toEqual(['unknown wangwei']);
    expect(told(judgeWorld(world('李娜')))).toEqual(['leaver wangwei']);
  });

  it('keeps it when it is disabled already: its deletion has no reason', () => {
    const accounts = [{ ...old, state: 'disabled' as const }];
    const standing = (people: ReturnType<typeof person>[]) =>
      judgeWorld({ people, accounts }).accounts.map((one) => one.standing);
    expect(standing([left('0012', wang)])).toEqual([['leaver']]);
    expect(standing([left('0012', wang), person('0456', wang)])).toEqual([undefined]);
  });
});

describe('an account of a leaver is found', () => {
  const old = account('wangwei', { employee: '0012' });
  const people = [left('0012', wang), person('0456', wang)];

  it('when the namesake has an account that works', () => {
    const own = account('wangwei2', { employee: '0456' });
    expect(told(judgeWorld({ people, accounts: [old, own] }))).toEqual(['leaver wangwei']);
    expect(told(judgeWorld({ people, accounts: [old, { ...own, state: 'disabled' }] }))).toEqual(['unknown wangwei']);
  });

  it('when its mail address is of several who work: it is a group’s', () => {
    const mail = 'workshop@oa.example';
    const world = (...names: string[]) => ({
      people: [left('0012', { ...wang, mail }), ...names.map((name, at) => person(`9${at}`, { name, mail }))],
      accounts: [old],
    });
    expect(told(judgeWorld(world('李娜', '张敏')))).toEqual(['leaver wangwei']);
    expect(told(judgeWorld(world('李娜')))).toEqual(['unknown wangwei']);
    expect(told(judgeWorld(world('Wang Wei', 'Wang Wei')))).toEqual(['unknown wangwei']);
  });

  it('and whoever is like its person is told to what is planned, also beside a confirmation', () => {
    const own = account('wangwei2', { employee: '0456' });
    const alike = (confirmed?: Map<string, string>, accounts = [old, own]) =>
      judgeWorld({ people, accounts, ...(confirmed ? { confirmed } : {}) }).accounts.map((one) => one.alike);
    expect(alike()).toEqual([['0456'], undefined]);
    expect(alike(undefined, [old])).toEqual([undefined]);
    expect(alike(new Map([['ldap|key-wangwei', '0012']]), [old])).toEqual([['0456']]);
  });

  it('on each host for itself', () => {
    const accounts = [
      account('a', { key: 'web1:wangwei', employee: '0012' }),
      account('b', { key: 'web2:wangwei', employee: '0012' }),
      account('c', { key: 'web2:wangwei2', employee: '0456' }),
    ];
    expect(told(judgeWorld({ people, accounts, spec: directory({ type: 'linux' }) }))).toEqual([
      'unknown a',
      'leaver b',
    ]);
  });

  it('when the namesake works elsewhere, has left too, or a person has said whose it is', () => {
    const elsewhere = [left('0012', wang), person('0456', { ...wang, department: 'IT' })];
    expect(told(judgeWorld({ people: elsewhere, accounts: [old] }))).toEqual(['leaver wangwei']);
    expect(told(judgeWorld({ people: [left('0012', wang), left('0456', wang)], accounts: [old] }))).toEqual([
      'leaver wangwei',
    ]);
    const confirmed = new Map([['ldap|key-wangwei', '0012']]);
    expect(told(judgeWorld({ people, accounts: [old], confirmed }))).toEqual(['leaver wangwei']);
  });
});

it('an account that nobody fits is no orphan when its name and department are of somebody without one', () => {
  const stray = account('ww', { employee: '0012', personName: '王伟', department: '财务部' });
  const people = [person('0456', wang)];
  const judgement = judgeWorld({ people, accounts: [stray] });
  expect(told(judgement)).toEqual(['unknown ww']);
  expect(evidence(judgement, 'unknown', 'ww')).toBe(
    'nobody fits its employee number, but its name and department are of 0456 (roster.csv:0456), who has no other account here',
  );
  expect(told(judgeWorld({ people, accounts: [stray, account('ww2', { employee: '0456' })] }))).toEqual(['orphan ww']);
});

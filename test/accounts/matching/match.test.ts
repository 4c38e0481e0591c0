import { describe, expect, it } from 'vitest';
import { Matcher } from '../../../src/accounts/matching/match.ts';
import { PeopleIndex } from '../../../src/accounts/matching/people.ts';
import type { Account } from '../../../src/accounts/model.ts';
import type { MatchWay } from '../../../src/accounts/schema/rules.ts';
import type { SourceRead } from '../../../src/accounts/source.ts';
import { account, person, source } from '../judging.ts';

interface Options {
  by?: MatchWay[];
  ignoreCase?: boolean;
  confirmed?: Record<string, string>;
}

function match(people: SourceRead['people'] | SourceRead[], over: Partial<Account>, options: Options = {}): string {
  const sources = people.some((one) => 'people' in one)
    ? (people as SourceRead[])
    : [source(people as SourceRead['people'])];
  const index = new PeopleIndex(sources, options.ignoreCase ?? true);
  const by = options.by ?? ['employee', 'mail', 'login'];
  const found = new Matcher(index, by, new Map(Object.entries(options.confirmed ?? {}))).match(
    account(over.login ?? 'x', over),
  );
  if (found.kind === 'person') return `${found.person.id} by ${found.by}${found.unconfirmed ? ' ?' : ''}`;
  return found.kind === 'unknown' ? found.reason : found.kind;
}

const zhang = person('0012', { mail: 'Zhang@oa.cn', login: 'zhang', name: '张　三', department: '财务部' });
const li = person('0013', { mail: 'li@oa.cn', login: 'li', name: '李四', department: '财务部' });
const both = [zhang, li];

describe('an account finds its person', () => {
  it.each<[string, Partial<Account>]>([
    ['0012 by employee', { employee: '0012' }],
    ['0012 by employee', { employee: '００１２ ' }],
    ['0012 by mail', { mail: 'zhang@OA.cn' }],
    ['0012 by mail', { mail: 'ｚｈａｎｇ＠oa.cn' }],
    ['0012 by mail', { mail: '\ufeffzhang@oa.cn' }],
    ['0012 by employee', { employee: '\u202d0012\u202c' }],
    ['0012 by login', { login: 'zha\u00adng' }],
    ['0012 by login', { login: 'ZHANG' }],
    ['nobody', { employee: '0120' }],
    ['nobody', { login: 'zhang-san' }],
  ])('%s', (told, over) => {
    expect(match(both, over)).toBe(told);
  });

  it('by each of the mail addresses of a person, and each source may know another', () => {
    const wang = person('0014', { mail: 'wang@oa.cn', otherMails: ['wang.xm@oa.cn', 'w@oa.cn'] });
    expect(match([...both, wang], { mail: 'W@oa.cn' })).toBe('0014 by mail');
    expect(match([...both, wang], { mail: 'w+crm@oa.cn' })).toMatch(/that of 0014 .* but for what follows the plus/);
    expect(match([...both, { ...wang, otherMails: ['li@oa.cn'] }], { mail: 'li@oa.cn' })).toBe(
      'its mail address is of several people: 0013, 0014',
    );
    const elsewhere = source([person('0014', { mail: 'x@partner.cn', otherMails: ['y@partner.cn'] })], {
      id: 'partners',
    });
    expect(match([source([wang]), elsewhere], { mail: 'y@partner.cn' })).toBe('0014 by mail');
  });

  it('in upper and lower case only where that is asked for', () => {
    expect(match(both, { login: 'ZHANG' }, { ignoreCase: false })).toBe('nobody');
  });

  it.each(['12', '00012', '１２'])('unless its employee number has lost zeros, or got some: %s', (employee) => {
    const told = `its employee number ${employee} is that of 0012 (${zhang.where}) but for zeros at the beginning`;
    expect(match(both, { employee })).toBe(told);
    expect(match(both, { employee, login: 'li' })).toMatch(/nobody has its employee number/);
  });

  it.each(['zhang+oa@oa.cn', 'Zhang＋test＠oa.cn'])(
    'unless its mail address only comes to the same mailbox: %s',
    (mail) => {
      const told = `its mail address ${mail} is that of 0012 (${zhang.where}) but for what follows the plus sign`;
      expect(match(both, { mail })).toBe(told);
      expect(match(both, { mail, employee: '0013' })).toBe('0013 by employee');
      expect(match(both, { mail }, { by: ['login'] })).toBe('nobody');
      expect(match(both, { mail: 'wang+oa@oa.cn' })).toBe('nobody');
    },
  );

  it('by the configured ways only', () => {
    expect(match(both, { employee: '0012', login: 'wang' }, { by: ['login'] })).toBe('nobody');
  });

  it('unless two ways name different people', () => {
    expect(match(both, { employee: '0012', login: 'li' })).toBe(
      'its employee number is of 0012, its login name is of 0013',
    );
  });

  it('unless its employee number is nobody’s: a login is given again to others', () => {
    expect(match(both, { employee: '9999', login: 'li' })).toBe(
      'nobody has its employee number 9999, but its login name is of 0013',
    );
  });

  it('unless several people have the same', () => {
    const twins = [zhang, { ...li, mail: 'zhang@oa.cn' }];
    expect(match(twins, { mail: 'zhang@oa.cn' })).toBe('its mail address is of several people: 0012, 0013');
    expect(match(twins.toReversed(), { mail: 'zhang@oa.cn' })).toBe(
      'its mail address is of several people: 0012, 0013',
    );
    expect(match(twins, { mail: 'zhang@oa.cn', employee: '0013' })).toBe('0013 by employee');
    const left = [
      { ...zhang, employment: 'left' as const },
      { ...li, mail: 'zhang@oa.cn' },
    ];
    expect(match(left, { mail: 'zhang@oa.cn', employee: '0013' })).toBe('0013 by employee');
    expect(match(left, { mail: 'zhang@oa.cn', employee: '0012' })).toBe(
      'its mail address is of several people: 0012, 0013',
    );
    const third = [...twins, person('0014', { login: 'wang' })];
    expect(match(third, { mail: 'zhang@oa.cn', login: 'wang' }, { by: ['login', 'mail'] })).toBe(
      'its login name is of 0014, its mail address is of 0012',
    );
  });
});

describe('an account with several values', () => {
  const gone = person('0009', { mail: 'old@oa.cn', login: 'old', employment: 'left' });
  const people = [...both, gone];

  it.each<[string, Partial<Account>]>([
    ['0012 by login', { login: 'alias', also: { login: ['zhang'] } }],
    ['0012 by mail', { mail: 'sales@oa.cn', also: { mail: ['z@oa.cn', 'Zhang@OA.cn'] } }],
    ['0012 by employee', { employee: '0012', also: { login: ['zhang'], mail: ['zhang@oa.cn'] } }],
    ['nobody', { login: 'alias', also: { login: ['alias2'], mail: ['alias@oa.cn'] } }],
  ])('is found by each of them: %s', (told, over) => {
    expect(match(people, over)).toBe(told);
  });

  it('is of nobody surely when they are of two', () => {
    expect(match(people, { login: 'old', also: { login: ['zhang'] } })).toBe(
      'its login name is of several people: 0009, 0012',
    );
    expect(match(people, { mail: 'zhang@oa.cn', also: { mail: ['li@oa.cn'] } })).toBe(
      'its mail address is of several people: 0012, 0013',
    );
    expect(match(people, { employee: '0009', also: { employee: ['0013'] } })).toBe(
      'its employee number is of several people: 0009, 0013',
    );
    expect(match(people, { mail: 'old@oa.cn', also: { login: ['zhang'] } })).toBe(
      'its mail address is of 0009, its login name is of 0012',
    );
  });

  it('is nearly somebody’s by each of them', () => {
    expect(match(people, { mail: 'x@oa.cn', also: { mail: ['zhang+1@oa.cn'] } })).toMatch(/is that of 0012/);
    expect(match(people, { employee: '77', also: { employee: ['13'] } })).toMatch(/is that of 0013/);
    expect(match(people, { employee: '0009', also: { employee: ['77'] } })).toBe(
      'nobody has its employee number 77, but its employee number is of 0009',
    );
  });

  it('is found by each name in each department', () => {
    const names = { personName: 'Zhang San', department: 'x', also: { personName: ['张三'], department: ['财务部'] } };
    expect(match(people, names, { by: ['name+department'] })).toBe('0012 by name+department ?');
  });
});

describe('name and department', () => {
  const by: MatchWay[] = ['employee', 'login', 'name+department'];

  it('have to be confirmed', () => {
    expect(match(both, { personName: '张三', department: '财务部' }, { by })).toBe('0012 by name+department ?');
    expect(match(both, { personName: '张三', department: '财务部' }, { by, confirmed: { 'ldap|key-x': '0012' } })).toBe(
      '0012 by employee',
    );
    expect(
      match(both, { personName: '张三', department: '财务部' }, { by, confirmed: { 'other|key-x': '0012' } }),
    ).toBe('0012 by name+department ?');
  });

  it('need no confirmation beside something else, and contradict it', () => {
    const facts = { personName: '张三', department: '财务部' };
    expect(match(both, { ...facts, employee: '0012' }, { by: ['name+department', 'employee'] })).toBe(
      '0012 by employee',
    );
    expect(match(both, { ...facts, employee: '0013' }, { by })).toBe(
      'its employee number is of 0013, its name and department is of 0012',
    );
  });

  it('of namesakes say nothing', () => {
    const namesake = person('0099', { name: '张三', department: '财务部', login: 'zs', employment: 'left' });
    expect(match([...both, namesake], { personName: '张三', department: '财务部' }, { by })).toBe(
      'its name and department is of several people: 0012, 0099',
    );
  });

  it('alone make no orphan', () => {
    expect(match(both, { personName: '王五', department: '财务部' }, { by: ['name+department'] })).toBe(
      'it has nothing that could be compared with the people of the sources',
    );
  });
});

describe('a confirmation', () => {
  it('stands against what the account says now: then it is unknown', () => {
    expect(match(both, { employee: '0013' }, { confirmed: { 'ldap|key-x': '0012' } })).toBe(
      'its employee number is of 0012, its employee number is of 0013',
    );
  });

  it('of somebody who is gone from the list makes it nobody’s', () => {
    expect(match(both, {}, { confirmed: { 'ldap|key-x': '0055' } })).toBe('nobody');
  });
});

describe('one person in several sources', () => {
  const people = (...groups: SourceRead['people'][]) =>
    new PeopleIndex(
      groups.map((group, index) =>
        source(
          group.map((one) => ({ ...one, source: `s${index}` })),
          { id: `s${index}` },
        ),
      ),
      true,
    ).people;

  it('is one, with the facts of all, found by what each of them writes', () => {
    const other = person('0012', { mail: 'zs@partner.cn', department: '采购部', where: 'p.csv:3' });
    const [merged, ...none] = people([zhang], [other]);
    expect(none).toEqual([]);
    expect(merged).toMatchObject({
      id: '0012',
      mail: 'Zhang@oa.cn',
      employment: 'active',
      where: 'roster.csv:0012, p.csv:3',
      places: [{ department: '财务部' }, { department: '采购部' }],
    });
    expect(match([source([zhang]), source([other], { id: 'p' })], { mail: 'zs@partner.cn' })).toBe('0012 by mail');
  });

  it('who has left in one and is employed in another is unclear; the last day is the latest', () => {
    const gone = person('0012', { employment: 'left', endsOn: '2026-01-31', where: 'left.csv:1' });
    expect(people([zhang], [gone])[0]).toMatchObject({
      employment: 'unclear',
      unclear: '0012 has left (left.csv:1) and is employed (roster.csv:0012)',
    });
    expect(people([gone], [{ ...gone, endsOn: '2026-03-31' }])[0]).toMatchObject({
      employment: 'left',
      endsOn: '2026-03-31',
    });
  });

  it('with the same number and another name is somebody else, and nobody is judged', () => {
    const other = person('0012', { name: '王五', login: 'wang' });
    expect(people([zhang], [other])[0]).toMatchObject({ employment: 'unclear' });
    expect(people([zhang], [{ ...other, name: 'Zhang San', login: 'zhang' }])[0]).toMatchObject({
      employment: 'active',
    });
  });

  it('with numbers that differ by case only in one source stay two, and unclear', () => {
    const two = people([person('a1'), person('A1', { employment: 'left' })]);
    expect(two.map(({ id, employment }) => [id, employment])).toEqual([
      ['a1', 'unclear'],
      ['A1', 'unclear'],
    ]);
    expect(match([person('a1'), person('A1')], { employee: 'A1' })).toBe(
      'its employee number is of several people: A1, a1',
    );
  });
});

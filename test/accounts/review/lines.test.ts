import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/accounts/model.ts';
import { addDecisions, type Decision, decisionsOf } from '../../../src/accounts/record/decisions.ts';
import { chosenLines } from '../../../src/accounts/review/choose.ts';
import { lineDigest, linesOf, listsOf } from '../../../src/accounts/review/lines.ts';
import { confirmedAccount, matchesToConfirm } from '../../../src/accounts/review/matches.ts';
import { closeList, signedItem, signedList } from '../../../src/accounts/review/signed.ts';
import { memoryFacts } from '../../helpers/probe.ts';
import { item } from './lists.ts';

const decision = (line: string, what: 'do' | 'keep'): [string, Decision] => [
  line,
  { line, decision: what, by: 'root', at: '2026-11-30T09:00:00Z', from: 'terminal' },
];

describe('lines', () => {
  const li = item('li', { rights: ['cn=a', 'cn=b'] });
  const lines = linesOf([item('zhang'), li]);

  it('are entries, or single rights; each has a name of its own that is the same each time', () => {
    expect(lines.map(({ login, right, proposal }) => [login, right, proposal])).toEqual([
      ['zhang', undefined, ['disable', 'hold']],
      ['li', 'cn=a', ['strip']],
      ['li', 'cn=b', ['strip']],
    ]);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(3);
    expect(linesOf([li]).map(({ id }) => id)).toEqual(lines.slice(1).map(({ id }) => id));
    expect(lineDigest('run-1', lines[0]!)).not.toBe(lineDigest('run-2', lines[0]!));
  });

  it('go to their heads, by department', () => {
    const lists = listsOf(
      linesOf([
        item('a', { department: 'Sales', head: 'E2' }),
        item('b', { department: 'Finance', head: 'E1', mails: { head: 'e1@oa' } }),
        item('c', { department: 'Sales', head: 'E1' }),
        { ...item('d'), department: undefined as never, head: undefined as never },
        item('e', { department: 'Sales', head: 'E2' }),
      ]),
    );
    expect(
      lists.map(({ department, head, headMail, lines: own }) => [
        department,
        head,
        headMail,
        own.map(({ login }) => login),
      ]),
    ).toEqual([
      ['Finance', 'E1', 'e1@oa', ['b']],
      ['Sales', 'E1', undefined, ['c']],
      ['Sales', 'E2', undefined, ['a', 'e']],
      [undefined, undefined, undefined, ['d']],
    ]);
  });

  it('are chosen by name or login; "all" is about those that are open', () => {
    const [zhang, a, b] = lines.map(({ id }) => id) as [string, string, string];
    const none = new Map<string, Decision>();
    expect([...chosenLines({ all: 'keep', do: ['LI'], keep: [] }, lines, none)]).toEqual([
      [a, { decision: 'do' }],
      [b, { decision: 'do' }],
      [zhang, { decision: 'keep' }],
    ]);
    expect([...chosenLines({ all: 'do', do: [], keep: [] }, lines, new Map([decision(a, 'keep')])).keys()]).toEqual([
      zhang,
      b,
    ]);
    expect([...chosenLines({ do: [a], keep: [] }, lines, new Map([decision(a, 'keep')]))]).toEqual([
      [a, { decision: 'do' }],
    ]);
    expect(() => chosenLines({ do: ['li'], keep: [a] }, lines, none)).toThrow(/to be done and to be kept/);
    expect(() => chosenLines({ do: ['nobody'], keep: [] }, lines, none)).toThrow(/no line or login "nobody"/);
  });

  it('have the reason that was given for them: of all lines only where none is named', () => {
    const [zhang, a, b] = lines.map(({ id }) => id) as [string, string, string];
    const none = new Map<string, Decision>();
    const reason = 'back on Monday';
    expect([...chosenLines({ all: 'do', do: [], keep: [zhang], reason }, lines, none)]).toEqual([
      [zhang, { decision: 'keep', reason }],
      [a, { decision: 'do' }],
      [b, { decision: 'do' }],
    ]);
    const all = [...chosenLines({ all: 'do', do: [], keep: [], reason }, lines, none).values()];
    expect(all).toEqual(lines.map(() => ({ decision: 'do', reason })));
  });

  it('count as they were when the list was closed: later decisions change nothing', async () => {
    const facts = memoryFacts();
    const [zhang, a, b] = lines.map(({ id }) => id) as [string, string, string];
    expect(await signedList(facts, 'r')).toBeUndefined();
    const closed = await closeList(facts, 'r', '2026-11-30T09:00:00Z', {
      lines,
      decisions: new Map([decision(zhang, 'keep'), decision(a, 'do')]),
    });
    expect(closed).toEqual({ do: [a], open: [b], by: ['root'] });
    const again = await closeList(facts, 'r', '2026-11-30T09:00:01Z', {
      lines,
      decisions: new Map([decision(b, 'do')]),
    });
    expect(again).toEqual(closed);
    expect(signedItem(li, again).changes).toEqual([{ do: 'strip', rights: ['cn=a'] }]);
    expect(signedItem(li, { do: [] }).changes).toEqual([]);
    expect(signedItem(li, undefined).changes).toEqual([]);
    const whole = item('zhang');
    expect(signedItem(whole, { do: [] })).toBe(whole);
  });
});

describe('many decisions of one person', () => {
  const many = Array.from({ length: 1200 }, (_, index) => decision(`line${index}`, 'do')[1]);

  it('count as a whole: when the writing was cut off, nothing of them', async () => {
    const facts = memoryFacts();
    let writes = 0;
    const dying = {
      ...facts,
      list: facts.list.bind(facts),
      add: async (...fact: Parameters<typeof facts.add>) => {
        if (++writes === 3) throw new Error('killed');
        await facts.add(...fact);
      },
    };
    await addDecisions(facts, 'r', [decision('line7', 'keep')[1]]);
    await expect(addDecisions(dying, 'r', many)).rejects.toThrow('killed');
    expect(await decisionsOf(facts, 'r')).toEqual(new Map([decision('line7', 'keep')]));
    await addDecisions(facts, 'r', many);
    expect((await decisionsOf(facts, 'r')).size).toBe(1200);
    expect((await decisionsOf(facts, 'r')).get('line7')?.decision).toBe('do');
  });
});

describe('matches by name and department', () => {
  const finding = (over: Partial<Finding>): Finding => ({
    type: 'leaver',
    directory: 'ldap',
    key: 'k1',
    account: 'uid=li,dc=oa',
    login: 'li',
    person: 'E1',
    evidence: '',
    unconfirmed: true,
    ...over,
  });

  it('wait until somebody has said whose they are', () => {
    const findings = [
      finding({}),
      finding({ type: 'dormant' }),
      finding({ key: 'k2', type: 'duplicate' }),
      finding({ key: 'k3', login: 'wang', person: 'E3' }),
    ];
    expect(matchesToConfirm(findings, new Map()).map(({ login }) => login)).toEqual(['li', 'wang']);
    const denied = new Map([['ldap|k1', { person: 'E1', is: false }]]);
    expect(matchesToConfirm(findings, denied).map(({ login }) => login)).toEqual(['wang']);
    // What was denied was another person.
    expect(matchesToConfirm(findings, new Map([['ldap|k1', { person: 'E7', is: false }]]))).toHaveLength(2);
  });

  it('are named by login, name, or directory and login; two that are called so are refused', () => {
    const findings = [
      finding({}),
      finding({ directory: 'oa', key: '7' }),
      finding({ key: 'k4', login: 'zhao', person: undefined as never }),
    ];
    expect(confirmedAccount(findings, 'OA:li', undefined)).toEqual({
      account: 'oa|7',
      login: 'li',
      directory: 'oa',
      person: 'E1',
    });
    expect(confirmedAccount(findings, 'zhao', 'E4')).toMatchObject({ account: 'ldap|k4', person: 'E4' });
    expect(() => confirmedAccount(findings, 'li', undefined)).toThrow(/name of 2 accounts/);
    expect(() => confirmedAccount(findings, 'zhao', undefined)).toThrow(/nobody was found/);
    expect(() => confirmedAccount(findings, 'nobody', undefined)).toThrow(/nothing about an account/);
  });
});

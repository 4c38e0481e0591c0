import { describe, expect, it } from 'vitest';
import { account, dayMs, directory, evidence, judgeWorld, nowMs, person, source, told } from '../judging.ts';

const failed = { id: 'hr', error: new Error('down') };
const left = (id: string, over = {}) => person(id, { employment: 'left', endsOn: '2026-10-31', ...over });

describe('an account with several logins, mail addresses or names', () => {
  const also = { login: ['zhang'] };

  it('is no orphan and no leaver when one of them is of somebody employed', () => {
    const people = [person('1', { login: 'zhang' }), left('2', { login: 'li', name: '李四', department: 'IT' })];
    expect(told(judgeWorld({ people, accounts: [account('alias', { also })] }))).toEqual([]);
    const both = judgeWorld({ people, accounts: [account('li', { also })] });
    expect(told(both)).toEqual(['unknown li']);
    expect(evidence(both, 'unknown', 'li')).toBe('its login name is of several people: 1, 2');
    const named = account('x', { personName: 'Li', department: 'IT', also: { personName: ['李四'] } });
    expect(told(judgeWorld({ people, accounts: [named] }))).toEqual(['orphan x']);
    const again = [...people, person('3', { name: '李四', department: 'IT' })];
    expect(told(judgeWorld({ people: again, accounts: [named] }))).toEqual(['unknown x']);
  });

  it('is what the configuration says of any of them, and accepted by any of them', () => {
    const use = (over: object, one = account('alias', { also })) =>
      judgeWorld({ people: [person('1')], accounts: [one], ...over }).accounts.map((each) => each.use);
    expect(use({ spec: directory({ service: ['zhang'] }) })).toEqual(['service']);
    expect(use({ spec: directory({ shared: ['zh*'] }) })).toEqual(['shared']);
    expect(use({}, account('admin', { also }))).toEqual(['person']);
    expect(use({}, account('admin', { also: { login: ['test'] } }))).toEqual(['default']);
    const exception = { finding: 'orphan', account: 'zhang', until: '2027-03-31', by: 'x', reason: 'known' };
    const accounts = [account('alias', { also })];
    expect(told(judgeWorld({ people: [person('1', { login: 'y' })], accounts }))).toEqual(['orphan alias']);
    expect(
      told(judgeWorld({ people: [person('1', { login: 'y' })], accounts, policies: { exceptions: [exception] } })),
    ).toEqual([]);
  });
});

describe('people', () => {
  it('leave, and their accounts are found with the day and the place', () => {
    const judgement = judgeWorld({ people: [left('1', { login: 'zhang' })], accounts: [account('zhang')] });
    expect(told(judgement)).toEqual(['leaver zhang']);
    expect(judgement.findings[0]).toMatchObject({
      evidence: 'left on 2026-10-31 (roster.csv:1); used after that, on 2026-11-29 (authTimestamp)',
      figure: 'grace 0d',
      person: '1',
    });
  });

  it('are not said to have used them later where a log only begins later', () => {
    const lastUse = { at: nowMs, from: 'last', orBefore: true } as const;
    const judgement = judgeWorld({
      people: [left('1', { login: 'zhang' })],
      accounts: [account('zhang', { lastUse })],
    });
    expect(evidence(judgement, 'leaver', 'zhang')).toBe('left on 2026-10-31 (roster.csv:1)');
  });

  it('have the last day and the grace behind them first, on the clocks of the company', () => {
    const world = {
      people: [left('1', { login: 'zhang', endsOn: '2026-11-29' })],
      accounts: [account('zhang')],
    };
    const lastMoment = Date.parse('2026-11-29T16:00:00Z');
    expect(told(judgeWorld({ ...world, nowMs: lastMoment - 1 }))).toEqual([]);
    expect(told(judgeWorld({ ...world, nowMs: lastMoment }))).toEqual(['leaver zhang']);
    const policies = { leaverGrace: '2d' };
    expect(told(judgeWorld({ ...world, policies, nowMs: lastMoment + 2 * dayMs - 1 }))).toEqual([]);
    expect(told(judgeWorld({ ...world, policies, nowMs: lastMoment + 2 * dayMs }))).toEqual(['leaver zhang']);
  });

  it('whose last day is not known are no leavers where there is a grace', () => {
    const world = { people: [left('1', { login: 'zhang', endsOn: undefined })], accounts: [account('zhang')] };
    expect(told(judgeWorld(world))).toEqual(['leaver zhang']);
    expect(told(judgeWorld({ ...world, policies: { leaverGrace: '7d' } }))).toEqual(['unknown zhang']);
  });

  it('who are unclear are judged by nobody', () => {
    const sources = [
      source([person('1', { login: 'zhang' })]),
      source([left('1', { source: 'leavers', where: 'left.csv:2' })], { id: 'leavers', complete: false }),
    ];
    const judgement = judgeWorld({ sources, accounts: [account('zhang'), account('zhang2', { employee: '1' })] });
    expect(told(judgement)).toEqual(['unknown zhang', 'unknown zhang2']);
    expect(evidence(judgement, 'unknown', 'zhang')).toBe('1 has left (left.csv:2) and is employed (roster.csv:1)');
  });
});

describe('a source', () => {
  const accounts = [account('zhang'), account('nobody'), account('old', { lastUse: { at: 0, from: 'x' } })];

  it('that failed is never an empty list: nothing that depends on it is found, and that is told once', () => {
    const judgement = judgeWorld({ sources: [failed], accounts });
    expect(told(judgement)).toEqual(['dormant old']);
    expect(judgement.unjudged).toEqual([{ directory: 'ldap', text: 'not compared with people: hr could not be read' }]);
  });

  it('that failed beside another stops the comparison, too', () => {
    const sources = [source([left('1', { login: 'zhang' })]), { id: 'contractors', error: new Error('down') }];
    expect(told(judgeWorld({ sources, accounts }))).toEqual(['dormant old']);
  });

  it('that is named by "judgedBy" and was not read at all counts as failed', () => {
    const spec = directory({ judgedBy: ['hr', 'other'] });
    const judgement = judgeWorld({ people: [], accounts, spec });
    expect(judgement.unjudged[0]?.text).toBe('not compared with people: other could not be read');
    expect(told(judgement)).toEqual(['dormant old']);
  });

  it('that does not hold everybody makes no orphans', () => {
    const sources = [source([left('1', { login: 'zhang' })], { complete: false })];
    const judgement = judgeWorld({ sources, accounts: [account('zhang'), account('nobody')] });
    expect(told(judgement)).toEqual(['leaver zhang']);
    expect(judgement.unjudged[0]?.text).toBe('orphans are not looked for: no source holds everybody');
  });

  it('that does not know the people of a directory does not judge them', () => {
    const sources = [source([]), source([person('9', { source: 'partners', login: 'zhang' })], { id: 'partners' })];
    const judged = (judgedBy: string[]) =>
      told(judgeWorld({ sources, accounts: [account('zhang'), account('li')], spec: directory({ judgedBy }) }));
    // An empty list has nothing to compare with: not even orphans.
    expect(judged(['hr'])).toEqual(['unknown li', 'unknown zhang']);
    expect(judged(['partners'])).toEqual(['orphan li']);
  });

  it('without logins does not make orphans of accounts that have nothing else', () => {
    const judgement = judgeWorld({ people: [person('1', { mail: 'a@oa' })], accounts: [account('zhang')] });
    expect(evidence(judgement, 'unknown', 'zhang')).toBe(
      'it has nothing that could be compared with the people of the sources',
    );
  });

  it('that is older than an account does not make an orphan of it', () => {
    const sources = [source([person('1', { login: 'zhang' })], { asOf: '2026-11-25' })];
    const made = (day: string) =>
      told(judgeWorld({ sources, accounts: [account('li', { createdAt: Date.parse(`${day}T12:00:00+08:00`) })] }));
    expect(made('2026-11-25')).toEqual(['orphan li']);
    expect(made('2026-11-26')).toEqual(['unknown li']);
  });
});

describe('the last use', () => {
  it('takes the begin of a log for the latest use: over the limit it is dormant, below it unknown', () => {
    const since = (days: number) => ({ at: nowMs - days * dayMs, from: 'no login in wtmp', orBefore: true as const });
    const accounts = [account('old', { lastUse: since(100) }), account('young', { lastUse: since(50) })];
    const judgement = judgeWorld({
      people: [person('1', { login: 'old' }), person('2', { login: 'young' })],
      accounts,
    });
    expect(told(judgement)).toEqual(['dormant old', 'unknown young']);
    expect(evidence(judgement, 'dormant', 'old')).toMatch(/^no use is known since 2026-08-22 \(no login in wtmp\)$/);
    expect(evidence(judgement, 'unknown', 'young')).toBe('no login in wtmp');
  });

  it('makes an account dormant after so long, and unknown is no age', () => {
    const judgement = judgeWorld({
      spec: directory(),
      people: ['a', 'b', 'c', 'd'].map((login) => person(login, { login })),
      accounts: [
        account('a', { lastUse: { at: nowMs - 90 * dayMs, from: 'pwdLastSuccess' } }),
        account('b', { lastUse: { at: nowMs - 90 * dayMs + 1, from: 'pwdLastSuccess' } }),
        account('c', { lastUse: { unknown: 'the overlay ppolicy is not there' } }),
        account('d', { lastUse: { never: true, from: 'pwdLastSuccess' }, createdAt: nowMs - 29 * dayMs }),
      ],
    });
    expect(told(judgement)).toEqual(['dormant a', 'unknown c']);
    expect(judgement.findings[0]).toMatchObject({
      evidence: 'last used on 2026-09-01 (pwdLastSuccess)',
      figure: '90d',
    });
    expect(evidence(judgement, 'unknown', 'c')).toBe('the overlay ppolicy is not there');
  });

  it('of Active Directory lags: no threshold is below 30 days, and that is told', () => {
    const lastUse = { at: nowMs - 20 * dayMs, from: 'lastLogonTimestamp' };
    const world = {
      people: [person('1', { login: 'a' })],
      accounts: [account('a', { lastUse })],
      policies: { dormantAfter: '14d' },
    };
    expect(told(judgeWorld(world))).toEqual(['dormant a']);
    const judgement = judgeWorld({ ...world, spec: directory({ type: 'active-directory' }) });
    expect(told(judgement)).toEqual([]);
    expect(judgement.remarks.map(({ text }) => text)).toEqual([
      '"dormantAfter" is taken as 30d (raised from 14d): Active Directory writes the last login up to 14 days late',
    ]);
  });

  it('never: found after the grace, not of people who have yet to begin, unknown without the day it was made', () => {
    const never = { never: true, from: 'lastLogonTimestamp' } as const;
    const judgement = judgeWorld({
      people: [
        person('1', { login: 'a' }),
        person('2', { login: 'b', employment: 'future' }),
        person('3', { login: 'c' }),
      ],
      accounts: [
        account('a', { lastUse: never, createdAt: nowMs - 30 * dayMs }),
        account('b', { lastUse: never, createdAt: nowMs - 30 * dayMs }),
        account('c', { lastUse: never }),
      ],
    });
    expect(told(judgement)).toEqual(['never-used a', 'unknown c']);
  });
});

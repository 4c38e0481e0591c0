import { describe, expect, it, test } from 'vitest';
import { Protection } from '../../../src/accounts/company/protection.ts';
import type { ChangeName } from '../../../src/accounts/directory.ts';
import type { Account } from '../../../src/accounts/model.ts';
import { type ChangeRequest, planChanges } from '../../../src/accounts/plan/changes.ts';
import type { HeldFact } from '../../../src/accounts/record/held.ts';
import { cleanupSchema, protectedSchema } from '../../../src/accounts/schema/rules.ts';
import { account, dayMs, judgeWorld, nowMs, person, type World } from '../judging.ts';

const all: ChangeName[] = ['disable', 'strip', 'hold', 'delete', 'sessions'];

function plan(
  world: World,
  over: Partial<Omit<ChangeRequest, 'rules' | 'protection'>> & {
    rules?: unknown[];
    can?: ChangeName[];
    list?: unknown[];
  } = {},
) {
  const { rules = [{ finding: 'leaver', deleteAfter: '180d' }], can = all, list = [], ...rest } = over;
  const { findings, accounts } = judgeWorld(world);
  return planChanges({
    findings,
    accounts,
    directories: [{ id: 'ldap', can: new Set(can) }],
    rules: cleanupSchema.parse({ rules }).rules,
    held: [],
    protection: new Protection(protectedSchema.parse(list), { names: [] }),
    run: 'now',
    nowMs,
    ...rest,
  });
}

const gone = person('1', {
  employment: 'left',
  endsOn: '2026-01-31',
  login: 'zhang',
  department: 'Sales',
  manager: '9',
});
const lastUse = { at: nowMs - 300 * dayMs, from: 'authTimestamp' };
const steps = ({ changes }: { changes: { do: string }[] }) => changes.map((one) => one.do);

describe('changes', () => {
  it('are what the rules ask for, in order, without what is so already and what the directory is not able to', () => {
    const world = { people: [gone], accounts: [account('zhang', { rights: ['a'], lastUse })] };
    const made = plan(world);
    expect(made.changes).toMatchObject([
      {
        directory: 'ldap',
        ref: { key: 'key-zhang', login: 'zhang' },
        findings: ['leaver'],
        person: '1',
        department: 'Sales',
        head: '9',
      },
    ]);
    expect(made.changes.map(steps)).toEqual([['disable', 'strip', 'hold']]);
    expect(made.counts).toEqual([{ directory: 'ldap', enabled: 1, changed: 1, others: 0, deleted: 0 }]);
    const rules = [{ finding: 'leaver', do: ['hold', 'sessions', 'disable', 'strip'] }];
    expect(plan(world, { rules }).changes.map(steps)).toEqual([['disable', 'strip', 'sessions', 'hold']]);
    expect(plan(world, { can: ['disable', 'hold'] }).changes.map(steps)).toEqual([['disable', 'hold']]);
    const bare = { people: [gone], accounts: [account('zhang', { held: true, lastUse })] };
    expect(plan(bare).changes.map(steps)).toEqual([['disable']]);
  });

  it('of several findings about one account are one, with everything that one of them asks for', () => {
    const world = { people: [gone], accounts: [account('zhang', { lastUse })] };
    const rules = [
      { finding: 'leaver', do: ['disable'] },
      { finding: 'dormant', do: ['hold'] },
    ];
    expect(plan(world, { rules }).changes).toMatchObject([{ findings: ['leaver', 'dormant'] }]);
    expect(plan(world, { rules }).changes.map(steps)).toEqual([['disable', 'hold']]);
  });

  it('are not made where a directory is able to do none of them; that is told', () => {
    const made = plan({ people: [gone], accounts: [account('zhang')] }, { can: [] });
    expect(made.changes).toEqual([]);
    expect(made.spared).toMatchObject([{ reason: 'the directory is able to do none of what is asked for' }]);
  });

  it('wait for somebody to confirm who was found by name and department only', () => {
    const wang = person('2', { employment: 'left', endsOn: '2026-01-31', name: '王　芳', department: '销售部' });
    const world = {
      people: [wang],
      accounts: [account('wf', { personName: '王芳', department: '销售部' })],
      matching: { by: ['employee', 'name+department'] },
    };
    expect(plan(world)).toMatchObject({ changes: [], toConfirm: [{ person: '2' }] });
    expect(plan({ ...world, confirmed: new Map([['ldap|key-wf', '2']]) })).toMatchObject({
      changes: [{ person: '2' }],
      toConfirm: [],
    });
  });

  it('never touch what is protected, which is looked at last', () => {
    const made = plan(
      { people: [gone], accounts: [account('zhang')] },
      { list: [{ account: 'zh*', reason: 'still needed' }] },
    );
    expect(made.changes).toEqual([]);
    expect(made.spared).toMatchObject([{ ref: { login: 'zhang' }, reason: 'protected: still needed', person: '1' }]);
    expect(made.counts).toMatchObject([{ enabled: 1, changed: 0 }]);
  });
});

test('a plan knows who is like the person of an account', () => {
  const again = person('2', { login: 'zhang2', mail: 'z@oa.cn' });
  const people = [{ ...gone, mail: 'z@oa.cn' }, again];
  const accounts = [account('zhang', { lastUse }), account('zhang2', { lastUse })];
  expect(plan({ people, accounts }).changes).toMatchObject([{ person: '1', alike: ['2'] }]);
});

describe('deletions', () => {
  const held = (over: Partial<HeldFact> = {}): HeldFact => ({
    directory: 'ldap',
    key: 'key-zhang',
    login: 'zhang',
    name: 'uid=zhang,dc=oa',
    run: 'earlier',
    since: new Date(nowMs - 180 * dayMs).toISOString(),
    state: 'held',
    findings: ['leaver'],
    ...over,
  });
  const disabled = (over: Partial<Account> = {}) =>
    account('zhang', { state: 'disabled', held: true, lastUse, ...over });
  const world = (over: Partial<Account> = {}): World => ({ people: [gone], accounts: [disabled(over)] });
  const reasonOf = (made: ReturnType<typeof plan>) => made.spared.map(({ reason }) => reason);

  it('wait while rights are left that could not be taken away when it was disabled: those are taken away first', () => {
    const early = [held({ since: new Date(nowMs - dayMs).toISOString() })];
    const made = plan(world({ rights: ['a'] }), { held: early });
    expect(made.changes).toMatchObject([
      { ref: { key: 'key-zhang' }, changes: [{ do: 'strip' }], findings: ['leaver'] },
    ]);
    expect(made.changes[0]?.evidence).toEqual(['disabled by run earlier', 'it still holds 1 rights']);
    expect(made.deletions).toEqual([]);
    const back: World = { people: [{ ...gone, employment: 'active' }], accounts: [disabled({ rights: ['a'] })] };
    for (const [where, over] of [
      [world(), { held: early }],
      [back, { held: early }],
      [world({ rights: ['a'] }), { held: [held({ since: early[0]!.since, login: 'other' })] }],
      [world({ rights: ['a'] }), { held: [] }],
      [world({ rights: ['a'] }), { held: early, list: [{ account: 'zh*', reason: 'still needed' }] }],
      [world({ rights: ['a'] }), { held: early, rules: [{ finding: 'leaver', do: ['disable'] }] }],
    ] as const)
      expect(plan(where, over as never).changes).toEqual([]);
  });

  it('are planned after the hold, of what this tool has disabled and nothing has happened to', () => {
    const made = plan(world(), { held: [held()] });
    expect(made.deletions).toMatchObject([
      { ref: { key: 'key-zhang' }, changes: [{ do: 'delete' }], findings: ['leaver'], heldSince: { run: 'earlier' } },
    ]);
    expect(made.changes).toEqual([]);
    expect(made.counts).toMatchObject([{ enabled: 0, changed: 0, deleted: 1 }]);
  });

  it.each<[string, HeldFact[]]>([
    ['nothing was recorded', []],
    ['it is not long ago', [held({ since: new Date(nowMs - 180 * dayMs + 1).toISOString() })]],
    ['the time cannot be read', [held({ since: 'long ago' })]],
    ['it was taken back', [held({ state: 'restored' })]],
    ['it was this run', [held({ run: 'now' })]],
    ['the rule for it is gone', [held({ findings: ['dormant'] })]],
  ])('are not planned when %s', (_, facts) => {
    expect(plan(world(), { held: facts })).toMatchObject({ changes: [], deletions: [], spared: [] });
  });

  it('are not planned of what is enabled: that is disabled again first', () => {
    const made = plan(world({ state: 'enabled' }), { held: [held()] });
    expect(made.deletions).toEqual([]);
    expect(made.changes.map(steps)).toEqual([['disable']]);
    expect(plan(world({ state: 'unknown' }), { held: [held()] }).deletions).toEqual([]);
  });

  it('are not planned of what was moved, used, is due to nobody’s leaving any more, or protected; that is told', () => {
    expect(reasonOf(plan(world({ held: false }), { held: [held()] }))).toEqual([
      'somebody has moved it out of the hold area',
    ]);
    const other = 'it is another account, or another person’s, than the one that was disabled';
    expect(reasonOf(plan(world(), { held: [held({ login: 'old-zhang' })] }))).toEqual([other]);
    expect(reasonOf(plan(world(), { held: [held({ person: '7' })] }))).toEqual([other]);
    expect(plan(world(), { held: [held({ login: 'ZHANG', person: '1' })] }).deletions).toHaveLength(1);
    const used = { at: nowMs - dayMs, from: 'x' };
    expect(reasonOf(plan(world({ lastUse: used }), { held: [held()] }))).toEqual(['it was used after it was disabled']);
    const back = { ...world(), people: [{ ...gone, employment: 'active' as const }] };
    const unseen = 'the reason for which it was disabled is gone, or cannot be seen now';
    expect(reasonOf(plan(back, { held: [held()] }))).toEqual([unseen]);
    expect(reasonOf(plan({ ...world(), sources: [{ id: 'hr', error: 1 }] }, { held: [held()] }))).toEqual([unseen]);
    const exceptions = [
      { finding: 'leaver' as const, account: 'zhang', until: '2026-12-31', by: 'li', reason: 'archive' },
    ];
    expect(reasonOf(plan({ ...world(), exceptions }, { held: [held()] }))).toEqual([unseen]);
    const list = [{ account: 'zhang', reason: 'evidence' }];
    expect(reasonOf(plan(world(), { held: [held()], list }))).toEqual(['protected: evidence']);
    expect(reasonOf(plan(world(), { held: [held()], can: ['disable', 'hold'] }))).toEqual([
      'the directory is not able to delete it',
    ]);
  });

  it('say nothing of what somebody has enabled again with good reason', () => {
    const back = { people: [{ ...gone, employment: 'active' as const }], accounts: [account('zhang', { held: true })] };
    expect(plan(back, { held: [held()] })).toMatchObject({ changes: [], deletions: [], spared: [] });
  });

  it('are not planned of whose account it is by name and department only', () => {
    const wang = person('2', { employment: 'left', endsOn: '2026-01-31', name: '王芳', department: '销售部' });
    const alike = {
      ...world({ personName: '王芳', department: '销售部' }),
      people: [wang],
      matching: { by: ['employee', 'name+department'] },
    };
    expect(plan(alike, { held: [held()] }).deletions).toEqual([]);
    const confirmed = new Map([['ldap|key-zhang', '2']]);
    expect(plan({ ...alike, confirmed }, { held: [held()] }).deletions).toHaveLength(1);
  });

  it('do not ask for a hold area where there is none', () => {
    const can: ChangeName[] = ['disable', 'strip', 'delete'];
    expect(plan(world({ held: false }), { held: [held()], can }).deletions).toHaveLength(1);
  });

  it('wait for the longest of the rules that it was disabled for', () => {
    const rules = [
      { finding: 'leaver', deleteAfter: '30d' },
      { finding: 'dormant', deleteAfter: '365d' },
    ];
    expect(plan(world(), { held: [held()], rules }).deletions).toHaveLength(1);
    expect(plan(world(), { held: [held({ findings: ['leaver', 'dormant'] })], rules }).deletions).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { type AccountWork, expandAccounts, ownStepIds } from '../../src/accounts/expand.ts';
import { type AccountSpec, accountSpecSchema } from '../../src/accounts/schema/spec.ts';
import type { StepSpec } from '../../src/runbook/types.ts';
import { itemOf } from '../helpers/account-context.ts';

const spec = (over: Record<string, unknown> = {}): AccountSpec =>
  accountSpecSchema.parse({ operation: 'cleanup', cleanup: { sign: 'none' }, ...over });
const nothing: AccountWork = {
  company: { directories: [], notice: { channel: 'ops', to: ['head'] } },
  changes: [],
  deletions: [],
  openings: [],
  spared: [],
  canApprove: false,
};
const second = { en: 'More accounts than the cap', 'zh-CN': '处理账号数超过上限' };
const opening = {
  line: 'o1',
  directory: 'mem',
  login: 'new',
  rights: [],
} as unknown as AccountWork['openings'][number];

const ids = (steps: StepSpec[]) => steps.map(({ id }) => id);
const step = (steps: StepSpec[], id: string) => steps.find((one) => one.id === id)!;

describe('expandAccounts', () => {
  const cases: [string, AccountSpec, Partial<AccountWork>, string[]][] = [
    ['an audit', spec({ operation: 'audit' }), {}, ['audit', 'conclude']],
    ['password policies', spec({ operation: 'policy' }), {}, ['policy', 'conclude']],
    ['a cleanup with nothing to do', spec(), {}, ['audit', 'conclude']],
    ['a cleanup', spec(), { changes: [itemOf()] }, ['audit', 'recheck', 'change', 'tell', 'conclude']],
    [
      'a cleanup that a person signs',
      spec({ cleanup: {} }),
      { changes: [itemOf()] },
      ['audit', 'sign', 'recheck', 'change', 'tell', 'conclude'],
    ],
    [
      'a cleanup beyond the cap',
      spec(),
      { changes: [itemOf()], secondPerson: second, canApprove: true },
      ['audit', 'approve', 'recheck', 'change', 'tell', 'conclude'],
    ],
    [
      'a cleanup without a channel for notices',
      spec(),
      { company: { directories: [] }, changes: [itemOf()] },
      ['audit', 'recheck', 'change', 'conclude'],
    ],
    ['a deletion', spec(), { deletions: [itemOf()] }, ['audit', 'recheck', 'delete', 'tell', 'conclude']],
    [
      'a deletion where somebody can approve',
      spec(),
      { changes: [itemOf()], deletions: [itemOf()], canApprove: true },
      ['audit', 'recheck', 'change', 'approve-delete', 'delete', 'tell', 'conclude'],
    ],
    [
      'a deletion beyond the cap, which is approved once',
      spec(),
      { deletions: [itemOf()], secondPerson: second, canApprove: true },
      ['audit', 'approve', 'recheck', 'delete', 'tell', 'conclude'],
    ],
    [
      'a review of rights',
      spec({ operation: 'review', cleanup: undefined, review: {} }),
      { changes: [itemOf()] },
      ['audit', 'sign', 'recheck', 'change', 'tell', 'conclude'],
    ],
    [
      'an opening',
      spec({ operation: 'open', person: 'E1', cleanup: undefined }),
      { openings: [opening], recheck: true },
      ['audit', 'recheck', 'open', 'tell', 'conclude'],
    ],
  ];
  it.each(cases)('gives %s its steps, in their order', (_what, given, work, expected) => {
    const steps = expandAccounts(given, { ...nothing, ...work });
    expect(ids(steps)).toEqual(expected);
    for (const id of expected) expect(id).toMatch(ownStepIds);
  });

  it('a review waits ten days for its heads unless it says otherwise', () => {
    const sign = (review?: object) =>
      step(
        expandAccounts(spec({ operation: 'review', cleanup: undefined, ...(review ? { review } : {}) }), {
          ...nothing,
          changes: [itemOf()],
        }),
        'sign',
      ).with;
    const days = 86_400_000;
    expect(sign()).toEqual({ by: 'heads', default: 'keep', withinMs: 10 * days, signers: 'head' });
    expect(sign({ answerWithin: '3d', signers: 'any' })).toMatchObject({ withinMs: 3 * days, signers: 'any' });
  });

  it('carries out no line that was kept or dropped', () => {
    const steps = expandAccounts(spec({ cleanup: {} }), { ...nothing, changes: [itemOf()], deletions: [itemOf()] });
    for (const id of ['change', 'delete'])
      expect(step(steps, id).if).toBe(
        '!(item.line in steps.sign.outputs.kept) && !(item.line in steps.recheck.outputs.dropped)',
      );
    expect(step(steps, 'change').ifText).toEqual({
      en: 'not for those that are kept when the list is signed, nor for those that no longer hold when the sources are read again',
      'zh-CN': '不处理签字确认时决定保留的、重新核对后已不成立的',
    });
    // Nobody is judged by a source that did not answer.
    expect(step(steps, 'audit').with).toMatchObject({ strict: true });
    expect(step(expandAccounts(spec({ operation: 'audit' }), nothing), 'audit').with).toMatchObject({ strict: false });
  });

  it('deletes by the destructive action alone, right behind its approval', () => {
    const steps = expandAccounts(spec(), { ...nothing, deletions: [itemOf()], canApprove: true });
    expect(step(steps, 'delete').uses).toBe('account.delete');
    expect(ids(steps)[ids(steps).indexOf('delete') - 1]).toBe('approve-delete');
    expect(step(steps, 'approve-delete').uses).toBe('approval');
  });

  it('one entry that fails says nothing about the next, and each can be taken back', () => {
    const steps = expandAccounts(spec({ cleanup: { sign: 'none', parallel: 7 } }), { ...nothing, changes: [itemOf()] });
    expect(step(steps, 'change')).toMatchObject({
      onFailure: 'continue',
      parallel: 7,
      undo: { uses: 'account.restore', scope: 'target', mode: 'auto' },
      forEach: [{ label: 'zhang (mem)', line: 'l1' }],
    });
  });

  it('tells by when to object: the shortest hold of the rules', () => {
    const rules = [
      { finding: 'leaver', deleteAfter: '60d' },
      { finding: 'dormant', deleteAfter: '30d' },
      { finding: 'orphan' },
    ];
    const steps = expandAccounts(spec({ cleanup: { sign: 'none', rules } }), { ...nothing, changes: [itemOf()] });
    expect(step(steps, 'tell').with).toEqual({ deletedAfterMs: 30 * 86_400_000 });
    const never = expandAccounts(spec(), { ...nothing, changes: [itemOf()] });
    expect(step(never, 'tell').with).toEqual({});
  });

  it('ends with the steps of the runbook, however it ended', () => {
    const given = spec({ finally: [{ id: 'write', uses: 'exec', with: { argv: ['true'] } }] });
    expect(expandAccounts(given, nothing).at(-1)).toMatchObject({ id: 'write', always: true });
  });
});

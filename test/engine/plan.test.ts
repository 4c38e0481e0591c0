import { describe, expect, it } from 'vitest';
import { loadTexts, sayLines } from '../../src/cli/texts/texts.ts';
import { readPlan, refuseStale, refuseUnconfirmed, unguardedDestructive } from '../../src/engine/plan/plan-check.ts';
import { planText, stepTitle } from '../../src/engine/plan/plan-text.ts';
import { fakeAction, ok } from './fake-action.ts';
import { planOf, stepSpec, webInventory } from './harness.ts';

const act = fakeAction('act', () => ok());
const erase = fakeAction('erase', () => ok(), { effect: 'destructive' });
const approval = fakeAction('approval', () => ok(), { effect: 'read', usesTargets: false });
const actions = [act, erase, approval];

describe('plan', () => {
  it('resolves what inputs, targets and items decide, and leaves the rest open', () => {
    const plan = planOf(
      actions,
      [
        stepSpec({
          id: 'a',
          uses: 'act',
          targets: ['group:web'],
          forEach: ['x', 'y'],
          with: { to: '${{ target.vars.number }}', what: '${{ item }}', deep: ['${{ inputs.n + 1 }}'] },
        }),
        stepSpec({
          id: 'b',
          uses: 'act',
          with: { later: '${{ steps.a.outputs.v }}', run: '${{ run.id }}' },
          if: 'inputs.n > 5',
        }),
        stepSpec({ id: 'c', uses: 'act', forEach: 'steps.b.outputs.list', if: 'steps.b.status == "ok"' }),
      ],
      {
        inputs: { n: 1, file: { path: '/f', sha256: 'x' }, password: { secret: 'env:PW' } },
        inventory: webInventory(2),
      },
    );
    expect(plan.steps[0]!.units).toMatchObject([
      { id: 'web1.0', with: { to: 1, what: 'x', deep: [2] } },
      { id: 'web1.1', with: { to: 1, what: 'y' } },
      { id: 'web2.0', with: { to: 2, what: 'x' } },
      { id: 'web2.1', with: { to: 2, what: 'y' } },
    ]);
    expect(plan.steps[1]).toMatchObject({
      condition: false,
      needs: ['a'],
      units: [{ with: { later: { $expr: 'steps.a.outputs.v' }, run: { $expr: 'run.id' } } }],
    });
    expect(plan.steps[2]).toMatchObject({
      condition: { $expr: 'steps.b.status == "ok"' },
      units: { $expr: 'steps.b.outputs.list' },
    });
    expect(planText(plan)).toMatchInlineSnapshot(`
      "bench 1.0.0: Bench
      effect: write
      input n: 1
      input file: {"path":"/f","sha256":"x"}
      input password: {"secret":"env:PW"}

       1. a: a [WRITE, act]
            web1.0: act {"to":1,"what":"x","deep":[2]}
            web1.1: act {"to":1,"what":"y","deep":[2]}
            web2.0: act {"to":2,"what":"x","deep":[2]}
            web2.1: act {"to":2,"what":"y","deep":[2]}
       2. b: b [WRITE, act]
            skipped: its condition is false
       3. c: c [WRITE, act]
            would run if steps.b.status == "ok"
            would run for each of steps.b.outputs.list

      digest: ${plan.digest}
      "
    `);
  });

  it('tells a condition that is not for people in the words of its kind', () => {
    const words = { en: 'not for those that were kept', 'zh-CN': '不处理决定保留的' };
    const step = stepSpec({ id: 'a', uses: 'act', forEach: [{ n: 1 }], if: '!(item.n in inputs.kept)', ifText: words });
    const plan = planOf(actions, [step], { inputs: { kept: [1] } });
    expect(planText(plan)).toContain('\n      not for those that were kept\n');
    expect(planText(plan, 'zh-CN')).toContain('\n      不处理决定保留的\n');
    expect(planText(plan)).not.toContain('item.n');
  });

  it('in Chinese leaves what users have named as it is', async () => {
    await loadTexts('zh-CN');
    const steps = [
      stepSpec({ id: 'ask', uses: 'act', if: 'inputs.last == "yes"' }),
      stepSpec({ id: 'check', uses: 'erase', forEach: ['last'], onFailure: 'continue', needs: ['ask'] }),
    ];
    const plan = planOf(actions, steps, { inputs: { last: 'yes' } });
    expect(planText(plan, 'zh-CN', (english) => sayLines('zh-CN', english))).toBe(
      [
        'bench 1.0.0: Bench',
        '影响：破坏性',
        '输入项 last：yes',
        '',
        ' 1. ask: ask [写入，act]',
        '      act {}',
        ' 2. check: check [破坏性，erase]',
        '      localhost.0：erase {}',
        '      失败时：继续',
        '',
        `摘要：${plan.digest}`,
        '需要 --confirm bench：check 可能造成数据永久丢失',
        '',
      ].join('\n'),
    );
  });

  it('has the same digest for the same things, and another for anything else', () => {
    const steps = [stepSpec({ id: 'a', uses: 'act', with: { x: '${{ inputs.x }}' } })];
    const plan = planOf(actions, steps, { inputs: { x: 1 } });
    expect(planOf(actions, steps, { inputs: { x: 1 } }).digest).toBe(plan.digest);
    expect(planOf(actions, steps, { inputs: { x: 2 } }).digest).not.toBe(plan.digest);
    expect(readPlan(JSON.stringify(plan), 'p.json')).toEqual(plan);
    const altered = structuredClone(plan);
    (altered.steps[0]!.units as { with: Record<string, unknown> }[])[0]!.with['x'] = 99;
    expect(() => readPlan(JSON.stringify(altered), 'p.json')).toThrow(
      expect.objectContaining({ code: 'plan-altered', exitCode: 4 }),
    );
  });

  it('refuses a stale plan and names what changed', () => {
    const steps = [stepSpec({ id: 'a', uses: 'act', targets: ['all'] })];
    const plan = planOf(actions, steps, { inputs: { x: 1 }, inventory: webInventory(2) });
    const stale = (now: typeof plan) => () => refuseStale(plan, now);
    expect(stale(planOf(actions, steps, { inputs: { x: 1 }, inventory: webInventory(2) }))).not.toThrow();
    expect(stale(planOf(actions, steps, { inputs: { x: 2 }, inventory: webInventory(3) }))).toThrow(
      expect.objectContaining({
        code: 'plan-stale',
        exitCode: 4,
        details: { changes: ['input "x"', 'inventory (web3)'] },
      }),
    );
    expect(
      stale(
        planOf(actions, [...steps, stepSpec({ id: 'b', uses: 'act' })], {
          inputs: { x: 1 },
          inventory: webInventory(2),
        }),
      ),
    ).toThrow(/runbook bench.yaml/);
  });

  it('knows names, groups, all and localhost, and refuses a target that is nowhere', () => {
    const targets = (selectors: string[], limit?: string[]) =>
      planOf(actions, [stepSpec({ id: 'a', uses: 'act', targets: selectors })], {
        inventory: webInventory(3),
        ...(limit ? { limit } : {}),
      }).steps[0]!.targets;
    expect(targets(['web2', 'all', 'web2'])).toEqual(['web2', 'web1', 'web3']);
    expect(targets(['localhost'])).toEqual(['localhost']);
    expect(targets(['group:web'], ['web3'])).toEqual(['web3']);
    for (const bad of ['web9', 'group:db'])
      expect(() => targets([bad])).toThrow(expect.objectContaining({ code: 'target-unknown', exitCode: 2 }));
    expect(() => targets(['all'], ['nobody'])).toThrow(expect.objectContaining({ code: 'target-unknown' }));
  });

  it('wants a confirmation, or an approval before, for what may lose data', () => {
    const bare = planOf(actions, [stepSpec({ id: 'x', uses: 'erase' })]);
    expect(() => refuseUnconfirmed(bare, undefined)).toThrow(
      expect.objectContaining({ code: 'confirmation-needed', exitCode: 4 }),
    );
    expect(() => refuseUnconfirmed(bare, 'other')).toThrow(expect.objectContaining({ code: 'confirmation-wrong' }));
    expect(() => refuseUnconfirmed(bare, 'bench')).not.toThrow();
    const guarded = planOf(actions, [
      stepSpec({ id: 'ask', uses: 'approval' }),
      stepSpec({ id: 'b', uses: 'act' }),
      stepSpec({ id: 'x', uses: 'erase' }),
    ]);
    expect(unguardedDestructive(guarded)).toEqual([]);
    const beside = planOf(actions, [
      stepSpec({ id: 'ask', uses: 'approval' }),
      stepSpec({ id: 'x', uses: 'erase', needs: [] }),
    ]);
    expect(unguardedDestructive(beside).map((step) => step.id)).toEqual(['x']);
    const optional = planOf(actions, [
      stepSpec({ id: 'ask', uses: 'approval', if: 'steps.z.outputs.y' }),
      stepSpec({ id: 'x', uses: 'erase' }),
    ]);
    expect(unguardedDestructive(optional).map((step) => step.id)).toEqual(['x']);
  });
});

it('names steps of batches with their batch', () => {
  const plan = {
    batches: [
      { number: 1, members: [] },
      { number: 2, members: [] },
    ],
  };
  const name = { en: 'Enable', 'zh-CN': '启用' };
  expect(stepTitle(plan, { name, batch: 2 })).toBe('batch 2 of 2: Enable');
  expect(stepTitle(plan, { name, batch: 1 }, 'zh-CN')).toBe('第 1/2 批：启用');
  expect(stepTitle(plan, { name })).toBe('Enable');
});

import { afterEach, expect, it } from 'vitest';
import { manualConfirm } from '../../src/actions/flow/manual.ts';
import { loadTexts, say } from '../../src/cli/texts/texts.ts';
import { shownText, showRun } from '../../src/engine/show.ts';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

let bench: Bench;
afterEach(() => bench.close());

it('calls units as their items are called, and other units by their names', async () => {
  const act = fakeAction('act', ({ item }) => (String(item).startsWith('bad') ? failed('it is gone') : ok()));
  bench = await openBench([act]);
  const each = (id: string, forEach: unknown[], value: string) =>
    stepSpec({ id, uses: 'act', forEach, onFailure: 'continue', with: { item: `\${{ ${value} }}` } });
  const plan = planOf(
    [act],
    [
      each(
        'change',
        [
          { label: 'zhang (oa)', is: 'bad' },
          { label: 'li\u001b[2J (oa)', is: 'good' },
        ],
        'item.is',
      ),
      each('plain', ['bad one', 'two'], 'item'),
    ],
  );
  const { run } = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }));
  const { runs } = bench.record;
  const shown = showRun(await runs.resolve(run), plan, await runs.journal(run), []);
  expect(shown.steps[0]!.units).toMatchObject([
    { unit: 'localhost.0', member: 'zhang (oa)', status: 'failed' },
    { unit: 'localhost.1', member: 'li\u001b[2J (oa)', status: 'ok' },
  ]);
  expect(shown.steps[1]!.units[0]).not.toHaveProperty('member');
  const lines = shownText(shown).split('\n');
  expect(lines).toContain('             failed change/zhang (oa): it is gone');
  expect(lines).toContain('             ok change/li\\u001b[2J (oa)');
  expect(lines).toContain('             failed plain/localhost.0: it is gone');
});

it('in Chinese says what oaops says, and nothing of users', async () => {
  bench = await openBench([manualConfirm]);
  const ask = stepSpec({ id: 'ask', uses: 'manual.confirm', with: { message: { en: 'the last one?' } } });
  const plan = planOf([manualConfirm], [ask]);
  const { run } = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }));
  await bench.engine.abort(run, 'no use, says li');
  await loadTexts('zh-CN');
  const { runs } = bench.record;
  const row = await runs.resolve(run);
  const shown = showRun(row, plan, await runs.journal(run), await runs.inputs(run), 'zh-CN');
  const status = (word: string, columns = 0) => `<${word}>`.padEnd(columns);
  const text = shownText(shown, { lang: 'zh-CN', say: (english) => say('zh-CN', english), status });
  expect(text.split('\n')).toEqual([
    `运行 ${run}：bench 1.0.0`,
    '状态：<aborted>（退出码 1）',
    '原因：已中止：no use, says li',
    `由 alice 发起，时间 ${row.createdAt}，结束于 ${row.endedAt}`,
    `计划：${plan.digest}`,
    '',
    '<waiting>    ask: ask [manual.confirm]',
    '             <waiting> ask/localhost: the last one?',
    `               请用以下命令回答：oaops runs answer ${run} ask --value yes（或 no）`,
    '',
    `${row.endedAt} 操作，alice：中止：no use, says li`,
    '',
  ]);
});

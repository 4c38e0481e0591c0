import { afterEach, expect, it } from 'vitest';
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

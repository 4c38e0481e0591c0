import { afterEach, expect, it } from 'vitest';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

let bench: Bench;
afterEach(() => bench.close());

it('an undo that was interrupted ends like one that was not: what failed is not forgotten', async () => {
  const stop = new AbortController();
  const actions = [
    fakeAction('act', () => ok()),
    fakeAction('break', () => failed()),
    fakeAction('back', (_args, { step }) => {
      // Stopped after the first of two.
      if (step.id === 'second') stop.abort(143);
      return ok();
    }),
  ];
  const undo = { uses: 'back', with: {}, scope: 'all', mode: 'auto' } as const;
  const steps = [
    stepSpec({ id: 'kept', uses: 'act' }),
    stepSpec({ id: 'first', uses: 'act', undo }),
    stepSpec({ id: 'second', uses: 'act', undo }),
    stepSpec({ id: 'broken', uses: 'break', onFailure: 'undo' }),
  ];
  bench = await openBench(actions);
  const plan = planOf(actions, steps);
  const run = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }, { stop: stop.signal }));
  expect(run).toMatchObject({ status: 'stopped', exitCode: 143 });
  await bench.restart();
  expect(await bench.clock.run(bench.engine.resume(run.run))).toMatchObject({
    status: 'failed',
    exitCode: 1,
    message: 'broken failed; still in place: kept/localhost',
  });
});

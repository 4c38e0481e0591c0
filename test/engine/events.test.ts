import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { wait } from '../../src/actions/flow/wait.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec, webInventory } from './harness.ts';

let bench: Bench;
afterEach(() => bench.close());

/** Every kind of event, and every phase, in the shape that scripts read with --json. */
it('has the event stream of the golden file', async () => {
  let tries = 0;
  const act = fakeAction('act', async (args, context) => {
    context.output('stdout', `on ${context.target.name}\n`);
    context.progress({ message: 'copying', done: 5, total: 10, unit: 'files' });
    await context.clock.sleep(250);
    tries += 1;
    if (args['flaky'] && tries === 1) return failed('connection reset', { next: 'Look at the cable.' });
    if (args['bad']) return failed('disk full', { exitCode: 1 });
    return ok({ version: '1.2' });
  });
  const look = fakeAction('look', () => ok({ there: true }), { effect: 'read' });
  const actions = [act, look, wait];
  bench = await openBench(actions, { deps: { changedFiles: async () => ['switch.yaml'] } });
  const undo = { uses: 'act', with: {}, scope: 'all', mode: 'auto' } as const;
  const first = planOf(
    actions,
    [
      stepSpec({
        id: 'flaky',
        uses: 'act',
        with: { flaky: true },
        undo,
        verify: { uses: 'look', with: {}, success: 'result.there' },
        retry: { attempts: 2, delayMs: 2000, backoff: 'fixed', maxDelayMs: 2000 },
      }),
      stepSpec({ id: 'never', uses: 'act', if: 'steps.flaky.status == "failed"' }),
      stepSpec({ id: 'pause', uses: 'wait', with: { for: '1h' } }),
      stepSpec({ id: 'web', uses: 'act', targets: ['all'], with: { bad: true }, onFailure: 'undo' }),
    ],
    { inventory: webInventory(2) },
  );
  await bench.clock.run(bench.engine.start(first, { name: 'alice' }));
  bench.clock.advance(3_600_000);
  const ticked = await bench.clock.run(bench.engine.tick());
  expect(ticked.ran).toMatchObject([{ status: 'rolled-back', exitCode: 5 }]);
  const kinds = new Set(bench.events.map(({ event }) => event));
  expect([...kinds].sort()).toEqual([
    'run.ended',
    'run.started',
    'run.warning',
    'step.ended',
    'step.started',
    'unit.ended',
    'unit.output',
    'unit.progress',
    'unit.retry',
    'unit.started',
  ] satisfies RunEvent['event'][]);
  const id = ticked.ran[0]!.run;
  const lines = bench.events.map((event) =>
    JSON.stringify(event).replaceAll(id, 'RUN').replaceAll(first.digest, 'DIGEST'),
  );
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(import.meta.dirname, '../golden/run-events.ndjson'));
});

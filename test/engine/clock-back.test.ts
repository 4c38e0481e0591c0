import { afterEach, expect, it } from 'vitest';
import { manualConfirm } from '../../src/actions/flow/manual.ts';
import { answerUnit } from '../../src/engine/people/answers.ts';
import type { StepSpec } from '../../src/runbook/types.ts';
import { fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

let bench: Bench;
afterEach(() => bench.close());

const hour = 3_600_000;
const ask = stepSpec({ id: 'seen', uses: 'manual.confirm', needs: [], with: { message: 'all green?' } });
const answer = (run: string, value: string) => answerUnit(bench.deps, { run, step: 'seen', value });
const resume = (run: string) => bench.clock.run(bench.engine.resume(run));

async function start(steps: StepSpec[], actions = [manualConfirm]) {
  bench = await openBench(actions);
  return bench.clock.run(bench.engine.start(planOf(actions, steps), { name: 'alice' }));
}

it('an answer given after the clock was set back is not one from before the failure', async () => {
  const { run } = await start([ask]);
  await answer(run, 'no');
  expect((await resume(run)).status).toBe('failed');
  expect((await resume(run)).status).toBe('waiting');
  bench.clock.advance(-2 * hour);
  await answer(run, 'yes');
  expect((await resume(run)).status).toBe('ok');
});

it('an answer from before the failure is spent, though the clock was set back before the failure was journalled', async () => {
  const { run } = await start([ask]);
  await answer(run, 'no');
  bench.clock.advance(-2 * hour);
  expect((await resume(run)).status).toBe('failed');
  expect((await resume(run)).status).toBe('waiting');
});

it('an answer of an earlier version, which has no row number, is told by its time', async () => {
  const { run } = await start([ask]);
  await answer(run, 'no');
  expect((await resume(run)).status).toBe('failed');
  expect((await resume(run)).status).toBe('waiting');
  bench.clock.advance(1000);
  const [said] = await bench.record.runs.inputs(run);
  const at = new Date(bench.clock.nowMs()).toISOString();
  await bench.record.runs.addInput({ ...said!, at, body: { value: true, by: 'bob', atMs: bench.clock.nowMs() } });
  expect((await resume(run)).status).toBe('ok');
});

it('an answer that comes while the run is under way wakes it, though the clock was set back', async () => {
  const slow = fakeAction('slow', async (_args, { clock, runId }) => {
    await clock.sleep(5000);
    bench.clock.advance(-2 * hour);
    await answer(runId, 'yes');
    return ok();
  });
  const { run, status } = await start([ask, stepSpec({ id: 'slow', uses: 'slow', needs: [] })], [manualConfirm, slow]);
  expect(status).toBe('waiting');
  expect((await bench.clock.run(bench.engine.tick())).ran).toMatchObject([{ run, status: 'ok' }]);
});

it('an answer that was looked at does not wake the run again', async () => {
  const twice = fakeAction('twice', async (_args, context) => {
    await context.answer();
    return { status: 'waiting', message: 'another one', next: 'wait' };
  });
  const { run } = await start([{ ...ask, uses: 'twice' }], [twice]);
  await bench.record.runs.addInput({
    runId: run,
    step: 'seen',
    unit: '',
    kind: 'answer',
    by: 'bob',
    at: '2026-11-22T18:00:00.000Z',
    body: {},
  });
  await bench.clock.run(bench.engine.resume(run));
  expect(await bench.record.runs.get(run)).toMatchObject({ status: 'waiting', wakeAt: null });
});

it('an abort that comes between the lock and the first step is heard', async () => {
  const act = fakeAction('act', async (_args, context) => {
    await context.clock.sleep(600_000, context.stopping).catch(() => undefined);
    return ok();
  });
  bench = await openBench([act], {
    wrap: (record) => ({
      ...record,
      runs: new Proxy(record.runs, {
        get: (runs, name) => {
          if (name !== 'setStatus') return (runs[name as keyof typeof runs] as () => unknown).bind(runs);
          return async (...args: Parameters<typeof runs.setStatus>) => {
            await runs.setStatus(...args);
            if (args[1].status === 'running') await bench.engine.abort(args[0], 'wrong day');
          };
        },
      }),
    }),
  });
  const steps = ['a', 'b'].map((id) => stepSpec({ id, uses: 'act' }));
  const end = await bench.clock.run(bench.engine.start(planOf([act], steps), { name: 'alice' }));
  expect(end).toMatchObject({ status: 'aborted', message: 'aborted: wrong day' });
});

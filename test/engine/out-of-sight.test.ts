import { afterEach, expect, it } from 'vitest';
import { OaopsError } from '../../src/core/errors.ts';
import { fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const retry = { attempts: 3, delayMs: 1000, backoff: 'fixed' as const, maxDelayMs: 60_000 };

it.each(['session-lost', 'process-vanished'])(
  '%s is not tried again: nobody knows whether it took effect',
  async (code) => {
    let started = 0;
    const act = fakeAction(
      'act',
      () => {
        started += 1;
        throw new OaopsError(code, 'lost from sight');
      },
      { recover: async () => ok({ exitCode: 0 }) },
    );
    bench = await openBench([act]);
    const steps = [stepSpec({ id: 'a', uses: 'act', retry })];
    const end = await bench.clock.run(bench.engine.start(planOf([act], steps), { name: 'alice' }));
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6, next: expect.stringContaining('runs resume') });
    expect(started).toBe(1);

    // The far side had finished: resume takes its result.
    const resumed = await bench.clock.run(bench.engine.resume(end.run));
    expect(resumed.status).toBe('ok');
    expect(started).toBe(1);
  },
);

it('what may be done twice is simply tried again', async () => {
  let started = 0;
  const act = fakeAction('act', () => {
    started += 1;
    if (started === 1) throw new OaopsError('session-lost', 'lost from sight');
    return ok();
  });
  bench = await openBench([act]);
  const steps = [stepSpec({ id: 'a', uses: 'act', retry, idempotent: true })];
  const end = await bench.clock.run(bench.engine.start(planOf([act], steps), { name: 'alice' }));
  expect(end.status).toBe('ok');
  expect(started).toBe(2);
});

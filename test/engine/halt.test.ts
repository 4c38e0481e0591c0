import { afterEach, expect, it } from 'vitest';
import { checkpointGraceMs, Halt } from '../../src/engine/run/halt.ts';
import { fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec, VirtualClock } from './harness.ts';

let bench: Bench;
afterEach(() => bench?.close());

it('gives what is under way a minute to come to its checkpoint, then ends it and calls it unknown', async () => {
  const stop = new AbortController();
  let killedAfterMs = 0;
  const stubborn = fakeAction('stubborn', async (_args, { clock, signal }) => {
    const startedMs = clock.nowMs();
    stop.abort(143);
    await clock.sleep(3_600_000, signal).catch(() => undefined);
    killedAfterMs = clock.nowMs() - startedMs;
    throw signal.reason;
  });
  const never = fakeAction('never', () => ok());
  bench = await openBench([stubborn, never]);
  const plan = planOf(
    [stubborn, never],
    [stepSpec({ id: 'a', uses: 'stubborn' }), stepSpec({ id: 'b', uses: 'never' })],
  );
  const run = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }, { stop: stop.signal }));
  expect(run).toMatchObject({ status: 'stopped', exitCode: 143 });
  expect(killedAfterMs).toBe(checkpointGraceMs);
  expect((await bench.record.runs.journal(run.run)).map(({ step, status }) => [step, status])).toEqual([
    ['a', 'unknown'],
  ]);
});

it('leaves no timer behind when the run has ended before the minute is over', async () => {
  const clock = new VirtualClock();
  const halt = new Halt(clock);
  const stop = new AbortController();
  const leave = halt.join({ stop: stop.signal });
  stop.abort(130);
  expect(halt.stopping.aborted).toBe(true);
  leave();
  // Nothing sleeps any more: time does not pass.
  const before = clock.nowMs();
  await clock.run(Promise.resolve());
  expect(clock.nowMs()).toBe(before);
});

it('lets a signal in between units that wait for nothing outside', async () => {
  const stop = new AbortController();
  let done = 0;
  const quick = fakeAction('quick', () => {
    // As a signal comes: by the event loop, which what is only promised never gives way to.
    if (done++ === 0) setImmediate(() => stop.abort(143));
    // Each computes for a while.
    bench.clock.advance(10);
    return ok();
  });
  bench = await openBench([quick]);
  const units = Array.from({ length: 200 }, (_, index) => index);
  const plan = planOf([quick], [stepSpec({ id: 'a', uses: 'quick', forEach: units, parallel: 4 })]);
  const run = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }, { stop: stop.signal }));
  expect(run).toMatchObject({ status: 'stopped', exitCode: 143 });
  expect(done).toBeLessThan(50);
});

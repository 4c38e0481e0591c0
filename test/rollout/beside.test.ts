import { afterEach, expect, it } from 'vitest';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { rolloutPlan, users } from './rolling.ts';

const requester = { name: 'alice' };
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Three batches of two, a gate after each; `bad` says when it says no. */
async function open(written: Record<string, unknown> = {}, bad: () => boolean = () => false) {
  const has = new Map<string, number>();
  const applied: string[] = [];
  const actions = [
    fakeAction('apply', ({ user }) => {
      has.set(String(user), (has.get(String(user)) ?? 0) + 1);
      applied.push(String(user));
      return ok();
    }),
    fakeAction('restore', ({ user }) => {
      has.delete(String(user));
      return ok();
    }),
    fakeAction('look', () => (bad() ? failed('sick') : ok()), { effect: 'read' }),
  ];
  bench = await openBench(actions);
  const plan = rolloutPlan(actions, users(6), {
    batches: { sizes: [2] },
    steps: [
      {
        id: 'apply',
        uses: 'apply',
        forEach: 'batch.members',
        with: { user: '${{ item.id }}' },
        undo: { uses: 'restore', with: { user: '${{ item.id }}' } },
      },
    ],
    ...written,
  });
  return { has, applied, plan, engine: bench.engine, clock: bench.clock };
}
const watch = { duration: '2h', every: '1h', gates: [{ id: 'well', uses: 'look' }] };

it('a rollout does not begin beside one of the same runbook that is in its watch, and says what can be done', async () => {
  const { has, plan, engine, clock } = await open({ watch });
  const { run } = await clock.run(engine.start(plan, requester));
  await expect(engine.start(plan, requester)).rejects.toMatchObject({
    code: 'rollout-open',
    exitCode: 4,
    message: expect.stringContaining(`rollout ${run} of bench is not over (waiting: watch-well: sample 1 of 2`),
    next: expect.stringContaining(`"oaops patch rollback ${run}"`),
  });
  expect([...has.values()]).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await bench!.record.runs.list({})).toHaveLength(1);
  await engine.abort(run, 'the newer one replaces it');
  expect((await clock.run(engine.start(plan, requester))).status).toBe('waiting');
});

it('begins beside it with a reason, which is kept with the run', async () => {
  const { plan, engine, clock } = await open({ watch });
  const first = await clock.run(engine.start(plan, requester));
  await expect(engine.start(plan, requester, { beside: ' ' })).rejects.toMatchObject({ code: 'reason-missing' });
  const second = await clock.run(engine.start(plan, requester, { beside: 'other users' }));
  expect(second.status).toBe('waiting');
  expect(await bench!.record.runs.inputs(second.run)).toMatchObject([
    { by: 'alice', body: { action: 'beside', reason: 'other users', runs: [first.run] } },
  ]);
});

it('holds back while one that failed has changes in place, and not when they are taken back or it ended well', async () => {
  let sick = true;
  const { has, plan, engine, clock } = await open(
    { rollback: { mode: 'none' }, gates: [{ id: 'well', uses: 'look' }] },
    () => sick && has.size > 2,
  );
  const { run, status } = await clock.run(engine.start(plan, requester));
  expect(status).toBe('failed');
  await expect(engine.start(plan, requester)).rejects.toMatchObject({ code: 'rollout-open' });
  sick = false;
  expect((await clock.run(engine.undo(run))).status).toBe('rolled-back');
  expect((await clock.run(engine.start(plan, requester))).status).toBe('ok');
  expect((await clock.run(engine.start(plan, requester))).status).toBe('ok');
});

it('does a batch again that a person took back only when that is said, once', async () => {
  const { applied, plan, engine, clock } = await open({ watch, gates: [{ id: 'soak', uses: 'look', delay: '1h' }] });
  let end = await clock.run(engine.start(plan, requester));
  while (!end.message?.startsWith('watch')) {
    clock.advance(3_600_000);
    end = (await clock.run(engine.tick())).ran[0]!;
  }
  expect(applied).toHaveLength(6);
  expect(await clock.run(engine.undo(end.run, { scope: 'batch', batches: [2, 3] }))).toMatchObject({ exitCode: 3 });
  await expect(engine.resume(end.run, { redo: [2] })).rejects.toMatchObject({
    code: 'redo-unsaid',
    exitCode: 4,
    message: 'going on would do again what was taken back: batches 3',
    next: expect.stringContaining(`"oaops patch resume ${end.run} --redo-batch 3"`),
  });
  expect(await engine.takenBack(end.run)).toEqual([2, 3]);
  expect(applied).toHaveLength(6);
  end = await clock.run(engine.resume(end.run, { redo: [2, 3] }));
  // It waits for gates meanwhile: what was said counts for the processes that follow.
  for (let ticks = 0; end.status === 'waiting'; ticks += 1) {
    expect(ticks).toBeLessThan(10);
    clock.advance(3_600_000);
    end = (await clock.run(engine.tick())).ran[0]!;
  }
  expect(end.status).toBe('ok');
  expect(applied.slice(6)).toEqual(['u0003', 'u0004', 'u0005', 'u0006']);
});

it('goes on after a rollback of its own without being asked: that is what going on after a failure means', async () => {
  let sick = true;
  const { has, plan, engine, clock } = await open(
    { rollback: { scope: 'batch' }, gates: [{ id: 'well', uses: 'look' }] },
    () => sick && has.size > 2,
  );
  const { run } = await clock.run(engine.start(plan, requester));
  expect(has.size).toBe(2);
  sick = false;
  expect((await clock.run(engine.resume(run))).status).toBe('ok');
  expect(has.size).toBe(6);
});

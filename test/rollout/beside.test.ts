import { afterEach, describe, expect, it } from 'vitest';
import type { TickResult } from '../../src/engine/tick.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { applyStep, requester, rolloutPlan, users } from './rolling.ts';

const hourMs = 3_600_000;
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
    fakeAction(
      'slow',
      async (_, { clock }) => {
        await clock.sleep(3 * hourMs);
        return ok();
      },
      { effect: 'read' },
    ),
  ];
  bench = await openBench(actions);
  const apply = applyStep();
  const planFor = (members: ReturnType<typeof users>, own: Record<string, unknown> = {}) =>
    rolloutPlan(actions, members, { batches: { sizes: [2] }, steps: [apply], ...written, ...own });
  const { engine, clock } = bench;
  /** Begins beside another, takes three hours, and has `oaops tick` run each hour meanwhile. */
  const slowly = async (members: ReturnType<typeof users>) => {
    const plan = planFor(members, {
      steps: [apply, { id: 'slow', uses: 'slow' }],
      batches: { sizes: [6] },
      watch: undefined,
    });
    const ticks: TickResult[] = [];
    void (async () => {
      for (let hour = 0; hour < 3; hour += 1) {
        await clock.sleep(hourMs - 60_000);
        ticks.push(await engine.tick());
      }
    })();
    clock.advance(120_000);
    const end = await clock.run(engine.start(plan, requester, { beside: 'another fix' }));
    return { end, ticks };
  };
  return { has, applied, plan: planFor(users(6)), planFor, slowly, engine, clock };
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
  const { applied, plan, engine, clock } = await open({ gates: [{ id: 'soak', uses: 'look', delay: '1h' }] });
  let end = await clock.run(engine.start(plan, requester));
  while (end.status === 'waiting') {
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

describe('the watch of a rollout, while a newer one begun beside it is under way', () => {
  it('goes on: no sample is missed, and what comes after it waits until the newer one lets go', async () => {
    const { plan, slowly, engine, clock } = await open({
      watch,
      after: [{ id: 'tell', uses: 'apply', with: { user: 'tell' } }],
    });
    const { run } = await clock.run(engine.start(plan, requester));
    const { end, ticks } = await slowly(users(12).slice(6));
    expect(end.status).toBe('ok');
    expect(ticks.flatMap(({ held }) => held)).toEqual([]);
    const samples = (await bench!.record.runs.journal(run)).filter(({ unit }) => unit.startsWith('sample-'));
    expect(samples.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(await bench!.record.runs.get(run)).toMatchObject({
      status: 'waiting',
      message: 'the samples are taken; goes on when no other run of the runbook is under way',
    });
    expect((await clock.run(engine.tick())).ran).toMatchObject([{ run, status: 'ok' }]);
  });

  it('leaves the cleanup of an abort that was cut off until the newer one lets go', async () => {
    const thaw = { id: 'thaw', uses: 'apply', with: { user: 'thaw' } };
    const { has, plan, slowly, engine, clock } = await open({ watch, finally: [thaw] });
    const { run } = await clock.run(engine.start(plan, requester));
    const control = { step: '', unit: '', kind: 'control' as const, by: 'alice', at: '2026-11-22T18:00:00.000Z' };
    await bench!.record.runs.addInput({ runId: run, ...control, body: { action: 'abort', reason: 'a newer one' } });
    let meanwhile = 0;
    void clock.sleep(hourMs + 3_600_000).then(() => {
      meanwhile = has.get('thaw') ?? 0;
    });
    const { end } = await slowly(users(12).slice(6));
    // The newer one has been cleaned up after, and nothing else was until then.
    expect([end.status, meanwhile, has.get('thaw')]).toEqual(['ok', 0, 1]);
    expect((await clock.run(engine.tick())).ran).toMatchObject([{ run, status: 'aborted' }]);
    expect(has.get('thaw')).toBe(2);
  });

  it('takes back what it did when a sample says no, where the newer one reaches others', async () => {
    let sick = false;
    const { has, plan, slowly, engine, clock } = await open({ watch }, () => sick);
    const { run } = await clock.run(engine.start(plan, requester));
    sick = true;
    const { end } = await slowly(users(12).slice(6));
    expect(end.status).toBe('ok');
    expect((await bench!.record.runs.get(run))!.status).toBe('rolled-back');
    expect([...has.keys()]).toEqual(
      users(12)
        .slice(6)
        .map(({ id }) => id),
    );
  });

  it('asks a person where the newer one reaches the same, and takes it back by itself when the newer one was', async () => {
    let sick = false;
    const { has, plan, slowly, engine, clock } = await open({ watch }, () => sick);
    const { run } = await clock.run(engine.start(plan, requester));
    sick = true;
    const { end: newer } = await slowly(users(3));
    expect(newer.status).toBe('ok');
    expect(await bench!.record.runs.get(run)).toMatchObject({
      status: 'waiting',
      wakeAt: null,
      message: expect.stringContaining(`taking this back would take back what was done later: by ${newer.run}`),
    });
    expect(has.size).toBe(6);
    await expect(engine.undo(run)).rejects.toMatchObject({
      code: 'rollout-newer',
      exitCode: 4,
      next: expect.stringContaining(`"oaops patch rollback ${newer.run}"`),
    });
    expect((await clock.run(engine.resume(run))).status).toBe('waiting');
    expect(has.size).toBe(6);
    expect((await clock.run(engine.undo(newer.run))).status).toBe('rolled-back');
    expect((await clock.run(engine.resume(run))).status).toBe('rolled-back');
    expect(has.size).toBe(0);
  });
});

it('what a newer rollout changed too is taken back only with a reason, and by batches where these are others', async () => {
  const { has, plan, planFor, engine, clock } = await open();
  const { run } = await clock.run(engine.start(plan, requester));
  clock.advance(1000);
  const newer = await clock.run(engine.start(planFor(users(2)), requester));
  await expect(engine.undo(run)).rejects.toMatchObject({ code: 'rollout-newer', details: { runs: [newer.run] } });
  await expect(engine.undo(run, { beside: '' })).rejects.toMatchObject({ code: 'reason-missing', exitCode: 2 });
  await clock.run(engine.undo(run, { scope: 'batch', batches: [3] }));
  expect([...has.keys()]).toEqual(['u0001', 'u0002', 'u0003', 'u0004']);
  expect((await clock.run(engine.undo(run, { beside: 'both are bad' }))).status).toBe('rolled-back');
  expect(has.size).toBe(0);
  expect((await bench!.record.runs.inputs(run)).map(({ body }) => body)).toContainEqual({
    action: 'beside',
    reason: 'both are bad',
    runs: [newer.run],
  });
});

it('says how to stop the rollout that is under way, which may follow its watch for days', async () => {
  const { planFor, engine, clock } = await open();
  let refusal: unknown;
  void clock.sleep(hourMs).then(async () => {
    refusal = await engine.start(planFor(users(2)), requester, { beside: 'urgent' }).catch((error: unknown) => error);
  });
  const steps = [{ id: 'slow', uses: 'slow' }];
  const { run } = await clock.run(engine.start(planFor(users(2), { steps }), requester));
  const next = `"oaops patch pause ${run} --reason TEXT" lets it end what is under way; then run again.`;
  expect(refusal).toMatchObject({ code: 'lock-held', exitCode: 11, next });
});

it('goes on below a newer rollout that reached the same people only with a reason, which is kept', async () => {
  let sick = false;
  const gates = [{ id: 'health', uses: 'look' }];
  const { planFor, has } = await open({ gates }, () => sick);
  const { engine, clock } = bench!;
  // The gate after batch 2 stops the older one, and nothing is taken back.
  const started = engine.start(planFor(users(6), { rollback: { mode: 'none' } }), requester);
  sick = true;
  const older = await clock.run(started);
  expect(older.status).toBe('failed');
  sick = false;
  const reached = [...has.keys()];
  expect(reached.length).toBeLessThan(6);
  const beside = { beside: 'urgent' };
  // Others than those that are still to be reached do not matter.
  clock.advance(1000);
  const rest = users(6).filter(({ id }) => !reached.includes(id));
  const newer = await clock.run(engine.start(planFor(rest), requester, beside));
  expect(newer.status).toBe('ok');
  const refusal = { code: 'rollout-newer', exitCode: 4, details: { runs: [newer.run] } };
  await expect(clock.run(engine.resume(older.run))).rejects.toMatchObject(refusal);
  await expect(clock.run(engine.resume(older.run, { beside: ' ' }))).rejects.toMatchObject({ code: 'reason-missing' });
  expect([...has.values()].every((count) => count === 1)).toBe(true);
  // Agreed to once; what goes on later, as `tick` would, is not asked again.
  sick = true;
  expect((await clock.run(engine.resume(older.run, beside))).status).toBe('failed');
  sick = false;
  expect((await clock.run(engine.resume(older.run))).status).toBe('ok');
  expect(has.size).toBe(6);
  const kept = (await bench!.record.runs.inputs(older.run)).map(({ body }) => body);
  expect(kept).toContainEqual(expect.objectContaining({ action: 'beside', reason: 'urgent', runs: [newer.run] }));
});

it('what a newer rollout did on the same hosts outside of its batches counts too', async () => {
  const install = {
    id: 'install',
    uses: 'apply',
    with: { user: 'host' },
    undo: { uses: 'restore', with: { user: 'host' } },
  };
  const { plan, planFor, engine, clock } = await open({ before: [install] });
  const { run } = await clock.run(engine.start(plan, requester));
  clock.advance(1000);
  await clock.run(engine.start(planFor(users(12).slice(6)), requester));
  await expect(engine.undo(run)).rejects.toMatchObject({ code: 'rollout-newer' });
});

describe('what earlier rollouts left behind', () => {
  const gates = [{ id: 'well', uses: 'look' }];

  it('is told whatever came since, until it is aborted, taken back, or reached by one that ended well', async () => {
    let sick = true;
    const { has, plan, planFor, engine, clock } = await open({ rollback: { mode: 'none' }, gates }, () => sick);
    const first = await clock.run(engine.start(plan, requester));
    // "Newer" goes by the time of creation.
    clock.advance(1000);
    const second = await clock.run(engine.start(planFor(users(12).slice(6)), requester, { beside: 'others' }));
    sick = false;
    clock.advance(1000);
    const third = await clock.run(engine.start(planFor(users(12).slice(6)), requester, { beside: 'again' }));
    expect([first.status, second.status, third.status]).toEqual(['failed', 'failed', 'ok']);
    // The second is over: the third reached the same and ended well. The first is not.
    await expect(engine.start(plan, requester)).rejects.toMatchObject({
      code: 'rollout-open',
      message: expect.stringContaining(first.run),
      details: { runs: [first.run] },
    });
    await engine.abort(first.run, 'they keep it');
    expect((await clock.run(engine.start(plan, requester))).status).toBe('ok');
    expect(has.size).toBe(12);
  });

  it('is told of one that ended in part, and names all of them', async () => {
    let sick = false;
    const { plan, planFor, engine, clock } = await open({ gates, rollback: { mode: 'none' } }, () => sick);
    const first = await clock.run(engine.start(plan, requester));
    expect(await clock.run(engine.undo(first.run, { scope: 'batch', batches: [2] }))).toMatchObject({
      status: 'incomplete',
    });
    sick = true;
    clock.advance(1000);
    const second = await clock.run(engine.start(planFor(users(8).slice(6)), requester, { beside: 'others' }));
    await expect(engine.start(plan, requester)).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^rollout ${second.run} .*; not over either: ${first.run}$`)),
      details: { runs: [second.run, first.run] },
    });
  });
});

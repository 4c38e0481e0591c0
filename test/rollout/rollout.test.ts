import { afterEach, describe, expect, it } from 'vitest';
import { patchFeedback } from '../../src/actions/patch-feedback.ts';
import { OaopsError } from '../../src/core/errors.ts';
import type { AnyAction } from '../../src/engine/action.ts';
import { feedbackTopic } from '../../src/rollout/feedback.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { applyStep, requester, rolloutPlan, statusOf, users } from './rolling.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Members that have the change now, by id; `bad` fail. */
function stage(options: { bad?: (id: string) => boolean; gate?: () => ReturnType<typeof ok> } = {}) {
  const has = new Set<string>();
  const applied: string[] = [];
  const apply = fakeAction('apply', ({ user }) => {
    const id = String(user);
    if (options.bad?.(id)) return failed(`no ${id}`);
    if (has.has(id)) throw new Error(`${id} twice`);
    has.add(id);
    applied.push(id);
    return ok();
  });
  const restore = fakeAction('restore', ({ user }) => {
    has.delete(String(user));
    return ok();
  });
  const look = fakeAction('look', () => options.gate?.() ?? ok({ healthy: true }), {
    effect: 'read',
    idempotent: true,
  });
  const actions: AnyAction[] = [apply, restore, look];
  const steps = [applyStep()];
  return { has, applied, actions, steps };
}

describe('a rollout', () => {
  it('reaches everybody once, batch by batch, and looks after each', async () => {
    const looks: number[] = [];
    const all = stage({
      gate: () => {
        looks.push(all.has.size);
        return ok({ healthy: true });
      },
    });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(1203), {
      batches: { sizes: [5, 50, 500] },
      steps: all.steps,
      gates: [{ id: 'health', uses: 'look', success: 'result.healthy' }],
    });
    expect(plan.batches!.map(({ members }) => members.length)).toEqual([5, 50, 500, 500, 148]);
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(all.applied).toEqual(users(1203).map(({ id }) => id));
    expect(looks).toEqual([5, 55, 555, 1055, 1203]);
    expect(await statusOf(bench, end.run)).toMatchObject({ population: 1203, done: 1203 });
  });

  it('takes everything back when the gate of batch 3 says no', async () => {
    const all = stage({ gate: () => ok({ healthy: all.has.size < 100 }) });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(1203), {
      batches: { sizes: [5, 50, 500] },
      steps: all.steps,
      gates: [{ id: 'health', uses: 'look', success: 'result.healthy' }],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(end.message).toContain('the gate says no: samples that failed: 1, 0 allowed');
    expect(all.applied).toHaveLength(555);
    expect(all.has.size).toBe(0);
    const status = await statusOf(bench, end.run);
    expect(status.batches.map(({ state }) => state)).toEqual([
      'undone',
      'undone',
      'undone',
      'not-started',
      'not-started',
    ]);
    expect(status.batches[2]!.gates).toMatchObject([{ gate: 'health', state: 'fail', samples: { fail: 1 } }]);
  });

  it('takes back only the batch that failed when the runbook says so', async () => {
    const all = stage({ gate: () => ok({ healthy: all.has.size < 10 }) });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(20), {
      batches: { sizes: [5] },
      rollback: { scope: 'batch' },
      steps: all.steps,
      gates: [{ id: 'health', uses: 'look', success: 'result.healthy' }],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'failed', exitCode: 1 });
    expect([...all.has]).toEqual(users(5).map(({ id }) => id));
  });

  it.each([
    // failures in a batch of 10, of what is allowed, what becomes of the run, how many were tried
    { perBatch: 0, bad: 0, status: 'ok', tried: 20 },
    { perBatch: 0, bad: 1, status: 'rolled-back', tried: 0 },
    { perBatch: 2, bad: 2, status: 'incomplete', tried: 18 },
    { perBatch: 2, bad: 3, status: 'rolled-back', tried: 0 },
    { perBatch: '29%', bad: 2, status: 'incomplete', tried: 18 },
    { perBatch: '29%', bad: 3, status: 'rolled-back', tried: 0 },
    { perBatch: '100%', bad: 9, status: 'incomplete', tried: 11 },
    { perBatch: '100%', bad: 10, status: 'rolled-back', tried: 0 },
  ])('with $perBatch allowed in a batch of 10 and $bad failures: $status', async ({ perBatch, bad, status, tried }) => {
    const badIds = new Set(users(bad).map(({ id }) => id));
    const all = stage({ bad: (id) => badIds.has(id) });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(20), {
      batches: { sizes: [10] },
      budget: { perBatch },
      steps: all.steps,
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end.status).toBe(status);
    expect(all.has.size).toBe(tried);
  });

  it('counts failures over all batches, and those one after the other', async () => {
    for (const [budget, bad, reason] of [
      [
        { perBatch: 2, total: 3 },
        ['u0001', 'u0011', 'u0021', 'u0031'],
        '4 failures in all batches, the budget allows 3',
      ],
      [
        { perBatch: 5, consecutive: 2 },
        ['u0003', 'u0004', 'u0005'],
        '3 failures one after the other, the budget allows 2',
      ],
    ] as const) {
      const all = stage({ bad: (id) => (bad as readonly string[]).includes(id) });
      bench = await openBench(all.actions);
      const plan = rolloutPlan(all.actions, users(50), { batches: { sizes: [10] }, budget, steps: all.steps });
      const end = await bench.clock.run(bench.engine.start(plan, requester));
      expect(end.status).toBe('rolled-back');
      expect(end.message).toContain(reason);
      expect(all.has.size).toBe(0);
      await bench.close();
    }
    bench = undefined;
  });

  it('calls the last short batch failed when all of it failed, whatever the share', async () => {
    const all = stage({ bad: (id) => id > 'u0010' });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(12), {
      batches: { sizes: [10] },
      budget: { perBatch: 5 },
      steps: all.steps,
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'rolled-back' });
    expect(end.message).toContain('every member of the batch failed (2)');
  });

  it('calls a batch failed in which nobody could be reached, though that is tolerated', async () => {
    const away = fakeAction('apply', () => {
      throw new OaopsError('host-unreachable', 'no route');
    });
    bench = await openBench([away]);
    const plan = rolloutPlan([away], users(3), {
      batches: { sizes: [3] },
      budget: { unreachable: 'tolerated' },
      rollback: { mode: 'none' },
      steps: [{ id: 'apply', uses: 'apply', forEach: 'batch.members' }],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end.message).toContain('every member of the batch failed (3)');
  });

  it('leaves a member that failed out of the later steps of its batch', async () => {
    const all = stage({ bad: (id) => id === 'u0002' });
    const second: string[] = [];
    const actions = [
      ...all.actions,
      fakeAction('second', ({ user }) => {
        second.push(String(user));
        return ok();
      }),
    ];
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(4), {
      batches: { sizes: [4] },
      budget: { perBatch: 1 },
      steps: [
        ...all.steps,
        { id: 'second', uses: 'second', forEach: 'batch.members', with: { user: '${{ item.id }}' } },
      ],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end.status).toBe('incomplete');
    expect(second).toEqual(['u0001', 'u0003', 'u0004']);
    expect((await statusOf(bench, end.run)).batches[0]).toMatchObject({ state: 'incomplete', failed: ['u0002'] });
  });

  it('counts members, not the machine that the work is done on, when the list is one of ids', async () => {
    const all = stage({ bad: (id) => id <= 'u0003' });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(20), {
      batches: { sizes: [10] },
      budget: { perBatch: 2 },
      steps: [{ id: 'apply', uses: 'apply', forEach: 'batch.ids', with: { user: '${{ item }}' } }],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end.message).toContain('3 failures in this batch, the budget allows 2');
    expect(all.applied).toEqual([]);
  });

  /** Two steps for each of four members; the first fails for u0002 as often as told. */
  function twice(failures: number) {
    const tried = { first: 0, second: [] as string[] };
    const actions = [
      fakeAction('first', ({ user }) => {
        if (user !== 'u0002') return ok();
        tried.first += 1;
        return tried.first <= failures ? failed() : ok();
      }),
      fakeAction('second', ({ user }) => {
        tried.second.push(String(user));
        return ok();
      }),
    ];
    const each = { forEach: 'batch.members', with: { user: '${{ item.id }}' } };
    const steps = (retry: Record<string, unknown>) => [
      { id: 'first', uses: 'first', ...each, retry },
      { id: 'second', uses: 'second', ...each },
    ];
    return { tried, actions, steps };
  }

  it('gives a member all of its steps when the first went well at a later attempt, in another process', async () => {
    const { tried, actions, steps } = twice(1);
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(4), {
      batches: { sizes: [4] },
      budget: { perBatch: 1 },
      rollback: { mode: 'none' },
      steps: steps({ attempts: 2, delay: '10s' }),
    });
    const running = bench.engine.start(plan, requester);
    const { clock, record, engine } = bench;
    void clock.sleep(3000).then(async () => engine.pause((await record.runs.list({}))[0]!.id, 'look'));
    const paused = await clock.run(running);
    expect({ status: paused.status, tries: tried.first }).toEqual({ status: 'waiting', tries: 1 });
    expect((await clock.run(engine.resume(paused.run))).status).toBe('ok');
    expect(tried.second).toEqual(['u0001', 'u0002', 'u0003', 'u0004']);
  });

  it('gives a member the steps that it was left out of, when the rollout is resumed and the first goes well', async () => {
    const { tried, actions, steps } = twice(1);
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(4), {
      batches: { sizes: [4] },
      budget: { perBatch: 1 },
      rollback: { mode: 'none' },
      steps: steps({ attempts: 1 }),
    });
    const first = await bench.clock.run(bench.engine.start(plan, requester));
    expect({ status: first.status, second: tried.second }).toEqual({
      status: 'incomplete',
      second: ['u0001', 'u0003', 'u0004'],
    });
    expect((await bench.clock.run(bench.engine.resume(first.run))).status).toBe('ok');
    expect(tried.second).toEqual(['u0001', 'u0003', 'u0004', 'u0002']);
  });

  it('has stopped for good when too many failed one after the other, whoever ends well beside them', async () => {
    const begun: string[] = [];
    const apply = fakeAction('apply', async ({ user }, { clock }) => {
      begun.push(String(user));
      await clock.sleep(user === 'u0001' ? 500 : 100);
      return user === 'u0001' || String(user) > 'u0004' ? ok() : failed();
    });
    bench = await openBench([apply]);
    const plan = rolloutPlan([apply], users(9), {
      batches: { sizes: [9] },
      budget: { perBatch: 8, consecutive: 2 },
      rollback: { mode: 'none' },
      steps: [{ id: 'apply', uses: 'apply', forEach: 'batch.members', parallel: 2, with: { user: '${{ item.id }}' } }],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(begun).toEqual(['u0001', 'u0002', 'u0003', 'u0004']);
    expect(end).toMatchObject({ status: 'failed' });
    expect(end.message).toContain('3 failures one after the other, the budget allows 2');
  });

  it('does nothing to a batch of 501, wherever it came from', async () => {
    const all = stage();
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(501), { batches: { sizes: [500] }, steps: all.steps });
    plan.batches![0]!.members.push(...plan.batches!.pop()!.members);
    plan.steps = plan.steps.filter(({ batch }) => batch === 1);
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end.message).toContain('batch 1 has 501 members, at most 500 are allowed');
    expect(all.applied).toEqual([]);
  });

  it('can be paused from outside, is left alone by tick, and goes on where it stood', async () => {
    const all = stage();
    const actions = [
      ...all.actions,
      fakeAction('slow', async (_, { clock }) => {
        await clock.sleep(10_000);
        return ok();
      }),
    ];
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(30), {
      batches: { sizes: [10] },
      steps: [...all.steps, { id: 'slow', uses: 'slow' }],
    });
    const running = bench.engine.start(plan, requester);
    const paused = (async () => {
      await bench.clock.sleep(12_000);
      const [row] = await bench.record.runs.list({});
      return bench.engine.pause(row!.id, 'complaints');
    })();
    const end = await bench.clock.run(running);
    expect(await paused).toMatchObject({ state: 'asked' });
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6, message: 'paused by alice: complaints' });
    expect(all.has.size).toBe(20);
    expect((await statusOf(bench, end.run)).paused).toEqual({ by: 'alice', reason: 'complaints' });
    bench.clock.advance(100 * 3_600_000);
    expect((await bench.clock.run(bench.engine.tick())).ran).toEqual([]);
    const last = await bench.clock.run(bench.engine.resume(end.run));
    expect(last.status).toBe('ok');
    expect(all.has.size).toBe(30);
  });
});

describe('a pause', () => {
  /** Three batches of two, each with a step of ten seconds. */
  async function slowRollout(written: Record<string, unknown> = {}) {
    const all = stage();
    const actions = [
      ...all.actions,
      fakeAction('slow', async (_, { clock }) => {
        await clock.sleep(10_000);
        return ok();
      }),
    ];
    const opened = await openBench(actions);
    const plan = rolloutPlan(actions, users(6), {
      batches: { sizes: [2] },
      steps: [...all.steps, { id: 'slow', uses: 'slow' }],
      ...written,
    });
    return { all, opened, plan };
  }
  const first = async (opened: Bench) => (await opened.record.runs.list({}))[0]!.id;

  it('runs no cleanup: the rollout goes on later', async () => {
    const { all, opened, plan } = await slowRollout({ finally: [{ id: 'thaw', uses: 'restore' }] });
    bench = opened;
    const running = opened.engine.start(plan, requester);
    void opened.clock.sleep(12_000).then(async () => opened.engine.pause(await first(opened), 'look'));
    const end = await opened.clock.run(running);
    expect(end.status).toBe('waiting');
    expect((await opened.record.runs.journal(end.run)).filter(({ step }) => step === 'thaw')).toEqual([]);
    expect((await opened.clock.run(opened.engine.resume(end.run))).status).toBe('ok');
    expect(all.has.size).toBe(6);
  });

  it('does not keep an abort from being heard while the last step goes to its end', async () => {
    const { opened, plan } = await slowRollout();
    bench = opened;
    const running = opened.engine.start(plan, requester);
    void opened.clock.sleep(1000).then(async () => opened.engine.pause(await first(opened), 'look'));
    void opened.clock.sleep(4000).then(async () => opened.engine.abort(await first(opened), 'wrong package'));
    expect(await opened.clock.run(running)).toMatchObject({ status: 'aborted', message: 'aborted: wrong package' });
  });

  it('wakes no run that has come to its end meanwhile', async () => {
    const all = stage();
    let ends = async () => {};
    bench = await openBench(all.actions, {
      wrap: (record) => ({
        ...record,
        runs: new Proxy(record.runs, {
          get: (runs, name) => {
            if (name !== 'addInput') return (runs[name as keyof typeof runs] as () => unknown).bind(runs);
            return async (...args: Parameters<typeof runs.addInput>) => {
              await ends();
              await runs.addInput(...args);
            };
          },
        }),
      }),
    });
    const { engine, record } = bench;
    const plan = rolloutPlan(all.actions, users(2), {
      batches: { sizes: [2] },
      steps: all.steps,
      gates: [{ id: 'health', uses: 'look', delay: '1h' }],
    });
    const { run } = await bench.clock.run(engine.start(plan, requester));
    ends = async () => {
      ends = async () => {};
      await engine.abort(run, 'wrong package');
    };
    await expect(engine.pause(run, 'look')).rejects.toMatchObject({ code: 'run-over' });
    expect((await record.runs.get(run))!.status).toBe('aborted');
  });
});

it('ends when steps of its batches run side by side, however many batches there are', async () => {
  const all = stage({ bad: (id) => id === 'u0020' });
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(60), {
    batches: { sizes: [1] },
    budget: { perBatch: 0 },
    steps: [...all.steps, { id: 'beside', uses: 'look', needs: [] }, { id: 'also', uses: 'look', needs: [] }],
  });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end.status).toBe('rolled-back');
  expect(all.has.size).toBe(0);
});

describe('a watch', () => {
  const written = {
    batches: { sizes: [5] },
    watch: {
      duration: '72h',
      every: '1h',
      gates: [{ id: 'errors', uses: 'look', success: 'result.healthy', inconclusiveLimit: 2 }],
    },
  };

  it('takes a sample each hour for 72 hours by the durable timer', async () => {
    let looks = 0;
    const all = stage({
      gate: () => {
        looks += 1;
        return ok({ healthy: true });
      },
    });
    bench = await openBench(all.actions);
    let end = await bench.clock.run(
      bench.engine.start(rolloutPlan(all.actions, users(5), { ...written, steps: all.steps }), requester),
    );
    for (let hours = 0; end.status === 'waiting'; hours += 1) {
      expect(hours).toBeLessThan(80);
      bench.clock.advance(Date.parse(end.wakeAt!) - bench.clock.nowMs());
      await bench.restart();
      [end] = (await bench.clock.run(bench.engine.tick())).ran as [typeof end];
    }
    expect(end.status).toBe('ok');
    expect(looks).toBe(72);
  });

  it('rolls back when it sees something bad, and says where nobody looked', async () => {
    const all = stage({ gate: () => ok({ healthy: bench!.clock.nowMs() < Date.UTC(2026, 10, 24) }) });
    bench = await openBench(all.actions);
    let end = await bench.clock.run(
      bench.engine.start(rolloutPlan(all.actions, users(5), { ...written, steps: all.steps }), requester),
    );
    // Nobody ran the timer for two samples and a half.
    bench.clock.advance(3.5 * 3_600_000);
    [end] = (await bench.clock.run(bench.engine.tick())).ran as [typeof end];
    expect(end.status).toBe('waiting');
    expect((await statusOf(bench, end.run)).watch[0]!.samples).toMatchObject({ taken: 3, pass: 1, inconclusive: 2 });
    while (end.status === 'waiting') {
      bench.clock.advance(Date.parse(end.wakeAt!) - bench.clock.nowMs());
      [end] = (await bench.clock.run(bench.engine.tick())).ran as [typeof end];
    }
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(all.has.size).toBe(0);
  });

  it.each([
    // hours of the watch, what may be inconclusive, jump of the clock after the first sample, how it ends
    { hours: 72, limit: undefined, jump: 80, status: 'rolled-back' },
    { hours: 72, limit: '50%', jump: 80, status: 'rolled-back' },
    { hours: 2, limit: undefined, jump: 80, status: 'rolled-back' },
    { hours: 2, limit: 1, jump: 80, status: 'ok' },
    { hours: 2, limit: '50%', jump: 80, status: 'ok' },
    { hours: 2, limit: undefined, jump: 1.5, status: 'ok' },
    { hours: 4, limit: undefined, jump: -80, status: 'ok' },
  ])('of $hours h with $limit, the clock set by $jump h after the first sample: $status', async (given) => {
    let looks = 0;
    const all = stage({
      gate: () => {
        looks += 1;
        return ok({ healthy: true });
      },
    });
    bench = await openBench(all.actions);
    const { clock } = bench;
    const begun = clock.nowMs();
    const limit = given.limit === undefined ? {} : { inconclusiveLimit: given.limit };
    const watch = {
      duration: `${given.hours}h`,
      every: '1h',
      gates: [{ id: 'well', uses: 'look', success: 'result.healthy', ...limit }],
    };
    const plan = rolloutPlan(all.actions, users(5), { batches: { sizes: [5] }, watch, steps: all.steps });
    let end = await clock.run(bench.engine.start(plan, requester));
    const next = async (ms: number) => {
      clock.advance(ms);
      await bench!.restart();
      end = (await clock.run(bench!.engine.tick())).ran[0] ?? end;
    };
    await next(3_600_000);
    expect({ status: end.status, looks }).toEqual({ status: 'waiting', looks: 1 });
    await next(given.jump * 3_600_000);
    for (let ticks = 0; end.status === 'waiting'; ticks += 1) {
      expect(ticks).toBeLessThan(100);
      await next(3_600_000);
    }
    expect(end.status).toBe(given.status);
    const { watch: shown } = await statusOf(bench, end.run);
    expect(shown[0]).toMatchObject({ state: given.status === 'ok' ? 'pass' : 'fail' });
    expect(shown[0]!.samples.taken).toBeLessThanOrEqual(given.hours);
    if (given.jump < 0) {
      expect(looks).toBe(given.hours);
      expect(clock.nowMs()).toBeGreaterThanOrEqual(begun + given.hours * 3_600_000);
    }
  });

  it('rolls back at the first serious report of a user', async () => {
    const all = stage();
    const actions = [...all.actions, patchFeedback];
    bench = await openBench(actions, { deps: { services: { facts: async () => bench!.record.facts } } });
    const watch = { duration: '4h', every: '1h', gates: [{ id: 'told', uses: 'patch.feedback' }] };
    const plan = rolloutPlan(actions, users(5), { batches: { sizes: [5] }, watch, steps: all.steps });
    let end = await bench.clock.run(bench.engine.start(plan, requester));
    const tell = (severity: string) =>
      bench!.record.facts.add(feedbackTopic, end.run, '2026-11-22T19:00:00.000Z', {
        severity,
        text: 'x',
        from: null,
        by: 'a',
      });
    const later = async () => {
      bench!.clock.advance(Date.parse(end.wakeAt!) - bench!.clock.nowMs());
      [end] = (await bench!.clock.run(bench!.engine.tick())).ran as [typeof end];
    };
    await tell('minor');
    await later();
    expect(end.status).toBe('waiting');
    await tell('serious');
    await later();
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(end.message).toContain('serious reports by users: 1');
    expect(all.has.size).toBe(0);
  });

  it('does not take no data for a pass', async () => {
    for (const [gate, words] of [
      [() => failed('no such program', { code: 'x' }), 'failed'],
      [() => ok({}), 'gave no answer'],
      [
        () => {
          throw new Error('no connection');
        },
        'could not be measured',
      ],
    ] as const) {
      const all = stage({ gate: gate as never });
      bench = await openBench(all.actions);
      const plan = rolloutPlan(all.actions, users(5), {
        batches: { sizes: [5] },
        steps: all.steps,
        gates: [{ id: 'health', uses: 'look', success: 'result.healthy' }],
      });
      const end = await bench.clock.run(bench.engine.start(plan, requester));
      expect(end.status).toBe('rolled-back');
      expect(end.message).toContain(words);
      await bench.close();
    }
    bench = undefined;
  });
});

describe('a gate', () => {
  const batches = { sizes: [5] };

  it('goes on waiting for a person in the next process, and rolls nothing back meanwhile', async () => {
    let asked = 0;
    const all = stage({
      gate: () => {
        asked += 1;
        return asked > 2 ? ok({ healthy: true }) : ({ status: 'waiting', message: 'fine?', next: 'Say so.' } as never);
      },
    });
    bench = await openBench(all.actions);
    const gates = [{ id: 'health', uses: 'look', samples: 2, interval: '10s' }];
    const plan = rolloutPlan(all.actions, users(5), { batches, steps: all.steps, gates });
    let end = await bench.clock.run(bench.engine.start(plan, requester));
    for (let times = 0; times < 2; times += 1) {
      expect(end).toMatchObject({ status: 'waiting', message: 'b1-health: fine?' });
      bench.clock.advance(3_600_000);
      end = await bench.clock.run(bench.engine.resume(end.run));
    }
    expect(end.status).toBe('ok');
    expect(all.has.size).toBe(5);
  });

  it('measures everything again when a rollout that failed is resumed', async () => {
    let looks = 0;
    let sick = true;
    const all = stage({
      gate: () => {
        looks += 1;
        return ok({ healthy: true });
      },
    });
    const actions = [...all.actions, fakeAction('other', () => (sick ? failed() : ok()), { effect: 'read' })];
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(5), {
      batches,
      rollback: { mode: 'none' },
      steps: all.steps,
      gates: [
        { id: 'health', uses: 'look' },
        { id: 'other', uses: 'other' },
      ],
    });
    const first = await bench.clock.run(bench.engine.start(plan, requester));
    expect({ status: first.status, looks }).toEqual({ status: 'failed', looks: 1 });
    sick = false;
    expect((await bench.clock.run(bench.engine.resume(first.run))).status).toBe('ok');
    expect(looks).toBe(2);
  });

  it('takes a person who stops the rollout in the middle of a sample for no verdict', async () => {
    const stop = new AbortController();
    const all = stage({
      gate: () => {
        if (stop.signal.aborted) return ok({ healthy: true });
        stop.abort(130);
        throw new DOMException('stopped', 'AbortError');
      },
    });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(5), {
      batches,
      steps: all.steps,
      gates: [{ id: 'health', uses: 'look' }],
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester, { stop: stop.signal }));
    expect(end.status).toBe('stopped');
    expect(all.has.size).toBe(5);
    expect((await bench.clock.run(bench.engine.resume(end.run))).status).toBe('ok');
  });

  it('of a watch rolls back at once, and waits for no other', async () => {
    let looks = 0;
    const all = stage();
    const actions = [
      ...all.actions,
      fakeAction('sick', () => (++looks < 3 ? ok() : failed('sick')), { effect: 'read' }),
    ];
    bench = await openBench(actions);
    const begun = bench.clock.nowMs();
    const plan = rolloutPlan(actions, users(5), {
      batches,
      steps: all.steps,
      watch: {
        duration: '3h',
        every: '1m',
        gates: [
          { id: 'well', uses: 'look' },
          { id: 'sick', uses: 'sick' },
        ],
      },
    });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end.status).toBe('rolled-back');
    expect(bench.clock.nowMs() - begun).toBeLessThan(10 * 60_000);
  });

  it('of a watch takes its samples while another one with short pauses keeps the process', async () => {
    const looks = { often: 0, seldom: 0 };
    const all = stage();
    const actions = [
      ...all.actions,
      ...(['often', 'seldom'] as const).map((name) =>
        fakeAction(
          name,
          () => {
            looks[name] += 1;
            return ok();
          },
          { effect: 'read' },
        ),
      ),
    ];
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(5), {
      batches,
      steps: all.steps,
      watch: {
        duration: '30m',
        every: '10m',
        gates: [
          { id: 'seldom', uses: 'seldom' },
          { id: 'often', uses: 'often', interval: '30s' },
        ],
      },
    });
    let end = await bench.clock.run(bench.engine.start(plan, requester));
    for (let ticks = 0; end.status === 'waiting' && ticks < 5; ticks += 1) {
      bench.clock.advance(Math.max(0, Date.parse(end.wakeAt!) - bench.clock.nowMs()));
      [end] = (await bench.clock.run(bench.engine.tick())).ran as [typeof end];
    }
    expect({ status: end.status, ...looks }).toEqual({ status: 'ok', often: 60, seldom: 3 });
  });
});

describe('a rollback', () => {
  const gates = [{ id: 'health', uses: 'look', success: 'result.healthy' }];

  it('of batches takes back all of them when the watch says no', async () => {
    const all = stage({ gate: () => ok({ healthy: false }) });
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(4), {
      batches: { sizes: [2] },
      steps: all.steps,
      rollback: { scope: 'batch' },
      watch: { duration: '30s', every: '30s', gates },
    });
    expect((await bench.clock.run(bench.engine.start(plan, requester))).status).toBe('rolled-back');
    expect(all.has.size).toBe(0);
  });

  it('takes the units of a step back side by side, as many as were done so, and one step after the other', async () => {
    const under = { now: 0, most: 0 };
    const order: string[] = [];
    const slowly = (name: string) =>
      fakeAction(name, async ({ user }, { clock }) => {
        under.now += 1;
        under.most = Math.max(under.most, under.now);
        await clock.sleep(10_000);
        under.now -= 1;
        order.push(`${name} ${user}`);
        return ok();
      });
    const actions = [fakeAction('apply', () => ok()), slowly('first'), slowly('second')];
    bench = await openBench(actions);
    const each = (id: string, parallel: number) => ({
      id,
      uses: 'apply',
      forEach: 'batch.members',
      parallel,
      undo: { uses: id, with: { user: '${{ item.id }}' } },
    });
    const plan = rolloutPlan(actions, users(6), {
      batches: { sizes: [6] },
      steps: [each('first', 1), each('second', 3)],
    });
    const { run } = await bench.clock.run(bench.engine.start(plan, requester));
    const begun = bench.clock.nowMs();
    expect((await bench.clock.run(bench.engine.undo(run))).status).toBe('rolled-back');
    expect(under).toEqual({ now: 0, most: 3 });
    expect(bench.clock.nowMs() - begun).toBe(2 * 10_000 + 6 * 10_000);
    expect(order.slice(6)).toEqual(
      users(6)
        .map(({ id }) => `first ${id}`)
        .reverse(),
    );
  });

  it('leaves nobody with the change because that of somebody else cannot be taken back', async () => {
    const all = stage({ gate: () => ok({ healthy: all.has.size < 4 }) });
    const actions = [
      ...all.actions.filter(({ name }) => name !== 'restore'),
      fakeAction('restore', ({ user }) => {
        if (user === 'u0004') return failed('stuck');
        all.has.delete(String(user));
        return ok();
      }),
    ];
    bench = await openBench(actions);
    const plan = rolloutPlan(actions, users(6), { batches: { sizes: [2] }, steps: all.steps, gates });
    const end = await bench.clock.run(bench.engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'undo-failed' });
    expect([...all.has]).toEqual(['u0004']);
  });

  it('of a batch that does not exist is refused, and changes nothing', async () => {
    const all = stage();
    bench = await openBench(all.actions);
    const plan = rolloutPlan(all.actions, users(4), { batches: { sizes: [2] }, steps: all.steps });
    const { run } = await bench.clock.run(bench.engine.start(plan, requester));
    await expect(bench.engine.undo(run, { scope: 'batch', batches: [3] })).rejects.toMatchObject({
      code: 'batch-unknown',
    });
    expect((await bench.record.runs.get(run))!.status).toBe('ok');
  });
});

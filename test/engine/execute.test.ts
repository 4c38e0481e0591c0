import { afterEach, describe, expect, it } from 'vitest';
import type { AnyAction } from '../../src/engine/action.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import type { StepSpec } from '../../src/runbook/types.ts';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec, webInventory } from './harness.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function run(actions: AnyAction[], steps: StepSpec[], extra: Parameters<typeof planOf>[2] = {}): Promise<RunEnd> {
  bench ??= await openBench(actions);
  return bench.clock.run(bench.engine.start(planOf(actions, steps, extra), { name: 'alice' }));
}

const journal = async (end: RunEnd) =>
  (await bench!.record.runs.journal(end.run)).map(
    (row) => `${row.phase} ${row.step}/${row.unit}#${row.attempt} ${row.status}`,
  );

describe('a run', () => {
  it('runs steps one after the other and ends ok', async () => {
    const order: string[] = [];
    const act = fakeAction('act', (_args, context) => {
      order.push(context.step.id);
      return ok();
    });
    const end = await run(
      [act],
      ['a', 'b', 'c'].map((id) => stepSpec({ id, uses: 'act' })),
    );
    expect(end).toEqual({ run: end.run, status: 'ok', exitCode: 0 });
    expect(order).toEqual(['a', 'b', 'c']);
    expect((await bench!.record.runs.get(end.run))?.status).toBe('ok');
    expect((await bench!.record.audit.verify()).state).toBe('consistent-not-anchored');
  });

  it('passes outputs on, decides if and forEach while running', async () => {
    const seen: unknown[] = [];
    const act = fakeAction('act', (args) => {
      seen.push(args['value']);
      return ok({ list: [3, 4], number: 7 });
    });
    const end = await run(
      [act],
      [
        stepSpec({
          id: 'first',
          uses: 'act',
          with: { value: '${{ inputs.x }}' },
          outputs: { list: 'result.list', number: 'result.number' },
        }),
        stepSpec({
          id: 'each',
          uses: 'act',
          forEach: 'steps.first.outputs.list',
          with: { value: '${{ item * 10 }}' },
          outputs: { n: 'result.number' },
        }),
        stepSpec({ id: 'no', uses: 'act', if: 'steps.first.outputs.number > 100' }),
        stepSpec({
          id: 'sum',
          uses: 'act',
          with: { value: '${{ steps.each.outputs.n }}' },
          if: 'steps.no.status == "skipped"',
        }),
      ],
      { inputs: { x: 1 } },
    );
    expect(end.status).toBe('ok');
    expect(seen).toEqual([1, 30, 40, [7, 7]]);
    expect(await journal(end)).toEqual([
      'do first/localhost#1 ok',
      'do each/*#1 ok',
      'do each/localhost.0#1 ok',
      'do each/localhost.1#1 ok',
      'do no/localhost#1 skipped',
      'do sum/localhost#1 ok',
    ]);
  });

  it('retries with exponential back-off up to the cap', async () => {
    const times: number[] = [];
    const act = fakeAction('act', (_args, context) => {
      times.push(context.clock.nowMs());
      return times.length < 5 ? failed() : ok();
    });
    const end = await run(
      [act],
      [
        stepSpec({
          id: 'a',
          uses: 'act',
          retry: { attempts: 5, delayMs: 1000, backoff: 'exponential', maxDelayMs: 3000 },
        }),
      ],
    );
    expect(end.status).toBe('ok');
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([1000, 2000, 3000, 3000]);
    expect(bench!.events.filter((event) => event.event === 'unit.retry')).toHaveLength(4);
  });

  it('ends an attempt at its timeout', async () => {
    let aborted = false;
    const act = fakeAction('act', async (_args, context) => {
      await context.clock.sleep(60_000, context.signal).catch(() => {
        aborted = true;
      });
      return failed('killed');
    });
    const end = await run([act], [stepSpec({ id: 'a', uses: 'act', timeoutMs: 5000 })]);
    expect(end).toMatchObject({ status: 'failed', exitCode: 1 });
    expect(aborted).toBe(true);
    expect(await journal(end)).toEqual(['do a/localhost#1 timed-out']);
  });

  it('gives up on an action that does not end', async () => {
    const act = fakeAction('act', () => new Promise(() => {}));
    const end = await run([act], [stepSpec({ id: 'a', uses: 'act', timeoutMs: 5000 })]);
    expect(end.status).toBe('failed');
    expect(await journal(end)).toEqual(['do a/localhost#1 timed-out']);
  });

  it('goes on after a failure with continue, and is incomplete', async () => {
    const act = fakeAction('act', (args) => (args['bad'] ? failed() : ok()));
    const end = await run(
      [act],
      [
        stepSpec({ id: 'a', uses: 'act', with: { bad: true }, onFailure: 'continue' }),
        stepSpec({ id: 'b', uses: 'act' }),
      ],
    );
    expect(end).toMatchObject({ status: 'incomplete', exitCode: 3 });
    expect(await journal(end)).toEqual(['do a/localhost#1 failed', 'do b/localhost#1 ok']);
  });

  it('calls the handler that a failure names, and what needs it, and nothing else', async () => {
    const act = fakeAction('act', (args) => (args['bad'] ? failed() : ok()));
    const steps = [
      stepSpec({ id: 'a', uses: 'act', with: { bad: true }, onFailure: 'step:repair' }),
      stepSpec({ id: 'b', uses: 'act' }),
      stepSpec({ id: 'repair', uses: 'act' }),
      stepSpec({ id: 'tell', uses: 'act', needs: ['repair'] }),
      stepSpec({ id: 'c', uses: 'act' }),
    ];
    const end = await run([act], steps);
    expect(end.status).toBe('failed');
    expect(await journal(end)).toEqual([
      'do a/localhost#1 failed',
      'do repair/localhost#1 ok',
      'do tell/localhost#1 ok',
    ]);
    const good = await run([act], [stepSpec({ id: 'a', uses: 'act', onFailure: 'step:repair' }), ...steps.slice(1)]);
    expect(good.status).toBe('ok');
    expect(await journal(good)).toEqual(['do a/localhost#1 ok', 'do b/localhost#1 ok', 'do c/localhost#1 ok']);
  });

  it('takes back what was done in reverse order, and exits 5', async () => {
    const order: string[] = [];
    const act = fakeAction('act', (args, context) => {
      order.push(`${String(args['say'] ?? 'do')} ${context.step.id}`);
      return args['bad'] ? failed() : ok({ old: `${context.step.id}-old` });
    });
    const undo = { uses: 'act', with: { say: '${{ result.old }}' }, scope: 'target', mode: 'auto' } as const;
    const end = await run(
      [act],
      [
        stepSpec({ id: 'a', uses: 'act', undo }),
        stepSpec({ id: 'b', uses: 'act', undo }),
        stepSpec({ id: 'c', uses: 'act', with: { bad: true }, onFailure: 'undo' }),
      ],
    );
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(order).toEqual(['do a', 'do b', 'do c', 'b-old b', 'a-old a']);
    await expect(bench!.engine.resume(end.run)).rejects.toMatchObject({ code: 'run-over', exitCode: 4 });
  });

  it('says what is still in place when a step has no undo', async () => {
    const act = fakeAction('act', (args) => (args['bad'] ? failed() : ok()));
    const end = await run(
      [act],
      [stepSpec({ id: 'a', uses: 'act' }), stepSpec({ id: 'b', uses: 'act', with: { bad: true }, onFailure: 'undo' })],
    );
    expect(end).toMatchObject({
      status: 'failed',
      exitCode: 1,
      message: expect.stringContaining('still in place: a/localhost'),
    });
    await expect(bench!.engine.undo(end.run)).rejects.toMatchObject({ code: 'nothing-to-undo', exitCode: 4 });
  });

  it('undoes only the failed target in scope target', async () => {
    const undone: string[] = [];
    const act = fakeAction('act', (args, context) => {
      if (args['back']) undone.push(context.target.name);
      return args['bad'] === context.target.name ? failed() : ok();
    });
    const end = await run(
      [act],
      [
        stepSpec({
          id: 'a',
          uses: 'act',
          targets: ['group:web'],
          undo: { uses: 'act', with: { back: true }, scope: 'target', mode: 'auto' },
        }),
        stepSpec({ id: 'b', uses: 'act', targets: ['all'], with: { bad: 'web2' }, onFailure: 'undo' }),
      ],
      { inventory: webInventory(3) },
    );
    expect(undone).toEqual(['web2']);
    expect(end).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('still in place: b/web1, a/web3, a/web1'),
    });
    const after = await bench!.clock.run(bench!.engine.undo(end.run, { targets: ['web1'] }));
    expect(undone).toEqual(['web2', 'web1']);
    expect(after.status).toBe('incomplete');
  });

  it('asks before an undo of mode ask, and undoes when a person says so', async () => {
    const act = fakeAction('act', (args) => (args['bad'] ? failed() : ok()));
    const end = await run(
      [act],
      [
        stepSpec({ id: 'a', uses: 'act', undo: { uses: 'act', with: {}, scope: 'all', mode: 'ask' } }),
        stepSpec({ id: 'b', uses: 'act', with: { bad: true }, onFailure: 'undo' }),
      ],
    );
    expect(end).toMatchObject({
      status: 'waiting',
      exitCode: 6,
      next: expect.stringContaining(`oaops runs undo ${end.run}`),
    });
    expect(await bench!.clock.run(bench!.engine.undo(end.run))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  });

  it('lets success overrule the action both ways', async () => {
    const act = fakeAction('act', (args) =>
      args['bad'] ? { status: 'failed', result: { exitCode: 3 }, message: 'exit 3' } : ok({ exitCode: 0 }),
    );
    const good = await run(
      [act],
      [stepSpec({ id: 'a', uses: 'act', with: { bad: true }, success: 'result.exitCode in [0, 3]' })],
    );
    expect(good.status).toBe('ok');
    const bad = await run([act], [stepSpec({ id: 'a', uses: 'act', success: 'result.exitCode == 9' })]);
    expect(bad).toMatchObject({ status: 'failed', message: expect.stringContaining('result.exitCode == 9 is false') });
  });

  it('verifies after the effect and fails when it is not in place', async () => {
    let tries = 0;
    const act = fakeAction('act', () => ok());
    const look = fakeAction(
      'look',
      () => {
        tries += 1;
        return ok({ there: tries > 1 });
      },
      { effect: 'read' },
    );
    const verify = { uses: 'look', with: {}, success: 'result.there' };
    const bad = await run([act, look], [stepSpec({ id: 'a', uses: 'act', verify })]);
    expect(bad.status).toBe('failed');
    tries = 0;
    const good = await run(
      [act, look],
      [stepSpec({ id: 'a', uses: 'act', verify, retry: { attempts: 2, delayMs: 1, backoff: 'fixed', maxDelayMs: 1 } })],
    );
    expect(good.status).toBe('ok');
    expect(await journal(good)).toEqual([
      'do a/localhost#1 ok',
      'verify a/localhost#1 failed',
      'do a/localhost#2 ok',
      'verify a/localhost#2 ok',
    ]);
  });

  it('tries failed units again on resume, and repeats no completed one', async () => {
    let broken = true;
    const done: string[] = [];
    const act = fakeAction('act', (_args, context) => {
      if (context.target.name === 'web2' && broken) return failed('disk full');
      done.push(context.target.name);
      return ok();
    });
    const end = await run(
      [act],
      [stepSpec({ id: 'a', uses: 'act', targets: ['all'], parallel: 3, onFailure: 'continue' })],
      { inventory: webInventory(3) },
    );
    expect(end).toMatchObject({ status: 'incomplete', exitCode: 3, message: 'a: web2: disk full' });
    broken = false;
    expect((await bench!.clock.run(bench!.engine.resume(end.run))).status).toBe('ok');
    expect(done.sort()).toEqual(['web1', 'web2', 'web3']);
  });

  it('runs at most `parallel` units and `maxParallelSteps` steps at once', async () => {
    let now = 0;
    let most = 0;
    const act = fakeAction('act', async (_args, context) => {
      now += 1;
      most = Math.max(most, now);
      await context.clock.sleep(10);
      now -= 1;
      return ok();
    });
    await run([act], [stepSpec({ id: 'a', uses: 'act', targets: ['all'], parallel: 3 })], {
      inventory: webInventory(10),
    });
    expect(most).toBe(3);
    most = 0;
    await run(
      [act],
      ['a', 'b', 'c', 'd', 'e'].map((id) => stepSpec({ id, uses: 'act', needs: [] })),
      { runbook: { maxParallelSteps: 2 } },
    );
    expect(most).toBe(2);
  });

  it('stops at the first signal, and goes on where it was', async () => {
    const done: string[] = [];
    const stop = new AbortController();
    const act = fakeAction('act', (_args, context) => {
      done.push(context.step.id);
      if (context.step.id === 'b' && !stop.signal.aborted) stop.abort(143);
      return ok();
    });
    bench = await openBench([act]);
    const plan = planOf(
      [act],
      ['a', 'b', 'c'].map((id) => stepSpec({ id, uses: 'act' })),
    );
    const end = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }, { stop: stop.signal }));
    expect(end).toMatchObject({ status: 'stopped', exitCode: 143 });
    expect(done).toEqual(['a', 'b']);
    expect((await bench.clock.run(bench.engine.resume(end.run))).status).toBe('ok');
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('abandons at the second signal: unknown until a person decides', async () => {
    const stop = new AbortController();
    const kill = new AbortController();
    let tries = 0;
    const act = fakeAction('act', async (_args, context) => {
      tries += 1;
      if (tries > 1) return ok();
      stop.abort(130);
      kill.abort(130);
      await context.clock.sleep(1000, context.signal).catch(() => undefined);
      return failed('interrupted');
    });
    bench = await openBench([act]);
    const end = await bench.clock.run(
      bench.engine.start(
        planOf([act], [stepSpec({ id: 'a', uses: 'act' })]),
        { name: 'alice' },
        { stop: stop.signal, kill: kill.signal },
      ),
    );
    expect(end).toMatchObject({ status: 'stopped', exitCode: 130 });
    const again = await bench.clock.run(bench.engine.resume(end.run));
    expect(again).toMatchObject({
      status: 'waiting',
      exitCode: 6,
      next: expect.stringContaining('--unit a/localhost --as done|failed|retry'),
    });
    await expect(
      bench.engine.resume(end.run, { decision: { step: 'a', unit: 'nowhere', as: 'done' } }),
    ).rejects.toMatchObject({ code: 'unit-not-unknown' });
    const decided = await bench.clock.run(
      bench.engine.resume(end.run, { decision: { step: 'a', unit: 'localhost', as: 'retry' } }),
    );
    expect(decided.status).toBe('ok');
    expect(tries).toBe(2);
  });

  it('is ended by abort from another process at the next checkpoint', async () => {
    const act = fakeAction('act', async (_args, context) => {
      if (context.step.id === 'b') {
        await bench!.record.runs.addInput({
          runId: context.runId,
          step: '',
          unit: '',
          kind: 'control',
          by: 'bob',
          at: '2026-11-22T18:00:01.000Z',
          body: { action: 'abort', reason: 'wrong day' },
        });
        await context.clock.sleep(600_000, context.stopping).catch(() => undefined);
      }
      return ok();
    });
    const end = await run(
      [act],
      ['a', 'b', 'c'].map((id) => stepSpec({ id, uses: 'act' })),
    );
    expect(end).toMatchObject({ status: 'aborted', message: 'aborted: wrong day' });
    await expect(bench!.engine.resume(end.run)).rejects.toMatchObject({ code: 'run-over' });
  });

  it('does not overlap another run of the same runbook', async () => {
    let inner: unknown;
    const act = fakeAction('act', async () => {
      inner = await bench!.engine
        .start(planOf([act], [stepSpec({ id: 'a', uses: 'act' })]), { name: 'bob' })
        .catch((error: unknown) => error);
      return ok();
    });
    const end = await run([act], [stepSpec({ id: 'a', uses: 'act' })]);
    expect(end.status).toBe('ok');
    expect(inner).toMatchObject({ code: 'lock-held', exitCode: 11 });
  });

  it('keeps secrets out of events, journal and messages', async () => {
    const act = fakeAction('act', (_args, context) => {
      bench!.redactor.add('hunter2-secret');
      context.output('stdout', 'password hunter2-');
      context.output('stdout', 'secret\n');
      return failed('login with hunter2-secret refused', { result: { line: 'x hunter2-secret' } });
    });
    const end = await run([act], [stepSpec({ id: 'a', uses: 'act' })]);
    const everything = JSON.stringify([
      end,
      bench!.events,
      await bench!.record.runs.journal(end.run),
      await bench!.record.runs.get(end.run),
    ]);
    expect(everything).not.toContain('hunter2-secret');
    expect(everything).toContain('password ***');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { ActionContext, ActionOutcome } from '../../src/engine/action.ts';
import type { StopSignals } from '../../src/engine/service.ts';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

let bench: Bench;
afterEach(() => bench?.close());

type Behaviours = Record<string, (context: ActionContext, tries: number) => ActionOutcome | Promise<ActionOutcome>>;

/** before, work, after, then two cleanup steps; each does what the test says. */
async function open(behaviours: Behaviours, effect: 'read' | 'write' = 'write') {
  const done: string[] = [];
  const tries = new Map<string, number>();
  const behave = async (_args: unknown, context: ActionContext) => {
    const { id } = context.step;
    tries.set(id, (tries.get(id) ?? 0) + 1);
    done.push(id);
    return (await behaviours[id]?.(context, tries.get(id)!)) ?? ok();
  };
  const act = fakeAction('act', behave);
  const work = fakeAction('work', behave, { effect });
  bench = await openBench([act, work]);
  const step = (id: string, more: { always?: boolean; timeoutMs?: number } = {}) =>
    stepSpec({ id, uses: more.always ? 'act' : 'work', idempotent: true, ...more });
  const steps = [
    step('before'),
    step('work', { timeoutMs: 60_000 }),
    step('after'),
    step('thaw', { always: true }),
    step('remove', { always: true }),
  ];
  const plan = planOf([act, work], steps);
  const start = (signals: StopSignals = {}) => bench.clock.run(bench.engine.start(plan, { name: 'alice' }, signals));
  return { done, plan, start };
}

describe('cleanup steps', () => {
  it('run last when all went well', async () => {
    const { done, start } = await open({});
    expect(await start()).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(done).toEqual(['before', 'work', 'after', 'thaw', 'remove']);
  });

  it.each([
    ['before', ['before', 'thaw', 'remove']],
    ['work', ['before', 'work', 'thaw', 'remove']],
  ])('run when the step %s fails', async (id, expected) => {
    const { done, start } = await open({ [id]: () => failed('it broke') });
    const end = await start();
    expect(end).toMatchObject({ status: 'failed', exitCode: 1, message: `${id}: it broke` });
    expect(done).toEqual(expected);
    await expect(bench.engine.resume(end.run)).rejects.toMatchObject({ code: 'run-over', exitCode: 4 });
  });

  it('run when a step takes too long', async () => {
    const { done, start } = await open({
      work: async ({ clock, signal }) => {
        await clock.sleep(1e9, signal).catch(() => undefined);
        return failed('too long');
      },
    });
    expect(await start()).toMatchObject({ status: 'failed' });
    expect(done).toEqual(['before', 'work', 'thaw', 'remove']);
  });

  it('run when the run is stopped by a signal, which is then over', async () => {
    const stop = new AbortController();
    const { done, start } = await open({
      work: () => {
        stop.abort(143);
        return { status: 'stopped', message: 'at a checkpoint' };
      },
    });
    const end = await start({ stop: stop.signal });
    expect(end).toMatchObject({ status: 'stopped', exitCode: 143, next: expect.stringContaining('start it again') });
    expect(done).toEqual(['before', 'work', 'thaw', 'remove']);
    await expect(bench.engine.resume(end.run)).rejects.toMatchObject({ code: 'run-over' });
  });

  it('run each, whatever the one before it came to; a failure of theirs is one of the run', async () => {
    const { done, start } = await open({ thaw: () => failed('still frozen') });
    expect(await start()).toMatchObject({ status: 'failed', message: 'thaw: still frozen' });
    expect(done).toEqual(['before', 'work', 'after', 'thaw', 'remove']);
  });

  it('that failed are tried again by a resume, and nothing else is', async () => {
    const { done, start } = await open({ thaw: (_, tries) => (tries === 1 ? failed('still frozen') : ok()) });
    const end = await start();
    expect(await bench.clock.run(bench.engine.resume(end.run))).toMatchObject({ status: 'ok' });
    expect(done).toEqual(['before', 'work', 'after', 'thaw', 'remove', 'thaw']);
  });

  it('wait while the run waits for a person, and run when it has gone on', async () => {
    const { done, start } = await open({
      work: (_, tries) => (tries === 1 ? { status: 'waiting', message: 'for you', next: 'Answer.' } : ok()),
    });
    const end = await start();
    expect(end.status).toBe('waiting');
    expect(done).toEqual(['before', 'work']);
    expect(await bench.clock.run(bench.engine.resume(end.run))).toMatchObject({ status: 'ok' });
    expect(done).toEqual(['before', 'work', 'work', 'after', 'thaw', 'remove']);
  });

  it.each([
    ['work', 'ok', ['before', 'work', 'work', 'after', 'thaw', 'remove']],
    ['thaw', 'ok', ['before', 'work', 'after', 'thaw', 'thaw', 'remove']],
  ])('run by the resume after a crash in %s', async (id, status, expected) => {
    const crashed = Promise.withResolvers<void>();
    const { done, plan } = await open({
      [id]: async (_, tries) => {
        if (tries > 1) return ok();
        crashed.resolve();
        return new Promise(() => undefined);
      },
    });
    void bench.engine.start(plan, { name: 'alice' }).catch(() => undefined);
    await bench.clock.run(crashed.promise);
    await bench.restart();
    const [row] = await bench.record.runs.list({});
    expect(await bench.clock.run(bench.engine.resume(row!.id))).toMatchObject({ status });
    expect(done).toEqual(expected);
  });

  it('after a crash in the cleanup of a run that had failed, the run has failed', async () => {
    const crashed = Promise.withResolvers<void>();
    const { done, plan } = await open({
      work: () => failed('it broke'),
      thaw: async (_, tries) => {
        if (tries > 1) return ok();
        crashed.resolve();
        return new Promise(() => undefined);
      },
    });
    void bench.engine.start(plan, { name: 'alice' }).catch(() => undefined);
    await bench.clock.run(crashed.promise);
    await bench.restart();
    const [row] = await bench.record.runs.list({});
    expect(await bench.clock.run(bench.engine.resume(row!.id))).toMatchObject({
      status: 'failed',
      message: 'work: it broke',
    });
    expect(done).toEqual(['before', 'work', 'thaw', 'thaw', 'remove']);
  });

  it('are left to the resume by a second signal', async () => {
    const stop = new AbortController();
    const kill = new AbortController();
    const { done, start } = await open({
      thaw: (_, tries) => {
        if (tries > 1) return ok();
        kill.abort(130);
        return failed('ended');
      },
      work: () => {
        stop.abort(130);
        return { status: 'stopped', message: 'at a checkpoint' };
      },
    });
    const end = await start({ stop: stop.signal, kill: kill.signal });
    expect(done).toEqual(['before', 'work', 'thaw']);
    await bench.clock.run(bench.engine.resume(end.run));
    expect(done).toEqual(['before', 'work', 'thaw', 'thaw', 'remove']);
  });
});

describe('cleanup steps of a run that only reads', () => {
  it.each([
    [{}, 'ok', ['before', 'work', 'after', 'thaw', 'remove']],
    [{ work: () => failed('it is bad') }, 'failed', ['before', 'work', 'thaw', 'remove']],
    [{ before: () => failed('it is bad') }, 'failed', ['before', 'thaw', 'remove']],
  ] as [Behaviours, string, string[]][])('run at its end %#', async (behaviours, status, expected) => {
    const { done, start } = await open(behaviours, 'read');
    expect(await start()).toMatchObject({ status });
    expect(done).toEqual(expected);
  });

  it('are left to the resume by a signal: there is nothing to take away, and it reads on', async () => {
    const stop = new AbortController();
    const { done, start } = await open(
      {
        work: (_, tries) => {
          if (tries > 1) return ok();
          stop.abort(143);
          return { status: 'stopped', message: 'at a checkpoint' };
        },
      },
      'read',
    );
    const end = await start({ stop: stop.signal });
    expect(end).toMatchObject({ status: 'stopped', exitCode: 143 });
    expect(done).toEqual(['before', 'work']);
    expect(await bench.clock.run(bench.engine.resume(end.run))).toMatchObject({ status: 'ok' });
    expect(done).toEqual(['before', 'work', 'work', 'after', 'thaw', 'remove']);
  });

  it('wait while it waits for a person, and are gone on with after a crash', async () => {
    const crashed = Promise.withResolvers<void>();
    const { done, start } = await open(
      {
        work: (_, tries) => (tries === 1 ? { status: 'waiting', message: 'for you', next: 'Answer.' } : ok()),
        thaw: async (_, tries) => {
          if (tries > 1) return ok();
          crashed.resolve();
          return new Promise(() => undefined);
        },
      },
      'read',
    );
    const { run, status } = await start();
    expect(status).toBe('waiting');
    expect(done).toEqual(['before', 'work']);
    void bench.engine.resume(run).catch(() => undefined);
    await bench.clock.run(crashed.promise);
    await bench.restart();
    expect(await bench.clock.run(bench.engine.resume(run))).toMatchObject({ status: 'ok' });
    expect(done).toEqual(['before', 'work', 'work', 'after', 'thaw', 'thaw', 'remove']);
  });
});

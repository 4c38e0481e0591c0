import { afterEach, describe, expect, it } from 'vitest';
import type { ActionContext, ActionOutcome } from '../../src/engine/action.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Died, Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, users } from './rolling.ts';

const hourMs = 3_600_000;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

type Hit = (context: ActionContext) => Promise<ActionOutcome> | ActionOutcome;

/** Two batches of two people and a watch of three hours. `at`: what happens in an action, by its name; else it does its work. */
async function open(written: Record<string, unknown> = {}) {
  const mortal = new Mortal();
  const has = new Set<string>();
  const calls: string[] = [];
  const at: Record<string, Hit> = {};
  const acting = (name: string, work: (user: string) => void, extra: Parameters<typeof fakeAction>[2] = {}) =>
    fakeAction(
      name,
      async ({ user }, context) => {
        if (mortal.dead) throw new Died('dead');
        const end = await at[name]?.(context);
        if (mortal.dead) throw new Died('dead');
        calls.push(name);
        if (!end || end.status === 'ok') work(String(user));
        return end ?? ok();
      },
      { idempotent: true, recover: async () => ({ status: 'not-started' }), ...extra },
    );
  const actions = [
    acting('freeze', () => undefined),
    acting('thaw', () => undefined),
    acting('apply', (user) => has.add(user)),
    acting('restore', (user) => has.delete(user)),
    acting('look', () => undefined, { effect: 'read' }),
    acting('check', () => undefined, { effect: 'read' }),
  ];
  bench = await openBench(actions, { wrap: (record) => mortal.wrap(record) });
  const plan = rolloutPlan(actions, users(4), {
    batches: { sizes: [2] },
    before: [{ id: 'freeze', uses: 'freeze', undo: { uses: 'thaw' } }],
    steps: [applyStep()],
    gates: [{ id: 'check', uses: 'check' }],
    watch: { duration: '3h', every: '1h', gates: [{ id: 'look', uses: 'look' }] },
    finally: [{ id: 'thaw', uses: 'thaw' }],
    ...written,
  });
  const { clock } = bench;
  /** The machine restarts: whatever holds a lock is gone. */
  const reboot = async () => {
    mortal.revive();
    for (const name of Object.keys(at)) delete at[name];
    await bench!.restart();
  };
  const tick = () => clock.run(bench!.engine.tick());
  const only = async () => (await bench!.record.runs.list({}))[0]!;
  /** kill -9 in the middle of an action. */
  const die: Hit = () => {
    mortal.dead = true;
    throw new Died('dead');
  };
  /** Stopped by a signal, in the middle of an action. */
  const stops = (exitCode: 130 | 143) => {
    const stop = new AbortController();
    const hit: Hit = () => {
      stop.abort(exitCode);
      throw new DOMException('stopped', 'AbortError');
    };
    return { stop: stop.signal, hit };
  };
  return { plan, clock, has, calls, at, reboot, tick, only, die, stops };
}

/** Ticks until the rollout is over. */
async function toTheEnd({ clock, tick, only }: Awaited<ReturnType<typeof open>>) {
  for (let hours = 0; hours < 6 && (await only()).status === 'waiting'; hours += 1) {
    clock.advance(hourMs);
    await tick();
  }
  return (await only()).status;
}

describe('a rollout whose watch was cut off', () => {
  it.each([
    ['SIGTERM or a terminal that was closed', 143],
    ['kill -9 or a restart of the machine', 'kill'],
  ] as const)('by %s goes on by tick', async (_, how) => {
    const stage = await open();
    const { plan, clock, at, reboot, tick, only, die, stops } = stage;
    const { run } = await clock.run(bench!.engine.start(plan, requester));
    clock.advance(hourMs);
    if (how === 'kill') {
      at['look'] = die;
      await expect(tick()).rejects.toThrow('dead');
      expect(await only()).toMatchObject({ status: 'running' });
    } else {
      const { stop, hit } = stops(how);
      at['look'] = hit;
      expect(await clock.run(bench!.engine.tick({ stop }))).toMatchObject({
        ran: [{ status: 'stopped', exitCode: 143, next: expect.stringContaining('"oaops tick" goes on with it') }],
      });
    }
    await reboot();
    expect(await tick()).toMatchObject({ ran: [{ run, status: 'waiting' }], interrupted: [], held: [], failed: [] });
    expect(await toTheEnd(stage)).toBe('ok');
    expect(stage.has.size).toBe(4);
  });

  it('is taken back by tick when the next sample says no', async () => {
    const stage = await open();
    const { plan, clock, at, reboot, tick, die } = stage;
    await clock.run(bench!.engine.start(plan, requester));
    clock.advance(hourMs);
    at['look'] = die;
    await expect(tick()).rejects.toThrow('dead');
    await reboot();
    at['look'] = () => failed('sick');
    expect(await tick()).toMatchObject({ ran: [{ status: 'rolled-back', exitCode: 5 }] });
    expect([...stage.has]).toEqual([]);
  });

  it('by Ctrl-C stays stopped until a person goes on', async () => {
    const stage = await open();
    const { plan, clock, at, reboot, tick, only, stops } = stage;
    const { run } = await clock.run(bench!.engine.start(plan, requester));
    clock.advance(hourMs);
    const { stop, hit } = stops(130);
    at['look'] = hit;
    expect(await clock.run(bench!.engine.tick({ stop }))).toMatchObject({
      ran: [{ status: 'stopped', exitCode: 130 }],
    });
    await reboot();
    expect((await tick()).ran).toEqual([]);
    expect(await only()).toMatchObject({ status: 'stopped' });
    expect(await clock.run(bench!.engine.resume(run))).toMatchObject({ status: 'waiting' });
  });

  it('by SIGTERM stays as it is when somebody pauses it', async () => {
    const { plan, clock, at, reboot, tick, only, stops } = await open();
    const { run } = await clock.run(bench!.engine.start(plan, requester));
    clock.advance(hourMs);
    const { stop, hit } = stops(143);
    at['look'] = hit;
    await clock.run(bench!.engine.tick({ stop }));
    await reboot();
    await clock.run(bench!.engine.pause(run, 'look first'));
    expect((await tick()).ran).toEqual([]);
    expect(await only()).toMatchObject({ status: 'waiting', message: 'paused by alice: look first' });
  });

  it('is not touched while its process lives', async () => {
    const { plan, clock, at, tick } = await open();
    await clock.run(bench!.engine.start(plan, requester));
    clock.advance(hourMs);
    let beside: unknown;
    at['look'] = async () => {
      beside = await bench!.engine.tick();
      return ok();
    };
    await tick();
    expect(beside).toMatchObject({ ran: [], interrupted: [], held: [], failed: [] });
  });
});

describe('a rollout that was cut off in the middle of a batch', () => {
  it('by kill -9 is named by tick, and gone on with by a person', async () => {
    const { plan, clock, has, at, reboot, tick, only, die } = await open();
    at['apply'] = die;
    await expect(clock.run(bench!.engine.start(plan, requester))).rejects.toThrow('dead');
    await reboot();
    const { id } = await only();
    expect(await tick()).toMatchObject({ ran: [], interrupted: [id] });
    expect(has.size).toBe(0);
    expect(await clock.run(bench!.engine.resume(id))).toMatchObject({ status: 'waiting' });
    expect(has.size).toBe(4);
  });

  it('by SIGTERM stays stopped, also where its watch had begun before the batch was done again', async () => {
    const { plan, clock, at, reboot, tick, only, stops } = await open();
    const first = stops(143);
    at['apply'] = first.hit;
    const { run, status, next } = await clock.run(bench!.engine.start(plan, requester, { stop: first.stop }));
    expect({ status, next }).toEqual({ status: 'stopped', next: `Go on with "oaops patch resume ${run}".` });
    await reboot();
    expect((await tick()).ran).toEqual([]);
    await clock.run(bench!.engine.resume(run));
    await clock.run(bench!.engine.undo(run, { scope: 'batch', batches: [2] }));
    const second = stops(143);
    at['apply'] = second.hit;
    await clock.run(bench!.engine.resume(run, { redo: [2], stop: second.stop }));
    expect(await only()).toMatchObject({ status: 'stopped', exitCode: 143 });
    await reboot();
    expect((await tick()).ran).toEqual([]);
  });
});

it.each([
  ['SIGTERM', 143],
  ['kill -9', 'kill'],
] as const)('a rollback that was cut off by %s goes on by tick', async (_, how) => {
  const { plan, clock, has, at, reboot, tick, die, stops } = await open();
  at['check'] = ({ step }) => (step.batch === 2 ? failed('sick') : ok());
  const { stop, hit } = stops(143);
  at['restore'] = how === 'kill' ? die : hit;
  const going = clock.run(bench!.engine.start(plan, requester, { stop }));
  if (how === 'kill') await expect(going).rejects.toThrow('dead');
  else expect(await going).toMatchObject({ status: 'stopped', exitCode: 143 });
  expect(has.size).toBe(4);
  await reboot();
  expect(await tick()).toMatchObject({ ran: [{ status: 'rolled-back', exitCode: 5 }], interrupted: [] });
  expect([...has]).toEqual([]);
});

describe('an abort whose cleanup was cut off', () => {
  /** Paused after the first batch; the process of the abort dies in the middle of `thaw`. */
  async function abortDies() {
    const stage = await open({ gates: [{ id: 'check', uses: 'check', delay: '40s' }] });
    const { plan, clock, at, reboot, only, die } = stage;
    const starting = clock.run(bench!.engine.start(plan, requester));
    void clock.sleep(10_000).then(async () => bench!.engine.pause((await only()).id, 'lunch'));
    const { run, status } = await starting;
    expect(status).toBe('waiting');
    at['thaw'] = die;
    await expect(clock.run(bench!.engine.abort(run, 'wrong package'))).rejects.toThrow('dead');
    expect(await only()).toMatchObject({ status: 'running' });
    await reboot();
    return { ...stage, run };
  }
  const aborted = { status: 'aborted', message: 'aborted: wrong package' };

  it.each(['resume', 'abort', 'tick'] as const)(
    'stays an abort: %s finishes the cleanup, and nothing else',
    async (by) => {
      const { run, clock, has, calls, tick, only } = await abortDies();
      if (by === 'resume')
        expect(await clock.run(bench!.engine.resume(run))).toMatchObject({ ...aborted, exitCode: 1 });
      if (by === 'abort') await clock.run(bench!.engine.abort(run, 'wrong package'));
      if (by === 'tick') expect((await tick()).ran).toMatchObject([aborted]);
      expect(await only()).toMatchObject(aborted);
      expect({ has: has.size, calls }).toEqual({ has: 2, calls: ['freeze', 'apply', 'apply', 'thaw'] });
      await expect(bench!.engine.resume(run)).rejects.toMatchObject({ code: 'run-over' });
    },
  );

  it('is not over when a second signal cuts off the cleanup again', async () => {
    const { run, clock, has, at, calls } = await abortDies();
    const stop = new AbortController();
    const kill = new AbortController();
    at['thaw'] = () => {
      stop.abort(130);
      kill.abort(130);
      throw new DOMException('stopped', 'AbortError');
    };
    const going = bench!.engine.resume(run, { stop: stop.signal, kill: kill.signal });
    expect(await clock.run(going)).toMatchObject({
      status: 'stopped',
      message: 'aborted: wrong package',
      next: `Go on with "oaops patch resume ${run}".`,
    });
    delete at['thaw'];
    expect(await clock.run(bench!.engine.resume(run))).toMatchObject(aborted);
    expect({ has: has.size, calls }).toEqual({ has: 2, calls: ['freeze', 'apply', 'apply', 'thaw'] });
  });
});

it('an abort that came while the process was at its last commit stays one', async () => {
  const { plan, clock, has, calls } = await open();
  const { run } = await clock.run(bench!.engine.start(plan, requester));
  await bench!.record.runs.addInput({
    runId: run,
    step: '',
    unit: '',
    kind: 'control',
    by: 'bob',
    at: new Date(clock.nowMs()).toISOString(),
    body: { action: 'abort', reason: 'wrong package' },
  });
  expect(await clock.run(bench!.engine.resume(run))).toMatchObject({ status: 'aborted', exitCode: 1 });
  expect({ has: has.size, last: calls.at(-1) }).toEqual({ has: 4, last: 'thaw' });
});

import { afterEach, expect, it } from 'vitest';
import { asNotBegun, OaopsError } from '../../src/core/errors.ts';
import type { ActionContext, ActionOutcome, AnyAction } from '../../src/engine/action.ts';
import type { Host } from '../../src/engine/ports.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Died, Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, statusOf, users } from './rolling.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

type Hit = (id: string, context: ActionContext) => Promise<ActionOutcome> | ActionOutcome;

/** Members u0001 ...; `hit` decides for the one that it names what becomes of its attempts, after the change has begun. */
function stage(bad: string, hit: Hit, restores: (id: string) => boolean = () => true) {
  /** Who has the change, in whole or in part. */
  const has = new Set<string>();
  const undone: string[] = [];
  const actions: AnyAction[] = [
    fakeAction('apply', ({ user }, context) => {
      if (user === bad) return hit(bad, context);
      has.add(String(user));
      return ok();
    }),
    fakeAction('restore', ({ user }) => {
      undone.push(String(user));
      if (!restores(String(user))) return failed('stuck');
      has.delete(String(user));
      return ok();
    }),
    fakeAction('look', () => ok(), { effect: 'read', idempotent: true }),
  ];
  const steps = (more: Record<string, unknown> = {}) => [applyStep({ timeout: '10s', ...more })];
  const half = (user: string) => void has.add(user);
  return { has, undone, actions, steps, half };
}

const ways: Record<string, (half: (id: string) => void) => Hit> = {
  'fails half-way': (half) => (id) => {
    half(id);
    return failed('broke in the middle');
  },
  'throws half-way': (half) => (id) => {
    half(id);
    throw new Error('broke in the middle');
  },
  'times out half-way':
    (half) =>
    async (id, { clock, signal }) => {
      half(id);
      await clock.sleep(3_600_000, signal);
      return ok();
    },
};

it.each(Object.keys(ways))('a unit that %s is taken back with the others', async (way) => {
  const all = stage('u0004', (id, context) => ways[way]!(all.half)(id, context));
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(6), { batches: { sizes: [2] }, steps: all.steps() });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect([...all.has]).toEqual([]);
  // The last one begun goes first.
  expect(all.undone).toEqual(['u0004', 'u0003', 'u0002', 'u0001']);
  expect((await statusOf(bench, end.run)).batches[1]).toMatchObject({ state: 'undone', failed: ['u0004'] });
});

it('ends as undo-failed when what was done half-way cannot be taken back, and tries again', async () => {
  let stuck = true;
  const all = stage(
    'u0002',
    ways['fails half-way']!((id) => all.half(id)),
    (id) => !(stuck && id === 'u0002'),
  );
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(4), { batches: { sizes: [2] }, steps: all.steps() });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end).toMatchObject({ status: 'undo-failed', exitCode: 1 });
  expect(end.message).toContain('undo of b1-apply/u0002: stuck');
  expect([...all.has]).toEqual(['u0002']);
  stuck = false;
  expect(await bench.clock.run(bench.engine.undo(end.run))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect([...all.has]).toEqual([]);
});

it('takes back a member whose failure was within the budget', async () => {
  const all = stage(
    'u0001',
    ways['fails half-way']!((id) => all.half(id)),
  );
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(4), {
    batches: { sizes: [4] },
    budget: { perBatch: 1 },
    steps: all.steps(),
  });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end).toMatchObject({ status: 'incomplete', exitCode: 3 });
  expect((await bench.clock.run(bench.engine.undo(end.run))).status).toBe('rolled-back');
  expect([...all.has]).toEqual([]);
});

it('looks at all attempts: the one before the last may have changed something', async () => {
  let tries = 0;
  const all = stage('u0002', (id) => {
    tries += 1;
    if (tries > 1) throw new OaopsError('host-unreachable', 'no route');
    all.half(id);
    return failed('broke in the middle');
  });
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(2), {
    batches: { sizes: [2] },
    steps: all.steps({ retry: { attempts: 2, delay: '1s' } }),
  });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect({ tries, status: end.status, has: [...all.has] }).toEqual({ tries: 2, status: 'rolled-back', has: [] });
});

it('says that a step without undo may be in place in part, and does not end as rolled back', async () => {
  const all = stage('u0002', (id) => {
    all.half(id);
    return failed('broke in the middle');
  });
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(2), {
    batches: { sizes: [1] },
    steps: [
      { id: 'first', uses: 'look' },
      {
        id: 'apply',
        uses: 'apply',
        forEach: 'batch.members',
        if: 'batch.number == 2',
        with: { user: '${{ item.id }}' },
      },
    ],
  });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end).toMatchObject({ status: 'failed', exitCode: 1 });
  expect(end.message).toContain('still in place: b2-apply/localhost.0 (in part)');
});

/** A host that begins everything but what it has no program for. */
const fakeHost = {
  run: async ({ argv }: { argv: string[] }) => {
    if (argv[0] === 'nothing') throw asNotBegun(new OaopsError('command-not-found', 'there is no program "nothing"'));
    return { exitCode: 0 };
  },
} as unknown as Host;

it.each<[string, Hit, number]>([
  ['could not be reached', () => Promise.reject(new OaopsError('host-unreachable', 'no route')), 0],
  [
    'met another host key',
    async (_, context) => {
      await context.hostNamed('localhost');
      return ok();
    },
    0,
  ],
  [
    'found no program',
    async (_, context) => {
      await (await context.host()).run({ argv: ['nothing'] }, context.signal);
      return ok();
    },
    0,
  ],
  [
    'found no program for its second command',
    async (_, context) => {
      const host = await context.host();
      await host.run({ argv: ['first'] }, context.signal);
      await host.run({ argv: ['nothing'] }, context.signal);
      return ok();
    },
    1,
  ],
])('runs the undo of a unit that %s only when something had begun', async (name, hit, times) => {
  const all = stage('u0002', hit);
  const open = async () => {
    if (name === 'met another host key') throw new OaopsError('host-key-changed', 'another key');
    return fakeHost;
  };
  bench = await openBench(all.actions, { deps: { hosts: async () => ({ open, closeAll: async () => {} }) } });
  const plan = rolloutPlan(all.actions, users(2), { batches: { sizes: [2] }, steps: all.steps() });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect(all.undone.filter((id) => id === 'u0002')).toHaveLength(times);
});

it('leaves alone what never began: skipped, left out, arguments that cannot be computed', async () => {
  const all = stage('u0002', () => failed('not me'));
  bench = await openBench(all.actions);
  const plan = rolloutPlan(all.actions, users(3), {
    batches: { sizes: [3] },
    budget: { perBatch: 1 },
    steps: [
      { id: 'first', uses: 'look', forEach: 'batch.members', success: 'item.id != "u0001"' },
      ...all.steps({ with: { user: '${{ item.id == "u0002" ? steps.first.nothing : item.id }}' } }),
    ],
  });
  const end = await bench.clock.run(bench.engine.start(plan, requester));
  expect(end).toMatchObject({ status: 'rolled-back' });
  expect(all.undone).toEqual([]);
});

it.each([
  ['was still under way', ok({ old: 'v1' }), ['u0002 v1', 'u0001']],
  ['failed half-way', failed('broke'), ['u0002', 'u0001']],
  ['never began', { status: 'not-started' as const }, ['u0001']],
  ['nobody can tell of', { status: 'unknown' as const }, ['u0002', 'u0001']],
])('after kill -9, a rollback finds out first about a command that %s', async (_, told, undone) => {
  const mortal = new Mortal();
  const order: string[] = [];
  const all = stage('u0002', (id) => {
    all.half(id);
    mortal.dead = true;
    throw new Died('dead');
  });
  const [apply, ...others] = all.actions;
  const recover: AnyAction['recover'] = async () => {
    order.push('recover');
    return told;
  };
  const undo = { uses: 'restore', with: { user: '${{ item.id + (has(result.old) ? " " + result.old : "") }}' } };
  const actions = [{ ...apply!, recover }, ...others];
  bench = await openBench(actions, { wrap: (record) => mortal.wrap(record) });
  const plan = rolloutPlan(actions, users(2), { batches: { sizes: [2] }, steps: all.steps({ undo }) });
  await expect(bench.clock.run(bench.engine.start(plan, requester))).rejects.toThrow('dead');
  mortal.dead = false;
  await bench.restart();
  const [row] = await bench.record.runs.list({});
  expect(await bench.clock.run(bench.engine.undo(row!.id))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect({ order, undone: all.undone }).toEqual({ order: ['recover'], undone });
  expect((await bench.record.runs.journal(row!.id)).filter(({ status }) => status === null)).toEqual([]);
});

it('counts no sample of a gate among what may still be in place', async () => {
  const stop = new AbortController();
  const kill = new AbortController();
  const all = stage('nobody', () => ok());
  const actions = [
    ...all.actions,
    // A command, of which nobody knows that it only looks.
    fakeAction('measure', async (_, { clock, signal }) => {
      stop.abort(130);
      kill.abort(130);
      await clock.sleep(1000, signal);
      return ok();
    }),
  ];
  bench = await openBench(actions);
  const plan = rolloutPlan(actions, users(2), {
    batches: { sizes: [2] },
    steps: all.steps(),
    gates: [{ id: 'health', uses: 'measure' }],
  });
  const going = bench.engine.start(plan, requester, { stop: stop.signal, kill: kill.signal });
  const { run, status } = await bench.clock.run(going);
  const sample = (await bench.record.runs.journal(run)).find(({ unit }) => unit === 'sample-1');
  expect({ status, sample: sample?.status }).toEqual({ status: 'stopped', sample: 'unknown' });
  expect(await bench.clock.run(bench.engine.undo(run))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
});

it('in mode ask, a person is asked again about what was taken back, done again, and fails again', async () => {
  const all = stage('nobody', () => ok());
  const actions = [...all.actions, fakeAction('sick', () => failed('sick'), { effect: 'read' })];
  bench = await openBench(actions);
  const { clock, engine } = bench;
  const plan = rolloutPlan(actions, users(4), {
    batches: { sizes: [2] },
    rollback: { mode: 'ask', scope: 'batch' },
    steps: all.steps(),
    gates: [{ id: 'health', uses: 'sick', afterBatches: [2] }],
  });
  const { run, status } = await clock.run(engine.start(plan, requester));
  expect(status).toBe('waiting');
  expect(await clock.run(engine.undo(run, { scope: 'batch', batches: [2] }))).toMatchObject({ exitCode: 3 });
  expect([...all.has]).toEqual(['u0001', 'u0002']);
  const again = await clock.run(engine.resume(run, { redo: [2] }));
  expect(again).toMatchObject({ status: 'waiting', exitCode: 6 });
  expect(again.message).toContain("waits for a person's decision");
  expect(all.has.size).toBe(4);
});

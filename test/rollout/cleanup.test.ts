import { afterEach, describe, expect, it } from 'vitest';
import type { AnyAction } from '../../src/engine/action.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Died, Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, users } from './rolling.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

interface Site {
  frozen: boolean;
  has: Set<string>;
  /** What was called for the data, in order. */
  calls: string[];
  actions: AnyAction[];
}

/** Business data that is frozen before the first batch and thawed at the end, however that comes. Calls are idempotent, as those of a real system must be. */
function site(
  options: { bad?: (id: string) => boolean; gate?: (has: number) => boolean; allowed?: () => boolean } = {},
  mortal = new Mortal(),
) {
  const alive = () => {
    if (mortal.dead) throw new Died('dead');
  };
  const state: Site = { frozen: false, has: new Set(), calls: [], actions: [] };
  const set = (name: string, frozen: boolean) =>
    fakeAction(
      name,
      () => {
        alive();
        state.frozen = frozen;
        state.calls.push(name);
        return ok();
      },
      { idempotent: true, recover: async () => ({ status: 'not-started' }) },
    );
  const member = (name: string, act: (id: string) => void) =>
    fakeAction(
      name,
      ({ user }) => {
        alive();
        const id = String(user);
        if (name === 'apply' && !state.frozen) throw new Error('the data is not frozen');
        if (name === 'apply' && options.bad?.(id)) return failed(`no ${id}`);
        act(id);
        return ok();
      },
      { idempotent: true, recover: async () => ({ status: 'not-started' }) },
    );
  const read = (name: string, holds: () => boolean) =>
    fakeAction(name, () => (holds() ? ok() : failed('no', { exitCode: 4 })), { effect: 'read', idempotent: true });
  state.actions = [
    set('freeze', true),
    set('thaw', false),
    member('apply', (id) => state.has.add(id)),
    member('restore', (id) => state.has.delete(id)),
    read('look', () => options.gate?.(state.has.size) ?? true),
    read('require', () => options.allowed?.() ?? true),
  ];
  return state;
}

const written = (more: Record<string, unknown> = {}) => ({
  batches: { sizes: [2] },
  before: [
    { id: 'require', uses: 'require' },
    { id: 'freeze', uses: 'freeze', undo: { uses: 'thaw' } },
  ],
  steps: [applyStep()],
  gates: [{ id: 'look', uses: 'look', samples: 2, interval: '1s' }],
  watch: { duration: '2s', every: '1s', gates: [{ id: 'look', uses: 'look' }] },
  finally: [{ id: 'thaw', uses: 'thaw' }],
  ...more,
});

async function start(state: Site, more: Record<string, unknown> = {}) {
  bench = await openBench(state.actions);
  return bench.clock.run(bench.engine.start(rolloutPlan(state.actions, users(6), written(more)), requester));
}

describe('data that is frozen for a rollout', () => {
  it('is thawed when all went well, and a later rollback leaves nothing of it in place', async () => {
    const state = site();
    const end = await start(state);
    expect(end).toMatchObject({ status: 'ok' });
    expect(state).toMatchObject({ frozen: false, calls: ['freeze', 'thaw'] });
    expect(await bench!.clock.run(bench!.engine.undo(end.run))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(state.has.size).toBe(0);
    expect(state.frozen).toBe(false);
  });

  it('is thawed by the rollback', async () => {
    const state = site({ gate: (has) => has < 4 });
    expect(await start(state)).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(state.has.size).toBe(0);
    expect(state.frozen).toBe(false);
  });

  it('stays frozen while a person has to decide about the rollback', async () => {
    const state = site({ gate: (has) => has < 4 });
    const end = await start(state, { rollback: { mode: 'ask', scope: 'all' } });
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(state).toMatchObject({ frozen: true, calls: ['freeze'] });
    expect(await bench!.clock.run(bench!.engine.undo(end.run))).toMatchObject({ status: 'rolled-back' });
    expect(state.has.size).toBe(0);
    expect(state.frozen).toBe(false);
  });

  it('is thawed when the person decides to leave everything in place', async () => {
    const state = site({ gate: (has) => has < 4 });
    const end = await start(state, { rollback: { mode: 'ask', scope: 'all' } });
    expect(await bench!.clock.run(bench!.engine.abort(end.run, 'good enough'))).toEqual({
      run: end.run,
      state: 'aborted',
    });
    expect((await bench!.record.runs.get(end.run))!.status).toBe('aborted');
    expect(state.has.size).toBe(4);
    expect(state.calls).toEqual(['freeze', 'thaw']);
  });

  it('is thawed when a paused rollout is aborted; what could not be cleaned up is told', async () => {
    for (const works of [true, false]) {
      const state = site();
      const noThaw = fakeAction('thaw', () => failed('the database does not answer'));
      if (!works) state.actions = [...state.actions.filter(({ name }) => name !== 'thaw'), noThaw];
      bench = await openBench(state.actions);
      const { clock, engine, record } = bench;
      // Each batch soaks for 40 s: the pause is heard in the second one.
      const gates = [{ id: 'look', uses: 'look', samples: 9, interval: '5s' }];
      const starting = engine.start(rolloutPlan(state.actions, users(6), written({ gates })), requester);
      void clock.sleep(60_000).then(async () => engine.pause((await record.runs.list({}))[0]!.id, 'lunch'));
      const { run, status } = await clock.run(starting);
      expect(status).toBe('waiting');
      expect(state).toMatchObject({ frozen: true, calls: ['freeze'] });
      const end = await clock.run(engine.abort(run, 'wrong package'));
      if (works) expect(end).toEqual({ run, state: 'aborted' });
      else expect(end.message).toBe('aborted: wrong package; thaw: the database does not answer');
      expect(state.frozen).toBe(!works);
      expect(state.has.size).toBe(4);
      await bench.close();
      bench = undefined;
    }
  });

  it('stays frozen when a signal stops the rollout, which then goes on and is watched', async () => {
    for (const atMs of [60_000, 150_000]) {
      const state = site();
      bench = await openBench(state.actions, { deps: { follow: true } });
      const { clock, engine } = bench;
      const stop = new AbortController();
      const gates = [{ id: 'look', uses: 'look', samples: 9, interval: '5s' }];
      const watch = { duration: '300s', every: '100s', gates: [{ id: 'look', uses: 'look' }] };
      const plan = rolloutPlan(state.actions, users(6), written({ gates, watch }));
      const starting = engine.start(plan, requester, { stop: stop.signal });
      void clock.sleep(atMs).then(() => stop.abort());
      const { run, status } = await clock.run(starting);
      expect(status).toBe('stopped');
      expect(state).toMatchObject({ frozen: true, calls: ['freeze'] });
      expect(await clock.run(engine.resume(run))).toMatchObject({ status: 'ok' });
      expect(state).toMatchObject({ frozen: false, calls: ['freeze', 'thaw'] });
      expect(state.has.size).toBe(6);
      await bench.close();
      bench = undefined;
    }
  });

  it('is left alone by a rollout that was refused before it froze anything, which then goes on', async () => {
    let allowed = false;
    const state = site({ allowed: () => allowed });
    const end = await start(state);
    expect(end).toMatchObject({ status: 'refused', exitCode: 4 });
    expect(state.calls).toEqual([]);
    allowed = true;
    expect(await bench!.clock.run(bench!.engine.resume(end.run))).toMatchObject({ status: 'ok' });
    expect(state.calls).toEqual(['freeze', 'thaw']);
  });

  it.each([
    ['well', {}, 'ok', 4],
    ['with failures within the budget', { bad: (id: string) => id === 'u0003' }, 'incomplete', 3],
    ['with a rollback', { gate: (has: number) => has < 4 }, 'rolled-back', 0],
  ])(
    'is thawed after a death at any commit of a rollout that goes %s, which ends as if nobody had died',
    async (_, options, status, has) => {
      const life = async (mortal: Mortal) => {
        const state = site(options, mortal);
        bench = await openBench(state.actions, { wrap: (record) => mortal.wrap(record) });
        const plan = rolloutPlan(state.actions, users(4), written({ budget: { perBatch: 1 } }));
        let ended: string | undefined;
        for (let process = 0; ended === undefined; process += 1) {
          expect(process).toBeLessThan(5);
          const [row] = await bench.record.runs.list({});
          const going = row ? bench.engine.resume(row.id) : bench.engine.start(plan, requester);
          try {
            ended = (await bench.clock.run(going)).status;
          } catch (error) {
            if (!mortal.dead) {
              // The last commit was made before it died.
              ended = (await bench.record.runs.list({}))[0]!.status;
              if (ended !== status) throw error;
            }
            mortal.dead = false;
            mortal.dieAt = Number.POSITIVE_INFINITY;
            await bench.restart();
          }
        }
        await bench.close();
        bench = undefined;
        return { status: ended, frozen: state.frozen, has: state.has.size };
      };
      const whole = new Mortal();
      expect(await life(whole)).toEqual({ status, frozen: false, has });
      for (let dieAt = 1; dieAt <= whole.commits; dieAt += 1)
        expect(await life(Object.assign(new Mortal(), { dieAt })), `commit ${dieAt}`).toEqual({
          status,
          frozen: false,
          has,
        });
    },
    300_000,
  );
});

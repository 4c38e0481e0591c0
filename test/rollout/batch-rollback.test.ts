import { afterEach, describe, expect, it } from 'vitest';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, statusOf, users } from './rolling.ts';

const hourMs = 3_600_000;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Three batches of two people, all done; the first sample of a watch of four hours is taken. */
async function inWatch(
  options: { healthy?: (has: Set<string>) => boolean; restores?: (id: string) => boolean; mortal?: Mortal } = {},
) {
  const has = new Set<string>();
  const applied: string[] = [];
  const looks = { watch: 0, gate: 0 };
  const actions = [
    fakeAction('apply', ({ user }) => {
      has.add(String(user));
      applied.push(String(user));
      return ok();
    }),
    fakeAction(
      'restore',
      ({ user }) => {
        if (options.restores?.(String(user)) === false) return failed('stuck');
        has.delete(String(user));
        return ok();
      },
      { idempotent: true },
    ),
    fakeAction(
      'look',
      (_, { step }) => {
        looks[step.batch === undefined ? 'watch' : 'gate'] += 1;
        return (options.healthy?.(has) ?? true) ? ok() : failed('sick');
      },
      { effect: 'read', idempotent: true },
    ),
    fakeAction('thaw', () => ok()),
  ];
  const wrap = options.mortal ? { wrap: options.mortal.wrap.bind(options.mortal) } : {};
  bench = await openBench(actions, wrap);
  const plan = rolloutPlan(actions, users(6), {
    batches: { sizes: [2] },
    steps: [applyStep()],
    gates: [{ id: 'well', uses: 'look' }],
    watch: { duration: '4h', every: '1h', gates: [{ id: 'well', uses: 'look' }] },
    finally: [{ id: 'thaw', uses: 'thaw' }],
  });
  const { clock } = bench;
  const first = await clock.run(bench.engine.start(plan, requester));
  expect(first.message).toContain('watch-well: sample 1 of 4 is due');
  const { run } = first;
  const takeBack = (...batches: number[]) => clock.run(bench!.engine.undo(run, { scope: 'batch', batches }));
  const later = async (): Promise<RunEnd> => {
    clock.advance(hourMs);
    return (await clock.run(bench!.engine.tick())).ran[0]!;
  };
  const thaws = async () => (await bench!.record.runs.journal(run)).filter(({ step }) => step === 'thaw').length;
  await later();
  return { run, has, applied, looks, clock, takeBack, later, thaws };
}

describe('batches that are taken back in the watch of a rollout', () => {
  it('are left out of it: the others are watched to the end, and nobody gets the change again', async () => {
    const { run, has, applied, looks, takeBack, later, thaws } = await inWatch();
    const end = await takeBack(2);
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6, wakeAt: expect.anything() });
    expect([...has]).toEqual(['u0001', 'u0002', 'u0005', 'u0006']);
    expect((await bench!.record.runs.get(run))!).toMatchObject({ status: 'waiting', wakeAt: end.wakeAt });
    expect((await statusOf(bench!, run)).batches.map(({ state }) => state)).toEqual(['ok', 'undone', 'ok']);
    await bench!.restart();
    expect(await later()).toMatchObject({ status: 'waiting' });
    // A second one, and nobody is asked whether the first is to be done again.
    expect(await takeBack(3)).toMatchObject({ status: 'waiting' });
    expect([...has]).toEqual(['u0001', 'u0002']);
    expect(await bench!.engine.takenBack(run)).toEqual([]);
    expect(await bench!.clock.run(bench!.engine.resume(run))).toMatchObject({ status: 'waiting' });
    expect(await thaws()).toBe(0);
    await later();
    expect(await later()).toMatchObject({
      status: 'incomplete',
      exitCode: 3,
      message: expect.stringContaining('taken back; the rollout goes on without this batch'),
    });
    expect({ applied: applied.length, looks }).toEqual({ applied: 6, looks: { watch: 4, gate: 3 } });
    expect(await thaws()).toBe(1);
  });

  it('leave an automatic rollback of all others behind them', async () => {
    let healthy = true;
    const { has, takeBack, later } = await inWatch({ healthy: () => healthy });
    await takeBack(1);
    healthy = false;
    expect(await later()).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect([...has]).toEqual([]);
  });

  it('end the rollout when they are all of them', async () => {
    const { has, takeBack } = await inWatch();
    expect(await takeBack(1, 2, 3)).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect([...has]).toEqual([]);
  });

  it('are tried again when one could not be taken back, and then the watch goes on', async () => {
    let stuck = true;
    const { run, has, looks, takeBack, later, clock } = await inWatch({ restores: (id) => !(stuck && id === 'u0003') });
    expect(await takeBack(2)).toMatchObject({ status: 'undo-failed', exitCode: 1 });
    stuck = false;
    expect(await clock.run(bench!.engine.resume(run))).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect([...has]).toEqual(['u0001', 'u0002', 'u0005', 'u0006']);
    await later();
    expect(looks.watch).toBe(2);
  });

  it('leave a paused rollout paused', async () => {
    const { run, has, looks, takeBack, later, clock } = await inWatch();
    await clock.run(bench!.engine.pause(run, 'complaints'));
    clock.advance(2 * hourMs);
    expect(await takeBack(2)).toMatchObject({ status: 'waiting', message: 'paused by alice: complaints' });
    expect(has.size).toBe(4);
    expect(await later()).toBeUndefined();
    expect(looks.watch).toBe(1);
  });

  it('are done again when that is said, and everything is watched anew', async () => {
    const { run, has, looks, takeBack, later, clock } = await inWatch();
    await takeBack(2);
    let end = await clock.run(bench!.engine.resume(run, { redo: [2] }));
    expect(end).toMatchObject({ status: 'waiting' });
    expect(has.size).toBe(6);
    for (let hours = 0; end.status === 'waiting' && hours < 5; hours += 1) end = await later();
    expect(end).toMatchObject({ status: 'ok' });
    expect(looks).toEqual({ watch: 1 + 4, gate: 6 });
  });

  it('are taken back and left out whichever commit the process dies at', async () => {
    const life = async (dieAfter: number) => {
      const mortal = new Mortal();
      const { run, has, applied, takeBack, later } = await inWatch({ mortal });
      const before = mortal.commits;
      mortal.dieAt = before + dieAfter;
      let end: RunEnd | undefined = await takeBack(2).catch((error: unknown) => {
        if (!mortal.dead) throw error;
        return undefined;
      });
      const commits = mortal.commits - before;
      mortal.revive();
      if (!end) {
        await bench!.restart();
        // Before it was written down that it was asked for, nobody knows of it.
        if ((await bench!.record.runs.get(run))!.status === 'waiting' && has.size === 6) await takeBack(2);
      }
      for (let hours = 0; end?.status !== 'incomplete' && hours < 6; hours += 1) end = await later();
      await bench!.close();
      bench = undefined;
      return { commits, seen: { status: end?.status, has: [...has], applied: applied.length } };
    };
    const { commits, seen } = await life(Number.POSITIVE_INFINITY);
    expect(seen).toEqual({ status: 'incomplete', has: ['u0001', 'u0002', 'u0005', 'u0006'], applied: 6 });
    for (let dieAfter = 1; dieAfter <= commits; dieAfter += 1)
      expect((await life(dieAfter)).seen, `killed at commit ${dieAfter} of ${commits}`).toEqual(seen);
  }, 120_000);
});

it('a whole rollback that left something in place is not done again unasked', async () => {
  const applied: string[] = [];
  const actions = [
    fakeAction('apply', ({ user }) => {
      applied.push(String(user));
      return ok();
    }),
    fakeAction('restore', () => ok()),
  ];
  bench = await openBench(actions);
  const { clock, engine } = bench;
  const each = { uses: 'apply', forEach: 'batch.members', with: { user: '${{ item.id }}' } };
  const plan = rolloutPlan(actions, users(2), {
    batches: { sizes: [1] },
    steps: [
      { id: 'apply', ...each, undo: { uses: 'restore', with: {} } },
      { id: 'told', ...each },
    ],
  });
  const { run } = await clock.run(engine.start(plan, requester));
  expect(await clock.run(engine.undo(run))).toMatchObject({ status: 'incomplete', exitCode: 3 });
  expect(applied).toHaveLength(4);
  await expect(engine.resume(run)).rejects.toMatchObject({
    code: 'redo-unsaid',
    exitCode: 4,
    message: 'going on would do again what was taken back: batches 1, 2',
  });
  expect(await engine.takenBack(run)).toEqual([1, 2]);
  expect(applied).toHaveLength(4);
  expect(await clock.run(engine.resume(run, { redo: [1, 2] }))).toMatchObject({ status: 'ok' });
  expect(applied).toHaveLength(6);
});

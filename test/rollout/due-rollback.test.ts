import { afterEach, describe, expect, it } from 'vitest';
import { patchRequire } from '../../src/actions/patch-require.ts';
import type { ActionOutcome, AnyAction } from '../../src/engine/action.ts';
import { noCalendar } from '../../src/rollout/window.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Died, Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, statusOf, users } from './rolling.ts';

const hourMs = 3_600_000;
/** The clock of a bench begins when it opens. */
const window = { what: 'window', from: '18:00', to: '19:00', timeZone: 'UTC' };
const opensAgain = '2026-11-23T18:00:00.000Z';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/**
 * A rollout whose process dies at u0004, in the second batch of three, and that is gone on with when the window has closed. `fate`: `failed` was
 * committed just before the death; `lost` is under way at that time, and `told` is what is found out about it.
 */
async function diedInBatchTwo(
  fate: 'failed' | 'lost',
  told: ActionOutcome | { status: 'not-started' } | { status: 'unknown' } = { status: 'unknown' },
  step: Record<string, unknown> = {},
) {
  const mortal = new Mortal();
  const has = new Set<string>();
  const begun: string[] = [];
  let once = true;
  const apply = fakeAction(
    'apply',
    ({ user }) => {
      const id = String(user);
      begun.push(id);
      if (id === 'u0004' && once) {
        once = false;
        if (fate === 'failed') {
          mortal.dieAt = mortal.commits + 1;
          return failed('broken');
        }
        has.add(id);
        mortal.dead = true;
        throw new Died('dead');
      }
      has.add(id);
      return ok();
    },
    { recover: async () => told },
  );
  const restore = fakeAction('restore', ({ user }) => {
    has.delete(String(user));
    return ok();
  });
  const actions: AnyAction[] = [apply, restore, fakeAction('beside', () => ok()), patchRequire];
  const services = { facts: async () => bench!.record.facts, calendar: async () => noCalendar };
  bench = await openBench(actions, { wrap: (record) => mortal.wrap(record), deps: { services } });
  const plan = rolloutPlan(actions, users(9), {
    batches: { sizes: [3] },
    preconditions: [window],
    steps: [applyStep(step)],
  });
  await expect(bench.clock.run(bench.engine.start(plan, requester))).rejects.toThrow('dead');
  mortal.revive();
  await bench.restart();
  bench.clock.advance(3 * hourMs);
  const [row] = await bench.record.runs.list({});
  const end = await bench.clock.run(bench.engine.resume(row!.id));
  const next = async () => {
    bench!.clock.advance(Date.parse(opensAgain) - bench!.clock.nowMs());
    return (await bench!.clock.run(bench!.engine.tick())).ran[0];
  };
  return { end, has, begun, next };
}

const inBatchOne = ['u0001', 'u0002', 'u0003'];

describe('a rollout that died in the middle of a batch, gone on with when the change window has closed', () => {
  it('is rolled back at once when the budget is exceeded already', async () => {
    const { end, has, begun } = await diedInBatchTwo('failed');
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(end.message).toContain('1 failures in this batch, the budget allows 0');
    expect([...has]).toEqual([]);
    expect(begun).toEqual([...inBatchOne, 'u0004']);
  });

  it('is rolled back at once when a step for the whole batch has failed', async () => {
    const { end, has, begun } = await diedInBatchTwo('failed', undefined, {
      forEach: undefined,
      with: { user: '${{ batch.ids[0] }}' },
      undo: { uses: 'restore', with: { user: '${{ batch.ids[0] }}' } },
    });
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect({ has: [...has], begun }).toEqual({ has: [], begun: ['u0001', 'u0004'] });
  });

  it('finds out what became of what was under way, begins nothing, and goes on when the window opens', async () => {
    const { end, has, begun, next } = await diedInBatchTwo('lost', ok());
    expect(end).toMatchObject({ status: 'waiting', wakeAt: opensAgain });
    expect(begun).toEqual([...inBatchOne, 'u0004']);
    const rows = await bench!.record.runs.journal(end.run);
    expect(rows.filter(({ status }) => status === null)).toEqual([]);
    expect(rows.filter(({ step }) => step === 'b2-apply')).toMatchObject([{ status: 'ok' }]);
    expect(await next()).toMatchObject({ status: 'ok' });
    expect(begun).toEqual(users(9).map(({ id }) => id));
    expect(has.size).toBe(9);
  });

  it('is rolled back at once when what was under way turns out to have failed', async () => {
    const { end, has } = await diedInBatchTwo('lost', failed('broke in the middle'));
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect([...has]).toEqual([]);
  });

  it('does not do what never began before the window opens', async () => {
    const { end, begun, next } = await diedInBatchTwo('lost', { status: 'not-started' });
    expect(end).toMatchObject({ status: 'waiting', wakeAt: opensAgain });
    expect(begun).toEqual([...inBatchOne, 'u0004']);
    expect(await next()).toMatchObject({ status: 'ok' });
    expect((await statusOf(bench!, end.run)).done).toBe(9);
  });

  it('asks a person about what nobody knows, and looks again when the window opens', async () => {
    const { end } = await diedInBatchTwo('lost', { status: 'unknown' });
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6, wakeAt: opensAgain });
    expect(end.next).toContain('--unit b2-apply/localhost.0 --as done|failed|retry');
  });

  it('counts no failure that may be tried again, and tries it again when the window opens', async () => {
    const { end, has, begun, next } = await diedInBatchTwo('failed', undefined, {
      retry: { attempts: 2, delay: '1s' },
    });
    expect(end).toMatchObject({ status: 'waiting', wakeAt: opensAgain });
    expect(begun).toEqual([...inBatchOne, 'u0004']);
    expect(await next()).toMatchObject({ status: 'ok' });
    expect(has.size).toBe(9);
  });
});

it('finds out what was under way beside the one too many, before everything is taken back', async () => {
  const mortal = new Mortal();
  const has = new Set<string>();
  const recovered: string[] = [];
  const apply = fakeAction(
    'apply',
    async ({ user }, { clock }) => {
      has.add(String(user));
      await clock.sleep(user === 'u0001' ? 5000 : 1000);
      if (mortal.dead) throw new Died('dead');
      mortal.dieAt = mortal.commits + 1;
      return failed('broken');
    },
    {
      recover: async ({ user }: Record<string, unknown>) => {
        recovered.push(String(user));
        return failed('broken too');
      },
    },
  );
  const restore = fakeAction('restore', ({ user }) => {
    has.delete(String(user));
    return ok();
  });
  bench = await openBench([apply, restore], { wrap: (record) => mortal.wrap(record) });
  const plan = rolloutPlan([apply, restore], users(4), {
    batches: { sizes: [4] },
    steps: [applyStep({ parallel: 2 })],
  });
  await expect(bench.clock.run(bench.engine.start(plan, requester))).rejects.toThrow('dead');
  mortal.revive();
  await bench.restart();
  const [row] = await bench.record.runs.list({});
  const end = await bench.clock.run(bench.engine.resume(row!.id));
  expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect(end.message).toContain('2 failures in this batch');
  expect({ has: [...has], recovered }).toEqual({ has: [], recovered: ['u0001'] });
});

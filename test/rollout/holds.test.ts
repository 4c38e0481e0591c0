import { afterEach, describe, expect, it } from 'vitest';
import { patchRequire } from '../../src/actions/patch-require.ts';
import type { Freeze } from '../../src/calendar/freezes.ts';
import { OaopsError } from '../../src/core/errors.ts';
import type { AnyAction } from '../../src/engine/action.ts';
import { overrideStep } from '../../src/engine/people/answers.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import { noCalendar } from '../../src/rollout/window.ts';
import { fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, statusOf, users } from './rolling.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The clock of a bench begins when it opens; a batch takes 25 minutes. */
const window = { what: 'window', from: '18:00', to: '19:00', timeZone: 'UTC' };

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Six batches of two, each done in 25 minutes. */
async function open(preconditions: Record<string, unknown>[], written: Record<string, unknown> = {}) {
  const has = new Set<string>();
  const outside = {
    freezes: [] as Freeze[],
    sha256: 'a'.repeat(64),
    workingDays: noCalendar.workingDays,
    /** Why the calendar of the site cannot be read. */
    unreadable: undefined as OaopsError | undefined,
  };
  const actions: AnyAction[] = [
    fakeAction('apply', ({ user }) => {
      if (has.has(String(user))) throw new Error(`${user} twice`);
      has.add(String(user));
      return ok();
    }),
    fakeAction('restore', ({ user }) => {
      has.delete(String(user));
      return ok();
    }),
    fakeAction('slow', async (_, { clock }) => {
      await clock.sleep(25 * minuteMs);
      return ok();
    }),
    fakeAction('look', () => ok(), { effect: 'read' }),
    patchRequire,
  ];
  const host = { hashFile: async () => ({ sha256: outside.sha256 }) };
  bench = await openBench(actions, {
    deps: {
      services: {
        facts: async () => bench!.record.facts,
        calendar: async () => {
          if (outside.unreadable) throw outside.unreadable;
          return outside;
        },
      },
      hosts: async () => ({ open: async () => host }) as never,
      // Nobody signs anything here.
      signatures: async () => ({}) as never,
    },
  });
  const plan = rolloutPlan(actions, users(12), {
    batches: { sizes: [2] },
    preconditions,
    steps: [applyStep(), { id: 'slow', uses: 'slow' }],
    ...written,
  });
  const { clock } = bench;
  const later = async (ms: number): Promise<RunEnd[]> => {
    clock.advance(ms);
    return (await clock.run(bench!.engine.tick())).ran;
  };
  const override = (run: string, step: string) => overrideStep(bench!.deps, { run, step, reason: 'the board agreed' });
  return { has, outside, plan, clock, engine: bench.engine, later, override };
}

describe('a change window that closes while a rollout goes on', () => {
  it('lets the batch that runs end, begins no other, and goes on by tick when it opens again', async () => {
    const { has, plan, clock, engine, later } = await open([window]);
    const end = await clock.run(engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6, wakeAt: '2026-11-23T18:00:00.000Z' });
    expect(end.message).toContain('b4-pre-window: the change window is not open: mon, tue,');
    expect(end.next).toContain(`oaops patch override ${end.run} b4-pre-window`);
    expect(has.size).toBe(6);
    const { batches } = await statusOf(bench!, end.run);
    expect(batches.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'not-started', 'not-started', 'not-started']);
    expect(await later(hourMs)).toEqual([]);
    await bench!.restart();
    expect(await later(22 * hourMs - 15 * minuteMs)).toMatchObject([{ status: 'ok' }]);
    expect(has.size).toBe(12);
  });

  it('is looked for each hour while nobody has announced its days, and goes on by tick when somebody has', async () => {
    const days = { ...window, days: ['working-day'], from: '00:00', to: '24:00' };
    const { has, outside, plan, clock, engine, later } = await open([days]);
    // 22 November is a Sunday: begun on a day off that somebody overrode would be another matter.
    const announced = (date: string) => (date <= '2026-11-22' ? true : undefined);
    outside.workingDays = { ...noCalendar.workingDays, isWorkingDay: announced };
    clock.advance(5 * hourMs);
    const end = await clock.run(engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(end.message).toContain('does not say whether 2026-11-23 is a working day');
    expect(end.next).toContain('Nobody has announced when it opens');
    const done = has.size;
    expect(done).toBeLessThan(12);
    expect(await later(hourMs)).toMatchObject([{ status: 'waiting' }]);
    expect(has.size).toBe(done);
    outside.workingDays = { ...noCalendar.workingDays, isWorkingDay: () => true };
    expect(await later(hourMs)).toMatchObject([{ status: 'ok' }]);
    expect(has.size).toBe(12);
  });

  it('begins no batch when the calendar cannot be read, takes nothing back, and goes on when it can', async () => {
    const { has, outside, plan, clock, engine } = await open([{ ...window, from: '00:00', to: '24:00' }]);
    const running = clock.run(engine.start(plan, requester));
    void clock.sleep(30 * minuteMs).then(() => {
      outside.unreadable = new OaopsError('calendar-unreadable', 'the imported notice of 2026 cannot be read');
    });
    const end = await running;
    expect(end).toMatchObject({ status: 'failed' });
    expect(end.message).toContain('the imported notice of 2026 cannot be read');
    expect(has.size).toBe(4);
    outside.unreadable = undefined;
    expect(await clock.run(engine.resume(end.run))).toMatchObject({ status: 'ok' });
    expect(has.size).toBe(12);
  });

  it('is looked at again when a rollout goes on that was paused in the middle of a batch', async () => {
    const { has, plan, clock, engine } = await open([window]);
    const running = clock.run(engine.start(plan, requester));
    void clock.sleep(30 * minuteMs).then(async () => engine.pause((await bench!.record.runs.list({}))[0]!.id, 'look'));
    const { run } = await running;
    expect(has.size).toBe(4);
    clock.advance(3 * hourMs);
    expect(await clock.run(engine.resume(run))).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(has.size).toBe(4);
    clock.advance(20 * hourMs + 10 * minuteMs);
    expect((await clock.run(engine.resume(run))).message).toContain('b6-pre-window');
  });

  it('keeps no gate from its samples, no watch and no rollback', async () => {
    const { has, plan, clock, engine, later } = await open([window], {
      gates: [{ id: 'soak', uses: 'look', delay: '2h' }],
      watch: { duration: '2h', every: '2h', gates: [{ id: 'well', uses: 'look' }] },
      batches: { sizes: [6] },
    });
    const { run } = await clock.run(engine.start(plan, requester));
    expect(await later(2 * hourMs)).toMatchObject([{ status: 'waiting', wakeAt: '2026-11-23T18:00:00.000Z' }]);
    const { batches } = await statusOf(bench!, run);
    expect(batches[0]).toMatchObject({ state: 'ok', gates: [{ state: 'pass' }] });
    expect(has.size).toBe(6);
    // The second batch, its gate, and the watch are all over before the window opens a third time.
    await later(24 * hourMs - 2 * hourMs);
    await later(2 * hourMs);
    expect(await later(2 * hourMs)).toMatchObject([{ status: 'ok' }]);
    expect(has.size).toBe(12);
  });

  it('can be rolled back while it waits for the window', async () => {
    const { has, plan, clock, engine } = await open([window]);
    const { run } = await clock.run(engine.start(plan, requester));
    expect(await clock.run(engine.undo(run))).toMatchObject({ exitCode: 3 });
    expect(has.size).toBe(0);
  });

  it('wakes the run when it opens, also while a second person is asked to sign an override', async () => {
    const { has, plan, clock, engine, later, override } = await open([window], { overrides: { approval: 'required' } });
    const { run } = await clock.run(engine.start(plan, requester));
    await override(run, 'b4-pre-window');
    expect(await clock.run(engine.resume(run))).toMatchObject({
      status: 'waiting',
      message: expect.stringContaining('overridden by'),
      wakeAt: '2026-11-23T18:00:00.000Z',
    });
    expect(await later(23 * hourMs - 15 * minuteMs)).toMatchObject([{ status: 'ok' }]);
    expect(has.size).toBe(12);
  });

  it('is overridden for this very problem, in every later batch, and wakes the run', async () => {
    const { has, outside, plan, clock, engine, later, override } = await open([window]);
    const { run } = await clock.run(engine.start(plan, requester));
    await override(run, 'b4-pre-window');
    outside.freezes = [{ name: 'audit', from: '2026-11-22T19:30:00Z', to: '2026-11-22T21:00:00Z', reason: 'auditors' }];
    const [held] = await later(0);
    expect(held).toMatchObject({ status: 'waiting', wakeAt: '2026-11-23T18:00:00.000Z' });
    expect(held!.message).toContain('changes are frozen until 2026-11-22T21:00:00Z (audit): auditors');
    expect(has.size).toBe(8);
    await override(run, 'b5-pre-window');
    expect(await later(0)).toMatchObject([{ status: 'ok' }]);
    await expect(override(run, 'b5-pre-window')).rejects.toMatchObject({ code: 'run-over' });
  });

  it('stays overridden for the batches when it was before anything was done', async () => {
    const { has, plan, clock, engine, override } = await open([{ ...window, from: '02:00', to: '03:00' }]);
    const { run, exitCode } = await clock.run(engine.start(plan, requester));
    expect(exitCode).toBe(4);
    await override(run, 'pre-window');
    expect(await clock.run(engine.resume(run))).toMatchObject({ status: 'ok' });
    expect(has.size).toBe(12);
  });
});

describe('a freeze of the calendar', () => {
  const freeze = { name: 'year-end', from: '2026-11-22T18:30:00Z', to: '2026-11-23T20:00:00Z', reason: 'closing' };

  it('stands over every window, and is honoured besides its own freezes', async () => {
    const { has, outside, plan, clock, engine, later } = await open([window]);
    outside.freezes = [freeze];
    const end = await clock.run(engine.start(plan, requester));
    expect(end).toMatchObject({ status: 'waiting', wakeAt: '2026-11-24T18:00:00.000Z' });
    expect(end.message).toContain('b3-pre-window: changes are frozen until 2026-11-23T20:00:00Z (year-end): closing');
    expect(has.size).toBe(4);
    // Taken out of the calendar: a person need not wait for the end that it had.
    outside.freezes = [];
    expect(await later(5 * minuteMs)).toEqual([]);
    expect((await clock.run(engine.resume(end.run))).message).toContain('b4-pre-window');
  });

  it('refuses a rollout before anything is done', async () => {
    const { has, outside, plan, clock, engine } = await open([window]);
    outside.freezes = [{ ...freeze, from: '2026-11-22T00:00:00Z' }];
    expect(await clock.run(engine.start(plan, requester))).toMatchObject({ status: 'refused', exitCode: 4 });
    expect(has.size).toBe(0);
  });
});

it('does not begin a batch with another package than the one it began with', async () => {
  const { has, outside, plan, clock, engine } = await open([
    { what: 'package', artefact: '/srv/oa.tar', sha256: 'a'.repeat(64) },
  ]);
  const running = clock.run(engine.start(plan, requester));
  void clock.sleep(30 * minuteMs).then(() => {
    outside.sha256 = 'b'.repeat(64);
  });
  const end = await running;
  expect(end).toMatchObject({ status: 'refused', exitCode: 4 });
  expect(end.message).toContain(`b3-pre-package: /srv/oa.tar has sha256 ${'b'.repeat(64)}, not ${'a'.repeat(64)}`);
  expect(has.size).toBe(4);
  outside.sha256 = 'a'.repeat(64);
  expect(await clock.run(engine.resume(end.run))).toMatchObject({ status: 'ok' });
  expect(has.size).toBe(12);
});

it.each([
  ['its signature', { what: 'package', signature: { by: 'gpg', file: '/nowhere.sig', keyring: '/nowhere.gpg' } }],
  ['what the plan says of it', { what: 'package' }],
  ['its test rounds', { what: 'test-rounds' }],
])('takes an override of %s for the file that was there, and for no other', async (_, written) => {
  const condition = { ...written, artefact: '/srv/oa.tar' };
  const { has, outside, plan, clock, engine, override } = await open([condition]);
  if (!('signature' in written)) plan.inputs.package = { path: '/srv/oa.tar', sha256: 'c'.repeat(64) };
  const step = `pre-${condition.what}`;
  const { run, message } = await clock.run(engine.start(plan, requester));
  expect(message).toContain(`; its sha256 is ${outside.sha256}`);
  await override(run, step);
  outside.sha256 = 'b'.repeat(64);
  const refused = await clock.run(engine.resume(run));
  expect(refused).toMatchObject({ status: 'refused', exitCode: 4 });
  expect(refused.message).toContain('b'.repeat(64));
  expect(has.size).toBe(0);
  await override(run, step);
  expect(await clock.run(engine.resume(run))).toMatchObject({ status: 'ok' });
  expect(has.size).toBe(12);
});

it('cleans nothing up when a precondition says no, so that it can be overridden, and does when the rollout is over', async () => {
  const { plan, clock, engine, override } = await open([{ ...window, from: '02:00', to: '03:00' }], {
    finally: [{ id: 'thaw', uses: 'look' }],
  });
  const { run, exitCode } = await clock.run(engine.start(plan, requester));
  expect(exitCode).toBe(4);
  await override(run, 'pre-window');
  expect(await clock.run(engine.resume(run))).toMatchObject({ status: 'ok' });
  expect((await bench!.record.runs.journal(run)).filter(({ step }) => step === 'thaw')).toMatchObject([
    { status: 'ok' },
  ]);
});

it('begins no batch outside of the window, and leaves nobody out, whichever commit the process dies at', {
  timeout: 300_000,
}, async () => {
  const short = { ...window, to: '18:40' };
  const life = async (mortal: Mortal) => {
    const outside: string[] = [];
    const has = new Set<string>();
    const actions = [
      fakeAction('apply', ({ user }, { clock }) => {
        const time = new Date(clock.nowMs()).toISOString().slice(11, 16);
        if (time < short.from || time >= short.to) outside.push(`${user} at ${time}`);
        has.add(String(user));
        return ok();
      }),
      fakeAction('slow', async (_, { clock }) => {
        await clock.sleep(25 * minuteMs);
        return ok();
      }),
      patchRequire,
    ];
    const services = { facts: async () => bench!.record.facts, calendar: async () => noCalendar };
    bench = await openBench(actions, { wrap: (record) => mortal.wrap(record), deps: { services } });
    const plan = rolloutPlan(actions, users(3), {
      batches: { sizes: [1] },
      rollback: { mode: 'none' },
      preconditions: [short],
      steps: [
        { id: 'apply', uses: 'apply', forEach: 'batch.ids', with: { user: '${{ item }}' }, idempotent: true },
        { id: 'slow', uses: 'slow', idempotent: true },
      ],
    });
    let status: string | undefined;
    let waits = 0;
    for (let process = 0; status !== 'ok'; process += 1) {
      expect(process).toBeLessThan(8);
      const [row] = await bench.record.runs.list({});
      if (row?.status === 'waiting') {
        waits += 1;
        bench.clock.advance(Math.max(0, Date.parse(row.wakeAt!) - bench.clock.nowMs()));
      }
      const going = row ? bench.engine.resume(row.id) : bench.engine.start(plan, requester);
      try {
        status = (await bench.clock.run(going)).status;
      } catch (error) {
        if (!mortal.dead && (await bench.record.runs.list({}))[0]?.status !== 'ok') throw error;
        mortal.dead = false;
        mortal.dieAt = Number.POSITIVE_INFINITY;
        await bench.restart();
        status = (await bench.record.runs.list({}))[0]?.status;
      }
    }
    await bench.close();
    bench = undefined;
    return { outside, has: has.size, waited: waits > 0 };
  };
  const whole = new Mortal();
  const expected = { outside: [], has: 3, waited: true };
  expect(await life(whole)).toEqual(expected);
  for (let dieAt = 1; dieAt <= whole.commits; dieAt += 1)
    expect(await life(Object.assign(new Mortal(), { dieAt })), `commit ${dieAt}`).toEqual(expected);
});

import { afterEach, expect, it } from 'vitest';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench } from '../engine/harness.ts';
import { Mortal } from '../engine/mortal.ts';
import { applyStep, requester, rolloutPlan, users } from './rolling.ts';

const hourMs = 3_600_000;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Three batches of two people, with a cleanup. Who is `stuck` keeps the change whatever the undo does; for who is `bad` it fails half-way. */
async function open(written: Record<string, unknown> = {}) {
  const mortal = new Mortal();
  const has = new Map<string, string>();
  const site = { release: 'old', stuck: new Set<string>(), bad: new Set<string>(), restoring: (_: string) => {} };
  const actions = [
    fakeAction('apply', ({ user }) => {
      has.set(String(user), site.release);
      return site.bad.has(String(user)) ? failed('bad') : ok();
    }),
    fakeAction(
      'restore',
      ({ user }) => {
        site.restoring(String(user));
        if (site.stuck.has(String(user))) return failed('stuck');
        has.delete(String(user));
        return ok();
      },
      { idempotent: true, recover: async () => failed('was ended by SIGTERM') },
    ),
    fakeAction('look', () => ok(), { effect: 'read', idempotent: true }),
    fakeAction('thaw', () => ok()),
  ];
  bench = await openBench(actions, { wrap: (record) => mortal.wrap(record) });
  const { clock } = bench;
  const plan = (own: Record<string, unknown> = {}) =>
    rolloutPlan(actions, users(6), {
      batches: { sizes: [2] },
      steps: [applyStep()],
      finally: [{ id: 'thaw', uses: 'thaw' }],
      ...written,
      ...own,
    });
  return { has, site, mortal, plan, clock };
}
const watch = { duration: '4h', every: '1h', gates: [{ id: 'well', uses: 'look' }] };

it('a rollback of one batch that failed says how to try just that one again, and a resume does it although the cleanup is done', async () => {
  const { has, site, plan, clock } = await open({ rollback: { scope: 'batch' } });
  site.bad.add('u0005');
  site.stuck.add('u0005');
  const end = await clock.run(bench!.engine.start(plan(), requester));
  expect(end).toMatchObject({
    status: 'undo-failed',
    next: `Repair the cause, then run "oaops patch rollback ${end.run} --batch 3" again.`,
  });
  site.stuck.clear();
  expect(await clock.run(bench!.engine.resume(end.run))).toMatchObject({ status: 'failed', exitCode: 1 });
  expect([...has.keys()]).toEqual(['u0001', 'u0002', 'u0003', 'u0004']);
  const cleanups = (await bench!.record.runs.journal(end.run)).filter(({ step }) => step === 'thaw');
  expect(cleanups).toHaveLength(1);
});

it('a rollback of everything that failed names no batch, and what a person is asked about is what would be taken back', async () => {
  const { site, plan, clock } = await open();
  site.bad.add('u0005');
  site.stuck.add('u0003');
  const whole = await clock.run(bench!.engine.start(plan(), requester));
  expect(whole.next).toBe(`Repair the cause, then run "oaops patch rollback ${whole.run}" again.`);
  site.stuck.clear();
  expect(await clock.run(bench!.engine.resume(whole.run))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  const asking = await clock.run(bench!.engine.start(plan({ rollback: { scope: 'batch', mode: 'ask' } }), requester));
  expect(asking).toMatchObject({
    status: 'waiting',
    next: expect.stringContaining(`"oaops patch rollback ${asking.run} --batch 3"`),
  });
});

it('a rollback that was cut off takes nothing back by itself below a rollout that began since', async () => {
  const { has, site, plan, clock } = await open({ watch });
  const { run } = await clock.run(bench!.engine.start(plan(), requester));
  const stop = new AbortController();
  site.restoring = (user) => user === 'u0005' && stop.abort(143);
  expect(await clock.run(bench!.engine.undo(run, { stop: stop.signal }))).toMatchObject({ status: 'stopped' });
  site.release = 'new';
  clock.advance(60_000);
  const newer = await clock.run(bench!.engine.start(plan({ watch: undefined }), requester, { beside: 'cannot wait' }));
  expect(newer.status).toBe('ok');
  const [end] = (await clock.run(bench!.engine.tick())).ran;
  expect(end).toMatchObject({ run, status: 'waiting', exitCode: 6, message: expect.stringContaining(newer.run) });
  expect([...has.values()]).toEqual(Array.from({ length: 6 }, () => 'new'));
  // Said for it, it is done, also when it is cut off again.
  const again = new AbortController();
  site.restoring = (user) => user === 'u0003' && again.abort(143);
  const agreed = bench!.engine.undo(run, { beside: 'they know', stop: again.signal });
  expect(await clock.run(agreed)).toMatchObject({ status: 'stopped' });
  expect((await clock.run(bench!.engine.tick())).ran).toMatchObject([{ run, status: 'rolled-back', exitCode: 5 }]);
});

it('a rollback of one batch that a newer rollout forbids names that batch in what it offers', async () => {
  const { plan, clock } = await open();
  const { run } = await clock.run(bench!.engine.start(plan(), requester));
  clock.advance(60_000);
  await clock.run(bench!.engine.start(plan(), requester));
  await expect(bench!.engine.undo(run, { scope: 'batch', batches: [2, 3] })).rejects.toMatchObject({
    code: 'rollout-newer',
    next: expect.stringContaining(`"oaops patch rollback ${run} --batch 2 --batch 3 --beside REASON"`),
  });
});

it('tick leaves a rollout alone that somebody paused before its process died in the watch', async () => {
  const { mortal, plan, clock } = await open({ watch });
  const { run } = await clock.run(bench!.engine.start(plan(), requester));
  clock.advance(hourMs);
  mortal.dieAt = mortal.commits + 2;
  await expect(clock.run(bench!.engine.resume(run))).rejects.toThrow('dead');
  mortal.revive();
  const body = { action: 'pause', reason: 'look first' };
  const at = new Date(clock.nowMs()).toISOString();
  await bench!.record.runs.addInput({ runId: run, step: '', unit: '', kind: 'control', by: 'bob', at, body });
  await bench!.restart();
  expect(await clock.run(bench!.engine.tick())).toMatchObject({ ran: [], interrupted: [run] });
});

it('tick goes on with a rollback of one batch that was asked for after a pause, and the rollout stays paused', async () => {
  const { has, mortal, site, plan, clock } = await open({ watch });
  const { run } = await clock.run(bench!.engine.start(plan(), requester));
  await bench!.engine.pause(run, 'look first');
  site.restoring = () => {
    mortal.dead = true;
  };
  await expect(clock.run(bench!.engine.undo(run, { scope: 'batch', batches: [2] }))).rejects.toThrow('dead');
  site.restoring = () => {};
  mortal.dead = false;
  await bench!.restart();
  const [end] = (await clock.run(bench!.engine.tick())).ran;
  expect(end).toMatchObject({ run, status: 'waiting', message: expect.stringContaining('paused by alice') });
  expect([...has.keys()]).toEqual(['u0001', 'u0002', 'u0005', 'u0006']);
  clock.advance(hourMs);
  expect((await clock.run(bench!.engine.tick())).ran).toEqual([]);
});

it('an undo that ended badly with its process is tried again at once when the rollback is gone on with', async () => {
  const { has, mortal, site, plan, clock } = await open({ rollback: { mode: 'auto' } });
  site.bad.add('u0005');
  site.restoring = (user) => {
    mortal.dead = user === 'u0004';
    if (mortal.dead) throw new Error('dead');
  };
  await expect(clock.run(bench!.engine.start(plan(), requester))).rejects.toThrow('dead');
  site.restoring = () => {};
  mortal.dead = false;
  await bench!.restart();
  const [end] = (await clock.run(bench!.engine.tick())).ran;
  expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect([...has.keys()]).toEqual([]);
  const undos = (await bench!.record.runs.journal(end!.run)).filter(
    ({ step, unit, phase }) => step === 'b2-apply' && unit.endsWith('1') && phase === 'undo',
  );
  expect(undos.map(({ status }) => status)).toEqual(['undo-failed', 'undone']);
});

it('what nobody knew about and then turns out never to have begun is nothing to take back', async () => {
  const undone: string[] = [];
  let told: 'unknown' | 'not-started' = 'unknown';
  const mortal = new Mortal();
  const apply = fakeAction(
    'apply',
    ({ user }) => {
      mortal.dead = user === 'u0002';
      if (mortal.dead) throw new Error('dead');
      return ok();
    },
    { recover: async () => ({ status: told }) },
  );
  const restore = fakeAction('restore', ({ user }) => {
    undone.push(String(user));
    return ok();
  });
  bench = await openBench([apply, restore], { wrap: (record) => mortal.wrap(record) });
  const plan = rolloutPlan([apply, restore], users(4), {
    batches: { sizes: [2] },
    steps: [applyStep()],
  });
  await expect(bench.clock.run(bench.engine.start(plan, requester))).rejects.toThrow('dead');
  mortal.dead = false;
  await bench.restart();
  const [row] = await bench.record.runs.list({});
  expect((await bench.clock.run(bench.engine.resume(row!.id))).status).toBe('waiting');
  told = 'not-started';
  expect(await bench.clock.run(bench.engine.undo(row!.id))).toMatchObject({ status: 'rolled-back', exitCode: 5 });
  expect(undone).toEqual(['u0001']);
});

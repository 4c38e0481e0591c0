import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approval } from '../../src/actions/flow/approval.ts';
import { patchRequire } from '../../src/actions/patch-require.ts';
import type { Freeze } from '../../src/calendar/freezes.ts';
import { sshKeygenDoor } from '../../src/connectors/signatures/ssh-keygen.ts';
import { sha256Hex } from '../../src/core/json.ts';
import { approveStep, overrideStep, rejectStep } from '../../src/engine/people/answers.ts';
import { refuseUnapprovable } from '../../src/engine/people/approvals.ts';
import { noCalendar } from '../../src/rollout/window.ts';
import { fakeAction, ok } from '../engine/fake-action.ts';
import { type Bench, openBench, VirtualClock } from '../engine/harness.ts';
import { needs } from '../helpers/needs.ts';
import { applyStep, requester, rolloutPlan, users } from './rolling.ts';

const hourMs = 3_600_000;
const has = new Set<string>();
let freezes: Freeze[] = [];
/** Come into force when four have the change. */
let freezeLater: Freeze[] = [];
const actions = [
  fakeAction('apply', ({ user }) => {
    has.add(String(user));
    if (has.size === 4) freezes = freezeLater;
    return ok();
  }),
  fakeAction('restore', ({ user }) => {
    has.delete(String(user));
    return ok();
  }),
  approval,
  patchRequire,
];
let bench: Bench;
let keys: string;
let allowed: string;

beforeEach(needs('ssh-keygen'));
beforeEach(async () => {
  has.clear();
  freezes = [];
  freezeLater = [];
  const door = sshKeygenDoor({ env: process.env, trustedUids: [0, process.geteuid?.() ?? 0] });
  const services = { calendar: async () => ({ ...noCalendar, freezes }), facts: async () => bench.record.facts };
  // Keys have no validity in the past of the real clock: virtual time starts now.
  const clock = new VirtualClock(Date.now());
  bench = await openBench(actions, { deps: { signatures: async () => door, services }, clock });
  keys = join(bench.dir, 'keys');
  mkdirSync(keys, { mode: 0o700 });
  allowed = join(keys, 'allowed');
  const lines = ['alice', 'bob', 'carol'].map((name) => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys, name)]);
    return `${name}@example.com namespaces="oaops-approval" ${readFileSync(join(keys, `${name}.pub`), 'utf8')}`;
  });
  writeFileSync(allowed, lines.join(''), { mode: 0o644 });
});
afterEach(() => bench?.close());

function planned(written: Record<string, unknown>, signers = true) {
  const plan = rolloutPlan(
    actions,
    users(6),
    {
      batches: { sizes: [2] },
      steps: [applyStep()],
      ...written,
    },
    signers ? { allowedSigners: { path: allowed, sha256: sha256Hex(readFileSync(allowed)) } } : {},
  );
  return plan;
}
const start = (written: Record<string, unknown>) => bench.clock.run(bench.engine.start(planned(written), requester));
const tick = async () => (await bench.clock.run(bench.engine.tick())).ran[0]!;
const approve = (run: string, step: string, name: string) =>
  approveStep(bench.deps, { run, step, keyFile: join(keys, name), expiresMs: 8 * hourMs });

describe('an override that needs a second person', () => {
  /** Closed at this time of the clock. */
  const closed = () => {
    const hour = new Date(bench.clock.nowMs() + 3 * hourMs).getUTCHours();
    const time = (value: number) => `${String(value % 24).padStart(2, '0')}:00`;
    return { what: 'window', from: time(hour), to: time(hour + 1), timeZone: 'UTC' };
  };
  const overrides = { approval: 'required' };

  it('waits until somebody has signed its problem and reason who neither asked nor overrode', async () => {
    const { run, exitCode } = await start({ preconditions: [closed()], overrides });
    expect(exitCode).toBe(4);
    bench.deps.actor = 'carol';
    await overrideStep(bench.deps, { run, step: 'pre-window', reason: 'exploited' });
    const waiting = await bench.clock.run(bench.engine.resume(run));
    expect(waiting).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(waiting.message).toMatch(/the change window is not open.*: overridden by carol: exploited/);
    expect(waiting.next).toBe(`Another person than carol runs: oaops approve ${run} pre-window`);
    await expect(approve(run, 'pre-window', 'alice')).rejects.toMatchObject({ code: 'approval-own' });
    await approve(run, 'pre-window', 'carol');
    expect((await tick()).status).toBe('waiting');
    expect(has.size).toBe(0);
    await approve(run, 'pre-window', 'bob');
    expect((await tick()).status).toBe('ok');
    expect(has.size).toBe(6);
    const signed = (await bench.record.runs.inputs(run)).filter(({ kind }) => kind === 'approval');
    expect(signed[0]?.body).toMatchObject({ message: { about: waiting.message!.replace('pre-window: ', '') } });
  });

  it('counts for no other reason, and for nothing after a no', async () => {
    const { run } = await start({ preconditions: [closed()], overrides });
    const override = (reason: string) => overrideStep(bench.deps, { run, step: 'pre-window', reason });
    await override('convenient');
    await bench.clock.run(bench.engine.resume(run));
    await rejectStep({ ...bench.deps, actor: 'bob' }, { run, step: 'pre-window', reason: 'it can wait' });
    expect(await tick()).toMatchObject({ status: 'refused', exitCode: 4 });
    await override('exploited');
    expect((await bench.clock.run(bench.engine.resume(run))).status).toBe('waiting');
    await approve(run, 'pre-window', 'bob');
    expect((await tick()).status).toBe('ok');
  });

  it('takes the signature of the same person under another override of the same precondition, and in place of one that expired', async () => {
    freezeLater = [{ from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', reason: 'closing' }];
    const { run } = await start({ preconditions: [closed()], overrides });
    bench.deps.actor = 'carol';
    await overrideStep(bench.deps, { run, step: 'pre-window', reason: 'exploited' });
    await bench.clock.run(bench.engine.resume(run));
    await approve(run, 'pre-window', 'bob');
    // Under another problem: the first signature says nothing about the freeze.
    expect((await tick()).message).toContain('frozen');
    await overrideStep(bench.deps, { run, step: 'b3-pre-window', reason: 'still exploited' });
    expect((await tick()).message).toContain('overridden by carol: still exploited');
    await approve(run, 'b3-pre-window', 'bob');
    bench.clock.advance(9 * hourMs);
    expect((await tick()).status).toBe('waiting');
    await approve(run, 'b3-pre-window', 'bob');
    expect((await tick()).status).toBe('ok');
    expect(has.size).toBe(6);
  });

  it('is refused at planning where nobody could sign it', () => {
    expect(() => refuseUnapprovable(planned({ preconditions: [closed()], overrides }, false))).toThrow(
      'the plan names no allowed-signers file',
    );
    expect(() => refuseUnapprovable(planned({ preconditions: [closed()] }, false))).not.toThrow();
  });
});

describe('an approval that ends a watch', () => {
  it('may come late: whoever was asked in time is heard', async () => {
    const gates = [{ id: 'agree', uses: 'approval', with: { message: 'all well?' } }];
    let end = await start({ watch: { duration: '1h', every: '1h', gates } });
    for (let looks = 0; looks < 3 && !end.next?.includes('oaops approve'); looks += 1) {
      bench.clock.advance(hourMs);
      end = await tick();
    }
    expect(end.next).toContain(`oaops approve ${end.run} watch-agree`);
    bench.clock.advance(5 * hourMs);
    await bench.clock.run(bench.engine.tick());
    await approve(end.run, 'watch-agree', 'bob');
    expect((await tick()).status).toBe('ok');
    expect(has.size).toBe(6);
  });
});

describe('an approval between batches', () => {
  const gates = [{ id: 'agree', uses: 'approval', with: { message: 'go on?' }, afterBatches: [1, 2] }];

  it('is waited for after the batches that it is written for, and goes on with a signature', async () => {
    let end = await start({ gates });
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(end.next).toBe(`A second person runs: oaops approve ${end.run} b1-agree`);
    expect(has.size).toBe(2);
    await bench.restart();
    await expect(approve(end.run, 'b1-agree', 'alice')).rejects.toMatchObject({ code: 'approval-own' });
    await approve(end.run, 'b1-agree', 'bob');
    end = await tick();
    expect(end).toMatchObject({ status: 'waiting', message: expect.stringContaining('b2-agree: go on?') });
    expect(has.size).toBe(4);
    await approve(end.run, 'b2-agree', 'carol');
    expect((await tick()).status).toBe('ok');
    expect(has.size).toBe(6);
  });

  it('takes everything back at a no', async () => {
    const { run } = await start({ gates });
    await rejectStep({ ...bench.deps, actor: 'bob' }, { run, step: 'b1-agree', reason: 'complaints' });
    const end = await tick();
    expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(end.message).toContain('rejected by bob: complaints');
    expect(has.size).toBe(0);
  });

  it('is no verdict of the system: an approval that came while the run was ending wakes it', async () => {
    // Given after the gate looked, before the run was said to wait.
    const { record } = bench;
    const setStatus = record.runs.setStatus.bind(record.runs);
    let given = false;
    record.runs.setStatus = async (...args) => {
      await setStatus(...args);
      if (args[1].status !== 'waiting' || given) return;
      given = true;
      await record.runs.addInput({
        runId: args[0],
        step: 'b1-agree',
        unit: '',
        kind: 'rejection',
        by: 'bob',
        at: new Date(bench.clock.nowMs()).toISOString(),
        body: { reason: 'complaints' },
      });
    };
    await start({ gates });
    expect(await tick()).toMatchObject({ status: 'rolled-back' });
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { assert } from '../../src/actions/flow/assert.ts';
import { manualConfirm, manualInput } from '../../src/actions/flow/manual.ts';
import { wait } from '../../src/actions/flow/wait.ts';
import { sha256Hex } from '../../src/core/json.ts';
import { answerUnit } from '../../src/engine/people/answers.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import type { StepSpec } from '../../src/runbook/types.ts';
import { fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec, VirtualClock } from './harness.ts';

let bench: Bench;
afterEach(() => bench.close());

const done: string[] = [];
const act = fakeAction('act', (_args, context) => {
  done.push(context.step.id);
  return ok();
});
const actions = [wait, manualConfirm, manualInput, assert, act];
const hour = 3_600_000;

async function start(steps: StepSpec[]): Promise<RunEnd> {
  done.length = 0;
  bench = await openBench(actions);
  return bench.clock.run(bench.engine.start(planOf(actions, steps), { name: 'alice' }));
}
const tick = () => bench.clock.run(bench.engine.tick());

describe('wait', () => {
  it('ends the process for a long time; tick goes on when it has come, not before', async () => {
    const run = await start([
      stepSpec({ id: 'pause', uses: 'wait', with: { for: '3h' } }),
      stepSpec({ id: 'after', uses: 'act' }),
    ]);
    expect(run).toMatchObject({ status: 'waiting', exitCode: 6, wakeAt: '2026-11-22T21:00:00.000Z' });
    expect(run.message).toContain('until 2026-11-22 21:00:00 UTC');
    bench.clock.advance(2 * hour);
    expect(await tick()).toEqual({ ran: [], held: [], interrupted: [], failed: [] });
    // Resumed early, it still ends at the same time.
    expect(await bench.clock.run(bench.engine.resume(run.run))).toMatchObject({
      status: 'waiting',
      wakeAt: '2026-11-22T21:00:00.000Z',
    });
    bench.clock.advance(hour);
    await bench.restart();
    expect((await tick()).ran).toMatchObject([{ run: run.run, status: 'ok' }]);
    expect(done).toEqual(['after']);
  });

  it('waits until a time, and stays in the process for a short while', async () => {
    const run = await start([stepSpec({ id: 'pause', uses: 'wait', with: { until: '2026-11-23T02:00:30+08:00' } })]);
    expect(run.status).toBe('ok');
    expect(bench.clock.nowMs()).toBe(Date.UTC(2026, 10, 22, 18, 0, 30));
  });

  it('goes on until the wall clock says so, though timers are early and the clock is set back', async () => {
    class SetBack extends VirtualClock {
      naps = 0;
      override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
        await super.sleep(ms, signal);
        if (ms < 1000) return;
        this.naps += 1;
        if (this.naps === 1) this.advance(-5000);
        if (this.naps === 2) this.advance(-1);
      }
    }
    done.length = 0;
    const clock = new SetBack();
    bench = await openBench(actions, { clock });
    const steps = [
      stepSpec({ id: 'pause', uses: 'wait', with: { for: '30s' } }),
      stepSpec({ id: 'after', uses: 'act' }),
    ];
    const run = await clock.run(bench.engine.start(planOf(actions, steps), { name: 'alice' }));
    expect(run.status).toBe('ok');
    expect(clock.nowMs()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 22, 18, 0, 30));
  });

  it('goes on with several runs, each under its lock, and skips those held', async () => {
    await start([stepSpec({ id: 'pause', uses: 'wait', with: { for: '3h' } })]);
    const plan = (name: string) =>
      planOf(actions, [stepSpec({ id: 'pause', uses: 'wait', with: { for: '2h' } })], {
        runbook: { metadata: { name, version: '1.0.0', title: { en: name }, owner: 'x', procedures: [], labels: {} } },
      });
    const held = await bench.clock.run(bench.engine.start(plan('other'), { name: 'alice' }));
    await bench.clock.run(bench.engine.start(plan('third'), { name: 'alice' }));
    bench.clock.advance(4 * hour);
    const lock = await bench.record.locks.acquire(`run:${held.run}`, 'a test');
    const ticked = await tick();
    expect(ticked.ran.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(ticked.held).toEqual([held.run]);
    await lock.release();
    expect((await tick()).ran).toHaveLength(1);
  });

  it('goes on with the others when one cannot, and names interrupted runs', async () => {
    const first = await start([stepSpec({ id: 'pause', uses: 'wait', with: { for: '2h' } })]);
    const future = { ...planOf(actions, [stepSpec({ id: 'a', uses: 'act' })]), schemaVersion: '2.0' };
    const at = '2026-11-22T18:00:00.000Z';
    const base = {
      plan: future,
      requester: 'alice',
      version: '1.0.0',
      kind: 'Procedure',
      procedures: [],
      digest: 'x',
      createdAt: at,
    };
    for (const id of ['20261122T180000Z-00000001', '20261122T180000Z-00000002'])
      await bench.record.runs.create({ ...base, id, runbook: id });
    await bench.record.runs.setStatus('20261122T180000Z-00000001', { status: 'waiting', at, wakeAt: at });
    bench.clock.advance(3 * hour);
    const ticked = await tick();
    expect(ticked.ran).toMatchObject([{ run: first.run, status: 'ok' }]);
    expect(ticked.failed).toMatchObject([
      { run: '20261122T180000Z-00000001', error: { code: 'plan-version-unknown', exitCode: 4 } },
    ]);
    expect(ticked.interrupted).toEqual(['20261122T180000Z-00000002']);
  });
});

describe('manual steps', () => {
  const confirm = [
    stepSpec({ id: 'seen', uses: 'manual.confirm', with: { message: 'all green?' } }),
    stepSpec({ id: 'after', uses: 'act' }),
  ];

  it('wait without a terminal, and say which command answers', async () => {
    const run = await start(confirm);
    expect(run).toMatchObject({
      status: 'waiting',
      exitCode: 6,
      next: `Answer with: oaops runs answer ${run.run} seen --value yes (or no)`,
    });
    await expect(answerUnit(bench.deps, { run: run.run, step: 'seen', value: 'maybe' })).rejects.toMatchObject({
      code: 'answer-invalid',
      exitCode: 2,
    });
    await expect(answerUnit(bench.deps, { run: run.run, step: 'after', value: 'yes' })).rejects.toMatchObject({
      code: 'not-waiting',
      exitCode: 4,
    });
    await expect(answerUnit(bench.deps, { run: run.run, step: 'sean', value: 'yes' })).rejects.toMatchObject({
      code: 'step-unknown',
      exitCode: 2,
    });
    await answerUnit(bench.deps, { run: 'latest', step: 'seen', value: 'yes', comment: 'looked twice' });
    expect((await tick()).ran).toMatchObject([{ status: 'ok' }]);
    const row = (await bench.record.runs.journal(run.run)).find(
      (entry) => entry.step === 'seen' && entry.status === 'ok',
    );
    expect(row?.result).toEqual({ value: true, by: 'alice', at: '2026-11-22T18:00:00.000Z', comment: 'looked twice' });
  });

  it('are woken by an answer that comes after the step has looked, while the run is still under way', async () => {
    const slow = fakeAction('slow', async (_args, { clock, runId }) => {
      await clock.sleep(5000);
      // The step that asks has ended as waiting; the run has not.
      await answerUnit(bench.deps, { run: runId, step: 'seen', value: 'yes' });
      return ok();
    });
    bench = await openBench([...actions, slow]);
    const steps = [
      stepSpec({ id: 'seen', uses: 'manual.confirm', needs: [], with: { message: 'all green?' } }),
      stepSpec({ id: 'slow', uses: 'slow', needs: [] }),
    ];
    const run = await bench.clock.run(bench.engine.start(planOf([...actions, slow], steps), { name: 'alice' }));
    expect(run.status).toBe('waiting');
    expect((await tick()).ran).toMatchObject([{ run: run.run, status: 'ok' }]);
  });

  it('fail on a no, and ask again when the run is resumed', async () => {
    const run = await start(confirm);
    await answerUnit(bench.deps, { run: run.run, step: 'seen', value: 'no', comment: 'queue is full' });
    expect((await tick()).ran).toMatchObject([{ status: 'failed', message: 'seen: alice answered no: queue is full' }]);
    bench.clock.advance(1000);
    expect((await bench.clock.run(bench.engine.resume(run.run))).status).toBe('waiting');
    bench.clock.advance(1000);
    await answerUnit(bench.deps, { run: run.run, step: 'seen', value: 'yes' });
    expect((await bench.clock.run(bench.engine.resume(run.run))).status).toBe('ok');
  });

  it('keep a file as evidence with its digest', async () => {
    const run = await start([
      stepSpec({
        id: 'order',
        uses: 'manual.input',
        with: { type: 'file', message: 'signed work order' },
        outputs: { sha: 'result.file.sha256' },
      }),
    ]);
    expect(run.next).toContain('--file FILE');
    const file = join(bench.dir, 'order.txt');
    writeFileSync(file, 'signed by Wang');
    await expect(
      answerUnit(bench.deps, { run: run.run, step: 'order', file: `${file}.missing` }),
    ).rejects.toMatchObject({ code: 'file-unreadable' });
    await answerUnit(bench.deps, { run: run.run, step: 'order', file });
    expect((await tick()).ran[0]?.status).toBe('ok');
    const row = (await bench.record.runs.journal(run.run)).at(-1)!;
    const kept = (row.result as { file: { path: string; sha256: string } }).file;
    expect(kept.sha256).toBe(sha256Hex('signed by Wang'));
    expect(readFileSync(kept.path, 'utf8')).toBe('signed by Wang');
    expect(kept.path.startsWith(join(bench.dir, 'runs', run.run))).toBe(true);
  });

  it('take numbers and choices within their bounds', async () => {
    const run = await start([
      stepSpec({
        id: 'n',
        uses: 'manual.input',
        needs: [],
        with: { type: 'number', message: 'how many', min: 1, max: 9 },
      }),
      stepSpec({
        id: 'c',
        uses: 'manual.input',
        needs: [],
        with: { type: 'choice', message: 'which', choices: ['red', 'blue'] },
      }),
    ]);
    const answer = (step: string, value: string) => answerUnit(bench.deps, { run: run.run, step, value });
    for (const [step, value] of [
      ['n', '0'],
      ['n', '10'],
      ['n', 'x'],
      ['c', 'green'],
    ] as const)
      await expect(answer(step, value)).rejects.toMatchObject({ code: 'answer-invalid' });
    await answer('n', '4');
    await answer('c', 'blue');
    expect((await tick()).ran[0]?.status).toBe('ok');
  });

  it('ask at the terminal when there is one', async () => {
    done.length = 0;
    const asked: string[] = [];
    bench = await openBench(actions, {
      deps: {
        ask: async (question) => {
          asked.push(question.message);
          return { value: true, by: 'alice', atMs: bench.clock.nowMs() };
        },
      },
    });
    const run = await bench.clock.run(bench.engine.start(planOf(actions, confirm), { name: 'alice' }));
    expect(run.status).toBe('ok');
    expect(asked).toEqual(['all green?']);
    expect((await bench.record.runs.inputs(run.run)).map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      'answer seen',
    ]);
  });
});

describe('assert', () => {
  it('fails, or refuses when it is about a precondition', async () => {
    const run = await start([
      stepSpec({ id: 'pre', uses: 'assert', with: { that: false, message: 'no backup of today', refuse: true } }),
    ]);
    expect(run).toMatchObject({ status: 'refused', exitCode: 4, message: 'pre: no backup of today' });
  });
});

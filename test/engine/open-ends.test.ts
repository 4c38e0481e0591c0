import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OaopsError } from '../../src/core/errors.ts';
import { Redactor } from '../../src/core/redaction.ts';
import type { ActionOutcome, AnyAction } from '../../src/engine/action.ts';
import { OutputCapture } from '../../src/engine/run/capture.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import type { StepSpec } from '../../src/runbook/types.ts';
import { fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec, webInventory } from './harness.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function run(actions: AnyAction[], steps: StepSpec[], extra: Parameters<typeof planOf>[2] = {}): Promise<RunEnd> {
  bench = await openBench(actions);
  return bench.clock.run(bench.engine.start(planOf(actions, steps, extra), { name: 'alice' }));
}

const rows = async (end: RunEnd) =>
  (await bench!.record.runs.journal(end.run)).map((row) => `${row.phase} ${row.step} ${row.status}`);

describe('a run that did not come to its end', () => {
  const act = fakeAction('act', () => ok());

  it('is not ok when a verify was lost from sight; a resume verifies again', async () => {
    let lost = true;
    const look = fakeAction('look', () => {
      if (lost) throw new OaopsError('session-lost', 'the session was lost');
      return ok();
    });
    const end = await run(
      [act, look],
      [stepSpec({ id: 'a', uses: 'act', verify: { uses: 'look', with: {} } }), stepSpec({ id: 'b', uses: 'act' })],
    );
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6, message: 'a: not verified: the session was lost' });
    expect(end.next).toContain(`oaops runs resume ${end.run}`);
    lost = false;
    const again = await bench!.clock.run(bench!.engine.resume(end.run));
    expect(again.status).toBe('ok');
    expect(await rows(end)).toEqual(['do a ok', 'verify a unknown', 'verify a ok', 'do b ok']);
  });

  it('is incomplete when a verify looked at a part only', async () => {
    const half = { status: 'incomplete', result: {}, message: 'a leg is away' } satisfies ActionOutcome;
    const end = await run(
      [act, fakeAction('look', () => half)],
      [stepSpec({ id: 'a', uses: 'act', verify: { uses: 'look', with: {} } }), stepSpec({ id: 'b', uses: 'act' })],
    );
    expect(end).toMatchObject({ status: 'incomplete', exitCode: 3, message: 'a: not verified: a leg is away' });
    expect(await rows(end)).toEqual(['do a ok', 'verify a incomplete', 'do b ok']);
  });

  it('is failed when an action stops without being told to', async () => {
    const stops = fakeAction('stops', () => ({ status: 'stopped', message: 'no more' }));
    const end = await run([act, stops], [stepSpec({ id: 'a', uses: 'stops' }), stepSpec({ id: 'b', uses: 'act' })]);
    expect(end).toMatchObject({ status: 'failed', exitCode: 1, message: 'a: stopped before it ended' });
  });
});

it('a step that fails as a whole is taken back on all of its targets', async () => {
  const act = fakeAction('act', () => ok());
  const undo = { uses: 'act', with: {}, scope: 'target', mode: 'auto' } as const;
  const end = await run(
    [act],
    [
      stepSpec({ id: 'a', uses: 'act', targets: ['web1', 'web2'], undo }),
      stepSpec({ id: 'b', uses: 'act', targets: ['web1', 'web2'], if: 'steps.a.outputs.none == 1', onFailure: 'undo' }),
    ],
    { inventory: webInventory(2) },
  );
  expect(end).toMatchObject({ status: 'rolled-back', exitCode: 5 });
});

it('outputs of a step without units are empty lists', async () => {
  const seen: unknown[] = [];
  const act = fakeAction('act', (args) => {
    seen.push(args['value']);
    return ok({ n: 1 });
  });
  const end = await run(
    [act],
    [
      stepSpec({ id: 'each', uses: 'act', forEach: [], outputs: { n: 'result.n' } }),
      stepSpec({
        id: 'sum',
        uses: 'act',
        if: 'steps.each.outputs.n.size() == 0',
        with: { value: '${{ steps.each.outputs.n }}' },
      }),
    ],
  );
  expect(end.status).toBe('ok');
  expect(seen).toEqual([[]]);
});

it('names null and lists in what is wrong with a condition', async () => {
  const act = fakeAction('act', () => ok());
  const end = await run(
    [act],
    [
      stepSpec({ id: 'a', uses: 'act', outputs: { none: 'null' } }),
      stepSpec({ id: 'b', uses: 'act', if: 'steps.a.outputs.none' }),
    ],
  );
  expect(end.message).toContain('gives null, not true or false');
});

it('passes lines that come at once on together, in their order and whole', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-capture-'));
  try {
    const redactor = new Redactor();
    redactor.add('sesame-open');
    const seen: [string, string][] = [];
    const capture = new OutputCapture(redactor, (stream, text) => seen.push([stream, text]));
    for (let line = 0; line < 20_000; line++) capture.write('stdout', 'y\n');
    capture.write('stderr', 'warned of sesame');
    capture.write('stderr', '-open\n');
    capture.write('stdout', 'last\n');
    await Promise.resolve();
    expect(seen.length).toBeLessThan(6);
    expect(seen.map(([, text]) => text).join('')).toBe(`${'y\n'.repeat(20_000)}warned of ***\nlast\n`);
    expect(seen.slice(-2)).toEqual([
      ['stderr', 'warned of ***\n'],
      ['stdout', 'last\n'],
    ]);
    expect(capture.close(dir, 'do-1').map(({ name, totalBytes }) => [name, totalBytes])).toEqual([
      ['do-1.stdout.txt', 40_005],
      ['do-1.stderr.txt', 14],
    ]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

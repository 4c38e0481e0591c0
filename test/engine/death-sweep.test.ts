import { expect, it } from 'vitest';
import { manualConfirm } from '../../src/actions/flow/manual.ts';
import { wait } from '../../src/actions/flow/wait.ts';
import { answerUnit } from '../../src/engine/people/answers.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';
import { Died, Mortal } from './mortal.ts';

/** Everything a run can be in the middle of: an effect nobody can look at, one with `verify`, a question, a wait, parallel units, undo. */
async function life(mortal: Mortal, ending: 'ok' | 'fail') {
  const done: string[] = [];
  const live = <T>(work: () => T): T => {
    if (mortal.dead) throw new Died('dead');
    return work();
  };
  const put = (entry: string) => live(() => done.push(entry));
  const inPlace = (unit: string) =>
    done.filter((entry) => entry === unit).length - done.filter((entry) => entry === `-${unit}`).length;
  const act = fakeAction('act', async (_args, { unitId, clock }) => {
    await clock.sleep(100);
    put(unitId);
    return ok();
  });
  const back = fakeAction('back', (_args, { unitId }) => {
    put(`-${unitId}`);
    return ok();
  });
  const see = fakeAction('see', (_args, { unitId }) => live(() => (inPlace(unitId) > 0 ? ok() : failed('not there'))), {
    effect: 'read',
  });
  const last = fakeAction('last', () => (ending === 'ok' ? ok() : failed()), { effect: 'read' });
  const actions = [act, back, see, last, manualConfirm, wait];
  const undo = { uses: 'back', with: {}, scope: 'all' as const, mode: 'auto' as const };
  const verify = { uses: 'see', with: {} };
  const steps = [
    stepSpec({ id: 'blind', uses: 'act', undo }),
    stepSpec({ id: 'seen', uses: 'act', undo, verify }),
    stepSpec({ id: 'ask', uses: 'manual.confirm', with: { message: 'go on?' } }),
    stepSpec({ id: 'pause', uses: 'wait', with: { for: '3h' } }),
    stepSpec({ id: 'each', uses: 'act', forEach: [1, 2], parallel: 2, undo }),
    stepSpec({ id: 'end', uses: 'last', onFailure: 'undo' }),
  ];
  const bench = await openBench(actions, { wrap: (record) => mortal.wrap(record) });
  const asked: string[] = [];
  try {
    let end: RunEnd | undefined;
    for (let process = 0; ; process += 1) {
      expect(process).toBeLessThan(20);
      const row = (await bench.record.runs.list({}))[0];
      if (row && ['ok', 'rolled-back', 'failed'].includes(row.status)) break;
      try {
        end = await bench.clock.run(goOn(bench, row?.id, end));
        const unknown = /--unit (\S+)\/(\S+) --as/.exec(end.next ?? '');
        if (unknown) asked.push(`${unknown[1]}.${unknown[2]}`);
      } catch (error) {
        if (!mortal.dead) throw error;
        mortal.dead = false;
        mortal.dieAt = Number.POSITIVE_INFINITY;
        end = undefined;
        await bench.restart();
      }
    }
    const row = (await bench.record.runs.list({}))[0]!;
    const rows = await bench.record.runs.journal(row.id);
    return { done, asked, status: row.status, open: rows.filter(({ status }) => status === null).length };
  } finally {
    await bench.close();
  }

  async function goOn(bench: Bench, run: string | undefined, before: RunEnd | undefined): Promise<RunEnd> {
    if (run === undefined) return bench.engine.start(planOf(actions, steps), { name: 'alice' });
    const unknown = /--unit (\S+)\/(\S+) --as/.exec(before?.next ?? '');
    if (unknown) {
      const [, step, unit] = unknown as unknown as [string, string, string];
      const undoing =
        done.some((entry) => entry.startsWith('-')) ||
        (await bench.record.runs.journal(run)).some(({ phase }) => phase === 'undo');
      const there = inPlace(`${step}.${unit}`) > 0;
      const as = there !== undoing ? 'done' : 'retry';
      return bench.engine.resume(run, { decision: { step, unit, as } });
    }
    if (before?.next?.includes('runs answer')) await answerUnit(bench.deps, { run, step: 'ask', value: 'yes' });
    if (before?.wakeAt) bench.clock.advance(Math.max(0, Date.parse(before.wakeAt) - bench.clock.nowMs()));
    const { ran } = await bench.engine.tick();
    return ran[0] ?? bench.engine.resume(run);
  }
}

for (const ending of ['ok', 'fail'] as const) {
  it(`does every step once wherever it dies, and asks only about what nobody can know (${ending})`, {
    timeout: 300_000,
  }, async () => {
    const whole = new Mortal();
    const expected = await life(whole, ending);
    const undone = ['each.localhost.1', 'each.localhost.0', 'seen.localhost', 'blind.localhost'];
    const forward = [...undone].reverse();
    expect(expected).toMatchObject({ status: ending === 'ok' ? 'ok' : 'rolled-back', asked: [], open: 0 });
    expect([...expected.done].sort()).toEqual(
      (ending === 'ok' ? forward : [...forward, ...undone.map((unit) => `-${unit}`)]).sort(),
    );
    for (let dieAt = 1; dieAt <= whole.commits; dieAt += 1) {
      for (const instead of [false, true]) {
        const mortal = Object.assign(new Mortal(), { dieAt, instead });
        const lived = await life(mortal, ending);
        const where = `commit ${dieAt}${instead ? ' not made' : ''}: ${JSON.stringify(lived)}`;
        expect(lived.status, where).toBe(expected.status);
        expect(lived.open, where).toBe(0);
        expect([...lived.done].sort(), where).toEqual([...expected.done].sort());
        // `verify` tells about this one.
        expect(
          lived.asked.filter((unit) => unit.startsWith('seen') && ending === 'ok'),
          where,
        ).toEqual([]);
      }
    }
  });
}

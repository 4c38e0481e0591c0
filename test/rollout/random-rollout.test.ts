import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OaopsError } from '../../src/core/errors.ts';
import type { ActionOutcome } from '../../src/engine/action.ts';
import { endOf, type RunEnd } from '../../src/engine/run/outcome.ts';
import { failed, fakeAction, ok } from '../engine/fake-action.ts';
import { openBench } from '../engine/harness.ts';
import { Died, Mortal } from '../engine/mortal.ts';
import { rolloutPlan, statusOf, users } from './rolling.ts';

interface Scenario {
  members: number;
  sizes: number[];
  perBatch: number;
  total: number;
  tolerateUnreachable: boolean;
  parallel: number;
  /** What becomes of a member. */
  fates: ('ok' | 'failed' | 'half' | 'unreachable' | 'throws')[];
  /** What the gate says after each batch. */
  verdicts: ('pass' | 'fail' | 'none')[];
  kills: number[];
  pauseAtMs: number | null;
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  members: fc.integer({ min: 1, max: 14 }),
  sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
  perBatch: fc.integer({ min: 0, max: 3 }),
  total: fc.integer({ min: 0, max: 5 }),
  tolerateUnreachable: fc.boolean(),
  parallel: fc.integer({ min: 1, max: 3 }),
  fates: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('ok' as const) },
      fc.constantFrom('failed', 'half', 'unreachable', 'throws'),
    ),
    { minLength: 14, maxLength: 14 },
  ) as fc.Arbitrary<Scenario['fates']>,
  verdicts: fc.array(
    fc.oneof({ weight: 6, arbitrary: fc.constant('pass' as const) }, fc.constantFrom('fail', 'none')),
    {
      minLength: 14,
      maxLength: 14,
    },
  ) as fc.Arbitrary<Scenario['verdicts']>,
  kills: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
  pauseAtMs: fc.option(fc.integer({ min: 0, max: 3000 })),
});

/** Lives through a scenario with as many processes as it takes, and gives what the world looks like then. */
async function live(given: Scenario) {
  const has = new Map<string, number>();
  const halfDone = new Set<string>();
  const begun: { id: string; batch: number }[] = [];
  const mortal = new Mortal();
  const alive = () => {
    if (mortal.dead) throw new Died('dead');
  };
  const apply = fakeAction(
    'apply',
    async ({ id, number, batch }, { clock }): Promise<ActionOutcome> => {
      alive();
      begun.push({ id: String(id), batch: Number(batch) });
      await clock.sleep(50);
      alive();
      const fate = given.fates[Number(number) % given.fates.length]!;
      if (fate === 'failed') return failed('broken');
      if (fate === 'half') {
        // The change is in place, or half of it, and it failed all the same.
        halfDone.add(String(id));
        return failed('broken in the middle');
      }
      if (fate === 'unreachable') throw new OaopsError('host-unreachable', 'no route');
      if (fate === 'throws') throw new Error('broken badly');
      has.set(String(id), (has.get(String(id)) ?? 0) + 1);
      return ok();
    },
    {
      recover: async ({ id }: Record<string, unknown>) =>
        has.get(String(id)) ? ok() : { status: 'not-started' as const },
    },
  );
  const restore = fakeAction(
    'restore',
    ({ id }) => {
      alive();
      has.set(String(id), 0);
      halfDone.delete(String(id));
      return ok();
    },
    { idempotent: true },
  );
  const look = fakeAction(
    'look',
    ({ batch }) => {
      alive();
      const verdict = given.verdicts[Number(batch) - 1] ?? 'pass';
      return verdict === 'none' ? ok({}) : ok({ healthy: verdict === 'pass' });
    },
    { effect: 'read', idempotent: true },
  );
  const actions = [apply, restore, look];
  const members = users(given.members).map((member, number) => ({ ...member, vars: { number } }));
  const plan = rolloutPlan(actions, members, {
    batches: { sizes: given.sizes },
    budget: {
      perBatch: given.perBatch,
      total: given.total,
      unreachable: given.tolerateUnreachable ? 'tolerated' : 'failure',
    },
    steps: [
      {
        id: 'apply',
        uses: 'apply',
        forEach: 'batch.members',
        parallel: given.parallel,
        with: { id: '${{ item.id }}', number: '${{ item.vars.number }}', batch: '${{ batch.number }}' },
        undo: { uses: 'restore', with: { id: '${{ item.id }}' } },
      },
    ],
    gates: [{ id: 'health', uses: 'look', with: { batch: '${{ batch.number }}' }, success: 'result.healthy' }],
  });
  const kills = [...given.kills];
  const arm = () => {
    mortal.commits = 0;
    mortal.dead = false;
    mortal.dieAt = kills.shift() ?? Number.POSITIVE_INFINITY;
  };
  const bench = await openBench(actions, { wrap: (record) => mortal.wrap(record) });
  try {
    let end: RunEnd | undefined;
    let paused = given.pauseAtMs === null;
    arm();
    for (let process = 0; process < 20; process += 1) {
      try {
        const [row] = await bench.record.runs.list({});
        // Died when nothing but the telling was left.
        if (row && ['ok', 'incomplete', 'rolled-back', 'undo-failed'].includes(row.status)) {
          end = endOf(row);
          break;
        }
        const work = row ? bench.engine.resume(row.id) : bench.engine.start(plan, { name: 'alice' });
        if (!paused) {
          paused = true;
          const { engine, record } = bench;
          void bench.clock.sleep(given.pauseAtMs!).then(async () => {
            const [run] = await record.runs.list({});
            if (run && !mortal.dead) await engine.pause(run.id, 'wait').catch(() => undefined);
          });
        }
        end = await bench.clock.run(work);
        if (end.status !== 'waiting' && end.status !== 'stopped') break;
      } catch (error) {
        if (!mortal.dead) throw error;
        arm();
        await bench.restart();
      }
    }
    const status = await statusOf(bench, end!.run);
    return {
      commits: mortal.commits,
      end: end!,
      has,
      halfDone,
      begun,
      plan,
      status,
      open: (await bench.record.runs.journal(end!.run)).filter((row) => row.status === null),
    };
  } finally {
    await bench.close();
  }
}

it('never goes beyond its budget, gives nobody the change twice, and takes back all of it or none', {
  timeout: 300_000,
}, async () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));
  console.log(`random rollouts, seed ${seed}`);
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { end, has, halfDone, begun, plan, status, open } = await live(given);
      expect(['ok', 'incomplete', 'rolled-back']).toContain(end.status);
      expect(open).toEqual([]);
      expect([...has.values()].every((count) => count === 0 || count === 1)).toBe(true);
      // A batch began only when the one before it had passed.
      const counts = (id: string) => {
        const fate = given.fates[Number(id.slice(1)) - 1]!;
        return (
          fate === 'failed' ||
          fate === 'half' ||
          fate === 'throws' ||
          (fate === 'unreachable' && !given.tolerateUnreachable)
        );
      };
      let total = 0;
      let stopped = false;
      for (const batch of plan.batches!) {
        const ids = new Set(batch.members.map(({ id }) => id));
        const tried = new Set(begun.filter(({ id }) => ids.has(id)).map(({ id }) => id));
        if (stopped) expect(tried.size).toBe(0);
        const bad = [...tried].filter(counts).length;
        total += bad;
        const over =
          bad > given.perBatch ||
          total > given.total ||
          [...tried].filter((id) => counts(id) || given.fates[Number(id.slice(1)) - 1] === 'unreachable').length >=
            ids.size;
        // Those that were under way beside the one too many may have failed too.
        expect(bad).toBeLessThanOrEqual(
          Math.min(given.perBatch, Math.max(0, given.total - (total - bad))) + given.parallel,
        );
        if (over || (given.verdicts[batch.number - 1] ?? 'pass') !== 'pass') stopped = true;
      }
      expect(end.status === 'rolled-back').toBe(stopped);
      const changed = [...has.values()].filter((count) => count === 1).length;
      if (stopped) expect({ changed, half: [...halfDone] }).toEqual({ changed: 0, half: [] });
      else {
        const good = plan
          .batches!.flatMap(({ members }) => members)
          .filter(({ id }) => given.fates[Number(id.slice(1)) - 1] === 'ok');
        expect(changed).toBe(good.length);
        expect(status.done).toBe(
          status.population - status.batches.reduce((sum, { failed: ids }) => sum + ids.length, 0),
        );
      }
    }),
    { numRuns: 60, seed },
  );
});

it('ends the same wherever its process is killed: a sweep over every commit', { timeout: 300_000 }, async () => {
  const given: Scenario = {
    members: 5,
    sizes: [2, 3],
    perBatch: 1,
    total: 1,
    tolerateUnreachable: false,
    parallel: 2,
    fates: ['ok', 'half', 'ok', 'ok', 'ok'],
    verdicts: ['pass', 'fail'],
    kills: [],
    pauseAtMs: null,
  };
  for (const verdicts of [
    ['pass', 'fail'],
    ['pass', 'pass'],
  ] as Scenario['verdicts'][]) {
    const whole = await live({ ...given, verdicts });
    expect(whole.commits).toBeGreaterThan(15);
    for (let dieAt = 1; dieAt <= whole.commits; dieAt += 1) {
      const { end, has, halfDone, open } = await live({ ...given, verdicts, kills: [dieAt] });
      const world = { status: end.status, has: [...has].sort(), half: [...halfDone], open };
      expect(world, `killed at commit ${dieAt}`).toEqual({
        status: whole.end.status,
        has: [...whole.has].sort(),
        half: [...whole.halfDone],
        open: [],
      });
    }
  }
});

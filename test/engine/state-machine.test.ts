import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExitCode } from '../../src/core/exit-codes.ts';
import type { ActionContext, ActionOutcome, AnyAction } from '../../src/engine/action.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import type { JournalRow, RecordStore, RunStore } from '../../src/record/types.ts';
import type { StepSpec } from '../../src/runbook/types.ts';
import { fakeAction } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

/** What happens at each attempt of a unit, in order; after the last one everything goes well. */
type Fate = 'ok' | 'fail' | 'throw' | 'hang' | 'wait' | 'incomplete';

interface RandomStep {
  needs: number[];
  units: number;
  parallel: number;
  attempts: number;
  onFailure: 'stop' | 'continue' | 'undo' | 'step';
  idempotent: boolean;
  undoable: boolean;
  recovers: boolean;
  fates: Fate[][];
}

const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Fate>('ok') },
  fc.constantFrom<Fate>('fail', 'throw', 'hang', 'wait', 'incomplete'),
);

const randomStep: fc.Arbitrary<RandomStep> = fc.record({
  needs: fc.array(fc.nat(6), { maxLength: 2 }),
  units: fc.integer({ min: 1, max: 3 }),
  parallel: fc.integer({ min: 1, max: 3 }),
  attempts: fc.integer({ min: 1, max: 3 }),
  onFailure: fc.constantFrom('stop', 'continue', 'undo', 'step'),
  idempotent: fc.boolean(),
  undoable: fc.boolean(),
  recovers: fc.boolean(),
  fates: fc.array(fc.array(fate, { maxLength: 3 }), { minLength: 3, maxLength: 3 }),
});

const scenario = fc.record({
  steps: fc.array(randomStep, { minLength: 1, maxLength: 7 }),
  maxParallelSteps: fc.integer({ min: 1, max: 4 }),
  /** After so many commits the process dies; one number for each process. */
  kills: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }),
  /** Virtual time of the first signal in the first process. */
  stopAtMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
  choices: fc.infiniteStream(fc.nat(2)),
});

const lawful: Record<string, number[]> = {
  ok: [0],
  incomplete: [3],
  failed: [1],
  waiting: [6],
  stopped: [130],
  'rolled-back': [5],
  'undo-failed': [1],
};

/** Killed while two steps were under way; after the resume one fails before the other is looked at. */
function diedBesideAFailure() {
  const step = { needs: [], parallel: 1, attempts: 1, onFailure: 'stop' as const, idempotent: false, undoable: false };
  const steps: RandomStep[] = [
    { ...step, units: 2, recovers: true, fates: [[], ['ok', 'fail'], []] },
    { ...step, units: 1, recovers: false, fates: [[], [], []] },
    { ...step, units: 3, parallel: 2, recovers: false, fates: [[], ['wait'], []] },
    { ...step, units: 1, recovers: false, fates: [[], [], []] },
  ];
  const ones = (function* () {
    for (;;) yield 1;
  })();
  return { steps, maxParallelSteps: 2, kills: [10], stopAtMs: null, choices: fc.stream(ones) };
}

class Died extends Error {}

/** The world outside: what really happened, whatever the journal says. */
class World {
  /** Completed effects in order: `do step/unit` or `undo step/unit`. */
  readonly done: string[] = [];
  readonly starts = new Map<string, number>();
  /** Broken promises of the engine. */
  readonly broken: string[] = [];
  dead = false;
  commitsLeft = Number.POSITIVE_INFINITY;

  completed(unit: string): number {
    return (
      this.done.filter((entry) => entry === `do ${unit}`).length -
      this.done.filter((entry) => entry === `undo ${unit}`).length
    );
  }

  /** Every commit may be the last one: the process dies after it, before anybody hears of it. */
  wrap(record: RecordStore): RecordStore {
    const commit = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.dead) throw new Died('dead');
      const result = await work();
      this.commitsLeft -= 1;
      if (this.commitsLeft <= 0) {
        this.dead = true;
        throw new Died('dead');
      }
      return result;
    };
    const { runs } = record;
    const wrapped: RunStore = {
      create: (run) => runs.create(run),
      get: (id) => runs.get(id),
      resolve: (id) => runs.resolve(id),
      plan: (id) => runs.plan(id),
      list: (filter) => runs.list(filter),
      journal: (id) => runs.journal(id),
      inputs: (id) => runs.inputs(id),
      dueRuns: (now) => runs.dueRuns(now),
      setStatus: (id, change, fence) => commit(() => runs.setStatus(id, change, fence)),
      intent: (key, fence) => commit(() => runs.intent(key, fence)),
      result: (seq, change, fence) => commit(() => runs.result(seq, change, fence)),
      addInput: (row) => commit(() => runs.addInput(row)),
    };
    return { ...record, runs: wrapped, close: () => record.close() };
  }
}

function actionsOf(world: World, bench: () => Bench, steps: RandomStep[]): AnyAction[] {
  const spec = (context: ActionContext) => steps[Number(context.step.id.slice(1))]!;
  const name = (context: ActionContext) => context.unitId.replace('.', '/');
  const checkIntent = async (context: ActionContext, phase: string) => {
    const rows = await bench().record.runs.journal(context.runId);
    const [step, unit] = name(context).split('/');
    if (!rows.some((row) => row.step === step && row.unit === unit && row.phase === phase && row.status === null)) {
      world.broken.push(`${phase} of ${name(context)} began without an intent`);
    }
  };
  const act = fakeAction(
    'act',
    async (_args, context): Promise<ActionOutcome> => {
      if (world.dead) throw new Died('dead');
      await checkIntent(context, 'do');
      const unit = name(context);
      const start = world.starts.get(unit) ?? 0;
      world.starts.set(unit, start + 1);
      if (world.completed(unit) > 0 && !spec(context).idempotent)
        world.broken.push(`${unit} was started again although it is completed`);
      const index = Number(context.unitId.split('.').at(-1));
      const fates = spec(context).fates[index % 3]!;
      const next = fates[start] ?? 'ok';
      if (next === 'wait')
        return { status: 'waiting', message: 'not yet', next: 'wait', wakeAtMs: context.clock.nowMs() + 5000 };
      await context.clock.sleep(500 + index * 100, context.signal).catch(() => undefined);
      if (world.dead) throw new Died('dead');
      if (next === 'hang') {
        await context.clock.sleep(1_000_000, context.signal).catch(() => undefined);
        return { status: 'failed', result: {}, message: 'hung' };
      }
      if (next === 'throw') throw new Error('thrown');
      if (next === 'fail') return { status: 'failed', result: {}, message: 'failed' };
      if (context.signal.aborted) return { status: 'failed', result: {}, message: 'aborted' };
      world.done.push(`do ${unit}`);
      if (next === 'incomplete') return { status: 'incomplete', result: { index }, message: 'some missing' };
      return { status: 'ok', result: { index } };
    },
    {
      recover: async (_args, context) => {
        if (!spec(context).recovers) return { status: 'unknown' };
        return world.completed(name(context)) > 0 ? { status: 'ok', result: {} } : { status: 'not-started' };
      },
    },
  );
  const back = fakeAction(
    'back',
    async (_args, context): Promise<ActionOutcome> => {
      if (world.dead) throw new Died('dead');
      await checkIntent(context, 'undo');
      const unit = name(context);
      if (world.completed(unit) !== 1)
        world.broken.push(`undo of ${unit}, which is done ${world.completed(unit)} times`);
      world.done.push(`undo ${unit}`);
      return { status: 'ok', result: {} };
    },
    {
      recover: async (_args, context) =>
        world.completed(name(context)) === 0 ? { status: 'ok', result: {} } : { status: 'not-started' },
    },
  );
  return [act, back];
}

function specsOf(steps: RandomStep[]): StepSpec[] {
  return steps.map((step, index) =>
    stepSpec({
      id: `s${index}`,
      uses: 'act',
      needs: [...new Set(step.needs.filter((need) => need < index).map((need) => `s${need}`))],
      forEach: Array.from({ length: step.units }, (_, item) => item),
      parallel: step.parallel,
      idempotent: step.idempotent,
      timeoutMs: 10_000,
      retry: { attempts: step.attempts, delayMs: 1000, backoff: 'exponential', maxDelayMs: 4000 },
      onFailure:
        step.onFailure === 'step' ? (index + 1 < steps.length ? `step:s${steps.length - 1}` : 'stop') : step.onFailure,
      ...(step.undoable ? { undo: { uses: 'back', with: {}, scope: 'all', mode: 'auto' } } : {}),
    }),
  );
}

/** Undo rows of one stretch (no forward row between them) take back in the reverse order of the start. */
function checkUndoOrder(rows: JournalRow[]): void {
  let before = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.phase !== 'undo') {
      before = Number.POSITIVE_INFINITY;
      continue;
    }
    const done = rows.findLast(
      (other) => other.phase === 'do' && other.step === row.step && other.unit === row.unit && other.seq < row.seq,
    )!;
    expect(done.seq).toBeLessThanOrEqual(before);
    before = done.seq;
  }
}

it('keeps its promises whatever fails, waits, hangs, or is killed', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, maxParallelSteps, kills, stopAtMs, choices }) => {
      const world = new World();
      let bench!: Bench;
      const actions = actionsOf(world, () => bench, steps);
      bench = await openBench(actions, { wrap: (record) => world.wrap(record) });
      try {
        const plan = planOf(actions, specsOf(steps), { runbook: { maxParallelSteps } });
        const stop = new AbortController();
        if (stopAtMs !== null) void bench.clock.sleep(stopAtMs).then(() => stop.abort(130));
        const pendingKills = [...kills];
        let runId: string | undefined;
        let end: RunEnd | undefined;
        for (let life = 0; ; life += 1) {
          expect(life).toBeLessThan(60);
          world.commitsLeft = pendingKills.shift() ?? Number.POSITIVE_INFINITY;
          try {
            end = await bench.clock.run(next(world, bench, plan, runId, end, life === 0 ? stop.signal : undefined));
          } catch (error) {
            if (!world.dead) throw error;
            end = undefined;
          }
          runId = (await bench.record.runs.resolve('latest')).id;
          if (world.dead) {
            world.dead = false;
            await bench.restart();
            const row = (await bench.record.runs.get(runId))!;
            // It died right after its last commit: the run has ended all the same.
            if (row.status !== 'ok' && row.status !== 'rolled-back') continue;
            end = { run: runId, status: row.status, exitCode: row.exitCode as ExitCode };
          }
          expect(lawful[end!.status], `${end!.status} ${end!.message}`).toContain(end!.exitCode);
          expect((await bench.record.runs.get(runId))!.status).toBe(end!.status);
          if (end!.status === 'stopped' || end!.status === 'waiting') continue;
          const retry = end!.status === 'failed' && life < 20 && choices.next().value === 0;
          if (!retry) break;
        }
        expect(world.broken).toEqual([]);
        const rows = await bench.record.runs.journal(runId!);
        checkUndoOrder(rows);
        for (const row of rows) expect(row.status).not.toBeNull();
        if (end!.status === 'ok') {
          const specs = specsOf(steps);
          const handlers = new Set(specs.map(({ onFailure }) => onFailure.replace('step:', '')));
          const tried = (await bench.record.runs.inputs(runId!)).map(
            ({ body }) => body as { action: string; seq?: number },
          );
          const since = tried.findLast(({ action }) => action === 'retry-failed')?.seq ?? 0;
          for (const [index, step] of specs.entries()) {
            // What a handler did for a failure that did not come again is done with.
            const called = rows.some((row) => row.step === step.id && (row.seq > since || !handlers.has(step.id)));
            for (let unit = 0; called && unit < steps[index]!.units; unit += 1)
              expect(world.completed(`${step.id}/localhost.${unit}`)).toBeGreaterThanOrEqual(1);
          }
        }
        if (end!.exitCode === ExitCode.rolledBack) {
          for (const [unit] of world.starts) expect(world.completed(unit)).toBe(0);
        }
        expect((await bench.record.audit.verify()).state).toBe('consistent-not-anchored');
      } finally {
        await bench.close();
      }
    }),
    { numRuns: Number(process.env['OAOPS_PROPERTY_RUNS'] ?? 60), seed: seed(), examples: [[diedBesideAFailure()]] },
  );

  /** What a person does next: lets time pass, tells the truth about unknown units, resumes. */
  async function next(
    world: World,
    bench: Bench,
    plan: ReturnType<typeof planOf>,
    runId: string | undefined,
    end: RunEnd | undefined,
    stop?: AbortSignal,
  ): Promise<RunEnd> {
    if (runId === undefined) return bench.engine.start(plan, { name: 'alice' }, stop ? { stop } : {});
    if (end?.wakeAt) {
      bench.clock.advance(Math.max(0, Date.parse(end.wakeAt) - bench.clock.nowMs()));
      const ticked = await bench.engine.tick();
      if (ticked.ran.length > 0) return ticked.ran[0]!;
    }
    const unknown = /--unit (\S+)\/(\S+) --as/.exec(end?.next ?? '');
    if (unknown) {
      const [, step, unit] = unknown;
      const as = world.completed(`${step}/${unit}`) > 0 ? 'done' : 'retry';
      return bench.engine.resume(runId, { decision: { step: step!, unit: unit!, as } });
    }
    return bench.engine.resume(runId);
  }
});

/** The seed is printed by fast-check when it fails; OAOPS_SEED repeats it. */
function seed(): number {
  const value = Number(process.env['OAOPS_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`state machine seed: ${value}`);
  return value;
}

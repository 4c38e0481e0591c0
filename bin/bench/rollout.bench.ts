import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isoTime, systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { Redactor } from '../../src/core/redaction.ts';
import type { AnyAction } from '../../src/engine/action.ts';
import { makePlan } from '../../src/engine/plan/plan.ts';
import { Engine } from '../../src/engine/service.ts';
import { openRecord } from '../../src/record/open.ts';
import type { RunStore } from '../../src/record/types.ts';
import { makeBatches } from '../../src/rollout/batches.ts';
import { expandRollout } from '../../src/rollout/expand.ts';
import { rolloutSpecSchema } from '../../src/rollout/schema.ts';
import type { Bench } from './bench.ts';
import { table } from './figures.ts';

const members = 100_000;
const perBatch = 500;
const goalMs = 5;

/** What the engine costs by itself: a rollout whose steps do nothing. */
export const bench: Bench = {
  title: 'A rollout that does nothing',
  async run({ scale }, show) {
    const rows: string[][] = [];
    for (const count of [members / 10, members].map((full) => Math.max(perBatch, Math.round(full * scale)))) {
      const { batches, planMs, runMs, commitMs, earlyMib, endMib } = await rollOut(count);
      const each = (runMs - commitMs) / batches;
      rows.push([
        count.toLocaleString('en'),
        String(batches),
        `${(planMs / 1000).toFixed(2)} s`,
        `${(runMs / 1000).toFixed(2)} s`,
        `${(commitMs / 1000).toFixed(2)} s`,
        `${each.toFixed(1)} ms`,
        `${earlyMib} MiB`,
        `${endMib} MiB`,
        each <= goalMs ? 'met' : 'missed',
      ]);
    }
    const head = [
      'members',
      'batches',
      'plan',
      'run',
      'of it in the record',
      'the rest, a batch',
      'memory early',
      'at the end',
      `at most ${goalMs} ms`,
    ];
    show(
      `One step and one gate in each batch of ${perBatch}, on SQLite; memory is that of the process (RSS) after a tenth of the batches, and at the end.\n\n${table(head, rows)}`,
    );
  },
};

async function rollOut(count: number) {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-bench-rollout-'));
  const record = await openRecord({
    stateDir: dir,
    clock: systemClock,
    random: systemRandom,
    actor: 'bench',
    hostname: 'bench',
  });
  try {
    const startedMs = performance.now();
    const spec = rolloutSpecSchema.parse({
      population: { from: 'inventory', targets: ['all'] },
      batches: { sizes: [perBatch] },
      steps: [{ id: 'apply', uses: 'bench.apply', with: { users: '${{ batch.json }}' } }],
      gates: [{ id: 'look', uses: 'bench.look', success: 'result.healthy' }],
    });
    const population = Array.from({ length: count }, (_, index) => ({ id: `user-${index}`, vars: {} }));
    const batches = makeBatches(population, spec.batches.sizes);
    const actions = new Map(
      [nothing('bench.apply', 'write'), nothing('bench.look', 'read')].map((one) => [one.name, one]),
    );
    const text = 'bench';
    const plan = makePlan({
      runbook: {
        apiVersion: 'oaops/v1',
        kind: 'Rollout',
        metadata: {
          name: 'bench',
          version: '1.0.0',
          title: { en: 'Bench' },
          owner: 'bench',
          procedures: [],
          labels: {},
        },
        inputs: {},
        maxParallelSteps: 4,
        steps: expandRollout(spec, batches),
        spec,
        source: { file: 'bench.yaml', text, sha256: '0'.repeat(64) },
      },
      inputs: {},
      inventory: { sources: [], hosts: [] },
      actions,
      createdAt: isoTime(systemClock.nowMs()),
      oaopsVersion: '0.0.0',
      batches,
    });
    const planMs = performance.now() - startedMs;
    const watch = { ms: 0 };
    let ended = 0;
    let earlyMib: number | undefined;
    const none = () => Promise.reject(new Error('not in this bench'));
    const engine = new Engine({
      record: { ...record, runs: timed(record.runs, watch) },
      actions,
      hosts: none,
      http: none,
      secrets: { resolve: none },
      signatures: none,
      services: {},
      clock: systemClock,
      random: systemRandom,
      redactor: new Redactor(),
      runsDir: join(dir, 'runs'),
      oaopsVersion: '0.0.0',
      actor: 'bench',
      sink: ({ event }) => {
        if (event === 'step.ended') ended += 1;
        if (ended === Math.ceil(plan.steps.length / 10)) earlyMib ??= rssMib();
      },
      changedFiles: async () => [],
    });
    const beganMs = performance.now();
    const end = await engine.start(plan, { name: 'bench' });
    if (end.status !== 'ok') throw new Error(`the rollout ended as ${end.status}: ${end.message}`);
    const runMs = performance.now() - beganMs;
    return {
      batches: batches.length,
      planMs,
      runMs,
      commitMs: watch.ms,
      earlyMib,
      endMib: rssMib(),
    };
  } finally {
    await record.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function nothing(name: string, effect: 'read' | 'write'): AnyAction {
  return {
    name,
    title: { en: name },
    effect,
    withSchema: z.record(z.string(), z.unknown()),
    resultSchema: z.record(z.string(), z.unknown()),
    usesTargets: true,
    idempotent: true,
    describe: () => 'nothing',
    apply: async () => ({ status: 'ok', result: { healthy: true } }),
  };
}

/** The same store; counts the time that its calls take. */
function timed(runs: RunStore, watch: { ms: number }): RunStore {
  return new Proxy(runs, {
    get: (target, name) => {
      const method = (target as unknown as Record<PropertyKey, (...args: unknown[]) => Promise<unknown>>)[name]!.bind(
        target,
      );
      return async (...args: unknown[]) => {
        const before = performance.now();
        try {
          return await method(...args);
        } finally {
          watch.ms += performance.now() - before;
        }
      };
    },
  });
}

function rssMib(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20);
}

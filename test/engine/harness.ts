import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { sha256Hex } from '../../src/core/json.ts';
import { Redactor } from '../../src/core/redaction.ts';
import type { AnyAction } from '../../src/engine/action.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { makePlan } from '../../src/engine/plan/plan.ts';
import type { Plan, PlannedBatch } from '../../src/engine/plan/plan-types.ts';
import type { Inventory } from '../../src/engine/ports.ts';
import { Engine } from '../../src/engine/service.ts';
import { systemProcesses } from '../../src/record/locks/owner.ts';
import { openRecord } from '../../src/record/open.ts';
import type { RecordStore } from '../../src/record/types.ts';
import type { Runbook, StepSpec } from '../../src/runbook/types.ts';

/** Time that passes only when nothing else can happen: the earliest sleeper is woken once the event loop is idle. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 10, 22, 18, 0, 0)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(new DOMException('aborted', 'AbortError'));
      };
      const sleeper = {
        atMs: this.#nowMs + ms,
        wake: () => {
          signal?.removeEventListener('abort', refuse);
          resolve();
        },
      };
      if (signal?.aborted) return refuse();
      signal?.addEventListener('abort', refuse, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Lets time pass until the promise is settled. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    work.then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    for (let turn = 0; !settled; turn += 1) {
      if (turn > 2_000_000) throw new Error('the run does not end');
      for (let idle = 0; idle < 4 && !settled; idle += 1) await new Promise((resolve) => setImmediate(resolve));
      if (settled) break;
      const next = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) continue;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    return work;
  }
}

export interface Bench {
  dir: string;
  clock: VirtualClock;
  events: RunEvent[];
  redactor: Redactor;
  record: RecordStore;
  engine: Engine;
  deps: EngineDeps;
  /** Another process on the same record; the one before counts as killed. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** An engine on a real SQLite record with virtual time. */
export async function openBench(
  actions: AnyAction[],
  options: { wrap?: (record: RecordStore) => RecordStore; deps?: Partial<EngineDeps>; clock?: VirtualClock } = {},
): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-engine-'));
  const clock = options.clock ?? new VirtualClock();
  const events: RunEvent[] = [];
  const redactor = new Redactor();
  const opened: RecordStore[] = [];
  let generation = 0;

  const open = async (): Promise<RecordStore> => {
    generation += 1;
    const current = generation;
    const self = { ...systemProcesses('bench').self, pid: 1000 + current, processStart: `${current}` };
    const record = await openRecord({
      stateDir: dir,
      clock,
      random: systemRandom,
      actor: 'alice',
      hostname: 'bench',
      processes: { self, alive: (pid) => pid === 1000 + generation },
    });
    opened.push(record);
    return options.wrap ? options.wrap(record) : record;
  };
  const make = (record: RecordStore): EngineDeps => ({
    record,
    actions: new Map(actions.map((action) => [action.name, action])),
    hosts: () => Promise.reject(new Error('this bench has no hosts')),
    http: () => Promise.reject(new Error('this bench has no network')),
    secrets: { resolve: () => Promise.reject(new Error('this bench has no secrets')) },
    signatures: () => Promise.reject(new Error('this bench has no keys')),
    services: {},
    clock,
    random: systemRandom,
    redactor,
    runsDir: join(dir, 'runs'),
    oaopsVersion: '0.0.0-test',
    actor: 'alice',
    sink: (event) => events.push(event),
    changedFiles: async () => [],
    ...options.deps,
  });
  const record = await open();
  const bench: Bench = {
    dir,
    clock,
    events,
    redactor,
    record,
    deps: make(record),
    engine: new Engine(make(record)),
    async restart() {
      bench.record = await open();
      bench.deps = make(bench.record);
      bench.engine = new Engine(bench.deps);
    },
    async close() {
      for (const store of opened) await store.close().catch(() => undefined);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return bench;
}

/** A step with defaults, as the loader makes them. */
export function stepSpec(step: Partial<StepSpec> & { id: string; uses: string }): StepSpec {
  return {
    name: { en: step.id },
    with: {},
    parallel: 1,
    outputs: {},
    retry: { attempts: 1, delayMs: 1000, backoff: 'fixed', maxDelayMs: 60_000 },
    onFailure: 'stop',
    idempotent: false,
    ...step,
  };
}

export function runbookOf(steps: StepSpec[], extra: Partial<Runbook> = {}): Runbook {
  const text = JSON.stringify(steps);
  return {
    apiVersion: 'oaops/v1',
    kind: 'Procedure',
    metadata: { name: 'bench', version: '1.0.0', title: { en: 'Bench' }, owner: 'tests', procedures: [], labels: {} },
    inputs: {},
    maxParallelSteps: 4,
    steps,
    spec: {},
    source: { file: 'bench.yaml', text, sha256: sha256Hex(text) },
    ...extra,
  };
}

export const emptyInventory: Inventory = { sources: [], hosts: [] };

export function planOf(
  actions: AnyAction[],
  steps: StepSpec[],
  extra: {
    inputs?: Record<string, unknown>;
    inventory?: Inventory;
    runbook?: Partial<Runbook>;
    limit?: string[];
    allowedSigners?: { path: string; sha256: string };
    batches?: PlannedBatch[];
  } = {},
): Plan {
  return makePlan({
    runbook: runbookOf(steps, extra.runbook),
    inputs: extra.inputs ?? {},
    inventory: extra.inventory ?? emptyInventory,
    actions: new Map(actions.map((action) => [action.name, action])),
    createdAt: '2026-11-22T18:00:00.000Z',
    oaopsVersion: '0.0.0-test',
    ...(extra.limit ? { limit: extra.limit } : {}),
    ...(extra.allowedSigners ? { allowedSigners: extra.allowedSigners } : {}),
    ...(extra.batches ? { batches: extra.batches } : {}),
  });
}

/** Hosts web1 .. webN in group `web`. */
export function webInventory(count: number): Inventory {
  const hosts = Array.from({ length: count }, (_, index) => ({
    name: `web${index + 1}`,
    connection: 'ssh' as const,
    host: `10.0.0.${index + 1}`,
    groups: ['web'],
    vars: { number: index + 1 },
  }));
  return { sources: [{ file: 'hosts.yaml', sha256: '0'.repeat(64) }], hosts };
}

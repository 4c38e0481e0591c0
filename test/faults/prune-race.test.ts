import { randomInt } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { pruneRepository } from '../../src/backup/prune/prune.ts';
import { openRepository } from '../../src/backup/repository/open.ts';
import { listSnapshotIds } from '../../src/backup/repository/snapshots.ts';
import { checkStructure } from '../../src/backup/verify/structure.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { backUp, differences, makeRepositoryIn } from '../helpers/backing-up.ts';
import { backUpAt, day } from '../helpers/pruning.ts';
import { restoreFrom } from '../helpers/restoring.ts';

/*
 * A backup and a prune at once, in any order of their calls to the storage. Leases keep them apart; here the prune does not see the lease
 * of the backup, as when the backup's machine stood still for longer than a lease lasts. The prune has no grace. What
 * must hold: no snapshot lacks anything, and a backup that says it is there restores.
 */
const schedules = 16;
let base: string;
let dir: string;
const old = Date.now() - 5 * day;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-race-'));
  base = join(dir, 'base');
  const [repo, source, state] = ['repo', 'src', 'state'].map((name) => join(base, name)) as [string, string, string];
  mkdirSync(source, { recursive: true });
  await makeRepositoryIn([repo], 'none');
  writeSource(source, 'a');
  await backUpAt(old, [source], [repo], { state, host: 'oa-1', runbook: 'daily' });
  writeSource(source, 'b');
  await backUpAt(old + day, [source], [repo], { state, host: 'oa-1', runbook: 'daily' });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function writeSource(source: string, mark: string): void {
  for (let i = 0; i < 6; i++) {
    writeFileSync(join(source, `f${i}`), `${mark}${i} `.repeat(4000));
    utimesSync(join(source, `f${i}`), 1000, mark === 'a' ? 1000 : 2000);
  }
}

/** Lets the calls of two sides through one by one, as `choose` says, as long as both are at work. */
class Turns {
  readonly #waiting: [(() => void)[], (() => void)[]] = [[], []];
  readonly #active = new Set<0 | 1>([0, 1]);
  readonly #choose: () => 0 | 1;
  #busy = false;
  log = '';

  constructor(choose: () => 0 | 1) {
    this.#choose = choose;
  }

  async call<T>(side: 0 | 1, work: () => Promise<T>): Promise<T> {
    if (!this.#active.has(side)) return work();
    await new Promise<void>((resolve) => {
      this.#waiting[side].push(resolve);
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#busy = false;
      // What this side asks for next is asked for first.
      setImmediate(() => this.#next());
    }
  }

  leave(side: 0 | 1): void {
    this.#active.delete(side);
    for (const go of this.#waiting[side].splice(0)) go();
    this.#next();
  }

  #next(): void {
    if (this.#busy) return;
    const sides = [...this.#active].filter((side) => this.#waiting[side].length > 0);
    // A side that thinks is waited for, unless the other one has nothing else to do than to wait for it.
    if (sides.length === 0) return;
    if (sides.length < this.#active.size) {
      setTimeout(() => this.#idle(), 20);
      return;
    }
    this.#go(sides.length === 2 ? this.#choose() : sides[0]!);
  }

  #idle(): void {
    const sides = [...this.#active].filter((side) => this.#waiting[side].length > 0);
    if (!this.#busy && sides.length > 0) this.#go(sides.length === 2 ? this.#choose() : sides[0]!);
  }

  #go(side: 0 | 1): void {
    this.#busy = true;
    this.log += side;
    this.#waiting[side].shift()!();
  }
}

async function listed(store: ObjectStore, prefix: string) {
  const found = [];
  for await (const entry of store.list(prefix)) found.push(entry);
  return found;
}

/** The calls of one side; those of the prune do not see leases of others. */
function inTurn(store: ObjectStore, side: 0 | 1, turns: Turns): ObjectStore {
  const mine = new Set<string>();
  return {
    location: store.location,
    kind: store.kind,
    put: async (name, body, options) => {
      mine.add(name);
      return turns.call(side, () => store.put(name, body, options));
    },
    get: async (name, range, signal) => {
      return turns.call(side, () => store.get(name, range, signal));
    },
    stream: (name, signal) => store.stream(name, signal),
    head: async (name) => {
      return turns.call(side, () => store.head(name));
    },
    async *list(prefix) {
      const found = await turns.call(side, () => listed(store, prefix));
      for (const entry of found) if (side === 0 || prefix !== 'locks/' || mine.has(entry.name)) yield entry;
    },
    delete: async (name) => {
      return turns.call(side, () => store.delete(name));
    },
    serverTimeMs: () => store.serverTimeMs(),
    capabilities: () => store.capabilities(),
    close: async () => store.close(),
  };
}

async function race(choose: () => 0 | 1): Promise<{ ended: string; log: string }> {
  const work = mkdtempSync(join(dir, 'run-'));
  cpSync(base, work, { recursive: true, preserveTimestamps: true });
  // The paths of the sources are those of the first backups: the cache knows them.
  const source = join(base, 'src');
  writeSource(source, 'a');
  const repo = join(work, 'repo');
  const turns = new Turns(choose);
  const backup = backUp([source], [repo], {
    state: join(work, 'state'),
    host: 'oa-1',
    runbook: 'daily',
    openStore: async (at) => inTurn(await openDirectoryStore(at), 0, turns),
  }).finally(() => turns.leave(0));
  const prune = pruneRepository(
    { repos: [repo], rules: { keepLast: 1 }, timeZone: 'UTC', graceMs: 0 },
    {
      openStore: async (at) => inTurn(await openDirectoryStore(at), 1, turns),
      stateDir: join(work, 'other-state'),
      clock: systemClock,
      random: systemRandom,
      signal: new AbortController().signal,
    },
  ).finally(() => turns.leave(1));
  const [made, pruned] = await Promise.allSettled([backup, prune]);
  const store = await openDirectoryStore(repo);
  const { problems } = await checkStructure(store, undefined, new AbortController().signal);
  expect(problems, turns.log).toEqual([]);
  const ids = await listSnapshotIds(store);
  expect(ids.length, turns.log).toBeGreaterThan(0);
  if (made.status === 'fulfilled' && made.value.exitCode === 0) {
    expect(ids, turns.log).toContain(made.value.snapshot);
    const target = join(work, 'restored');
    await restoreFrom(repo, { target, snapshot: made.value.snapshot });
    expect(differences(source, join(target, source)), turns.log).toEqual([]);
  }
  await openRepository(store);
  const of = (one: PromiseSettledResult<unknown>) => (one.status === 'fulfilled' ? 'done' : one.reason.code);
  rmSync(work, { recursive: true });
  return { ended: `${of(made)}, ${of(pruned)}`, log: turns.log };
}

test(`${schedules} random orders of calls: no snapshot lacks anything`, async () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));
  const ends: Record<string, number> = {};
  for (let n = 0; n < schedules; n++) {
    let state = (seed + n * 7919) | 1;
    // The backup has its lease first.
    let side: 0 | 1 = 0;
    let left = 8 + n * 3;
    // Runs of calls of one side, so that each is caught at many places of the other.
    const choose = (): 0 | 1 => {
      if (left-- <= 0) {
        state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9;
        left = (state >>> 8) % 12;
        side = side === 0 ? 1 : 0;
      }
      return side;
    };
    const { ended } = await race(choose);
    ends[ended] = (ends[ended] ?? 0) + 1;
  }
  console.log(`seed ${seed}: ${JSON.stringify(ends)}`);
}, 240_000);

test('a whole prune between any two calls of a backup', async () => {
  const ends: Record<string, number> = {};
  for (let at = 1; at < 80; at += 3) {
    let calls = 0;
    const { ended, log } = await race(() => (++calls <= at ? 0 : 1));
    ends[ended] = (ends[ended] ?? 0) + 1;
    if (!log.slice(0, at + 1).includes('1')) break;
  }
  console.log(JSON.stringify(ends));
  // Some are too early to matter, some are noticed before there is a snapshot, some come too late.
  expect(ends['done, done']).toBeGreaterThan(0);
  expect(Object.keys(ends).length).toBeGreaterThan(1);
}, 240_000);

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, dialects, type Place, storeRun, storeUnit } from './suite.ts';

const writer = fileURLToPath(new URL('fixtures/writer.ts', import.meta.url));

const cutConnections = `select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'oaops' and datname = current_database();`;

interface Writer {
  process: ChildProcess;
  /** Journal rows that it was told are committed. */
  committed: number[];
  ready: Promise<void>;
  ended: Promise<{ code: number | null; stderr: string }>;
}

function startWriter(place: Place, options: { rounds: number; lock: string; runId: string }): Writer {
  const { stateDir, url } = place;
  const child = spawn(process.execPath, [writer, JSON.stringify({ place: { stateDir, url }, ...options })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const committed: number[] = [];
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, stderr })),
  );
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) =>
      line === 'ready' ? resolve() : committed.push(Number(line)),
    );
    void ended.then(() => reject(new Error(stderr)));
  });
  ready.catch(() => {});
  return { process: child, committed, ready, ended };
}

describe.each(dialects)('processes writing to %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  it('keeps one whole chain under eight writers', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const runId = await storeRun(record);
    const writers = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => startWriter(place, { rounds: 40, lock: `writer-${n}`, runId }));
    for (const { ended } of writers) expect(await ended).toEqual({ code: 0, stderr: '' });
    const journal = await record.runs.journal(runId);
    expect(journal).toHaveLength(320);
    expect(journal.map((row) => row.seq)).toEqual(Array.from({ length: 320 }, (_, index) => index + 1));
    expect(journal.every((row) => row.status === 'ok')).toBe(true);
    // created + run + 8 x (lock, 40 x (intent, result), release)
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored', rows: 2 + 8 * 82 });
  }, 240_000);

  it('survives kill -9 of a writer at any moment: takeover at once, nothing committed is lost, chain whole', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const runId = await storeRun(record);
    const committed: number[] = [];
    for (let round = 0; round < 6; round++) {
      const delayMs = randomInt(0, 120);
      console.log(`seed: round ${round} is killed after ${delayMs} ms`);
      const child = startWriter(place, { rounds: 100_000, lock: 'run', runId });
      await child.ready;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.process.kill('SIGKILL');
      await child.ended;
      committed.push(...child.committed);
      const lock = await record.locks.acquire('run', 'takeover');
      await storeUnit(record, runId, lock, `after-${round}`);
      await lock.release();
      expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    }
    const stored = new Map((await record.runs.journal(runId)).map((row) => [row.seq, row.status]));
    expect(committed.filter((seq) => stored.get(seq) !== 'ok')).toEqual([]);
  }, 240_000);

  // A file has no server.
  const itOfServers: typeof it | (() => void) = dialect === 'postgres' ? it : () => undefined;
  itOfServers(
    'stores each fact once while its connections are cut',
    async () => {
      const place = await bench.place();
      const record = await bench.open(place);
      const stored: number[] = [];
      const failed: number[] = [];
      for (let n = 0; n < 40; n++) {
        const write = record.facts.add('cut', `k${n}`, '2026-11-22T08:00:00.000Z', n).then(
          () => stored.push(n),
          (error) => {
            expect(error).toMatchObject({ code: 'record-unreachable' });
            failed.push(n);
          },
        );
        if (n % 4 === 0) await place.sql(cutConnections);
        await write;
      }
      const there = (await record.facts.list('cut')).map(({ body }) => body as number);
      expect(new Set(there).size).toBe(there.length);
      expect(stored.filter((n) => !there.includes(n))).toEqual([]);
      expect(there.filter((n) => !stored.includes(n) && !failed.includes(n))).toEqual([]);
      expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    },
    60_000,
  );

  itOfServers(
    'says that a server takes no writes, and goes on when it does',
    async () => {
      const place = await bench.place();
      const record = await bench.open(place);
      const name = new URL(place.url!).pathname.slice(1);
      await place.sql(`alter database ${name} set default_transaction_read_only = on; ${cutConnections}`);
      await expect(record.facts.add('t', 'k', '2026-11-22T08:00:00.000Z', 1)).rejects.toMatchObject({
        code: 'record-not-writable',
        message: expect.stringContaining('takes no writes'),
      });
      expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
      await place.sql(
        `begin read write; alter database ${name} reset default_transaction_read_only; commit; ${cutConnections}`,
      );
      await record.facts.add('t', 'k', '2026-11-22T08:00:00.000Z', 1);
      expect(await record.facts.list('t')).toHaveLength(1);
    },
    60_000,
  );

  itOfServers(
    'goes on when the server restarts between two commits',
    async () => {
      const place = await bench.place();
      const record = await bench.open(place);
      const runId = await storeRun(record);
      await bench.server!.crash();
      const write = record.facts.add('topic', 'key', '2026-11-22T08:00:00.000Z', 1);
      await bench.server!.start();
      await write;
      expect(await record.runs.get(runId)).toBeDefined();
      expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    },
    60_000,
  );
});

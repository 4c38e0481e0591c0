import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HeldLock } from '../../src/record/types.ts';
import { eventually } from '../helpers/eventually.ts';
import { Bench, dialects, storeRun, storeUnit } from './suite.ts';

const holder = fileURLToPath(new URL('fixtures/stopped-holder.ts', import.meta.url));

describe.each(dialects)('a holder on %s that is stopped for longer than its term', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  // On SQLite a transaction of a living process of this machine cannot be ended by others: they wait.
  it.each(dialect === 'postgres' ? (['nothing', 'transaction'] as const) : (['nothing'] as const))(
    'is refused at its next commit when it was stopped in %s',
    async (stopIn) => {
      const place = await bench.place();
      const record = await bench.open(place);
      const runId = await storeRun(record);
      const { stateDir, url } = place;
      const child = spawn(
        process.execPath,
        [holder, JSON.stringify({ place: { stateDir, url }, runId, ttlMs: 600, stopIn })],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const lines: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
      const ended = new Promise((resolve) => child.once('close', resolve));
      try {
        await eventually(() => lines.length > 2);
        let lock: HeldLock | undefined;
        await eventually(async () => {
          lock = await record.locks.acquire('run', 'takeover', 60_000).catch(() => undefined);
          return lock !== undefined;
        }, 40_000);
        const before = (await record.runs.journal(runId)).length;
        child.kill('SIGCONT');
        await ended;
        expect(lines.at(-1)).toBe('fence-lost');
        // Not one row more, and the new holder was not hindered.
        expect(await record.runs.journal(runId)).toHaveLength(before);
        await storeUnit(record, runId, lock!, 'new');
        expect((await record.locks.list()).map(({ owner }) => owner.purpose)).toEqual(['takeover']);
        expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
        for await (const { action } of record.audit.rows(1)) expect(action).not.toBe('stale');
      } finally {
        child.kill('SIGCONT');
        child.kill('SIGKILL');
        await ended;
      }
    },
    60_000,
  );
});

import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownerState, type Processes, systemProcesses } from '../../src/record/locks/owner.ts';
import type { LockOwner } from '../../src/record/types.ts';
import { Bench, dialects } from './suite.ts';

const self = systemProcesses('test-host').self;

/** The same as this machine, but seen from a process that is somewhere else. */
const elsewhere = (change: Partial<Processes['self']>): Processes => ({
  self: { ...self, ...change },
  alive: () => false,
});

describe.each(dialects)('locks on %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  it('has one owner at a time and counts up', async () => {
    const place = await bench.place();
    const [one, two] = [await bench.open(place), await bench.open(place)];
    const held = await one.locks.acquire('repo', 'backup of /srv');
    await expect(two.locks.acquire('repo', 'other')).rejects.toMatchObject({
      code: 'lock-held',
      exitCode: 11,
      message: expect.stringContaining('backup of /srv'),
    });
    await held.release();
    await held.release();
    const next = await two.locks.acquire('repo', 'other');
    expect(next.fence.fence).toBe(held.fence.fence + 1);
    expect((await one.locks.list()).map((row) => row.owner.purpose)).toEqual(['other']);
    await two.close();
    expect(await one.locks.list()).toEqual([]);
  });

  it('is taken over at once when its process is gone, never while it lives', async () => {
    const place = await bench.place();
    const child = spawn('sleep', ['60']);
    const pid = child.pid!;
    const processes = systemProcesses('test-host');
    const start = (await import('node:fs')).readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]!;
    const owner = await bench.open(place, { processes: { ...processes, self: { ...self, pid, processStart: start } } });
    const lock = await owner.locks.acquire('run', 'of a child', 40);
    await place.sql(`update locks set expires_at = '2020-01-01T00:00:00.000Z'`);
    const other = await bench.open(place);
    await expect(other.locks.acquire('run', 'too early')).rejects.toMatchObject({
      code: 'lock-held',
      details: { ownerState: 'alive' },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const taken = await other.locks.acquire('run', 'at once');
    expect(taken.fence.fence).toBe(lock.fence.fence + 1);
    expect((await other.audit.verify()).state).toBe('consistent-not-anchored');
  });

  it('waits for expiry when the owner cannot be looked at, then takes over with a higher fence', async () => {
    const place = await bench.place();
    const far = await bench.open(place, { processes: elsewhere({ machineId: 'other', bootId: 'other' }) });
    const held = await far.locks.acquire('run', 'far away', 60_000);
    const here = await bench.open(place);
    await expect(here.locks.acquire('run', 'x')).rejects.toMatchObject({
      code: 'lock-held',
      details: { ownerState: 'elsewhere' },
    });
    await place.sql(`update locks set expires_at = '2020-01-01T00:00:00.000Z'`);
    const taken = await here.locks.acquire('run', 'x');
    expect(taken.fence.fence).toBe(held.fence.fence + 1);
    await expect(far.locks.acquire('run', 'again')).rejects.toMatchObject({ code: 'lock-held' });
  });

  it('tells the owner when the lock was taken from it', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const held = await record.locks.acquire('run', 'x', 60);
    expect(held.lost.aborted).toBe(false);
    await record.locks.break('run', 'root');
    await vi.waitFor(() => expect(held.lost.aborted).toBe(true), 5000);
    expect(held.lost.reason).toMatchObject({ code: 'lock-lost' });
  });

  it('renews itself for as long as it is held', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    const held = await record.locks.acquire('run', 'x', 3000);
    const [first] = await record.locks.list();
    await vi.waitFor(
      async () => {
        const [row] = await record.locks.list();
        // Once more at least than it was for: the second renewal.
        expect(Date.parse(row!.expiresAt) - Date.parse(first!.expiresAt)).toBeGreaterThan(1500);
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(held.lost.aborted).toBe(false);
  }, 90_000);

  it('gives up before its own expiry when it cannot renew', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    let now = 0;
    const { renewInBackground } = await import('../../src/record/locks/renewal.ts');
    const renewal = renewInBackground({
      clock: { ...record.database.clock, monotonicMs: () => now },
      ttlMs: 60,
      renewedAtMs: 0,
      renew: async () => Promise.reject(new Error('no database')),
      lockName: 'run',
    });
    now = 30;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(renewal.lost.aborted).toBe(false);
    now = 45;
    await vi.waitFor(() => expect(renewal.lost.aborted).toBe(true), 2000);
  });

  it('breaks only what is held', async () => {
    const record = await bench.open(await bench.place());
    await expect(record.locks.break('nothing', 'root')).rejects.toMatchObject({ code: 'lock-not-held', exitCode: 2 });
  });
});

describe('ownerState', () => {
  const owner: LockOwner = { ...self, purpose: 'x' };
  const here: Processes = { self, alive: (pid, start) => pid === self.pid && start === self.processStart };

  it.each<[string, Partial<LockOwner>, ReturnType<typeof ownerState>]>([
    ['this process', {}, 'alive'],
    ['a pid that was used again', { processStart: '1' }, 'gone'],
    ['another container of this machine', { pidNamespace: 'pid:[4026539999]' }, 'elsewhere'],
    ['this machine before it was started anew', { bootId: 'before' }, 'gone'],
    ['a clone with the same machine id', { bootId: 'other', hostname: 'clone' }, 'elsewhere'],
    [
      'a container of the same image on another machine',
      { bootId: 'other', pidNamespace: 'pid:[4026539999]' },
      'elsewhere',
    ],
    ['another machine', { bootId: 'other', machineId: 'other' }, 'elsewhere'],
  ])('%s', (_name, change, state) => {
    // In the first pid namespace, whatever the one this test runs in.
    const initial = { pidNamespace: 'pid:[4026531836]' };
    expect(ownerState({ ...owner, ...initial, ...change }, { ...here, self: { ...self, ...initial } })).toBe(state);
  });

  it('knows a zombie for gone and a process of another user for alive', () => {
    const { alive } = systemProcesses('h');
    expect(alive(self.pid, self.processStart)).toBe(true);
    expect(alive(self.pid, '0')).toBe(false);
    expect(alive(4_194_303, '0')).toBe(false);
  });
});

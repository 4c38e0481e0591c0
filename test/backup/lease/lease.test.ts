import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireHostLock } from '../../../src/backup/lease/host-lock.ts';
import { acquireLease, type LeaseBody, listLeases } from '../../../src/backup/lease/lease.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { isoTime, systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { currentProcessIdentity } from '../../../src/core/process-identity.ts';

const identity = currentProcessIdentity();
const place = { identity, clock: systemClock, user: 'tester' };
const shared = { ...place, kind: 'shared' as const, purpose: 'backup', random: systemRandom };
const exclusive = { ...shared, kind: 'exclusive' as const, purpose: 'prune' };

let root: string;
let store: ObjectStore;
const children: ChildProcess[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oaops-lease-'));
  store = await openDirectoryStore(root);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await rm(root, { recursive: true, force: true });
});

async function holder(kind: 'shared' | 'exclusive' | 'host'): Promise<{ said: string; child: ChildProcess }> {
  const program = new URL('../../helpers/lock-holder.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, JSON.stringify({ root, kind })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  return { said: text.toString().trim(), child };
}

async function plant(number: number, change: Partial<LeaseBody>): Promise<string> {
  const body: LeaseBody = {
    kind: 'exclusive',
    purpose: 'prune',
    host: 'other',
    machineId: 'another machine',
    bootId: 'b',
    pid: 1,
    processStart: '1',
    user: 'root',
    createdAt: isoTime(Date.now()),
    expiresAt: isoTime(Date.now() + 900_000),
    token: 'ab'.repeat(16),
    ...change,
  };
  const name = `locks/${String(number).padStart(10, '0')}`;
  const bytes = Buffer.from(JSON.stringify(body));
  const { sha256Hex } = await import('../../../src/core/json.ts');
  await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
  return join(root, name);
}

describe('leases', () => {
  it('lets several shared ones in, and an exclusive one only alone', async () => {
    const one = await acquireLease(store, shared);
    const two = await acquireLease(store, shared);
    await expect(acquireLease(store, exclusive)).rejects.toMatchObject({
      code: 'lease-held',
      exitCode: 11,
      message: expect.stringMatching(/backup by tester on .* \(pid \d+\) since \d{4}-/),
    });
    await one.release();
    await two.release();
    expect(await readdir(join(root, 'locks'))).toEqual([]);
    const alone = await acquireLease(store, exclusive);
    await expect(acquireLease(store, shared)).rejects.toMatchObject({ code: 'lease-held' });
    await expect(acquireLease(store, exclusive)).rejects.toMatchObject({ code: 'lease-held' });
    await alone.release();
    await (await acquireLease(store, shared)).release();
  });

  it('never lets two exclusive ones in when many race', async () => {
    for (let round = 0; round < 5; round += 1) {
      const settled = await Promise.allSettled(Array.from({ length: 6 }, () => acquireLease(store, exclusive)));
      const winners = settled.filter((one) => one.status === 'fulfilled');
      expect(winners.length).toBeLessThanOrEqual(1);
      for (const winner of winners) await winner.value.release();
      expect(await readdir(join(root, 'locks'))).toEqual([]);
    }
  });

  it('goes on at once after kill -9 of the owner', async () => {
    const { said, child } = await holder('exclusive');
    expect(said).toBe('held');
    await expect(acquireLease(store, shared)).rejects.toMatchObject({ code: 'lease-held' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lease = await acquireLease(store, exclusive);
    expect(await readdir(join(root, 'locks'))).toHaveLength(1);
    await lease.release();
  });

  it('waits for the lease of another machine until it has run out by the time of the store', async () => {
    const path = await plant(7, {});
    await expect(acquireLease(store, shared)).rejects.toMatchObject({ details: { host: 'other' } });
    const old = (Date.now() - 901_000) / 1000;
    await utimes(path, old, old);
    await (await acquireLease(store, shared)).release();
  });

  it('does not trust the owner about what time it is', async () => {
    // An owner whose clock is ten years ahead gets its 15 minutes and no more.
    const future = Date.now() + 10 * 365 * 86_400_000;
    const path = await plant(7, { createdAt: isoTime(future), expiresAt: isoTime(future + 900_000) });
    await expect(acquireLease(store, shared)).rejects.toMatchObject({ code: 'lease-held' });
    const old = (Date.now() - 901_000) / 1000;
    await utimes(path, old, old);
    await (await acquireLease(store, shared)).release();
  });

  it('takes a lease of an earlier boot of this machine for gone', async () => {
    const owner = { host: identity.hostname, machineId: identity.machineId };
    await plant(7, { ...owner, bootId: 'an earlier boot' });
    await (await acquireLease(store, exclusive)).release();
    expect(await listLeases(store, identity)).toEqual([]);
  });

  it('counts an unreadable lease as held, and no longer than a lease lasts', async () => {
    const path = await plant(7, {});
    await writeFile(path, '{"kind":');
    await expect(acquireLease(store, shared)).rejects.toMatchObject({ code: 'lease-held' });
    const old = (Date.now() - 901_000) / 1000;
    await utimes(path, old, old);
    await (await acquireLease(store, shared)).release();
  });

  it('renews itself with a new object', async () => {
    const lease = await acquireLease(store, { ...shared, ttlMs: 600 });
    const [first] = await readdir(join(root, 'locks'));
    await expect.poll(async () => (await readdir(join(root, 'locks'))).includes(first!), { timeout: 5000 }).toBe(false);
    expect((await readdir(join(root, 'locks'))).length).toBeGreaterThan(0);
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
    expect(await readdir(join(root, 'locks'))).toEqual([]);
  });

  it('tells when it could not be renewed', async () => {
    const lease = await acquireLease(store, { ...shared, ttlMs: 600 });
    await rm(root, { recursive: true });
    await expect.poll(() => lease.lost.aborted, { timeout: 5000 }).toBe(true);
    await lease.release();
  });
});

describe('host lock', () => {
  it('keeps a second process out and ends with the first, however it ends', async () => {
    const { said, child } = await holder('host');
    expect(said).toBe('held');
    await expect(acquireHostLock(root, 'backup r', 'a backup', place)).rejects.toMatchObject({
      code: 'host-lock-held',
      exitCode: 11,
      message: expect.stringContaining(`pid ${child.pid}`),
    });
    await (await acquireHostLock(root, 'backup other', 'a backup', place)).release();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await acquireHostLock(root, 'backup r', 'a backup', place);
    expect((await holder('host')).said).toBe('host-lock-held');
    await lock.release();
    expect((await holder('host')).said).toBe('held');
  });

  it('keeps out a second one of the same process', async () => {
    const lock = await acquireHostLock(root, 'backup r', 'a backup', place);
    await expect(acquireHostLock(root, 'backup r', 'a backup', place)).rejects.toMatchObject({
      code: 'host-lock-held',
    });
    await lock.release();
    await (await acquireHostLock(root, 'backup r', 'a backup', place)).release();
  });
});

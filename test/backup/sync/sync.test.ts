import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLease } from '../../../src/backup/lease/lease.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { writeRemoved } from '../../../src/backup/repository/removed.ts';
import { listSnapshotIds } from '../../../src/backup/repository/snapshots.ts';
import { legsStatus } from '../../../src/backup/sync/leg-status.ts';
import { type SyncPlace, type SyncRequest, syncRepository } from '../../../src/backup/sync/sync.ts';
import { checkStructure } from '../../../src/backup/verify/structure.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { currentProcessIdentity } from '../../../src/core/process-identity.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';

const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
let dir: string;
let a: string;
let b: string;
let src: string;
let state: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-sync-'));
  [a, b, src, state] = ['a', 'b', 'src', 'state'].map((name) => join(dir, name)) as [string, string, string, string];
  mkdirSync(src);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const warnings: string[] = [];
function sync(request: Partial<SyncRequest> = {}, place: Partial<SyncPlace> = {}) {
  warnings.length = 0;
  return syncRepository(
    { repos: [a, b], ...request },
    {
      openStore: (repo, options) => openDirectoryStore(repo, options),
      companions: () => [{ name: 'README-RESTORE.txt', bytes: Buffer.from('how to restore') }],
      stateDir: state,
      cacheDir: join(state, 'cache'),
      clock: systemClock,
      random: systemRandom,
      signal: new AbortController().signal,
      stopping: new AbortController().signal,
      onProgress: () => undefined,
      onWarning: (message) => void warnings.push(message),
      ...place,
    },
  );
}

/** A backup with new content, to some of the legs. */
async function snapshot(repos: string[], name: string = randomBytes(4).toString('hex')): Promise<string> {
  writeFileSync(join(src, name), randomBytes(60_000));
  return (await backUp([src], repos, { state })).snapshot;
}

async function ids(leg: string): Promise<string[]> {
  return listSnapshotIds(await openDirectoryStore(leg));
}

async function problemsOf(leg: string): Promise<unknown[]> {
  return (await checkStructure(await openDirectoryStore(leg), undefined, new AbortController().signal)).problems;
}

/** All packs of a leg. */
function packs(leg: string): string[] {
  return readdirSync(join(leg, 'packs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.length > 3)
    .map((name) => join('packs', name));
}

describe('sync', () => {
  it('brings two legs to the union of both, without a key', async () => {
    await makeRepositoryIn([a, b], [recipient]);
    const both = await snapshot([a, b]);
    const onlyA = [await snapshot([a]), await snapshot([a])];
    const onlyB = await snapshot([b]);
    const result = await sync();
    expect(result.exitCode).toBe(0);
    const all = [both, ...onlyA, onlyB].sort();
    expect(await ids(a)).toEqual(all);
    expect(await ids(b)).toEqual(all);
    expect(result.legs.map(({ location, status, copied }) => ({ location, status, copied }))).toEqual([
      { location: a, status: 'ok', copied: [onlyB] },
      { location: b, status: 'ok', copied: onlyA },
    ]);
    expect(await problemsOf(a)).toEqual([]);
    expect(await problemsOf(b)).toEqual([]);
    expect(readdirSync(join(a, 'locks'))).toEqual([]);
    for (const name of packs(a)) expect(readFileSync(join(a, name))).toEqual(readFileSync(join(b, name)));
    const again = await sync();
    expect(again.legs.every((leg) => leg.copiedObjects === 0 && leg.copied.length === 0)).toBe(true);
  });

  it('copies in one direction only when told so', async () => {
    await makeRepositoryIn([a, b], 'none');
    await snapshot([a, b]);
    const onlyA = await snapshot([a]);
    const onlyB = await snapshot([b]);
    expect((await sync({ to: b })).exitCode).toBe(0);
    expect(await ids(b)).toContain(onlyA);
    expect(await ids(a)).not.toContain(onlyB);
    expect((await sync({ from: b })).exitCode).toBe(0);
    expect(await ids(a)).toContain(onlyB);
    await expect(sync({ to: '/elsewhere' })).rejects.toMatchObject({ code: 'leg-unknown', exitCode: 2 });
    await expect(sync({ repos: [a] })).rejects.toMatchObject({ code: 'legs-too-few', exitCode: 2 });
  });

  it('only says what it would do with dryRun', async () => {
    await makeRepositoryIn([a, b], 'none');
    await snapshot([a, b]);
    const onlyA = [await snapshot([a]), await snapshot([a])];
    const before = readdirSync(b, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('locks'));
    const planned = await sync({ dryRun: true });
    expect(planned.exitCode).toBe(0);
    expect(readdirSync(b, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('locks'))).toEqual(
      before,
    );
    const done = await sync();
    const leg = (result: typeof done) => result.legs.find(({ location }) => location === b)!;
    expect(leg(planned).copied).toEqual(onlyA);
    expect([leg(planned).copiedObjects, leg(planned).copiedBytes]).toEqual([
      leg(done).copiedObjects,
      leg(done).copiedBytes,
    ]);
  });

  it('adds a leg, only when asked to, and goes on with one that was cut off', async () => {
    await makeRepositoryIn([a], [recipient]);
    const one = await snapshot([a]);
    const plain = await sync().catch((error: unknown) => error);
    expect(plain).toMatchObject({ exitCode: 10 });
    expect(existsSync(b)).toBe(false);
    // An init that was killed after the keys.
    mkdirSync(join(b, 'keys'), { recursive: true });
    cpSync(join(a, 'keys'), join(b, 'keys'), { recursive: true });
    const result = await sync({ init: true });
    expect(result.exitCode).toBe(0);
    expect(result.legs.find(({ location }) => location === b)).toMatchObject({ made: true, copied: [one] });
    for (const name of ['config', 'keys/00000001'])
      expect(readFileSync(join(b, name))).toEqual(readFileSync(join(a, name)));
    expect(readFileSync(join(b, 'README-RESTORE.txt'), 'utf8')).toBe('how to restore');
    // It is a leg like the other one now.
    expect(await backUp([src], [a, b], { state })).toMatchObject({ exitCode: 0 });
  });

  it('makes no leg where something else lies', async () => {
    await makeRepositoryIn([a], 'none');
    await snapshot([a]);
    mkdirSync(join(b, 'snapshots'), { recursive: true });
    writeFileSync(join(b, 'snapshots/20260101T000000Z-00000000.manifest'), 'x');
    await expect(sync({ init: true })).rejects.toMatchObject({ exitCode: 10 });
    expect(warnings.join()).toContain('holds snapshots/20260101T000000Z-00000000.manifest but no repository');
    expect(existsSync(join(b, 'config'))).toBe(false);
  });

  it('passes on nothing that is damaged, and takes it from another leg', async () => {
    const c = join(dir, 'c');
    await makeRepositoryIn([a, b, c], 'none');
    const one = await snapshot([a, b]);
    const name = packs(a)[0]!;
    const bytes = readFileSync(join(a, name));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(a, name), bytes);
    const result = await sync({ repos: [a, b, c] });
    expect(warnings.join()).toContain(`${name} at ${a} has other content`);
    expect(result.exitCode).toBe(0);
    expect(readFileSync(join(c, name))).toEqual(readFileSync(join(b, name)));
    expect(await ids(c)).toEqual([one]);
  });

  it('gives no leg a snapshot of which something is damaged everywhere', async () => {
    await makeRepositoryIn([a, b], 'none');
    const good = await snapshot([a]);
    const before = new Set(packs(a));
    const bad = await snapshot([a]);
    const name = packs(a).find((one) => !before.has(one))!;
    writeFileSync(join(a, name), Buffer.alloc(readFileSync(join(a, name)).length));
    const result = await sync();
    expect(result.exitCode).toBe(3);
    expect(await ids(b)).toEqual([good]);
    expect(existsSync(join(b, name))).toBe(false);
    expect(result.legs.find(({ location }) => location === b)).toMatchObject({ status: 'behind', missing: [bad] });
  });

  it.each(['index', 'sha256', 'manifest'])('does not pass on a changed %s', async (kind) => {
    await makeRepositoryIn([a, b], 'none');
    const one = await snapshot([a]);
    const file = join(a, 'snapshots', `${one}.${kind}`);
    const bytes = readFileSync(file);
    bytes[bytes.length - 30]! ^= 1;
    writeFileSync(file, bytes);
    expect((await sync()).exitCode).toBe(3);
    expect(await ids(b)).toEqual([]);
  });

  it('replaces objects of another size and what a cut-off copy left', async () => {
    await makeRepositoryIn([a, b], 'none');
    const one = await snapshot([a]);
    const name = packs(a)[0]!;
    mkdirSync(join(b, name, '..'), { recursive: true });
    writeFileSync(join(b, name), 'cut');
    mkdirSync(join(b, 'snapshots'), { recursive: true });
    writeFileSync(join(b, 'snapshots', `${one}.index`), 'another index');
    expect((await sync()).exitCode).toBe(0);
    expect(await ids(b)).toEqual([one]);
    expect(await problemsOf(b)).toEqual([]);
  });

  it('does not bring back what was removed from a leg', async () => {
    await makeRepositoryIn([a, b], 'none');
    const old = await snapshot([a, b]);
    const kept = await snapshot([a, b]);
    const store = await openDirectoryStore(a);
    await writeRemoved(store, [old], { user: 'u', host: 'h', nowMs: Date.now(), random: systemRandom });
    // The record alone removes nothing, and does not count while the snapshot is there.
    expect((await sync()).legs.every(({ missing }) => missing.length === 0)).toBe(true);
    await store.delete(`snapshots/${old}.manifest`);
    const result = await sync();
    expect(result.exitCode).toBe(0);
    expect(await ids(a)).toEqual([kept]);
    expect(
      (await legsStatus([a, b], { openStore: (repo) => openDirectoryStore(repo), clock: systemClock })).exitCode,
    ).toBe(0);
  });

  it('names a leg that fails and completes the others', async () => {
    const c = join(dir, 'c');
    await makeRepositoryIn([a, b, c], 'none');
    const one = await snapshot([a]);
    rmSync(c, { recursive: true });
    const result = await sync({ repos: [a, b, c] });
    expect(result.exitCode).toBe(3);
    expect(await ids(b)).toEqual([one]);
    expect(result.legs.find(({ location }) => location === c)).toMatchObject({ status: 'failed' });
    expect(existsSync(c)).toBe(false);
  });

  it('stays away from a leg that a prune works on', async () => {
    await makeRepositoryIn([a, b], 'none');
    await snapshot([a]);
    const owner = { kind: 'exclusive' as const, purpose: 'prune', user: 'u', clock: systemClock, random: systemRandom };
    const lease = await acquireLease(await openDirectoryStore(b), { ...owner, identity: currentProcessIdentity() });
    await expect(sync()).rejects.toMatchObject({ code: 'lease-held', exitCode: 11 });
    await lease.release();
    expect((await sync()).exitCode).toBe(0);
  });

  it('refuses recipients that this machine does not know', async () => {
    await makeRepositoryIn([a, b], [recipient]);
    await snapshot([a, b]);
    const other = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
    writeFileSync(
      join(b, 'keys/00000002'),
      JSON.stringify({ recipients: [other], createdAt: '2026-01-01T00:00:00.000Z' }),
    );
    await expect(sync()).rejects.toMatchObject({ code: 'recipients-changed', exitCode: 4 });
    expect(existsSync(join(a, 'keys/00000002'))).toBe(false);
  });

  it('goes on after kill -9, and leaves no snapshot with something missing', async () => {
    await makeRepositoryIn([a, b], 'none');
    for (let i = 0; i < 4; i++) {
      writeFileSync(join(src, 'large'), randomBytes(12_000_000));
      await snapshot([a]);
    }
    const program = join(import.meta.dirname, '../../../bin/dev.js');
    const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: state };
    const child = spawn(process.execPath, [program, 'backup', 'sync', '--repo', a, '--repo', b], { env });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
    const deadline = Date.now() + 15_000;
    while (!existsSync(join(b, 'packs')) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(await problemsOf(b)).toEqual([]);
    const left = await ids(b);
    expect(left.length).toBeLessThan(4);
    expect((await sync()).exitCode).toBe(0);
    expect(await ids(b)).toEqual(await ids(a));
    expect(await problemsOf(b)).toEqual([]);
  });
});

describe('legs', () => {
  const place = { openStore: (repo: string) => openDirectoryStore(repo), clock: systemClock };

  it('tells how each leg stands', async () => {
    await makeRepositoryIn([a, b], 'none');
    const one = await snapshot([a, b]);
    expect(await legsStatus([a, b], place)).toMatchObject({ exitCode: 0, legs: [{ newest: one, missing: [] }, {}] });
    const two = await snapshot([a]);
    const behind = await legsStatus([a, b], place);
    expect(behind.exitCode).toBe(3);
    expect(behind.legs[1]).toMatchObject({ status: 'behind', newest: one, snapshots: 1, missing: [two] });
    expect(behind.legs[0]!.storedBytes).toBeGreaterThan(behind.legs[1]!.storedBytes);
    rmSync(b, { recursive: true });
    expect(await legsStatus([a, b], place)).toMatchObject({
      exitCode: 3,
      legs: [{ status: 'ok' }, { status: 'failed' }],
    });
    const later = { ...systemClock, nowMs: () => Date.now() + 27 * 3_600_000 };
    expect(await legsStatus([a], { ...place, clock: later }, 26 * 3_600_000)).toMatchObject({
      exitCode: 3,
      legs: [{ status: 'stale' }],
    });
  });
});

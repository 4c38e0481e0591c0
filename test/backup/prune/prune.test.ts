import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { newestKnown } from '../../../src/backup/repository/known-snapshots.ts';
import { openRepository } from '../../../src/backup/repository/open.ts';
import { listSnapshotIds } from '../../../src/backup/repository/snapshots.ts';
import { verifyRepository } from '../../../src/backup/verify/verify.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { makeRepositoryIn } from '../../helpers/backing-up.ts';
import { backUpAt, clockAt, day, filesBelow, keptOf, prune } from '../../helpers/pruning.ts';

let dir: string;
let source: string;
let repo: string;
let state: string;
const now = Date.now();
const hour = 3_600_000;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-prune-'));
  [source, repo, state] = [join(dir, 'src'), join(dir, 'repo'), join(dir, 'state')];
  mkdirSync(source);
  await makeRepositoryIn([repo], 'none');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** One snapshot a day, each with a file of its own that the next one lacks, and one that all have. */
async function daily(days: readonly number[], repos = [repo]): Promise<string[]> {
  const ids: string[] = [];
  writeFileSync(join(source, 'common'), 'a'.repeat(50_000));
  for (const ago of days) {
    writeFileSync(join(source, 'daily'), `${ago} `.repeat(20_000 + ago));
    utimesSync(join(source, 'daily'), 1, 1 + ago);
    ids.push(
      (await backUpAt(now - ago * day, [source], repos, { state, host: 'oa-1', runbook: 'backup-daily' })).snapshot,
    );
  }
  return ids;
}

async function damage(leg = repo): Promise<string[]> {
  const store = await openDirectoryStore(leg);
  const place = { clock: systemClock, stateDir: state, signal: new AbortController().signal };
  const { problems } = await verifyRepository(await openRepository(store), { level: 'full' }, place);
  return problems.map(({ object, problem }) => `${object}: ${problem}`);
}

const packs = () => filesBelow(repo).filter((name) => name.startsWith('packs/'));

test('removes what no rule keeps; the contents go in two phases', async () => {
  const ids = await daily([40, 35, 20, 10, 0]);
  const before = packs();
  const rules = { keepWithin: 30 * day };
  const dry = await prune([repo], { state, rules, dryRun: true });
  expect(keptOf(dry)).toEqual(ids.slice(2));
  expect(dry.legs[0]!.pruned!.snapshots.map(({ reasons }) => reasons.join())).toEqual([
    'rules',
    'rules',
    'within',
    'within',
    'newest,last-good,within',
  ]);
  expect(dry.legs[0]!.pruned!.snapshots[0]!.freesBytes).toBeGreaterThan(0);
  expect(await listSnapshotIds(await openDirectoryStore(repo))).toEqual(ids);

  const first = await prune([repo], { state, rules });
  expect(first).toMatchObject({ exitCode: 0 });
  const { marked, swept } = first.legs[0]!.pruned!;
  expect(marked.objects).toBeGreaterThan(2);
  const foreseen = dry.legs[0]!.pruned!.snapshots.reduce((sum, { freesBytes }) => sum + freesBytes, 0);
  expect(marked.bytes).toBe(foreseen);
  expect(swept).toEqual({ objects: 0, bytes: 0 });
  expect(await listSnapshotIds(await openDirectoryStore(repo))).toEqual(ids.slice(2));
  expect(packs()).toEqual(before);
  expect(filesBelow(repo).filter((name) => name.includes(ids[0]!))).toEqual([]);

  const soon = await prune([repo], { state, rules, nowMs: now + 19 * hour });
  expect(soon.legs[0]!.pruned).toMatchObject({ marked: { objects: 0 }, swept: { objects: 0 }, waiting: marked });
  const late = await prune([repo], { state, rules, nowMs: now + 21 * hour });
  expect(late.legs[0]!.pruned).toMatchObject({ swept: marked, waiting: { objects: 0 } });
  expect(packs()).toHaveLength(before.length - 1);
  expect(filesBelow(repo).filter((name) => name.startsWith('marks/'))).toEqual([]);
  expect(await damage()).toEqual([]);
});

test('a second prune finds nothing to do', async () => {
  await daily([9, 6, 3, 0]);
  const rules = { keepLast: 2 };
  await prune([repo], { state, rules });
  const files = filesBelow(repo);
  const again = await prune([repo], { state, rules });
  expect(again.legs[0]!.pruned!.snapshots.every(({ keep }) => keep)).toBe(true);
  expect(filesBelow(repo)).toEqual(files);
});

test('what is younger than the grace is not even marked: it may belong to a backup that is not done', async () => {
  await daily([5, 0]);
  mkdirSync(join(repo, 'packs/ab'), { recursive: true });
  const pack = join(repo, `packs/ab/ab${'0'.repeat(62)}`);
  writeFileSync(pack, 'a pack that is just being written');
  const soon = await prune([repo], { state });
  expect(soon.legs[0]!.pruned!.marked.objects).toBe(0);
  utimesSync(pack, now / 1000 - 86_400, now / 1000 - 86_400);
  expect((await prune([repo], { state })).legs[0]!.pruned!.marked.objects).toBe(1);
});

test('without a grace everything happens at once', async () => {
  const ids = await daily([5, 3, 0]);
  const done = await prune([repo], { state, rules: { keepLast: 1 }, graceMs: 0 });
  const { marked, swept } = done.legs[0]!.pruned!;
  expect(swept).toEqual(marked);
  expect(swept.objects).toBeGreaterThan(0);
  expect(await listSnapshotIds(await openDirectoryStore(repo))).toEqual(ids.slice(2));
  expect(await damage()).toEqual([]);
});

test('marked objects that a new snapshot needs are not swept', async () => {
  await daily([9, 5]);
  const rules = { keepLast: 1 };
  await prune([repo], { state, rules });
  // The same content as nine days ago, in a repository where equal blocks have equal names.
  const [back] = await daily([0]);
  writeFileSync(join(source, 'daily'), '9 '.repeat(20_009));
  utimesSync(join(source, 'daily'), 1, 10);
  const { snapshot } = await backUpAt(now + 1000, [source], [repo], { state, host: 'oa-1', runbook: 'backup-daily' });
  await prune([repo], { state, rules, nowMs: now + 30 * hour });
  await prune([repo], { state, rules, nowMs: now + 60 * hour });
  expect(await listSnapshotIds(await openDirectoryStore(repo))).toEqual([snapshot]);
  expect(back).not.toBe(snapshot);
  expect(await damage()).toEqual([]);
});

test('the newest snapshot that this machine knows is forgotten with it', async () => {
  const ids = await daily([5, 3]);
  const future = await backUpAt(now + 50 * day, [source], [repo], { state, host: 'oa-1', runbook: 'backup-daily' });
  const { repositoryId } = await prune([repo], { state, rules: { keepLast: 1 }, dryRun: true });
  expect(newestKnown(state, repositoryId)).toBe(future.snapshot);
  const rules = { keepLast: 9 };
  const kept = await prune([repo], { state, rules });
  expect(kept.legs[0]!.pruned!.snapshots.at(-1)).toMatchObject({ keep: true, reasons: ['future'] });
  await prune([repo], { state, rules, remove: [future.snapshot.slice(-8)] });
  expect(newestKnown(state, repositoryId)).toBe(ids[1]);
});

test('what is needed and cannot be told keeps everything', async () => {
  const ids = await daily([9, 5, 0]);
  rmSync(join(repo, `snapshots/${ids[0]}.index`));
  const rules = { keepLast: 1 };
  // The list of checksums names the same objects.
  const known = await prune([repo], { state, rules });
  expect(keptOf(known)).toEqual([ids[0], ids[2]]);
  expect(known.legs[0]!.pruned!.snapshots[0]!.reasons).toEqual(['unknown']);
  await prune([repo], { state, rules, nowMs: now + 30 * hour });
  const store = await openDirectoryStore(repo);
  for (const line of (await store.get(`snapshots/${ids[0]}.sha256`)).toString().split('\n').slice(0, -3))
    expect(filesBelow(repo)).toContain(line.slice(66));
  rmSync(join(repo, `snapshots/${ids[0]}.sha256`));
  await expect(prune([repo], { state, rules })).rejects.toMatchObject({ code: 'index-unreadable', exitCode: 9 });
});

test('what a killed prune left of a snapshot goes with the next one; a young one stays', async () => {
  const ids = await daily([9, 5, 0]);
  rmSync(join(repo, `snapshots/${ids[0]}.manifest`));
  rmSync(join(repo, `snapshots/${ids[1]}.manifest`));
  utimesSync(join(repo, `snapshots/${ids[1]}.index`), now / 1000, now / 1000);
  const { marked } = (await prune([repo], { state })).legs[0]!.pruned!;
  const left = filesBelow(repo).filter((name) => name.startsWith('snapshots/') && !name.includes(ids[2]!));
  expect(left).toEqual([`snapshots/${ids[1]}.index`, `snapshots/${ids[1]}.sha256`]);
  expect(marked.objects).toBeGreaterThan(0);
  await prune([repo], { state, nowMs: now + 30 * hour });
  await prune([repo], { state, nowMs: now + 60 * hour });
  expect(await damage()).toEqual([]);
  expect(filesBelow(repo).filter((name) => name.includes(ids[1]!))).toEqual([]);
});

test('groups that failed or were cut off are left whole, and the exit code says so', async () => {
  const ids = await daily([9, 5, 0]);
  const stopping = AbortSignal.abort(130);
  const again = { state, host: 'oa-1', runbook: 'backup-daily', stopping };
  await expect(backUpAt(now + 1000, [source], [repo], again)).rejects.toMatchObject({ code: 'backup-stopped' });
  const rules = { keepLast: 1 };
  const done = await prune([repo], { state, rules });
  expect(done).toMatchObject({ exitCode: 4 });
  expect(done.legs[0]!.pruned!.stopped[0]!.why).toMatch(/failed: /);
  expect(keptOf(done)).toEqual(ids);
  const [good] = await daily([-1]);
  expect(keptOf(await prune([repo], { state, rules, nowMs: now + 2 * day }))).toEqual([good]);
  rmSync(join(repo, `snapshots/${good}.manifest`));
  await daily([-0.5]);
  expect((await prune([repo], { state, rules, nowMs: now + 2 * day })).exitCode).toBe(4);
});

test('a leg that is down: the other one is pruned, exit 3; each leg for itself', async () => {
  const second = join(dir, 'second');
  rmSync(repo, { recursive: true });
  await makeRepositoryIn([repo, second], 'none');
  const ids = await daily([9, 5, 0], [repo, second]);
  rmSync(join(second, `snapshots/${ids[2]}.manifest`));
  rmSync(join(second, `snapshots/${ids[2]}.index`));
  const rules = { keepLast: 1 };
  const both = await prune([repo, second], { state, rules });
  expect(both.exitCode).toBe(0);
  expect(both.legs.map(({ pruned }) => pruned!.snapshots.filter(({ keep }) => keep)[0]!.snapshot)).toEqual([
    ids[2],
    ids[1],
  ]);
  const down = await prune([repo, join(dir, 'unmounted')], { state, rules });
  expect(down.exitCode).toBe(3);
  expect(down.legs.map(({ status }) => status).sort()).toEqual(['failed', 'ok']);
  expect(await damage()).toEqual([]);
  expect(await damage(second)).toEqual([]);
});

test('a clock that is wrong prunes nothing', async () => {
  await daily([9, 0]);
  const { clock: _, ...place } = { clock: clockAt(now), stateDir: state };
  const { pruneRepository } = await import('../../../src/backup/prune/prune.ts');
  const request = { repos: [repo], timeZone: 'UTC', rules: { keepLast: 1 } };
  await expect(
    pruneRepository(request, {
      ...place,
      openStore: (at) => openDirectoryStore(at, { clock: clockAt(now + day) }),
      clock: clockAt(now),
      random: (n) => new Uint8Array(n),
      signal: new AbortController().signal,
    }),
  ).rejects.toMatchObject({ code: 'clock-skew', exitCode: 4 });
  expect(statSync(repo).isDirectory()).toBe(true);
});

test('a backup at work keeps a prune away', async () => {
  await daily([9, 0]);
  const { acquireLease } = await import('../../../src/backup/lease/lease.ts');
  const { currentProcessIdentity } = await import('../../../src/core/process-identity.ts');
  const store = await openDirectoryStore(repo);
  const owner = {
    identity: currentProcessIdentity(),
    clock: systemClock,
    user: 'u',
    random: (n: number) => new Uint8Array(n),
  };
  const lease = await acquireLease(store, { ...owner, kind: 'shared', purpose: 'backup' });
  await expect(prune([repo], { state })).rejects.toMatchObject({ code: 'lease-held', exitCode: 11 });
  await lease.release();
  expect((await prune([repo], { state })).exitCode).toBe(0);
  expect(execFileSync('ls', [join(repo, 'locks')]).toString()).toBe('');
});

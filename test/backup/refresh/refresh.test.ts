import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { requestRefresh } from '../../../src/backup/refresh/refresh.ts';
import { isStale } from '../../../src/backup/refresh/stale-packs.ts';
import { readIndex } from '../../../src/backup/repository/snapshots.ts';
import { differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { backUpAt, day, filesBelow, prune } from '../../helpers/pruning.ts';
import { restoreFrom } from '../../helpers/restoring.ts';

let dir: string;
let source: string;
const start = Date.now() - 500 * day;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-refresh-'));
  source = join(dir, 'src');
  mkdirSync(source);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(number: number, bytes: Buffer, dayNumber: number): void {
  const file = join(source, `f${number}`);
  writeFileSync(file, bytes);
  utimesSync(file, (start + dayNumber * day) / 1000, (start + dayNumber * day) / 1000);
}

async function repository(name: string) {
  const repo = join(dir, name);
  await makeRepositoryIn([repo], 'none');
  // Tenth of a second in which a file is not trusted are over: the clock of the backups is the simulated one.
  return { repo, state: join(dir, `state-${name}`), packTargetBytes: 20_000, runbook: 'daily', host: 'oa-1' };
}

/** Bytes of packs that lie there, and that a restore of the last snapshot fetches, each per byte of the source. */
async function costs(repo: string, snapshot: string, live: number): Promise<{ storage: number; fetch: number }> {
  const packs = filesBelow(repo).filter((name) => name.startsWith('packs/'));
  const stored = packs.reduce((sum, name) => sum + statSync(join(repo, name)).size, 0);
  const { objects } = await readIndex(await openDirectoryStore(repo), snapshot);
  const fetched = objects
    .filter(({ name }) => name.startsWith('packs/'))
    .reduce((sum, one) => sum + one.storedBytes, 0);
  return { storage: stored / live, fetch: fetched / live };
}

test('packs of a changing tree: what refresh saves', async () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));
  const [files, fileBytes, churn, snapshots] = [60, 3000, 0.2, 12];
  let state = seed | 1;
  const random = () => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9;
    return (state >>> 0) / 2 ** 32;
  };
  const content = () => Buffer.from(Float64Array.from({ length: fileBytes / 8 }, random).buffer);
  for (let i = 0; i < files; i++) write(i, content(), 0);
  const [plain, refreshed] = [await repository('plain'), await repository('refreshed')];
  let last = { plain: '', refreshed: '' };
  for (let n = 1; n <= snapshots; n++) {
    for (let i = 0; i < files * churn; i++) write(Math.floor(random() * files), content(), n);
    // Two days later, so that no time of a file is too young to be trusted.
    const at = start + (n + 2) * day;
    const { repo, ...setup } = plain;
    const { repo: other, ...same } = refreshed;
    last = {
      plain: (await backUpAt(at, [source], [repo], setup)).snapshot,
      refreshed: (await backUpAt(at, [source], [other], { ...same, refreshBelow: 0.5 })).snapshot,
    };
    const rules = { keepLast: 1 };
    await prune([repo], { state: plain.state, rules, graceMs: 0, nowMs: at });
    await prune([other], { state: refreshed.state, rules, graceMs: 0, nowMs: at });
  }
  const live = files * fileBytes;
  const without = await costs(plain.repo, last.plain, live);
  const withIt = await costs(refreshed.repo, last.refreshed, live);
  console.log(`seed ${seed}, per live byte without refresh ${JSON.stringify(without)}, with ${JSON.stringify(withIt)}`);
  expect(withIt.storage).toBeLessThan(without.storage * 0.9);
  expect(withIt.storage).toBeLessThan(1.7);
  expect(withIt.fetch).toBeLessThan(1.7);
  const target = join(dir, 'restored');
  await restoreFrom(refreshed.repo, { target });
  expect(differences(source, join(target, source))).toEqual([]);
}, 180_000);

test('a year at one per cent a day, by calculation', () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));
  let state = seed | 1;
  const random = (below: number) => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
  const [files, perPack, days] = [20_000, 20, 365];
  /** Packs that hold anything current, per live byte: they are stored and, when one is fetched whole, fetched. */
  const year = (liveBelow: number): number => {
    const packs: { held: number; live: Set<number> }[] = [];
    const place = new Map<number, { held: number; live: Set<number> }>();
    const store = (numbers: number[]) => {
      for (let i = 0; i < numbers.length; i += perPack) {
        const members = numbers.slice(i, i + perPack);
        const pack = { held: members.length, live: new Set(members) };
        packs.push(pack);
        for (const number of members) {
          place.get(number)?.live.delete(number);
          place.set(number, pack);
        }
      }
    };
    store(Array.from({ length: files }, (_, i) => i));
    for (let n = 0; n < days; n++) {
      const changed = new Set(Array.from({ length: files / 100 }, () => random(files)));
      for (const pack of packs)
        if (isStale(pack.live.size, pack.held, liveBelow)) for (const number of pack.live) changed.add(number);
      store([...changed]);
    }
    return packs.filter(({ live }) => live.size > 0).reduce((sum, { held }) => sum + held, 0) / files;
  };
  const [without, withIt] = [year(0), year(0.5)];
  console.log(
    `seed ${seed}, bytes in packs per live byte: ${without.toFixed(2)} without refresh, ${withIt.toFixed(2)} with`,
  );
  expect(without).toBeGreaterThan(3);
  expect(withIt).toBeLessThan(1.45);
});

test('what is current of a pack mostly dead is stored again by the next backup, without a key, and counts as unchanged', async () => {
  const { repo, ...setup } = await repository('repo');
  const door = { openStore: (at: string) => openDirectoryStore(at), cacheDir: join(setup.state, 'cache') };
  await expect(requestRefresh(door, { repos: [repo], liveBelow: 0.5, dryRun: false })).rejects.toMatchObject({
    code: 'cache-missing',
  });
  const bytes = (n: number) =>
    Buffer.from(Array.from({ length: 2000 }, (_, i) => Math.imul(i + 1, 2654435761 + n * 97) >>> 13));
  for (let i = 0; i < 8; i++) write(i, bytes(i), 0);
  await backUpAt(start + 2 * day, [source], [repo], setup);
  const before = filesBelow(repo).filter((name) => name.startsWith('packs/'));
  for (let i = 0; i < 5; i++) write(i, bytes(i + 100), 1);
  await backUpAt(start + 4 * day, [source], [repo], setup);
  const request = { repos: [repo], liveBelow: 0.5 };
  const dry = await requestRefresh(door, { ...request, dryRun: true });
  expect(dry).toMatchObject({ packs: 1, packsInUse: 2 });
  expect(dry.storedAgainBytes).toBe(3 * (2048 + 512));
  const idle = await backUpAt(start + 5 * day, [source], [repo], setup);
  expect(idle.counts.dataBlobs).toBe(0);

  await requestRefresh(door, { ...request, dryRun: false });
  const done = await backUpAt(start + 6 * day, [source], [repo], setup);
  expect(done.counts).toMatchObject({ dataBlobs: 3, filesNew: 0, filesChanged: 0, filesUnchanged: 8 });
  const { objects } = await readIndex(await openDirectoryStore(repo), done.snapshot);
  expect(objects.map(({ name }) => name)).not.toContain(before[0]);
  const after = await backUpAt(start + 7 * day, [source], [repo], setup);
  expect(after.counts.dataBlobs).toBe(0);
  expect(
    readdirSync(join(setup.state, 'cache/backup', readdirSync(join(setup.state, 'cache/backup'))[0]!)),
  ).not.toContain('refresh.json');
  const target = join(dir, 'restored');
  await restoreFrom(repo, { target });
  expect(differences(source, join(target, source))).toEqual([]);
});

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guardOf } from '../../../src/backup/create/guard.ts';
import { zeroCounts } from '../../../src/backup/format/snapshot-header.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { changeNote } from '../../../src/backup/prune/notes.ts';
import { listSnapshots } from '../../../src/backup/repository/snapshots.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { makeRepositoryIn } from '../../helpers/backing-up.ts';
import { backUpAt, day, keptOf, prune } from '../../helpers/pruning.ts';

let dir: string;
let source: string;
let repo: string;
let state: string;
const now = Date.now();
const guards = { maxShrinkPercent: 50, maxChangePercent: 60 };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-guard-'));
  [source, repo, state] = [join(dir, 'src'), join(dir, 'repo'), join(dir, 'state')];
  mkdirSync(source);
  for (let i = 0; i < 20; i++) writeFileSync(join(source, `f${i}`), `${i} `.repeat(500));
  await makeRepositoryIn([repo], 'none');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

let minutes = 0;
const backup = () => {
  minutes += 1;
  return backUpAt(now + minutes * 60_000, [source], [repo], { state, guards, host: 'oa-1', runbook: 'daily' });
};
const pruned = () => prune([repo], { state, rules: { keepLast: 1 }, nowMs: now + day });

async function accept(snapshot: string): Promise<void> {
  const door = {
    openStore: (at: string) => openDirectoryStore(at),
    clock: systemClock,
    random: systemRandom,
  } as unknown as Parameters<typeof changeNote>[0];
  const put = { by: 'li', reason: 'moved away' };
  const done = await changeNote(door, [repo], { kind: 'accepted', wanted: snapshot, put });
  expect(done).toMatchObject({ exitCode: 0, legs: [{ status: 'done' }] });
}

test('an empty mount: stored, told, exit 3, and nothing is pruned until the next good one', async () => {
  const first = await backup();
  expect(first).toMatchObject({ exitCode: 0, guard: undefined });
  renameSync(source, join(dir, 'mounted'));
  mkdirSync(source);
  const empty = await backup();
  expect(empty).toMatchObject({ exitCode: 3, status: 'complete', guard: { kind: 'shrank', percent: 100 } });
  expect(empty.warnings.join()).toContain(`oaops backup accept ${empty.snapshot}`);
  const [, listed] = await listSnapshots(await openDirectoryStore(repo));
  expect(listed!.header).toMatchObject({ status: 'complete', guard: { kind: 'shrank', percent: 100 } });
  expect((await backup()).guard).toMatchObject({ kind: 'shrank' });
  const stopped = await pruned();
  expect(stopped.exitCode).toBe(4);
  expect(keptOf(stopped)).toHaveLength(3);

  rmSync(source, { recursive: true });
  renameSync(join(dir, 'mounted'), source);
  const again = await backup();
  // It is compared with the last good one, so what came back is not new, and is not stored again.
  expect(again).toMatchObject({ exitCode: 0, parent: first.snapshot, counts: { filesUnchanged: 20, dataBlobs: 0 } });
  const done = await pruned();
  expect(done.exitCode).toBe(0);
  expect(keptOf(done)).toEqual([again.snapshot]);
});

test('files made unreadable by an intruder: stored apart; a person who knows better accepts it', async () => {
  const first = await backup();
  for (const name of readdirSync(source)) writeFileSync(join(source, name), Buffer.from(`${name}!`.repeat(400)));
  const odd = await backup();
  expect(odd).toMatchObject({ exitCode: 3, guard: { kind: 'changed' } });
  expect((await pruned()).exitCode).toBe(4);
  expect(await backup()).toMatchObject({ exitCode: 3, parent: first.snapshot, guard: { kind: 'changed' } });

  const newest = await backup();
  await accept(newest.snapshot);
  const after = await backup();
  expect(after).toMatchObject({
    exitCode: 0,
    guard: undefined,
    parent: newest.snapshot,
    counts: { filesUnchanged: 20 },
  });
  expect(keptOf(await pruned())).toEqual([after.snapshot]);
});

test('the same holds when the local cache is lost', async () => {
  await backup();
  rmSync(source, { recursive: true });
  mkdirSync(source);
  rmSync(join(state, 'cache'), { recursive: true });
  expect((await backup()).guard).toMatchObject({ kind: 'shrank' });
  rmSync(join(state, 'cache'), { recursive: true });
  expect((await backup()).guard).toMatchObject({ kind: 'shrank' });
});

test('a snapshot with other contents stays odd when nothing can be compared any more', async () => {
  await backup();
  for (const name of readdirSync(source)) writeFileSync(join(source, name), Buffer.from(`${name}?`.repeat(400)));
  expect((await backup()).guard).toMatchObject({ kind: 'changed' });
  rmSync(join(state, 'cache'), { recursive: true });
  const key = join(dir, 'nobody');
  const blind = await backUpAt(now + 3_600_000, [source], [repo], {
    state: key,
    guards,
    host: 'oa-1',
    runbook: 'daily',
  });
  expect(blind).toMatchObject({ exitCode: 3, guard: { kind: 'changed' } });
});

test('what was renamed or got another owner has not changed; small trees may change as they like', () => {
  const before = { ...zeroCounts(), files: 1000, bytes: 1e9 };
  const base = { good: before, pending: undefined };
  const now = { ...before, filesUnchanged: 0, filesNew: 1000 };
  expect(guardOf({ ...now, dataAddedBytes: 0 }, base, guards)).toBeUndefined();
  expect(guardOf({ ...now, dataAddedBytes: 9e8 }, base, guards)).toEqual({ kind: 'changed', percent: 90 });
  expect(guardOf({ ...before, files: 400, filesUnchanged: 400 }, base, guards)).toEqual({
    kind: 'shrank',
    percent: 60,
  });
  expect(guardOf({ ...before, bytes: 4e8, filesUnchanged: 1000 }, base, guards)).toEqual({
    kind: 'shrank',
    percent: 60,
  });
  expect(guardOf({ ...before, bytes: 5e8, filesUnchanged: 1000 }, base, guards)).toBeUndefined();
  expect(guardOf(zeroCounts(), { ...base, good: { ...zeroCounts(), files: 9, bytes: 1000 } }, guards)).toBeUndefined();
  expect(guardOf(zeroCounts(), base, { maxShrinkPercent: 100 })).toBeUndefined();
});

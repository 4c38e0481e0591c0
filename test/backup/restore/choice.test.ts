import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SnapshotChoice } from '../../../src/backup/repository/choice.ts';
import { findSnapshot } from '../../../src/backup/repository/newest.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { openDirectoryRepository, restoreFrom } from '../../helpers/restoring.ts';

let dir: string;
let repo: string;
const made: Record<string, string> = {};

/** Snapshots of one repository at times of its own. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-choice-'));
  repo = join(dir, 'repo');
  for (const name of ['a', 'b']) mkdirSync(join(dir, name));
  await makeRepositoryIn([repo], 'none');
  const make = async (
    name: string,
    time: string,
    more: { from?: string; host?: string; tags?: string[]; gone?: true },
  ) => {
    const source = join(dir, more.from ?? 'a');
    writeFileSync(join(source, 'file'), name);
    const clock = { ...systemClock, nowMs: () => Date.parse(time) };
    const { from: _from, gone, ...rest } = more;
    const paths = gone ? [source, join(dir, 'gone')] : [source];
    made[name] = (await backUp(paths, [repo], { state: join(dir, 'state'), clock, ...rest })).snapshot;
  };
  await make('first', '2026-11-18T04:00:00.500Z', { host: 'oa-1' });
  await make('second', '2026-11-19T16:30:00.000Z', { host: 'oa-2', tags: ['night', '每日'] });
  await make('third', '2026-11-20T04:00:30.000Z', { host: 'oa-1', from: 'b' });
  await make('damaged', '2026-11-21T04:00:00.000Z', { host: 'oa-1', gone: true });
  await make('newest', '2026-11-22T04:00:00.000Z', { host: 'oa-2' });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function find(choice: Partial<SnapshotChoice>, wanted = 'latest') {
  const repository = await openDirectoryRepository(repo);
  const { snapshot, warnings } = await findSnapshot(repository, wanted, undefined, {
    timeZone: 'Asia/Shanghai',
    ...choice,
  });
  return { name: Object.keys(made).find((name) => made[name] === snapshot), warnings };
}

test('the newest that was begun not after a time', async () => {
  expect(await find({ at: '2026-11-20T12:01' })).toEqual({ name: 'third', warnings: [] });
  expect(await find({ at: '2026-11-18T12:00:00' })).toEqual({ name: 'first', warnings: [] });
  expect((await find({ at: '2026-11-22T04:00Z' })).name).toBe('newest');
});

test('one that was begun soon after the time is told', async () => {
  expect(await find({ at: '2026-11-20T12:00' })).toEqual({
    name: 'second',
    warnings: [expect.stringContaining(`${made['third']} was begun less than a minute after`)],
  });
});

test('a day is that of the time zone', async () => {
  expect((await find({ at: '2026-11-19' })).name).toBe('first');
  expect((await find({ at: '2026-11-19', timeZone: 'UTC' })).name).toBe('second');
});

test('an incomplete one is passed over, and told', async () => {
  expect(await find({ at: '2026-11-21' })).toEqual({
    name: 'third',
    warnings: [expect.stringContaining(`${made['damaged']} is nearer to 2026-11-21 but incomplete`)],
  });
});

test('host, tag and path choose among the newest', async () => {
  expect((await find({ host: 'oa-1' })).name).toBe('damaged');
  expect((await find({ tag: '每日' })).name).toBe('second');
  expect((await find({ path: join(dir, 'b') })).name).toBe('third');
  expect((await find({ path: join(dir, 'b/file/') })).name).toBe('third');
  expect((await find({ at: '2026-11-20T12:01', host: 'oa-2' })).name).toBe('second');
});

test('what fits nothing names the nearest', async () => {
  await expect(find({ at: '2026-11-18T11:59' })).rejects.toMatchObject({
    code: 'snapshot-missing',
    message: expect.stringContaining(`${made['first']} (2026-11-18T04:00:00.500Z), ${made['second']}`),
  });
  await expect(find({ host: 'oa-3' })).rejects.toMatchObject({ code: 'snapshot-missing' });
  await expect(find({ runbook: 'backup-daily' })).rejects.toMatchObject({
    message: expect.stringContaining('fits --runbook backup-daily'),
  });
  await expect(find({ at: 'noon' })).rejects.toMatchObject({ code: 'time-invalid', exitCode: 2 });
  await expect(find({ at: '2026-11-20' }, made['first'])).rejects.toMatchObject({ exitCode: 2 });
});

test('a restore takes the chosen one', async () => {
  const target = join(dir, 'out');
  const result = await restoreFrom(repo, { target, choice: { at: '2026-11-18', timeZone: 'UTC' } });
  expect(result).toMatchObject({ snapshot: made['first'], exitCode: 0 });
  expect(readFileSync(join(target, dir, 'a/file'), 'utf8')).toBe('first');
});

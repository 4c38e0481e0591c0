import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runDrill } from '../../../src/backup/drill/drill.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { openDirectoryRepository, restoreFromLegs } from '../../helpers/restoring.ts';

let dir: string;
let legs: [string, string];
let stateDir: string;
let source: string;
let made: string[];
let count = 0;
const target = () => join(dir, `out ${count++}`);

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-newest-'));
  legs = [join(dir, 'one'), join(dir, 'two')];
  source = join(dir, 'src');
  stateDir = join(dir, 'state');
  mkdirSync(source);
  await makeRepositoryIn(legs, 'none');
  made = [];
  for (const text of ['old', 'new']) {
    writeFileSync(join(source, 'file'), text);
    made.push((await backUp([source], legs, { state: stateDir })).snapshot);
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** `all`: nothing is left of the newest snapshot but its packs, as after setting the repository back. */
function removeNewest(leg: string, all = true) {
  for (const name of readdirSync(join(leg, 'snapshots')))
    if (name.startsWith(made[1]!) && (all || name.endsWith('.manifest'))) rmSync(join(leg, 'snapshots', name));
}

test('nothing is said when nothing is wrong', async () => {
  const result = await restoreFromLegs(legs, { target: target() }, { stateDir });
  expect(result).toMatchObject({ snapshot: made[1], exitCode: 0, warnings: [] });
});

test('latest is the newest of all legs, and the leg that lacks it is told', async () => {
  removeNewest(legs[0]);
  const result = await restoreFromLegs(legs, { target: target() }, { stateDir });
  expect(result).toMatchObject({
    snapshot: made[1],
    exitCode: 0,
    warnings: [`${legs[0]} does not have snapshot ${made[1]}; its newest is ${made[0]}`],
  });
});

test('a newest snapshot that is gone everywhere is told; an explicit choice is not doubted', async () => {
  for (const leg of legs) removeNewest(leg);
  const request = () => ({ target: target() });
  const result = await restoreFromLegs(legs, request(), { stateDir });
  expect(result).toMatchObject({ snapshot: made[0], exitCode: 0 });
  expect(result.warnings).toEqual([expect.stringContaining(`knows the newer snapshot ${made[1]}`)]);
  // Having looked once does not make it forgotten.
  expect((await restoreFromLegs(legs, request(), { stateDir })).warnings).toHaveLength(1);
  const chosen = await restoreFromLegs(legs, { ...request(), snapshot: made[0]! }, { stateDir });
  expect(chosen.warnings).toEqual([]);
});

test('without any memory an index that has no manifest gives it away', async () => {
  removeNewest(legs[0], false);
  const result = await restoreFromLegs([legs[0]], { target: target() });
  expect(result.snapshot).toBe(made[0]);
  expect(result.warnings).toEqual([expect.stringContaining(`an index of the newer snapshot ${made[1]}`)]);
});

test('a drill is not green when the newest snapshot is missing', async () => {
  const request = {
    snapshot: 'latest',
    include: [],
    scratch: join(dir, 'scratch'),
    keep: 'never' as const,
    compare: 'hashes' as const,
    checks: [],
    rtoMs: 600_000,
    rpoMs: 600_000,
    sabotage: 'none' as const,
  };
  const drill = () =>
    runDrill(() => openDirectoryRepository(legs[0]), request, {
      clock: systemClock,
      stateDir,
      signal: new AbortController().signal,
      run: async () => ({ exitCode: 0, timedOut: false, tail: '' }),
    });
  expect(await drill()).toMatchObject({ verdict: 'pass' });
  removeNewest(legs[0]);
  expect(await drill()).toMatchObject({ verdict: 'fail', reasons: [expect.stringContaining(made[1]!)] });
});

test('a snapshot from a clock that ran ahead is told: by the backups after it, and when it is taken for the latest', async () => {
  const ahead = { ...systemClock, nowMs: () => systemClock.nowMs() + 2 * 86_400_000 };
  const future = (await backUp([source], [legs[0]], { state: stateDir, clock: ahead })).snapshot;
  writeFileSync(join(source, 'file'), 'newest');
  const after = await backUp([source], [legs[0]], { state: stateDir });
  expect(after.warnings).toEqual([
    expect.stringContaining(`the newest snapshot is ${future}: "latest" stays that one`),
  ]);
  const latest = await restoreFromLegs([legs[0]], { target: target() });
  expect(latest.snapshot).toBe(future);
  expect(latest.warnings).toEqual([expect.stringContaining(`snapshot ${future} is from the future`)]);
  const chosen = await restoreFromLegs([legs[0]], { target: target(), snapshot: after.snapshot });
  expect(chosen.warnings).toEqual([]);
});

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { listSnapshotIds } from '../../src/backup/repository/snapshots.ts';
import { checkStructure } from '../../src/backup/verify/structure.ts';
import { makeRepositoryIn } from '../helpers/backing-up.ts';
import { backUpAt, day, filesBelow, prune } from '../helpers/pruning.ts';

const program = new URL('../helpers/change-and-die.ts', import.meta.url).pathname;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-prune-kill-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function lacking(repo: string): Promise<string[]> {
  const found = await checkStructure(await openDirectoryStore(repo), undefined, new AbortController().signal);
  return found.problems.map(({ object, problem }) => `${object}: ${problem}`);
}

test('killed after each change of the storage, and run again: no snapshot lacks anything, nothing is left over', async () => {
  const [base, source, state] = ['base', 'src', 'state'].map((name) => join(dir, name)) as [string, string, string];
  mkdirSync(source);
  await makeRepositoryIn([base], 'none');
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    writeFileSync(join(source, 'common'), 'c'.repeat(9000));
    writeFileSync(join(source, 'own'), `${n}`.repeat(9000 + n));
    ids.push((await backUpAt(Date.now() - (9 - n) * day, [source], [base], { state })).snapshot);
  }
  const last = ids.at(-1)!;
  let killed = 0;
  for (let calls = 1; ; calls++) {
    const repo = join(dir, `repo-${calls}`);
    cpSync(base, repo, { recursive: true, preserveTimestamps: true });
    const done = spawnSync(process.execPath, [program, 'prune', String(calls), join(dir, 'other'), repo], {
      encoding: 'utf8',
    });
    expect(await lacking(repo), `after ${calls} changes`).toEqual([]);
    const there = await listSnapshotIds(await openDirectoryStore(repo));
    expect(there, `after ${calls} changes`).toEqual(ids.slice(-there.length));
    if (done.signal === 'SIGKILL') killed += 1;
    else expect(done.stderr).toBe('');

    await prune([repo], { state, rules: { keepLast: 1 }, graceMs: 0 });
    expect(await lacking(repo), `run again after ${calls} changes`).toEqual([]);
    const left = filesBelow(repo);
    expect(left.filter((name) => /^(snapshots|marks|locks)\//.test(name)).sort()).toEqual(
      [`snapshots/${last}.index`, `snapshots/${last}.manifest`, `snapshots/${last}.sha256`].sort(),
    );
    const index = await checkStructure(await openDirectoryStore(repo), undefined, new AbortController().signal);
    expect([...index.stored.keys()].sort()).toEqual([...index.needed.keys()].sort());
    rmSync(repo, { recursive: true });
    if (done.signal !== 'SIGKILL') break;
  }
  expect(killed).toBeGreaterThan(12);
}, 240_000);

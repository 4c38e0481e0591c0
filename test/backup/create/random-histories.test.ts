import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { openRepository } from '../../../src/backup/repository/open.ts';
import { listSnapshotIds } from '../../../src/backup/repository/snapshots.ts';
import { verifyRepository } from '../../../src/backup/verify/verify.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { needs } from '../../helpers/needs.ts';
import { prune } from '../../helpers/pruning.ts';
import { ChangingTree, randomOf } from '../../helpers/random-tree.ts';
import { restoreFrom } from '../../helpers/restoring.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-histories-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/**
 * A tree that changes at random, with a backup after each change, and prunes, refreshes, full reads and lost caches in between:
 * every snapshot that is kept restores to what the tree was.
 */
test('whatever happened between two backups, each snapshot is the tree of its time', {
  timeout: 240_000,
}, async (context) => {
  needs('rsync')(context);
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));
  console.log(`seed ${seed}`);
  const random = randomOf(seed);
  const [source, repo, state] = [join(dir, 'src'), join(dir, 'repo'), join(dir, 'state')];
  mkdirSync(source);
  await makeRepositoryIn([repo], 'none');
  const tree = new ChangingTree(source, random);
  tree.grow(60);
  const copyOf = (snapshot: string) => join(dir, 'copies', snapshot);
  const said: string[] = [];
  const made: string[] = [];
  for (let round = 0; round < 15; round++) {
    const changes = round === 0 ? ['first'] : tree.change(1 + Math.floor(random() * 12));
    const [rehash, refresh, forget] = [random() < 0.2, random() < 0.3, random() < 0.15];
    if (forget) rmSync(join(state, 'cache'), { recursive: true, force: true });
    const options = { rehash, ...(refresh ? { refreshBelow: 0.7 } : {}), packTargetBytes: 100_000 };
    const result = await backUp([source], [repo], { state, ...options });
    said.push(`${round}: ${changes.join(', ')}; ${JSON.stringify({ rehash, refresh, forget })}`);
    expect(result, said.at(-1)).toMatchObject({ exitCode: 0, problems: [] });
    made.push(result.snapshot);
    mkdirSync(join(dir, 'copies'), { recursive: true });
    execFileSync('rsync', ['-aHAX', '--numeric-ids', `${source}/`, `${copyOf(result.snapshot)}/`]);
    // The grace is none, so that what one prune marks the next one sweeps.
    if (round % 4 === 3) await prune([repo], { state, rules: { keepLast: 4 }, graceMs: 0 });
  }
  const repository = await openRepository(await openDirectoryStore(repo));
  const kept = await listSnapshotIds(repository.store);
  expect(kept.length).toBeLessThan(made.length);
  const place = { clock: systemClock, stateDir: state, signal: new AbortController().signal };
  expect((await verifyRepository(repository, { level: 'full' }, place)).problems, said.join('\n')).toEqual([]);
  const chosen = [kept[0]!, kept[Math.floor(random() * kept.length)]!, made.at(-1)!];
  for (const [n, snapshot] of chosen.entries()) {
    const target = join(dir, `out ${n}`);
    expect(await restoreFrom(repo, { snapshot, target }), said.join('\n')).toMatchObject({ exitCode: 0 });
    const at = `seed ${seed}, ${snapshot}, made after\n${said.slice(0, made.indexOf(snapshot) + 1).join('\n')}`;
    expect(differences(copyOf(snapshot), join(target, source)), at).toEqual([]);
  }
});

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { listSnapshotIds } from '../../../src/backup/repository/snapshots.ts';
import { checkStructure } from '../../../src/backup/verify/structure.ts';
import { type BackupSetup, backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';

let dir: string;
let a: string;
let b: string;
let src: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-catch-up-'));
  [a, b, src] = ['a', 'b', 'src'].map((name) => join(dir, name)) as [string, string, string];
  mkdirSync(src);
  await makeRepositoryIn([a, b], 'none');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function backup(setup: Partial<BackupSetup> = {}) {
  writeFileSync(join(src, randomBytes(4).toString('hex')), randomBytes(50_000));
  return backUp([src], [a, b], { state: join(dir, 'state'), ...setup });
}

async function ids(leg: string): Promise<string[]> {
  return listSnapshotIds(await openDirectoryStore(leg));
}

/** Two backups while the second leg is away, then it is back. */
async function missTwo(): Promise<string[]> {
  const first = await backup();
  renameSync(b, `${b}-away`);
  const missed = [await backup(), await backup()];
  for (const one of missed) {
    expect(one.exitCode).toBe(3);
    expect(one.legs.find(({ location }) => location === b)!.status).toBe('failed');
  }
  renameSync(`${b}-away`, b);
  expect(await ids(b)).toEqual([first.snapshot]);
  return missed.map(({ snapshot }) => snapshot);
}

it('gives a leg that was away the snapshots that it missed, with the next backup', async () => {
  const missed = await missTwo();
  const next = await backup();
  expect(next.exitCode).toBe(0);
  expect(await ids(b)).toEqual(await ids(a));
  expect(next.legs.find(({ location }) => location === b)!.earlier).toEqual({ copied: missed, missing: [] });
  expect(next.legs.find(({ location }) => location === a)!.earlier).toBeUndefined();
  const { problems } = await checkStructure(await openDirectoryStore(b), undefined, new AbortController().signal);
  expect(problems).toEqual([]);
  expect((await backup()).legs.every(({ earlier }) => earlier === undefined)).toBe(true);
});

it('leaves it to sync when told so', async () => {
  await missTwo();
  const next = await backup({ catchUp: false });
  expect(next.exitCode).toBe(0);
  expect((await ids(b)).length).toBe(2);
});

it('stops between snapshots, and is no failure of the backup when it cannot copy one', async () => {
  const missed = await missTwo();
  // What only the missed ones need is damaged on the leg that has it.
  const store = await openDirectoryStore(a);
  for (const id of missed) {
    const name = `snapshots/${id}.sha256`;
    await store.delete(name);
  }
  const next = await backup();
  expect(next.exitCode).toBe(0);
  expect(next.legs.find(({ location }) => location === b)!.earlier).toEqual({ copied: [], missing: missed });
  expect(next.warnings.join()).toContain('still lacks 2 earlier snapshots');
});

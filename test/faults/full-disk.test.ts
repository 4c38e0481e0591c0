import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { listSnapshotIds } from '../../src/backup/repository/snapshots.ts';
import { checkStructure } from '../../src/backup/verify/structure.ts';
import { OaopsError } from '../../src/core/errors.ts';
import { backUp, makeRepositoryIn } from '../helpers/backing-up.ts';

/* Real small file systems: a leg that is full at any point of a backup, and sources that are unmounted while they are read. */
let dir: string;
let mounts: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-full-'));
  mounts = [];
});
afterEach(() => {
  for (const path of mounts) spawnSync('umount', ['-l', path], { stdio: 'ignore' });
  rmSync(dir, { recursive: true, force: true });
});

/** False where mounting is not allowed. */
function mount(path: string, sizeBytes: number): boolean {
  mkdirSync(path, { recursive: true });
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=700`, 'tmpfs', path], {
    stdio: 'ignore',
  });
  if (done.status === 0) mounts.push(path);
  return done.status === 0;
}

const free = (path: string) => statfsSync(path).bavail * statfsSync(path).bsize;

async function whole(repo: string): Promise<string[]> {
  const store = await openDirectoryStore(repo);
  expect((await checkStructure(store, undefined, new AbortController().signal)).problems).toEqual([]);
  return listSnapshotIds(store);
}

test('a leg that is full at any point: the other leg is complete, no snapshot lies, and with room the next run heals', async ({
  skip,
}) => {
  const [small, large, source, state] = ['small', 'large', 'src', 'state'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  if (!mount(small, 4 * 1024 * 1024)) skip('a file system could not be mounted');
  mkdirSync(source);
  await makeRepositoryIn([small, large], 'none');
  writeFileSync(join(source, 'first'), 'first');
  await backUp([source], [small, large], { state });
  const ballast = join(small, '.ballast');
  let failed = 0;
  let done = 0;
  // Two pages more in each round, from the lease to the manifest, until everything fits.
  for (let pages = 0; done === 0; pages += 2) {
    writeFileSync(join(source, 'big'), randomBytes(20_000));
    rmSync(ballast, { force: true });
    writeFileSync(ballast, Buffer.alloc(Math.max(0, free(small) - pages * 4096)));
    const result = await backUp([source], [small, large], { state });
    const [leg] = result.legs;
    if (result.exitCode === 0) done += 1;
    else {
      failed += 1;
      expect(result, `${pages} pages`).toMatchObject({ exitCode: 3, status: 'complete' });
      expect(leg!.error, `${pages} pages`).toMatchObject({
        code: 'leg-full',
        next: expect.stringContaining('Free space'),
      });
    }
    expect(await whole(large)).toContain(result.snapshot);
    expect((await whole(small)).includes(result.snapshot), `${pages} pages`).toBe(result.exitCode === 0);
    expect(readdirSync(join(small, '.tmp'))).toEqual([]);
    rmSync(ballast, { force: true });
    if (result.exitCode === 0) continue;
    const healed = await backUp([source], [small, large], { state });
    expect(healed, `after ${pages} pages`).toMatchObject({ exitCode: 0 });
    expect(await whole(small)).toEqual(await whole(large));
  }
  expect(failed).toBeGreaterThan(4);
}, 400_000);

test('a single leg that is full: exit 1, the place and the next step', async ({ skip }) => {
  const [small, source, state] = ['small', 'src', 'state'].map((name) => join(dir, name)) as [string, string, string];
  if (!mount(small, 1024 * 1024)) skip('a file system could not be mounted');
  mkdirSync(source);
  await makeRepositoryIn([small], 'none');
  writeFileSync(join(source, 'big'), randomBytes(2 * 1024 * 1024));
  const error = await backUp([source], [small], { state }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OaopsError);
  expect(error).toMatchObject({
    exitCode: 1,
    message: `${small}: ${small} is full`,
    next: expect.stringContaining('Free space'),
  });
  expect(await whole(small)).toEqual([]);
});

test('the cache has no room: the backup ends with the name of the folder, and what is stored stays right', async ({
  skip,
}) => {
  const [repo, source, state] = ['repo', 'src', 'state'].map((name) => join(dir, name)) as [string, string, string];
  const cacheDir = join(dir, 'cache');
  if (!mount(cacheDir, 256 * 1024)) skip('a file system could not be mounted');
  mkdirSync(source);
  await makeRepositoryIn([repo], 'none');
  for (let i = 0; i < 3000; i++) writeFileSync(join(source, `file ${i} ${'x'.repeat(100)}`), randomBytes(20));
  const setup = { state, cacheDir, spoolDir: join(dir, 'spool') };
  const error = await backUp([source], [repo], setup).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OaopsError);
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(cacheDir), next: expect.any(String) });
  expect(await whole(repo)).toEqual([]);
  execFileSync('mount', ['-o', 'remount,size=64m', cacheDir]);
  expect(await backUp([source], [repo], setup)).toMatchObject({ exitCode: 0, counts: { files: 3000 } });
  await whole(repo);
});

test('a source that is unmounted while it is read is never a success', async ({ skip }) => {
  const [repo, source, state] = ['repo', 'src', 'state'].map((name) => join(dir, name)) as [string, string, string];
  if (!mount(join(source, 'mounted'), 64 * 1024 * 1024)) skip('a file system could not be mounted');
  await makeRepositoryIn([repo], 'none');
  for (let folder = 0; folder < 20; folder++) {
    mkdirSync(join(source, `mounted/d${folder}`));
    for (let i = 0; i < 200; i++) writeFileSync(join(source, `mounted/d${folder}/f${i}`), randomBytes(5000));
  }
  let gone = false;
  const result = await backUp([source], [repo], {
    state,
    onProgress: ({ filesDone }) => {
      if (gone || filesDone < 100) return;
      gone = true;
      execFileSync('umount', ['-l', join(source, 'mounted')]);
    },
  }).catch((reason: unknown) => {
    expect(reason).toBeInstanceOf(OaopsError);
    return undefined;
  });
  expect(gone).toBe(true);
  if (result && result.counts.files < 4000) expect(result).toMatchObject({ exitCode: 3, status: 'incomplete' });
});

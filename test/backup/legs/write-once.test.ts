import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import type { FolderProtection } from '../../../src/backup/legs/write-once.ts';
import { pruneRepository } from '../../../src/backup/prune/prune.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { sha256Hex } from '../../../src/core/json.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';

let dir: string;
/** A file system of its own, so that nothing immutable is left behind; undefined: `why` says what is missing. */
let mount: string | undefined;
let why = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-immutable-'));
  const image = join(dir, 'image');
  const at = join(dir, 'mount');
  mkdirSync(at);
  execFileSync('truncate', ['-s', '64M', image]);
  const made = spawnSync('mkfs.ext4', ['-q', image]);
  const mounted = made.status === 0 ? spawnSync('mount', ['-o', 'loop', image, at], { encoding: 'utf8' }) : made;
  if (mounted.status === 0) mount = at;
  else why = `no ext4 image can be mounted here: ${String(mounted.stderr ?? mounted.error).trim()}`;
});
afterAll(() => {
  if (mount) execFileSync('umount', [mount]);
  rmSync(dir, { recursive: true, force: true });
});

const object = (bytes: Buffer) => [{ bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length }] as const;

it('an append-only folder refuses to delete backups, and only those', async () => {
  const at = join(dir, 'append-only');
  const store = await openDirectoryStore(at, { create: true, protection: { appendOnly: true } });
  for (const name of ['packs/ab/one', 'snapshots/one.manifest', 'locks/0000000001'])
    await store.put(name, ...object(Buffer.from('x')));
  expect(await store.delete('packs/ab/one')).toBe('retained');
  expect(await store.delete('snapshots/one.manifest')).toBe('retained');
  expect(await store.delete('packs/ab/none')).toBe('deleted');
  expect(await store.delete('locks/0000000001')).toBe('deleted');
  const lifted = await openDirectoryStore(at, { protection: { appendOnly: true, lift: true } });
  expect(await lifted.delete('packs/ab/one')).toBe('deleted');
});

function needsMount(context: TestContext): string {
  if (!mount) context.skip(why);
  return mount!;
}

it('an immutable folder lets nobody change, delete or rename what was stored', async (context) => {
  const at = join(needsMount(context), 'repo');
  const store = await openDirectoryStore(at, { create: true, protection: { immutable: true } });
  const file = join(dir, 'spooled');
  const bytes = randomBytes(100_000);
  writeFileSync(file, bytes);
  const options = { sha256: sha256Hex(bytes), sizeBytes: bytes.length };
  await store.put('packs/ab/one', { file, claim: () => true }, options);
  unlinkSync(file);
  await store.put('packs/ab/two', ...object(Buffer.from('x')));
  expect(await store.put('packs/ab/one', { bytes }, options)).toBe('exists');
  expect(Buffer.compare(await store.get('packs/ab/one'), bytes)).toBe(0);
  const path = join(at, 'packs/ab/one');
  expect(() => unlinkSync(path)).toThrow(/EPERM/);
  expect(() => writeFileSync(path, 'other')).toThrow(/EPERM/);
  expect(() => execFileSync('mv', [join(at, 'packs/ab'), join(at, 'packs/cd')], { stdio: 'pipe' })).toThrow();
  expect(readdirSync(join(at, '.tmp'))).toEqual([]);
  expect(await store.delete('packs/ab/one')).toBe('retained');
  // Another opening, without the configuration, is refused by the kernel.
  expect(await (await openDirectoryStore(at)).delete('packs/ab/one')).toBe('retained');
  expect(existsSync(path)).toBe(true);
  const lifted = await openDirectoryStore(at, { protection: { immutable: true, lift: true } });
  expect(await lifted.delete('packs/ab/one')).toBe('deleted');
  expect(() => unlinkSync(join(at, 'packs/ab/two'))).toThrow(/EPERM/);
});

it('backs up to an immutable folder; prune says retained until it may lift the protection', async (context) => {
  const at = join(needsMount(context), 'backup');
  const src = join(dir, 'src');
  mkdirSync(src);
  await makeRepositoryIn([at], 'none');
  const open = (protection: FolderProtection) => (repo: string) => openDirectoryStore(repo, { protection });
  for (let i = 0; i < 3; i++) {
    writeFileSync(join(src, 'changing'), randomBytes(30_000));
    const openStore = open({ immutable: true });
    expect(await backUp([src], [at], { state: join(dir, 'state'), openStore })).toMatchObject({ exitCode: 0 });
  }
  const prune = (protection: FolderProtection) =>
    pruneRepository(
      { repos: [at], rules: { keepLast: 1 }, timeZone: 'UTC', graceMs: 0 },
      {
        openStore: open(protection),
        stateDir: join(dir, 'state'),
        clock: systemClock,
        random: systemRandom,
        signal: new AbortController().signal,
      },
    );
  const refused = (await prune({ immutable: true })).legs[0]!.pruned!;
  expect(refused.retained.objects).toBeGreaterThan(0);
  expect(refused.snapshots.filter(({ retained }) => retained).length).toBe(2);
  expect(readdirSync(join(at, 'snapshots')).filter((name) => name.endsWith('.manifest')).length).toBe(3);
  const done = (await prune({ immutable: true, lift: true })).legs[0]!.pruned!;
  expect(done.retained.objects).toBe(0);
  expect(readdirSync(join(at, 'snapshots')).filter((name) => name.endsWith('.manifest')).length).toBe(1);
});

it('fails loudly where the file system has no such attributes', async (context) => {
  if (!existsSync('/dev/shm')) context.skip('there is no /dev/shm');
  const at = mkdtempSync('/dev/shm/oaops-immutable-');
  try {
    const store = await openDirectoryStore(at, { protection: { immutable: true } });
    const put = store.put('packs/ab/one', ...object(Buffer.from('x')));
    const outcome = await put.then(
      () => 'stored',
      (error: { code: string }) => error.code,
    );
    // tmpfs has had them since Linux 6.6.
    expect(['immutable-unsupported', 'stored']).toContain(outcome);
    if (outcome === 'stored') expect(await store.delete('packs/ab/one')).toBe('retained');
  } finally {
    spawnSync('chattr', ['-R', '-ia', at]);
    rmSync(at, { recursive: true, force: true });
  }
});

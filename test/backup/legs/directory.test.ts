import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, link, mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { sha256Hex } from '../../../src/core/json.ts';
import { currentProcessIdentity } from '../../../src/core/process-identity.ts';

const put = (store: ObjectStore, name: string, bytes: Uint8Array) =>
  store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oaops-dir-'));
  root = join(folder, 'repo');
});
afterEach(async () => {
  spawnSync('umount', [root], { stdio: 'ignore' });
  await rm(folder, { recursive: true, force: true });
});

const noMount = 'no file system may be mounted here';

/** A file system of its own, when this user may mount one. */
function mountTmpfs(path: string, sizeBytes: number): boolean {
  return (
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path], { stdio: 'ignore' }).status === 0
  );
}

describe('directory store', () => {
  it('makes its folder only when asked to, and private', async () => {
    await expect(openDirectoryStore(root)).rejects.toMatchObject({ code: 'leg-missing', exitCode: 10 });
    const store = await openDirectoryStore(root, { create: true });
    await put(store, 'packs/ab/x', Buffer.from('x'));
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'packs'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'packs/ab'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'packs/ab/x'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'packs/ab/x'))).nlink).toBe(1);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  describe('a finished file of the spool', () => {
    const bytes = Buffer.from('packed');
    const announced = { sha256: sha256Hex(bytes), sizeBytes: bytes.length };
    const claims = (count: number) => () => count-- > 0;
    let file: string;
    beforeEach(async () => {
      file = join(folder, 'pack-0');
      await writeFile(file, bytes, { mode: 0o600 });
    });

    it('becomes the object on the same file system, for one store only', async () => {
      const one = await openDirectoryStore(join(folder, 'one'), { create: true });
      const two = await openDirectoryStore(join(folder, 'two'), { create: true });
      const body = { file, claim: claims(1) };
      expect(await Promise.all([one, two].map((store) => store.put('packs/ab/x', body, announced)))).toEqual([
        'stored',
        'stored',
      ]);
      const inodes = await Promise.all(
        ['one', 'two'].map(async (leg) => (await stat(join(folder, leg, 'packs/ab/x'))).ino),
      );
      expect(inodes[0]).not.toBe(inodes[1]);
      expect(inodes).toContain((await stat(file)).ino);
      await rm(file);
      for (const store of [one, two]) expect(Buffer.from(await store.get('packs/ab/x')).equals(bytes)).toBe(true);
      expect((await stat(join(folder, 'one/packs/ab/x'))).nlink).toBe(1);
      expect((await stat(join(folder, 'two/packs/ab/x'))).nlink).toBe(1);
    });

    it('is copied when it has another name already, another size, or nobody gave it away', async () => {
      const store = await openDirectoryStore(root, { create: true });
      await store.put('kept', { file }, announced);
      await link(file, join(folder, 'second'));
      await store.put('named', { file, claim: claims(1) }, announced);
      const { ino } = await stat(file);
      for (const name of ['kept', 'named']) expect((await stat(join(root, name))).ino).not.toBe(ino);
      await rm(join(folder, 'second'));
      await expect(
        store.put('short', { file, claim: claims(1) }, { ...announced, sizeBytes: bytes.length + 1 }),
      ).rejects.toThrow();
      expect(await store.head('short')).toBeUndefined();
    });

    it('is copied to another file system', async ({ skip }) => {
      await mkdir(root);
      if (!mountTmpfs(root, 1_000_000)) skip();
      const store = await openDirectoryStore(root);
      expect(await store.put('x', { file, claim: claims(1) }, announced)).toBe('stored');
      expect(Buffer.from(await store.get('x')).equals(bytes)).toBe(true);
      expect((await stat(file)).nlink).toBe(1);
    });

    it('does not replace an object that is there', async () => {
      const store = await openDirectoryStore(root, { create: true });
      await put(store, 'x', bytes);
      const { ino } = await stat(join(root, 'x'));
      expect(await store.put('x', { file, claim: claims(1) }, announced)).toBe('exists');
      expect((await stat(join(root, 'x'))).ino).toBe(ino);
    });
  });

  it('refuses a file in place of the folder', async () => {
    await writeFile(root, '');
    await expect(openDirectoryStore(root)).rejects.toMatchObject({ code: 'leg-not-a-directory' });
    await expect(openDirectoryStore(root, { create: true })).rejects.toMatchObject({ code: 'leg-not-a-directory' });
  });

  it('does not take a folder or a link for an object', async () => {
    const store = await openDirectoryStore(root, { create: true });
    await mkdir(join(root, 'packs/ab'), { recursive: true });
    expect(await store.head('packs/ab')).toBeUndefined();
    await expect(store.get('packs/ab')).rejects.toMatchObject({ code: 'object-missing' });
    await writeFile(join(root, 'file'), '');
    await expect(put(store, 'file/below', Buffer.from('x'))).rejects.toMatchObject({ code: 'leg-not-a-directory' });
  });

  it('notices that the folder was replaced', async () => {
    const store = await openDirectoryStore(root, { create: true });
    await rename(root, join(folder, 'moved'));
    await mkdir(root);
    await expect(put(store, 'x', Buffer.from('x'))).rejects.toMatchObject({ code: 'leg-changed' });
    expect(await readdir(root)).toEqual([]);
    await rm(root, { recursive: true });
    await expect(store.head('x')).rejects.toMatchObject({ code: 'leg-missing' });
  });

  it('notices an unmounted file system', async ({ skip }) => {
    await mkdir(root);
    if (!mountTmpfs(root, 1_000_000)) skip(noMount);
    const store = await openDirectoryStore(root);
    await put(store, 'x', Buffer.from('x'));
    execFileSync('umount', [root]);
    await expect(put(store, 'y', Buffer.from('y'))).rejects.toMatchObject({ code: 'leg-changed' });
    expect(await readdir(root)).toEqual([]);
  });

  it('says when it is full, keeps nothing of the object and goes on afterwards', async ({ skip }) => {
    await mkdir(root);
    if (!mountTmpfs(root, 3_000_000)) skip(noMount);
    const store = await openDirectoryStore(root);
    await expect(put(store, 'packs/big', Buffer.alloc(4_000_000, 1))).rejects.toMatchObject({
      code: 'leg-full',
      message: expect.stringContaining('is full'),
    });
    expect(await store.head('packs/big')).toBeUndefined();
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
    expect(await put(store, 'packs/small', Buffer.alloc(2_000_000, 1))).toBe('stored');
  });

  it('sweeps what killed processes left, never what a live one is writing', async () => {
    await openDirectoryStore(root, { create: true });
    await mkdir(join(root, '.tmp'));
    const self = currentProcessIdentity();
    const dead = `${self.bootId}.${self.pid}.1.aaaa`;
    const live = `${self.bootId}.${self.pid}.${self.processStart}.bbbb`;
    const elsewhere = 'other-boot.77.5.cccc';
    const old = 'other-boot.77.5.dddd';
    for (const name of [dead, live, elsewhere, old]) await writeFile(join(root, '.tmp', name), 'x');
    await utimes(join(root, '.tmp', old), 1, 1);
    const store = await openDirectoryStore(root);
    await put(store, 'x', Buffer.from('x'));
    expect((await readdir(join(root, '.tmp'))).sort()).toEqual([live, elsewhere].sort());
    const names: string[] = [];
    for await (const { name } of store.list('')) names.push(name);
    expect(names).toEqual(['x']);
  });

  it('says "retained" for an object made immutable', async ({ skip }) => {
    const store = await openDirectoryStore(root, { create: true });
    await put(store, 'locked', Buffer.from('x'));
    if (spawnSync('chattr', ['+i', join(root, 'locked')], { stdio: 'ignore' }).status !== 0)
      skip('the file system, or this user, knows no immutable files');
    try {
      expect(await store.delete('locked')).toBe('retained');
      expect(await store.head('locked')).toBeDefined();
    } finally {
      execFileSync('chattr', ['-i', join(root, 'locked')]);
    }
  });

  it('names a folder that may not be used', async () => {
    await openDirectoryStore(root, { create: true });
    await chmod(root, 0o500);
    const store = await openDirectoryStore(root);
    const refused = () =>
      expect(put(store, 'x', Buffer.from('x'))).rejects.toMatchObject({ code: 'leg-access-denied' });
    if (process.geteuid?.() !== 0) return refused();
    // Root may write everywhere: for this moment it is somebody else.
    await chmod(folder, 0o755);
    await chown(root, 65534, 65534);
    process.seteuid?.(65534);
    try {
      await refused();
    } finally {
      process.seteuid?.(0);
    }
  });
});

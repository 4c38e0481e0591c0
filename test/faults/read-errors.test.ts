import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { openRepository } from '../../src/backup/repository/open.ts';
import { rememberDamage, stillDamaged } from '../../src/backup/verify/known-damage.ts';
import { verifyRepository } from '../../src/backup/verify/verify.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { backUp, makeRepositoryIn } from '../helpers/backing-up.ts';
import { restoreFrom, restoreFromLegs } from '../helpers/restoring.ts';

const mib = 1024 * 1024;
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** A disk of its own needs root, and the kernel a loop device. */
function canMount(): boolean {
  try {
    run('losetup', '-f');
    return process.geteuid?.() === 0;
  } catch {
    return false;
  }
}

/**
 * A disk whose end cannot be read any more: the kernel answers EIO for what lies behind the end of the file that a loop device stands
 * for. The file system on it stays whole, for it lies in the beginning.
 */
class FailingDisk {
  readonly path: string;
  readonly #image: string;
  readonly #device: string;
  #shown: string | undefined;

  constructor(dir: string) {
    this.path = join(dir, 'disk');
    this.#image = join(dir, 'image');
    mkdirSync(this.path);
    writeFileSync(this.#image, '');
    truncateSync(this.#image, 48 * mib);
    run('mke2fs', '-q', '-F', '-t', 'ext2', '-b', '4096', '-N', '1024', this.#image);
    this.#device = run('losetup', '-f', '--show', this.#image);
    run('mount', this.#device, this.path);
  }

  /** Nothing after the first `bytes` can be read; nothing of it is remembered by the kernel. */
  fail(bytes: number): void {
    this.remount(() => truncateSync(this.#image, bytes));
  }

  remount(meanwhile: () => void = () => undefined): void {
    run('umount', this.path);
    run('blockdev', '--flushbufs', this.#device);
    meanwhile();
    run('mount', '-o', 'ro', this.#device, this.path);
  }

  showAt(folder: string): void {
    run('mount', '--bind', this.path, folder);
    this.#shown = folder;
  }

  close(): void {
    if (this.#shown !== undefined) run('umount', this.#shown);
    run('umount', this.path);
    run('losetup', '-d', this.#device);
  }
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EIO');
    return false;
  }
}

describe.skipIf(!canMount())('a disk that cannot be read in places', () => {
  let dir: string;
  let disk: FailingDisk;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-eio-'));
    disk = new FailingDisk(dir);
  });
  afterEach(() => {
    disk.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('below a source: each such file is named, the rest is stored', async () => {
    const contents = new Map<string, Buffer>();
    for (let n = 10; n < 40; n++) {
      contents.set(`small ${n}`, randomBytes(9000));
      contents.set(`large ${n}`, randomBytes(mib + n));
    }
    for (const [name, bytes] of contents) writeFileSync(join(disk.path, name), bytes);
    // Where files lie hangs on the process (ext2 colours by its number): less and less can be read until both kinds are hit.
    let bad: string[] = [];
    const hit = (size: string) => bad.filter((name) => name.startsWith(size)).length;
    let readableBytes = 44 * mib;
    for (; readableBytes > 4 * mib && (hit('small') === 0 || hit('large') === 0); readableBytes -= 2 * mib) {
      disk.fail(readableBytes);
      bad = [...contents.keys()].filter((name) => !isReadable(join(disk.path, name)));
    }
    for (const size of ['small', 'large']) {
      expect(hit(size)).toBeGreaterThan(0);
      expect(hit(size)).toBeLessThan(30);
    }
    // No memory of what could be read before.
    disk.remount();
    const repo = join(dir, 'repo');
    await makeRepositoryIn([repo], 'none');
    const result = await backUp([disk.path], [repo], { state: join(dir, 'state') });
    expect(result.exitCode).toBe(3);
    const told = result.problems.filter((one) => one.class === 'unreadable' && /EIO/.test(one.message));
    expect(told.map(({ path }) => path).sort()).toEqual(bad.map((name) => join(disk.path, name)).sort());
    const target = join(dir, 'out');
    const restored = await restoreFrom(repo, { target });
    expect(restored.problems.every((one) => one.class === 'unreadable')).toBe(true);
    const good = [...contents].filter(([name]) => !bad.includes(name));
    expect(
      readdirSync(target + disk.path)
        .filter((name) => name !== 'lost+found')
        .sort(),
    ).toEqual(good.map(([name]) => name).sort());
    for (const [name, bytes] of good) expect(readFileSync(join(target + disk.path, name)).equals(bytes)).toBe(true);
  }, 120_000);

  it('below a leg: a verification names each such pack, and a restore takes it from another leg', async () => {
    const [source, state, other] = ['src', 'state', 'other'].map((name) => join(dir, name)) as [string, string, string];
    const leg = join(dir, 'leg');
    mkdirSync(source);
    await makeRepositoryIn([leg, other], 'none');
    for (let n = 10; n < 25; n++) writeFileSync(join(source, `${n}`), randomBytes(mib));
    await backUp([source], [leg, other], { state, packTargetBytes: 2 * mib });
    // The packs come to lie on the disk, behind their folders.
    const packs = join(leg, 'packs');
    for (const folder of readdirSync(packs)) mkdirSync(join(disk.path, folder));
    const names = readdirSync(packs, { recursive: true, encoding: 'utf8' }).filter((name) => /\/.{64}$/.test(name));
    for (const name of names) copyFileSync(join(packs, name), join(disk.path, name));
    let bad: string[] = [];
    for (let readableBytes = 44 * mib; readableBytes > 4 * mib && bad.length < 2; readableBytes -= 2 * mib) {
      disk.fail(readableBytes);
      bad = names.filter((name) => !isReadable(join(disk.path, name))).map((name) => `packs/${name}`);
    }
    disk.remount();
    disk.showAt(packs);
    expect(bad.length).toBeLessThan(names.length);
    expect(bad.length).toBeGreaterThan(0);
    const repository = await openRepository(await openDirectoryStore(leg));
    const place = { signal: new AbortController().signal, clock: systemClock, random: systemRandom, stateDir: state };
    const report = await verifyRepository(repository, { level: 'full' }, place);
    expect(report.exitCode).toBe(9);
    expect(JSON.stringify(report)).toContain('EIO');
    for (const name of bad) expect(JSON.stringify(report)).toContain(name);
    // The next backup does not rely on them.
    const { repositoryId } = repository.config;
    rememberDamage(state, repositoryId, leg, { damaged: bad, right: [] });
    expect(await stillDamaged(repository.store, state, repositoryId, place.signal)).toEqual(bad.sort());

    const target = join(dir, 'out');
    expect(await restoreFromLegs([leg, other], { target })).toMatchObject({ exitCode: 0, problems: [] });
    for (const name of readdirSync(source))
      expect(readFileSync(join(target + source, name)).equals(readFileSync(join(source, name)))).toBe(true);
  }, 120_000);
});

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupDoor } from '../../src/backup/door.ts';
import { changeRecipients, verifyKeys } from '../../src/backup/keys/manage-keys.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { listSnapshotIds } from '../../src/backup/repository/snapshots.ts';
import { syncRepository } from '../../src/backup/sync/sync.ts';
import { checkStructure } from '../../src/backup/verify/structure.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { backUp, differences, makeRepositoryIn } from '../helpers/backing-up.ts';
import { everyFault, faultSeed } from '../helpers/fault-sample.ts';
import { makeAgeKey, restoreFrom } from '../helpers/restoring.ts';

const program = new URL('../helpers/change-and-die.ts', import.meta.url).pathname;
const { signal } = new AbortController();
/** One change in `step` is tried, from a random one on; each of them with OAOPS_FAULTS=all. */
const step = everyFault ? 1 : 4;
const first = everyFault ? 1 : 1 + (faultSeed % step);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-kill-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function kill(operation: string, calls: number, ...args: string[]): boolean {
  const done = spawnSync(process.execPath, [program, operation, String(calls), ...args], { encoding: 'utf8' });
  if (done.signal !== 'SIGKILL') expect(done.stderr).toBe('');
  return done.signal === 'SIGKILL';
}

const copy = (from: string, to: string) =>
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
const ids = async (leg: string) => listSnapshotIds(await openDirectoryStore(leg));
const place = (state: string) => ({
  openStore: (at: string) => openDirectoryStore(at),
  stateDir: state,
  cacheDir: join(state, 'cache'),
  clock: systemClock,
  random: systemRandom,
  companions: () => [],
  signal,
  stopping: signal,
  onProgress: () => undefined,
  onWarning: () => undefined,
});

async function lacking(leg: string): Promise<string[]> {
  const { problems } = await checkStructure(await openDirectoryStore(leg), undefined, signal);
  return problems.map(({ object, problem }) => `${object}: ${problem}`);
}

describe('killed after each change, and run again', () => {
  it('a sync: no snapshot of a leg lacks anything, and the next one completes it', async () => {
    const [source, state, a, b] = ['src', 'state', 'a', 'b'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
      string,
    ];
    mkdirSync(source);
    await makeRepositoryIn([a, b], 'none');
    for (const text of ['one', 'two']) {
      writeFileSync(join(source, 'own'), text.repeat(3000));
      await backUp([source], [a], { state });
    }
    copy(b, `${b}-empty`);
    let killed = 0;
    for (let calls = first; ; calls += step) {
      rmSync(b, { recursive: true });
      copy(`${b}-empty`, b);
      const died = kill('sync', calls, join(dir, `other-${calls}`), a, b);
      if (died) killed += 1;
      for (const leg of [a, b]) expect(await lacking(leg), `after ${calls} changes`).toEqual([]);
      const { exitCode } = await syncRepository({ repos: [a, b] }, place(join(dir, `other-${calls}`)));
      expect(exitCode, `run again after ${calls} changes`).toBe(0);
      expect(await ids(b)).toEqual(await ids(a));
      expect(await lacking(b)).toEqual([]);
      for (const leg of [a, b]) expect(readdirSync(join(leg, 'locks'))).toEqual([]);
      if (!died) break;
    }
    expect(killed).toBeGreaterThan(everyFault ? 8 : 2);
  }, 240_000);

  it('a key add: old identities decrypt everything, and the next one completes it', async () => {
    const [source, state, a, b] = ['src', 'state', 'a', 'b'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
      string,
    ];
    mkdirSync(source);
    const [old, added] = [makeAgeKey(dir, 'old'), makeAgeKey(dir, 'added')];
    await makeRepositoryIn([a, b], [old.recipient]);
    writeFileSync(join(source, 'file'), 'before');
    await backUp([source], [a, b], { state, identityFile: old.identityFile });
    for (const name of [a, b, state]) copy(name, `${name}-before`);
    let killed = 0;
    for (let calls = 1; ; calls++) {
      for (const name of [a, b, state]) {
        rmSync(name, { recursive: true });
        copy(`${name}-before`, name);
      }
      const died = kill('key-add', calls, state, added.recipient, a, b);
      if (died) killed += 1;
      const door = place(state) as unknown as BackupDoor;
      const target = join(dir, `out-${calls}`);
      expect(await restoreFrom(b, { target }, old.identityFile)).toMatchObject({ exitCode: 0 });
      // Whoever goes on with backups instead is not refused: the change was his own.
      writeFileSync(join(source, 'file'), `after ${calls}`);
      const next = await backUp([source], [a, b], { state, identityFile: old.identityFile });
      expect(next.exitCode, `a backup after ${calls} changes`).toBe(0);
      expect(await changeRecipients(door, [a, b], { add: added.recipient })).toEqual([old.recipient, added.recipient]);
      const last = await backUp([source], [a, b], { state, identityFile: old.identityFile });
      expect(last.exitCode).toBe(0);
      for (const leg of [a, b]) {
        const proofs = await verifyKeys(door, [leg], [old.identityFile, added.identityFile]);
        expect(proofs.proofs.map(({ status }) => status)).toEqual(['proved', 'proved']);
      }
      if (!died) break;
    }
    expect(killed).toBe(2);
  }, 240_000);

  it('a restore in place: each object is the old or the new one, and the next one completes it', async () => {
    const [source, state, repo] = ['src', 'state', 'repo'].map((name) => join(dir, name)) as [string, string, string];
    const [live, before] = [join(dir, 'live'), join(dir, 'before')];
    for (const name of ['folder', 'was-file', 'mode']) mkdirSync(join(source, name), { recursive: true });
    for (const name of ['changed', 'missing', 'same', 'was-link', 'folder/deep', 'was-file/in'])
      writeFileSync(join(source, name), `new ${name}`);
    writeFileSync(join(source, 'empty'), '');
    linkSync(join(source, 'changed'), join(source, 'z other name'));
    symlinkSync('changed', join(source, 'link'));
    await makeRepositoryIn([repo], 'none');
    await backUp([source], [repo], { state });
    copy(source, join(before, source));
    const at = (name: string) => join(before, source, name);
    writeFileSync(at('changed'), 'old');
    for (const name of ['missing', 'was-link', 'link', 'z other name', 'empty']) unlinkSync(at(name));
    symlinkSync('elsewhere', at('was-link'));
    symlinkSync('elsewhere', at('link'));
    rmSync(at('was-file'), { recursive: true });
    writeFileSync(at('was-file'), 'old');
    writeFileSync(at('extra'), 'old extra');
    chmodSync(at('mode'), 0o700);
    chmodSync(at('same'), 0o600);

    const look = (root: string) => {
      const found = new Map<string, string>();
      for (const entry of readdirSync(join(root, source), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        const text = entry.isFile() ? readFileSync(path, 'latin1') : entry.isSymbolicLink() ? readlinkSync(path) : '';
        found.set(path.slice(join(root, source).length + 1), `${lstatSync(path).mode & 0o170000} ${text}`);
      }
      return found;
    };
    const old = look(before);
    const wanted = look('/');
    let killed = 0;
    for (let calls = first; ; calls += step) {
      rmSync(live, { recursive: true, force: true });
      copy(before, live);
      const died = kill('restore', calls, state, repo, live);
      if (died) killed += 1;
      for (const [path, what] of look(live)) {
        if (/\.oaops-restore\.[0-9a-f]{32}$/.test(path)) continue;
        expect([old.get(path), wanted.get(path)], `${path} after ${calls} changes, seed ${faultSeed}`).toContain(what);
      }
      const again = await restoreFrom(repo, { target: live, inPlace: true, delete: true, confirm: live });
      expect(again, `run again after ${calls} changes`).toMatchObject({ exitCode: 0, problems: [] });
      expect(differences(source, join(live, source)), `after ${calls} changes`).toEqual([]);
      if (!died) break;
    }
    expect(killed).toBeGreaterThan(everyFault ? 20 : 5);
  }, 240_000);
});

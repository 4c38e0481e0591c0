import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { idAfter } from '../../../src/backup/create/create-snapshot.ts';
import { toText } from '../../../src/backup/format/byte-string.ts';
import type { Entry } from '../../../src/backup/format/entry.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { readEntries, readManifestRoot } from '../../../src/backup/repository/manifest.ts';
import { readIndex } from '../../../src/backup/repository/snapshots.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { backUp, differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { eventually } from '../../helpers/eventually.ts';
import { makeHostileTree } from '../../helpers/hostile-tree.ts';
import { needs } from '../../helpers/needs.ts';
import { makeAgeKey, openDirectoryRepository, restoreFrom } from '../../helpers/restoring.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-create-'));
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+rwx', dir]);
  rmSync(dir, { recursive: true, force: true });
});
let number = 0;

async function place(recipients: string[] | 'none' = 'none', legs = 1) {
  const base = join(dir, String(number++));
  const source = join(base, 'source');
  mkdirSync(source, { recursive: true });
  const repos = Array.from({ length: legs }, (_, i) => join(base, `leg${i}`));
  await makeRepositoryIn(repos, recipients);
  return { base, source, repos, repo: repos[0]!, state: join(base, 'state') };
}

async function entries(repo: string, snapshot: string, identityFile?: string): Promise<Map<string, Entry>> {
  const repository = await openDirectoryRepository(repo, identityFile);
  const found = new Map<string, Entry>();
  for await (const entry of readEntries(repository, await readManifestRoot(repository, snapshot))) {
    expect([...found.keys()].at(-1)).not.toBe(entry.path);
    found.set(entry.path, entry);
  }
  return found;
}

/** Old enough that the next backup trusts the times. */
function age(...paths: string[]) {
  for (const path of paths) utimesSync(path, 1_600_000_000, 1_600_000_000);
}

/** The change time cannot be set: a backup trusts it only when it lies more than a second before the last scan. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 1100));

const packs = (repo: string) =>
  existsSync(join(repo, 'packs'))
    ? readdirSync(join(repo, 'packs'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).length
    : 0;

describe('a backup', () => {
  it('of a hostile tree comes back exactly, encrypted, on every leg', async (context) => {
    needs('age-keygen', 'rsync', 'setfattr', 'setfacl')(context);
    const { source, state, base } = await place();
    const key = makeAgeKey(base);
    const legs = [join(base, 'a'), join(base, 'b')];
    await makeRepositoryIn(legs, [key.recipient]);
    makeHostileTree(join(source, 'tree'));
    const result = await backUp([source], legs, { state, packTargetBytes: 2 * 1024 * 1024 });
    expect(result).toMatchObject({ exitCode: 0, status: 'complete', problems: [] });
    expect(packs(legs[0]!)).toBeGreaterThan(2);
    for (const leg of legs) {
      const target = join(base, `restored-${leg.slice(-1)}`);
      await restoreFrom(leg, { target }, key.identityFile);
      expect(differences(source, join(target, source))).toEqual([]);
      execFileSync('sha256sum', ['--quiet', '-c', `snapshots/${result.snapshot}.sha256`], { cwd: leg });
      const index = await readIndex(await openDirectoryStore(leg), result.snapshot);
      expect(index.objects.length).toBeGreaterThan(3);
    }
    const index = readFileSync(join(legs[0]!, 'snapshots', `${result.snapshot}.index`), 'latin1');
    expect(index).not.toContain('source');
    expect(readdirSync(join(state, 'cache/backup-spool'))).toEqual([]);
  });

  it('that nothing has changed for stores no content, no block, and refers to the same pack', async () => {
    const { source, repo, state } = await place();
    for (let i = 0; i < 50; i++) writeFileSync(join(source, `f${i}`), `content ${i % 10}`);
    await settle();
    const first = await backUp([source], [repo], { state });
    expect(first.counts).toMatchObject({ files: 50, filesNew: 50, dataBlobs: 10 });
    // The files changed within a second of the first scan or before it.
    const second = await backUp([source], [repo], { state });
    expect(second.parent).toBe(first.snapshot);
    // The folder of temporary files lies above the source: see below.
    expect(second.blocksWritten).toBe(second.dirs.changed === 0 ? 0 : 1);
    expect(second.counts).toMatchObject({
      filesUnchanged: 50,
      filesNew: 0,
      filesChanged: 0,
      dataBlobs: 0,
      storedAddedBytes: 0,
    });
    expect(packs(repo)).toBe(1);
    expect(second.legs[0]!.storedObjects).toBe(3 + second.blocksWritten);
  });

  it('takes changed, new, renamed and deleted files as they are, and restores alone', async (context) => {
    needs('rsync')(context);
    const { source, repo, state, base } = await place();
    for (let i = 0; i < 9; i++) writeFileSync(join(source, `f${i}`), `content ${i}`);
    age(...Array.from({ length: 9 }, (_, i) => join(source, `f${i}`)));
    await settle();
    await backUp([source], [repo], { state });
    writeFileSync(join(source, 'f1'), 'CONTENT 1');
    age(join(source, 'f1'));
    appendFileSync(join(source, 'f2'), ' and more');
    unlinkSync(join(source, 'f3'));
    renameSync(join(source, 'f4'), join(source, 'a4'));
    writeFileSync(join(source, 'new'), 'new');
    chmodSync(join(source, 'f5'), 0o600);
    const second = await backUp([source], [repo], { state });
    expect(second.counts).toMatchObject({ files: 9, filesNew: 2, filesChanged: 3, filesUnchanged: 4, dataBlobs: 3 });
    const target = join(base, 'restored');
    await restoreFrom(repo, { target });
    expect(differences(source, join(target, source))).toEqual([]);
  });

  it('stores only the changed segments of a big file, and nothing for holes', async () => {
    const { source, repo, state } = await place();
    const big = join(source, 'big');
    writeFileSync(big, randomBytes(12 * 1024 * 1024));
    writeFileSync(join(source, 'sparse'), '');
    truncateSync(join(source, 'sparse'), 500 * 1024 * 1024);
    const first = await backUp([source], [repo], { state });
    expect(first.counts.dataAddedBytes).toBe(12 * 1024 * 1024);
    const fd = openSync(big, 'r+');
    writeSync(fd, 'changed', 5 * 1024 * 1024 + 17);
    appendFileSync(big, 'appended');
    const second = await backUp([source], [repo], { state });
    expect(second.counts.dataBlobs).toBe(2);
    expect(second.counts.dataAddedBytes).toBe(1024 * 1024 + 8);
    const found = await entries(repo, second.snapshot);
    expect(found.get(`${source.slice(1)}/sparse`)!).toMatchObject({ flags: ['sparse'], pieces: [{ pack: null }] });
  });

  it('that lost its cache says so, and is rebuilt from the repository when the key is there', async (context) => {
    needs('age-keygen', 'rsync')(context);
    const base = join(dir, String(number++));
    const key = makeAgeKey(base);
    const [source, repo, state] = [join(base, 's'), join(base, 'r'), join(base, 'state')];
    mkdirSync(source);
    await makeRepositoryIn([repo], [key.recipient]);
    for (let i = 0; i < 20; i++) writeFileSync(join(source, `f${i}`), `content ${i}`);
    await settle();
    await backUp([source], [repo], { state });
    rmSync(join(state, 'cache'), { recursive: true });
    const withKey = await backUp([source], [repo], { state, identityFile: key.identityFile });
    expect(withKey.counts).toMatchObject({ filesUnchanged: 20, dataBlobs: 0 });
    // The folder of temporary files lies above the source: another program that writes there changes its entry, and its block.
    expect(withKey.blocksWritten).toBe(withKey.dirs.changed === 0 ? 0 : 1);
    rmSync(join(state, 'cache'), { recursive: true });
    const without = await backUp([source], [repo], { state });
    expect(without.warnings.join()).toMatch(/no local cache and no identity was given/);
    expect(without.counts).toMatchObject({ filesNew: 20, dataBlobs: 20 });
    const target = join(base, 'restored');
    await restoreFrom(repo, { target }, key.identityFile);
    expect(differences(source, join(target, source))).toEqual([]);
  });

  it('stores again what lay in a pack that is gone, and survives a damaged cache', async (context) => {
    needs('rsync')(context);
    const { source, repo, state, base } = await place();
    for (let i = 0; i < 20; i++) writeFileSync(join(source, `f${i}`), `content ${i}`);
    await settle();
    await backUp([source], [repo], { state });
    rmSync(join(repo, 'packs'), { recursive: true });
    mkdirSync(join(repo, 'packs'));
    const second = await backUp([source], [repo], { state });
    expect(second.counts.dataBlobs).toBe(20);
    await restoreFrom(repo, { target: join(base, 'one') });
    expect(differences(source, join(base, 'one', source))).toEqual([]);
    const [cache] = readdirSync(join(state, 'cache/backup'));
    writeFileSync(join(state, 'cache/backup', cache!, 'cache.sqlite'), 'rubbish, not a database'.repeat(100));
    for (const suffix of ['-wal', '-shm'])
      rmSync(join(state, 'cache/backup', cache!, `cache.sqlite${suffix}`), { force: true });
    const third = await backUp([source], [repo], { state });
    expect(third.warnings.join()).toMatch(/cache could not be read/);
    expect(third.exitCode).toBe(0);
    await restoreFrom(repo, { target: join(base, 'two') });
    expect(differences(source, join(base, 'two', source))).toEqual([]);
  });

  it('meets a damaged page or row of its cache, and begins again without it', async (context) => {
    needs('rsync')(context);
    const { source, repo, state, base } = await place();
    for (let i = 0; i < 300; i++) writeFileSync(join(source, `f${i}`), `content ${i}`);
    await settle();
    await backUp([source], [repo], { state });
    const cacheDir = join(state, 'cache/backup', readdirSync(join(state, 'cache/backup'))[0]!);
    const file = join(cacheDir, 'cache.sqlite');
    const sql = (statement: string) => {
      const db = new Sqlite(file);
      db.exec(statement);
      db.close();
    };
    sql('PRAGMA wal_checkpoint(TRUNCATE)');
    const good = readFileSync(file);
    const pages = Array.from({ length: good.length / 4096 - 1 }, (_, i) => i + 1);
    const damages: (() => void)[] = [
      // All pages but the first: a database that opens.
      () => writeFileSync(file, Buffer.concat([good.subarray(0, 4096), Buffer.alloc(pages.length * 4096, 0x5a)])),
      () => sql("UPDATE parents SET root = replace(root, 'oaops-manifest', 'oaopsXmanifest')"),
      () => sql("UPDATE packs SET line = 'rubbish'"),
      () => sql("UPDATE blocks SET info = '{'"),
      // A row that looks right: only its checksum tells.
      () => sql('UPDATE contents SET member = member + 2'),
    ];
    for (const [i, damage] of damages.entries()) {
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
      writeFileSync(file, good);
      damage();
      writeFileSync(join(source, 'new'), `new ${i}`);
      // A content that is stored already: its place is asked for.
      writeFileSync(join(source, 'again'), `content ${i}`);
      const result = await backUp([source], [repo], { state });
      expect(result.warnings.join(), `damage ${i}`).toMatch(/^the local cache is damaged \(/);
      expect(result.exitCode).toBe(0);
      const target = join(base, `damage ${i}`);
      await restoreFrom(repo, { target });
      expect(differences(source, join(target, source))).toEqual([]);
    }
  });
});

describe('what cannot be read as it was', () => {
  it('changed while it was read: tried again, then stored, marked and counted', { timeout: 90_000 }, async () => {
    const { source, repo, state } = await place();
    writeFileSync(join(source, 'log'), randomBytes(24 * 1024 * 1024));
    const writer = spawn('sh', ['-c', 'while echo line >> "$0"; do :; done', join(source, 'log')], { stdio: 'ignore' });
    try {
      await eventually(() => statSync(join(source, 'log')).size > 24 * 1024 * 1024);
      // On a busy machine the writer may stand still just while the file is read: then the backup is whole, rightly.
      let result = await backUp([source], [repo], { state });
      for (let again = 0; result.exitCode === 0 && again < 20; again++)
        result = await backUp([source], [repo], { state, rehash: true });
      expect(result).toMatchObject({ exitCode: 3, status: 'incomplete', counts: { changed: 1 } });
      const entry = (await entries(repo, result.snapshot)).get(`${source.slice(1)}/log`)!;
      expect(entry.flags).toContain('changed');
      expect(entry.pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(entry.size);
    } finally {
      writer.kill();
    }
  });

  it('vanished and unreadable are told apart, and the rest is there', async () => {
    const { source, repo, state } = await place();
    for (const name of ['a', 'b', 'c', 'd']) mkdirSync(join(source, name));
    writeFileSync(join(source, 'a', 'fine'), 'fine');
    for (let i = 0; i < 5000; i++) writeFileSync(join(source, 'b', `f${i}`), '');
    writeFileSync(join(source, 'd', 'later'), 'gone when its turn comes');
    let removed = false;
    const result = await backUp([source], [repo], {
      state,
      onProgress: ({ currentPath }) => {
        if (removed || !currentPath.endsWith('/b/f0')) removed ||= false;
        if (!removed && existsSync(join(source, 'd', 'later'))) {
          unlinkSync(join(source, 'd', 'later'));
          removed = true;
        }
      },
    });
    expect(removed).toBe(true);
    // Either the walk had seen it (then it vanished), or its folder was read later and it never was there.
    if (result.counts.vanished > 0) {
      expect(result.exitCode).toBe(3);
      expect(result.problems.map(({ class: kind, path }) => [kind, toText(path)])).toEqual([
        ['vanished', join(source, 'd', 'later')],
      ]);
    }
    const found = await entries(repo, result.snapshot);
    expect(found.has(`${source.slice(1)}/d/later`)).toBe(false);
    expect(found.has(`${source.slice(1)}/a/fine`)).toBe(true);
  });

  it.runIf(process.geteuid?.() === 0)(
    'unreadable files keep their entry, marked, and the run is incomplete',
    async () => {
      const { source, repo, state, base } = await place();
      writeFileSync(join(source, 'secret'), 'x');
      chmodSync(join(source, 'secret'), 0);
      writeFileSync(join(source, 'open'), 'y');
      mkdirSync(join(source, 'closed'));
      chmodSync(join(source, 'closed'), 0);
      const script = `
      import { backUp } from ${JSON.stringify(new URL('../../helpers/backing-up.ts', import.meta.url).href)};
      const r = await backUp([${JSON.stringify(source)}], [${JSON.stringify(repo)}], { state: ${JSON.stringify(state)} });
      console.log(JSON.stringify({ exitCode: r.exitCode, snapshot: r.snapshot, problems: r.problems }));`;
      const out = execFileSync(
        // Root that may not pass over permissions: another user might not be able to read this source tree.
        'setpriv',
        [
          '--bounding-set=-dac_override,-dac_read_search',
          '--inh-caps=-dac_override,-dac_read_search',
          process.execPath,
          '--input-type=module-typescript',
          '-e',
          script,
        ],
        { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: base } },
      );
      const result = JSON.parse(out) as {
        exitCode: number;
        snapshot: string;
        problems: { class: string; path: string }[];
      };
      expect(result.exitCode).toBe(3);
      expect(result.problems.map((p) => [p.class, p.path])).toEqual([
        ['unreadable', join(source, 'closed')],
        ['unreadable', join(source, 'secret')],
      ]);
      const found = await entries(repo, result.snapshot);
      expect(found.get(`${source.slice(1)}/secret`)).toMatchObject({ flags: ['unreadable'], pieces: [], size: 1 });
      expect(found.get(`${source.slice(1)}/open`)).toMatchObject({ flags: [], size: 1 });
    },
  );

  it('missing sources: some make the run incomplete, all stop it', async () => {
    const { source, repo, state } = await place();
    writeFileSync(join(source, 'f'), 'x');
    const some = await backUp([source, join(source, 'nope')], [repo], { state });
    expect(some).toMatchObject({ exitCode: 3, counts: { missingSources: 1, files: 1 } });
    await expect(backUp([join(source, 'nope')], [repo], { state })).rejects.toMatchObject({
      code: 'sources-missing',
      exitCode: 1,
    });
    await expect(backUp([source], [join(dir, 'nowhere')], { state })).rejects.toMatchObject({ exitCode: 10 });
    mkdirSync(join(dir, 'no-repository'));
    await expect(backUp([source], [join(dir, 'no-repository')], { state })).rejects.toMatchObject({
      code: 'repository-missing',
      exitCode: 10,
    });
  });
});

describe('what is left out', () => {
  it('patterns, marked folders, caches', async () => {
    const { source, repo, state } = await place();
    for (const path of [
      'keep',
      'a/x.tmp',
      'a/keep',
      'cache/file',
      'skip/file',
      'skip/.nobackup',
      'deep/b/c/gone',
      'tag/big',
      'tag/CACHEDIR.TAG',
    ]) {
      mkdirSync(join(source, path, '..'), { recursive: true });
      writeFileSync(join(source, path), path.endsWith('.TAG') ? 'Signature: 8a477f597d28d172789f06886806bc55\n' : path);
    }
    const result = await backUp([source], [repo], {
      state,
      exclude: ['*.tmp', `${source}/cache`, 'b/**/gone'],
      excludeIfPresent: ['.nobackup'],
      excludeCaches: true,
    });
    const found = [...(await entries(repo, result.snapshot)).values()]
      .filter((e) => !e.flags.includes('above'))
      .map((e) => e.path.slice(source.length - 1))
      .sort();
    expect(found).toEqual(['', '/a', '/a/keep', '/deep', '/deep/b', '/deep/b/c', '/keep', '/skip', '/tag']);
  });

  it('a source that is a link gives the link and what it points to', async () => {
    const { source, repo, state, base } = await place();
    writeFileSync(join(source, 'f'), 'x');
    symlinkSync('source', join(base, 'link'));
    const result = await backUp([join(base, 'link')], [repo], { state });
    const found = await entries(repo, result.snapshot);
    expect(found.get(`${base.slice(1)}/link`)).toMatchObject({ type: 'l', target: 'source' });
    expect(found.has(`${source.slice(1)}/f`)).toBe(true);
  });
});

describe('ids', () => {
  it('of snapshots of one second still sort by time', () => {
    const random = (count: number) => randomBytes(count);
    const nowMs = Date.parse('2026-11-22T18:05:12.123Z');
    let newest: string | undefined;
    for (let i = 0; i < 30; i++) {
      const id = idAfter(newest, nowMs, random);
      if (newest?.startsWith('20261122T180512Z')) expect(id > newest).toBe(true);
      newest = id;
    }
    expect(idAfter('20261122T180512Z-ffffffff', nowMs, random)).toMatch(/^20261122T180513Z-/);
    expect(idAfter('20301122T180512Z-ffffffff', nowMs, random)).toMatch(/^20261122T180512Z-/);
  });
});

describe('legs', () => {
  it('one that fails is told, the other one gets the snapshot, and is made good by the next backup', async (context) => {
    needs('rsync')(context);
    const { source, repos, state, base } = await place('none', 2);
    const [good, bad] = repos as [string, string];
    for (let i = 0; i < 30; i++) writeFileSync(join(source, `f${i}`), randomBytes(100_000));
    await settle();
    const failing = async (repo: string): Promise<ObjectStore> => {
      const store = await openDirectoryStore(repo);
      if (repo !== bad) return store;
      return new Proxy(store, {
        get: (target, key) => {
          if (key === 'put')
            return async (
              name: string,
              ...rest: Parameters<ObjectStore['put']> extends [string, ...infer R] ? R : never
            ) => {
              if (name.startsWith('packs/')) throw new OaopsError('disk-full', 'no space left');
              return target.put(name, ...rest);
            };
          const value = Reflect.get(target, key) as unknown;
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    };
    const first = await backUp([source], repos, { state, openStore: failing });
    expect(first.exitCode).toBe(3);
    expect(first.legs.map(({ location, status }) => [location, status])).toEqual([
      [good, 'ok'],
      [bad, 'failed'],
    ]);
    expect(existsSync(join(bad, 'snapshots'))).toBe(false);
    const second = await backUp([source], repos, { state });
    expect(second).toMatchObject({ exitCode: 0, counts: { filesUnchanged: 30, dataBlobs: 0 } });
    const target = join(base, 'restored');
    await restoreFrom(bad, { target });
    expect(differences(source, join(target, source))).toEqual([]);
  });

  it('of two different repositories are refused', async () => {
    const [one, two] = [await place(), await place()];
    writeFileSync(join(one.source, 'f'), 'x');
    await expect(backUp([one.source], [one.repo, two.repo], { state: one.state })).rejects.toMatchObject({
      code: 'repositories-differ',
      exitCode: 2,
    });
  });

  it('that all fail leave no snapshot', async () => {
    const { source, repo, state } = await place();
    writeFileSync(join(source, 'f'), 'x');
    const store = await openDirectoryStore(repo);
    store.put = async () => {
      throw new OaopsError('disk-full', 'no space left');
    };
    await expect(backUp([source], [repo], { state, openStore: async () => store })).rejects.toThrow(/no space left/);
    expect(existsSync(join(repo, 'snapshots'))).toBe(false);
    expect(readdirSync(join(state, 'cache/backup-spool'))).toEqual([]);
  });
});

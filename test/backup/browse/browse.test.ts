import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChangeMark, diffSnapshots, zeroSums } from '../../../src/backup/browse/diff.ts';
import { changeJson, changeText } from '../../../src/backup/browse/diff-text.ts';
import { findVersions } from '../../../src/backup/browse/find.ts';
import { repositoryStats } from '../../../src/backup/browse/stats.ts';
import type { Identities } from '../../../src/backup/crypto/age-header.ts';
import { readIdentityFile } from '../../../src/backup/crypto/keys.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { entriesOf } from '../../../src/backup/list-entries.ts';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { openRepository } from '../../../src/backup/repository/open.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { flipBit } from '../../helpers/restoring.ts';

let root: string;
let source: string;
let repo: string;
const ids: string[] = [];
const fail = (_block: unknown, why: string) => {
  throw new Error(why);
};

/** A repository that counts which objects were read. */
async function counting(identities?: Identities) {
  const store = await openDirectoryStore(repo);
  const reads: string[] = [];
  const counted = new Proxy(store, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      if (key !== 'get') return member.bind(target);
      return (name: string, ...rest: unknown[]) => {
        reads.push(name);
        return member.call(target, name, ...rest);
      };
    },
  }) as ObjectStore;
  return { repository: await openRepository(counted, identities), reads };
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'oaops-browse-'));
  source = join(root, 'source');
  repo = join(root, 'repo');
  mkdirSync(join(source, 'many'), { recursive: true });
  // More than one block can hold, and whatever changes stands in the first one.
  for (let i = 0; i < 34_000; i++) writeFileSync(join(source, 'many', `file-${String(i).padStart(6, '0')}`), '');
  writeFileSync(join(source, 'a.txt'), 'one');
  writeFileSync(join(source, 'gone.txt'), 'bye');
  writeFileSync(join(source, 'kind'), 'a file');
  writeFileSync(join(source, 'license'), 'same');
  symlinkSync('a.txt', join(source, 'link'));
  await makeRepositoryIn([repo], 'none');
  const setup = { state: join(root, 'state') };
  ids.push((await backUp([source], [repo], setup)).snapshot);
  appendFileSync(join(source, 'a.txt'), ' and two');
  unlinkSync(join(source, 'gone.txt'));
  unlinkSync(join(source, 'kind'));
  mkdirSync(join(source, 'kind'));
  writeFileSync(join(source, 'kind', 'inside\u001b[31m'), 'x'.repeat(1000));
  chmodSync(join(source, 'license'), 0o600);
  unlinkSync(join(source, 'link'));
  symlinkSync('gone.txt', join(source, 'link'));
  utimesSync(join(source, 'many', 'file-000007'), 1, 1);
  ids.push((await backUp([source], [repo], setup)).snapshot);
  ids.push((await backUp([source], [repo], setup)).snapshot);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('diff names every kind of change once, with sums, and reads no block that both snapshots share', async () => {
  const { repository, reads } = await counting();
  const sums = zeroSums();
  const marks: [ChangeMark, string][] = [];
  for await (const change of diffSnapshots(repository, ids[0]!, ids[1]!, sums, { onLost: fail }))
    marks.push([change.mark, changeText(change).slice(5).replace(source, '')]);
  expect(marks.filter(([, path]) => path !== '/')).toEqual([
    ['M', '/a.txt'],
    ['-', '/gone.txt'],
    ['T', '/kind/'],
    ['+', '/kind/inside\\x1b[31m'],
    ['U', '/license'],
    ['M', '/link'],
    ['U', '/many/file-000007'],
  ]);
  expect(sums).toMatchObject({
    added: { files: 1, dirs: 1, others: 0, bytes: 1011 },
    removed: { files: 2, dirs: 0, bytes: 12 },
    changedFiles: 1,
    changedOthers: 1,
    changedTypes: 1,
  });
  expect(sums.sharedEntries).toBeGreaterThan(1_000);
  expect(reads.filter((name) => name.startsWith('blocks/')).length).toBe(2);
});

test('two equal snapshots differ in nothing, whatever happens in the folders above, and next to nothing is read for it', async () => {
  const { repository, reads } = await counting();
  const sums = zeroSums();
  for await (const change of diffSnapshots(repository, ids[1]!, ids[2]!, sums, { onLost: fail }))
    expect(changeJson(change)).toBeUndefined();
  // The folder for temporary files stands in the first block, and other programs work in it.
  expect(reads.filter((name) => name.startsWith('blocks/')).length).toBeLessThanOrEqual(2);
});

test('diff and ls of one path read only the blocks that may hold it', async () => {
  const { repository, reads } = await counting();
  const path = join(source, 'kind');
  const found: string[] = [];
  for await (const { mark, after, before } of diffSnapshots(repository, ids[0]!, ids[1]!, zeroSums(), {
    path,
    onLost: fail,
  }))
    found.push(`${mark} ${(after ?? before)!.path.slice(source.length)}`);
  expect(found).toEqual(['T kind', '+ kind/inside\u001b[31m']);
  reads.length = 0;
  const list = async (paths: string[], recursive: boolean) => {
    const names: string[] = [];
    for await (const { path: name } of entriesOf(repository, ids[1]!, { paths, recursive }, fail)) names.push(name);
    return names.map((name) => name.slice(source.length));
  };
  expect(await list([path], true)).toEqual(['kind', 'kind/inside\u001b[31m']);
  expect(reads.filter((name) => name.startsWith('blocks/')).length).toBe(1);
  expect(await list([source], false)).toEqual(['', 'a.txt', 'kind', 'license', 'link', 'many']);
  expect((await list([source], true)).length).toBe(34_007);
});

test('find tells each version of a path with the snapshots that have it, and reads a shared block once', async () => {
  const { repository, reads } = await counting();
  const find = async (patterns: string[], more: object = {}) => {
    const found = [];
    const request = { patterns, snapshots: ids, ...more };
    for await (const versions of findVersions(repository, request, fail, fail)) found.push(versions);
    return found;
  };
  expect(await find(['A.TXT'])).toEqual([]);
  const [versions, ...rest] = await find(['A.TXT'], { ignoreCase: true });
  expect(rest).toEqual([]);
  expect(versions!.map(({ size, snapshots }) => ({ size, snapshots }))).toEqual([
    { size: 11, snapshots: [ids[1], ids[2]] },
    { size: 3, snapshots: [ids[0]] },
  ]);
  expect((await find(['a.txt'], { newest: true }))[0]!.length).toBe(1);
  expect((await find([join(source, 'kind')], { types: ['d'] })).map(([one]) => one!.snapshots)).toEqual([
    [ids[1], ids[2]],
  ]);
  reads.length = 0;
  const all = await find(['file-*']);
  expect(all.length).toBe(34_000);
  expect(all.every((one) => one.flatMap(({ snapshots }) => snapshots).length === 3)).toBe(true);
  const blocks = reads.filter((name) => name.startsWith('blocks/'));
  expect(new Set(blocks).size).toBe(blocks.length);
});

test('find finds in each snapshot what ls lists there', async () => {
  const { repository } = await counting();
  const listed = new Map<string, Set<string>>();
  for (const id of ids)
    for await (const { path } of entriesOf(repository, id, { paths: [] }, fail))
      listed.set(path, (listed.get(path) ?? new Set()).add(id));
  const names = fc.constantFrom(...listed.keys());
  await fc.assert(
    fc.asyncProperty(names, async (path) => {
      const found = new Set<string>();
      const request = { patterns: [`/${path}`.replace(/[[\\]/g, '?')], snapshots: ids };
      for await (const versions of findVersions(repository, request, fail, fail))
        if (versions[0]!.path === path) for (const { snapshots } of versions) for (const id of snapshots) found.add(id);
      expect(found).toEqual(listed.get(path));
    }),
    { numRuns: 15, verbose: true },
  );
}, 60_000);

test('stats count what is stored, needed and dead', async () => {
  const { repository } = await counting();
  const stats = await repositoryStats(repository, fail);
  expect(stats).toMatchObject({ snapshots: 3, oldest: ids[0], newest: ids[2], warnings: [] });
  const [leg] = stats.legs;
  expect(leg).toMatchObject({ location: repo, snapshots: 3, unneeded: { objects: 0, bytes: 0 } });
  // one, bye, a file, same; then the longer a.txt and the file inside.
  expect(stats.use).toMatchObject({ packs: 2, uniqueBytes: 3 + 3 + 6 + 4 + 11 + 1000 });
  expect(stats.use!.refresh).toMatchObject({ packs: 1, plainBytes: 1024 });
  expect(stats.logicalBytes).toBe(16 + 2 * 1015);
  const stray = 'ab'.repeat(32);
  mkdirSync(join(repo, 'packs', 'ab'), { recursive: true });
  writeFileSync(join(repo, 'packs', 'ab', stray), 'left over');
  expect((await repositoryStats(repository, fail)).legs[0]!.unneeded).toEqual({ objects: 1, bytes: 9 });
  rmSync(join(repo, 'packs', 'ab', stray));
});

test('of several snapshots, one that is damaged is named and the others are read', async () => {
  const place = mkdtempSync(join(root, 'damaged-'));
  const damagedRepo = join(place, 'repo');
  cpSync(repo, damagedRepo, { recursive: true });
  const manifest = join(damagedRepo, 'snapshots', `${ids[1]}.manifest`);
  flipBit(manifest);
  const repository = await openRepository(await openDirectoryStore(damagedRepo));
  const lost: string[] = [];
  const request = { patterns: ['a.txt'], snapshots: ids };
  const found = [];
  for await (const versions of findVersions(repository, request, fail, (id, why) => lost.push(`${id}: ${why}`)))
    found.push(...versions.map((version) => version.snapshots));
  expect(found).toEqual([[ids[2]], [ids[0]]]);
  const naming = expect.stringMatching(`^${ids[1]}: damaged repository data: the manifest of ${ids[1]} cannot be read`);
  expect(lost).toEqual([naming]);
  expect((await repositoryStats(repository, fail)).warnings).toEqual([naming]);
  // None that can be read is not an empty answer.
  await expect(findVersions(repository, { ...request, snapshots: [ids[1]!] }, fail, () => {}).next()).rejects.toThrow(
    /cannot be read/,
  );
});

test('stats tell of a leg that lacks, or has otherwise, what snapshots need', async () => {
  const place = mkdtempSync(join(root, 'lacking-'));
  const lacking = join(place, 'repo');
  cpSync(repo, lacking, { recursive: true });
  const [first, second] = readdirSync(join(lacking, 'packs'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(lacking, 'packs', name))
    .filter((path) => statSync(path).isFile());
  rmSync(first!);
  truncateSync(second!, 1);
  const { warnings } = await repositoryStats(await openRepository(await openDirectoryStore(lacking)), fail);
  expect(warnings).toEqual([
    `${lacking} lacks 1 object that snapshots need`,
    `${lacking} has 1 object of another size than snapshots need`,
  ]);
});

test('stats of an encrypted repository tell without a key what they can', async () => {
  const place = mkdtempSync(join(root, 'encrypted-'));
  const { generateIdentity, identityToRecipient } = await import('age-encryption');
  const identity = await generateIdentity();
  const key = join(place, 'key.txt');
  writeFileSync(key, `${identity}\n`, { mode: 0o600 });
  const encrypted = join(place, 'repo');
  await makeRepositoryIn([encrypted], [await identityToRecipient(identity)]);
  await backUp([join(source, 'a.txt')], [encrypted], { state: join(place, 'state') });
  const store = await openDirectoryStore(encrypted);
  expect((await repositoryStats(await openRepository(store), fail)).use).toBeNull();
  const read = await repositoryStats(await openRepository(store, readIdentityFile(key)), fail);
  expect(read.use).toMatchObject({ packs: 1, uniqueBytes: 11, refresh: { packs: 0 } });
});

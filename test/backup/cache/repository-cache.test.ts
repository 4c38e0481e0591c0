import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { CacheDamaged } from '../../../src/backup/cache/damaged-cache.ts';
import { RepositoryCache } from '../../../src/backup/cache/repository-cache.ts';
import { formatManifestRoot, type ManifestRoot } from '../../../src/backup/format/manifest-root.ts';
import { zeroCounts } from '../../../src/backup/format/snapshot-header.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-cache-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const hashOf = (digit: string) => digit.repeat(64);
const pack = { sha256: hashOf('a'), storedBytes: 1234, headerBytes: 0, tarBytes: 5120, frames: [1111] };
const otherPack = { ...pack, sha256: hashOf('b') };
const content = { sha256: hashOf('c'), member: 3, length: 700 };
const block = {
  sha256: hashOf('d'),
  storedBytes: 55,
  count: 1,
  plainSha256: hashOf('e'),
  first: 'x',
  last: 'y',
  packs: [pack.sha256],
};
const root: ManifestRoot = {
  snapshot: '20261122T180512Z-9f3a1c2b',
  repository: '0'.repeat(32),
  started: '2026-11-22T18:05:12.123Z',
  ended: '2026-11-22T18:05:13.123Z',
  host: 'oa-1',
  user: 'root',
  program: 'oaops/0.1.0',
  runbook: undefined,
  tags: [],
  parent: undefined,
  status: 'complete',
  counts: zeroCounts(),
  sources: ['/srv'],
  problems: [],
  packTables: [],
  blocks: [],
};
const parent = { snapshot: root.snapshot, started: root.started, root: formatManifestRoot(root) };

async function filled(name: string): Promise<string> {
  const folder = join(dir, name);
  const cache = await RepositoryCache.open(folder);
  cache.addPack(otherPack, []);
  cache.addPack(pack, [content]);
  cache.addBlock(block);
  cache.setParent('sources', parent);
  cache.close();
  return folder;
}

const reads: Record<string, (cache: RepositoryCache) => unknown> = {
  content: (cache) => cache.find(content.sha256),
  pack: (cache) => cache.packInfo(pack.sha256),
  block: (cache) => cache.block(block.plainSha256),
  parent: (cache) => cache.parent('sources'),
  parents: (cache) => cache.parents(),
  sizes: (cache) => [...cache.storedSizes()].length,
};

test('a sound cache gives what was put in', async () => {
  const cache = await RepositoryCache.open(await filled('sound'));
  expect(reads['content']!(cache)).toEqual({ pack: pack.sha256, member: 3, length: 700 });
  expect(reads['pack']!(cache)).toEqual(pack);
  expect(reads['block']!(cache)).toEqual(block);
  expect(reads['parent']!(cache)).toEqual(parent);
  expect(reads['parents']!(cache)).toEqual([parent]);
  expect(reads['sizes']!(cache)).toBe(3);
  cache.close();
});

// Each leaves a row that can be read and says something else than was written.
test.each([
  ['content', 'UPDATE contents SET member = member + 2'],
  ['content', 'UPDATE contents SET length = length - 1'],
  ['content', "UPDATE contents SET pack = (SELECT id FROM packs WHERE sha LIKE 'bb%')"],
  ['content', `UPDATE contents SET sha = x'${hashOf('9')}'`],
  ['pack', "UPDATE packs SET line = replace(line, '1111', '1112')"],
  ['sizes', "UPDATE packs SET line = replace(line, '1234', '1235')"],
  ['block', "UPDATE blocks SET info = replace(info, 'dddd', 'ddd1')"],
  ['sizes', "UPDATE blocks SET info = replace(info, ':55', ':56')"],
  ['parent', "UPDATE parents SET started = '2020-01-01T00:00:00.000Z'"],
  ['parents', "UPDATE parents SET root = replace(root, 'oa-1', 'oa-2')"],
] as const)('a row that looks right and is wrong counts as damage: %s, %s', async (what, statement) => {
  const folder = await filled(statement.replace(/\W+/g, '-'));
  const db = new Sqlite(join(folder, 'cache.sqlite'));
  expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
  db.close();
  const cache = await RepositoryCache.open(folder);
  try {
    const wanted = statement.includes('SET sha') ? () => cache.find(hashOf('9')) : () => reads[what]!(cache);
    expect(wanted).toThrow(CacheDamaged);
  } finally {
    cache.close();
  }
});

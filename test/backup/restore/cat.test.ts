import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initRepository } from '../../../src/backup/repository/init.ts';
import { openRepository, type Repository } from '../../../src/backup/repository/open.ts';
import { catSnapshot } from '../../../src/backup/restore/cat.ts';
import { openS3Store } from '../../../src/connectors/s3/store.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { backUp, differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { makeHostileTree } from '../../helpers/hostile-tree.ts';
import { flipBit, makeAgeKey, openDirectoryRepository } from '../../helpers/restoring.ts';
import { startScriptedS3 } from '../../helpers/scripted-s3.ts';

const mib = 1024 * 1024;
let dir: string;
let source: string;
let repo: string;
let key: ReturnType<typeof makeAgeKey>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-cat-'));
  source = join(dir, 'src');
  repo = join(dir, 'repo');
  key = makeAgeKey(dir);
  makeHostileTree(join(source, 'tree'));
  writeFileSync(join(source, 'empty'), '');
  symlinkSync('tree', join(source, 'link'));
  await makeRepositoryIn([repo], [key.recipient]);
  await backUp([source], [repo], { state: join(dir, 'state'), identityFile: key.identityFile });
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function cat(path: string, repository?: Repository) {
  const chunks: Buffer[] = [];
  const result = await catSnapshot(
    repository ?? (await openDirectoryRepository(repo, key.identityFile)),
    { snapshot: 'latest', path },
    { signal: new AbortController().signal, write: async (bytes) => void chunks.push(Buffer.from(bytes)) },
  );
  const bytes = Buffer.concat(chunks);
  expect(result.bytes).toBe(bytes.length);
  return { bytes, result };
}

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test.each(['tree/big', 'tree/half zeros', 'tree/sparse', 'tree/all hole', 'tree/copy 4', 'empty', 'tree/a.b'])(
  '%s comes byte for byte',
  async (name) => {
    const { bytes, result } = await cat(join(source, name));
    expect(sha(bytes)).toBe(sha(readFileSync(join(source, name))));
    expect(result).toMatchObject({ type: 'file', warnings: [] });
  },
);

test('a folder comes as an archive that tar makes the same tree of', async () => {
  const out = join(dir, 'unpacked');
  mkdirSync(out);
  const { bytes, result } = await cat(join(source, 'tree'));
  expect(result.type).toBe('archive');
  execFileSync('tar', ['-xpf', '-', '--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner', '-C', out], {
    input: bytes,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  expect(differences(join(source, 'tree'), join(out, source, 'tree'))).toEqual([]);
}, 60_000);

test('what is not there, or is no file, is said', async () => {
  await expect(cat(join(source, 'gone'))).rejects.toMatchObject({ code: 'path-missing', exitCode: 1 });
  await expect(cat(join(source, 'tre'))).rejects.toMatchObject({ code: 'path-missing' });
  await expect(cat('relative')).rejects.toMatchObject({ code: 'path-relative', exitCode: 2 });
  await expect(cat(join(source, 'link'))).rejects.toMatchObject({
    code: 'path-no-file',
    message: expect.stringContaining('a symbolic link to tree'),
  });
});

test('only the frames that hold a file are asked of S3', async () => {
  const s3 = await startScriptedS3();
  try {
    const big = join(dir, 'media');
    mkdirSync(big);
    for (const name of ['1', '2', '3', '4', '5', '6']) writeFileSync(join(big, name), randomBytes(5 * mib));
    const location = 's3://bucket/main';
    const open = () => openS3Store(location, { env: s3.env, clock: systemClock });
    await initRepository([await open()], {
      recipients: [key.recipient],
      clock: systemClock,
      random: systemRandom,
      companions: [],
    });
    await backUp([big], [location], { state: join(dir, 'state-s3'), openStore: open });
    const { readIdentityFile } = await import('../../../src/backup/crypto/keys.ts');
    const repository = await openRepository(await open(), readIdentityFile(key.identityFile));
    s3.calls.length = 0;
    const { bytes, result } = await cat(join(big, '4'), repository);
    expect(bytes.equals(readFileSync(join(big, '4')))).toBe(true);
    const packs = s3.calls.filter((call) => call.includes('/packs/'));
    // The header with the key, and one range.
    expect(packs).toHaveLength(2);
    expect(packs.every((call) => call.startsWith('GET '))).toBe(true);
    // 5 MiB touch at most 6 frames.
    expect(result.fetchedBytes).toBeLessThan(6.2 * mib);
  } finally {
    await s3.close();
  }
}, 60_000);

test('a pack that is damaged ends the output before the first wrong byte', async () => {
  const copy = join(dir, 'damaged');
  execFileSync('cp', ['-a', repo, copy]);
  for (const folder of readdirSync(join(copy, 'packs')))
    for (const name of readdirSync(join(copy, 'packs', folder))) {
      execFileSync('chmod', ['u+w', join(copy, 'packs', folder, name)]);
      flipBit(join(copy, 'packs', folder, name));
    }
  const repository = await openDirectoryRepository(copy, key.identityFile);
  const chunks: Buffer[] = [];
  const reading = catSnapshot(
    repository,
    { snapshot: 'latest', path: join(source, 'tree/big') },
    { signal: new AbortController().signal, write: async (bytes) => void chunks.push(Buffer.from(bytes)) },
  );
  await expect(reading).rejects.toMatchObject({ code: 'repository-damaged', exitCode: 9 });
  const given = Buffer.concat(chunks);
  expect(given.equals(readFileSync(join(source, 'tree/big')).subarray(0, given.length))).toBe(true);
  // A second leg that is right makes up for it.
  const { openDirectoryStore } = await import('../../../src/backup/legs/directory.ts');
  const { bytes } = await cat(join(source, 'tree/big'), {
    ...(await openDirectoryRepository(copy, key.identityFile)),
    others: [await openDirectoryStore(repo)],
  });
  expect(sha(bytes)).toBe(sha(readFileSync(join(source, 'tree/big'))));
});

const program = join(import.meta.dirname, '../../../bin/dev.js');
const env = () => ({ PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') });
const args = (path: string) => ['backup', 'cat', 'latest', join(source, path), '-r', repo, '-i', key.identityFile];

test('the command writes to a pipe, and a reader that goes away is no error', () => {
  const whole = spawnSync(process.execPath, [program, ...args('tree/big')], { env: env(), maxBuffer: 1e8 });
  expect(whole.stderr.toString()).toBe('');
  expect(sha(whole.stdout)).toBe(sha(readFileSync(join(source, 'tree/big'))));
  const quoted = [process.execPath, program, ...args('tree/big')].map((word) => `'${word}'`).join(' ');
  const head = spawnSync('bash', ['-c', `${quoted} | head -c 3 | wc -c; echo \${PIPESTATUS[0]}`], { env: env() });
  expect(head.stderr.toString()).toBe('');
  expect(head.stdout.toString().split('\n').slice(0, 2)).toEqual(['3', '0']);
}, 60_000);

test('a terminal gets no bytes that are not text', () => {
  const command = (path: string) => [process.execPath, program, ...args(path)].map((word) => `'${word}'`).join(' ');
  const run = (path: string) => spawnSync('script', ['-qec', command(path), '/dev/null'], { env: env() });
  const binary = run('tree/zeros');
  expect(binary.status).toBe(4);
  expect(binary.stdout.toString()).toContain('stdout is a terminal');
  expect(binary.stdout.includes(0)).toBe(false);
  expect(run('tree').status).toBe(4);
  const text = run('tree/copy 4');
  expect(text.status).toBe(0);
  expect(text.stdout.toString()).toContain('the same content in many files');
}, 60_000);

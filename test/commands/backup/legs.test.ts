import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../../bin/dev.js', import.meta.url));
let dir: string;

function oaops(...args: string[]) {
  const { PATH } = process.env;
  const env = { PATH, HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: 'en' };
  return spawnSync(bin, ['backup', ...args], { encoding: 'utf8', env, cwd: dir });
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-legs-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'data/one\x1b[2J'), 'x');
  expect(oaops('init', '--repo', 'one', '--repo', 'two', '--no-encryption')).toMatchObject({ status: 0 });
  expect(oaops('create', 'data', '--repo', 'one', '--repo', 'two')).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('list looks at every leg: what the first one has lost is listed, and told', () => {
  const id = JSON.parse(oaops('list', '--repo', 'one', '--json').stdout)[0].id as string;
  for (const name of readdirSync(join(dir, 'one/snapshots')))
    rmSync(join(dir, 'one/snapshots', name), { recursive: true });
  const { stdout, stderr, status } = oaops('list', '--repo', 'one', '--repo', 'two');
  expect(status).toBe(0);
  expect(stdout).toContain(id);
  expect(stderr).toBe(`warning: there is no copy at ${join(dir, 'one')} of 1 snapshot: ${id}\n`);
  const gone = oaops('list', '--repo', 'nowhere', '--repo', 'two', '--json');
  expect(JSON.parse(gone.stdout)).toMatchObject([{ id }]);
  expect(JSON.parse(gone.stderr)).toMatchObject({ warning: { message: expect.stringContaining('is not used') } });
});

test('init refuses a folder inside of a repository, before anything is made', () => {
  const refused = oaops('init', '--repo', 'two/packs/deeper', '--no-encryption', '--json');
  expect(refused.status).toBe(2);
  expect(JSON.parse(refused.stderr.trim().split('\n').at(-1)!)).toMatchObject({ error: { code: 'repository-inside' } });
  expect(readdirSync(join(dir, 'two/packs'))).not.toContain('deeper');
});

test('verify tells its notes, restore counts in good English', () => {
  rmSync(join(dir, 'two/restore-v1.sh'), { force: true });
  expect(oaops('verify', '--repo', 'two').stdout).toMatch(
    /in 1 snapshot: read 1 of 1 pack[\s\S]*\n {2}note: restore-v1\.sh is missing/,
  );
  const { stdout } = oaops('restore', 'latest', '--repo', 'two', '--target', 'out', '--include', join(dir, 'data'));
  expect(stdout).toMatch(/^restored 1 file, \d folders and 0 links and special files of /);
});

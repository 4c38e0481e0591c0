import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeOwnDir, makePrivateDir } from '../../src/core/private-dir.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-private-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('makes folders of mode 0700 whatever the umask, and takes one that is there', () => {
  const before = process.umask(0);
  try {
    makePrivateDir(join(dir, 'a/b/c'));
  } finally {
    process.umask(before);
  }
  for (const name of ['a', 'a/b', 'a/b/c']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o700);
  makePrivateDir(join(dir, 'a/b'));
  symlinkSync(join(dir, 'a'), join(dir, 'link'));
  makePrivateDir(join(dir, 'link'));
  makePrivateDir(join(dir, 'link/new'));
  expect(statSync(join(dir, 'a/new')).isDirectory()).toBe(true);
});

test('fails where a file or a link to nowhere is in the way', () => {
  writeFileSync(join(dir, 'file'), '');
  symlinkSync(join(dir, 'nowhere'), join(dir, 'link'));
  for (const path of ['file', 'file/below', 'link', 'link/below'])
    expect(() => makePrivateDir(join(dir, path)), path).toThrow();
});

test('ends on a file system that makes no folders', () => {
  // In a process of its own: the old way never came back.
  const source = new URL('../../src/core/private-dir.ts', import.meta.url);
  const script = `import { makePrivateDir } from ${JSON.stringify(source.href)}; try { makePrivateDir('/proc/oaops/record'); } catch (e) { console.log(e.code); }`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  expect({ stdout: stdout.trim(), signal }).toEqual({ stdout: 'ENOENT', signal: null });
});

test('a folder of oaops that cannot be made is named, with the way to name another', () => {
  writeFileSync(join(dir, 'file'), '');
  for (const kind of ['state', 'cache'] as const)
    expect(() => makeOwnDir(join(dir, 'file/below'), kind)).toThrow(
      expect.objectContaining({
        code: 'state-folder-unwritable',
        message: expect.stringMatching(`^the ${kind} folder .*/file/below cannot be made: ENOTDIR`),
        next: 'Name a folder that can be written with OAOPS_STATE_DIR.',
      }),
    );
});

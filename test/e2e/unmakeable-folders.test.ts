import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../bin/dev.js');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-unmakeable-'));
  mkdirSync(join(dir, 'source'));
  writeFileSync(join(dir, 'source/file'), 'text');
  expect(oaops(['backup', 'init', '--repo', 'repo', '--no-encryption']).status).toBe(0);
  expect(oaops(['backup', 'create', 'source', '--repo', 'repo']).status).toBe(0);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function oaops(args: string[], more: Record<string, string> = {}) {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), ...more };
  return spawnSync(program, args, { encoding: 'utf8', env, cwd: dir, timeout: 20_000, killSignal: 'SIGKILL' });
}

// /proc answers ENOENT for a name below a folder that exists: `recursive` of mkdir(3) in Node.js never comes back from it.
test.each([
  ['a repository', 1, ['backup', 'init', '--repo', '/proc/x', '--no-encryption'], {}],
  ['a repository to read', 10, ['backup', 'list', '--repo', '/proc/x'], {}],
  ['the target of a restore', 1, ['backup', 'restore', 'latest', '--repo', 'repo', '--target', '/proc/x/y'], {}],
  ['a target in place', 1, ['backup', 'restore', 'latest', '--repo', 'repo', '--target', '/proc/x', '--in-place'], {}],
  ['the spool', 1, ['backup', 'create', 'source', '--repo', 'repo', '--spool-dir', '/proc/x'], {}],
  ['the state', 1, ['backup', 'create', 'source', '--repo', 'repo'], { OAOPS_STATE_DIR: '/proc/x' }],
] as [string, number, string[], Record<string, string>][])(
  '%s where no folder can be made: an error at once',
  (_what, status, args, env) => {
    const ended = oaops(args, env);
    expect({ signal: ended.signal, status: ended.status }, ended.stderr).toEqual({ signal: null, status });
    expect(ended.stderr).toContain('/proc/x');
    // A fact, and what to do.
    expect(ended.stderr.trimEnd().split('\n').length).toBeGreaterThan(1);
    expect(ended.stderr).not.toMatch(/ {4}at /);
  },
  30_000,
);

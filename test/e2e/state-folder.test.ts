import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../bin/dev.js');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-state-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** With the mask that most users have: what asks for nothing else is readable by everybody. */
function oaops(...args: string[]): number | null {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
  return spawnSync('/bin/sh', ['-c', 'umask 022; exec "$0" "$@"', program, ...args], { env, cwd: dir }).status;
}

test('whatever was done, nobody else can read anything in the state folder', { timeout: 120_000 }, () => {
  mkdirSync(join(dir, 'source'));
  writeFileSync(join(dir, 'source/file'), 'text');
  writeFileSync(
    join(dir, 'fails.yaml'),
    `apiVersion: oaops/v1
kind: Procedure
metadata: {name: fails, version: 1.0.0, title: fails, owner: tests}
spec:
  steps:
    - {id: a, uses: exec, with: {argv: [sh, -c, 'echo out; echo err >&2']}}
    - {id: b, uses: exec, with: {argv: [sh, -c, 'echo no >&2; exit 7']}}
`,
  );
  expect(oaops('backup', 'init', '--repo', 'repo', '--no-encryption')).toBe(0);
  expect(oaops('backup', 'create', 'source', '--repo', 'repo')).toBe(0);
  expect(oaops('run', 'fails.yaml', '--yes')).toBe(1);

  const state = join(dir, 'state');
  const entries = readdirSync(state, { recursive: true, encoding: 'utf8' });
  expect(entries.length).toBeGreaterThan(10);
  const open = ['', ...entries].flatMap((name) => {
    const { mode } = lstatSync(join(state, name));
    return mode & 0o077 ? [`${(mode & 0o777).toString(8)} ${name}`] : [];
  });
  expect(open).toEqual([]);
});

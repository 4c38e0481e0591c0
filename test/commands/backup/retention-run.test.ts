import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../../bin/dev.js');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-retention-'));
  mkdirSync(join(dir, 'src'));
  for (let i = 0; i < 20; i++) writeFileSync(join(dir, `src/f${i}`), `${i} `.repeat(300));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function oaops(...args: string[]) {
  // As cron has it.
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: 'en' };
  return spawnSync(process.execPath, [program, ...args], { env, cwd: dir, encoding: 'utf8' });
}

const header = (kind: string, name: string) =>
  `apiVersion: oaops/v1\nkind: ${kind}\nmetadata: {name: ${name}, version: 1.0.0, title: ${name}, owner: ops}\n`;

test('a runbook prunes by its own rules without a person; a step that anybody wrote needs one', () => {
  const spec = `spec:\n  sources: [${dir}/src]\n  repositories: [${dir}/repo]\n  retention: {keepLast: 1}\n`;
  writeFileSync(join(dir, 'daily.yaml'), header('Backup', 'daily') + spec);
  const step = `spec:\n  steps:\n    - {id: away, uses: backup.prune, with: {repos: [${dir}/repo], rules: {keepLast: 1}}}\n`;
  writeFileSync(join(dir, 'away.yaml'), header('Procedure', 'away') + step);
  expect(oaops('backup', 'init', '--repo', 'repo', '--no-encryption', '-q').status).toBe(0);
  expect(oaops('backup', 'create', 'src', '--repo', 'repo', '-q').status).toBe(0);
  const snapshots = () => readdirSync(join(dir, 'repo/snapshots')).filter((name) => name.endsWith('.manifest')).length;
  expect(oaops('runbook', 'plan', 'daily.yaml').stdout).toContain('DESTRUCTIVE by policy, backup.prune');
  for (let i = 0; i < 2; i++)
    expect(oaops('run', 'daily.yaml', '-q')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  // The last of the runbook, and what was made by hand, which is not its own.
  expect(snapshots()).toBe(2);
  expect(oaops('run', 'away.yaml').status).toBe(4);
  expect(oaops('run', 'away.yaml', '--confirm', 'away').status).toBe(0);

  // An empty mount: the backup is told apart, and the rules remove nothing.
  for (let i = 0; i < 20; i++) rmSync(join(dir, `src/f${i}`));
  const guarded = oaops('run', 'daily.yaml');
  expect(guarded.status).toBe(3);
  expect(guarded.stderr + guarded.stdout).toContain('oaops backup accept');
  expect(snapshots()).toBe(3);
  expect(oaops('backup', 'prune', '--repo', 'repo', '--keep-last', '1', '--confirm', 'repo').status).toBe(4);
  expect(oaops('backup', 'accept', 'latest', '--repo', 'repo', '--reason', 'moved').status).toBe(0);
  expect(oaops('run', 'daily.yaml', '-q').status).toBe(0);
  expect(snapshots()).toBe(2);
}, 120_000);

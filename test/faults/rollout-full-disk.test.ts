import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeLocalRollout } from '../helpers/local-rollout.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');

let dir: string;
let mounted = false;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-full-'));
  mkdirSync(join(dir, 'state'));
});
afterEach(() => {
  if (mounted) spawnSync('umount', ['-l', join(dir, 'state')], { stdio: 'ignore' });
  rmSync(dir, { recursive: true, force: true });
});

function oaops(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`,
    HOME: dir,
    OAOPS_STATE_DIR: join(dir, 'state'),
    // Its files would take the room that the test gives.
    NODE_DISABLE_COMPILE_CACHE: '1',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: dir, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Who has the new version stands in a file; giving it to somebody twice is an error. In batch 2 the disk of the record runs full. */
const application = `#!/bin/sh
[ "$1" = enable ] || exit 0
tr -d '[]"' | tr , '\\n' > asked; echo >> asked
grep . asked | while read -r user; do
  if grep -qx "$user" enabled 2>/dev/null; then echo "twice: $user" >&2; exit 9; fi
  echo "$user" >> enabled
done || exit
if [ "$2" = b2 ] && [ ! -e filled ]; then touch filled; cat /dev/zero > state/ballast 2>/dev/null; fi
exit 0
`;

test('a disk of the record that runs full in the middle of a rollout: nothing new begins, and with room it goes on, nobody twice', {
  timeout: 120_000,
}, async ({ skip }) => {
  const size = 'size=8m,mode=700';
  mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', join(dir, 'state')]).status === 0;
  if (!mounted) skip('a file system could not be mounted');
  const users = writeLocalRollout(
    dir,
    application,
    (action) => `argv: [./app, ${action}, "\${{ 'b' + string(batch.number) }}"], stdin: "\${{ batch.json }}"`,
  );
  const enabled = () => readFileSync(join(dir, 'enabled'), 'utf8').trim().split('\n');
  const full = await oaops('patch', 'rollout', './hotfix.yaml', '--yes');
  expect(full).toMatchObject({ code: 1 });
  expect(full.stderr).toContain('no space is left for the record');
  expect(full.stderr).toContain('Free some space');
  expect(full.stderr).not.toMatch(/\n\s+at /);
  expect(enabled()).toEqual(users.slice(0, 7));
  const still = await oaops('patch', 'resume', 'latest');
  expect(still).toMatchObject({ code: 1 });
  expect(still.stderr).toContain('no space is left for the record');
  expect(enabled()).toEqual(users.slice(0, 7));
  rmSync(join(dir, 'state/ballast'));
  // Its exit code could not be written: whether batch 2 was served is for a person to say, not to guess.
  const unknown = await oaops('patch', 'resume', 'latest');
  expect(unknown, unknown.stderr).toMatchObject({ code: 6 });
  expect(unknown.stdout).toContain('--unit b2-enable/localhost --as done|failed|retry');
  expect(enabled()).toEqual(users.slice(0, 7));
  const whole = await oaops('runs', 'resume', 'latest', '--unit', 'b2-enable/localhost', '--as', 'done');
  expect(whole, whole.stderr).toMatchObject({ code: 0 });
  expect(enabled()).toEqual(users);
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const as = ['--reuid', '54321', '--regid', '54321', '--clear-groups'];
const bare = { PATH: '/usr/bin:/bin' };
// Only root can become somebody else, and the tree must be open to him.
const possible =
  process.getuid?.() === 0 && spawnSync('setpriv', [...as, 'test', '-r', join(root, 'package.json')]).status === 0;

test.skipIf(!possible).each([{}, { HOME: '/' }])('works for a user id without an account, environment %j', (more) => {
  const place = mkdtempSync(join(tmpdir(), 'oaops-nobody-'));
  const command = [process.execPath, join(root, 'bin/dev.js'), 'config', 'show'];
  const env = { ...bare, ...more, OAOPS_STATE_DIR: join(place, 'state') };
  const { status, stdout, stderr } = spawnSync('setpriv', [...as, ...command], { cwd: '/', env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('/.config/oaops/config.yaml');
  rmSync(place, { recursive: true });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const as = ['--reuid', '54321', '--regid', '54321', '--clear-groups'];
const bare = { PATH: '/usr/bin:/bin' };

// Only root can become somebody else. The tree may lie in root's home, so it is also mounted where anybody may look.
const showTree = 'mount --bind "$1" "$2" && cd / && shift 2 && exec setpriv "$@"';
const possible = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

test.skipIf(!possible).each([{}, { HOME: '/' }])('works for a user id without an account, environment %j', (more) => {
  const place = mkdtempSync(join(tmpdir(), 'oaops-nobody-'));
  const tree = join(place, 'tree');
  mkdirSync(tree);
  chmodSync(place, 0o755);
  const node = join(tree, 'node_modules', '.bin', 'node');
  const command = [...as, node, join(tree, 'bin/dev.js'), 'config', 'show'];
  const env = { ...bare, ...more, OAOPS_STATE_DIR: join(place, 'state') };
  const mounted = ['--mount', '--propagation', 'private', 'sh', '-c', showTree, 'sh', root, tree, ...command];
  const { status, stdout, stderr } = spawnSync('unshare', mounted, { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('/.config/oaops/config.yaml');
  rmSync(place, { recursive: true });
});

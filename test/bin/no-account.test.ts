import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// He may read everything: this source tree may lie where only root can read.
const reading = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
const as = ['--reuid', '54321', '--regid', '54321', '--clear-groups', ...reading];
const bare = { PATH: '/usr/bin:/bin' };

// Only root can become somebody else.
test.skipIf(process.getuid?.() !== 0).each([{}, { HOME: '/' }])(
  'works for a user id without an account, environment %j',
  (more) => {
    const place = mkdtempSync(join(tmpdir(), 'oaops-nobody-'));
    const command = [process.execPath, join(root, 'bin/dev.js'), 'config', 'show'];
    const env = { ...bare, ...more, OAOPS_STATE_DIR: join(place, 'state') };
    const { status, stdout, stderr } = spawnSync('setpriv', [...as, ...command], { cwd: '/', env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('/.config/oaops/config.yaml');
    rmSync(place, { recursive: true });
  },
);

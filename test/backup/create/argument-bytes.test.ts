import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../../bin/dev.js', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-argv-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('source paths that are not UTF-8 are backed up as they are named on the command line', () => {
  // A shell makes the names: arguments that Node.js passes on are text.
  const script = String.raw`
set -e
gbk=$(printf '\304\343\272\303') other=$(printf '\304\343\272\304')
mkdir "$gbk" "$other" 'plain'
echo 1 > "$gbk/f"; echo 2 > "$other/f"; echo 3 > plain/f
"$NODE" "$BIN" backup init --repo repo --no-encryption -q
"$NODE" "$BIN" backup create "$other/" plain "./$gbk" --repo repo
"$NODE" "$BIN" backup restore latest --repo repo --target out -q
cat "out$PWD/$gbk/f" "out$PWD/$other/f" "out$PWD/plain/f"
`;
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    OAOPS_STATE_DIR: join(dir, 'state'),
    NODE: process.execPath,
    BIN: bin,
  };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { cwd: dir, env, encoding: 'utf8' });
  expect({ status, stderr: stderr.replace(/.*not encrypted.*\n/, '').replace(/.*\(package attr\).*\n/, '') }).toEqual({
    status: 0,
    stderr: '',
  });
  expect(stdout).toMatch(/\n1\n2\n3\n$/);
}, 60_000);

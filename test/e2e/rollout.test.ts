import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';
import { type LdapServer, startSlapd, suffix } from '../helpers/slapd.ts';
import { sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';

const hasSlapd = existsSync('/usr/sbin/slapd') && spawnSync('ldapsearch', ['-VV']).status === 0;

let dir: string;
let directory: LdapServer;
let sshd: TestSshd;
let application: Server;
let url: string;

/** What a host does: it keeps the users that have the new version in a file, and refuses to give it to one twice. */
const switchOn = `#!/bin/sh
set -eu
state=$2/$1; mkdir -p "$state"; touch "$state/enabled"
cat > "$state/batch"
if grep -qxF -f "$state/batch" "$state/enabled"; then echo "somebody has it already" >&2; exit 9; fi
cat "$state/batch" >> "$state/enabled"
`;
const switchOff = `#!/bin/sh
set -eu
state=$2/$1
cat > "$state/batch"
grep -vxF -f "$state/batch" "$state/enabled" > "$state/rest" || true
mv "$state/rest" "$state/enabled"
`;

const enabled = (host: string): string[] => {
  const file = join(dir, 'app', host, 'enabled');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
};

beforeAll(async () => {
  if (!sshdAvailable || !hasSlapd) return;
  dir = mkdtempSync(join(tmpdir(), 'oaops-rollout-'));
  [directory, sshd] = await Promise.all([startSlapd(1203), startSshd()]);
  // A bad package makes the application answer badly as soon as more than a hundred have it.
  application = createServer((_, response) => {
    const bad = readFileSync(join(dir, 'package'), 'utf8') === 'bad' && enabled('web1').length > 100;
    response.statusCode = bad ? 500 : 200;
    response.end(bad ? 'error' : 'ok');
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/health`;
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 });
  writeFileSync(join(dir, '.ssh/known_hosts'), sshd.knownHosts());
  const login = `ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${userInfo().username} ansible_ssh_private_key_file=${sshd.keyFile}`;
  writeFileSync(join(dir, 'hosts.ini'), `[web]\nweb1 ${login}\nweb2 ${login}\nweb3 ${login}\n`);
  for (const [name, text] of [
    ['switch-on', switchOn],
    ['switch-off', switchOff],
  ] as const) {
    writeFileSync(join(dir, name), text);
    chmodSync(join(dir, name), 0o755);
  }
  writeFileSync(
    join(dir, 'hotfix.yaml'),
    `apiVersion: oaops/v1
kind: Rollout
metadata: {name: hotfix, version: 1.0.0, title: Hotfix, owner: tests, procedures: [UP-06]}
spec:
  inventory: hosts.ini
  inputs: {package: {type: file, required: true}}
  population:
    from: ldap
    url: ${directory.url}
    base: ou=people,${suffix}
    filter: (objectClass=inetOrgPerson)
  batches: {sizes: [5, 50, 500]}
  preconditions: [{what: package, artefact: "\${{ inputs.package }}"}]
  steps:
    - id: enable
      uses: ssh.exec
      targets: group:web
      parallel: 3
      with: {argv: [${dir}/switch-on, "\${{ target.name }}", ${dir}/app], stdin: "\${{ batch.lines }}"}
      undo:
        uses: ssh.exec
        with: {argv: [${dir}/switch-off, "\${{ target.name }}", ${dir}/app], stdin: "\${{ batch.lines }}"}
  gates:
    - {id: health, uses: http.request, with: {url: "${url}"}, samples: 2, interval: 1s}
`,
  );
}, 120_000);
afterAll(async () => {
  application?.close();
  await Promise.all([directory?.stop(), sshd?.stop()]);
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const oaops = (...args: string[]) =>
  runOaops(args, {
    cwd: dir,
    bare: true,
    env: { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') },
  });

describe.skipIf(!sshdAvailable || !hasSlapd)('1,203 users of a directory, three hosts', { timeout: 240_000 }, () => {
  it('a bad patch trips the gate in batch 3 and everything goes back; then the good one reaches everybody', async () => {
    writeFileSync(join(dir, 'package'), 'bad');
    const bad = await oaops('patch', 'rollout', './hotfix.yaml', '-i', 'package=package', '--yes');
    expect(bad.exitCode, bad.stdout + bad.stderr).toBe(5);
    const status = JSON.parse((await oaops('patch', 'status', '--json')).stdout);
    expect(status.batches.map(({ state }: { state: string }) => state)).toEqual([
      'undone',
      'undone',
      'undone',
      'not-started',
      'not-started',
    ]);
    for (const host of ['web1', 'web2', 'web3']) expect(enabled(host)).toEqual([]);

    writeFileSync(join(dir, 'package'), 'good');
    const good = await oaops('patch', 'rollout', './hotfix.yaml', '-i', 'package=package', '--yes');
    expect(good.exitCode, good.stdout + good.stderr).toBe(0);
    for (const host of ['web1', 'web2', 'web3']) {
      expect(enabled(host)).toHaveLength(1203);
      expect(new Set(enabled(host)).size).toBe(1203);
    }
  });
});

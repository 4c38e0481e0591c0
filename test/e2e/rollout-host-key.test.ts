import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');

describe.skipIf(!sshdAvailable)('a rollout on a host whose key changes between two batches', () => {
  let dir: string;
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd();
    dir = mkdtempSync(join(tmpdir(), 'oaops-key-'));
    for (const name of ['.ssh', '.config', '.config/oaops']) mkdirSync(join(dir, name), { mode: 0o700 });
    writeFileSync(
      join(dir, 'hosts.ini'),
      `web1 ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${userInfo().username} ansible_ssh_private_key_file=${sshd.keyFile}\n`,
    );
    writeFileSync(join(dir, 'users.csv'), 'login\nanna\nbert\ncleo\ndora\n');
    writeFileSync(join(dir, 'has'), '');
    writeFileSync(
      join(dir, 'hotfix.yaml'),
      `apiVersion: oaops/v1
kind: Rollout
metadata: {name: hotfix, version: 1.0.0, title: Hotfix, owner: tests, procedures: [UP-06]}
spec:
  inventory: hosts.ini
  population: {from: csv, file: users.csv, id: login}
  batches: {sizes: [2]}
  preconditions:
    - {what: window, from: "00:00", to: "24:00", timeZone: UTC}
  steps:
    - id: enable
      uses: ssh.exec
      targets: web1
      with: {shell: true, argv: ['echo "$1" >>"$2"', "\${{ batch.json }}", ${join(dir, 'has')}]}
      undo:
        uses: ssh.exec
        with: {shell: true, argv: ['grep -vxF "$1" "$2" >"$2.new"; mv "$2.new" "$2"', "\${{ batch.json }}", ${join(dir, 'has')}]}
    # After batch 1 somebody begins a freeze.
    - {id: freeze, uses: exec, with: {argv: [cp, ${join(dir, 'freeze.yaml')}, ${join(dir, '.config/oaops/config.yaml')}]}, undo: {uses: exec, with: {argv: ['true']}}}
`,
    );
    writeFileSync(
      join(dir, 'freeze.yaml'),
      'calendar: {freezes: [{name: closing, from: "2020-01-01T00:00:00Z", to: "2099-01-01T00:00:00Z", reason: year end}]}\n',
    );
    known(sshd.knownHosts());
  });
  afterAll(async () => {
    await sshd?.stop();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });

  const known = (text: string) => writeFileSync(join(dir, '.ssh/known_hosts'), text);
  const has = () => readFileSync(join(dir, 'has'), 'utf8');
  const oaops = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
      execFile(program, args, { cwd: dir, env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });

  it('does nothing more there, says why, hides nothing, and is taken back when the host is itself again', {
    timeout: 120_000,
  }, async () => {
    const first = await oaops('patch', 'rollout', './hotfix.yaml', '--yes');
    expect(first, first.stderr).toMatchObject({ code: 6 });
    expect(has()).toBe('["anna","bert"]\n');
    writeFileSync(join(dir, '.config/oaops/config.yaml'), '{}\n');
    known(sshd.knownHosts().replace(/AAAA\S+/, (key) => `${key.slice(0, -6)}AAAAAA`));
    const changed = await oaops('patch', 'resume', 'latest');
    expect(changed.stdout).toMatch(/host key/);
    // Not even the rollback may log in there: what is still in place is told.
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.stdout).toContain('undo failed after');
    expect(changed.stdout).toContain('b1-enable/web1');
    expect(has()).toBe('["anna","bert"]\n');
    known(sshd.knownHosts());
    const back = await oaops('patch', 'rollback', 'latest');
    expect(back, back.stderr).toMatchObject({ code: 5 });
    expect(has()).toBe('');
  });
});

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');

let dir: string;
let sshd: TestSshd;

beforeAll(async () => {
  if (!sshdAvailable) return;
  sshd = await startSshd();
  dir = mkdtempSync(join(tmpdir(), 'oaops-ssh-run-'));
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 });
  const host = (name: string) =>
    `${name} ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${userInfo().username} ansible_ssh_private_key_file=${sshd.keyFile}`;
  writeFileSync(join(dir, 'hosts.ini'), `[web]\n${host('web1')}\n${host('web2')}\n`);
  writeFileSync(
    join(dir, 'remote.yaml'),
    `apiVersion: oaops/v1
kind: Procedure
metadata: {name: remote, version: 1.0.0, title: Remote, owner: tests}
spec:
  inventory: hosts.ini
  steps:
    - id: touch
      uses: ssh.exec
      targets: group:web
      parallel: 2
      with: {shell: true, argv: ['echo "$1" >>"$2"', "\${{ target.name }}", ${join(dir, 'out')}]}
      verify: {uses: ssh.exec, with: {argv: [grep, -qx, "\${{ target.name }}", ${join(dir, 'out')}]}}
    - id: fail
      uses: ssh.exec
      targets: web2
      with: {argv: [grep, -q, "not there", /etc/hostname]}
      onFailure: continue
`,
  );
});
afterAll(async () => {
  if (!sshdAvailable) return;
  await sshd.stop();
  rmSync(dir, { recursive: true, force: true });
});

function oaops(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: dir,
      env: { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe.skipIf(!sshdAvailable)('a procedure over ssh', () => {
  it('does nothing on hosts whose keys are unknown or have changed', async () => {
    const unknown = await oaops('run', './remote.yaml');
    expect(unknown).toMatchObject({
      code: expect.toSatisfy((code) => code === 1 || code === 4),
      stdout: expect.stringContaining('host key'),
    });
    writeFileSync(
      join(dir, '.ssh/known_hosts'),
      sshd.knownHosts().replace(/AAAA\S+/, (key) => `${key.slice(0, -6)}AAAAAA`),
    );
    const changed = await oaops('run', './remote.yaml');
    expect(changed.stdout).toMatch(/host key.*(changed|not the one|differs)/i);
    expect(changed.code).toBe(unknown.code);
    expect(() => readFileSync(join(dir, 'out'))).toThrow();
  });

  it('acts on each target, verifies, and says what failed where', async () => {
    writeFileSync(join(dir, '.ssh/known_hosts'), sshd.knownHosts());
    const run = await oaops('run', './remote.yaml', '--json');
    const events = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({
      event: 'run.ended',
      status: 'incomplete',
      exitCode: 3,
      message: expect.stringContaining('fail: web2: grep ended with exit code 1'),
    });
    expect(run.code).toBe(3);
    expect(readFileSync(join(dir, 'out'), 'utf8').trim().split('\n').sort()).toEqual(['web1', 'web2']);
    const verified = events.filter((event) => event['event'] === 'unit.ended' && event['phase'] === 'verify');
    expect(verified.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });

  it('limits a run to one target', async () => {
    const plan = JSON.parse((await oaops('runbook', 'plan', './remote.yaml', '--limit', 'web1', '--json')).stdout);
    expect(plan.steps.map((step: { targets: string[] }) => step.targets)).toEqual([['web1'], []]);
    expect(await oaops('runbook', 'plan', './remote.yaml', '--limit', 'web7')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('web7'),
    });
  });
});

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionList } from '../../src/actions/registry.ts';
import { httpDoor } from '../../src/connectors/http/http.ts';
import { LocalHost } from '../../src/connectors/process/local-host.ts';
import { SshDoor } from '../../src/connectors/ssh/ssh-door.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import type { ActionContext, AnyAction } from '../../src/engine/action.ts';
import type { Host, Target } from '../../src/engine/ports.ts';
import { addTestUser, removeTestUsers, sshdAvailable, startSshd, type TestSshd } from '../helpers/sshd.ts';

const local: Target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} };
const action = (name: string): AnyAction => actionList.find((candidate) => candidate.name === name)!;

describe('actions', () => {
  let dir: string;
  let host: Host;
  let remote: Host | undefined;
  let sshd: TestSshd | undefined;
  let door: SshDoor | undefined;
  let server: Server;
  const output: string[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-actions-'));
    host = new LocalHost(local, {
      stateDir: dir,
      env: process.env,
      clock: systemClock,
      random: systemRandom,
      cwd: dir,
    });
    server = createServer((request, response) => {
      const body =
        request.url === '/ids' ? '{"id":9007199254740993,"n":[-1,1.5,1e400],"m":9007199254740991}' : '{"a":1}';
      response.writeHead(request.url === '/no' ? 503 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    if (sshdAvailable) {
      sshd = await startSshd();
      addTestUser('oapsact', '/bin/sh');
      writeFileSync(join(dir, 'known_hosts'), sshd.knownHosts());
      door = new SshDoor({
        env: {},
        home: dir,
        localUser: 'root',
        configFiles: [],
        knownHostsFiles: [join(dir, 'known_hosts')],
        warn: () => {},
        clock: systemClock,
        random: systemRandom,
      });
      const target: Target = {
        ...local,
        name: 'far',
        connection: 'ssh',
        host: '127.0.0.1',
        port: sshd.port,
        user: 'oapsact',
        identityFile: sshd.keyFile,
      };
      remote = await door.open(target, new AbortController().signal);
    }
  }, 30_000);
  afterAll(async () => {
    server.close();
    await door?.closeAll();
    await sshd?.stop();
    removeTestUsers();
    rmSync(dir, { recursive: true, force: true });
  });

  let count = 0;
  const context = (on: Host): ActionContext =>
    ({
      unitKey: `r.s.t.${++count}`,
      target: on.target,
      step: { id: 's' },
      plan: { runbook: { file: join(dir, 'x.yaml') } },
      redact: (text: string) => text.replaceAll('not-to-be-seen', '***'),
      host: async () => on,
      http: async () => httpDoor({ version: '0' }),
      secrets: { resolve: async (ref: string) => `value of ${ref}` },
      signal: new AbortController().signal,
      output: (_stream: string, text: string) => void output.push(text),
      progress: () => {},
    }) as never;
  const apply = (name: string, args: unknown, on: Host = host) => {
    const chosen = action(name);
    return chosen.apply(chosen.withSchema.parse(args), context(on));
  };

  it('exec: result, exit codes, secrets in env and stdin, recovery', async () => {
    const done = await apply('exec', {
      argv: ['/bin/sh', '-c', 'printf "%s," "$T"; cat; echo'],
      env: { T: { secret: 'env:A' } },
      stdin: { secret: 'env:B' },
    });
    expect(done).toMatchObject({
      status: 'ok',
      result: { exitCode: 0, stdout: 'value of env:A,value of env:B', truncated: false },
    });
    expect(output.at(-1)).toBe('value of env:A,value of env:B\n');
    expect(await apply('exec', { argv: ['/bin/sh', '-c', 'echo why >&2; exit 4'] })).toMatchObject({
      status: 'failed',
      message: '/bin/sh ended with exit code 4: why',
    });
    expect(await apply('exec', { argv: ['/bin/sh', '-c', 'exit 4'], exitCodes: [0, 4] })).toMatchObject({
      status: 'ok',
    });
    const same = context(host);
    const exec = action('exec');
    const args = exec.withSchema.parse({ argv: ['/bin/sh', '-c', 'echo once; exit 5'] });
    await exec.apply(args, same);
    expect(await exec.recover!(args, same)).toMatchObject({
      status: 'failed',
      result: { exitCode: 5, stdout: 'once' },
    });
    expect(await exec.recover!(args, context(host))).toEqual({ status: 'not-started' });
    expect(exec.withSchema.safeParse({ argv: [{ secret: 'env:A' }] }).success).toBe(false);
    expect(exec.describe(args)).toBe('run /bin/sh -c "echo once; exit 5"');
  });

  it('file.write and file.hash', async () => {
    const path = join(dir, 'f.txt');
    const sha256 = createHash('sha256').update('one').digest('hex');
    expect(await apply('file.write', { path, content: 'one', mode: '0600' })).toMatchObject({
      status: 'ok',
      result: { sha256, changed: true, previousSha256: null },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await apply('file.write', { path, content: 'one' })).toMatchObject({
      status: 'ok',
      result: { changed: false },
    });
    expect(await apply('file.hash', { path, sha256 })).toMatchObject({
      status: 'ok',
      result: { exists: true, sizeBytes: 3 },
    });
    expect(await apply('file.hash', { path, sha256: '0'.repeat(64) })).toMatchObject({
      status: 'failed',
      code: 'hash-mismatch',
      exitCode: 9,
    });
    expect(await apply('file.hash', { path: join(dir, 'none') })).toMatchObject({
      status: 'failed',
      code: 'file-missing',
    });
    expect(await apply('file.hash', { path: join(dir, 'none'), missing: 'ok' })).toMatchObject({
      status: 'ok',
      result: { exists: false },
    });
  });

  it('http.request', async () => {
    const base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    expect(await apply('http.request', { url: `${base}/` })).toMatchObject({
      status: 'ok',
      result: { status: 200, json: { a: 1 } },
    });
    expect(await apply('http.request', { url: `${base}/ids` })).toMatchObject({
      result: {
        body: expect.stringContaining('"id":9007199254740993,'),
        json: { id: '9007199254740993', n: [-1, 1.5, '1e400'], m: Number.MAX_SAFE_INTEGER },
      },
    });
    expect(await apply('http.request', { url: `${base}/no` })).toMatchObject({
      status: 'failed',
      retryable: true,
      code: 'http-status',
    });
    expect(await apply('http.request', { url: `${base}/no`, status: [503] })).toMatchObject({ status: 'ok' });
    const http = action('http.request');
    expect(http.describe(http.withSchema.parse({ url: `${base}/x?token=hidden` }))).toBe(`GET ${base}/x`);
    expect(await http.recover!(http.withSchema.parse({ url: base, method: 'POST' }), context(host))).toEqual({
      status: 'unknown',
    });
  });

  it('ssh.exec and ssh.upload refuse the local machine', async () => {
    await expect(apply('ssh.exec', { argv: ['true'] })).rejects.toMatchObject({ code: 'target-not-ssh', exitCode: 2 });
    await expect(apply('ssh.upload', { source: 'x', path: '/tmp/x' })).rejects.toMatchObject({
      code: 'target-not-ssh',
    });
  });

  it.skipIf(!sshdAvailable)('ssh.exec and ssh.upload', async () => {
    expect(await apply('ssh.exec', { argv: ['id', '-un'] }, remote)).toMatchObject({
      status: 'ok',
      result: { stdout: 'oapsact' },
    });
    writeFileSync(join(dir, 'package.bin'), 'content');
    const args = { source: 'package.bin', path: '/home/oapsact/package.bin' };
    expect(await apply('ssh.upload', args, remote)).toMatchObject({
      status: 'ok',
      result: { changed: true, sizeBytes: 7 },
    });
    expect(readFileSync(args.path, 'utf8')).toBe('content');
    expect(await apply('ssh.upload', args, remote)).toMatchObject({ status: 'ok', result: { changed: false } });
    await apply('ssh.exec', { argv: ['ln', '-s', args.path, '/home/oapsact/link'] }, remote);
    await expect(apply('file.write', { path: '/home/oapsact/link', content: 'other' }, remote)).rejects.toMatchObject({
      code: 'file-link',
    });
    expect(await apply('ssh.exec', { argv: ['cat', '/home/oapsact/link'] }, remote)).toMatchObject({
      result: { stdout: 'content' },
    });
    expect(await apply('ssh.upload', { ...args, sha256: '0'.repeat(64) }, remote)).toMatchObject({
      status: 'failed',
      code: 'source-mismatch',
    });
    await expect(apply('ssh.upload', { source: 'none', path: '/tmp/x' }, remote)).rejects.toMatchObject({
      code: 'file-missing',
    });
  });
});

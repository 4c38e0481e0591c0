import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { busyboxTools, complaints, judged, makeCheck, shells } from '../../helpers/probe.ts';
import { freePort } from '../../helpers/sshd.ts';

// Servers that end the connection, and servers that wait for the other side.
const ending = createServer((socket) => socket.on('error', () => {}).end('hello'));
const waiting = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}));
let folder = '';
let ports: number[] = [];
let closed = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-reach-'));
  for (const server of [ending, waiting]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports = [ending, waiting].map((server) => (server.address() as AddressInfo).port);
  closed = await freePort();
});
afterAll(() => {
  ending.close();
  waiting.close();
  rmSync(folder, { recursive: true, force: true });
});

const program = (name: string, text: string) => {
  const path = mkdtempSync(join(folder, 'bin-'));
  writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { PATH: `${path}:${process.env['PATH']}` };
};

describe.each(shells)('the probe in %s', (_name, shell) => {
  test.each([
    ['bash', ['nc', 'ncat']],
    ['python3', ['nc', 'ncat', 'bash']],
  ])('%s tells open ports from closed ones', async (_way, without) => {
    const args = { host: '127.0.0.1', ports: [...ports, closed], wait: 1 };
    expect((await makeCheck('reach', { ...args, open: ports }, { shell, without })).message).toBe(
      '127.0.0.1: 3 ports tried, open are only those that should be (2)',
    );
    expect(await makeCheck('reach', args, { shell, without })).toMatchObject({
      state: 'fail',
      message: `127.0.0.1 can be reached on port ${ports.join(', ')}`,
    });
  });

  test('nc of BusyBox: a server that keeps the connection is open too', async () => {
    const tools = busyboxTools(mkdtempSync(join(folder, 'busybox-')));
    const env = { PATH: `${tools}:${process.env['PATH']}` };
    const args = { host: '127.0.0.1', ports: [...ports, closed], wait: 1, open: ports };
    const without = ['ncat', 'bash', 'python3'];
    expect(await makeCheck('reach', args, { shell, env, without })).toMatchObject({ state: 'pass' });
  });

  test.each([
    ['a program that does not know its options', 'echo "nc: invalid option -- z" >&2; exit 1', 'error'],
    ['a program that says nothing', 'exit 1', 'error'],
    ['no network', 'echo "nc: connect to 192.0.2.1 port 22 (tcp) failed: Network is unreachable" >&2; exit 1', 'error'],
    ['a refusal', 'echo "nc: connect to 192.0.2.1 port 22 (tcp) failed: Connection refused" >&2; exit 1', 'pass'],
    [
      'silence',
      'echo "nc: connect to 192.0.2.1 port 22 (tcp) timed out: Operation now in progress" >&2; exit 1',
      'pass',
    ],
    ['a firewall', 'echo "Ncat: No route to host." >&2; exit 1', 'pass'],
  ])('%s', async (_what, text, state) => {
    const env = program('nc', `case "$*" in -h) echo "-z"; exit ;; esac\n${text}`);
    expect((await makeCheck('reach', { host: '192.0.2.1', ports: [22] }, { shell, env })).state).toBe(state);
  });
});

test('reads what the host tells, and no more', () => {
  const args = { host: 'oa', ports: [22, 80], open: [80] };
  expect(judged('reach', args, 'way nc\nclosed 22\nopen 80').state).toBe('pass');
  expect(judged('reach', args, 'way nc\nclosed 22\nclosed 80').state).toBe('fail');
  expect(judged('reach', args, 'way nc\nclosed 22').state).toBe('error');
  expect(judged('reach', args, 'way nc\nclosed 22\nunknown 80 nc: no network')).toMatchObject({
    state: 'error',
    message: 'the host cannot tell whether port 80 answers: nc: no network',
  });
  expect(complaints('reach', { host: '-e/bin/sh', ports: [1] })).toEqual(['host: not a name or address of a host']);
});

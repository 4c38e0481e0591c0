import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../../helpers/needs.ts';
import { busyboxTools, complaints, judged, makeCheck, shells } from '../../helpers/probe.ts';

const debian = `PING 10.1.1.1 (10.1.1.1) 56(84) bytes of data.

--- 10.1.1.1 ping statistics ---
5 packets transmitted, 4 received, 20% packet loss, time 4005ms
rtt min/avg/max/mdev = 10.129/12.500/18.902/3.310 ms, pipe 2`;
const busybox = `PING 10.1.1.1 (10.1.1.1): 56 data bytes

--- 10.1.1.1 ping statistics ---
5 packets transmitted, 4 packets received, 20% packet loss
round-trip min/avg/max = 10.129/12.500/18.902 ms`;
const errors = `PING 10.1.1.1 (10.1.1.1) 56(84) bytes of data.

--- 10.1.1.1 ping statistics ---
5 packets transmitted, 0 received, +5 errors, 100% packet loss, time 4077ms
`;
const address = '10.1.1.1';

test.each([debian, busybox])('figures of Debian and of BusyBox', (output) => {
  expect(judged('ping', { address }, output)).toEqual({
    state: 'pass',
    message: '10.1.1.1 answers in 12.500 ms, 20 % lost',
    measures: [
      { name: 'loss', value: 20, unit: '%', min: 0, max: 100, warn: '20', fail: '60' },
      { name: 'rtt', value: 0.0125, unit: 's', min: 0 },
    ],
  });
  expect(judged('ping', { address, loss: { warn: 10 } }, output).state).toBe('warn');
  expect(judged('ping', { address, rtt: { fail: 0.0124 } }, output).state).toBe('fail');
});

test('no answer at all is a failure, whatever the limits', () => {
  const made = judged('ping', { address, loss: { warn: 100, fail: 100 } }, errors, { exitCode: 1 });
  expect(made).toMatchObject({ state: 'fail', message: '10.1.1.1 answers none of 5 packets' });
});

test.each([
  ['', 'ping: unknown host', 'ping: unknown host'],
  ['', '', 'ping gave no figures (exit code 2)'],
  ['0 packets transmitted, 0 received, 100% packet loss', '', 'ping gave no figures (exit code 2)'],
  ['5 Pakete übertragen, 5 empfangen', '', 'ping gave no figures (exit code 2)'],
  ['5 packets transmitted, 5 received, 0% packet loss', '', 'ping told no times of 10.1.1.1'],
])('%j is no answer', (output, err, message) => {
  expect(judged('ping', { address }, output, { exitCode: 2, err })).toMatchObject({ state: 'error', message });
});

test('an address is no option', () => {
  expect(complaints('ping', { address: '-f' })).toEqual(['address: not a name or address of a host']);
  expect(complaints('ping', { address: '$(reboot)' })).toHaveLength(1);
});

describe('by real programs', () => {
  let tools: string;
  beforeEach(needs('ping', 'busybox'));
  beforeAll(() => {
    tools = busyboxTools(mkdtempSync(join(tmpdir(), 'oaops-ping-')));
  });
  afterAll(() => rmSync(tools, { recursive: true, force: true }));

  test.each(shells)('%s: loopback answers', async (_name, shell) => {
    const made = await makeCheck('ping', { address: '127.0.0.1', count: 1 }, { shell });
    expect(made.message).toMatch(/^127\.0\.0\.1 answers in [\d.]+ ms, 0 % lost$/);
    expect(made.state).toBe('pass');
  });

  test('BusyBox, and a name that nobody has', async () => {
    const env = { PATH: tools };
    const answer = await makeCheck('ping', { address: '127.0.0.1', count: 1 }, { env });
    expect(answer.state).toBe('pass');
    expect(answer.message).toMatch(/^127\.0\.0\.1 answers in [\d.]+ ms, 0 % lost$/);
    const unknown = await makeCheck('ping', { address: 'no-such.invalid', count: 1 }, { env });
    expect(unknown).toMatchObject({ state: 'error', message: "ping: bad address 'no-such.invalid'" });
  });
});

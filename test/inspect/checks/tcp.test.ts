import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { netDoor } from '../../../src/connectors/net/net.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';
import { freePort } from '../../helpers/sshd.ts';

const make = (args: Record<string, unknown>) => makeCheck('tcp', args, { doors: { net: async () => netDoor() } });

const open: Server[] = [];
const sockets = new Set<Socket>();
async function serve(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer(answer);
  open.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) await new Promise((resolve) => server.close(resolve));
});

test('a port that answers, or should not', async () => {
  const port = await serve((socket) => socket.end());
  expect(await make({ port, warn: 5 })).toMatchObject({
    state: 'pass',
    message: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1 port ${port} answers in \\d+ ms$`)),
    measures: [{ name: 'connect', unit: 's', warn: '5' }],
  });
  expect(await make({ port, open: false })).toMatchObject({ state: 'fail', message: `127.0.0.1 port ${port} answers` });
  const none = await freePort();
  const message = `127.0.0.1 port ${none} does not answer: nothing listens there`;
  expect(await make({ port: none })).toMatchObject({ state: 'fail', message });
  expect(await make({ port: none, open: false })).toMatchObject({ state: 'pass', message });
  expect((await make({ port, host: 'no-such-name.invalid', open: false })).state).toBe('error');
});

test('what it says first', async () => {
  const smtp = await serve((socket) => socket.end('220 mail.test ESMTP\r\n'));
  expect((await make({ port: smtp, expect: '^220 ' })).state).toBe('pass');
  expect(await make({ port: smtp, expect: '^250 ' })).toMatchObject({
    state: 'fail',
    message: `127.0.0.1 port ${smtp} says "220 mail.test ESMTP"`,
  });
  const redis = await serve((socket) => {
    socket.once('data', (said) => socket.end(String(said) === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n'));
  });
  expect((await make({ port: redis, send: 'PING\r\n', expect: '^\\+PONG$' })).state).toBe('pass');
  const silent = await serve((socket) => socket.resume());
  expect(await make({ port: silent, expect: '.', timeout: '150ms' })).toMatchObject({
    state: 'fail',
    message: `127.0.0.1 port ${silent} says nothing`,
  });
});

test('arguments', () => {
  const wrong = 'expect: send and expect belong to a port that is to answer, and send to expect';
  expect(complaints('tcp', { port: 1, send: 'x' })).toEqual([wrong]);
  expect(complaints('tcp', { port: 1, open: false, expect: 'x' })).toEqual([wrong]);
});

test('what goes wrong on this machine is no proof that nothing answers', async () => {
  const failing = (reason: string) => ({
    net: async () => ({
      ...netDoor(),
      connect: async () => {
        throw new OaopsError('connect-failed', 'h port 1 cannot be reached: x', { details: { reason } });
      },
    }),
  });
  for (const [reason, state] of [
    ['other', 'error'],
    ['no-network', 'error'],
    ['refused', 'pass'],
    ['timeout', 'pass'],
  ] as const)
    expect((await makeCheck('tcp', { port: 1, open: false }, { doors: failing(reason) })).state).toBe(state);
});

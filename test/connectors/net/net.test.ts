import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { netDoor } from '../../../src/connectors/net/net.ts';
import { openSocket } from '../../../src/connectors/net/socket.ts';
import { askForTls } from '../../../src/connectors/net/start-tls.ts';
import { freePort } from '../../helpers/sshd.ts';

type Protocol = Parameters<typeof askForTls>[1];

const door = netDoor();
const never = new AbortController().signal;

/** A server of this machine; `serve` has the connection. @returns its port */
async function listen(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** Says its lines one after the other, each when something has come; the first at once when `greets`. */
function script(lines: (string | Buffer)[], greets = true): (socket: Socket) => void {
  return (socket) => {
    const left = [...lines];
    if (greets) socket.write(left.shift()!);
    socket.on('data', (): void => {
      const next = left.shift();
      if (next !== undefined) socket.write(next);
    });
  };
}

describe('a connection', () => {
  const connect = (port: number, more = {}) =>
    door.connect({ host: '127.0.0.1', port, timeoutMs: 5000, ...more }, never);

  test('is timed, and hears what is said first, as one printable line', async () => {
    const port = await listen((socket) => socket.write('220 \u001b[31mmail 王\r\n250 more'));
    const { connectMs, banner } = await connect(port, { bannerMs: 60_000 });
    expect(connectMs).toBeGreaterThan(0);
    expect(banner).toMatch(/^220 \\u001b\[31mmail 王/);
  });

  test('says something first where that is wanted', async () => {
    const port = await listen((socket) => socket.on('data', (data) => socket.write(`+${String(data)}`)));
    expect((await connect(port, { bannerMs: 60_000, send: 'PING\r\n' })).banner).toBe('+PING');
  });

  test('to one who is silent, or hangs up, has nothing to tell', async () => {
    expect((await connect(await listen(() => {}), { bannerMs: 30 })).banner).toBe('');
    expect((await connect(await listen((socket) => socket.end()), { bannerMs: 60_000 })).banner).toBe('');
  });

  test('that cannot be made says why', async () => {
    const refused = connect(await freePort());
    await expect(refused).rejects.toMatchObject({ code: 'connect-failed', details: { reason: 'refused' } });
    const unknown = door.connect({ host: 'no-such-host.invalid', port: 1, timeoutMs: 5000 }, never);
    await expect(unknown).rejects.toMatchObject({ code: 'connect-failed', details: { reason: 'no-such-name' } });
  });

  test('ends when it is given up, also while it listens', async () => {
    const stop = new AbortController();
    const port = await listen(() => stop.abort(new Error('given up')));
    await expect(
      door.connect({ host: '127.0.0.1', port, timeoutMs: 5000, bannerMs: 60_000 }, stop.signal),
    ).rejects.toThrow('given up');
    const late = door.connect({ host: '127.0.0.1', port, timeoutMs: 5000, bannerMs: 60_000 }, stop.signal);
    await expect(late).rejects.toThrow('given up');
  });
});

describe('encryption is asked for', () => {
  const ask = async (protocol: Protocol, serve: (socket: Socket) => void) => {
    const socket = await openSocket({ host: '127.0.0.1', port: await listen(serve), timeoutMs: 5000 }, never);
    onTestFinished(() => void socket.destroy());
    await askForTls(socket, protocol, never);
  };
  /** Result of an extended request: message 1, result code `code`. */
  const ldap = (code: number, isLong: boolean) => {
    const result = Buffer.from([0x0a, 0x01, code, 0x04, 0x00, 0x04, 0x00]);
    const long = (length: number) => (isLong ? [0x84, 0, 0, 0, length] : [length]);
    const answer = Buffer.concat([Buffer.from([0x02, 0x01, 0x01, 0x78, ...long(result.length)]), result]);
    return Buffer.concat([Buffer.from([0x30, ...long(answer.length)]), answer]);
  };

  test.each<[Protocol, (socket: Socket) => void]>([
    ['smtp', script(['220-mail\r\n220 mail ESMTP\r\n', '250-mail\r\n250-SIZE 1\r\n250 STARTTLS\r\n', '220 go on\r\n'])],
    ['imap', script(['* OK ready\r\n', '* CAPABILITY IMAP4rev1\r\na1 OK go on\r\n'])],
    ['pop3', script(['+OK ready\r\n', '+OK go on\r\n'])],
    ['postgres', script(['S'], false)],
    ['ldap', script([ldap(0, false)], false)],
    // As Active Directory writes lengths.
    ['ldap', script([ldap(0, true)], false)],
  ])('by %s, and granted', async (protocol, serve) => {
    await expect(ask(protocol, serve)).resolves.toBeUndefined();
  });

  test.each<[Protocol, (socket: Socket) => void, string]>([
    ['smtp', script(['220 mail\r\n', '250 mail\r\n', '454 not now\r\n']), 'it said "454 not now"'],
    ['imap', script(['* OK\r\n', 'a1 NO\r\n']), 'it said "a1 NO"'],
    ['pop3', script(['-ERR busy\r\n']), 'it said "-ERR busy"'],
    ['postgres', script(['N'], false), 'it has no encryption'],
    ['ldap', script([ldap(2, false)], false), 'it has no encryption'],
    ['ldap', script([ldap(2, true)], false), 'it has no encryption'],
    ['smtp', (socket) => void socket.end(), 'it closed the connection'],
    ['smtp', (socket) => void socket.write('x'.repeat(100_000)), 'it says too much'],
  ])('by %s, and not granted', async (protocol, serve, reason) => {
    await expect(ask(protocol, serve)).rejects.toThrow(reason);
  });
});

describe('a name', () => {
  /** Answers every question with the address 192.0.2.1, or with a code of an error. */
  async function nameServer(code = 0): Promise<number> {
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    socket.on('message', (question, from) => {
      const end = question.indexOf(0, 12) + 5;
      const head = Buffer.from([
        question[0]!,
        question[1]!,
        0x81,
        0x80 | code,
        0,
        1,
        0,
        code === 0 ? 1 : 0,
        0,
        0,
        0,
        0,
      ]);
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
      socket.send(
        Buffer.concat([head, question.subarray(12, end), ...(code === 0 ? [record] : [])]),
        from.port,
        from.address,
      );
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return socket.address().port;
  }
  const lookUp = (server: string, timeoutMs = 5000) =>
    door.lookUp({ name: 'oa.example.org', type: 'A', server, timeoutMs }, never);

  test('is asked of a server by address or name, with its port', async () => {
    const port = await nameServer();
    expect(await lookUp(`127.0.0.1:${port}`)).toEqual(['192.0.2.1']);
    expect(await lookUp(`localhost:${port}`)).toEqual(['192.0.2.1']);
  });

  test('that cannot be looked up says why', async () => {
    const reason = async (code: number) =>
      lookUp(`127.0.0.1:${await nameServer(code)}`).catch((error: unknown) => error);
    expect(await reason(3)).toMatchObject({
      code: 'dns-failed',
      message: 'A of oa.example.org cannot be looked up: there is no such name',
      details: { reason: 'no-record' },
    });
    expect(await reason(2)).toMatchObject({
      message: expect.stringMatching(/the name server failed$/),
      details: { reason: 'other' },
    });
    expect(await reason(5)).toMatchObject({ message: expect.stringMatching(/the name server refused$/) });
    await expect(lookUp('no-such-server.invalid')).rejects.toMatchObject({
      code: 'dns-failed',
      message: 'the name server no-such-server.invalid is not known',
    });
  });
});

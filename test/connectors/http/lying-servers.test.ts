import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { httpDoor } from '../../../src/connectors/http/http.ts';
import type { HttpRequest } from '../../../src/engine/ports.ts';

const never = new AbortController().signal;
const door = httpDoor({ version: '1.2.3' });

/** Answers the first bytes of each connection with these, true or not, and ends it unless it is a function. */
async function answers(reply: string | Buffer | ((socket: Socket) => void)) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => (typeof reply === 'function' ? reply(socket) : socket.end(reply)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
const ask = (url: string, more: Partial<HttpRequest> = {}) =>
  door.request({ method: 'GET', url, timeoutMs: 3000, ...more }, never);

describe('what is no whole answer', () => {
  it.each([
    ['fewer bytes than promised', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok'],
    ['a cut chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`],
  ])('%s', async (_name, reply) => {
    await using server = await answers(reply);
    await expect(ask(server.url)).rejects.toMatchObject({ code: 'http-answer' });
  });

  it('a switch to another protocol ends at once, not never', async () => {
    await using server = await answers((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    );
    await expect(ask(server.url)).rejects.toMatchObject({ code: 'http-answer' });
  });

  it('http behind an https address is not blamed on the certificate or the network', async () => {
    await using server = await answers('HTTP/1.1 400 Bad Request\r\n\r\n');
    await expect(ask(server.url.replace('http:', 'https:'))).rejects.toMatchObject({
      code: 'http-tls',
      message: expect.not.stringContaining('certificate'),
    });
  });

  it('a redirect to nowhere', async () => {
    await using server = await answers('HTTP/1.1 302 Found\r\nLocation: http://[::\r\n\r\n');
    await expect(ask(server.url, { followRedirects: true })).rejects.toMatchObject({ code: 'http-redirect' });
  });
});

describe('time', () => {
  it.each(['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\n'])('a dribble after %j is cut', async (start) => {
    await using server = await answers((socket) => {
      socket.write(start);
      const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('X: y\r\n')), 20);
    });
    await expect(ask(server.url, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'http-timeout' });
  });

  it.each([30, 100])('%i days do not fire at once', async (days) => {
    await using server = await answers((socket) => {
      setTimeout(() => socket.end('HTTP/1.1 200 OK\r\n\r\nok'), 100);
    });
    expect(await ask(server.url, { timeoutMs: days * 86_400_000 })).toMatchObject({ status: 200, body: 'ok' });
  });
});

describe('bodies', () => {
  it.each([
    ['text/html; charset=GBK', Buffer.from([0xd6, 0xd0, 0xb9, 0xfa]), '中国'],
    ['text/html; charset="gb18030"', Buffer.from([0xd6, 0xd0]), '中'],
    ['text/plain; charset=nonsense', Buffer.from('王'), '王'],
    ['application/json', Buffer.from('\ufeff{}'), '{}'],
  ])('%s', async (type, bytes, text) => {
    await using server = await answers(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`), bytes]),
    );
    expect((await ask(server.url)).body).toBe(text);
  });

  it('are not cut inside a character', async () => {
    await using server = await answers('HTTP/1.1 200 OK\r\n\r\n王王王');
    expect(await ask(server.url, { maxBodyBytes: 4 })).toMatchObject({ body: '王', bodyTruncated: true });
  });

  it('are not asked for compressed', async () => {
    await using server = await answers('HTTP/1.1 204 No Content\r\n\r\n');
    expect(await ask(server.url)).toMatchObject({ status: 204, body: '' });
    const echo = createHttpServer((request, response) => response.end(request.headers['accept-encoding']));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as { port: number };
    expect((await ask(`http://127.0.0.1:${port}/`)).body).toBe('identity');
    echo.close();
  });
});

describe('what is not sent', () => {
  it.each(['a\r\nX-Evil: 1', '王'])('a header with the value %j', async (value) => {
    const sending = ask('http://127.0.0.1:9/', { headers: { 'x-token': value } });
    await expect(sending).rejects.toMatchObject({
      code: 'header-invalid',
      exitCode: 2,
      message: expect.not.stringContaining(value),
    });
  });

  it('a second length of the body', async () => {
    const server = createHttpServer((request, response) => response.end(JSON.stringify(request.headers)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const headers = { 'Transfer-Encoding': 'chunked', 'Content-Length': '1' };
    const { body } = await ask(url, { method: 'POST', headers, body: 'hello' });
    expect(JSON.parse(body)).toMatchObject({ 'content-length': '5' });
    expect(JSON.parse(body)).not.toHaveProperty('transfer-encoding');
    server.close();
  });

  it('anything, when the certificate authority cannot be read', async () => {
    await expect(ask('https://127.0.0.1:9/', { caFile: '/nowhere.pem' })).rejects.toMatchObject({
      code: 'ca-file-unreadable',
      exitCode: 2,
    });
  });
});

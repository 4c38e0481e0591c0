import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpDoor } from '../../../src/connectors/http/http.ts';
import { freePort } from '../../helpers/sshd.ts';

const never = new AbortController().signal;

describe('http', () => {
  let server: Server;
  let other: Server;
  let base: string;
  let otherBase: string;
  const door = httpDoor({ version: '1.2.3' });

  const listen = async (handler: (request: IncomingMessage, response: ServerResponse) => void) => {
    const made = createServer(handler);
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    return made;
  };
  const urlOf = (made: Server) => `http://127.0.0.1:${(made.address() as { port: number }).port}`;
  const echo = (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => response.end(JSON.stringify({ method: request.method, headers: request.headers, body })));
  };

  beforeAll(async () => {
    other = await listen(echo);
    otherBase = urlOf(other);
    server = await listen((request, response) => {
      if (request.url === '/slow') return;
      if (request.url === '/big') response.end('x'.repeat(5000));
      else if (request.url === '/away') response.writeHead(302, { location: `${otherBase}/x` }).end();
      else if (request.url === '/loop') response.writeHead(307, { location: '/loop' }).end();
      else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
      else echo(request, response);
    });
    base = urlOf(server);
  });
  afterAll(() => {
    for (const made of [server, other]) {
      made.closeAllConnections();
      made.close();
    }
  });

  it('sends method, headers and body, and reads the answer', async () => {
    const response = await door.request(
      { method: 'PUT', url: `${base}/a?b=1`, headers: { 'x-a': '1' }, body: '王' },
      never,
    );
    expect(response).toMatchObject({ status: 200, bodyTruncated: false });
    expect(JSON.parse(response.body)).toMatchObject({
      method: 'PUT',
      body: '王',
      headers: { 'x-a': '1', 'user-agent': 'oaops/1.2.3', 'content-length': '3' },
    });
  });

  it('caps the body, ends in time, and stops when told to', async () => {
    expect(await door.request({ method: 'GET', url: `${base}/big`, maxBodyBytes: 100 }, never)).toMatchObject({
      body: 'x'.repeat(100),
      bodyTruncated: true,
    });
    await expect(door.request({ method: 'GET', url: `${base}/slow`, timeoutMs: 100 }, never)).rejects.toMatchObject({
      code: 'http-timeout',
    });
    const controller = new AbortController();
    const running = door.request({ method: 'GET', url: `${base}/slow` }, controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('follows redirects only when asked, without credentials to another origin', async () => {
    const headers = { authorization: 'Bearer token', 'x-api-key': 'k', accept: 'text/plain' };
    expect(await door.request({ method: 'GET', url: `${base}/away`, headers }, never)).toMatchObject({ status: 302 });
    const followed = await door.request(
      { method: 'POST', url: `${base}/away`, headers, body: 'b', followRedirects: true },
      never,
    );
    const seen = JSON.parse(followed.body);
    expect(seen).toMatchObject({ method: 'GET', body: '', headers: { accept: 'text/plain' } });
    expect(seen.headers).not.toHaveProperty('authorization');
    expect(seen.headers).not.toHaveProperty('x-api-key');
    await expect(
      door.request({ method: 'GET', url: `${base}/loop`, followRedirects: true }, never),
    ).rejects.toMatchObject({ code: 'http-redirect' });
    await expect(
      door.request({ method: 'GET', url: `${base}/file`, followRedirects: true }, never),
    ).rejects.toMatchObject({ code: 'http-redirect' });
  });

  it('names what went wrong, without the query', async () => {
    const port = await freePort();
    await expect(
      door.request({ method: 'GET', url: `http://127.0.0.1:${port}/x?token=hidden` }, never),
    ).rejects.toMatchObject({ code: 'http-unreachable', message: expect.not.stringContaining('hidden') });
    await expect(door.request({ method: 'GET', url: 'ftp://x/' }, never)).rejects.toMatchObject({
      code: 'url-invalid',
      exitCode: 2,
    });
  });
});

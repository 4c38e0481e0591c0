import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadDoor } from '../../../src/connectors/http/load.ts';
import type { LoadRequest } from '../../../src/inspect/ports.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';

const signal = new AbortController().signal;
const open = (request: Partial<LoadRequest> & { url: string }) =>
  loadDoor({ version: '7' }).open({
    method: 'GET',
    headers: {},
    timeoutMs: 5000,
    connections: 2,
    keepAlive: true,
    ...request,
  });

let folder: string;
let certificate: string;
let server: ReturnType<typeof createServer>;
let url: string;
let got: { method: string; agent: string; body: string; token: string }[];
beforeEach(needs('openssl'));
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-load-'));
  if (packagesMissing('openssl').length > 0) return;
  const files = makeCertificate(folder);
  certificate = files.certificate;
  server = createServer(
    { cert: readFileSync(files.certificate), key: readFileSync(files.key) },
    (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { method = '', headers } = request;
        got.push({ method, agent: headers['user-agent'] ?? '', body, token: String(headers['x-token']) });
        response.statusCode = 201;
        response.end('x'.repeat(5000));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  got = [];
});
afterAll(async () => {
  server?.closeAllConnections();
  if (server) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test('a request with its body and headers, by https', async () => {
  const session = open({ url, method: 'POST', body: '王', headers: { 'X-Token': 't' }, caFile: certificate });
  expect(await session.once(signal)).toEqual({ status: 201, problem: null, bytes: 5000 });
  expect(got).toEqual([{ method: 'POST', agent: 'oaops/7', body: '王', token: 't' }]);
  session.close();
});

test('who is not trusted is a problem, not an answer', async () => {
  const session = open({ url });
  expect(await session.once(signal)).toEqual({ status: null, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT', bytes: 0 });
  expect(got).toEqual([]);
  session.close();
});

test('an answer that breaks off, or is none', async () => {
  for (const [answer, problem] of [
    ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'ECONNRESET'],
    ['hello\r\n', 'HPE_INVALID_CONSTANT'],
  ] as const) {
    const plain = createPlainServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const session = open({ url: `http://127.0.0.1:${(plain.address() as AddressInfo).port}/` });
    expect(await session.once(signal)).toEqual({ status: null, problem, bytes: 0 });
    session.close();
    await new Promise((resolve) => plain.close(resolve));
  }
});

test('what cannot be asked for at all', async () => {
  expect(() => open({ url: 'ftp://x/' })).toThrow(expect.objectContaining({ code: 'url-invalid', exitCode: 2 }));
  expect(() => open({ url, caFile: join(folder, 'none.pem') })).toThrow(
    expect.objectContaining({ code: 'ca-file-unreadable', exitCode: 2 }),
  );
});

test('a stop ends a request that is under way', async () => {
  const plain = createPlainServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const session = open({ url: `http://127.0.0.1:${(plain.address() as AddressInfo).port}/` });
  const controller = new AbortController();
  const asked = session.once(controller.signal);
  controller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  session.close();
  await new Promise((resolve) => plain.close(resolve));
});

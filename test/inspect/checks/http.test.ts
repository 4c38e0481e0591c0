import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { httpDoor } from '../../../src/connectors/http/http.ts';
import { netDoor } from '../../../src/connectors/net/net.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';
import { freePort } from '../../helpers/sshd.ts';

const pages: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url!, 'http://x');
  switch (pathname) {
    case '/health':
      response.setHeader('content-type', 'application/json');
      return response.end('{"status":"UP","queue":{"jobs":[{"n":7,"name":"mail"}]},"a.b":null,"text":"12"}');
    case '/secret': {
      const { authorization, 'x-token': token } = request.headers;
      const good = authorization === `Basic ${Buffer.from('li:p:w').toString('base64')}` && token === 't0k';
      response.statusCode = good ? 200 : 401;
      return response.end();
    }
    case '/moved':
      response.writeHead(302, { location: '/health' });
      return response.end();
    case '/long':
      return response.end('x'.repeat(5000));
    case '/never':
      return;
    case '/down':
      response.statusCode = 503;
      return response.end('maintenance');
    default:
      return response.end('<title>OA 办公</title>\nline two');
  }
};

let plain: Server;
let base: string;
beforeAll(async () => {
  plain = createServer(pages);
  base = await listen(plain);
});
afterAll(() => close(plain));

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const secrets: Record<string, string> = { 'env:PASSWORD': 'p:w', 'env:TOKEN': 't0k' };
const make = (args: Record<string, unknown>, nowMs?: number) =>
  makeCheck('http', args, {
    ...(nowMs === undefined ? {} : { nowMs }),
    doors: {
      http: async () => httpDoor({ version: '0' }),
      net: async () => netDoor(),
      secret: async (ref) => secrets[ref]!,
    },
  });

test('a page that is there', async () => {
  const made = await make({
    url: `${base}/?token=x`,
    contains: ['办公'],
    absent: ['error'],
    matches: ['^line'],
    warn: 30,
  });
  expect(made.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ answers 200 in \d+ ms$/);
  expect(made).toMatchObject({ state: 'pass', measures: [{ name: 'time', unit: 's', warn: '30' }] });
});

test.each([
  [
    '/',
    { contains: ['nope'], absent: ['line'], matches: ['^OA'] },
    'the body does not hold "nope"; the body holds "line"; the body does not match ^OA; ',
  ],
  ['/down', {}, 'the status is 503, and should be 200-299; '],
  ['/moved', {}, 'the status is 302, and should be 200-299; '],
  ['/', { status: [204, '300-399'] }, 'the status is 200, and should be 204, 300-399; '],
  ['/', { expectHeaders: { 'X-Frame-Options': 'DENY' } }, 'there is no header X-Frame-Options; '],
  ['/health', { expectHeaders: { 'Content-Type': '^text/' } }, 'the header Content-Type is "application/json"; '],
  ['/health', { json: [{ path: 'status', equals: 'DOWN' }] }, 'status is "UP", and should be "DOWN"; '],
  [
    '/health',
    { json: [{ path: 'queue.jobs[1].n' }, { path: '["a.b"]' }] },
    'there is no queue.jobs[1].n; there is no ["a.b"]; ',
  ],
  ['/', { json: [{ path: 'status' }] }, 'the body is not JSON; '],
])('%s with %j fails', async (path, args, message) => {
  const made = await make({ url: `${base}${path}`, ...args });
  expect(made.state).toBe('fail');
  expect(made.message.startsWith(message)).toBe(true);
});

test('statuses, redirects and the time', async () => {
  expect((await make({ url: `${base}/down`, status: ['500-599'], contains: ['maintenance'] })).state).toBe('pass');
  expect((await make({ url: `${base}/moved`, followRedirects: true, contains: ['UP'] })).state).toBe('pass');
  expect(await make({ url: `${base}/`, fail: '~:0' })).toMatchObject({ state: 'fail' });
});

test('values in JSON', async () => {
  const json = [
    { path: 'status', equals: 'UP' },
    { path: 'queue.jobs[0].n', warn: 5, fail: 10 },
    { path: 'text', fail: 20 },
    { path: '["a.b"]', equals: null },
  ];
  expect(await make({ url: `${base}/health`, json })).toMatchObject({
    state: 'warn',
    message: expect.stringMatching(/; queue\.jobs\[0\]\.n is 7; text is 12$/),
    measures: [
      { name: 'time' },
      { name: 'queue.jobs[0].n', value: 7, warn: '5', fail: '10' },
      { name: 'text', value: 12, fail: '20' },
    ],
  });
  const odd = await make({ url: `${base}/health`, json: [{ path: 'status', fail: 3 }] });
  expect(odd).toMatchObject({ state: 'error', message: expect.stringContaining('status is no number: "UP"') });
});

test('secrets by reference', async () => {
  const args = {
    url: `${base}/secret`,
    headers: { 'X-Token': { secret: 'env:TOKEN' } },
    basicAuth: { user: 'li', password: 'env:PASSWORD' },
  };
  expect((await make(args)).state).toBe('pass');
  expect((await make({ ...args, headers: {} })).message).toContain('the status is 401');
});

test('an address that is a secret is not told, not in part', async () => {
  const port = await freePort();
  for (const [secret, state] of [
    [`${base}/health?key=s3cret`, 'pass'],
    [`http://127.0.0.1:${port}/hook/s3cret`, 'fail'],
    ['http://no-such-name.invalid/hook/s3cret', 'error'],
    ['no address s3cret', 'error'],
  ] as const) {
    secrets['env:URL'] = secret;
    const made = await make({ url: { secret: 'env:URL' } });
    expect(made.state).toBe(state);
    expect(JSON.stringify(made)).not.toMatch(/s3cret|hook|127\.0\.0\.1|invalid\//);
  }
});

test('a body that is longer than what is read proves nothing', async () => {
  const made = await make({ url: `${base}/long`, maxBody: 100, contains: ['nope'] });
  expect(made).toMatchObject({
    state: 'error',
    message: expect.stringContaining('the body is longer than the 100 bytes'),
  });
});

test('no server is a failure, no name an error', async () => {
  const port = await freePort();
  expect(await make({ url: `http://127.0.0.1:${port}/` })).toMatchObject({
    state: 'fail',
    message: `http://127.0.0.1:${port}/ cannot be reached: ECONNREFUSED`,
  });
  expect(await make({ url: `${base}/never`, timeout: '150ms' })).toMatchObject({
    state: 'fail',
    message: `${base}/never did not answer in time`,
  });
  expect((await make({ url: 'http://no-such-name.invalid/' })).state).toBe('error');
  expect(await make({ url: `${base}/`, certificate: {} })).toMatchObject({
    state: 'error',
    message: expect.stringContaining('an address of http has no certificate'),
  });
});

test('arguments', () => {
  expect(complaints('http', { url: 'ftp://x/' })).toHaveLength(1);
  expect(complaints('http', { url: 'http://x/', status: ['2xx'] })).toHaveLength(1);
  expect(complaints('http', { url: 'http://x/', json: [{ path: 'a..b' }] })).toEqual([
    'json.0.path: not a path; write it as data.items[0].name',
  ]);
});

describe('https', () => {
  let folder: string;
  let server: Server;
  let url: string;
  let certificate: string;
  beforeEach(needs('openssl'));
  beforeAll(async () => {
    if (packagesMissing('openssl').length > 0) return;
    folder = mkdtempSync(join(tmpdir(), 'oaops-http-'));
    const files = makeCertificate(folder);
    certificate = files.certificate;
    server = createTlsServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key) }, pages) as never;
    url = (await listen(server)).replace('http:', 'https:');
  });
  afterAll(async () => {
    if (server) await close(server);
    rmSync(folder, { recursive: true, force: true });
  });

  test('who is not trusted fails; days that are left', async () => {
    expect(await make({ url })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^the certificate of .* is not accepted: self-signed certificate$/),
    });
    const trusted = { url, caFile: certificate };
    expect((await make({ ...trusted, certificate: { warn: '1:', fail: '0:' } })).state).toBe('pass');
    expect(await make({ ...trusted, certificate: {} })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/; CN=server is valid for (1\.9|2) more days$/),
      measures: [{ name: 'time' }, { name: 'days', warn: '30:', fail: '7:' }],
    });
    const later = Date.now() + 3 * 86_400_000;
    expect((await make({ ...trusted, certificate: {} }, later)).message).toMatch(
      /; CN=server expired (1|1\.1) days ago$/,
    );
  });
});

test('what must not stand in a body may stand in what was not read', async () => {
  const server = createServer(pages);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/long`;
  const doors = { http: async () => httpDoor({ version: '0' }) };
  expect((await makeCheck('http', { url, absent: ['error'], maxBody: 100 }, { doors })).state).toBe('error');
  expect((await makeCheck('http', { url, absent: ['error'] }, { doors })).state).toBe('pass');
  await new Promise((resolve) => server.close(resolve));
});

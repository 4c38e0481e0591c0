import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadDoor } from '../../../src/connectors/http/load.ts';
import { eventually } from '../../helpers/eventually.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';
import { freePort } from '../../helpers/sshd.ts';

describe('a real server', () => {
  let server: Server;
  let url: string;
  let got: { requests: number; connections: number; most: number };
  beforeEach(async () => {
    got = { requests: 0, connections: 0, most: 0 };
    let under = 0;
    server = createServer((request, response) => {
      got.requests++;
      got.most = Math.max(got.most, ++under);
      response.on('close', () => under--);
      const { pathname } = new URL(request.url!, 'http://x');
      if (pathname === '/never') return;
      if (pathname === '/some' && got.requests % 10 === 0) response.statusCode = 500;
      if (pathname === '/cut' && got.requests % 10 === 0) return void request.socket.destroy();
      setImmediate(() => response.end('hello'));
    });
    server.on('connection', () => got.connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  const make = (path: string, args: Record<string, unknown>, more = {}) =>
    makeCheck(
      'http-load',
      { url: `${url}${path}`, ...args },
      { doors: { load: async () => loadDoor({ version: '0' }) }, ...more },
    );

  test('figures, over kept connections that are closed afterwards', async () => {
    const made = await make('/', { requests: 300, concurrency: 6, p99: { fail: 30 }, throughput: { fail: '1:' } });
    expect(made.state).toBe('pass');
    expect(made.message).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/: [\d.]+ answers a second at 6 at once, p50 [\d.]+ ms, p95 [\d.]+ ms, p99 [\d.]+ ms, 0 % errors$/,
    );
    expect(made.measures.map(({ name }) => name)).toEqual(['p50', 'p90', 'p95', 'p99', 'throughput', 'errors']);
    expect(made.details[0]).toMatch(/^300 requests in [\d.]+ s, 1500 bytes$/);
    expect(got).toEqual({ requests: 310, connections: 6, most: expect.any(Number) });
    expect(got.most).toBeLessThanOrEqual(6);
    await eventually(async () => (await connections()) === 0);
  });

  test('a connection for each request', async () => {
    await make('/', { requests: 30, concurrency: 3, warmUp: 1, keepAlive: false });
    expect(got.connections).toBe(31);
  });

  test('limits', async () => {
    expect((await make('/', { requests: 20, p50: { fail: '~:0' } })).state).toBe('fail');
    expect((await make('/', { requests: 20, throughput: { warn: '1000000:' } })).state).toBe('warn');
    const some = await make('/some', { requests: 100, concurrency: 1 });
    expect(some).toMatchObject({ state: 'fail', details: expect.arrayContaining(['without a good answer: 500 (10)']) });
    expect(some.measures.at(-1)).toMatchObject({ name: 'errors', value: 10, warn: '0', fail: '1' });
    expect((await make('/some', { requests: 100, concurrency: 1, status: [200, 500] })).state).toBe('pass');
    expect((await make('/cut', { requests: 100, concurrency: 1 })).details.at(-1)).toMatch(/ECONNRESET/);
  });

  test('for a time', async () => {
    const made = await make('/', { duration: '300ms', concurrency: 2 });
    expect(made.state).toBe('pass');
    expect(made.details[0]).toMatch(/ in 0\.3\d* s,/);
  });

  test('nothing is sent after the time of the check, nor when it is stopped', async () => {
    const made = await make('/', { duration: '5m' }, { timeoutMs: 200 });
    expect(made).toMatchObject({ state: 'error', message: 'no answer within 0.2 s' });
    await eventually(async () => (await connections()) === 0);
    const { requests } = got;
    await new Promise((resolve) => setImmediate(resolve));
    expect(got.requests).toBe(requests);
  });

  test('who does not answer', async () => {
    expect(await make('/never', { requests: 1000, timeout: '100ms', warmUp: 2 })).toMatchObject({
      state: 'fail',
      message: `${url}/never answers none of 2 requests well: no answer in time (2)`,
    });
    expect(got.requests).toBe(2);
    const port = await freePort();
    expect(await make('', { url: `http://127.0.0.1:${port}/`, requests: 1000, warmUp: 3 })).toMatchObject({
      state: 'fail',
      message: `http://127.0.0.1:${port}/ answers none of 3 requests well: ECONNREFUSED (3)`,
    });
  });
});

test('it cannot become an attack', () => {
  const url = 'http://oa.test/';
  expect(complaints('http-load', { url })).toEqual(['requests: nothing says how long: write requests or duration']);
  for (const args of [
    { requests: 50_001 },
    { requests: 1, concurrency: 201 },
    { duration: '6m' },
    { requests: 1, warmUp: 0 },
  ])
    expect(complaints('http-load', { url, ...args })).toHaveLength(1);
});

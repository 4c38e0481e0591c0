import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadDoor } from '../../../src/connectors/http/load.ts';
import { percentile, runLoad } from '../../../src/inspect/load-run.ts';
import type { LoadOutcome } from '../../../src/inspect/ports.ts';
import { eventually } from '../../helpers/eventually.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';
import { freePort } from '../../helpers/sshd.ts';

const ok: LoadOutcome = { status: 200, problem: null, bytes: 10 };
const isGood = (status: number) => status === 200;
const signal = new AbortController().signal;

describe('by a clock of its own', () => {
  /** A server whose answers take these times in ms, one after the other, again and again. */
  const scripted = (timesMs: number[], answer: (n: number) => LoadOutcome = () => ok) => {
    let nowMs = 0;
    let sent = 0;
    let under = 0;
    let most = 0;
    const session = {
      once: async () => {
        const n = sent++;
        most = Math.max(most, ++under);
        await null;
        nowMs += timesMs[n % timesMs.length]!;
        under--;
        return answer(n);
      },
      close: () => {},
    };
    return { session, clock: () => nowMs, sent: () => sent, most: () => most };
  };

  test('so many requests, those before not counted', async () => {
    const server = scripted([10, 20, 30, 40]);
    const plan = { concurrency: 1, warmUp: 4, requests: 8, durationMs: undefined, isGood };
    const found = await runLoad(server.session, plan, server.clock, signal);
    expect(found).toMatchObject({ requests: 8, bytes: 80, elapsedSeconds: 0.2 });
    expect('seconds' in found && [...found.seconds]).toEqual([0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04]);
    expect(server.sent()).toBe(12);
  });

  test('for so long, and never more than the most', async () => {
    const server = scripted([100]);
    const plan = { concurrency: 1, warmUp: 1, requests: 1000, durationMs: 1000, isGood };
    expect(await runLoad(server.session, plan, server.clock, signal)).toMatchObject({
      requests: 10,
      elapsedSeconds: 1,
    });
    const capped = scripted([1]);
    expect(await runLoad(capped.session, { ...plan, requests: 50 }, capped.clock, signal)).toMatchObject({
      requests: 50,
    });
  });

  test('no more at once than was said', async () => {
    const server = scripted([1]);
    await runLoad(
      server.session,
      { concurrency: 7, warmUp: 1, requests: 100, durationMs: undefined, isGood },
      server.clock,
      signal,
    );
    expect(server.most()).toBe(7);
    expect(server.sent()).toBe(101);
  });

  test('a server that is down gets the warm-up and nothing more', async () => {
    const server = scripted([1], () => ({ status: 503, problem: null, bytes: 0 }));
    const plan = { concurrency: 5, warmUp: 10, requests: 1000, durationMs: undefined, isGood };
    expect(await runLoad(server.session, plan, server.clock, signal)).toEqual({ refused: new Map([['503', 10]]) });
    expect(server.sent()).toBe(10);
  });

  test('errors are counted by what they are, and are no times', async () => {
    const answers: LoadOutcome[] = [
      ok,
      { status: 500, problem: null, bytes: 1 },
      { status: null, problem: 'ECONNRESET', bytes: 0 },
      ok,
    ];
    const server = scripted([1], (n) => answers[n % 4]!);
    const plan = { concurrency: 1, warmUp: 4, requests: 40, durationMs: undefined, isGood };
    const found = await runLoad(server.session, plan, server.clock, signal);
    expect(found).toMatchObject({
      problems: new Map([
        ['500', 10],
        ['ECONNRESET', 10],
      ]),
    });
    expect('seconds' in found && found.seconds.length).toBe(20);
  });
});

test('percentiles by the nearest rank', () => {
  const values = (count: number) => Float64Array.from({ length: count }, (_, index) => index + 1);
  expect([50, 90, 95, 99].map((percent) => percentile(values(100), percent))).toEqual([50, 90, 95, 99]);
  expect([50, 99].map((percent) => percentile(values(1), percent))).toEqual([1, 1]);
  expect(percentile(values(0), 50)).toBeNaN();
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1 }),
      fc.integer({ min: 1, max: 100 }),
      (list, percent) => {
        const sorted = Float64Array.from(list).sort();
        const value = percentile(sorted, percent);
        expect(list.filter((one) => one <= value).length / list.length).toBeGreaterThanOrEqual(percent / 100 - 1e-9);
      },
    ),
  );
});

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

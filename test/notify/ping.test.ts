import { expect, test } from 'vitest';
import { httpDoor } from '../../src/connectors/http/http.ts';
import { secretDoor } from '../../src/connectors/secrets/secrets.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { type Ping, sendPing } from '../../src/notify/ping.ts';
import { pingSchema } from '../../src/runbook/schema/ping.ts';
import { pingServer } from '../helpers/pinged.ts';

const waited: number[] = [];
const clock: Clock = { ...systemClock, sleep: async (ms) => void waited.push(ms) };

function send(ping: Ping, env: Record<string, string> = {}, http = httpDoor({ version: 'test' })) {
  const redactor = new Redactor();
  const deps = {
    http: async () => http,
    secrets: secretDoor(env, redactor),
    clock,
    redact: (text: string) => redactor.redact(text),
  };
  waited.length = 0;
  return sendPing(ping, deps, new AbortController().signal);
}

test('start, success, failure and exit code are paths below the URL, before its query', async () => {
  await using server = await pingServer();
  const url = `${server.url}/uuid/?x=1`;
  for (const event of ['start', '', 'fail', 3] as const)
    expect(await send({ url, event, body: 'how it went' })).toBeUndefined();
  expect(server.pings.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /uuid/start?x=1',
    'POST /uuid/?x=1',
    'POST /uuid/fail?x=1',
    'POST /uuid/3?x=1',
  ]);
  expect(server.pings[0]!.body).toBe('how it went');
});

test('the URL may be a secret; it is in no warning, and taken out of the body', async () => {
  await using server = await pingServer((response) => void response.writeHead(404).end());
  const secret = `${server.url}/very-secret-uuid`;
  const warning = await send({ url: 'env:HC', event: '', body: `told ${secret}` }, { HC: secret });
  expect(warning).toMatch(/^the ping to 127\.0\.0\.1:\d+ failed: it answered 404$/);
  expect(server.pings).toHaveLength(1);
  expect(server.pings[0]!.body).not.toContain('very-secret-uuid');
  expect(await send({ url: 'env:HC', event: '' })).toBe('no ping could be sent: environment variable HC is not set');
  expect(await send({ url: 'env:HC', event: '' }, { HC: 'not a url' })).toMatch(/holds is no http URL$/);
});

test('a server that fails is asked three times in all, and one that recovers is no warning', async () => {
  await using down = await pingServer((response) => void response.writeHead(500).end());
  expect(await send({ url: down.url, event: '' })).toMatch(/it answered 500$/);
  expect(down.pings).toHaveLength(3);
  expect(waited).toEqual([1000, 3000]);
  await using recovers = await pingServer((response, _, count) => void response.writeHead(count < 3 ? 503 : 200).end());
  expect(await send({ url: recovers.url, event: '' })).toBeUndefined();
});

test('nobody there, a connection that is cut, and no answer at all are warnings after three tries', async () => {
  const gone = await pingServer();
  await gone.close();
  expect(await send({ url: gone.url, event: '' })).toMatch(/failed: it cannot be reached$/);
  expect(waited).toHaveLength(2);
  await using cuts = await pingServer((response) => void response.destroy());
  expect(await send({ url: cuts.url, event: '' })).toMatch(/failed: /);
  expect(cuts.pings.length).toBe(3);
  await using silent = await pingServer(() => undefined);
  const real = httpDoor({ version: 'test' });
  const asked: (number | undefined)[] = [];
  const hasty: typeof real = {
    request: (request, signal) => {
      asked.push(request.timeoutMs);
      return real.request({ ...request, timeoutMs: 50 }, signal);
    },
  };
  expect(await send({ url: silent.url, event: '' }, {}, hasty)).toMatch(/no answer within 10 s$/);
  expect(asked).toEqual([10_000, 10_000, 10_000]);
});

test('a redirect is followed, a circle of them is a warning', async () => {
  await using server = await pingServer((response, request) => {
    if (request.url === '/new/start') response.end();
    else response.writeHead(301, { location: request.url === '/old/start' ? '/new/start' : '/round' }).end();
  });
  expect(await send({ url: `${server.url}/old`, event: 'start' })).toBeUndefined();
  expect(server.pings.at(-1)!.path).toBe('/new/start');
  expect(await send({ url: `${server.url}/circle`, event: '' })).toMatch(/too many redirects$/);
});

test('a body is cut to what services keep', async () => {
  await using server = await pingServer();
  await send({ url: server.url, event: '', body: '长'.repeat(9000) });
  expect(Buffer.byteLength(server.pings[0]!.body)).toBeLessThanOrEqual(10_002);
});

test('in a runbook a ping is a URL, a reference, or more; anything else is refused', () => {
  expect(pingSchema.parse('env:HC')).toEqual({ url: 'env:HC', start: true, failure: 'exit-code' });
  expect(pingSchema.parse({ legs: { local: 'https://hc.example/1' } })).toMatchObject({ start: true });
  for (const wrong of ['ftp://x', 'plain', { url: 'env:HC', retries: 9 }])
    expect(pingSchema.safeParse(wrong).success).toBe(false);
});

import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notify } from '../../src/actions/notify.ts';
import { httpDoor } from '../../src/connectors/http/http.ts';
import { mailDoor } from '../../src/connectors/mail/mail.ts';
import { type ChannelSettings, Notifier } from '../../src/notify/notifier.ts';
import { scriptedSmtp } from '../helpers/scripted-smtp.ts';
import { startSmtp, type TestSmtp } from '../helpers/smtp.ts';

const never = new AbortController().signal;

describe('notices', () => {
  let smtp: TestSmtp;
  let open: TestSmtp;
  let server: Server;
  const hooks: { headers: Record<string, unknown>; body: unknown }[] = [];
  let hookUrl: string;

  const notifier = (channels: Record<string, ChannelSettings>) =>
    new Notifier({
      channels,
      secrets: {
        resolve: async (ref) => ({ 'env:PASS': 'right', 'env:URL': `${hookUrl}?token=hidden` })[ref] ?? 'wrong',
      },
      mail: async () => mailDoor({ hostname: 'oaops.test' }),
      http: async () => httpDoor({ version: '0' }),
    });
  const mail = (more: Partial<Extract<ChannelSettings, { type: 'smtp' }>> = {}): ChannelSettings => ({
    type: 'smtp',
    host: '127.0.0.1',
    port: open.port,
    security: 'none',
    from: 'oa@example.com',
    to: ['ops@example.com'],
    ...more,
  });

  beforeAll(async () => {
    smtp = await startSmtp({ user: 'oaops', password: 'right', options: { allowInsecureAuth: true } });
    open = await startSmtp({ options: { disabledCommands: ['AUTH', 'STARTTLS'] } });
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        hooks.push({ headers: request.headers, body: JSON.parse(body) });
        response.writeHead(request.url?.startsWith('/bad') ? 500 : 204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    hookUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(async () => {
    await smtp?.stop();
    await open?.stop();
    server?.closeAllConnections();
    server?.close();
  });

  it('name only the host of a webhook that cannot be reached, wherever its address is written', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as { port: number };
    await new Promise((resolve) => gone.close(resolve));
    const url = `http://127.0.0.1:${port}/services/T0/s3cr3t?key=hidden`;
    const [failed] = await notifier({ hook: { type: 'webhook', url } }).send(
      ['hook'],
      { subject: 's', text: 't' },
      never,
    );
    expect(failed).toMatchObject({ code: 'http-unreachable', message: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(JSON.stringify(failed)).not.toMatch(/services|s3cr3t|hidden/);
  });

  it('keep their Message-ID when the connection drops after the text, so that a receiver can drop the second one', async () => {
    const ids: string[] = [];
    let tries = 0;
    await using lying = await scriptedSmtp((line, socket) => {
      if (/^Message-ID:/i.test(line)) ids.push(line);
      if (line === '.' && ++tries === 1) {
        socket.destroy();
        return undefined;
      }
      if (line === 'DATA') return '354 go on';
      return /^(EHLO|MAIL|RCPT|QUIT|\.$)/.test(line) ? '250 ok' : undefined;
    });
    const services = { notifier: async () => notifier({ ops: mail({ port: lying.port }) }) };
    const context = {
      services,
      plan: { runbook: { name: 'r', version: '1' } },
      runId: 'R',
      unitId: 's.u',
      step: { id: 's' },
    };
    const send = () =>
      notify.apply(
        notify.withSchema.parse({ channel: 'ops', subject: 's', text: 't' }) as never,
        {
          ...context,
          signal: never,
        } as never,
      );
    expect(await send()).toMatchObject({ status: 'failed', retryable: true });
    expect(await send()).toMatchObject({ status: 'ok' });
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^Message-ID: <[0-9a-f]{32}@example\.com>$/i);
  });

  it('go out by mail, with Chinese text and no new header lines', async () => {
    const [sent] = await notifier({ ops: mail() }).send(
      ['ops'],
      { subject: '备份失败\r\nBcc: all@example.com', text: '王小明，请查看。' },
      never,
    );
    expect(sent).toMatchObject({ channel: 'ops', status: 'sent', reference: expect.stringContaining('@') });
    const got = open.mails.at(-1)!;
    expect(got).toMatchObject({ from: 'oa@example.com', to: ['ops@example.com'] });
    expect(got.data).not.toMatch(/^Bcc:/m);
    expect(got.data).toMatch(/^Auto-Submitted: auto-generated/m);
    const encoded = got.data.split('\r\n\r\n').slice(1).join('');
    expect(
      encoded.includes('王小明') ||
        Buffer.from(encoded, 'base64').toString().includes('王小明') ||
        /=E7=8E=8B/.test(encoded),
    ).toBe(true);
  });

  it('log in with a secret, and name a refused login', async () => {
    const channel = mail({ port: smtp.port, user: 'oaops', password: 'env:PASS' });
    expect(await notifier({ a: channel }).send(['a'], { subject: 's', text: 't' }, never)).toMatchObject([
      { status: 'sent' },
    ]);
    expect(smtp.mails.at(-1)).toMatchObject({ user: 'oaops' });
    const wrong = mail({ port: smtp.port, user: 'oaops', password: 'env:OTHER' });
    expect(await notifier({ a: wrong }).send(['a'], { subject: 's', text: 't' }, never)).toMatchObject([
      { status: 'failed', message: expect.stringContaining('did not accept the login') },
    ]);
  });

  it('are never sent in the clear when STARTTLS is asked for, nor to a certificate that is not trusted', async () => {
    const before = open.mails.length + smtp.mails.length;
    const results = await notifier({
      clear: mail({ security: 'starttls' }),
      selfsigned: mail({ port: smtp.port, security: 'starttls' }),
    }).send(['clear', 'selfsigned'], { subject: 's', text: 't' }, never);
    expect(results.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(open.mails.length + smtp.mails.length).toBe(before);
  });

  it('go to a webhook as JSON, by a secret URL; one bad channel does not stop the others', async () => {
    const channels: Record<string, ChannelSettings> = {
      hook: { type: 'webhook', url: 'env:URL', headers: { 'x-a': '1' } },
      bad: { type: 'webhook', url: `${hookUrl}/bad` },
      ops: mail(),
    };
    const results = await notifier(channels).send(
      ['hook', 'bad', 'ops'],
      { subject: 's', text: 't', details: { run: 'r' } },
      never,
    );
    expect(results.map(({ status }) => status)).toEqual(['sent', 'failed', 'sent']);
    expect(JSON.stringify(results)).not.toContain('hidden');
    expect(hooks.find(({ headers }) => headers['x-a'] === '1')).toMatchObject({
      headers: { 'x-a': '1' },
      body: { subject: 's', text: 't', details: { run: 'r' } },
    });
    await expect(notifier(channels).send(['none'], { subject: 's', text: 't' }, never)).rejects.toMatchObject({
      code: 'channel-unknown',
      exitCode: 2,
    });
  });

  it('are reported by the action: all, some, none', async () => {
    const context = {
      runId: 'r',
      plan: { runbook: { name: 'n', version: '1.0.0' } },
      step: { id: 's' },
      signal: never,
      services: {
        notifier: async () =>
          notifier({
            ops: mail(),
            some: mail({ to: ['ops@example.com', 'nobody@example.com'] }),
            bad: { type: 'webhook', url: `${hookUrl}/bad` },
          }),
      },
    };
    const apply = async (channel: string[]) =>
      (await notify.apply({ channel, subject: 's', text: 't' }, context as never)).status;
    expect(await apply(['ops'])).toBe('ok');
    expect(await apply(['ops', 'bad'])).toBe('incomplete');
    expect(await apply(['some'])).toBe('incomplete');
    expect(await apply(['bad'])).toBe('failed');
  });
});

describe('what failed for good', () => {
  it.each([
    ['mail-deferred', false],
    ['mail-unreachable', false],
    ['mail-refused', true],
    ['mail-auth-failed', true],
  ])('%s: permanent %s', async (code, permanent) => {
    const { OaopsError } = await import('../../src/core/errors.ts');
    const failing = new Notifier({
      channels: { ops: { type: 'smtp', host: 'h', security: 'tls', from: 'a@example.com', to: ['b@example.com'] } },
      secrets: { resolve: async () => '' },
      mail: async () => ({ send: () => Promise.reject(new OaopsError(code, 'it failed')) }),
      http: async () => Promise.reject(new Error('unused')),
    });
    const deliveries = await failing.send(['ops', 'ops'], { subject: 's', text: 't' }, never);
    expect(deliveries).toEqual([
      { channel: 'ops', status: 'failed', message: 'it failed', code, ...(permanent && { permanent: true }) },
    ]);
  });

  it('headers of a webhook may be secrets', async () => {
    const sent: Record<string, string>[] = [];
    const hook = new Notifier({
      channels: {
        ops: {
          type: 'webhook',
          url: 'https://h/',
          headers: { Authorization: { secret: 'env:T' }, 'Content-Type': 'a/b' },
        },
      },
      secrets: { resolve: async (ref) => `of ${ref}` },
      mail: async () => Promise.reject(new Error('unused')),
      http: async () => ({
        request: async ({ headers }) => {
          sent.push(headers ?? {});
          return { status: 204, body: '' };
        },
      }),
    });
    await hook.send(['ops'], { subject: 's', text: 't' }, never);
    expect(sent).toEqual([{ authorization: 'of env:T', 'content-type': 'a/b' }]);
  });
});

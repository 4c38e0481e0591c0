import { describe, expect, it } from 'vitest';
import { mailDoor } from '../../../src/connectors/mail/mail.ts';
import type { MailServer } from '../../../src/notify/ports.ts';
import { scriptedSmtp } from '../../helpers/scripted-smtp.ts';
import { startSmtp } from '../../helpers/smtp.ts';

const never = new AbortController().signal;
const door = mailDoor({ hostname: 'oaops.test' });
const message = { from: 'oa@example.com', to: ['ops@example.com'], subject: 's', text: 't' };
const at = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  host: '127.0.0.1',
  port,
  security: 'none',
  timeoutMs: 2000,
  ...more,
});
/** Polite until `answers` says otherwise. */
const polite = (answers: Record<string, string | undefined>) => (line: string) => {
  const word = line.slice(0, 4).toUpperCase();
  if (word in answers) return answers[word];
  return { EHLO: '250 test', MAIL: '250 ok', RCPT: '250 ok', DATA: '354 go on', '.': '250 ok' }[word];
};

describe('addresses', () => {
  it.each([
    'ops@example.com\r\nBcc: evil@example.net',
    'ops@example.com>\r\nRCPT TO:<evil@example.net',
    'ops@example.com, evil@example.net',
    'group: evil@example.net;',
    'Ops <ops@example.com> <evil@example.net>',
    'no address',
    '',
  ])('refuses %j as receiver and as sender, before anything is sent', async (entry) => {
    await using server = await scriptedSmtp(polite({}));
    for (const more of [{ to: ['ops@example.com', entry] }, { from: entry }])
      await expect(door.send(at(server.port), { ...message, ...more }, never)).rejects.toMatchObject({
        code: 'mail-address',
        exitCode: 2,
        message: expect.not.stringMatching(/[\r\n]/),
      });
    expect(server.lines).toEqual([]);
  });

  it('takes names, also Chinese ones with a comma', async () => {
    const smtp = await startSmtp();
    const to = ['"王, 小明" <wang@example.com>', '运维 <ops@example.com>', 'a.b+c@example.com'];
    const sent = await door.send(at(smtp.port), { ...message, to }, never);
    expect(sent.accepted).toEqual(['wang@example.com', 'ops@example.com', 'a.b+c@example.com']);
    await smtp.stop();
  });
});

describe('login', () => {
  const login = { user: 'oa', password: 'hunter2-secret' };

  it('is not sent in clear to another machine, unless the channel says so', async () => {
    const far = at(25, { host: 'mail.example.invalid', ...login });
    await expect(door.send(far, message, never)).rejects.toMatchObject({ code: 'mail-plain-login', exitCode: 4 });
    await expect(door.send({ ...far, plainLogin: true }, message, never)).rejects.toMatchObject({
      code: 'mail-unreachable',
    });
  });

  it('fails closed when a server says it starts TLS and does not', async () => {
    await using server = await scriptedSmtp((line) =>
      line.startsWith('EHLO') ? '250-test\r\n250 AUTH PLAIN' : '250 ok',
    );
    const starttls = at(server.port, { security: 'starttls', timeoutMs: 500, ...login });
    await expect(door.send(starttls, message, never)).rejects.toMatchObject({ code: 'mail-tls' });
    expect(server.lines.join()).not.toMatch(/AUTH|MAIL/);
  });

  it('is not in the error when a server repeats it', async () => {
    await using server = await scriptedSmtp((line) =>
      line.startsWith('EHLO') ? '250-test\r\n250 AUTH PLAIN' : `535 what is ${line}?`,
    );
    const error: unknown = await door.send(at(server.port, login), message, never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'mail-auth-failed' });
    const told = `${error} ${(error as Error).stack} ${(error as Error).cause}`;
    expect(told).not.toContain(Buffer.from('\0oa\0hunter2-secret').toString('base64'));
  });

  it('names a server without TLS', async () => {
    await using server = await scriptedSmtp(polite({}));
    await expect(door.send(at(server.port, { security: 'tls' }), message, never)).rejects.toMatchObject({
      code: 'mail-tls',
    });
  });

  it('names a missing certificate authority', async () => {
    await expect(door.send(at(1, { caFile: '/nowhere/ca.pem' }), message, never)).rejects.toMatchObject({
      code: 'ca-file-unreadable',
      exitCode: 2,
    });
  });
});

describe('answers of the server', () => {
  it.each([
    ['RCPT', '450 4.2.0 greylisted', 'mail-deferred'],
    ['RCPT', '550 5.1.1 no such mailbox, use TLS', 'mail-refused'],
    ['.', '451 4.3.0 later', 'mail-deferred'],
    ['.', '554 5.7.1 spam', 'mail-refused'],
  ])('%s: %s is %s', async (word, answer, code) => {
    await using server = await scriptedSmtp(polite({ [word]: answer }));
    await expect(door.send(at(server.port), message, never)).rejects.toMatchObject({ code });
  });

  it('are told without the control characters in them', async () => {
    await using server = await scriptedSmtp(polite({ RCPT: '550 \x1b[31mred\x07' }));
    await expect(door.send(at(server.port), message, never)).rejects.toMatchObject({
      message: expect.not.stringMatching(/\p{Cc}/u),
    });
  });
});

describe('time', () => {
  it('ends at once when told to, also while the server is silent after the text', async () => {
    await using server = await scriptedSmtp(polite({ '.': undefined }));
    await expect(
      door.send(at(server.port, { timeoutMs: 30_000 }), message, AbortSignal.timeout(200)),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('ends although the server goes on saying something', async () => {
    await using server = await scriptedSmtp((line, socket) => {
      if (!line.startsWith('EHLO')) return '250 ok';
      const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('250-more\r\n')), 50);
      return undefined;
    });
    await expect(door.send(at(server.port, { timeoutMs: 200 }), message, never)).rejects.toMatchObject({
      code: 'mail-unreachable',
      message: expect.stringContaining('longer than 1.2 s'),
    });
  });
});

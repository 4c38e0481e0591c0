import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import type { MailDoor, MailMessage, MailServer } from '../../notify/ports.ts';

/**
 * Mail by SMTP (nodemailer, loaded with the first message). One connection per message: notices are rare. `timeoutMs` is for
 * each silence of the server; the whole takes at most six times as long, however the server dribbles.
 */
export function mailDoor(options: { hostname: string }): MailDoor {
  return {
    async send(server, message, signal) {
      signal.throwIfAborted();
      requireAddresses(message);
      requirePrivateLogin(server);
      const ca = server.caFile === undefined ? undefined : readCa(server.caFile);
      const { createTransport } = await import('nodemailer');
      const timeoutMs = server.timeoutMs ?? 20_000;
      const port = server.port ?? (server.security === 'tls' ? 465 : 587);
      const transport = createTransport({
        host: server.host,
        port,
        name: options.hostname,
        secure: server.security === 'tls',
        requireTLS: server.security === 'starttls',
        ignoreTLS: server.security === 'none',
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        // Attachments are files that the caller names; texts never make nodemailer read files or URLs.
        disableUrlAccess: true,
        ...(ca !== undefined && { tls: { ca: [...rootCertificates, ca] } }),
        ...(server.user !== undefined && { auth: { user: server.user, pass: server.password ?? '' } }),
      });
      const whole = AbortSignal.timeout(timeoutMs * 6);
      try {
        const sent = await transport.sendMail({
          from: message.from,
          to: message.to,
          subject: message.subject,
          text: message.text,
          signal: AbortSignal.any([signal, whole]),
          ...(message.messageId !== undefined && { messageId: message.messageId }),
          ...(message.attachments && {
            attachments: message.attachments.map(({ name, path }) => ({ filename: name, path })),
          }),
          // RFC 3834: answering machines leave it alone.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return {
          messageId: sent.messageId,
          accepted: sent.accepted.map(addressOf),
          rejected: sent.rejected.map(addressOf),
        };
      } catch (error) {
        signal.throwIfAborted();
        throw whole.aborted
          ? unreachable(server, port, `: it took longer than ${(timeoutMs * 6) / 1000} s`, error)
          : mailError(server, port, error);
      } finally {
        transport.close();
      }
    },
  };
}

/**
 * One mailbox an entry. The library reads an entry as a list and corrects what is none, so that a comma or a line end in a
 * value that came from an input would send the notice to somebody else.
 */
function requireAddresses({ from, to }: MailMessage): void {
  for (const entry of [from, ...to]) {
    const bare = /^(?:"[^"\\\r\n]*"|[^"<>@,;:\\]*)\s*<([^<>]*)>$/u.exec(entry)?.[1] ?? entry;
    if (/[\p{Cc}\u2028\u2029]/u.test(entry) || !/^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()\\]+$/u.test(bare))
      throw usageError('mail-address', `"${printable(entry)}" is not one mail address`, {
        next: 'Write name@example.com or "Name <name@example.com>", each receiver as an item of its own.',
      });
  }
}

/** A password goes over an encrypted connection, or stays on this machine. */
function requirePrivateLogin(server: MailServer): void {
  if (server.security !== 'none' || server.user === undefined || server.plainLogin) return;
  const { host } = server;
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return;
  throw new OaopsError('mail-plain-login', `the login at ${host} would go over the network in clear`, {
    exitCode: 4,
    next: 'Set "security: starttls" or "tls"; where the network is trusted, "plainLogin: true".',
    details: { host },
  });
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError('ca-file-unreadable', `the certificate authority ${path} cannot be read (${errnoOf(error)})`, {
      next: 'Correct caFile of the channel.',
    });
  }
}

function addressOf(entry: string | { address: string }): string {
  return typeof entry === 'string' ? entry : entry.address;
}

function mailError(server: MailServer, port: number, error: unknown): OaopsError {
  const place = `${server.host}:${port}`;
  const details = { host: server.host, port };
  const { response, responseCode = 0 } = error as { response?: string; responseCode?: number };
  const said = `: ${withoutLogin(server, printable(response || firstLine(messageOf(error))))}`;
  const code = errnoOf(error);
  // The error of the library holds what the server said, which may be the login.
  const cause = server.password === undefined ? { cause: error } : {};
  if (code === 'ETLS' || (!response && /\b(SSL|TLS|certificate|self-signed)\b/i.test(messageOf(error)))) {
    return new OaopsError('mail-tls', `no encrypted connection with the mail server ${place}${said}`, {
      next: 'Give its certificate authority as caFile, or another "security".',
      details,
      ...cause,
    });
  }
  // RFC 5321 section 4.2.1: 4yz may pass (greylisting, full mailbox), 5yz will not.
  if (responseCode >= 400 && responseCode < 500) {
    return new OaopsError('mail-deferred', `the mail server ${place} does not take the message now${said}`, {
      next: 'Try again in some minutes.',
      details: { ...details, responseCode },
      ...cause,
    });
  }
  switch (code) {
    case 'EAUTH':
      return new OaopsError('mail-auth-failed', `the mail server ${place} did not accept the login${said}`, {
        next: 'Check user and password of the channel.',
        details,
        ...cause,
      });
    case 'EENVELOPE':
    case 'EMESSAGE':
      return new OaopsError('mail-refused', `the mail server ${place} refused the message${said}`, {
        details,
        ...cause,
      });
    default:
      return unreachable(server, port, said, cause.cause);
  }
}

function unreachable(server: MailServer, port: number, said: string, cause: unknown): OaopsError {
  return new OaopsError('mail-unreachable', `the mail server ${server.host}:${port} cannot be reached${said}`, {
    next: 'Check host and port of the channel, and the network.',
    details: { host: server.host, port },
    cause,
  });
}

/** Some servers repeat in their refusal what they were sent. */
function withoutLogin({ user = '', password = '' }: MailServer, text: string): string {
  if (password === '') return text;
  const base64 = (plain: string) => Buffer.from(plain).toString('base64');
  return [base64(`\0${user}\0${password}`), base64(password), password].reduce(
    (rest, form) => rest.replaceAll(form, '***'),
    text,
  );
}

/** What a server says is not for the terminal to obey. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 500);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

import { readFileSync } from 'node:fs';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import type { MailDoor, MailServer } from '../../notify/ports.ts';

/** Mail by SMTP (nodemailer, loaded with the first message). One connection per message: notices are rare. */
export function mailDoor(options: { hostname: string }): MailDoor {
  return {
    async send(server, message, signal) {
      signal.throwIfAborted();
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
        ...(server.caFile !== undefined && { tls: { ca: readFileSync(server.caFile) } }),
        ...(server.user !== undefined && { auth: { user: server.user, pass: server.password ?? '' } }),
      });
      const abort = () => transport.close();
      signal.addEventListener('abort', abort, { once: true });
      try {
        const sent = await transport.sendMail({
          from: message.from,
          to: message.to,
          subject: message.subject,
          text: message.text,
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
        throw mailError(server, port, error);
      } finally {
        signal.removeEventListener('abort', abort);
        transport.close();
      }
    },
  };
}

function addressOf(entry: string | { address: string }): string {
  return typeof entry === 'string' ? entry : entry.address;
}

function mailError(server: MailServer, port: number, error: unknown): OaopsError {
  const place = `${server.host}:${port}`;
  const details = { host: server.host, port };
  const { response } = error as { response?: string };
  const said = response ? `: ${response}` : `: ${messageOf(error)}`;
  switch (errnoOf(error)) {
    case 'EAUTH':
      return new OaopsError('mail-auth-failed', `the mail server ${place} did not accept the login${said}`, {
        next: 'Check user and password of the channel.',
        details,
        cause: error,
      });
    case 'ETLS':
      return new OaopsError('mail-tls', `no encrypted connection with the mail server ${place}${said}`, {
        next: 'Give its certificate authority, or another "security".',
        details,
        cause: error,
      });
    case 'EENVELOPE':
    case 'EMESSAGE':
      return new OaopsError('mail-refused', `the mail server ${place} refused the message${said}`, {
        details,
        cause: error,
      });
    default:
      return new OaopsError('mail-unreachable', `the mail server ${place} cannot be reached${said}`, {
        next: 'Check host and port of the channel, and the network.',
        details,
        cause: error,
      });
  }
}

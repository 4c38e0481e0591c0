import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** What a test mail server got. */
export interface ReceivedMail {
  from: string;
  to: string[];
  data: string;
  user: string | undefined;
  secure: boolean;
}

export interface TestSmtp {
  port: number;
  mails: ReceivedMail[];
  stop(): Promise<void>;
}

/** An SMTP server on loopback with the self-signed certificate of its library; receivers that start with `nobody` are refused. */
export async function startSmtp(
  options: { user?: string; password?: string; options?: SMTPServerOptions } = {},
): Promise<TestSmtp> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: options.user === undefined,
    disabledCommands: options.user === undefined ? ['AUTH'] : [],
    logger: false,
    onAuth(auth, _session, callback) {
      if (auth.username === options.user && auth.password === options.password) callback(null, { user: auth.username });
      else callback(new Error('wrong user or password'));
    },
    onRcptTo(address, _session, callback) {
      callback(address.address.startsWith('nobody') ? new Error('no such mailbox') : undefined);
    },
    onData(stream, session, callback) {
      let data = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        data += chunk;
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          data,
          user: session.user,
          secure: session.secure,
        });
        callback();
      });
    },
    ...options.options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as { port: number };
  return { port, mails, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}

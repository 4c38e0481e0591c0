import type { Socket } from 'node:net';

type Protocol = 'smtp' | 'imap' | 'pop3' | 'ldap' | 'postgres';

/** LDAP's extended request 1.3.6.1.4.1.1466.20037 (RFC 4511, section 4.14.1), as message 1. */
const ldapRequest = Buffer.from('301d02010177188016312e332e362e312e342e312e313436362e3230303337', 'hex');
/** SSLRequest of PostgreSQL's frontend/backend protocol. */
const postgresRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** More is no answer to a request for encryption. */
const mostChars = 65_536;

/** Asks for encryption in the words of a protocol, and reads the yes. @throws Error when the other side says no, or something else */
export async function askForTls(socket: Socket, protocol: Protocol, signal: AbortSignal): Promise<void> {
  const read = reader(socket, signal);
  switch (protocol) {
    case 'smtp':
      await read.line(/^220 /);
      socket.write('EHLO oaops.invalid\r\n');
      await read.line(/^250 /);
      socket.write('STARTTLS\r\n');
      await read.line(/^220 /);
      break;
    case 'imap':
      await read.line(/^\* OK/i);
      socket.write('a1 STARTTLS\r\n');
      await read.line(/^a1 OK/i, /^\* /);
      break;
    case 'pop3':
      await read.line(/^\+OK/);
      socket.write('STLS\r\n');
      await read.line(/^\+OK/);
      break;
    case 'postgres':
      socket.write(postgresRequest);
      if ((await read.bytes(1)).toString() !== 'S') throw new Error('it has no encryption');
      break;
    case 'ldap': {
      socket.write(ldapRequest);
      const [, length = 0] = await read.bytes(2);
      // Active Directory writes every length in four bytes (X.690, section 8.1.3.5).
      const long =
        length & 0x80 ? (await read.bytes(length & 0x7f)).reduce((sum, byte) => sum * 256 + byte, 0) : length;
      const rest = await read.bytes(Math.min(long, 4096));
      // The result code is an ENUMERATED of one byte; 0 is success.
      const at = rest.indexOf(Buffer.from([0x0a, 0x01]));
      if (at < 0 || rest[at + 2] !== 0) throw new Error('it has no encryption');
      break;
    }
  }
  read.release();
}

/** Reads what comes until a line, or so many bytes, have come. Lines of several (`250-`), or others that may stand before it, are passed over. */
function reader(socket: Socket, signal: AbortSignal) {
  let held = Buffer.alloc(0);
  let wake = () => {};
  let failed: unknown;
  const take = (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (held.length > mostChars) failed = new Error('it says too much');
    wake();
  };
  const fail = (error: unknown) => {
    failed ??= error;
    wake();
  };
  const closed = () => fail(new Error('it closed the connection'));
  const aborted = () => fail(signal.reason);
  socket.on('data', take);
  socket.once('error', fail);
  socket.once('close', closed);
  signal.addEventListener('abort', aborted, { once: true });
  const more = async () => {
    if (failed !== undefined) throw failed;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (failed !== undefined) throw failed;
  };
  return {
    async line(good: RegExp, beside = /^\d{3}-/): Promise<void> {
      for (;;) {
        const end = held.indexOf(10);
        if (end < 0) {
          await more();
          continue;
        }
        const text = held.subarray(0, end).toString('latin1').trimEnd();
        held = held.subarray(end + 1);
        if (good.test(text)) return;
        if (beside.test(text)) continue;
        throw new Error(`it said "${text.slice(0, 80)}"`);
      }
    },
    async bytes(count: number): Promise<Buffer> {
      while (held.length < count) await more();
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    release() {
      socket.off('data', take);
      socket.off('error', fail);
      socket.off('close', closed);
      signal.removeEventListener('abort', aborted);
      socket.pause();
    },
  };
}

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { checkServerIdentity, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { messageOf, OaopsError } from '../../core/errors.ts';
import type { NetDoor, ShownCertificate } from '../../inspect/ports.ts';
import { openSocket } from './socket.ts';
import { askForTls } from './start-tls.ts';

/** The certificate that a server shows; whether it is trusted is told, and does not matter for the connection. */
export const shownCertificate: NetDoor['certificate'] = async (request, signal) => {
  const { host, port, serverName, timeoutMs, startTls, caFile } = request;
  const socket = await openSocket({ host, port, timeoutMs }, signal);
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    if (startTls) await askForTls(socket, startTls, late);
    const secured = await handshake(socket, serverName, caFile, late);
    return read(secured, serverName);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OaopsError) throw error;
    const words = late.aborted ? 'no answer in time' : messageOf(error);
    throw new OaopsError('tls-failed', `no encrypted connection with ${host} port ${port}: ${words}`, { cause: error });
  } finally {
    socket.destroy();
  }
};

function handshake(
  socket: Socket,
  serverName: string,
  caFile: string | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = tlsConnect({
      socket,
      // An address is no server name (RFC 6066, section 3).
      ...(isIP(serverName) ? {} : { servername: serverName }),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    });
    secured.once('secureConnect', () => resolve(secured));
    secured.once('error', reject);
    secured.once('close', () => reject(new Error('it closed the connection')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function read(socket: TLSSocket, serverName: string): ShownCertificate {
  const certificate = socket.getPeerCertificate();
  if (!certificate.valid_to) throw new Error('it showed no certificate');
  const trust = socket.authorizationError as Error | string | null;
  const name = checkServerIdentity(serverName, certificate);
  return {
    subject: words(certificate.subject as unknown as Record<string, string | string[]>),
    issuer: words(certificate.issuer as unknown as Record<string, string | string[]>),
    names: (certificate.subjectaltname ?? '').split(', ').filter((text) => text !== ''),
    validFromMs: Date.parse(certificate.valid_from),
    validToMs: Date.parse(certificate.valid_to),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    problem: trust ? (typeof trust === 'string' ? trust : trust.message) : (name?.message ?? null),
    protocol: socket.getProtocol() ?? '',
  };
}

function words(name: Record<string, string | string[]> | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${[value].flat().join('+')}`)
    .join(', ');
}

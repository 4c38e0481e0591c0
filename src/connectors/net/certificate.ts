import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  type DetailedPeerCertificate,
  rootCertificates,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import type { NetDoor, ShownCertificate, TlsVersion } from '../../inspect/ports.ts';
import { openSocket } from './socket.ts';
import { askForTls } from './start-tls.ts';

/** What the own library says when it may not offer what it was told to. */
const ownFault = /^ERR_SSL_(NO_PROTOCOLS_AVAILABLE|NO_CIPHERS_AVAILABLE|NO_SUITABLE_)/;

/** The certificate that a server shows; whether it is trusted is told, and does not matter for the connection. */
export const shownCertificate: NetDoor['certificate'] = async (request, signal) => {
  const { host, port, serverName, timeoutMs, startTls, caFile, newest } = request;
  const ca = caFile === undefined ? undefined : readCa(caFile);
  const socket = await openSocket({ host, port, timeoutMs }, signal);
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let asked = false;
  try {
    if (startTls) await askForTls(socket, startTls, late);
    asked = true;
    const secured = await handshake(socket, { serverName, ca, newest }, late);
    return read(secured, serverName);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OaopsError) throw error;
    const words = late.aborted ? 'no answer in time' : messageOf(error);
    // Only an answer to the offer is a refusal of it.
    const refused = asked && !late.aborted && !ownFault.test(String((error as { code?: string }).code));
    throw new OaopsError('tls-failed', `no encrypted connection with ${host} port ${port}: ${words}`, {
      details: { reason: refused ? 'refused' : 'other' },
      cause: error,
    });
  } finally {
    socket.destroy();
  }
};

function handshake(
  socket: Socket,
  { serverName, ca, newest }: { serverName: string; ca: string | undefined; newest: TlsVersion | undefined },
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = tlsConnect({
      socket,
      // An address is no server name (RFC 6066, section 3).
      ...(isIP(serverName) ? {} : { servername: serverName }),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      // What is old is asked for only to see whether it is refused: the own library must not be what refuses it.
      ...(newest === undefined ? {} : { minVersion: 'TLSv1', maxVersion: newest, ciphers: 'DEFAULT@SECLEVEL=0' }),
    });
    secured.once('secureConnect', () => resolve(secured));
    secured.once('error', reject);
    secured.once('close', () => reject(new Error('it closed the connection')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function read(socket: TLSSocket, serverName: string): ShownCertificate {
  const certificate = socket.getPeerCertificate(true);
  if (!certificate.valid_to) throw new Error('it showed no certificate');
  const trust = socket.authorizationError as Error | string | null;
  const code = trust && (typeof trust === 'string' ? trust : trust.message);
  return {
    subject: words(certificate.subject as unknown as Record<string, string | string[]>),
    issuer: words(certificate.issuer as unknown as Record<string, string | string[]>),
    names: (certificate.subjectaltname ?? '').split(', ').filter((text) => text !== ''),
    validFromMs: Date.parse(certificate.valid_from),
    validToMs: Date.parse(certificate.valid_to),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    trustProblem: code ? (trustProblems[code] ?? code) : null,
    nameProblem: checkServerIdentity(serverName, certificate)?.message ?? null,
    above: aboveOf(certificate),
    protocol: socket.getProtocol() ?? '',
  };
}

/** What OpenSSL says of a chain (openssl-verification-options(1)), for people. */
const trustProblems: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known here, or the server leaves out an intermediate certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its authority is not known here, or the server leaves out an intermediate certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its authority is not known here, or the server leaves out an intermediate certificate',
  CERT_HAS_EXPIRED: 'it, or an authority above it, has expired',
  CERT_NOT_YET_VALID: 'it, or an authority above it, is not valid yet',
};

function aboveOf(certificate: DetailedPeerCertificate): ShownCertificate['above'] {
  const above: ShownCertificate['above'] = [];
  const seen = new Set([certificate.fingerprint256]);
  // An authority at the top names itself as its own.
  for (
    let one = certificate.issuerCertificate;
    one?.valid_to && !seen.has(one.fingerprint256);
    one = one.issuerCertificate
  ) {
    seen.add(one.fingerprint256);
    above.push({
      subject: words(one.subject as unknown as Record<string, string | string[]>),
      validToMs: Date.parse(one.valid_to),
    });
  }
  return above;
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError('ca-file-unreadable', `the certificate authority ${path} cannot be read (${errnoOf(error)})`, {
      next: 'Correct caFile.',
    });
  }
}

function words(name: Record<string, string | string[]> | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${[value].flat().join('+')}`)
    .join(', ');
}

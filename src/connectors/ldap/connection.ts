import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import { BindRequest, ExtendedRequest, UnbindRequest } from 'ldapts';
import type { LdapLogin } from '../../accounts/ports.ts';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import { Conversation } from './conversation.ts';
import { bindError, connectionError, startTlsError } from './errors.ts';

const startTlsOid = '1.3.6.1.4.1.1466.20037';
/** Timers hold 31 bits. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Where a directory is, and the words for it. */
export interface Place {
  host: string;
  port: number;
  secure: boolean;
  shown: string;
}

/** A way to a directory that was found to be in order; nothing was sent yet. */
export interface Way {
  place: Place;
  login: LdapLogin;
  tls: ConnectionOptions;
}

/** @throws OaopsError `directory-url`, `directory-refused`, `ca-file-unreadable` (exit 2), `directory-plain-login` (exit 4) */
export function wayTo(login: LdapLogin): Way {
  const place = placeOf(login.url);
  requirePrivateLogin(login, place);
  return { place, login, tls: login.caFile === undefined ? {} : { ca: [...rootCertificates, readCa(login.caFile)] } };
}

/** A connection, encrypted and logged in as the way says. */
export async function connectBy({ place, login, tls }: Way, signal: AbortSignal): Promise<Conversation> {
  const conversation = await Conversation.open({ ...place, ...(place.secure && { tls }) }, signal);
  try {
    if (login.startTls) await startTls(conversation, place, tls, signal);
    if (login.bind) await bind(conversation, place, login.bind, signal);
    return conversation;
  } catch (error) {
    farewell(conversation);
    throw error;
  }
}

export function farewell(conversation: Conversation): void {
  conversation.close((messageId) => new UnbindRequest({ messageId }));
}

/** Does `work` within the time, and tells what goes wrong in the words of the place. */
export async function withinTime<T>(
  place: Place,
  wantedMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const timeoutMs = Math.min(wantedMs, longestTimeoutMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await work(AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    throw timeout.aborted ? tooSlow(place, timeoutMs, error) : connectionError(place.shown, error);
  }
}

/** What a server is told that it may take for one request. */
export function timeLimitSeconds(timeoutMs: number): number {
  return Math.ceil(Math.min(timeoutMs, longestTimeoutMs) / 1000);
}

async function startTls(conversation: Conversation, place: Place, tls: ConnectionOptions, signal: AbortSignal) {
  const { result } = await conversation.send(
    (messageId) => new ExtendedRequest({ messageId, oid: startTlsOid }),
    signal,
  );
  if (result.status !== 0) throw startTlsError(place.shown, result);
  await conversation.encrypt(place.host, tls, signal);
}

async function bind(
  conversation: Conversation,
  place: Place,
  login: { dn: string; password: string },
  signal: AbortSignal,
): Promise<void> {
  const { result } = await conversation.send((messageId) => new BindRequest({ messageId, ...login }), signal);
  if (result.status !== 0) throw bindError(place.shown, result);
}

function placeOf(text: string): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url && ['', '/'].includes(url.pathname) && url.search + url.hash + url.username + url.password === '';
  if (!url || !bare || !/^ldaps?:$/.test(url.protocol) || url.hostname === '') {
    throw usageError('directory-url', 'the address of the directory is not an ldap:// or ldaps:// URL', {
      next: 'Write it as ldaps://HOST or ldaps://HOST:PORT; base, filter and login stand in keys of their own.',
    });
  }
  const secure = url.protocol === 'ldaps:';
  const port = url.port === '' ? (secure ? 636 : 389) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port, secure, shown: `the directory ${url.protocol}//${url.hostname}:${port}` };
}

/** A password goes over an encrypted connection, or stays on this machine. */
function requirePrivateLogin({ bind, startTls }: LdapLogin, { host, secure, shown }: Place): void {
  if (secure && startTls) {
    throw usageError('directory-url', `${shown} is encrypted from the beginning`, {
      next: 'Take "startTls" out, or write ldap://.',
    });
  }
  if (!bind) return;
  // RFC 4513 section 5.1.2: a server lets a name without a password in as nobody.
  if (bind.password === '' || bind.dn === '') {
    throw usageError('directory-refused', `the login at ${shown} has no name or no password`, {
      next: 'Check "bindDn" and "password".',
    });
  }
  if (secure || startTls || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.')))
    return;
  throw new OaopsError('directory-plain-login', `the login at ${shown} would go over the network in clear`, {
    exitCode: 4,
    next: 'Use an ldaps:// URL or "startTls: true".',
  });
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

function tooSlow({ shown }: Place, timeoutMs: number, cause: unknown): OaopsError {
  return new OaopsError('directory-unreachable', `${shown} did not answer within ${timeoutMs / 1000} s`, {
    next: 'Check "url" and the network, or give more "timeout".',
    cause,
  });
}

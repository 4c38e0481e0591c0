import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import {
  BindRequest,
  ExtendedRequest,
  type Filter,
  FilterParser,
  PagedResultsControl,
  SearchRequest,
  UnbindRequest,
} from 'ldapts';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import type { DirectoryDoor, DirectoryEntry, DirectorySearch } from '../../rollout/ports.ts';
import { type Answer, Conversation } from './conversation.ts';
import { type Rest, readEntry } from './entries.ts';
import { bindError, connectionError, partial, searchError, startTlsError } from './errors.ts';

const pageSize = 500;
/** A directory may send pages without entries; one that sends only those never ends. */
const maxEmptyPages = 1000;
const startTlsOid = '1.3.6.1.4.1.1466.20037';
/** Timers hold 31 bits. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Where a search goes, and the words for it. */
interface Place {
  host: string;
  port: number;
  secure: boolean;
  shown: string;
}

interface Session {
  conversation: Conversation;
  place: string;
  timeLimitSeconds: number;
  signal: AbortSignal;
}

/**
 * Searches in LDAP directories, Active Directory included: one connection a search, its messages by `ldapts`. The time is for the whole search.
 * A password never crosses a network in clear.
 * @throws OaopsError as the port says; `directory-tls`, `directory-value`, `directory-failed`; `directory-base-missing`, `directory-filter`,
 *   `directory-url`, `ca-file-unreadable` (exit 2), `directory-plain-login` (exit 4)
 */
export function directoryDoor(): DirectoryDoor {
  return {
    async search(request, signal) {
      signal.throwIfAborted();
      const place = placeOf(request.url);
      requirePrivateLogin(request, place);
      const filter = filterOf(request.filter);
      const tls: ConnectionOptions =
        request.caFile === undefined ? {} : { ca: [...rootCertificates, readCa(request.caFile)] };
      const timeoutMs = Math.min(request.timeoutMs, longestTimeoutMs);
      const timeout = AbortSignal.timeout(timeoutMs);
      const both = AbortSignal.any([signal, timeout]);
      let conversation: Conversation | undefined;
      try {
        conversation = await Conversation.open({ ...place, ...(place.secure && { tls }) }, both);
        if (request.startTls) await startTls(conversation, place, tls, both);
        if (request.bind) await bind(conversation, place, request.bind, both);
        const timeLimitSeconds = Math.ceil(timeoutMs / 1000);
        return await searchAll({ conversation, place: place.shown, timeLimitSeconds, signal: both }, request, filter);
      } catch (error) {
        signal.throwIfAborted();
        throw timeout.aborted ? tooSlow(place, timeoutMs, error) : connectionError(place.shown, error);
      } finally {
        conversation?.close((messageId) => new UnbindRequest({ messageId }));
      }
    },
  };
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

async function searchAll(session: Session, request: DirectorySearch, filter: Filter): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  const unfinished: { entry: DirectoryEntry; rests: Rest[] }[] = [];
  let cookie: Buffer | undefined;
  let emptyPages = 0;
  do {
    const answer: Answer = await ask(session, request, filter, cookie);
    for (const raw of answer.entries) {
      const read = readEntry(raw, request.attributes);
      entries.push(read.entry);
      if (read.rests.length > 0) unfinished.push(read);
    }
    emptyPages = answer.entries.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > maxEmptyPages)
      throw partial(session.place, 'its pages do not end', 'Look into the log of the directory.');
    cookie = answer.result.controls?.find((control) => control instanceof PagedResultsControl)?.value?.cookie;
  } while (cookie?.length);
  for (const { entry, rests } of unfinished) for (const rest of rests) await readRest(session, entry, rest);
  return entries;
}

/** One page, or one entry: whatever is no whole answer is an error. */
async function ask(
  { conversation, place, timeLimitSeconds, signal }: Session,
  { base, scope, attributes }: Pick<DirectorySearch, 'base' | 'scope' | 'attributes'>,
  filter: Filter,
  cookie?: Buffer,
): Promise<Answer> {
  const controls = [new PagedResultsControl({ value: { size: pageSize, ...(cookie && { cookie }) } })];
  const answer = await conversation.send(
    (messageId) =>
      new SearchRequest({
        messageId,
        baseDN: base,
        scope,
        filter,
        attributes,
        timeLimit: timeLimitSeconds,
        controls: scope === 'base' ? [] : controls,
      }),
    signal,
  );
  if (answer.result.status !== 0) throw searchError(place, base, answer.result);
  const elsewhere = answer.references.find((url) => !holdsNobody(url));
  if (elsewhere === undefined) return answer;
  throw partial(
    place,
    `it refers to ${elsewhere.replace(/[\p{Cc}?]+.*$/su, '')}`,
    'Search below a base that this server holds, or at the global catalogue of Active Directory (port 3268).',
  );
}

/**
 * The top of a domain of Active Directory always refers to its configuration and to the zones of its names ([MS-ADTS] section 3.1.1.1.5), which hold
 * no people.
 */
function holdsNobody(url: string): boolean {
  return /^ldaps?:\/\/[^/]*\/(CN=Configuration|DC=(Domain|Forest)DnsZones),DC=/i.test(url);
}

async function readRest(session: Session, entry: DirectoryEntry, { attribute, from }: Rest): Promise<void> {
  const all = FilterParser.parseString('(objectClass=*)');
  for (let next: number | undefined = from; next !== undefined; ) {
    const asked = `${attribute};range=${next}-*`;
    const answer = await ask(session, { base: entry.dn, scope: 'base', attributes: [asked] }, all);
    const read = answer.entries.map((raw) => readEntry(raw, [attribute]));
    const values = read[0]?.entry.attributes[attribute] ?? [];
    entry.attributes[attribute]!.push(...values);
    const following = read[0]?.rests[0]?.from;
    const whole =
      read.length === 1 && values.length > 0 && (following === undefined || following === next + values.length);
    if (!whole) throw partial(session.place, `${attribute} of ${entry.dn} ends in the middle`, 'Read it again.');
    next = following;
  }
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
function requirePrivateLogin({ bind, startTls }: DirectorySearch, { host, secure, shown }: Place): void {
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

function filterOf(text: string): Filter {
  try {
    return FilterParser.parseString(withPlainText(text));
  } catch (error) {
    throw usageError('directory-filter', `the filter is not as RFC 4515 writes it: ${messageOf(error)}`, {
      next: 'Correct "filter", such as (&(objectClass=person)(department=IT)).',
    });
  }
}

/**
 * The library takes each escaped byte for a character, so that `\e7\8e\8b` would not be 王 and find nobody: such bytes are written as the
 * characters that they are, which RFC 4515 allows.
 */
function withPlainText(filter: string): string {
  return filter.replace(/(?:\\[89a-f][0-9a-f])+/gi, (escaped) => {
    const bytes = Buffer.from(escaped.replaceAll('\\', ''), 'hex');
    if (isUtf8(bytes)) return bytes.toString('utf8');
    throw new Error(`${escaped} is not UTF-8`);
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

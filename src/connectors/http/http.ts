import { readFileSync } from 'node:fs';
import { request as requestHttp, validateHeaderName, validateHeaderValue } from 'node:http';
import { request as requestHttps } from 'node:https';
import { rootCertificates } from 'node:tls';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import type { HttpDoor, HttpRequest, HttpResponse } from '../../engine/ports.ts';

const maxRedirects = 5;
const defaultMaxBodyBytes = 1024 * 1024;
/** Timers hold 31 bits; nobody waits 24 days for an answer. */
const longestTimeoutMs = 2 ** 31 - 1;

export interface HttpDoorOptions {
  /** For the User-Agent. */
  version: string;
}

interface Hop {
  response: HttpResponse;
  location?: string;
}

/**
 * HTTP by node:http and node:https. No proxy, no cookies, no retries; redirects only when asked for, never from https to
 * http, and credentials do not follow to another origin. The answer is capped, and decoded by the charset it names, else as
 * UTF-8; compressed answers are not asked for.
 * @throws OaopsError `http-unreachable`, `http-timeout`, `http-tls`, `http-answer` (what came is no whole HTTP answer),
 * `http-redirect`; `url-invalid`, `header-invalid`, `ca-file-unreadable` (exit 2)
 */
export function httpDoor(options: HttpDoorOptions): HttpDoor {
  return {
    async request(request, signal) {
      const startedMs = performance.now();
      const timeout = AbortSignal.timeout(Math.min(request.timeoutMs ?? 30_000, longestTimeoutMs));
      const both = AbortSignal.any([signal, timeout]);
      let current: HttpRequest = {
        ...request,
        headers: { 'user-agent': `oaops/${options.version}`, 'accept-encoding': 'identity', ...request.headers },
      };
      requireHeaders(request.headers ?? {});
      const ca = request.caFile === undefined ? undefined : readCa(request.caFile);
      try {
        for (let hops = 0; ; hops++) {
          const { response, location } = await once(current, ca, both);
          if (!request.followRedirects || location === undefined)
            return { ...response, durationMs: performance.now() - startedMs };
          if (hops >= maxRedirects)
            throw new OaopsError('http-redirect', `${shown(request.url)} redirects more than ${maxRedirects} times`);
          current = redirected(current, location, response.status);
        }
      } catch (error) {
        if (error instanceof OaopsError) throw error;
        signal.throwIfAborted();
        throw timeout.aborted
          ? new OaopsError('http-timeout', `${shown(current.url)} did not answer in time`, { cause: error })
          : httpError(current.url, error);
      }
    },
  };
}

function once(request: HttpRequest, ca: string | undefined, signal: AbortSignal): Promise<Hop> {
  const url = urlOf(request.url);
  const maxBytes = request.maxBodyBytes ?? defaultMaxBodyBytes;
  const headers: Record<string, string> = Object.fromEntries(
    // How the body is framed is decided here: two lengths would be two requests to some servers.
    Object.entries(request.headers ?? {}).filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name)),
  );
  if (request.body !== undefined) headers['content-length'] = String(Buffer.byteLength(request.body));
  const common = { method: request.method, headers, signal, agent: false } as const;
  return new Promise((resolve, reject) => {
    const sending =
      url.protocol === 'https:'
        ? requestHttps(url, {
            ...common,
            ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
          })
        : requestHttp(url, common);
    sending.on('error', reject);
    // Without a listener a 101 would leave a request that neither answers nor fails.
    sending.on('upgrade', (_incoming, socket) => {
      socket.destroy();
      reject(answerError(request.url, 'it switches to another protocol'));
    });
    sending.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const finish = (truncated: boolean) => {
        const status = incoming.statusCode ?? 0;
        const flat = Object.fromEntries(
          Object.entries(incoming.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(', ') : (value ?? ''),
          ]),
        );
        const bytes = Buffer.concat(chunks).subarray(0, maxBytes);
        // With `stream` a character that was cut in two is left out.
        const body = decoderOf(incoming.headers['content-type']).decode(bytes, { stream: truncated });
        const location = [301, 302, 303, 307, 308].includes(status) ? incoming.headers.location : undefined;
        resolve({
          response: { status, headers: flat, body, bodyTruncated: truncated, durationMs: 0 },
          ...(location !== undefined && { location }),
        });
      };
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > maxBytes) {
          incoming.destroy();
          finish(true);
        }
      });
      incoming.on('end', () => finish(false));
      incoming.on('error', (error) => {
        reject(signal.aborted ? error : answerError(request.url, 'it ended before it was whole', error));
      });
    });
    sending.end(request.body);
  });
}

/** RFC 9110 section 15.4: 303 (and by custom 301, 302 after POST) go on as GET; 307 and 308 repeat the request. */
function redirected(request: HttpRequest, location: string, status: number): HttpRequest {
  const from = urlOf(request.url);
  if (!URL.canParse(location, from.href))
    throw new OaopsError('http-redirect', `${shown(request.url)} redirects to an address that is none`);
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && (from.protocol === 'https:' || to.protocol !== 'http:')) {
    throw new OaopsError('http-redirect', `${shown(request.url)} redirects to an address that is not https`, {
      details: { location: shown(to.href) },
    });
  }
  const asGet = status === 303 || (request.method === 'POST' && status < 303);
  const { body, headers = {}, ...rest } = request;
  const dropped = new Set([
    ...(asGet ? ['content-type', 'content-length'] : []),
    ...(to.origin === from.origin ? [] : ['authorization', 'cookie', 'proxy-authorization']),
  ]);
  // Across origins, unknown headers may hold tokens as well; only harmless ones go along.
  const harmless = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent']);
  const kept = Object.entries(headers).filter(
    ([name]) => !dropped.has(name.toLowerCase()) && (to.origin === from.origin || harmless.has(name.toLowerCase())),
  );
  return {
    ...rest,
    url: to.href,
    method: asGet ? 'GET' : request.method,
    headers: Object.fromEntries(kept),
    ...(body !== undefined && !asGet && { body }),
  };
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw usageError('url-invalid', 'the address is not an http or https URL', {
    next: 'Write it as https://host/path.',
  });
}

function requireHeaders(headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      // The value is left out: it may be a secret.
      throw usageError('header-invalid', `the header "${name.replace(/\p{Cc}/gu, ' ')}" cannot be sent`, {
        next: 'A header has no line ends, and no characters beyond Latin-1: encode them, as in RFC 8187.',
      });
    }
  }
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

/** By the charset of Content-Type; many OA systems still answer in GBK. */
function decoderOf(contentType: string | undefined) {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder('utf-8');
  }
}

function answerError(url: string, why: string, cause?: unknown): OaopsError {
  return new OaopsError('http-answer', `${shown(url)} gives no usable answer: ${why}`, {
    next: 'Look whether an HTTP server is behind that address, and what its log says.',
    ...(cause !== undefined && { cause }),
  });
}

/** Without user, password and query: they may hold secrets. */
function shown(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}`;
}

function httpError(url: string, error: unknown): OaopsError {
  const code = errnoOf(error) ?? '';
  const place = shown(url);
  if (code.startsWith('HPE_')) return answerError(url, `it is not HTTP (${code})`, error);
  if (code === 'EPROTO' || /WRONG_VERSION/.test(code)) {
    return new OaopsError('http-tls', `${place} does not speak TLS as expected`, {
      next: 'Check whether the address is http instead of https, and the versions of TLS on both sides.',
      details: { code },
      cause: error,
    });
  }
  if (/CERT|SSL|TLS|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME/.test(code)) {
    // What Node.js advises its own users is none for those of oaops.
    const why = messageOf(error).replace(/; if the root CA is installed locally.*$/s, '');
    return new OaopsError('http-tls', `the certificate of ${place} is not accepted: ${why}`, {
      next: 'Give its certificate authority as caFile, or have the certificate renewed.',
      details: { code },
      cause: error,
    });
  }
  return new OaopsError('http-unreachable', `${place} cannot be reached: ${code || messageOf(error)}`, {
    next: 'Check the address and the network.',
    details: { code },
    cause: error,
  });
}

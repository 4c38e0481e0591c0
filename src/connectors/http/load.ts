import { readFileSync } from 'node:fs';
import { Agent, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { errnoOf, messageOf, usageError } from '../../core/errors.ts';
import type { LoadDoor, LoadOutcome, LoadRequest } from '../../inspect/ports.ts';

/**
 * Many requests for one URL over connections that are kept, as a browser keeps them; answers are read to their end and thrown away. No redirects,
 * no retries. @throws OaopsError `url-invalid`, `ca-file-unreadable` (exit 2)
 */
export function loadDoor({ version }: { version: string }): LoadDoor {
  return {
    open(request) {
      const url = urlOf(request.url);
      const secure = url.protocol === 'https:';
      const keep = { keepAlive: request.keepAlive, maxSockets: request.connections, scheduling: 'fifo' as const };
      const agent = secure
        ? new TlsAgent({
            ...keep,
            ...(request.caFile === undefined ? {} : { ca: [...rootCertificates, readCa(request.caFile)] }),
          })
        : new Agent(keep);
      const headers = { 'user-agent': `oaops/${version}`, 'accept-encoding': 'identity', ...request.headers };
      return {
        once: (signal) => once(secure ? requestHttps : requestHttp, url, { ...request, headers }, agent, signal),
        close: () => agent.destroy(),
      };
    },
  };
}

function once(
  send: typeof requestHttp,
  url: URL,
  { method, headers, body, timeoutMs }: LoadRequest,
  agent: Agent,
  signal: AbortSignal,
): Promise<LoadOutcome> {
  return new Promise((resolve, reject) => {
    let late = false;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sending = send(url, { method, headers: { ...headers, ...length }, agent, signal });
    const timer = setTimeout(() => {
      late = true;
      sending.destroy(new Error('no answer in time'));
    }, timeoutMs);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      if (signal.aborted) return reject(signal.reason as Error);
      resolve({ status: null, problem: late ? 'no answer in time' : (errnoOf(error) ?? messageOf(error)), bytes: 0 });
    };
    sending.on('error', fail);
    sending.on('upgrade', (_incoming, socket) => {
      socket.destroy();
      fail(new Error('it switches to another protocol'));
    });
    sending.on('response', (incoming) => {
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      incoming.on('error', fail);
      incoming.on('end', () => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, problem: null, bytes });
      });
    });
    sending.end(body);
  });
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw usageError('url-invalid', 'the address is not an http or https URL', {
    next: 'Write it as https://host/path.',
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

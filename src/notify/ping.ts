import type { Clock } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import type { SecretReader, WebhookDoor } from './ports.ts';
import { withoutUrl } from './without-url.ts';

const timeoutMs = 10_000;
/** Three tries in all; a service that restarts is back by then. */
const waitsMs = [1000, 3000];
/** Healthchecks keeps that much of a body at least. */
const maxBodyBytes = 10_000;

export interface PingDeps {
  http: () => Promise<WebhookDoor>;
  secrets: SecretReader;
  clock: Clock;
  redact: (text: string) => string;
}

export interface Ping {
  /** URL, or the reference of one. */
  url: string;
  /** Nothing for success, `start`, `fail`, or an exit code. */
  event: '' | 'start' | 'fail' | number;
  body?: string;
}

/**
 * Tells a monitoring service (https://healthchecks.io/docs/http_api/) how a run goes: POST to URL, URL/start, URL/fail or
 * URL/<exit code>. Ten seconds for an answer, tried three times when it is the network's or the server's fault. Never
 * throws: gives the warning that the user is to see, without the URL, whose path is a secret.
 */
export async function sendPing(
  { url, event, body }: Ping,
  deps: PingDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const resolved = /^https?:/.test(url) ? url : await deps.secrets.resolve(url);
    const { href, host } = pingUrl(resolved, event);
    const http = await deps.http();
    for (let attempt = 0; ; attempt++) {
      const problem = await tryOnce(http, href, deps.redact(body ?? ''), signal);
      if (problem === undefined) return undefined;
      const waitMs = waitsMs[attempt];
      if (waitMs === undefined || !problem.again) return `the ping to ${host} failed: ${problem.why}`;
      await deps.clock.sleep(waitMs, signal);
    }
  } catch (error) {
    return `no ping could be sent: ${messageOf(error)}`;
  }
}

/** The event goes behind the path and before a query. */
function pingUrl(text: string, event: Ping['event']): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new OaopsError('ping-url-invalid', 'what the reference holds is no http URL', {
      next: 'Store the whole ping URL there.',
    });
  if (event !== '') url.pathname = `${url.pathname.replace(/\/+$/, '')}/${event}`;
  return url;
}

async function tryOnce(
  http: WebhookDoor,
  url: string,
  body: string,
  signal: AbortSignal,
): Promise<{ why: string; again: boolean } | undefined> {
  try {
    const { status } = await http.request(
      {
        method: 'POST',
        url,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: Buffer.from(body).subarray(0, maxBodyBytes).toString('utf8'),
        timeoutMs,
        followRedirects: true,
        maxBodyBytes: 1024,
      },
      signal,
    );
    if (status >= 200 && status < 300) return undefined;
    return { why: `it answered ${status}`, again: status >= 500 || status === 429 };
  } catch (error) {
    if (signal.aborted) return { why: 'it was given up', again: false };
    const code = error instanceof OaopsError ? error.code : '';
    if (code === 'http-timeout') return { why: `no answer within ${timeoutMs / 1000} s`, again: true };
    if (code === 'http-unreachable') return { why: 'it cannot be reached', again: true };
    return {
      why: code === 'http-redirect' ? 'too many redirects' : withoutUrl(messageOf(error), url),
      again: code === 'http-answer',
    };
  }
}

import { z } from 'zod';
import { canonicalJson } from '../core/json.ts';
import type { Action } from '../engine/action.ts';
import { durationSchema, secretRefSchema, sizeSchema } from '../runbook/schema/common.ts';
import { textOf, textOrSecretSchema, textsOf } from './command.ts';

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** RFC 9110 section 9.2.1: asking again changes nothing. */
const safeMethods = new Set<string>(['GET', 'HEAD', 'OPTIONS']);

const withSchema = z
  .strictObject({
    url: z
      .union([z.url({ protocol: /^https?$/ }), z.strictObject({ secret: secretRefSchema })])
      .describe('http or https; {secret: env:NAME} when it holds a token.'),
    method: z.enum(methods).default('GET'),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'not a header name' }), textOrSecretSchema)
      .default({}),
    body: textOrSecretSchema.optional(),
    json: z.json().optional().describe('Body as JSON; sets Content-Type.'),
    timeout: durationSchema.default(30_000),
    status: z
      .array(z.int().min(100).max(599))
      .min(1)
      .optional()
      .describe('Status codes that mean success; default: 200 to 299.'),
    followRedirects: z
      .boolean()
      .default(false)
      .describe('Only followed when asked for; at most 5, and never from https to http.'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of a certificate authority to trust besides the usual ones.'),
    maxBody: sizeSchema.default(1024 * 1024).describe('What is read of the answer.'),
  })
  .refine((args) => args.body === undefined || args.json === undefined, {
    error: 'only one of body and json is possible',
    path: ['json'],
  });
type With = z.infer<typeof withSchema>;

/** Sends one HTTP request and judges the status of the answer. */
export const httpRequest: Action<With> = {
  name: 'http.request',
  title: { en: 'Send an HTTP request', 'zh-CN': '发送 HTTP 请求' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
    json: z.unknown().describe('The body, when it is JSON, with whole numbers beyond 2^53 as text; else null.'),
    bodyTruncated: z.boolean(),
    durationMs: z.number(),
  }),
  usesTargets: false,
  idempotent: false,
  describe: (args) => `${args.method} ${typeof args.url === 'string' ? withoutQuery(args.url) : args.url.secret}`,
  async apply(args, context) {
    const http = await context.http();
    const headers = await textsOf(args.headers, context);
    const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
    const body =
      args.json !== undefined
        ? canonicalJson(args.json)
        : args.body === undefined
          ? undefined
          : await textOf(args.body, context);
    const response = await http.request(
      {
        method: args.method,
        url: await textOf(args.url, context),
        headers: args.json !== undefined && !hasType ? { ...headers, 'content-type': 'application/json' } : headers,
        timeoutMs: args.timeout,
        followRedirects: args.followRedirects,
        maxBodyBytes: args.maxBody,
        ...(body !== undefined && { body }),
        ...(args.caFile !== undefined && { caFile: args.caFile }),
      },
      context.signal,
    );
    const result = {
      ...response,
      durationMs: Math.round(response.durationMs),
      json: jsonOf(response.body, response.bodyTruncated),
    };
    const good = args.status ? args.status.includes(response.status) : response.status >= 200 && response.status < 300;
    if (good) return { status: 'ok', result };
    return {
      status: 'failed',
      result,
      message: `${args.method} ${typeof args.url === 'string' ? withoutQuery(args.url) : args.url.secret} answered ${response.status}`,
      code: 'http-status',
      // 408, 429 and 5xx may pass; other answers stay the same.
      retryable: response.status === 408 || response.status === 429 || response.status >= 500,
    };
  },
  recover: async (args) => ({ status: safeMethods.has(args.method) ? 'not-started' : 'unknown' }),
};

/** Query strings carry tokens often enough to leave them out. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}

function jsonOf(body: string, truncated: boolean): unknown {
  if (truncated || body === '') return null;
  try {
    return JSON.parse(body, exactly as (key: string, value: unknown) => unknown);
  } catch {
    return null;
  }
}

/** Ids of 64 bits are common in answers, and a number of JavaScript would change their last digits without a word. */
function exactly(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value;
  const lost = !Number.isFinite(value) || (/^-?\d+$/.test(source) && !Number.isSafeInteger(value));
  return lost ? source : value;
}

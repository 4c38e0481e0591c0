import { z } from 'zod';
import { OaopsError } from '../../core/errors.ts';
import type { HttpResponse } from '../../engine/ports.ts';
import { durationSchema, patternSchema, secretRefSchema, sizeSchema } from '../../runbook/schema/common.ts';
import { limitKeys, limitsObject, measured, worst } from '../judging/limits.ts';
import type { Judged, NearCheckType } from '../types.ts';
import { judgeDays } from '../web/certificate-days.ts';
import { jsonRuleSchema, judgeJson } from '../web/json-rules.ts';
import { textOf, textOrSecretSchema, textsOf } from '../web/secret-text.ts';

const statusSchema = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5]\d\d-[1-5]\d\d$/, { error: 'not a range of status codes' }),
]);
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'not a header name' });

/** Status codes that are all right. */
export const statusesSchema = z
  .array(statusSchema)
  .min(1)
  .default(['200-299'])
  .describe('Status codes that are all right: 200, "200-299".');

/** How a URL is asked for; shared with the test of load. */
export const requestKeys = {
  url: z
    .union([z.url({ protocol: /^https?$/ }), z.strictObject({ secret: secretRefSchema })])
    .describe('http or https; {secret: env:NAME} when it holds a token.'),
  method: z.enum(['GET', 'HEAD', 'OPTIONS', 'POST']).default('GET').describe('POST only where it changes nothing.'),
  headers: z.record(headerName, textOrSecretSchema).default({}).describe('A value may be {secret: env:NAME}.'),
  basicAuth: z
    .strictObject({ user: z.string().min(1), password: secretRefSchema })
    .optional()
    .describe('Name and password by HTTP Basic.'),
  body: textOrSecretSchema.optional(),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file on this machine of an authority to trust besides the usual ones.'),
};

const withSchema = z.strictObject({
  ...requestKeys,
  status: statusesSchema,
  followRedirects: z.boolean().default(false).describe('At most 5, and never from https to http.'),
  contains: z.array(z.string().min(1)).default([]).describe('Texts that the body must hold.'),
  absent: z.array(z.string().min(1)).default([]).describe('Texts that the body must not hold.'),
  matches: z.array(patternSchema).default([]).describe('Regular expressions that the body must match.'),
  json: z.array(jsonRuleSchema).default([]).describe('Values in a body that is JSON.'),
  expectHeaders: z
    .record(headerName, patternSchema)
    .default({})
    .describe('Regular expressions that headers of the answer must match.'),
  certificate: limitsObject({ warn: '30:', fail: '7:' })
    .optional()
    .describe('Days that the certificate has left; {} for the usual limits. One more connection looks at it.'),
  maxBody: sizeSchema.default(1024 * 1024).describe('What is read of the answer.'),
  timeout: durationSchema.default(10_000),
  ...limitKeys(),
});
type With = z.infer<typeof withSchema>;

/** A URL: status, time until the answer is there (s), body, headers, JSON, days of its certificate. */
export const http: NearCheckType<With> = {
  name: 'http',
  place: 'here',
  title: { en: 'URL', 'zh-CN': '网址' },
  withSchema,
  async measure(args, doors, about, signal) {
    const url = await textOf(args.url, doors);
    const place = placeOf(args.url, url);
    const door = await doors.http();
    let response: HttpResponse;
    try {
      response = await door.request(
        {
          method: args.method,
          url,
          headers: await requestHeaders(args, doors),
          timeoutMs: args.timeout,
          followRedirects: args.followRedirects,
          maxBodyBytes: args.maxBody,
          ...(args.body === undefined ? {} : { body: await textOf(args.body, doors) }),
          ...(args.caFile === undefined ? {} : { caFile: args.caFile }),
        },
        signal,
      );
    } catch (error) {
      const { code, message, details } = unseen(error, args.url, url) as OaopsError;
      const ofServer = ['http-unreachable', 'http-timeout', 'http-tls', 'http-answer', 'http-redirect'].includes(code);
      // A name that is not known here says nothing about the server.
      if (signal.aborted || !ofServer || /^(ENOTFOUND|EAI_AGAIN)$/.test(String(details['code'])))
        throw unseen(error, args.url, url);
      return { state: 'fail', message };
    }
    const time = measured({ name: 'time', value: response.durationMs / 1000, unit: 's', min: 0 }, args);
    const json = judgeJson(args.json, response.body);
    const faults = [...faultsOf(args, response), ...json.faults];
    // What must not be there may stand in what was not read.
    const cut = response.bodyTruncated && (faults.length > 0 || args.absent.length > 0);
    const certificate = args.certificate && (await certificateOf(url, args, doors, about.nowMs, signal));
    const told = `${place} answers ${response.status} in ${Math.round(response.durationMs)} ms`;
    return {
      state: cut
        ? 'error'
        : worst([faults.length > 0 ? 'fail' : 'pass', time.state, json.state, certificate?.state ?? 'pass']),
      message: [
        ...(cut ? [`the body is longer than the ${args.maxBody} bytes that are read`] : []),
        ...faults,
        told,
        ...json.told,
        ...(certificate ? [certificate.message] : []),
      ].join('; '),
      measures: [time.measure, ...json.measures, ...(certificate?.measures ?? [])],
    };
  },
};

/** Headers with their secrets. */
export async function requestHeaders(
  { headers, basicAuth }: Pick<With, 'headers' | 'basicAuth'>,
  doors: Parameters<typeof textsOf>[1],
): Promise<Record<string, string>> {
  const sent = await textsOf(headers, doors);
  if (basicAuth === undefined) return sent;
  const pair = `${basicAuth.user}:${await doors.secret(basicAuth.password)}`;
  return { ...sent, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A URL without what may be secret in it: one that is a secret as a whole is told by its reference. */
export function placeOf(written: With['url'], url: string): string {
  if (typeof written !== 'string') return written.secret;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** An error that tells no part of a URL that is a secret. */
function unseen(error: unknown, written: With['url'], url: string): unknown {
  if (typeof written === 'string' || !(error instanceof OaopsError) || !URL.canParse(url)) return error;
  const { origin, pathname } = new URL(url);
  const message = error.message.replaceAll(`${origin}${pathname}`, written.secret).replaceAll(origin, written.secret);
  const { code, exitCode, next, details } = error;
  return new OaopsError(code, message, { exitCode, details, ...(next === undefined ? {} : { next }) });
}

export function isGoodStatus(status: number, wanted: readonly (number | string)[]): boolean {
  return wanted.some((one) => {
    if (typeof one === 'number') return one === status;
    const [from, to] = one.split('-').map(Number);
    return status >= from! && status <= to!;
  });
}

function faultsOf(
  { status, contains, absent, matches, expectHeaders }: With,
  { status: answered, body, headers }: HttpResponse,
): string[] {
  return [
    ...(isGoodStatus(answered, status) ? [] : [`the status is ${answered}, and should be ${status.join(', ')}`]),
    ...contains.filter((part) => !body.includes(part)).map((part) => `the body does not hold "${part}"`),
    ...absent.filter((part) => body.includes(part)).map((part) => `the body holds "${part}"`),
    ...matches
      .filter((pattern) => !new RegExp(pattern, 'mu').test(body))
      .map((pattern) => `the body does not match ${pattern}`),
    ...Object.entries(expectHeaders).flatMap(([name, pattern]) => {
      const value = headers[name.toLowerCase()];
      if (value === undefined) return [`there is no header ${name}`];
      return new RegExp(pattern, 'u').test(value) ? [] : [`the header ${name} is "${value}"`];
    }),
  ];
}

async function certificateOf(
  url: string,
  { certificate, caFile, timeout }: With,
  doors: Parameters<NearCheckType<With>['measure']>[1],
  nowMs: number,
  signal: AbortSignal,
): Promise<Pick<Judged, 'measures' | 'message'> & { state: 'pass' | 'warn' | 'fail' | 'error' }> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return { state: 'error', message: 'an address of http has no certificate' };
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const net = await doors.net();
  const shown = await net.certificate(
    {
      host,
      port: port === '' ? 443 : Number(port),
      serverName: host,
      timeoutMs: timeout,
      ...(caFile === undefined ? {} : { caFile }),
    },
    signal,
  );
  return judgeDays(shown, certificate ?? {}, nowMs);
}

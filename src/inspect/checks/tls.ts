import { z } from 'zod';
import type { OaopsError } from '../../core/errors.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitKeys, worst } from '../judging/limits.ts';
import { type NetDoor, type ShownCertificate, tlsVersions } from '../ports.ts';
import type { Judged, NearCheckType } from '../types.ts';
import { judgeDays } from '../web/certificate-days.ts';

const withSchema = z.strictObject({
  port: z.int().min(1).max(65_535).default(443),
  host: z.string().min(1).optional().describe('Name or address; absent = the host that is inspected.'),
  serverName: z.string().min(1).optional().describe('The name that the certificate must be for; absent = the host.'),
  startTls: z
    .enum(['smtp', 'imap', 'pop3', 'ldap', 'postgres'])
    .optional()
    .describe('The protocol in which encryption is asked for first.'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file on this machine of an authority to trust besides the usual ones.'),
  trusted: z.boolean().default(true).describe('false: it may be signed by anybody; days and name are still looked at.'),
  minProtocol: z
    .enum(['TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
    .optional()
    .describe('The server must refuse what is older; one more connection looks whether it does.'),
  timeout: durationSchema.default(10_000),
  ...limitKeys({ warn: '30:', fail: '7:' }),
});
type With = z.infer<typeof withSchema>;

/** The certificate that a server shows: days left, names, trust, and whether the server refuses old protocols. */
export const tls: NearCheckType<With> = {
  name: 'tls',
  place: 'here',
  title: { en: 'Certificate of a server', 'zh-CN': '服务器证书' },
  withSchema,
  async measure(args, doors, about, signal) {
    const { port, timeout, startTls, caFile, trusted, minProtocol, warn, fail } = args;
    const host = args.host ?? about.host.address;
    const request = {
      host,
      port,
      serverName: args.serverName ?? host,
      timeoutMs: timeout,
      ...(startTls === undefined ? {} : { startTls }),
      ...(caFile === undefined ? {} : { caFile }),
    };
    const net = await doors.net();
    let shown: ShownCertificate;
    try {
      shown = await net.certificate(request, signal);
    } catch (error) {
      return refused(error, signal);
    }
    const judged = judgeDays(shown, { warn, fail }, about.nowMs);
    const old = minProtocol === undefined ? [] : await takesOlder(net, request, minProtocol, signal);
    const faults = [
      ...(trusted && shown.trustProblem !== null ? [`${shown.subject} is not trusted: ${shown.trustProblem}`] : []),
      ...(shown.nameProblem === null ? [] : [`${shown.subject} is not for ${request.serverName}`]),
      ...old,
    ];
    return {
      state: worst([judged.state, ...(faults.length > 0 ? (['fail'] as const) : [])]),
      message: [...faults, judged.message].join('; '),
      measures: judged.measures,
      details: [
        ...judged.details,
        `issuer: ${shown.issuer}`,
        `names: ${shown.names.join(', ')}`,
        `protocol: ${shown.protocol}`,
        `sha256: ${shown.sha256}`,
      ],
    };
  },
};

/** What a server that shows no certificate comes to. @throws what says nothing about the server */
function refused(error: unknown, signal: AbortSignal): Judged {
  const { code, message, details } = error as OaopsError;
  if (signal.aborted || (code !== 'connect-failed' && code !== 'tls-failed')) throw error;
  if (details['reason'] === 'no-such-name') throw error;
  return { state: 'fail', message };
}

async function takesOlder(
  net: NetDoor,
  request: Parameters<NetDoor['certificate']>[0],
  minProtocol: string,
  signal: AbortSignal,
): Promise<string[]> {
  const newest = tlsVersions[tlsVersions.indexOf(minProtocol as 'TLSv1.2') - 1]!;
  try {
    const { protocol } = await net.certificate({ ...request, newest }, signal);
    return [`the server takes ${protocol}`];
  } catch (error) {
    const { code, details } = error as OaopsError;
    if (signal.aborted || code !== 'tls-failed' || details['reason'] !== 'refused') throw error;
    return [];
  }
}

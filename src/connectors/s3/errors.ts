import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';

interface Facts {
  /** The service's own word: `NoSuchBucket`; or the SDK's: `TimeoutError`. */
  name: string;
  status: number | undefined;
  errno: string | undefined;
}

export function factsOf(error: unknown): Facts {
  const one = error as { name?: string; Code?: string; $metadata?: { httpStatusCode?: number } } | null;
  return { name: one?.Code ?? one?.name ?? '', status: one?.$metadata?.httpStatusCode, errno: errnoOf(error) };
}

export function isAbort(error: unknown): boolean {
  return factsOf(error).name === 'AbortError';
}

const network = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_CONSTANT',
]);
const passing = new Set([
  'TimeoutError',
  'RequestTimeout',
  'SlowDown',
  'ThrottlingException',
  'InternalError',
  'ServiceUnavailable',
  // Bytes changed on the way to the server.
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'IncompleteBody',
  // Another conditional write to this name is under way.
  'ConditionalRequestConflict',
  'OperationAborted',
]);

/** Whether the same call may go well a moment later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof OaopsError) return error.details['passing'] === true;
  const { name, status, errno } = factsOf(error);
  if (isAbort(error)) return false;
  if (errno !== undefined && network.has(errno)) return true;
  if (passing.has(name)) return true;
  if (messageOf(error) === 'aborted' || messageOf(error) === 'socket hang up') return true;
  if (isNoAnswer(error) || status === undefined) return isNoAnswer(error);
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 507);
}

/** An answer that the SDK cannot read: one that was cut where its length does not tell, or that is none of S3 (a proxy's page). */
function isNoAnswer(error: unknown): boolean {
  const { name, status } = factsOf(error);
  return (status ?? 200) < 300 && (name === 'SyntaxError' || /pars|unexpected|deserialization/i.test(messageOf(error)));
}

/** What a failed call means, with the next step. OaopsErrors and aborts stay as they are. */
export function explain(error: unknown, location: string, what: string): unknown {
  if (error instanceof OaopsError || isAbort(error)) return error;
  const { name, status, errno } = factsOf(error);
  const options = {
    cause: error,
    details: { location, call: what, ...(status ? { status } : {}), reason: name || errno || '' },
  };
  const make = (code: string, message: string, next: string, exitCode: ExitCode = ExitCode.failed) =>
    new OaopsError(code, message, { ...options, next, exitCode });

  if (name === 'NoSuchBucket') {
    return make(
      's3-bucket-missing',
      `the bucket of ${location} does not exist`,
      'Make the bucket, or correct its name.',
      ExitCode.repositoryMissing,
    );
  }
  if (
    name === 'CredentialsProviderError' ||
    name === 'TokenProviderError' ||
    /could not load credentials/i.test(messageOf(error))
  ) {
    return make(
      's3-credentials-missing',
      `no keys for ${location}`,
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
    );
  }
  if (
    [
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'ExpiredToken',
      'InvalidToken',
      'UnrecognizedClientException',
    ].includes(name)
  ) {
    return make(
      's3-credentials-refused',
      `${location} refused the keys: ${name}`,
      'Correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
    );
  }
  if (name === 'RequestTimeTooSkewed') {
    return make(
      's3-clock-skew',
      `the clock of this machine differs too much from that of ${location}`,
      'Set the clock (NTP), then run it again.',
    );
  }
  if (
    ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'].includes(name) ||
    status === 301
  ) {
    return make(
      's3-wrong-region',
      `the bucket of ${location} is in another region`,
      'Set AWS_REGION to the region of the bucket.',
    );
  }
  if (
    status === 507 ||
    ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage', 'EntityTooLarge'].includes(name)
  ) {
    return make(
      's3-full',
      `${location} takes no more data: ${name || status}`,
      'Raise the quota or free space; what was stored so far will be used again.',
    );
  }
  if (status === 403 || status === 401) {
    return make(
      's3-access-denied',
      `${location} refused to ${what}`,
      'Give these keys the rights s3:GetObject, s3:PutObject and s3:ListBucket on this bucket and prefix.',
    );
  }
  if (name === 'TimeoutError' || errno === 'ETIMEDOUT') {
    return make(
      's3-timeout',
      `${location} did not answer in time while trying to ${what}`,
      'Check the network and the endpoint, then run it again.',
    );
  }
  if (errno?.startsWith('ERR_TLS') || /certificate|self.signed/i.test(messageOf(error))) {
    return make(
      's3-tls',
      `the certificate of ${location} was not accepted: ${messageOf(error)}`,
      'Put the certificate authority into NODE_EXTRA_CA_CERTS, or correct the endpoint.',
    );
  }
  if (errno !== undefined && (network.has(errno) || errno === 'ENOTFOUND')) {
    return make(
      's3-unreachable',
      `${location} could not be reached: ${errno}`,
      'Check AWS_ENDPOINT_URL_S3 and the network, then run it again.',
    );
  }
  if (isNoAnswer(error)) {
    return make(
      's3-answer-unreadable',
      `${location} gave an answer that is cut or not of S3 when asked to ${what}`,
      'Check AWS_ENDPOINT_URL_S3 and what stands between (a proxy), then run it again.',
    );
  }
  if (status !== undefined && status >= 500) {
    return make(
      's3-server-error',
      `${location} failed to ${what}: ${name} (${status})`,
      'Look at the state of the S3 service, then run it again.',
    );
  }
  return make(
    's3-error',
    `${location} failed to ${what}: ${messageOf(error) || name}`,
    'Run it again; "oaops backup doctor" says more about this place.',
  );
}

import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { usageError } from '../../core/errors.ts';

export interface S3Timeouts {
  connectMs: number;
  /** Longest silence on a connection. */
  idleMs: number;
}

/**
 * A client as users of the AWS tools expect it: AWS_ACCESS_KEY_ID and friends, else the profile (AWS_PROFILE, shared files),
 * else the rest of the SDK's chain; region from AWS_REGION, AWS_DEFAULT_REGION or the profile, else us-east-1; endpoint from
 * AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile, then with path-style addresses, which every look-alike knows,
 * unless `pathStyle` says otherwise.
 * Retries are the store's: the SDK can't repeat a streamed body.
 */
export async function makeS3Client(
  env: Readonly<Record<string, string | undefined>>,
  timeouts: S3Timeouts,
  pathStyle?: boolean,
): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const base = baseConfig(env, timeouts);
  const first = new S3Client(base);
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (await regionOf(first));
  const endpoint = base.endpoint ?? (await profileEndpoint(first));
  first.destroy();
  const forcePathStyle = pathStyle ?? endpoint !== undefined;
  return new S3Client({ ...base, region, ...(endpoint ? { endpoint } : {}), forcePathStyle });
}

function baseConfig(
  env: Readonly<Record<string, string | undefined>>,
  timeouts: S3Timeouts,
): S3ClientConfig & { endpoint?: string } {
  const config: S3ClientConfig & { endpoint?: string } = {
    maxAttempts: 1,
    // The SDK would warn on the terminal about streams that it can't repeat; the store does that itself.
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    // The default CRC32 in a trailer breaks on servers that know only Content-Length.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timeouts.connectMs,
      socketTimeout: timeouts.idleMs,
      httpAgent: { maxSockets: 32, keepAlive: true },
      httpsAgent: { maxSockets: 32, keepAlive: true },
    },
  };
  // Keys in the environment win over AWS_PROFILE, as in the AWS command line.
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'];
    config.credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  } else if (env['AWS_PROFILE']) config.profile = env['AWS_PROFILE'];

  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'];
  if (endpoint && env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] !== 'true') {
    if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : '')) {
      throw usageError('s3-endpoint-invalid', `"${endpoint}" is not the address of an S3 endpoint`, {
        next: 'Write AWS_ENDPOINT_URL_S3 with http:// or https:// in front.',
      });
    }
    config.endpoint = endpoint;
  }
  return config;
}

async function regionOf(client: S3Client): Promise<string> {
  try {
    return await client.config.region();
  } catch {
    return 'us-east-1';
  }
}

async function profileEndpoint(client: S3Client): Promise<string | undefined> {
  const { config } = client as { config: { serviceConfiguredEndpoint?: () => Promise<string | undefined> } };
  try {
    return await config.serviceConfiguredEndpoint?.();
  } catch {
    return undefined;
  }
}

function silent(): void {}

import { expect, test } from 'vitest';
import { makeS3Client } from '../../../src/connectors/s3/client.ts';

const timeouts = { connectMs: 1000, idleMs: 1000 };
const env = { AWS_REGION: 'cn-north-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
const endpoint = { ...env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' };

test.each([
  ['AWS', env, undefined, false],
  ['an endpoint of one’s own', endpoint, undefined, true],
  ['an endpoint, when the configuration says no', endpoint, false, false],
  ['AWS, when the configuration says yes', env, true, true],
])('path style with %s', async (_name, environment, pathStyle, expected) => {
  const client = await makeS3Client(environment, timeouts, pathStyle);
  expect(client.config.forcePathStyle).toBe(expected);
  expect(await client.config.region()).toBe('cn-north-1');
  client.destroy();
});

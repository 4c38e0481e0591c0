import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, HeadObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { missingForRadosgw, startRadosgw } from '../../../test/helpers/radosgw.ts';
import { AccessLog, type Requests } from './access-log.ts';

export interface S3Server {
  endpoint: string;
  env: Readonly<Record<string, string>>;
  makeBucket(bucket: string): Promise<void>;
  removeBucket(bucket: string): Promise<void>;
  storedBytes(bucket: string): Promise<number>;
  /** Requests since the last call, by the access log of the server: counting them costs the measured programs nothing. */
  takeRequests(): Promise<Requests>;
  close(): Promise<void>;
}

/** @throws Error when a package is missing or the server does not start */
export async function startS3Server(): Promise<S3Server> {
  const missing = missingForRadosgw();
  if (missing.length > 0) throw new Error(`no S3 server can be started: ${missing.join(', ')} missing`);
  const gateway = await startRadosgw();
  const { endpoint, env, bucket: ownBucket, folder } = gateway;
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID']!, secretAccessKey: env['AWS_SECRET_ACCESS_KEY']! },
  });
  const log = new AccessLog(join(folder, 'log', 'client.rgw.a.log'));
  let marks = 0;
  return {
    endpoint,
    env,
    makeBucket: async (bucket) => {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    },
    removeBucket: async (bucket) => {
      // Past the garbage collection of the gateway, which would keep the bytes for two hours.
      const args = ['bucket', 'rm', `--bucket=${bucket}`, '--purge-objects', '--bypass-gc'];
      await promisify(execFile)('radosgw-admin', args, {
        env: { ...process.env, CEPH_CONF: join(folder, 'ceph.conf') },
      });
    },
    storedBytes: async (bucket) => {
      let bytes = 0;
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket }))
        for (const { Size = 0 } of Contents) bytes += Size;
      return bytes;
    },
    takeRequests: async () => {
      // The log is written behind: what came before this request is there once it is there itself.
      const mark = `mark-${++marks}`;
      await client.send(new HeadObjectCommand({ Bucket: ownBucket, Key: mark })).catch(() => {});
      return log.takeUntil(`/${ownBucket}/${mark}`);
    },
    close: async () => {
      client.destroy();
      await gateway.close();
    },
  };
}

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Radosgw {
  endpoint: string;
  env: Record<string, string>;
  bucket: string;
  /** Configuration (ceph.conf), pid files and log/ of its daemons. */
  folder: string;
  close(): Promise<void>;
}

const programs = {
  'ceph-mon': 'ceph-mon',
  'ceph-mgr': 'ceph-mgr',
  'ceph-osd': 'ceph-osd',
  radosgw: 'radosgw',
  ceph: 'ceph-common',
};
const keys = { AWS_ACCESS_KEY_ID: 'AKIATESTTESTTEST', AWS_SECRET_ACCESS_KEY: 'secretsecretsecretsecret' };

/** Debian packages without which no gateway can be started here; `root` when this user may not. */
export function missingForRadosgw(): string[] {
  if (process.getuid?.() !== 0) return ['root'];
  return Object.entries(programs)
    .filter(([program]) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status !== 0)
    .map(([, name]) => name);
}

/** A real S3 server: one-node Ceph in memory with its gateway, on loopback and free ports; about 15 s to start. */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), 'oaops-rgw-'));
  const script = new URL('./radosgw.sh', import.meta.url).pathname;
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const stop = async () => {
    await stopByPidFiles(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await promisify(execFile)(
      'bash',
      [script, folder, ...ports.map(String), keys.AWS_ACCESS_KEY_ID, keys.AWS_SECRET_ACCESS_KEY],
      {
        timeout: 170_000,
      },
    );
    const endpoint = `http://127.0.0.1:${ports[2]}`;
    const env = { ...keys, AWS_ENDPOINT_URL_S3: endpoint, AWS_EC2_METADATA_DISABLED: 'true' };
    const bucket = 'oaops-test';
    await makeBucket(endpoint, bucket);
    return { endpoint, env, bucket, folder, close: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeBucket(endpoint: string, bucket: string): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const credentials = { accessKeyId: keys.AWS_ACCESS_KEY_ID, secretAccessKey: keys.AWS_SECRET_ACCESS_KEY };
  const client = new S3Client({ endpoint, credentials, forcePathStyle: true, region: 'us-east-1' });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}

async function stopByPidFiles(folder: string): Promise<void> {
  const pids: number[] = [];
  for (const name of await readdir(folder)) {
    if (name.endsWith('.pid')) pids.push(Number((await readFile(join(folder, name), 'utf8')).trim()));
  }
  const running = () => pids.filter((pid) => pid > 1 && signal(pid, 0));
  for (const pid of pids) if (pid > 1) signal(pid, 'SIGTERM');
  const deadline = performance.now() + 4000;
  while (running().length > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  for (const pid of running()) signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What the next matching call meets. `lost` does the work and breaks the connection instead of answering. */
export type Fault =
  | 500
  | 503
  | 403
  | 'timeout'
  | 'reset'
  | 'lost'
  | 'truncated'
  | 'wrong-bytes'
  | 'lying-put'
  | 'skewed';

export interface ScriptedS3 {
  endpoint: string;
  env: Record<string, string>;
  bucket: string;
  objects: Map<string, { bytes: Buffer; modifiedMs: number }>;
  /** Every call so far: `PUT packs/ab/cd`. */
  calls: string[];
  /** The next `times` calls that match meet the fault. */
  fail(fault: Fault, match?: RegExp, times?: number): void;
  /** How the server behaves as a whole. */
  manners: {
    conditional: 'known' | 'ignored' | 'refused';
    checksPayload: boolean;
    ranges: boolean;
    pageSize: number;
    versioning: boolean;
    objectLock: boolean;
    /** How far the server's clock is ahead. */
    clockAheadMs: number;
    /** Listings show objects only after so long. */
    staleListsMs: number;
    /** A lifecycle rule deletes objects after so many days. */
    expirationDays: number | undefined;
    /** Every call is answered with this error instead. */
    refusal: { status: number; code: string } | undefined;
    /** Another access key, the only one that may delete; undefined: the usual one may. */
    deletingKey: string | undefined;
  };
  close(): Promise<void>;
}

const accessKey = 'AKIASCRIPTED';

/** An S3 server in memory, just large enough for one bucket, that fails and lies as told. Loopback, free port. */
export async function startScriptedS3(): Promise<ScriptedS3> {
  const objects: ScriptedS3['objects'] = new Map();
  const faults: { fault: Fault; match: RegExp; times: number }[] = [];
  const sockets = new Set<Socket>();
  const manners: ScriptedS3['manners'] = {
    conditional: 'known',
    checksPayload: true,
    ranges: true,
    pageSize: 1000,
    versioning: false,
    objectLock: false,
    clockAheadMs: 0,
    staleListsMs: 0,
    expirationDays: undefined,
    refusal: undefined,
    deletingKey: undefined,
  };
  const calls: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch((error) => {
      response.destroy(error as Error);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url!, endpoint);
    const [, bucket, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    const call = `${request.method} ${key === '' ? url.search : key}`;
    calls.push(call);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);

    response.setHeader('date', new Date(Date.now() + manners.clockAheadMs).toUTCString());
    if (manners.refusal) return xmlError(response, manners.refusal.status, manners.refusal.code);
    const planned = faults.find((one) => one.times > 0 && one.match.test(call));
    if (planned) planned.times -= 1;
    const fault = planned?.fault;
    if (fault === 'timeout') return undefined;
    if (fault === 'reset') return request.socket.destroy();
    if (fault === 500) return xmlError(response, 500, 'InternalError');
    if (fault === 503) return xmlError(response, 503, 'SlowDown');
    if (fault === 403) return xmlError(response, 403, 'AccessDenied');
    if (fault === 'skewed') return xmlError(response, 403, 'RequestTimeTooSkewed');
    const caller = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
    if (caller === undefined || ![accessKey, manners.deletingKey].includes(caller))
      return xmlError(response, 403, 'InvalidAccessKeyId');
    if (bucket !== 'bucket') return xmlError(response, 404, 'NoSuchBucket');

    if (request.method === 'PUT') {
      const refusal = refusePut(request, key, body);
      if (refusal) return xmlError(response, ...refusal);
      if (fault !== 'lying-put') objects.set(key, { bytes: body, modifiedMs: Date.now() + manners.clockAheadMs });
      if (fault === 'lost') return request.socket.destroy();
      response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` }).end();
      return;
    }
    if (request.method === 'DELETE') {
      if (manners.deletingKey && manners.deletingKey !== caller) return xmlError(response, 403, 'AccessDenied');
      objects.delete(key);
      if (fault === 'lost') return request.socket.destroy();
      response.writeHead(204).end();
      return;
    }
    if (key === '') return bucketCall(response, url, fault);
    getObject(request, response, key, fault);
  }

  function refusePut(request: IncomingMessage, key: string, body: Buffer): [number, string] | undefined {
    if (request.headers['content-length'] === undefined) return [411, 'MissingContentLength'];
    if (request.headers['if-none-match'] === '*') {
      if (manners.conditional === 'refused') return [501, 'NotImplemented'];
      if (manners.conditional === 'known' && objects.has(key)) return [412, 'PreconditionFailed'];
    }
    const announced = request.headers['x-amz-content-sha256'];
    const real = createHash('sha256').update(body).digest('hex');
    if (manners.checksPayload && announced !== real) return [400, 'XAmzContentSHA256Mismatch'];
    return undefined;
  }

  function bucketCall(response: ServerResponse, url: URL, fault: Fault | undefined): unknown {
    const send = (text: string) => {
      response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) });
      if (fault === 'truncated') response.write(text.slice(0, text.length / 2), () => response.destroy());
      else response.end(text);
    };
    if (url.searchParams.has('versioning')) {
      return send(
        `<VersioningConfiguration>${manners.versioning ? '<Status>Enabled</Status>' : ''}</VersioningConfiguration>`,
      );
    }
    if (url.searchParams.has('object-lock')) {
      if (!manners.objectLock) return xmlError(response, 404, 'ObjectLockConfigurationNotFoundError');
      return send('<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>');
    }
    if (url.searchParams.has('lifecycle')) {
      if (manners.expirationDays === undefined) return xmlError(response, 404, 'NoSuchLifecycleConfiguration');
      return send(
        `<LifecycleConfiguration><Rule><ID>old</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>${manners.expirationDays}</Days></Expiration></Rule></LifecycleConfiguration>`,
      );
    }
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const oldEnough = (key: string) =>
      manners.staleListsMs === 0 || Date.now() - objects.get(key)!.modifiedMs > manners.staleListsMs;
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after && oldEnough(key)).sort();
    const page = keys.slice(0, manners.pageSize);
    const more = keys.length > page.length;
    const contents = page.map((key) => {
      const { bytes, modifiedMs } = objects.get(key)!;
      const time = new Date(modifiedMs).toISOString();
      return `<Contents><Key>${key}</Key><LastModified>${time}</LastModified><Size>${bytes.length}</Size></Contents>`;
    });
    const token = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    send(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`,
    );
  }

  function getObject(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    fault: Fault | undefined,
  ): unknown {
    const found = objects.get(key);
    if (!found) {
      if (request.method === 'HEAD') return response.writeHead(404).end();
      return xmlError(response, 404, 'NoSuchKey');
    }
    let bytes = found.bytes;
    let status = 200;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (range && manners.ranges) {
      if (Number(range[1]) >= bytes.length) return xmlError(response, 416, 'InvalidRange');
      bytes = bytes.subarray(Number(range[1]), range[2] ? Number(range[2]) + 1 : undefined);
      status = 206;
    }
    const headers = { 'content-length': bytes.length, 'last-modified': new Date(found.modifiedMs).toUTCString() };
    response.writeHead(status, headers);
    if (request.method === 'HEAD') return response.end();
    if (fault === 'wrong-bytes' && bytes.length > 0) {
      bytes = Buffer.from(bytes);
      bytes[bytes.length >> 1]! ^= 1;
    }
    if (fault === 'truncated' || fault === 'lost') {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    }
    response.end(bytes);
  }

  return {
    endpoint,
    env: {
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: 'scripted-secret',
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    bucket: 'bucket',
    objects,
    calls,
    manners,
    fail: (fault, match = /./, times = 1) => void faults.push({ fault, match, times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function xmlError(response: ServerResponse, status: number, code: string): void {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': text.length }).end(text);
}

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Answers instead of the work. */
const refusals = {
  500: [500, 'InternalError'],
  503: [503, 'SlowDown'],
  403: [403, 'AccessDenied'],
  skewed: [403, 'RequestTimeTooSkewed'],
  expired: [400, 'ExpiredToken'],
  'no-bucket': [404, 'NoSuchBucket'],
  conflict: [409, 'ConditionalRequestConflict'],
  'bad-digest': [400, 'BadDigest'],
  /** Says that the name is taken, though it may be free. */
  'says-taken': [412, 'PreconditionFailed'],
} as const satisfies Record<string | number, readonly [status: number, code: string]>;

type Refusal = keyof typeof refusals;

/**
 * What a call meets. `lost`, `stall-late` and `500-late` do the work and then break the connection, say nothing, or answer with an
 * error. `truncated` breaks in the middle of a body; `short` sends half of it as if it were all. Lies: `lying-put` and
 * `lying-delete` do nothing, `stored-wrong` stores another bit, `overwrites` ignores that the name is taken, `stale` lists
 * without what was stored since the calls were last counted from zero.
 */
export type Fault =
  | Refusal
  | 'timeout'
  | 'reset'
  | 'lost'
  | 'stall-late'
  | '500-late'
  | 'truncated'
  | 'short'
  | 'wrong-bytes'
  | 'lying-put'
  | 'lying-delete'
  | 'stored-wrong'
  | 'overwrites'
  | 'stale';

export interface ScriptedS3 {
  endpoint: string;
  env: Record<string, string>;
  bucket: string;
  objects: Map<string, { bytes: Buffer; modifiedMs: number }>;
  /** Every call so far: `PUT packs/ab/cd`. */
  calls: string[];
  /** The next `times` calls that match meet the fault. */
  fail(fault: Fault, match?: RegExp, times?: number): void;
  /** Asked for every call, with its number since `begin`; what it says goes before `fail`. */
  plan: ((call: string, number: number) => Fault | undefined) | undefined;
  /** Counts calls from zero again, and remembers what is stored now, for lists that are `stale`. */
  begin(): void;
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
  let storedBefore = new Set<string>();
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
    const fault = api.plan?.(call, calls.length - 1) ?? scripted(call);
    if (fault === 'timeout') return undefined;
    if (fault === 'reset') return request.socket.destroy();
    if (fault !== undefined && fault in refusals) {
      const [status, code] = refusals[fault as Refusal];
      return xmlError(response, status, code);
    }
    const caller = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
    if (caller === undefined || ![accessKey, manners.deletingKey].includes(caller))
      return xmlError(response, 403, 'InvalidAccessKeyId');
    if (bucket !== 'bucket') return xmlError(response, 404, 'NoSuchBucket');

    if (request.method === 'PUT') {
      const refusal = refusePut(request, key, body, fault === 'overwrites');
      if (refusal) return xmlError(response, ...refusal);
      const bytes = fault === 'stored-wrong' ? withOtherBit(body) : body;
      if (fault !== 'lying-put') objects.set(key, { bytes, modifiedMs: Date.now() + manners.clockAheadMs });
      if (isLate(fault)) return failLate(request, response, fault);
      response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` }).end();
      return;
    }
    if (request.method === 'DELETE') {
      if (manners.deletingKey && manners.deletingKey !== caller) return xmlError(response, 403, 'AccessDenied');
      if (fault !== 'lying-delete') objects.delete(key);
      if (isLate(fault)) return failLate(request, response, fault);
      response.writeHead(204).end();
      return;
    }
    if (isLate(fault) && fault !== 'lost') return failLate(request, response, fault);
    if (key === '') return bucketCall(response, url, fault);
    getObject(request, response, key, fault);
  }

  function scripted(call: string): Fault | undefined {
    const planned = faults.find((one) => one.times > 0 && one.match.test(call));
    if (planned) planned.times -= 1;
    return planned?.fault;
  }

  function refusePut(
    request: IncomingMessage,
    key: string,
    body: Buffer,
    overwrites: boolean,
  ): [number, string] | undefined {
    if (request.headers['content-length'] === undefined) return [411, 'MissingContentLength'];
    if (request.headers['if-none-match'] === '*' && !overwrites) {
      if (manners.conditional === 'refused') return [501, 'NotImplemented'];
      if (manners.conditional === 'known' && objects.has(key)) return [412, 'PreconditionFailed'];
    }
    const announced = request.headers['x-amz-content-sha256'];
    const real = createHash('sha256').update(body).digest('hex');
    if (manners.checksPayload && announced !== real) return [400, 'XAmzContentSHA256Mismatch'];
    return undefined;
  }

  function bucketCall(response: ServerResponse, url: URL, fault: Fault | undefined): unknown {
    const send = (whole: string) => {
      const text = fault === 'short' ? whole.slice(0, whole.length / 2) : whole;
      response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) });
      if (fault === 'truncated' || fault === 'lost')
        response.write(text.slice(0, text.length / 2), () => response.destroy());
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
    const isShown = (key: string) => oldEnough(key) && (fault !== 'stale' || storedBefore.has(key));
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after && isShown(key)).sort();
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
    if (fault === 'short') bytes = bytes.subarray(0, bytes.length >> 1);
    const headers = { 'content-length': bytes.length, 'last-modified': new Date(found.modifiedMs).toUTCString() };
    response.writeHead(status, headers);
    if (request.method === 'HEAD') return response.end();
    if (fault === 'wrong-bytes') bytes = withOtherBit(bytes);
    if (fault === 'truncated' || fault === 'lost') {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    }
    response.end(bytes);
  }

  const api: ScriptedS3 = {
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
    plan: undefined,
    begin() {
      calls.length = 0;
      storedBefore = new Set(objects.keys());
    },
    fail: (fault, match = /./, times = 1) => void faults.push({ fault, match, times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return api;
}

function isLate(fault: Fault | undefined): fault is 'lost' | 'stall-late' | '500-late' {
  return fault === 'lost' || fault === 'stall-late' || fault === '500-late';
}

/** The work is done, and the caller does not hear of it. */
function failLate(request: IncomingMessage, response: ServerResponse, fault: Fault): void {
  if (fault === 'lost') request.socket.destroy();
  else if (fault === '500-late') xmlError(response, ...refusals[500]);
}

function withOtherBit(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  if (other.length > 0) other[other.length >> 1]! ^= 1;
  return other;
}

function xmlError(response: ServerResponse, status: number, code: string): void {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': text.length }).end(text);
}

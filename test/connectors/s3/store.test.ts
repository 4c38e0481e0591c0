import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { openS3Store } from '../../../src/connectors/s3/store.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { sha256Hex } from '../../../src/core/json.ts';
import { type Fault, type ScriptedS3, startScriptedS3 } from '../../helpers/scripted-s3.ts';

let server: ScriptedS3;
let store: ObjectStore;
const options = () => ({
  env: server.env,
  clock: systemClock,
  timeouts: { connectMs: 1000, idleMs: 300 },
  retry: { firstDelayMs: 1, maxDelayMs: 2, attempts: 4 },
});
beforeEach(async () => {
  server = await startScriptedS3();
  store = await openS3Store('s3://bucket/repo', options());
});
afterEach(async () => {
  await store.close();
  await server.close();
});

const bytes = randomBytes(100_000);
const put = (name: string, content: Uint8Array = bytes) =>
  store.put(name, { bytes: content }, { sha256: sha256Hex(content), sizeBytes: content.length });
async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of store.list('')) found.push(name);
  return found;
}
async function readAll(name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.stream(name)) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

describe('S3 store: every call failing once', () => {
  for (const fault of [500, 503, 'timeout', 'reset', 'lost'] as Fault[]) {
    it(`goes on after ${fault}`, async () => {
      server.fail(fault, /^PUT/);
      expect(['stored', 'exists']).toContain(await put('packs/a'));
      server.fail(fault, /^GET repo/);
      expect(Buffer.from(await store.get('packs/a'))).toEqual(bytes);
      server.fail(fault, /^GET repo/);
      expect(Buffer.from(await store.get('packs/a', { offset: 10, length: 1000 }))).toEqual(bytes.subarray(10, 1010));
      server.fail(fault, /^GET repo/);
      expect(await readAll('packs/a')).toEqual(bytes);
      if (fault !== 'lost') server.fail(fault, /^HEAD/);
      expect(await store.head('packs/a')).toMatchObject({ sizeBytes: bytes.length });
      if (fault !== 'lost') server.fail(fault, /list-type/);
      expect(await names()).toEqual(['packs/a']);
      server.fail(fault, /^DELETE/);
      expect(await store.delete('packs/a')).toBe('deleted');
      expect(await names()).toEqual([]);
    });
  }

  it('goes on after an answer cut short', async () => {
    await put('packs/a');
    for (const read of [() => store.get('packs/a'), () => readAll('packs/a')]) {
      server.fail('truncated', /^GET/);
      expect(Buffer.compare(Buffer.from(await read()), bytes)).toBe(0);
    }
    server.fail('truncated', /list-type/);
    expect(await names()).toEqual(['packs/a']);
  });

  it('sends a file of the spool again from its beginning', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oaops-s3-'));
    const file = join(folder, 'pack');
    await writeFile(file, bytes);
    server.fail('reset', /^PUT/, 2);
    expect(await store.put('packs/f', { file }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length })).toBe('stored');
    expect(server.objects.get('repo/packs/f')!.bytes).toEqual(bytes);
    expect(server.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(3);
    await rm(folder, { recursive: true });
  });

  it('gives up after the attempts are used up, with a name for the failure', async () => {
    server.fail(503, /^PUT/, 4);
    await expect(put('packs/a')).rejects.toMatchObject({
      code: 's3-server-error',
      message: expect.stringContaining('SlowDown'),
    });
    server.fail('timeout', /^GET/, 4);
    await expect(store.get('packs/a')).rejects.toMatchObject({ code: 's3-timeout' });
  });
});

describe('S3 store: servers that lie or refuse', () => {
  it('sends a whole object in one call, with its length, its sha256 and the condition', async () => {
    await put('packs/a');
    expect(server.calls).toEqual(['PUT repo/packs/a']);
  });

  it('has the body checked by the server', async () => {
    expect((await store.capabilities()).checksums).toBe(true);
    server.manners.checksPayload = false;
    const second = await openS3Store('s3://bucket/repo', options());
    expect((await second.capabilities()).checksums).toBe(false);
    await second.close();
    expect(await names()).toEqual([]);
  });

  it('does not say "stored" for what is not there when asked afterwards', async () => {
    server.fail('lying-put', /^PUT/);
    await put('packs/a');
    expect(await store.head('packs/a')).toBeUndefined();
    expect(await put('packs/a')).toBe('stored');
  });

  it('looks before it puts where conditions are refused', async () => {
    server.manners.conditional = 'refused';
    expect(await put('packs/a')).toBe('stored');
    expect(await put('packs/a')).toBe('exists');
    expect(await store.capabilities()).toMatchObject({ conditionalCreate: false });
    await expect(put('packs/a', Buffer.from('short'))).rejects.toMatchObject({ code: 'object-conflict' });
  });

  it('reports versioning and Object Lock', async () => {
    Object.assign(server.manners, { versioning: true, objectLock: true });
    expect(await store.capabilities()).toMatchObject({ versioning: true, objectLock: true });
  });

  it('calls a refused delete retained', async () => {
    await put('packs/a');
    server.fail(403, /^DELETE/);
    expect(await store.delete('packs/a')).toBe('retained');
    expect(await names()).toEqual(['packs/a']);
  });

  const named: [string, () => void, string, number][] = [
    ['access denied', () => server.fail(403), 's3-access-denied', 1],
    ['a wrong clock', () => server.fail('skewed'), 's3-clock-skew', 1],
  ];
  for (const [title, prepare, code, exitCode] of named) {
    it(`names ${title}`, async () => {
      prepare();
      await expect(store.get('packs/a')).rejects.toMatchObject({ code, exitCode });
    });
  }

  it('names a missing bucket, wrong keys, and an endpoint that is not there', async () => {
    const bucketless = await openS3Store('s3://nothing/here', options());
    await expect(bucketless.get('config')).rejects.toMatchObject({ code: 's3-bucket-missing', exitCode: 10 });
    await bucketless.close();
    const env = { ...server.env, AWS_ACCESS_KEY_ID: 'WRONG' };
    const keyless = await openS3Store('s3://bucket/repo', { ...options(), env });
    await expect(keyless.get('config')).rejects.toMatchObject({ code: 's3-credentials-refused' });
    await keyless.close();
    const nowhere = { ...server.env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' };
    const lost = await openS3Store('s3://bucket/repo', { ...options(), env: nowhere });
    await expect(lost.get('config')).rejects.toMatchObject({ code: 's3-unreachable' });
    await lost.close();
    await expect(
      openS3Store('s3://bucket/repo', { ...options(), env: { ...server.env, AWS_ENDPOINT_URL_S3: 'localhost:9000' } }),
    ).rejects.toMatchObject({ code: 's3-endpoint-invalid', exitCode: 2 });
  });

  it('never puts the secret into an error', async () => {
    server.fail(403);
    const error = await store.get('x').catch((one: unknown) => one);
    expect(JSON.stringify(error)).not.toContain('scripted-secret');
  });
});

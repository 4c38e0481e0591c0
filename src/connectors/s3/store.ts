import { Readable } from 'node:stream';
import type { BucketExamination, ObjectBody, ObjectStore, StoreCapabilities, WriteOnce } from '../../backup/ports.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import {
  checkObjectName,
  isWriteOnce,
  objectConflict,
  objectMissing,
  objectTruncated,
} from '../../core/object-names.ts';
import { type Answer, passing, requestBody, responseBytes } from './body.ts';
import { type RetryPolicy, S3Calls, sendPayloadHash } from './calls.ts';
import { probeCapabilities } from './capabilities.ts';
import { makeS3Client, type S3Timeouts } from './client.ts';
import { explain, factsOf, isPassing } from './errors.ts';
import { parseS3Location } from './location.ts';
import { ObjectLock } from './object-lock.ts';

export interface S3StoreOptions {
  env: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
  /** Addresses with the bucket in the path; default: only with an endpoint of one's own. */
  pathStyle?: boolean;
  timeouts?: Partial<S3Timeouts>;
  retry?: Partial<RetryPolicy>;
  /** Stores what backups are made of with Object Lock. */
  objectLock?: { mode: 'governance' | 'compliance'; days: number };
}

type Sdk = typeof import('@aws-sdk/client-s3');

/** A repository leg in S3-compatible storage. One object = one PutObject with its length and sha256; never multipart. */
export async function openS3Store(location: string, options: S3StoreOptions): Promise<ObjectStore> {
  const { bucket, prefix } = parseS3Location(location);
  const name = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
  const sdk = await import('@aws-sdk/client-s3');
  const timeouts = { connectMs: 10_000, idleMs: 60_000, ...options.timeouts };
  const client = await makeS3Client(options.env, timeouts, options.pathStyle);
  const retry = { attempts: 5, firstDelayMs: 250, maxDelayMs: 5_000, ...options.retry };
  const calls = new S3Calls(client, name, options.clock ?? systemClock, retry);
  const place = { location: name, bucket, keyPrefix: prefix === '' ? '' : `${prefix}/` };
  return new S3Store(sdk, calls, place, new ObjectLock(sdk, calls, place, options.objectLock));
}

class S3Store implements ObjectStore {
  readonly kind = 's3';
  readonly location: string;
  readonly #sdk: Sdk;
  readonly #calls: S3Calls;
  readonly #bucket: string;
  readonly #keyPrefix: string;
  #capabilities: Promise<StoreCapabilities> | undefined;
  readonly #lock: ObjectLock;
  readonly writeOnce?: WriteOnce;
  /** False once the server has said that it does not know `If-None-Match` on a put. */
  #conditional = true;

  constructor(
    sdk: Sdk,
    calls: S3Calls,
    place: { location: string; bucket: string; keyPrefix: string },
    lock: ObjectLock,
  ) {
    this.#lock = lock;
    if (lock.writeOnce) this.writeOnce = lock.writeOnce;
    this.#sdk = sdk;
    this.#calls = calls;
    this.location = place.location;
    this.#bucket = place.bucket;
    this.#keyPrefix = place.keyPrefix;
  }

  async put(
    name: string,
    body: ObjectBody,
    options: { sha256: string; sizeBytes: number; signal?: AbortSignal; onProgress?: (bytes: number) => void },
  ): Promise<'stored' | 'exists'> {
    checkObjectName(name);
    return this.#calls.run(`store ${name}`, () => this.#putOnce(name, body, options), options.signal);
  }

  async get(
    name: string,
    range?: { offset: number; length: number },
    signal?: AbortSignal,
    memory?: Uint8Array,
  ): Promise<Uint8Array> {
    checkObjectName(name);
    // A range of nothing can't be asked for in HTTP.
    if (range?.length === 0) return new Uint8Array();
    return this.#calls.run(
      `read ${name}`,
      async () => {
        const answer = await this.#getOnce(
          name,
          range ? `bytes=${range.offset}-${range.offset + range.length - 1}` : undefined,
          signal,
        );
        return responseBytes(this.location, name, answer, range, memory);
      },
      signal,
    );
  }

  async stream(name: string, signal?: AbortSignal): Promise<NodeJS.ReadableStream> {
    checkObjectName(name);
    const first = await this.#calls.run(`read ${name}`, () => this.#getOnce(name, undefined, signal), signal);
    return Readable.from(this.#resumed(name, first, signal), { objectMode: false, highWaterMark: 1024 * 1024 });
  }

  async head(name: string): Promise<{ sizeBytes: number; modifiedMs: number } | undefined> {
    checkObjectName(name);
    return this.#calls.run(`look at ${name}`, () => this.#headOnce(name));
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number; modifiedMs: number }> {
    let token: string | undefined;
    do {
      const page = await this.#calls.run(`list ${prefix || 'objects'}`, () =>
        this.#calls.client.send(
          new this.#sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#keyPrefix + prefix,
            ...(token ? { ContinuationToken: token } : {}),
          }),
        ),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (!Key?.startsWith(this.#keyPrefix)) continue;
        const name = Key.slice(this.#keyPrefix.length);
        // Hidden names are probes; a key that ends in a slash is a folder that some tool made.
        if (/(^|\/)(\.|$)/.test(name)) continue;
        yield { name, sizeBytes: Size ?? 0, modifiedMs: LastModified?.getTime() ?? 0 };
      }
      const following = page.IsTruncated ? page.NextContinuationToken : undefined;
      if (page.IsTruncated && (!following || following === token)) {
        throw objectTruncated(this.location, `the list of ${prefix}`, 1, 0);
      }
      token = following;
    } while (token !== undefined);
  }

  async delete(name: string): Promise<'deleted' | 'retained'> {
    checkObjectName(name);
    return this.#calls.run(`delete ${name}`, async () => {
      try {
        // A delete that names no version only hides a locked object behind a marker: that would be no answer.
        const VersionId = isWriteOnce(name) ? await this.#lock.versionOf(name) : undefined;
        await this.#calls.client.send(
          new this.#sdk.DeleteObjectCommand({
            Bucket: this.#bucket,
            Key: this.#keyPrefix + name,
            ...(VersionId ? { VersionId } : {}),
          }),
        );
        return 'deleted';
      } catch (error) {
        const { name: word, status } = factsOf(error);
        if (word === 'NoSuchKey') return 'deleted';
        // Object Lock, or keys that may only add: both are write-once protection.
        if (status === 403 && ['AccessDenied', 'Forbidden', 'ObjectLocked', ''].includes(word)) return 'retained';
        throw error;
      }
    });
  }

  async serverTimeMs(): Promise<number> {
    if (this.#calls.serverTimeMs() === undefined) await this.head('config');
    return this.#calls.serverTimeMs() ?? Date.now();
  }

  async capabilities(): Promise<StoreCapabilities> {
    this.#capabilities ??= probeCapabilities(this.#sdk, this.#calls, this.#bucket, this.#keyPrefix);
    const found = await this.#capabilities;
    this.#conditional = found.conditionalCreate;
    return found;
  }

  async examine(): Promise<BucketExamination> {
    const { examineBucket } = await import('./examine.ts');
    return examineBucket(this.#sdk, this.#calls, this.#bucket, this.#keyPrefix);
  }

  async close(): Promise<void> {
    this.#calls.client.destroy();
  }

  async #putOnce(
    name: string,
    body: ObjectBody,
    options: { sha256: string; sizeBytes: number; signal?: AbortSignal; onProgress?: (bytes: number) => void },
  ): Promise<'stored' | 'exists'> {
    // Without a condition the server would overwrite: look first. Two writers at one instant could then both win. Ceph's gateway
    // ignores conditions in buckets with versions, which Object Lock needs.
    if ((!this.#conditional || this.writeOnce) && (await this.#exists(name, options.sizeBytes))) return 'exists';
    const payload = await requestBody(name, body, options);
    const command = new this.#sdk.PutObjectCommand({
      Bucket: this.#bucket,
      Key: this.#keyPrefix + name,
      Body: payload,
      ContentLength: options.sizeBytes,
      ContentType: 'application/octet-stream',
      ChecksumSHA256: Buffer.from(options.sha256, 'hex').toString('base64'),
      ...(this.#conditional ? { IfNoneMatch: '*' } : {}),
      ...(isWriteOnce(name) ? this.#lock.headers() : {}),
    });
    sendPayloadHash(command, options.sha256);
    let failed: unknown;
    // The SDK would leave the request open for the rest of the body until it times out.
    const broken = new AbortController();
    if (payload instanceof Readable) {
      payload.once('error', (error) => {
        failed = error;
        broken.abort();
      });
    }
    const abortSignal = options.signal ? AbortSignal.any([options.signal, broken.signal]) : broken.signal;
    try {
      await this.#calls.client.send(command, { abortSignal });
      options.onProgress?.(options.sizeBytes);
      return 'stored';
    } catch (error) {
      // Our own complaint about the body counts for more than the broken connection that followed.
      if (failed) throw failed;
      const { status, name: word } = factsOf(error);
      if (status === 412) return (await this.#exists(name, options.sizeBytes)) ? 'exists' : this.#vanished(name);
      if (this.#conditional && (status === 501 || word === 'NotImplemented')) {
        this.#conditional = false;
        return this.#putOnce(name, body, options);
      }
      throw error;
    } finally {
      if (payload instanceof Readable) payload.destroy();
    }
  }

  /** The name was taken a moment ago and is not any more: somebody deletes while we store. */
  #vanished(name: string): never {
    throw passing(objectMissing(this.location, name));
  }

  async #exists(name: string, sizeBytes: number): Promise<boolean> {
    const found = await this.#headOnce(name);
    if (found === undefined) return false;
    if (found.sizeBytes !== sizeBytes) throw objectConflict(this.location, name, sizeBytes, found.sizeBytes);
    return true;
  }

  async #headOnce(name: string): Promise<{ sizeBytes: number; modifiedMs: number } | undefined> {
    try {
      const found = await this.#calls.client.send(
        new this.#sdk.HeadObjectCommand({ Bucket: this.#bucket, Key: this.#keyPrefix + name }),
      );
      return { sizeBytes: found.ContentLength ?? 0, modifiedMs: found.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (factsOf(error).status === 404) return undefined;
      throw error;
    }
  }

  async #getOnce(name: string, range: string | undefined, signal: AbortSignal | undefined): Promise<Answer> {
    try {
      const answer = await this.#calls.client.send(
        new this.#sdk.GetObjectCommand({
          Bucket: this.#bucket,
          Key: this.#keyPrefix + name,
          ...(range ? { Range: range } : {}),
        }),
        signal ? { abortSignal: signal } : {},
      );
      const body = (answer.Body ?? Readable.from([])) as Readable;
      return { body, length: answer.ContentLength ?? 0, partial: answer.$metadata.httpStatusCode === 206 };
    } catch (error) {
      const { status, name: word } = factsOf(error);
      if (word === 'NoSuchKey' || (status === 404 && word !== 'NoSuchBucket'))
        throw objectMissing(this.location, name, error);
      if (status === 416) throw objectTruncated(this.location, name, 1, 0);
      throw error;
    }
  }

  /** A broken connection goes on where it stopped. */
  async *#resumed(
    name: string,
    first: { body: Readable; length: number },
    signal: AbortSignal | undefined,
  ): AsyncIterable<Uint8Array> {
    const total = first.length;
    let body = first.body;
    let done = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          done += chunk.length;
          yield chunk;
        }
        if (done >= total) return;
        throw passing(objectTruncated(this.location, name, total, done));
      } catch (error) {
        if (done >= total && total > 0) return;
        if (attempt >= this.#calls.attempts || !isPassing(error)) throw explain(error, this.location, `read ${name}`);
        await this.#calls.pause(attempt, signal);
        body = (await this.#calls.run(`read ${name}`, () => this.#getOnce(name, `bytes=${done}-`, signal), signal))
          .body;
      }
    }
  }
}

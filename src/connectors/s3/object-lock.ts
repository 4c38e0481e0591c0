import type { WriteOnce } from '../../backup/ports.ts';
import type { S3Calls } from './calls.ts';
import { factsOf } from './errors.ts';

const dayMs = 86_400_000;

/** S3 Object Lock (Amazon S3 User Guide, "Locking objects"): how objects are stored, protected for longer, and deleted. */
export class ObjectLock {
  /** Undefined: objects are stored without a lock of ours. */
  readonly writeOnce: WriteOnce | undefined;
  readonly #sdk: typeof import('@aws-sdk/client-s3');
  readonly #calls: S3Calls;
  readonly #bucket: string;
  readonly #keyPrefix: string;
  #bucketHasLock: Promise<boolean> | undefined;

  constructor(
    sdk: typeof import('@aws-sdk/client-s3'),
    calls: S3Calls,
    place: { bucket: string; keyPrefix: string },
    wanted: { mode: 'governance' | 'compliance'; days: number } | undefined,
  ) {
    this.#sdk = sdk;
    this.#calls = calls;
    this.#bucket = place.bucket;
    this.#keyPrefix = place.keyPrefix;
    if (!wanted) return;
    this.writeOnce = {
      ...wanted,
      marginDays: Math.min(30, Math.max(1, Math.ceil(wanted.days / 4))),
      retainedUntilMs: (name) => this.#retainedUntilMs(name),
      retain: (name, untilMs) => this.#retain(name, untilMs),
    };
  }

  /** Members of a PutObject that store the object locked. */
  headers(): { ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE'; ObjectLockRetainUntilDate?: Date } {
    if (!this.writeOnce) return {};
    const { days, marginDays } = this.writeOnce;
    const nowMs = this.#calls.serverTimeMs() ?? Date.now();
    return {
      ObjectLockMode: this.#mode(),
      ObjectLockRetainUntilDate: wholeSecond(nowMs + (days + marginDays) * dayMs),
    };
  }

  /** The version that a delete must name to be refused, or to free anything; undefined without Object Lock, or when there is none. */
  async versionOf(name: string): Promise<string | undefined> {
    this.#bucketHasLock ??= this.#askLock();
    if (!(await this.#bucketHasLock)) return undefined;
    try {
      const found = await this.#calls.client.send(
        new this.#sdk.HeadObjectCommand({ Bucket: this.#bucket, Key: this.#keyPrefix + name }),
      );
      return found.VersionId === 'null' ? undefined : found.VersionId;
    } catch (error) {
      if (factsOf(error).status === 404) return undefined;
      throw error;
    }
  }

  async #askLock(): Promise<boolean> {
    if (this.writeOnce) return true;
    try {
      const answer = await this.#calls.client.send(
        new this.#sdk.GetObjectLockConfigurationCommand({ Bucket: this.#bucket }),
      );
      return answer.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
    } catch {
      // Not known, or not for these keys: then deletes are plain ones.
      return false;
    }
  }

  async #retainedUntilMs(name: string): Promise<number | undefined> {
    return this.#calls.run(`look at the retention of ${name}`, async () => {
      try {
        const answer = await this.#calls.client.send(
          new this.#sdk.GetObjectRetentionCommand({ Bucket: this.#bucket, Key: this.#keyPrefix + name }),
        );
        return answer.Retention?.RetainUntilDate?.getTime();
      } catch (error) {
        const { status, name: word } = factsOf(error);
        if (word === 'NoSuchObjectLockConfiguration' || (status === 404 && word !== 'NoSuchKey')) return undefined;
        throw error;
      }
    });
  }

  async #retain(name: string, untilMs: number): Promise<void> {
    await this.#calls.run(`extend the retention of ${name}`, () =>
      this.#calls.client.send(
        new this.#sdk.PutObjectRetentionCommand({
          Bucket: this.#bucket,
          Key: this.#keyPrefix + name,
          Retention: { Mode: this.#mode(), RetainUntilDate: wholeSecond(untilMs) },
        }),
      ),
    );
  }

  #mode(): 'GOVERNANCE' | 'COMPLIANCE' {
    return this.writeOnce?.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
  }
}

/** Servers keep whole seconds; never one less than was promised. */
function wholeSecond(ms: number): Date {
  return new Date(Math.ceil(ms / 1000) * 1000);
}

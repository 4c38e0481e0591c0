/**
 * What the backup room needs from a place that stores objects (a leg): a directory, or an S3 bucket with prefix.
 * Names are slash-separated ASCII (`packs/ab/abcd...`). Nothing is ever overwritten; one conformance suite holds for all.
 */
export interface ObjectStore {
  /** For people, without secrets: `/srv/repo`, `s3://bucket/prefix`. */
  readonly location: string;
  readonly kind: 'directory' | 's3';
  /**
   * Stores a whole object, durably, only if the name is free. `exists` = the name was taken already (then its size was
   * compared: a different size is an error `object-conflict`).
   * `sha256` is of the stored bytes (hex); the store sends or checks it where the protocol allows.
   */
  put(
    name: string,
    body: ObjectBody,
    options: { sha256: string; sizeBytes: number; signal?: AbortSignal; onProgress?: (bytes: number) => void },
  ): Promise<'stored' | 'exists'>;
  /**
   * Whole object, or `length` bytes from `offset`; a short answer is an error `object-truncated`. `object-missing` when there is none.
   * `memory`: what the answer may lie in when it is large enough, at its beginning; nothing is written to it once the answer or an error is there.
   */
  get(
    name: string,
    range?: { offset: number; length: number },
    signal?: AbortSignal,
    memory?: Uint8Array,
  ): Promise<Uint8Array>;
  /** As `get` for objects too large for memory. */
  stream(name: string, signal?: AbortSignal): Promise<NodeJS.ReadableStream>;
  head(name: string): Promise<{ sizeBytes: number; modifiedMs: number } | undefined>;
  /** All objects whose name starts with `prefix`, in byte order of the names. */
  list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number; modifiedMs: number }>;
  /** `retained` = refused by write-once protection. Missing is `deleted`. */
  delete(name: string): Promise<'deleted' | 'retained'>;
  /** Time of the store's own clock (directory: the local one). */
  serverTimeMs(): Promise<number>;
  /** What this store can promise; unknown promises are probed once. */
  capabilities(): Promise<StoreCapabilities>;
  /** Write-once protection with an end, when this place was opened with one; see `WriteOnce`. */
  readonly writeOnce?: WriteOnce;
  /** Answers what only a doctor asks; undefined where there is no more to ask than the calls above can tell. */
  examine?(): Promise<BucketExamination>;
  close(): Promise<void>;
}

/**
 * Objects are stored so that nobody can delete them before a time. What is needed again must be protected for longer.
 */
export interface WriteOnce {
  mode: 'governance' | 'compliance';
  /** What a snapshot needs is protected for at least this long after the snapshot was made. */
  days: number;
  /** Protection is set this much longer than needed, so that it has to be extended that seldom. */
  marginDays: number;
  /** Undefined: not protected. */
  retainedUntilMs(name: string): Promise<number | undefined>;
  retain(name: string, untilMs: number): Promise<void>;
}

/** A file of the spool, or small bytes in memory. */
export type ObjectBody =
  | {
      file: string;
      /**
       * The file is complete, synced, of the announced hash, and nobody will write to it again: one store may make it the
       * object itself instead of copying it. True for the first that asks; two places must never share one file.
       */
      claim?: () => boolean;
    }
  | { bytes: Uint8Array };

export interface StoreCapabilities {
  /** A put to a taken name is refused by the store itself, also when raced. */
  conditionalCreate: boolean;
  /** The store checks the checksum we send. */
  checksums: boolean;
  versioning: boolean;
  objectLock: boolean;
}

/** What a bucket is like beyond its objects. `undefined` in a member: the keys may not ask, or the server does not know the call. */
export interface BucketExamination {
  versioning: 'enabled' | 'suspended' | 'off' | undefined;
  objectLock: { enabled: boolean; defaultMode?: string; defaultDays?: number } | undefined;
  /** Rules in force that delete objects, as text: `temp/ after 30 d`. */
  expirations: { prefix: string; days: number | undefined; what: 'objects' | 'versions' | 'uploads' }[] | undefined;
  /** Puts two different bodies to one free name at the same instant, with the condition that the name is free. */
  race(newName: () => string, rounds: number): Promise<{ refusedAll: boolean; bothWon: number }>;
  /** Whether a request for some bytes is answered with those only. */
  honoursRange(name: string): Promise<boolean>;
  /** Stores an object in parts; undefined: it came back whole; else what was wrong. */
  multipart(name: string): Promise<string | undefined>;
  /** Stores an object the way the SDK does by default (CRC32 in a trailer); undefined: it came back; else what was wrong. */
  defaultChecksum(name: string): Promise<string | undefined>;
  /** Removes all versions of a probe object as far as these keys may. */
  remove(name: string): Promise<'deleted' | 'retained' | 'refused'>;
}

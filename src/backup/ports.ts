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
  /** Whole object, or `length` bytes from `offset`; a short answer is an error `object-truncated`. `object-missing` when there is none. */
  get(name: string, range?: { offset: number; length: number }, signal?: AbortSignal): Promise<Uint8Array>;
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
  close(): Promise<void>;
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

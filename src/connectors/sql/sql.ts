import type { SqlValue } from '../../accounts/ports.ts';
import type { QueryDoor } from '../../rollout/ports.ts';
import { type Address, addressOf } from './address.ts';
import { queryError, queryTimeout } from './errors.ts';

/** Timers of Node.js and of the servers hold 31 bits. */
const longestTimeoutMs = 2 ** 31 - 1;

/** No company has as many people; a query without a condition on a join soon has. */
export const defaultMaxRows = 1_000_000;

export interface Query {
  query: string;
  parameters: SqlValue[];
  /** Values as the database writes them, fit to be put back. */
  exact: boolean;
  /** Is given the rows as they come; the result is empty then. */
  each?: ((row: Record<string, unknown>) => void) | undefined;
}

export interface QueriesRequest {
  queries: readonly Query[];
  /** For all of them. */
  timeoutMs: number;
  /** Of each. */
  maxRows: number;
}

/** One connection. After an error it is good for nothing but to be closed. */
export interface QuerySource {
  /** Queries of one transaction that only reads, and sees one moment; connects before the first. */
  read(request: QueriesRequest): Promise<Record<string, unknown>[][]>;
  /** Ends whatever goes on, at once. */
  close(): void;
}

/**
 * Queries that read, in PostgreSQL, MySQL, MariaDB and SQLite: one connection a query, in a transaction that the database itself holds to reading.
 * @throws OaopsError as the port says; `query-timeout`, `database-tls`; `query-writes`, `query-columns`, `query-value`, `query-too-large`,
 *   `database-refused` (login), `database-missing`, `database-url`, `ca-file-unreadable` (exit 2)
 */
export function queryDoor({ maxRows = defaultMaxRows }: { maxRows?: number } = {}): QueryDoor {
  return { rows: (request, signal) => readRows({ ...request, maxRows, exact: false }, signal) };
}

/** See `queryDoor`. */
export async function readRows(
  request: {
    url: string;
    password?: string;
    query: string;
    parameters?: SqlValue[];
    timeoutMs: number;
    maxRows?: number;
    exact: boolean;
    each?: Query['each'];
  },
  signal: AbortSignal,
): Promise<Record<string, unknown>[]> {
  signal.throwIfAborted();
  const address = addressOf(request.url);
  const { query, parameters = [], maxRows = defaultMaxRows, exact, each } = request;
  const queries = {
    queries: [{ query, parameters, exact, each }],
    timeoutMs: heldTimeoutMs(request.timeoutMs),
    maxRows,
  };
  const source = await openQueries(address, request.password);
  try {
    const [rows] = await readFrom(source, address.shown, queries, signal);
    return rows!;
  } finally {
    source.close();
  }
}

/** Rows of each query. @throws as the port says */
export async function readFrom(
  source: QuerySource,
  shown: string,
  request: QueriesRequest,
  signal: AbortSignal,
): Promise<Record<string, unknown>[][]> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  try {
    return await before(source.read(request), AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    throw timeout.aborted ? queryTimeout(shown, error) : queryError(error, shown);
  }
}

/** As timers and servers take it. */
export function heldTimeoutMs(timeoutMs: number): number {
  return Math.max(1, Math.min(Math.ceil(timeoutMs), longestTimeoutMs));
}

/** Not connected yet. */
export async function openQueries(address: Address, password: string | undefined): Promise<QuerySource> {
  switch (address.kind) {
    case 'postgres':
      return (await import('./postgres.ts')).postgresSource(address, password);
    case 'mysql':
      return (await import('./mysql.ts')).mysqlSource(address, password);
    case 'sqlite':
      return (await import('./sqlite.ts')).sqliteSource(address.file);
  }
}

/** What a driver still says after the end is of no interest. */
export async function before<T>(work: Promise<T>, end: AbortSignal): Promise<T> {
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(end.reason as Error);
    end.addEventListener('abort', stop, { once: true });
    if (end.aborted) stop();
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, stopped]);
  } finally {
    end.removeEventListener('abort', stop);
  }
}

import type { SqlValue } from '../../accounts/ports.ts';
import type { QueryDoor } from '../../rollout/ports.ts';
import { type Address, addressOf } from './address.ts';
import { queryError, queryTimeout } from './errors.ts';
import { type Column, plainRows } from './rows.ts';

/** Timers of Node.js and of the servers hold 31 bits. */
const longestTimeoutMs = 2 ** 31 - 1;

/** No company has as many people; a query without a condition on a join soon has. */
const defaultMaxRows = 1_000_000;

/** Rows as the driver gives them. */
export interface QueryResult {
  columns: Column[];
  rows: unknown[][];
}

/** One connection for one query. */
export interface QuerySource {
  rows(request: {
    query: string;
    parameters: SqlValue[];
    timeoutMs: number;
    maxRows: number;
    /** Values as the database writes them, fit to be put back. */
    exact: boolean;
  }): Promise<QueryResult>;
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
  },
  signal: AbortSignal,
): Promise<Record<string, unknown>[]> {
  signal.throwIfAborted();
  const address = addressOf(request.url);
  const timeoutMs = heldTimeoutMs(request.timeoutMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  const source = await open(address, request.password);
  try {
    const { query, parameters = [], maxRows = defaultMaxRows, exact } = request;
    const { columns, rows } = await before(
      source.rows({ query, parameters, timeoutMs, maxRows, exact }),
      AbortSignal.any([signal, timeout]),
    );
    return plainRows(columns, rows);
  } catch (error) {
    signal.throwIfAborted();
    throw timeout.aborted ? queryTimeout(address.shown, error) : queryError(error, address.shown);
  } finally {
    source.close();
  }
}

/** As timers and servers take it. */
export function heldTimeoutMs(timeoutMs: number): number {
  return Math.max(1, Math.min(Math.ceil(timeoutMs), longestTimeoutMs));
}

async function open(address: Address, password: string | undefined): Promise<QuerySource> {
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

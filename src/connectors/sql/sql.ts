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
    parameters: (string | number)[];
    timeoutMs: number;
    maxRows: number;
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
  return {
    async rows(request, signal) {
      signal.throwIfAborted();
      const address = addressOf(request.url);
      const timeoutMs = Math.max(1, Math.min(Math.ceil(request.timeoutMs), longestTimeoutMs));
      const timeout = AbortSignal.timeout(timeoutMs);
      const source = await open(address, request.password);
      try {
        const { query, parameters = [] } = request;
        const { columns, rows } = await before(
          source.rows({ query, parameters, timeoutMs, maxRows }),
          AbortSignal.any([signal, timeout]),
        );
        return plainRows(columns, rows);
      } catch (error) {
        signal.throwIfAborted();
        throw timeout.aborted ? queryTimeout(address.shown, error) : queryError(error, address.shown);
      } finally {
        source.close();
      }
    },
  };
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
async function before<T>(work: Promise<T>, end: AbortSignal): Promise<T> {
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

import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { type Connection, createConnection, type FieldPacket, type QueryOptions } from 'mysql2';
import { usageError } from '../../core/errors.ts';
import type { ServerAddress } from './address.ts';
import { queryWrites } from './errors.ts';
import { type Column, isoTimestamp, RowTaker } from './rows.ts';
import type { QuerySource } from './sql.ts';

/** Types of columns (protocol of MySQL, field types). */
const [timestampType, datetimeType, bitType, jsonType] = [7, 12, 16, 245];

/** MySQL and MariaDB by `mysql2`: one prepared statement, in a session that only reads. */
export function mysqlSource(address: ServerAddress, password: string | undefined): QuerySource {
  const connection = mysqlConnection(address, password);
  let isReady = false;
  const ready = async (timeoutMs: number) => {
    await connected(connection);
    const isMariadb = await mariadb(connection);
    for (const statement of [
      isMariadb
        ? `set session max_statement_time = ${timeoutMs / 1000}`
        : `set session max_execution_time = ${timeoutMs}`,
      `set session time_zone = '+00:00'`,
      // Also after a statement that would end the transaction.
      'set session transaction isolation level repeatable read, read only',
    ])
      await simple(connection, statement);
    isReady = true;
  };
  return {
    async read({ queries, timeoutMs, maxRows }) {
      if (!isReady) await ready(timeoutMs);
      await simple(connection, 'start transaction read only');
      const results: Record<string, unknown>[][] = [];
      for (const { query, parameters, exact, each } of queries) {
        const taker = new RowTaker({ maxRows, each });
        const columns = await execute(connection, { sql: query, values: parameters }, taker, exact);
        if (columns === 0) throw queryWrites(address.shown);
        results.push(taker.rows);
      }
      await simple(connection, 'commit');
      return results;
    },
    close: () => connection.destroy(),
  };
}

/** Not connected yet. */
export function mysqlConnection(address: ServerAddress, password: string | undefined): Connection {
  const { socket, host, tls } = address;
  if (tls?.rejectUnauthorized && socket === undefined && isIP(host) !== 0) {
    // The driver would look for "localhost" in the certificate.
    throw usageError('database-url', `the certificate of ${address.shown} can only be checked for a host name`, {
      next: 'Write the name of the host instead of its address.',
    });
  }
  const connection = createConnection({
    ...(socket === undefined ? { host, port: address.port } : { socketPath: socket }),
    user: address.user,
    password: password ?? '',
    database: address.database,
    charset: 'utf8mb4',
    dateStrings: true,
    jsonStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    // A server could ask for any file of this machine. Rows that a statement finds as they should be count as changed.
    flags: ['-LOCAL_FILES', 'FOUND_ROWS'],
    connectTimeout: 0,
    ...(tls && { ssl: tlsOf(tls) }),
  });
  connection.on('error', () => {});
  return connection;
}

export function connected(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

export async function mariadb(connection: Connection): Promise<boolean> {
  const taker = new RowTaker({ maxRows: 1 });
  await execute(connection, { sql: 'select version() as version' }, taker, true);
  return /mariadb/i.test(String(taker.rows[0]?.['version']));
}

export function simple(connection: Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error) => (error ? reject(error) : resolve()));
  });
}

/** Rows as they come, each for itself: with a callback the driver would hold them all. @returns the number of columns; a statement that gives no rows has none */
function execute(
  connection: Connection,
  options: Pick<QueryOptions, 'sql' | 'values'>,
  taker: RowTaker,
  exact: boolean,
): Promise<number> {
  let columns = 0;
  let failed = false;
  let lost = (_error: Error) => {};
  return new Promise<number>((resolve, reject) => {
    // The driver tells the connection, and no statement without a callback, that it was lost.
    lost = reject;
    connection.on('error', lost);
    const orEnd = (work: () => void) => {
      // What has arrived already is told all the same.
      if (failed) return;
      try {
        work();
      } catch (error) {
        failed = true;
        reject(error);
        connection.destroy();
      }
    };
    const statement = connection.execute({ ...options, rowsAsArray: true });
    statement.on('error', reject);
    statement.on('fields', (found: FieldPacket[] | undefined) => {
      columns = found?.length ?? 0;
      orEnd(() => taker.setColumns((found ?? []).map((field) => columnOf(field, exact))));
    });
    statement.on('result', (row: unknown) => {
      // What a statement without a result gives is no list.
      if (Array.isArray(row)) orEnd(() => taker.take(row));
    });
    statement.on('end', () => resolve(columns));
  }).finally(() => connection.off('error', lost));
}

function columnOf({ name, columnType }: FieldPacket, exact: boolean): Column {
  if (columnType === bitType) return { name, ofBytes: bitsOf };
  if (exact) return { name };
  if (columnType === jsonType) return { name, convert: (text: string) => JSON.parse(text) };
  if (columnType === timestampType) return { name, convert: (text: string) => isoTimestamp(text, 'Z') };
  if (columnType === datetimeType) return { name, convert: (text: string) => isoTimestamp(text, '') };
  return { name };
}

function bitsOf(bytes: Uint8Array): number | string {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

function tlsOf({ ca, rejectUnauthorized }: ConnectionOptions) {
  return {
    rejectUnauthorized: rejectUnauthorized !== false,
    // Without it the driver takes any name in a valid certificate.
    verifyIdentity: rejectUnauthorized !== false,
    ...(ca !== undefined && { ca: ca as string[] }),
  };
}

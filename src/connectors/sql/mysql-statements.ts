import type { Connection, ResultSetHeader } from 'mysql2';
import type { SqlValue } from '../../accounts/ports.ts';
import type { ServerAddress } from './address.ts';
import { connected, mariadb, mysqlConnection, simple } from './mysql.ts';
import type { StatementSource } from './statements.ts';

/** ER_WARNING_NOT_COMPLETE_ROLLBACK: "Some non-transactional changed tables couldn't be rolled back". */
const notRolledBack = 1196;

/** Statements in MySQL and MariaDB. Times are in UTC on both sides; what does not fit into a column is an error, never cut. */
export function mysqlStatements(address: ServerAddress, password: string | undefined): StatementSource {
  const connection = mysqlConnection(address, password);
  let isReady = false;
  return {
    async begin(timeoutMs) {
      if (isReady) return simple(connection, 'start transaction read write');
      await connected(connection);
      const lockSeconds = Math.max(1, Math.min(Math.ceil(timeoutMs / 1000), 1_000_000));
      for (const statement of [
        ...((await mariadb(connection)) ? [`set session max_statement_time = ${timeoutMs / 1000}`] : []),
        `set session innodb_lock_wait_timeout = ${lockSeconds}`,
        `set session lock_wait_timeout = ${lockSeconds}`,
        // Without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, so that texts are read here as they are there.
        `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
        `set session time_zone = '+00:00'`,
      ])
        await simple(connection, statement);
      isReady = true;
      await simple(connection, 'start transaction read write');
    },
    async run(text, values) {
      const result = await execute(connection, text, values);
      return Array.isArray(result) ? undefined : result.affectedRows;
    },
    commit: () => simple(connection, 'commit'),
    async rollback() {
      await simple(connection, 'rollback');
      const warnings = await execute(connection, 'show warnings', []);
      return !(Array.isArray(warnings) && warnings.some((row) => Number(row['Code']) === notRolledBack));
    },
    // A packet with an error has a state of the SQL standard; what the driver says of the connection has none.
    saysNo: (error) => {
      const state = (error as { sqlState?: unknown }).sqlState;
      return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !state.startsWith('08') && state !== '70100';
    },
    close: () => connection.destroy(),
  };
}

function execute(
  connection: Connection,
  sql: string,
  values: SqlValue[],
): Promise<ResultSetHeader | Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    connection.execute(sql, values, (error, result) => (error ? reject(error) : resolve(result as never)));
  });
}

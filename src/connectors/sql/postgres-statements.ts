import type { SqlValue } from '../../accounts/ports.ts';
import { errnoOf } from '../../core/errors.ts';
import type { ServerAddress } from './address.ts';
import { cutOff, postgresClient } from './postgres.ts';
import type { StatementSource } from './statements.ts';

/** Statements in PostgreSQL. Times are in UTC on both sides. */
export function postgresStatements(address: ServerAddress, password: string | undefined): StatementSource {
  const client = postgresClient(address, password);
  let isConnected = false;
  return {
    async begin(timeoutMs) {
      if (!isConnected) await client.connect();
      isConnected = true;
      await client.query(
        `begin isolation level read committed read write; set local statement_timeout = ${timeoutMs}; set local lock_timeout = ${timeoutMs}; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local client_encoding = 'UTF8'`,
      );
    },
    async run(text, values: SqlValue[]) {
      // The extended protocol takes one statement, whatever stands in it.
      const { command, rowCount } = await client.query({ text, values, queryMode: 'extended' } as never);
      return command === 'SELECT' ? undefined : (rowCount ?? 0);
    },
    async commit() {
      const { command } = await client.query('commit');
      if (command !== 'COMMIT') throw Object.assign(new Error('the transaction was rolled back'), { code: '40000' });
    },
    async rollback() {
      await client.query('rollback');
      return true;
    },
    // An answer with a code of its own, but for "the server goes down" and "the connection is broken".
    saysNo: (error) => /^[0-9A-Z]{5}$/.test(errnoOf(error) ?? '') && !/^(57P|08|XX)/.test(errnoOf(error)!),
    close: () => cutOff(client),
  };
}

import { setImmediate } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import type { SqlValue } from '../../accounts/ports.ts';
import { queryWrites } from './errors.ts';
import { RowTaker } from './rows.ts';
import type { QuerySource } from './sql.ts';

const rowsAtOnce = 1000;

/** Whole numbers as such: a driver of JavaScript would make 1 a 1.0. SQLite has no truth values but 1 and 0. */
export function bound(value: SqlValue): string | number | bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** A SQLite file by `better-sqlite3`, opened for reading. SQLite works in this process: time and stops are looked at between rows. */
export function sqliteSource(file: string): QuerySource {
  let database: SqliteDatabase.Database | undefined;
  let stopped = false;
  return {
    async read({ queries, timeoutMs, maxRows }) {
      const opened = new SqliteDatabase(file, {
        readonly: true,
        fileMustExist: true,
        timeout: Math.min(timeoutMs, 10_000),
      });
      database = opened;
      opened.exec('begin');
      const results: Record<string, unknown>[][] = [];
      for (const { query, parameters, each } of queries) {
        const statement = opened.prepare(query);
        if (!statement.readonly || !statement.reader) throw queryWrites(`sqlite:${file}`);
        statement.safeIntegers(true).raw(true);
        const taker = new RowTaker({ maxRows, each });
        taker.setColumns(statement.columns().map(({ name }) => ({ name })));
        let count = 0;
        for (const row of statement.iterate(parameters.map(bound))) {
          taker.take(row as unknown[]);
          if (++count % rowsAtOnce === 0) {
            await setImmediate();
            if (stopped) break;
          }
        }
        results.push(taker.rows);
        if (stopped) break;
      }
      if (stopped) opened.close();
      else opened.exec('commit');
      return results;
    },
    close() {
      stopped = true;
      try {
        database?.close();
      } catch {
        // A statement is being read: closed above, when that has ended.
      }
    },
  };
}

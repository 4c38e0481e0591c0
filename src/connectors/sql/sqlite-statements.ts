import SqliteDatabase from 'better-sqlite3';
import { errnoOf } from '../../core/errors.ts';
import { bound } from './sqlite.ts';
import type { StatementSource } from './statements.ts';

/** Statements in a SQLite file. It waits for other writers, up to ten seconds. */
export function sqliteStatements(file: string): StatementSource {
  let database: SqliteDatabase.Database | undefined;
  return {
    async begin(timeoutMs) {
      database = new SqliteDatabase(file, { fileMustExist: true, timeout: Math.min(timeoutMs, 10_000) });
      database.exec('begin immediate');
    },
    async run(text, values) {
      const statement = database!.prepare(text);
      if (statement.readonly) return undefined;
      if (!statement.reader) return statement.run(values.map(bound)).changes;
      // With RETURNING: each row that is given back is one that was changed.
      return statement.all(values.map(bound)).length;
    },
    async commit() {
      database!.exec('commit');
    },
    async rollback() {
      if (database?.inTransaction) database.exec('rollback');
      return true;
    },
    saysNo: (error) => !(errnoOf(error) ?? '').startsWith('SQLITE_IOERR'),
    // Takes back what was not committed.
    close: () => void database?.close(),
  };
}

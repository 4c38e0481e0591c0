import type { SqlValue, StatementDoor } from '../../accounts/ports.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { numbered, readSqlText, type SqlDialect } from '../../core/sql-text.ts';
import { type Address, addressOf } from './address.ts';
import { statementError, statementTimeout } from './errors.ts';
import { before, heldTimeoutMs, readRows } from './sql.ts';

/** A transaction of its own connection. */
export interface StatementSource {
  begin(timeoutMs: number): Promise<void>;
  /** One statement; how many rows it has found and changed. undefined: it was one that changes nothing. */
  run(text: string, values: SqlValue[]): Promise<number | undefined>;
  commit(): Promise<void>;
  /** Whether everything was taken back: tables without transactions keep what they were given. */
  rollback(): Promise<boolean>;
  /** The server itself has said no: nothing was committed. */
  saysNo(error: unknown): boolean;
  /** Ends whatever goes on, at once. */
  close(): void;
}

/** What changes rows and nothing else; a transaction cannot take back more than that everywhere. */
const verbs = ['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'MERGE', 'WITH'];

/** Statements that change rows, in PostgreSQL, MySQL, MariaDB and SQLite, and queries with named parameters; one connection each. */
export function statementDoor(): StatementDoor {
  return {
    async rows({ query, parameters, exact = false, ...request }, signal) {
      if (!parameters) return readRows({ ...request, query, exact }, signal);
      const { text, values } = prepared(query, parameters, addressOf(request.url).kind);
      return readRows({ ...request, query: text, parameters: values, exact }, signal);
    },
    async execute(request, signal) {
      signal.throwIfAborted();
      const address = addressOf(request.url);
      const statements = request.statements.map(({ text, parameters, rows }) => {
        refuseOthers(text, address.kind);
        return { ...prepared(text, parameters, address.kind), rows };
      });
      const hidden = request.statements.flatMap(({ parameters }) => secretsOf(parameters));
      const source = await open(address, request.password);
      try {
        return await transaction(source, statements, {
          shown: address.shown,
          hidden,
          timeoutMs: heldTimeoutMs(request.timeoutMs),
          signal,
        });
      } finally {
        source.close();
      }
    },
  };
}

interface Prepared {
  text: string;
  values: SqlValue[];
  rows?: number | undefined;
}

async function transaction(
  source: StatementSource,
  statements: readonly Prepared[],
  { shown, hidden, timeoutMs, signal }: { shown: string; hidden: string[]; timeoutMs: number; signal: AbortSignal },
): Promise<{ rows: number[] }> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const end = AbortSignal.any([signal, timeout]);
  const changed: number[] = [];
  let begun = false;
  try {
    await before(source.begin(timeoutMs), end);
    begun = true;
    for (const [index, { text, values, rows }] of statements.entries()) {
      const count = await before(source.run(text, values), end);
      if (count === undefined) throw changesNothing();
      if (rows !== undefined && rows !== count) throw otherRows(shown, rows, count, index, statements.length);
      changed.push(count);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) throw statementTimeout(shown);
    // A server that is gone takes it back by itself.
    const takenBack = !begun || (await before(source.rollback(), end).catch(() => true));
    if (!takenBack) throw notTakenBack(shown, error);
    throw statementError(error, shown, hidden);
  }
  try {
    // Who stops now would not know what has become of it.
    await before(source.commit(), timeout);
  } catch (error) {
    if (source.saysNo(error)) throw statementError(error, shown, hidden);
    throw unknown(shown);
  }
  return { rows: changed };
}

async function open(address: Address, password: string | undefined): Promise<StatementSource> {
  switch (address.kind) {
    case 'postgres':
      return (await import('./postgres-statements.ts')).postgresStatements(address, password);
    case 'mysql':
      return (await import('./mysql-statements.ts')).mysqlStatements(address, password);
    case 'sqlite':
      return (await import('./sqlite-statements.ts')).sqliteStatements(address.file);
  }
}

function prepared(text: string, parameters: Record<string, SqlValue>, dialect: SqlDialect): Prepared {
  const numbers = numbered(readSqlText(text, dialect), dialect);
  const values = numbers.names.map((name) => {
    if (Object.hasOwn(parameters, name)) return parameters[name]!;
    const known = Object.keys(parameters);
    const close = nearest(name, known);
    throw usageError('parameter-missing', `there is no value for the parameter ":${name}"`, {
      next:
        close === undefined
          ? `Known parameters: ${known.map((one) => `:${one}`).join(', ')}.`
          : `Did you mean ":${close}"?`,
    });
  });
  return { text: numbers.text, values };
}

function refuseOthers(text: string, dialect: SqlDialect): void {
  const { verb } = readSqlText(text, dialect);
  if (verbs.includes(verb)) return;
  throw usageError('statement-refused', `a statement that begins with ${verb} is not carried out`, {
    next: `Write one that begins with ${verbs.join(', ')}.`,
  });
}

/** Values that may stand in what a server says of a row, and must not be told. */
function secretsOf(parameters: Record<string, SqlValue>): string[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    /pass|pwd|secret|token/i.test(name) && typeof value === 'string' ? [value] : [],
  );
}

function changesNothing(): OaopsError {
  return usageError('statement-refused', 'the statement only reads', { next: 'Write one that changes rows.' });
}

function otherRows(shown: string, wanted: number, found: number, index: number, of: number): OaopsError {
  const which = of === 1 ? 'the statement' : `statement ${index + 1} of ${of}`;
  return new OaopsError(
    'statement-rows',
    `${which} would have changed ${found} rows instead of ${wanted} in the database ${shown}, and nothing was changed`,
    { details: { wanted, found, statement: index + 1 }, next: 'Look at its condition, and at the rows.' },
  );
}

function notTakenBack(shown: string, error: unknown): OaopsError {
  return new OaopsError(
    'statement-not-taken-back',
    `a table of the database ${shown} has no transactions: what was changed in it before the statement failed stays`,
    {
      details: { code: error instanceof OaopsError ? error.code : '' },
      next: 'Look at the rows, and give the table the engine InnoDB.',
    },
  );
}

function unknown(shown: string): OaopsError {
  return new OaopsError(
    'statement-unknown',
    `the connection with the database ${shown} was lost while the change was committed: nobody knows whether it was made`,
    { next: 'Look at the rows.' },
  );
}

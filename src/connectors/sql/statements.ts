import type {
  SqlLogin,
  SqlQuery,
  SqlRows,
  SqlStatement,
  SqlValue,
  StatementDoor,
  StatementSession,
} from '../../accounts/ports.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { numbered, readSqlText, type SqlDialect } from '../../core/sql-text.ts';
import { type Address, addressOf } from './address.ts';
import { statementError, statementTimeout } from './errors.ts';
import { KeptConnection } from './kept.ts';
import { before, defaultMaxRows, heldTimeoutMs, openQueries, type QuerySource, readFrom, readRows } from './sql.ts';

/** One connection for transactions that change rows. After an error that is no answer of the server it is good for nothing but to be closed. */
export interface StatementSource {
  /** Connects before the first transaction. */
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

/** So long a server may take to tell what it has taken back, also when the time of the transaction is over. */
const rollbackMs = 3000;

/** What changes rows and nothing else; a transaction cannot take back more than that everywhere. */
const verbs = ['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'MERGE', 'WITH'];

/** Statements that change rows, in PostgreSQL, MySQL, MariaDB and SQLite, and queries with named parameters. `nowMs`: any clock that never goes back. */
export function statementDoor(nowMs: () => number): StatementDoor {
  return {
    async rows({ query, parameters, exact = false, each, ...login }, signal) {
      const { kind } = addressOf(login.url);
      const { text, values } = parameters ? prepared(query, parameters, kind) : { text: query, values: [] };
      return readRows({ ...login, query: text, parameters: values, exact, each }, signal);
    },
    open: (login) => new Session(login, nowMs),
  };
}

class Session implements StatementSession {
  readonly #address: Address;
  readonly #timeoutMs: number;
  readonly #reading: KeptConnection<QuerySource>;
  readonly #changing: KeptConnection<StatementSource>;
  /** A file costs nothing to open, and may be replaced by another one. */
  readonly #keeps: boolean;

  constructor({ url, password, timeoutMs }: SqlLogin, nowMs: () => number) {
    this.#address = addressOf(url);
    this.#timeoutMs = heldTimeoutMs(timeoutMs);
    this.#keeps = this.#address.kind !== 'sqlite';
    this.#reading = new KeptConnection(() => openQueries(this.#address, password), nowMs);
    this.#changing = new KeptConnection(() => openStatements(this.#address, password), nowMs);
  }

  async rows(queries: readonly SqlQuery[], signal: AbortSignal): Promise<SqlRows[]> {
    signal.throwIfAborted();
    const { kind, shown } = this.#address;
    let isHandedOn = false;
    const request = {
      queries: queries.map(({ query, parameters, exact = false, each }) => {
        const { text, values } = parameters ? prepared(query, parameters, kind) : { text: query, values: [] };
        const handOn = (row: Record<string, unknown>) => {
          isHandedOn = true;
          each!(row);
        };
        return { query: text, parameters: values, exact, each: each && handOn };
      }),
      timeoutMs: this.#timeoutMs,
      maxRows: defaultMaxRows,
    };
    for (;;) {
      const { source, isKept } = await this.#reading.take();
      try {
        const rows = await readFrom(source, shown, request, signal);
        if (this.#keeps) this.#reading.give(source);
        else source.close();
        return rows;
      } catch (error) {
        source.close();
        // Rows that were handed on would come a second time.
        if (!isKept || !isLost(error) || isHandedOn) throw error;
      }
    }
  }

  async execute(
    statements: readonly SqlStatement[],
    signal: AbortSignal,
    check?: () => Promise<void>,
  ): Promise<{ rows: number[] }> {
    signal.throwIfAborted();
    const { kind, shown } = this.#address;
    const transaction: Transaction = {
      statements: statements.map(({ text, parameters, rows }) => {
        refuseOthers(text, kind);
        return { ...prepared(text, parameters, kind), rows };
      }),
      check,
      shown,
      hidden: statements.flatMap(({ parameters }) => secretsOf(parameters)),
      timeoutMs: this.#timeoutMs,
      signal,
    };
    for (;;) {
      const { source, isKept } = await this.#changing.take();
      const state = { begun: false, clean: false };
      try {
        return await carriedOut(source, transaction, state);
      } catch (error) {
        // Nothing was sent yet.
        if (!isKept || state.begun || !isLost(error)) throw error;
      } finally {
        if (state.clean && this.#keeps) this.#changing.give(source);
        else source.close();
      }
    }
  }

  close(): void {
    this.#reading.close();
    this.#changing.close();
  }
}

interface Prepared {
  text: string;
  values: SqlValue[];
  rows?: number | undefined;
}

interface Transaction {
  statements: readonly Prepared[];
  check: (() => Promise<void>) | undefined;
  shown: string;
  hidden: string[];
  timeoutMs: number;
  signal: AbortSignal;
}

/** `state`: whether the server has begun it, and whether it has told its end. */
async function carriedOut(
  source: StatementSource,
  { statements, check, shown, hidden, timeoutMs, signal }: Transaction,
  state: { begun: boolean; clean: boolean },
): Promise<{ rows: number[] }> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const end = AbortSignal.any([signal, timeout]);
  const changed: number[] = [];
  try {
    await before(source.begin(timeoutMs), end);
    state.begun = true;
    for (const [index, { text, values, rows }] of statements.entries()) {
      const count = await before(source.run(text, values), end);
      if (count === undefined) throw changesNothing();
      if (rows !== undefined && rows !== count) throw otherRows(shown, rows, count, index, statements.length);
      changed.push(count);
    }
    if (check) await before(check(), end);
  } catch (error) {
    signal.throwIfAborted();
    const told = timeout.aborted ? statementTimeout(shown) : statementError(error, shown, hidden);
    if (!state.begun) throw told;
    const rollbackEnd = AbortSignal.any([signal, AbortSignal.timeout(rollbackMs)]);
    const takenBack = await before(source.rollback(), rollbackEnd).then(
      (isTakenBack) => {
        state.clean = true;
        return isTakenBack;
      },
      // A server that is gone takes it back by itself.
      () => true,
    );
    if (!takenBack) throw notTakenBack(shown, told);
    throw told;
  }
  try {
    // Who stops now would not know what has become of it.
    await before(source.commit(), timeout);
    state.clean = true;
  } catch (error) {
    if (source.saysNo(error)) throw statementError(error, shown, hidden);
    throw unknown(shown);
  }
  return { rows: changed };
}

function isLost(error: unknown): boolean {
  return error instanceof OaopsError && error.code === 'database-unreachable';
}

async function openStatements(address: Address, password: string | undefined): Promise<StatementSource> {
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

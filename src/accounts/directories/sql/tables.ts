import { type OaopsError, usageError } from '../../../core/errors.ts';
import { dialectOf, readSqlText, type SqlDialect } from '../../../core/sql-text.ts';
import { SharedTexts } from '../../audit/shared-values.ts';
import type { Account, DirectoryRead } from '../../model.ts';
import type { SqlQuery, SqlRows, SqlStatement, SqlValue, StatementSession } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { AccountTable, type Cells, keyError, requireColumns } from '../tables/accounts.ts';
import { textOf } from '../tables/cells.ts';

export type Row = Record<string, SqlValue>;

/** An account as it stands in the database now. */
export interface Entry {
  /** What `accounts` gives of it; undefined: it is not among them. */
  account?: Account;
  /** What `look` gives, without what looks like the hash of a password; undefined: there is no such row, or no "look". */
  row?: Row;
  rights: string[];
}

/** Names of columns that may hold a password or its hash: these never reach the record. */
export function isSecretColumn(name: string): boolean {
  return /pass|pwd|hash|salt|secret|token|cred|otp|mima|api_?key|private_?key|密码|口令|密钥|盐/i.test(name);
}

/** What a SQL directory reads. */
export class SqlTables {
  readonly spec: DirectorySpecOf<'sql'>;
  readonly session: StatementSession;
  readonly dialect: SqlDialect;
  readonly #timeZone: string;

  constructor(spec: DirectorySpecOf<'sql'>, session: StatementSession, timeZone: string) {
    this.spec = spec;
    this.session = session;
    this.#timeZone = timeZone;
    // An address that is none was refused by the door.
    this.dialect = dialectOf(spec.url) ?? 'postgres';
  }

  async read(signal: AbortSignal): Promise<DirectoryRead> {
    const rights = await this.#allRights(signal);
    const { id } = this.spec;
    const accounts: Account[] = [];
    let table: AccountTable | undefined;
    let count = 0;
    await this.#forEach(this.spec.accounts, signal, (row) => {
      table ??= this.#table(Object.keys(row), (number) => `row ${number} of ${id}`);
      const account = table.account(cellsOf(row), rights.get(textOf(row['key']) ?? '') ?? [], ++count);
      if (account) accounts.push(account);
    });
    if (!table) return { accounts: [], problems: [`the query "accounts" of ${id} gives no row`] };
    return { accounts, problems: table.problems, remarks: await this.#tryLook(accounts[0], signal) };
  }

  /** What stands in the database of one account, at one moment. */
  async byKey(key: string, signal: AbortSignal): Promise<Entry> {
    const { accounts, rights: held, look } = this.spec;
    const value = { value: key };
    const queries: SqlQuery[] = [{ query: this.#only(accounts, 'key'), parameters: value }];
    if (held !== undefined) queries.push({ query: this.#only(held, 'key'), parameters: value });
    if (look !== undefined) queries.push({ query: look, parameters: { key }, exact: true });
    const found = await this.session.rows(queries, signal);
    const account = this.#accountOf(found[0]!, 'key', key);
    const rights = held === undefined ? [] : rightsOf(found[1]!, key);
    const row = look === undefined ? undefined : oneRow(found.at(-1)!, key);
    if (account && look !== undefined && row === undefined) throw lookError(key, 0);
    const entry: Entry = { rights };
    if (account) entry.account = { ...account, rights };
    if (row) entry.row = withoutSecrets(row);
    return entry;
  }

  async byLogin(login: string, signal: AbortSignal): Promise<Account | undefined> {
    const query = { query: this.#only(this.spec.accounts, 'login'), parameters: { value: login } };
    const [rows] = await this.session.rows([query], signal);
    return this.#accountOf(rows!, 'login', login);
  }

  /** Statements of one change, in one transaction; `check` as the session has it. */
  async execute(
    statements: readonly (SqlStatement & { rows: number })[],
    signal: AbortSignal,
    check?: () => Promise<void>,
  ): Promise<void> {
    await this.session.execute(
      statements.map(({ text, parameters, rows }) => ({ text, parameters, ...(rows > 0 && { rows }) })),
      signal,
      check,
    );
  }

  async policyRows(signal: AbortSignal): Promise<SqlRows> {
    return this.spec.policy === undefined ? [] : this.#query(this.spec.policy, signal);
  }

  #accountOf(rows: SqlRows, column: 'key' | 'login', value: string): Account | undefined {
    // Databases may compare without regard to case.
    const found = rows.filter((row) => textOf(row[column]) === value);
    if (found.length > 1) throw keyError(`${found.length} rows have the ${column} "${value}"`);
    if (!found[0]) return undefined;
    return this.#table(Object.keys(found[0]), () => `the row of "${value}"`).account(cellsOf(found[0]), [], 1);
  }

  async #allRights(signal: AbortSignal): Promise<Map<string, string[]>> {
    const byKey = new Map<string, string[]>();
    const texts = new SharedTexts();
    if (this.spec.rights === undefined) return byKey;
    await this.#forEach(this.spec.rights, signal, (row) => {
      if (byKey.size === 0) requireColumns(Object.keys(row), ['key', 'right'], 'the query "rights"');
      const [key, right] = [textOf(row['key']), textOf(row['right'])];
      if (key === undefined || right === undefined) return;
      const list = byKey.get(key);
      if (list) list.push(texts.of(right));
      else byKey.set(key, [texts.of(right)]);
    });
    for (const [key, list] of byKey) if (list.length > 1) byKey.set(key, sorted(list));
    return byKey;
  }

  /** What undo needs is tried once, before anything is planned on it; gives what people should know of it. */
  async #tryLook(account: Account | undefined, signal: AbortSignal): Promise<string[]> {
    if (!account || this.spec.look === undefined) return [];
    const query = { query: this.spec.look, parameters: { key: account.key }, exact: true };
    const [rows] = await this.session.rows([query], signal);
    const row = oneRow(rows!, account.key);
    if (!row) return [];
    const columns = Object.keys(row);
    for (const [name, statement] of Object.entries(this.spec.statements)) {
      for (const text of [statement.do, statement.undo ?? ''].filter((one) => one !== '')) {
        const old = readSqlText(text, this.dialect).parameters.filter((one) => one.startsWith('old_'));
        const missing = old.find((one) => !columns.includes(one.slice(4)) || isSecretColumn(one.slice(4)));
        if (missing === undefined) continue;
        throw usageError('parameter-missing', `":${missing}" of the statement "${name}" is no column of "look"`, {
          next: `Known columns: ${columns.filter((column) => !isSecretColumn(column)).join(', ')}.`,
        });
      }
    }
    const secrets = columns.filter(isSecretColumn);
    if (secrets.length === 0) return [];
    return [`columns of "look" that may hold passwords are left out, and not taken back: ${secrets.join(', ')}`];
  }

  /** Row by row: a hundred thousand are not held. */
  async #forEach(query: string, signal: AbortSignal, each: (row: Record<string, unknown>) => void): Promise<void> {
    await this.session.rows([{ query, each }], signal);
  }

  async #query(query: string, signal: AbortSignal): Promise<SqlRows> {
    const [rows] = await this.session.rows([{ query }], signal);
    return rows!;
  }

  /** The rows of a query in which a column has one value. */
  #only(query: string, column: 'key' | 'login'): string {
    const { pieces } = readSqlText(query, this.dialect);
    const text = pieces.map((piece) => (typeof piece === 'string' ? piece : `:${piece.parameter}`)).join('');
    const name = this.dialect === 'mysql' ? `\`${column}\`` : `"${column}"`;
    // SQLite takes 5 and '5' for different things, unless a column says what it is.
    const compared = this.dialect === 'sqlite' ? `cast(${name} as text)` : name;
    return ['select * from (', text, `) as oaops_rows where ${compared} = :value`].join('\n');
  }

  #table(columns: readonly string[], where: (row: number) => string): AccountTable {
    return new AccountTable(this.spec, { columns, what: 'the query "accounts"', timeZone: this.#timeZone, where });
  }
}

function cellsOf(row: Record<string, unknown>): Cells {
  return (column) => row[column];
}

function sorted(rights: readonly string[]): string[] {
  return [...new Set(rights)].sort();
}

function rightsOf(rows: SqlRows, key: string): string[] {
  const rights = rows.flatMap((row) => (textOf(row['key']) === key ? [textOf(row['right'])] : []));
  return sorted(rights.filter((right) => right !== undefined));
}

function oneRow(rows: SqlRows, key: string): SqlRows[number] | undefined {
  if (rows.length > 1) throw lookError(key, rows.length);
  return rows[0];
}

function withoutSecrets(row: Record<string, unknown>): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !isSecretColumn(name))) as Row;
}

function lookError(key: string, rows: number): OaopsError {
  return usageError('directory-look', `the query "look" gives ${rows} rows for the key "${key}" instead of one`, {
    next: 'Write it so that it gives the row of the key, whatever state the account is in.',
  });
}

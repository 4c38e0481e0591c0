/** What the accounts room needs from outside; connectors implement it, and the composition root joins them. */
import type { Host } from '../engine/ports.ts';
import type { FactStore } from '../record/types.ts';

/** A value of an attribute: text where it is UTF-8, else its bytes. */
export type LdapValue = string | Uint8Array;

export interface LdapEntry {
  dn: string;
  /** By the name that was asked for; with `*` and `+` by the server's own names. Values in the server's order. */
  attributes: Record<string, readonly LdapValue[]>;
}

export interface LdapLogin {
  url: string;
  /** Absent: anonymous. */
  bind?: { dn: string; password: string };
  caFile?: string;
  startTls?: boolean;
  /** For each request. */
  timeoutMs: number;
}

export interface LdapChange {
  operation: 'add' | 'delete' | 'replace';
  attribute: string;
  /** Empty with `delete` and `replace`: the whole attribute. */
  values: LdapValue[];
}

export interface LdapSearch {
  base: string;
  scope: 'base' | 'one' | 'sub';
  filter: string;
  attributes: string[];
  /** Entries at once; fewer than usual where they are large. */
  pageSize?: number;
  /** Filters: only values that match one of them come, where the server is able to (RFC 3876). */
  matched?: string[];
}

export interface LdapModifyOptions {
  /** With the relax control: attributes that OpenLDAP keeps for itself, where the login may manage the entry. */
  relax?: boolean;
}

/** One login, one request after the other. A lost connection is an error, never a new one without a word. */
export interface LdapSession {
  /**
   * Pages of entries as they come, all of them or an error.
   * @throws OaopsError `directory-unreachable`, `directory-refused`, `directory-partial`, `directory-base-missing` ...
   */
  search(request: LdapSearch, signal: AbortSignal): AsyncIterable<LdapEntry[]>;
  /** The changes of one request are made together or not at all (RFC 4511 section 4.6). */
  modify(dn: string, changes: LdapChange[], signal: AbortSignal, options?: LdapModifyOptions): Promise<void>;
  add(dn: string, attributes: Record<string, LdapValue[]>, signal: AbortSignal): Promise<void>;
  remove(dn: string, signal: AbortSignal): Promise<void>;
  /** `newSuperior`: DN of the new parent. The old name is kept as a value unless `deleteOldRdn`. */
  rename(
    dn: string,
    to: { newRdn: string; newSuperior?: string; deleteOldRdn: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /** Sets a password in clear, which the server hashes (RFC 3062). */
  setPassword(dn: string, password: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface LdapDoor {
  /** @throws OaopsError as searches do; errors of changes have the code `directory-change-refused` with the server's words and `details.status` */
  open(login: LdapLogin, signal: AbortSignal): Promise<LdapSession>;
}

export type SqlValue = string | number | boolean | null;

/** What of a database is asked, and by whom. */
export interface SqlLogin {
  url: string;
  password?: string;
  /** For each reading, and for each transaction. */
  timeoutMs: number;
}

/**
 * A query that reads. With `parameters` its named parameters (`:name`) are found as in `SqlStatement`; without them it goes as it is.
 * `exact`: values as the database writes them, so that a statement can put them back: no times in ISO 8601, no JSON taken apart.
 * `each`: is given the rows as they come, in their order, and the result is empty; what it throws ends the reading. When that fails, some rows were given.
 */
export interface SqlQuery {
  query: string;
  parameters?: Record<string, SqlValue>;
  exact?: boolean;
  each?: (row: Record<string, unknown>) => void;
}

/**
 * A statement that changes rows. `parameters` are named (`:name` in the text, never inside of quotation marks or comments) and reach the server
 * beside the statement, never in it. `rows`: how many rows it must change; a row that it finds as it should be counts.
 */
export interface SqlStatement {
  text: string;
  parameters: Record<string, SqlValue>;
  rows?: number;
}

export type SqlRows = Record<string, unknown>[];

export interface StatementDoor {
  /**
   * One query, on a connection of its own.
   * @throws OaopsError `database-unreachable`, `query-failed`, `parameter-missing`, `statement-text` (exit 2) ...
   */
  rows(request: SqlLogin & SqlQuery, signal: AbortSignal): Promise<SqlRows>;
  /** Connects to nothing yet. @throws OaopsError `database-url` ... (exit 2) */
  open(login: SqlLogin): StatementSession;
}

/**
 * Work in one database, on two connections that are kept: one that only reads, and one that changes. One that was lost while nobody used it is opened
 * again; one on which something went wrong is never used again.
 */
export interface StatementSession {
  /** Rows of each query, as they are at one moment. @throws as `StatementDoor.rows` */
  rows(queries: readonly SqlQuery[], signal: AbortSignal): Promise<SqlRows[]>;
  /**
   * Statements in one transaction: all of them, or none. `check` is called when they have run, and the rows that they change are locked; when it throws,
   * everything is taken back. `rows` still gives what stood there before.
   * @throws OaopsError `statement-rows`, `statement-failed`, `statement-timeout`, `database-unreachable`: nothing was changed;
   *   `statement-unknown`: the connection was lost while it was committed: look at what is there; `statement-not-taken-back`: a table without
   *   transactions has kept a part; `parameter-missing`, `statement-text`, `statement-refused`, `database-refused` ... (exit 2)
   */
  execute(
    statements: readonly SqlStatement[],
    signal: AbortSignal,
    check?: () => Promise<void>,
  ): Promise<{ rows: number[] }>;
  close(): void;
}

/** Everything that sources and directories may open. Each is made on first use. */
export interface AccountDoors {
  ldap(): Promise<LdapDoor>;
  sql(): Promise<StatementDoor>;
  /** A host of the inventory by its name. @throws as hosts do */
  host(name: string, signal: AbortSignal): Promise<Host>;
  /** Names of hosts for target selectors such as `group:oa`. @throws OaopsError `target-unknown` (exit 2) */
  hostNames(selectors: readonly string[]): string[];
  /** Resolves a reference to a secret. */
  secret(ref: string): Promise<string>;
  facts(): Promise<FactStore>;
  /** A file as it is, with its time of modification. @throws OaopsError `file-unreadable`, `file-too-large` (exit 2) */
  readFile(path: string, maxBytes: number): Promise<{ bytes: Uint8Array; modifiedMs: number }>;
  nowMs(): number;
  /** IANA name of the company's time zone: what a day is. */
  timeZone: string;
  /** Folder that relative paths start from: that of the file in which they are written. */
  baseDir: string;
}

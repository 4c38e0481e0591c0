import type { Host, ProcessResult } from '../../../engine/ports.ts';
import type { BecomeSpec } from '../../../runbook/types.ts';
import type { SourceCommand } from '../types.ts';

/** Where a dump is loaded to, and how the programs get there. */
export interface LoadTarget {
  /**
   * Name of the new database; for SQLite the path of the new file, for LDAP a new folder for slapd.d and data. Not used for
   * commands.
   */
  database: string;
  address?: string | undefined;
  port?: number | undefined;
  user?: string | undefined;
  /** Reference. */
  password?: string | undefined;
  programs?: string | undefined;
  via?: string[] | undefined;
  become?: BecomeSpec | undefined;
  /** For commands: program and arguments that read the dump on standard input. Never taken from the snapshot. */
  argv?: string[] | undefined;
  /** What is there already under this name is removed first. */
  replace: boolean;
}

/** A dump as `source.json` of the snapshot tells it. */
export interface StoredDump {
  file: string;
  database?: string;
  bytes: number;
  sha256: string;
}

export interface StoredSource {
  type: string;
  id: string;
  format: string;
  dumps: StoredDump[];
}

/** What a loader works with. */
export interface LoadContext {
  host: Host;
  target: LoadTarget;
  source: StoredSource;
  signal: AbortSignal;
  secret(ref: string): Promise<string>;
  /** A text that nobody can foresee; what a client prints it after has been read to its end. */
  mark: string;
  /** Runs a short program and gives its output. @throws OaopsError `load-failed` */
  ask(command: SourceCommand, what: string, stdin?: string): Promise<string>;
  /**
   * Runs a program with a dump on its standard input, and `after` behind it; `observe` sees the dump. The exit code must be 0.
   * @throws OaopsError `load-failed` with what it said last
   */
  feed(
    dump: StoredDump,
    command: SourceCommand,
    what: string,
    more?: { after?: string; observe?: (chunk: Uint8Array) => void },
  ): Promise<ProcessResult>;
  /** The content of a small dump. */
  read(dump: StoredDump): Promise<string>;
}

/** What was found in the database after it was loaded. */
export interface Loaded {
  file: string;
  tables?: number;
  rows?: number;
  /** LDAP. */
  entries?: number;
}

/** Refuses what is there unless `target.replace`, makes the database, loads the dump, counts. */
export type Loader = (dump: StoredDump, context: LoadContext) => Promise<Loaded>;

import type { Host, StreamResult } from '../../engine/ports.ts';
import type { DumpSource, SourceOf, SourceType } from './schema.ts';

/** A program of a source, as it will be run. Secrets are in `env` only. */
export interface SourceCommand {
  argv: string[];
  env?: Record<string, string>;
  cwd?: string;
}

/** One stream of bytes that becomes one file of the snapshot, and what must hold for it to count. */
export interface Dump {
  /** Name below the folder of the source. */
  file: string;
  /** What is in it, for people: `database oa`. */
  what: string;
  /** Name of the database in its server, as a restore asks for it. */
  database?: string;
  command: SourceCommand;
  exitCodes?: readonly number[];
  /** What the first bytes must match; bytes are read as Latin-1. */
  header?: RegExp;
  /** What the last 4 KiB must match. */
  trailer?: RegExp;
  /** Fewest bytes; default that of the source, else 1. */
  minBytes?: number;
}

/** What a source finds out before it dumps. */
export interface SourcePlan {
  dumps: Dump[];
  /** For `source.json`: versions, format, how to load. No secrets. */
  facts: Record<string, unknown>;
}

/** Runs programs where a source lives. */
export interface SourceRunner {
  host: Host;
  /** Output of a short command. @throws DumpFailure when it fails */
  ask(command: SourceCommand, what: string): Promise<string>;
  secret(ref: string): Promise<string>;
}

/** One type of source. */
export interface SourceKind<T extends SourceType> {
  /** One line for the plan, without secrets: what would be run. Pure. */
  describe(source: SourceOf<T>): string;
  /** Finds out what there is to dump. */
  plan(source: SourceOf<T>, runner: SourceRunner): Promise<SourcePlan>;
}

/** Why a dump does not count. Told as a problem of the snapshot; the other sources go on. */
export class DumpFailure extends Error {}

/** Words of a command with what stands before every program of the source. */
export function withVia(source: Pick<DumpSource, 'via'>, argv: readonly string[]): string[] {
  return [...(source.via ?? []), ...argv];
}

/** A program by name, or in the folder that the source names. */
export function programOf(source: { programs?: string | undefined }, name: string): string {
  return source.programs === undefined ? name : `${source.programs.replace(/\/+$/, '')}/${name}`;
}

/** File name for a database of any name: `/` and `%` are escaped, so that two names never become one file. */
export function fileNameOf(database: string, ending: string): string {
  const name = database.replace(/[%/\0]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${/^\.{1,2}$/.test(name) ? name.replaceAll('.', '%2e') : name}${ending}`;
}

/** How a program ended, when not well: its exit code and the last thing it said. */
export function howItEnded(result: StreamResult, program: string): string {
  const said = `${result.stderr.head}${result.stderr.truncated ? '\n' : ''}${result.stderr.tail}`.trim().split('\n');
  const last = said.findLast((line) => line.trim() !== '')?.trim() ?? '';
  const how = result.timedOut
    ? 'did not end in time'
    : result.signal
      ? `was ended by ${result.signal}`
      : `ended with exit code ${result.exitCode}`;
  return `${program} ${how}${last === '' ? '' : `: ${last.slice(0, 300)}`}`;
}

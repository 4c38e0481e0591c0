import type { LoadSpec } from '../drill-spec.ts';

export interface RunOptions {
  env?: Record<string, string>;
  /** File whose bytes are its standard input. */
  stdinFile?: string;
  /** Instead of that of the drill: what is cleaned up when the drill was stopped must not be stopped with it. */
  signal?: AbortSignal;
}

/** Runs a program of this machine; the engine's own door, so that a timeout ends the whole tree. */
export type RunCommand = (
  argv: string[],
  cwd: string,
  timeoutMs: number,
  options?: RunOptions,
) => Promise<{ exitCode: number | null; timedOut: boolean; stdout?: string; tail: string }>;

export interface LoadPlace {
  /** An empty folder of this drill, for programs to work in. */
  folder: string;
  run: RunCommand;
  secret: (ref: string) => Promise<string>;
}

/** A dump in a database that exists for this drill only. */
export interface LoadedDatabase {
  name: string;
  /** First column of the first row as text; undefined when there is none. Nothing can be written. */
  first(query: string): Promise<string | undefined>;
  drop(): Promise<void>;
}

/** Loads dumps of one type. What it made is gone again when it throws. */
export type Loader<T extends LoadSpec['type']> = (
  spec: Extract<LoadSpec, { type: T }>,
  dump: string,
  place: LoadPlace,
) => Promise<LoadedDatabase>;

/** Loading a dump takes as long as it takes; a query that hangs does not. */
export const loadTimeoutMs = 24 * 3_600_000;
export const queryTimeoutMs = 10 * 60_000;
export const dropTimeoutMs = 60_000;

/** Standard output of a program that ended well. */
export async function outputOf(
  place: LoadPlace,
  argv: string[],
  timeoutMs: number,
  options: RunOptions,
  what: string,
): Promise<string> {
  const { exitCode, timedOut, stdout, tail } = await place.run(argv, place.folder, timeoutMs, options);
  if (timedOut) throw new Error(`${what} did not end in time`);
  if (exitCode !== 0) throw new Error(`${what} ended with exit code ${exitCode}${said(tail)}`);
  return stdout ?? '';
}

function said(tail: string): string {
  const lines = tail
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  // The first complaint of a loader names the cause, the last one often only that it stopped.
  const telling = lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
  return telling === undefined ? '' : `: ${telling.slice(0, 300)}`;
}

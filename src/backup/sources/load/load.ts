import { PassThrough } from 'node:stream';
import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import { messageOf, OaopsError, usageError } from '../../../core/errors.ts';
import type { RandomSource } from '../../../core/ids.ts';
import type { Host } from '../../../engine/ports.ts';
import { dumpFactsName, dumpPath } from '../../format/dumps.ts';
import type { SnapshotChoice } from '../../repository/choice.ts';
import type { Repository } from '../../repository/open.ts';
import { catSnapshot } from '../../restore/cat.ts';
import type { SourceType } from '../schema.ts';
import type { SourceCommand } from '../types.ts';
import { loadCommand } from './command.ts';
import { loadLdap } from './ldap.ts';
import { loadMysql } from './mysql.ts';
import { loadPostgres } from './postgres.ts';
import { loadFailed } from './refusals.ts';
import { loadSqlite } from './sqlite.ts';
import type { LoadContext, Loader, LoadTarget, StoredDump, StoredSource } from './types.ts';

export interface LoadRequest {
  snapshot: string;
  choice?: SnapshotChoice;
  as: SourceType;
  /** Id of the source in the runbook that made the backup. */
  source: string;
  /** Which of its dumps, by database or file name; needed when there are several. */
  from?: string | undefined;
  target: LoadTarget;
}

export interface LoadPlace {
  host: Host;
  secret(ref: string): Promise<string>;
  redact(text: string): string;
  stateDir?: string;
  clock: Clock;
  random: RandomSource;
  signal: AbortSignal;
  onProgress?: (progress: { bytesDone: number; bytesTotal: number }) => void;
}

export interface LoadResult {
  snapshot: string;
  source: string;
  type: SourceType;
  file: string;
  /** Name in its old server, where it has one. */
  from: string | null;
  host: string;
  database: string | null;
  bytes: number;
  tables: number | null;
  rows: number | null;
  entries: number | null;
  durationMs: number;
  warnings: string[];
}

const loaders: Record<SourceType, Loader> = {
  postgres: loadPostgres,
  mysql: loadMysql,
  sqlite: loadSqlite,
  ldap: loadLdap,
  command: loadCommand,
};

/** Whoever can write to a repository can write this: names are looked up in the snapshot, and nothing in it is run. */
const storedSourceSchema = z.object({
  type: z.string(),
  id: z.string(),
  format: z.string().default(''),
  dumps: z.array(
    z.object({ file: z.string().min(1), database: z.string().optional(), bytes: z.number(), sha256: z.string() }),
  ),
});

const mostSmallBytes = 64 * 1024 * 1024;

/**
 * Loads one dump of a snapshot into a new database, as a stream: nothing is kept in a file on the way. The loader's exit code
 * and that it has read everything are checked.
 * @throws OaopsError `source-missing`, `dump-ambiguous` (exit 2), `database-exists` (exit 4), `load-failed`, and those of reading
 * a snapshot
 */
export async function loadDump(repository: Repository, request: LoadRequest, place: LoadPlace): Promise<LoadResult> {
  const startedMs = place.clock.monotonicMs();
  const reading = new Reading(repository, request, place);
  const source = await reading.source();
  const dump = chosen(source, request);
  const context: LoadContext = {
    host: place.host,
    target: request.target,
    source,
    signal: place.signal,
    secret: (ref) => place.secret(ref),
    mark: `oaops_${Buffer.from(place.random(12)).toString('hex')}`,
    ask: (command, what, stdin) => reading.ask(command, what, stdin),
    feed: (one, command, what, more) => reading.feed(one, command, what, more),
    read: (one) => reading.text(one.file),
  };
  const loaded = await loaders[request.as](dump, context);
  return {
    snapshot: reading.snapshot,
    source: source.id,
    type: request.as,
    file: dump.file,
    from: dump.database ?? null,
    host: place.host.target.name,
    database: request.as === 'command' ? null : request.target.database,
    bytes: dump.bytes,
    tables: loaded.tables ?? null,
    rows: loaded.rows ?? null,
    entries: loaded.entries ?? null,
    durationMs: Math.round(place.clock.monotonicMs() - startedMs),
    warnings: [...new Set(reading.warnings)],
  };
}

function chosen(source: StoredSource, { as, from }: LoadRequest): StoredDump {
  if (source.type !== as)
    throw usageError('source-of-another-type', `the source ${source.id} is of type ${source.type}, not ${as}`, {
      next: `Give --as ${source.type}.`,
    });
  const found = source.dumps.filter((dump) =>
    from === undefined ? dump.database !== undefined || as === 'command' : dump.database === from || dump.file === from,
  );
  // The configuration is loaded with the data.
  const data = from === undefined && as === 'ldap' ? found.filter(({ database }) => database !== 'cn=config') : found;
  if (data.length === 1) return data[0]!;
  const known = source.dumps.map(({ database, file }) => database ?? file).join(', ');
  throw usageError(
    'dump-ambiguous',
    from === undefined ? `the source ${source.id} has several dumps` : `the source ${source.id} has no dump of ${from}`,
    { next: `Name one with --from: ${known}.` },
  );
}

/** Reads one snapshot and runs programs with what it holds. */
class Reading {
  readonly #repository: Repository;
  readonly #request: LoadRequest;
  readonly #place: LoadPlace;
  readonly warnings: string[] = [];
  snapshot = '';

  constructor(repository: Repository, request: LoadRequest, place: LoadPlace) {
    this.#repository = repository;
    this.#request = request;
    this.#place = place;
  }

  async source(): Promise<StoredSource> {
    const { source } = this.#request;
    let text: string;
    try {
      text = await this.text(dumpFactsName);
    } catch (error) {
      if (!(error instanceof OaopsError) || error.code !== 'path-missing') throw error;
      throw usageError('source-missing', `the snapshot holds no dumps of a source "${source}"`, {
        next: 'See what it holds: oaops backup ls SNAPSHOT /.oaops-dumps',
      });
    }
    const parsed = storedSourceSchema.safeParse(parseJson(text));
    if (parsed.success) return { ...parsed.data, dumps: parsed.data.dumps.map(withoutUndefined) };
    throw new OaopsError('repository-damaged', `the description of the source ${source} cannot be understood`, {
      exitCode: 9,
      next: 'Write the dump itself with "oaops backup cat".',
    });
  }

  async text(file: string): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    await this.#cat(file, this.#place.signal, async (chunk) => {
      bytes += chunk.length;
      if (bytes > mostSmallBytes) throw loadFailed(`${file} is larger than such a file can be`);
      chunks.push(Buffer.from(chunk));
    });
    return Buffer.concat(chunks).toString();
  }

  async ask(command: SourceCommand, what: string, stdin?: string): Promise<string> {
    const { host, signal } = this.#place;
    const result = await host.run({ ...this.#asked(command), ...(stdin === undefined ? {} : { stdin }) }, signal);
    if (result.exitCode === 0 && !result.timedOut) return `${result.stdout.head}${result.stdout.tail}`;
    throw this.#failed(what, result);
  }

  /** The dump goes to the program while it is fetched. What fails on either side ends the other one. */
  async feed(
    dump: StoredDump,
    command: SourceCommand,
    what: string,
    { after = '', observe }: { after?: string; observe?: (chunk: Uint8Array) => void } = {},
  ) {
    const { host, signal } = this.#place;
    const broken = new AbortController();
    const ended = new AbortController();
    const pipe = new PassThrough();
    let bytesDone = 0;
    const reading = this.#cat(dump.file, AbortSignal.any([signal, ended.signal]), async (chunk) => {
      observe?.(chunk);
      bytesDone += chunk.length;
      this.#place.onProgress?.({ bytesDone, bytesTotal: dump.bytes });
      if (!pipe.write(Buffer.from(chunk))) await drained(pipe, ended.signal);
    }).then(
      () => {
        pipe.end(after);
      },
      (error: unknown) => {
        // No end: a program that sees one takes what it has for the whole.
        if (!ended.signal.aborted) broken.abort(error);
        throw error;
      },
    );
    reading.catch(() => undefined);
    let result: Awaited<ReturnType<Host['run']>>;
    try {
      result = await host.run(
        { ...this.#asked(command), stdinSource: () => pipe },
        AbortSignal.any([signal, broken.signal]),
      );
    } catch (error) {
      throw broken.signal.aborted ? broken.signal.reason : error;
    } finally {
      ended.abort(new Error('the program has ended'));
      pipe.destroy();
    }
    if (broken.signal.aborted) throw broken.signal.reason;
    signal.throwIfAborted();
    if (result.exitCode !== 0 || result.timedOut) throw this.#failed(what, result);
    await reading.catch(() => {
      throw loadFailed(`${what} ended well, but has not read the dump to its end`);
    });
    return result;
  }

  #asked({ argv, env, cwd }: SourceCommand) {
    const become = this.#request.target.become ?? this.#place.host.target.become;
    return { argv, ...(env ? { env } : {}), ...(cwd === undefined ? {} : { cwd }), ...(become ? { become } : {}) };
  }

  #failed(what: string, { exitCode, signal, timedOut, stderr }: Awaited<ReturnType<Host['run']>>): OaopsError {
    const said = `${stderr.head}${stderr.tail}`.trim().split('\n');
    const told = said.find((line) => /error|fatal/i.test(line)) ?? said.at(-1) ?? '';
    const how = timedOut
      ? 'did not end in time'
      : signal
        ? `was ended by ${signal}`
        : `ended with exit code ${exitCode}`;
    return loadFailed(this.#place.redact(`${what} ${how}${told === '' ? '' : `: ${told.trim().slice(0, 300)}`}`));
  }

  async #cat(file: string, signal: AbortSignal, write: (chunk: Buffer) => Promise<void>): Promise<void> {
    const { choice, source } = this.#request;
    const { stateDir } = this.#place;
    const request = {
      // Each part from the same snapshot, also when a newer one comes meanwhile.
      snapshot: this.snapshot || this.#request.snapshot,
      ...(choice && this.snapshot === '' ? { choice } : {}),
      path: `/${dumpPath(source)}/${file}`,
    };
    const result = await catSnapshot(this.#repository, request, { ...(stateDir ? { stateDir } : {}), signal, write });
    this.snapshot = result.snapshot;
    this.warnings.push(...result.warnings);
  }
}

function drained(pipe: PassThrough, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    pipe.once('drain', () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return messageOf(error);
  }
}

function withoutUndefined({
  database,
  ...dump
}: { database?: string | undefined } & Omit<StoredDump, 'database'>): StoredDump {
  return { ...dump, ...(database === undefined ? {} : { database }) };
}

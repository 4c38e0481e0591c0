import { type Clock, isoTime } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { parseDuration } from '../../core/units.ts';
import type { Host, StreamResult } from '../../engine/ports.ts';
import type { ByteString } from '../format/byte-string.ts';
import { dumpFactsName, dumpPath } from '../format/dumps.ts';
import type { Problem } from '../format/manifest-root.ts';
import { comparePaths } from '../format/path-order.ts';
import { planSource } from './kinds.ts';
import type { DumpSource } from './schema.ts';
import { type Dump, DumpFailure, howItEnded, type SourceCommand, type SourceRunner } from './types.ts';

/** What sources need from outside. */
export interface DumpDoor {
  /** A host of the inventory by name; undefined is this machine. */
  host(name: string | undefined, signal: AbortSignal): Promise<Host>;
  secret(ref: string): Promise<string>;
  /** Takes known secrets out of a text. */
  redact(text: string): string;
}

/** Takes the bytes of one dump. */
export interface DumpSink<Content> {
  write(chunk: Uint8Array): Promise<void>;
  /** `content` is undefined when nothing was written. */
  finish(): Promise<{ sizeBytes: number; sha256: string | undefined; content: Content | undefined }>;
}

/** A dump that counts. */
export interface DumpedFile<Content> {
  path: ByteString;
  sizeBytes: number;
  content: Content | undefined;
  /** When it ended. */
  timeMs: number;
}

export interface RunDumpsOptions<Content> {
  door: DumpDoor;
  clock: Clock;
  newSink: () => DumpSink<Content>;
  /** Ends at once, as do both of these. */
  signal: AbortSignal;
  stopping: AbortSignal;
  report: (problem: Problem) => void;
  onDump: (path: ByteString, bytes: number) => void;
}

/** How much of the beginning and the end of a dump is looked at. */
const edgeBytes = 4096;
/** Lists of databases and versions are shorter. */
const mostAnswerBytes = 4 * 1024 * 1024;
const answerTimeoutMs = 5 * 60_000;

/**
 * Makes the dumps of all sources, one after the other, and gives those that count, in manifest order. A dump whose exit code,
 * beginning, end or size is not right is a problem and no file; the others go on. What the sink throws is thrown: then the
 * backup itself has failed.
 */
export async function runDumps<Content>(
  sources: readonly DumpSource[],
  options: RunDumpsOptions<Content>,
): Promise<DumpedFile<Content>[]> {
  const files: DumpedFile<Content>[] = [];
  for (const source of sources) {
    if (options.stopping.aborted) break;
    files.push(...(await new SourceRun(source, options).run()));
  }
  return files.sort((a, b) => comparePaths(a.path, b.path));
}

class SourceRun<Content> {
  readonly #source: DumpSource;
  readonly #options: RunDumpsOptions<Content>;
  readonly #signal: AbortSignal;

  constructor(source: DumpSource, options: RunDumpsOptions<Content>) {
    this.#source = source;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, options.stopping]);
  }

  async run(): Promise<DumpedFile<Content>[]> {
    const { door } = this.#options;
    const source = this.#source;
    const files: DumpedFile<Content>[] = [];
    const told: Record<string, unknown>[] = [];
    let runner: SourceRunner | undefined;
    const planned = await this.#attempt(dumpPath(source.id), async () => {
      const host = await door.host(source.host, this.#signal);
      runner = { host, ask: (command, what) => this.#ask(host, command, what), secret: (ref) => door.secret(ref) };
      const plan = await planSource(source, runner);
      if (plan.dumps.length === 0) throw new DumpFailure('there is nothing to dump: the server lists no database');
      return plan;
    });
    if (!planned || !runner) return [];
    const { host } = runner;
    for (const dump of planned.dumps) {
      const path = dumpPath(source.id, dump.file);
      const file = await this.#attempt(path, () => this.#dump(host, dump, path));
      if (!file) continue;
      const { sha256, ...dumped } = file;
      files.push(dumped);
      const { file: name, database } = dump;
      told.push({ file: name, ...(database === undefined ? {} : { database }), bytes: file.sizeBytes, sha256 });
    }
    if (files.length > 0) files.push(await this.#facts(planned.facts, told, host));
    return files;
  }

  /** undefined when it failed, and that has been told, or the backup was stopped. */
  async #attempt<T>(path: ByteString, work: () => Promise<T>): Promise<T | undefined> {
    const options = this.#options;
    if (options.stopping.aborted) return undefined;
    options.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      options.signal.throwIfAborted();
      if (options.stopping.aborted) return undefined;
      if (error instanceof SinkFailure) throw error.cause;
      options.report({ class: 'dump-failed', path: `/${path}`, message: options.door.redact(messageOf(error)) });
      return undefined;
    }
  }

  async #dump(host: Host, dump: Dump, path: ByteString): Promise<DumpedFile<Content> & { sha256: string | undefined }> {
    const sink = this.#options.newSink();
    const edges = new Edges();
    const write = async (chunk: Uint8Array): Promise<void> => {
      edges.push(chunk);
      try {
        await sink.write(chunk);
      } catch (error) {
        throw new SinkFailure(error);
      }
      this.#options.onDump(path, chunk.length);
    };
    const result = await host.stream(
      { ...this.#request(host, dump.command), ...this.#timeout(), onData: write },
      this.#signal,
    );
    this.#check(dump, result, edges);
    try {
      return { path, ...(await sink.finish()), timeMs: this.#options.clock.nowMs() };
    } catch (error) {
      throw new SinkFailure(error);
    }
  }

  /** @throws DumpFailure */
  #check(dump: Dump, result: StreamResult, edges: Edges): void {
    const { exitCodes = [0], header, trailer } = dump;
    const minBytes = this.#source.minBytes ?? dump.minBytes ?? 1;
    if (result.timedOut || result.exitCode === null || !exitCodes.includes(result.exitCode))
      throw new DumpFailure(howItEnded(result, this.#nameOf(dump)));
    if (edges.bytes < Math.max(1, minBytes))
      throw new DumpFailure(
        edges.bytes === 0
          ? `the dump of ${dump.what} is empty`
          : `the dump of ${dump.what} has ${edges.bytes} bytes, and ${minBytes} are expected at least`,
      );
    if (header && !header.test(edges.head.toString('latin1')))
      throw new DumpFailure(`the dump of ${dump.what} does not begin as one: it begins with ${shown(edges.head)}`);
    if (trailer && !trailer.test(edges.tail.toString('utf8')))
      throw new DumpFailure(`the dump of ${dump.what} is cut off: the line that ends it is missing`);
  }

  #nameOf({ what, command }: Dump): string {
    const program = command.argv[(this.#source.via ?? []).length] ?? command.argv[0]!;
    return program === '/bin/sh' ? `the dump of ${what}` : `${program.split('/').at(-1)} of ${what}`;
  }

  #request(host: Host, { argv, env, cwd }: SourceCommand) {
    const become = this.#source.become ?? host.target.become;
    return { argv, ...(env ? { env } : {}), ...(cwd === undefined ? {} : { cwd }), ...(become ? { become } : {}) };
  }

  #timeout(): { timeoutMs?: number } {
    const { timeout } = this.#source;
    return timeout === undefined ? {} : { timeoutMs: parseDuration(timeout) };
  }

  async #ask(host: Host, command: SourceCommand, what: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const onData = (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > mostAnswerBytes) throw new DumpFailure(`${what} said more than can be a list`);
      chunks.push(Buffer.from(chunk));
    };
    const request = { ...this.#request(host, command), timeoutMs: answerTimeoutMs, onData };
    const result = await host.stream(request, this.#signal);
    if (result.exitCode !== 0 || result.timedOut) throw new DumpFailure(howItEnded(result, what));
    return Buffer.concat(chunks).toString();
  }

  async #facts(facts: object, dumps: readonly object[], host: Host): Promise<DumpedFile<Content>> {
    const { type, id } = this.#source;
    const timeMs = this.#options.clock.nowMs();
    const text = JSON.stringify({ type, id, host: host.target.name, made: isoTime(timeMs), ...facts, dumps }, null, 2);
    const sink = this.#options.newSink();
    await sink.write(Buffer.from(`${this.#options.door.redact(text)}\n`));
    const { sha256: _, ...stored } = await sink.finish();
    return { path: dumpPath(id, dumpFactsName), ...stored, timeMs };
  }
}

/** A failure of ours, not of the dump. */
class SinkFailure extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** Beginning, end and length of a stream. */
class Edges {
  head = Buffer.alloc(0);
  tail = Buffer.alloc(0);
  bytes = 0;

  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.head.length < edgeBytes)
      this.head = Buffer.concat([this.head, chunk.subarray(0, edgeBytes - this.head.length)]);
    this.tail =
      chunk.length >= edgeBytes
        ? Buffer.from(chunk.subarray(chunk.length - edgeBytes))
        : Buffer.concat([this.tail, chunk]).subarray(-edgeBytes);
  }
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, 40));
}

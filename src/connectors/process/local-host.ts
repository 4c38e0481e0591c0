import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { newId, type RandomSource } from '../../core/ids.ts';
import type { Host, ProcessRequest, ProcessResult, Recovered, SecretDoor, Target } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { type BecomePlan, planBecome } from './become.ts';
import { commandEnvironment } from './environment.ts';
import { parseExit, parsePid, signalOf } from './exit.ts';
import { notStarted } from './failures.ts';
import { type FileOptions, LocalFiles, type SourcedRequest } from './files.ts';
import { OutputFollower } from './follow.ts';
import { markerName } from './marker.ts';
import { assertEnvName, posixQuote } from './quote.ts';
import { endTreeText, supervisorText } from './supervisor.ts';

export interface LocalHostOptions {
  /** Marker folders lie in `<stateDir>/units`. */
  stateDir: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  random: RandomSource;
  secrets?: SecretDoor;
  /** Folder in which commands without `cwd` run. */
  cwd: string;
  /** Time between TERM and KILL; default 5 s. */
  graceMs?: number;
}

/** What one step of watching a unit found. */
type Watch = 'exited' | 'gone' | 'alive' | 'starting';

/** The local machine. Commands run under the supervisor, so that another process of oaops can find them again. */
export class LocalHost implements Host {
  readonly target: Target;
  readonly #options: LocalHostOptions;
  readonly #unitsDir: string;
  readonly #files: LocalFiles;

  constructor(target: Target, options: LocalHostOptions) {
    this.target = target;
    this.#options = options;
    this.#unitsDir = join(options.stateDir, 'units');
    this.#files = new LocalFiles((request, signal) => this.run(request, signal));
  }

  async run(request: SourcedRequest, signal: AbortSignal): Promise<ProcessResult> {
    const argv = commandOf(request);
    signal.throwIfAborted();
    const { clock, random } = this.#options;
    const key = request.supervise?.key;
    const unit = markerName(key ?? `once.${newId(clock.nowMs(), random)}`);
    const given = request.env ?? {};
    for (const name of Object.keys(given)) assertEnvName(name);
    const plan = await planBecome(
      request.become,
      argv,
      given,
      this.#options.secrets,
      `end-${newId(clock.nowMs(), random)}`,
    );
    const dir = this.#makeMarker(unit);
    try {
      const result = await this.#runIn(dir, unit, plan, request, signal);
      if (key === undefined) this.#removeMarker(dir);
      return result;
    } catch (error) {
      // A command that was not started leaves nothing to be found again.
      if (key === undefined || isNotStarted(dir)) this.#removeMarker(dir);
      throw error;
    }
  }

  async recover(key: string): Promise<Recovered> {
    const dir = join(this.#unitsDir, markerName(key));
    // Taking the claim keeps a supervisor that was about to start from starting.
    if (this.#claim(dir)) return { state: 'not-started' };
    // It has claimed the unit a moment ago, and not written its pid yet.
    const deadline = this.#options.clock.monotonicMs() + 1000;
    let watch = this.#watch(dir);
    while (watch === 'starting' && this.#options.clock.monotonicMs() < deadline) {
      await this.#options.clock.sleep(20);
      watch = this.#watch(dir);
    }
    if (watch === 'exited') return { state: 'exited', result: await this.#collect(dir) };
    if (watch !== 'alive') return { state: 'unknown' };
    return { state: 'alive', wait: (signal) => this.#attach(dir, markerName(key), signal) };
  }

  async forget(key: string): Promise<void> {
    this.#removeMarker(join(this.#unitsDir, markerName(key)));
  }

  writeFile(
    path: string,
    data: Uint8Array,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<void> {
    return this.#files.writeFile(path, data, options, signal);
  }

  upload(
    localPath: string,
    remotePath: string,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<{ sha256: string; sizeBytes: number }> {
    return this.#files.upload(localPath, remotePath, options, signal);
  }

  hashFile(
    path: string,
    signal: AbortSignal,
    become?: BecomeSpec,
  ): Promise<{ sha256: string; sizeBytes: number } | null> {
    return this.#files.hashFile(path, signal, become);
  }

  readFile(path: string, maxBytes: number, signal: AbortSignal, become?: BecomeSpec): Promise<Uint8Array | null> {
    return this.#files.readFile(path, maxBytes, signal, become);
  }

  async #runIn(
    dir: string,
    unit: string,
    plan: BecomePlan,
    request: SourcedRequest,
    signal: AbortSignal,
  ): Promise<ProcessResult> {
    const { execa } = await import('execa');
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const input = plan.stdinPrefix + (request.stdin ?? '');
    const hasInput = input !== '' || request.stdinSource !== undefined;
    const env = { ...commandEnvironment(this.#options.env, request.env), OAOPS_UNIT: unit };
    const child = execa(
      '/bin/sh',
      ['-c', supervisorText, 'oaops-unit', dir, request.cwd ?? '', plan.mode, plan.user, plan.keepEnv, ...plan.argv],
      {
        cwd: this.#options.cwd,
        env,
        extendEnv: false,
        // A session of its own: a signal to oaops's process group or a closed terminal does not reach the command.
        detached: true,
        cleanup: false,
        reject: false,
        buffer: false,
        stdin: hasInput ? 'pipe' : 'ignore',
        stdout: 'ignore',
        stderr: 'ignore',
      },
    );
    // A command that does not read its stdin is no error (EPIPE).
    child.stdin?.on('error', () => {});
    if (child.stdin) sendInput(child.stdin, input, request.stdinSource);
    const follower = new OutputFollower(dir, request.onOutput);
    try {
      const ended = child.then((outcome) => {
        if (outcome.failed && child.pid === undefined) {
          throw new OaopsError(
            'process-not-started',
            `/bin/sh could not be started: ${messageOf(outcome.cause ?? outcome)}`,
          );
        }
      });
      const timedOut = await this.#guard(ended, follower, dir, unit, request.timeoutMs, request.become, signal);
      return this.#result(dir, follower, clock.monotonicMs() - startedMs, timedOut, request);
    } finally {
      await follower.close();
    }
  }

  /** Waits for the end; on timeout or abort ends the process tree first. True when the time was over. */
  async #guard(
    ended: Promise<void>,
    follower: OutputFollower,
    dir: string,
    unit: string,
    timeoutMs: number | undefined,
    become: BecomeSpec | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock } = this.#options;
    const over = new AbortController();
    let timedOut = false;
    let ending: Promise<void> | undefined;
    // A tree that cannot be ended must not keep oaops waiting for ever.
    const cannotEnd = Promise.withResolvers<never>();
    cannotEnd.promise.catch(() => {});
    const end = () => {
      ending ??= this.#endTree(dir, unit, become).catch(cannotEnd.reject);
    };
    if (timeoutMs !== undefined) {
      clock.sleep(timeoutMs, over.signal).then(
        () => {
          timedOut = true;
          end();
        },
        () => {},
      );
    }
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      await Promise.race([follower.follow(ended, clock), cannotEnd.promise]);
      await ended;
    } finally {
      over.abort();
      signal.removeEventListener('abort', end);
    }
    await ending;
    return timedOut;
  }

  async #attach(dir: string, unit: string, signal: AbortSignal): Promise<ProcessResult> {
    const { clock } = this.#options;
    const follower = new OutputFollower(dir);
    try {
      const ended = (async () => {
        while (['alive', 'starting'].includes(this.#watch(dir))) await clock.sleep(100);
      })();
      await this.#guard(ended, follower, dir, unit, undefined, undefined, signal);
      return this.#result(dir, follower, undefined, false, undefined);
    } finally {
      await follower.close();
    }
  }

  async #collect(dir: string): Promise<ProcessResult> {
    const follower = new OutputFollower(dir);
    try {
      await follower.drain();
      return this.#result(dir, follower, undefined, false, undefined);
    } finally {
      await follower.close();
    }
  }

  #result(
    dir: string,
    follower: OutputFollower,
    durationMs: number | undefined,
    timedOut: boolean,
    request: ProcessRequest | undefined,
  ): ProcessResult {
    const exit = parseExit(readText(join(dir, 'exit')));
    if (exit?.kind === 'failed' && !(timedOut && exit.reason === 'command-not-started')) {
      throw notStarted(exit.reason, {
        target: this.target.name,
        argv: request?.argv ?? [],
        cwd: request?.cwd,
        become: request?.become,
      });
    }
    if (!exit && !timedOut) {
      throw new OaopsError(
        'process-vanished',
        `the supervisor of the command on ${this.target.name} ended without writing an exit code`,
        {
          next: 'Find out whether the command did its work: the outcome is unknown.',
        },
      );
    }
    const code = exit?.kind === 'exit' ? exit.code : null;
    return {
      exitCode: code,
      signal: code === null ? null : signalOf(code),
      timedOut,
      ...follower.finish(),
      durationMs: durationMs ?? Math.max(0, statSync(join(dir, 'exit')).mtimeMs - statSync(join(dir, 'pid')).mtimeMs),
    };
  }

  #watch(dir: string): Watch {
    if (existsSync(join(dir, 'exit'))) return 'exited';
    const record = parsePid(readText(join(dir, 'pid')));
    if (!record) return existsSync(dir) ? 'starting' : 'gone';
    if (isAlive(record)) return 'alive';
    // It may have ended between the two looks.
    return existsSync(join(dir, 'exit')) ? 'exited' : 'gone';
  }

  async #endTree(dir: string, unit: string, become: BecomeSpec | undefined): Promise<void> {
    const { clock, graceMs = 5000 } = this.#options;
    const deadline = clock.monotonicMs() + 2000;
    // Taking the claim keeps a supervisor that was about to start from starting.
    if (this.#claim(dir)) writeFileSync(join(dir, 'exit'), 'failed command-not-started 0\n');
    while (this.#watch(dir) === 'starting' && clock.monotonicMs() < deadline) await clock.sleep(10);
    const record = parsePid(readText(join(dir, 'pid')));
    const { execa } = await import('execa');
    const parameters = [unit, String(record?.pid ?? 0), record?.startTime ?? '-', String(Math.ceil(graceMs / 100))];
    const script = ['/bin/sh', '-c', endTreeText, 'oaops-end', ...parameters];
    const environment = {
      env: commandEnvironment(this.#options.env),
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    } as const;
    let { stdout } = await execa(script[0]!, script.slice(1), environment);
    if (stdout.trim() !== '' && become && become.method !== 'su') {
      // Processes of the other account: it may be allowed to end its own.
      ({ stdout } = await execa(become.method, ['-n', '-u', become.user, '--', ...script], environment));
    }
    if (stdout.trim() !== '') {
      throw new OaopsError(
        'process-not-ended',
        `processes of the command could not be ended on ${this.target.name}: ${stdout.trim()}`,
        {
          next: `End them by hand: kill -9 ${stdout.trim()}`,
          details: { pids: stdout.trim().split(' ').map(Number) },
        },
      );
    }
  }

  /** True when nobody had claimed the unit: now nobody else can. */
  #claim(dir: string): boolean {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    try {
      mkdirSync(join(dir, 'claim'));
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  #makeMarker(unit: string): string {
    const dir = join(this.#unitsDir, unit);
    mkdirSync(this.#unitsDir, { recursive: true, mode: 0o700 });
    if (existsSync(dir)) {
      if (this.#watch(dir) === 'alive') {
        throw new OaopsError('unit-running', `the command ${unit} is already running`, {
          next: 'Wait for it, or resume its run.',
        });
      }
      this.#removeMarker(dir);
    }
    mkdirSync(dir, { mode: 0o700 });
    for (const name of ['out', 'err']) writeFileSync(join(dir, name), '', { mode: 0o600 });
    return dir;
  }

  #removeMarker(dir: string): void {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes text, then a stream, to the stdin of a process; one that does not read it is no error. */
function sendInput(stdin: NodeJS.WritableStream, text: string, source: SourcedRequest['stdinSource']): void {
  if (!source) {
    stdin.end(text);
    return;
  }
  stdin.write(text);
  const stream = source();
  stream.on('error', () => stdin.end());
  stream.pipe(stdin);
}

/** The command as words. `shell: true` is the only way to a shell, and the values stay its parameters. */
export function commandOf(request: ProcessRequest): string[] {
  const [program, ...rest] = request.argv;
  if (program === undefined || program === '') {
    throw usageError('argv-empty', 'there is no program to run', {
      next: 'Give the program as the first word of argv.',
    });
  }
  if (request.shell) return ['/bin/sh', '-c', program, 'sh', ...rest];
  if (program.startsWith('-')) {
    throw usageError('argv-invalid', `"${program}" is not a program: it starts with a hyphen`, {
      next: 'Write ./ or a full path before it.',
    });
  }
  // Refuses what no process can receive, before anything is started.
  for (const word of request.argv) posixQuote(word);
  return [program, ...rest];
}

function isAlive(record: { pid: number; startTime: string; bootId: string }): boolean {
  const bootId = readText('/proc/sys/kernel/random/boot_id').trim();
  if (bootId !== '' && record.bootId !== '-' && bootId !== record.bootId) return false;
  if (record.startTime === '-') {
    try {
      process.kill(record.pid, 0);
      return true;
    } catch {
      return false;
    }
  }
  const stat = readText(`/proc/${record.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended already; its parent has not looked yet.
  return fields[19] === record.startTime && fields[0] !== 'Z' && fields[0] !== 'X';
}

function isNotStarted(dir: string): boolean {
  return parseExit(readText(join(dir, 'exit')))?.kind === 'failed';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

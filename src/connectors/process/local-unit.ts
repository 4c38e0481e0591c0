import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import type { ProcessRequest, ProcessResult, SecretDoor } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import type { BecomePlan } from './become.ts';
import { startDeadline } from './deadline.ts';
import { baseEnvironment } from './environment.ts';
import { notStarted } from './failures.ts';
import { OutputFollower } from './follow.ts';
import type { MarkerFolder } from './marker-folder.ts';
import { commandVariables } from './quote.ts';
import { assertEnded, unitResult } from './result.ts';
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

/** One command on the local machine, from its start, or from being found again, to its result. */
export class LocalUnit {
  readonly #target: string;
  readonly #marker: MarkerFolder;
  readonly #options: LocalHostOptions;

  constructor(target: string, marker: MarkerFolder, options: LocalHostOptions) {
    this.#target = target;
    this.#marker = marker;
    this.#options = options;
  }

  async start(plan: BecomePlan, request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const { execa } = await import('execa');
    const { clock } = this.#options;
    const { dir, name } = this.#marker;
    const startedMs = clock.monotonicMs();
    const input = plan.stdinPrefix + (request.stdin ?? '');
    const hasInput = input !== '' || request.stdinSource !== undefined;
    const env = {
      ...baseEnvironment(this.#options.env),
      OAOPS_UNIT: name,
      OAOPS_ENV: commandVariables(request.env),
    };
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
    const ended = child.then((outcome) => {
      if (outcome.failed && child.pid === undefined) {
        if (errnoOf(outcome.cause) === 'E2BIG') throw tooLong(this.#target, request, name);
        throw new OaopsError(
          'process-not-started',
          `/bin/sh could not be started: ${messageOf(outcome.cause ?? outcome)}`,
        );
      }
    });
    return this.#follow(ended, request, signal, () => clock.monotonicMs() - startedMs);
  }

  /** Waits for a command that another process of oaops has started. */
  async attach(signal: AbortSignal): Promise<ProcessResult> {
    const { clock } = this.#options;
    const ended = (async () => {
      while (['alive', 'starting'].includes(this.#marker.watch())) await clock.sleep(100);
    })();
    return this.#follow(ended, undefined, signal, () => this.#marker.durationMs);
  }

  /** The result of a command that has ended. */
  async collect(): Promise<ProcessResult> {
    return this.#follow(Promise.resolve(), undefined, new AbortController().signal, () => this.#marker.durationMs);
  }

  /** Reads the outputs until the end; on timeout or abort ends the process tree first. */
  async #follow(
    ended: Promise<void>,
    request: ProcessRequest | undefined,
    signal: AbortSignal,
    durationMs: () => number,
  ): Promise<ProcessResult> {
    const { clock } = this.#options;
    const follower = new OutputFollower(this.#marker.dir, request?.onOutput);
    let ending: Promise<void> | undefined;
    // A tree that cannot be ended must not keep oaops waiting for ever.
    const cannotEnd = Promise.withResolvers<never>();
    cannotEnd.promise.catch(() => {});
    const deadline = startDeadline(clock, request?.timeoutMs, signal, () => {
      ending ??= this.#endTree(request?.become).catch(cannotEnd.reject);
    });
    try {
      try {
        await Promise.race([follower.follow(ended, clock), cannotEnd.promise]);
        await ended;
      } finally {
        deadline.release();
      }
      await ending;
      return unitResult({
        target: this.#target,
        unit: this.#marker.name,
        exit: this.#marker.exit,
        timedOut: deadline.timedOut,
        request,
        durationMs,
        outputs: () => follower.finish(),
      });
    } finally {
      await follower.close();
    }
  }

  async #endTree(become: BecomeSpec | undefined): Promise<void> {
    const { clock, graceMs = 5000 } = this.#options;
    const marker = this.#marker;
    const deadline = clock.monotonicMs() + 2000;
    // Taking the claim keeps a supervisor that was about to start from starting.
    if (marker.claim()) marker.refuse('command-not-started');
    while (marker.watch() === 'starting' && clock.monotonicMs() < deadline) await clock.sleep(10);
    const record = marker.pid;
    const { execa } = await import('execa');
    const grace = String(Math.ceil(graceMs / 100));
    const parameters = [
      marker.name,
      String(record?.pid ?? 0),
      record?.startTime ?? '-',
      grace,
      join(marker.dir, 'exit'),
    ];
    const script = ['/bin/sh', '-c', endTreeText, 'oaops-end', ...parameters];
    const environment = {
      env: baseEnvironment(this.#options.env),
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    } as const;
    let { stdout } = await execa(script[0]!, script.slice(1), environment);
    if (stdout.trim() !== '' && become && become.method !== 'su') {
      // Processes of the other account: it may be allowed to end its own.
      ({ stdout } = await execa(become.method, ['-n', '-u', become.user, '--', ...script], environment));
    }
    assertEnded(this.#target, stdout);
  }
}

function tooLong(target: string, request: ProcessRequest, unit: string): OaopsError {
  return notStarted('command-too-long', { target, unit, argv: request.argv });
}

/** Writes text, then a stream, to the stdin of a process; one that does not read it is no error. */
function sendInput(stdin: NodeJS.WritableStream, text: string, source: ProcessRequest['stdinSource']): void {
  if (!source) {
    stdin.end(text);
    return;
  }
  stdin.write(text);
  const stream = source();
  stream.on('error', () => stdin.end());
  stream.pipe(stdin);
}

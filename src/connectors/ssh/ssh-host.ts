import { createReadStream } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { hashLocalFile } from '../../core/hash-file.ts';
import { newId, type RandomSource } from '../../core/ids.ts';
import type { Host, ProcessRequest, ProcessResult, Recovered, SecretDoor, Target } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { planBecome } from '../process/become.ts';
import { OutputCapture } from '../process/capture.ts';
import { parseExit, signalOf } from '../process/exit.ts';
import { notStarted } from '../process/failures.ts';
import { type FileOptions, ShellFiles, type SourcedRequest } from '../process/files.ts';
import { commandOf } from '../process/local-host.ts';
import { markerName } from '../process/marker.ts';
import { exportLines, posixQuote, posixQuoteAll } from '../process/quote.ts';
import { bootstrapText, endTreeText, supervisorText } from '../process/supervisor.ts';
import { MarkedStream } from './marked-stream.ts';
import type { HostPool } from './pool.ts';
import { attachText, endText, forgetText, launchText, probeText } from './remote-texts.ts';
import { assignments, printfText, type StdinSource, transfer } from './transfer.ts';

export interface SshHostOptions {
  clock: Clock;
  random: RandomSource;
  secrets?: SecretDoor;
  /** Time between TERM and KILL; default 5 s. */
  graceMs?: number;
  /** How long a lost session is tried to be re-attached; default 5 min. */
  reattachMs?: number;
}

/** Where a unit on the far side stands, as far as it has arrived here. */
interface Following {
  unit: string;
  once: boolean;
  out: OutputCapture;
  err: OutputCapture;
  /** False while the command waits for a channel: then nothing is on its way, and `queue` takes it back. */
  sent: boolean;
  queue: AbortController;
  /** Last line of the launcher or follower: `exit 0 1732298712`, `failed ...`, `gone`, `missing`. */
  ended?: string;
}

const command = `/bin/sh -c ${posixQuote(bootstrapText)}`;

/**
 * A machine behind ssh. The login shell reads one fixed line; the scripts, the command, its environment and its stdin go in
 * on the channel's stdin, so they show up in no process list but as the command itself. Commands run under the same
 * supervisor as local ones, in a session of their own: when the connection is lost they go on, and are followed again.
 */
export class SshHost implements Host {
  readonly target: Target;
  readonly #pool: HostPool;
  readonly #options: SshHostOptions;
  readonly #files: ShellFiles;

  constructor(target: Target, pool: HostPool, options: SshHostOptions) {
    this.target = target;
    this.#pool = pool;
    this.#options = options;
    this.#files = new ShellFiles((request, signal) => this.run(request, signal));
  }

  async run(request: SourcedRequest, signal: AbortSignal): Promise<ProcessResult> {
    const argv = commandOf(request);
    const { clock } = this.#options;
    const key = request.supervise?.key;
    const nonce = this.#nonce();
    const env = request.env ?? {};
    const plan = await planBecome(request.become, argv, env, this.#options.secrets, this.#nonce());
    const { onOutput } = request;
    const following: Following = {
      unit: markerName(key ?? `once.${newId(clock.nowMs(), this.#options.random)}`),
      once: key === undefined,
      sent: false,
      queue: new AbortController(),
      out: new OutputCapture(onOutput && ((text) => onOutput('stdout', text))),
      err: new OutputCapture(onOutput && ((text) => onOutput('stderr', text))),
    };
    const text = plan.stdinPrefix + (request.stdin ?? '');
    const script = [
      assignments({
        n: nonce,
        u: following.unit,
        s: supervisorText,
        env: exportLines(env),
        h: request.stdinSource ? 'raw' : text === '' ? 'none' : 'text',
        in: request.stdinSource ? '' : printfText(text),
        once: following.once ? '1' : '',
      }),
      `set -- ${posixQuoteAll([request.cwd ?? '', plan.mode, plan.user, plan.keepEnv, ...plan.argv])}\n`,
      launchText,
    ].join('');
    const startedMs = clock.monotonicMs();
    const source = request.stdinSource && { prefix: plan.stdinPrefix, open: request.stdinSource };
    const timedOut = await this.#guard(following, request, signal, (inner) =>
      this.#followAll(following, nonce, script, inner, source),
    );
    return this.#result(following, clock.monotonicMs() - startedMs, timedOut, request);
  }

  async recover(key: string): Promise<Recovered> {
    const unit = markerName(key);
    const never = new AbortController().signal;
    let state = await this.#ask(assignments({ u: unit }) + probeText, never);
    for (let tries = 0; state === 'starting' && tries < 5; tries++) {
      await this.#options.clock.sleep(200);
      state = await this.#ask(assignments({ u: unit }) + probeText, never);
    }
    if (state === 'exited') return { state: 'exited', result: await this.#attach(unit, never) };
    if (state === 'alive') return { state: 'alive', wait: (signal) => this.#attach(unit, signal) };
    return state === 'not-started' ? { state } : { state: 'unknown' };
  }

  async forget(key: string): Promise<void> {
    await this.#ask(assignments({ u: markerName(key) }) + forgetText, new AbortController().signal);
  }

  writeFile(
    path: string,
    data: Uint8Array,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<void> {
    return this.#files.writeFile(path, data, options, signal);
  }

  async upload(
    localPath: string,
    remotePath: string,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<{ sha256: string; sizeBytes: number }> {
    const wanted = await hashLocalFile(localPath, signal);
    await this.#files.install(() => createReadStream(localPath), wanted.sha256, remotePath, options, signal);
    return wanted;
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

  async #attach(unit: string, signal: AbortSignal): Promise<ProcessResult> {
    const following: Following = {
      unit,
      once: false,
      sent: true,
      queue: new AbortController(),
      out: new OutputCapture(),
      err: new OutputCapture(),
    };
    const nonce = this.#nonce();
    await this.#guard(following, undefined, signal, (inner) =>
      this.#followAll(following, nonce, attachScript(following, nonce), inner),
    );
    return this.#result(following, undefined, false, undefined);
  }

  /** Launches or attaches, and attaches again as long as sessions get lost. */
  async #followAll(
    following: Following,
    nonce: string,
    script: string,
    signal: AbortSignal,
    source?: StdinSource,
  ): Promise<void> {
    const { clock, reattachMs = 300_000 } = this.#options;
    await this.#followOnce(following, nonce, script, signal, source);
    let lostAtMs = clock.monotonicMs();
    let pauseMs = 200;
    while (following.ended === undefined) {
      signal.throwIfAborted();
      const before = following.out.totalBytes + following.err.totalBytes;
      try {
        const mark = this.#nonce();
        await this.#followOnce(following, mark, attachScript(following, mark), signal);
      } catch (error) {
        if (!isTransient(error) || clock.monotonicMs() - lostAtMs > reattachMs) throw this.#lost(following, error);
      }
      if (following.ended !== undefined) return;
      if (following.out.totalBytes + following.err.totalBytes > before) {
        lostAtMs = clock.monotonicMs();
        pauseMs = 200;
      }
      if (clock.monotonicMs() - lostAtMs > reattachMs) throw this.#lost(following, undefined);
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(5000, pauseMs * 1.6);
    }
  }

  async #followOnce(
    following: Following,
    nonce: string,
    script: string,
    signal: AbortSignal,
    source?: StdinSource,
  ): Promise<void> {
    const { queue } = following;
    const waiting = following.sent ? signal : AbortSignal.any([signal, queue.signal]);
    const channel = await this.#pool.exec(command, waiting);
    if (!following.sent && queue.signal.aborted) {
      channel.close();
      throw queue.signal.reason;
    }
    following.sent = true;
    const out = new MarkedStream(nonce, (chunk) => following.out.push(chunk));
    const err = new MarkedStream(nonce, (chunk) => following.err.push(chunk));
    await transfer(channel, script, out, err, this.#nonce(), signal, source);
    if (out.complete && err.complete) following.ended = err.trailer;
  }

  /** Runs a script that only asks or tidies; gives what it printed. Tried once more when the connection was lost. */
  async #ask(script: string, signal: AbortSignal, urgent = false): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const nonce = this.#nonce();
      const chunks: Buffer[] = [];
      const out = new MarkedStream(nonce, (chunk) => chunks.push(Buffer.from(chunk)));
      const err = new MarkedStream(nonce, () => {});
      try {
        const channel = await this.#pool.exec(command, signal, urgent);
        await transfer(channel, assignments({ n: nonce }) + script, out, err, this.#nonce(), signal);
        if (out.complete) return Buffer.concat(chunks).toString().trim();
      } catch (error) {
        if (!isTransient(error) || attempt >= 2) throw error;
      }
      if (attempt >= 2)
        throw new OaopsError('session-lost', `the connection to ${this.target.name} was lost`, {
          next: 'Try again when the network is stable.',
        });
    }
  }

  /** As on the local machine: on timeout or abort the tree is ended there, and its exit code still waited for. */
  async #guard(
    following: Following,
    request: ProcessRequest | undefined,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    signal.throwIfAborted();
    const { clock } = this.#options;
    const over = new AbortController();
    const giveUp = new AbortController();
    let timedOut = false;
    let ending: Promise<void> | undefined;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const end = () => {
      if (!following.sent) {
        following.ended = 'failed command-not-started 0';
        ending = Promise.resolve();
        following.queue.abort();
        return;
      }
      ending ??= this.#endTree(following, request?.become)
        // The follower has a moment to bring the exit code.
        .then(() => clock.sleep(5000, over.signal).catch(() => {}))
        .then(
          () =>
            giveUp.abort(
              new OaopsError('session-lost', `no answer from ${this.target.name} after the command was ended`),
            ),
          failed.reject,
        );
    };
    if (request?.timeoutMs !== undefined) {
      clock.sleep(request.timeoutMs, over.signal).then(
        () => {
          timedOut = true;
          end();
        },
        () => {},
      );
    }
    signal.addEventListener('abort', end, { once: true });
    try {
      await Promise.race([work(giveUp.signal), failed.promise]);
    } catch (error) {
      if (ending === undefined || !(giveUp.signal.aborted || following.queue.signal.aborted)) throw error;
    } finally {
      over.abort();
      signal.removeEventListener('abort', end);
      giveUp.abort();
    }
    return timedOut;
  }

  async #endTree(following: Following, become: BecomeSpec | undefined): Promise<void> {
    const grace = Math.ceil((this.#options.graceMs ?? 5000) / 100);
    const script =
      assignments({
        u: following.unit,
        s: endTreeText,
        g: String(grace),
        m: become?.method ?? '',
        w: become?.user ?? '',
      }) + endText;
    const left = await this.#ask(script, AbortSignal.timeout(30_000 + (this.#options.graceMs ?? 5000)), true);
    if (/\d/.test(left)) {
      throw new OaopsError(
        'process-not-ended',
        `processes of the command could not be ended on ${this.target.name}: ${left}`,
        { next: `End them there by hand: kill -9 ${left}` },
      );
    }
  }

  #result(
    following: Following,
    durationMs: number | undefined,
    timedOut: boolean,
    request: ProcessRequest | undefined,
  ): ProcessResult {
    const ended = following.ended ?? '';
    const exit = parseExit(ended);
    const neverStarted = exit?.kind === 'failed' && ['command-not-started', 'unit-claimed'].includes(exit.reason);
    if (exit?.kind === 'failed' && !(neverStarted && timedOut)) {
      if (exit.reason === 'unit-running')
        throw new OaopsError(
          'unit-running',
          `the command ${following.unit} is already running on ${this.target.name}`,
          { next: 'Wait for it, or resume its run.' },
        );
      if (exit.reason === 'marker-folder-unwritable') {
        throw new OaopsError(exit.reason, `there is no place on ${this.target.name} for the marker of a command`, {
          next: 'Give the account a home folder it can write to, or space in /var/tmp.',
        });
      }
      throw notStarted(exit.reason, {
        target: this.target.name,
        argv: request?.argv ?? [],
        cwd: request?.cwd,
        become: request?.become,
      });
    }
    if (!exit && !timedOut) throw ended === 'missing' ? this.#lost(following, undefined) : vanished(this.target.name);
    const code = exit?.kind === 'exit' ? exit.code : null;
    return {
      exitCode: code,
      signal: code === null ? null : signalOf(code),
      timedOut,
      stdout: following.out.finish(),
      stderr: following.err.finish(),
      durationMs: durationMs ?? 0,
    };
  }

  #lost(following: Following, cause: unknown): OaopsError {
    if (cause instanceof OaopsError && cause.code.startsWith('host-key')) return cause;
    return new OaopsError(
      'session-lost',
      `the connection to ${this.target.name} was lost and the outcome of the command is not known`,
      {
        next: 'Resume the run when the host answers again: it looks for what became of the command.',
        details: { target: this.target.name, unit: following.unit },
        cause,
      },
    );
  }

  #nonce(): string {
    return `oaops-${Buffer.from(this.#options.random(16)).toString('hex')}`;
  }
}

function attachScript(following: Following, nonce: string): string {
  return (
    assignments({
      n: nonce,
      u: following.unit,
      o1: String(following.out.totalBytes),
      o2: String(following.err.totalBytes),
      once: following.once ? '1' : '',
    }) + attachText
  );
}

function isTransient(error: unknown): boolean {
  return (
    error instanceof OaopsError && ['host-unreachable', 'session-lost', 'ssh-handshake-failed'].includes(error.code)
  );
}

function vanished(name: string): OaopsError {
  return new OaopsError(
    'process-vanished',
    `the supervisor of the command on ${name} ended without writing an exit code`,
    {
      next: 'Find out whether the command did its work: the outcome is unknown.',
    },
  );
}

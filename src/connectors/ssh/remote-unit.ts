import type { Clock } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import type { ProcessRequest, ProcessResult, SecretDoor } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import type { BecomePlan } from '../process/become.ts';
import { OutputCapture } from '../process/capture.ts';
import { startDeadline } from '../process/deadline.ts';
import { parseExit } from '../process/exit.ts';
import { commandVariables, posixQuoteAll } from '../process/quote.ts';
import { assertEnded, unitResult } from '../process/result.ts';
import { endTreeText, supervisorText } from '../process/supervisor.ts';
import type { HeldChannel } from './held-channel.ts';
import { launchText } from './launch-text.ts';
import { isTransient, type RemoteShell } from './remote-shell.ts';
import { attachText, endText } from './remote-texts.ts';
import type { Script } from './script-way.ts';
import { assignments, printfText, type StdinSource } from './transfer.ts';

const plainLaunchText = launchText(false);
const becomingLaunchText = launchText(true);

/** Arguments and variables up to here can be given to any process; a word may have 128 KiB on Linux (MAX_ARG_STRLEN), all together 2 MiB. */
const surelyShortChars = 32_768;

export interface SshHostOptions {
  clock: Clock;
  random: RandomSource;
  secrets?: SecretDoor;
  /** Time between TERM and KILL; default 5 s. */
  graceMs?: number;
  /** How long a lost session is tried to be re-attached; default 5 min. */
  reattachMs?: number;
}

interface ChannelUse {
  source?: StdinSource;
  /** Its stdin is for lines that have the far side look what is new. */
  follows?: boolean;
  /** It stays open after the end of the command. */
  holds?: boolean;
}

/** One command on the far side, from its launch, or from being found again, to its result. */
export class RemoteUnit {
  readonly #shell: RemoteShell;
  readonly #options: SshHostOptions;
  readonly #name: string;
  /** Its marker goes away with it. */
  readonly #once: boolean;
  readonly #out: OutputCapture;
  readonly #err: OutputCapture;
  /** False while the command waits for a channel: then nothing is on its way, and `#queue` takes it back. */
  #sent = false;
  readonly #queue = new AbortController();
  /** Stays open after the result, to take the marker away at one word: a channel of its own costs four processes there. */
  held: HeldChannel | undefined;
  /** Last line of the launcher or follower: `exit 0`, `failed ...`, `gone`, `missing`. */
  #ended: string | undefined;

  constructor(
    shell: RemoteShell,
    options: SshHostOptions,
    unit: { name: string; once: boolean },
    onOutput?: ProcessRequest['onOutput'],
  ) {
    this.#shell = shell;
    this.#options = options;
    this.#name = unit.name;
    this.#once = unit.once;
    this.#out = new OutputCapture(onOutput && ((text, goesOn) => onOutput('stdout', text, goesOn)));
    this.#err = new OutputCapture(onOutput && ((text, goesOn) => onOutput('stderr', text, goesOn)));
  }

  async start(plan: BecomePlan, request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const { clock } = this.#options;
    const text = plan.stdinPrefix + (request.stdin ?? '');
    const mark = this.#shell.mark();
    const follows = !request.stdinSource;
    const holds = !this.#once && follows;
    const words = posixQuoteAll([request.cwd ?? '', plan.mode, plan.user, plan.keepEnv, ...plan.argv]);
    const env = commandVariables(request.env);
    const values = assignments({
      n: mark,
      u: this.#name,
      ...(follows && text !== '' ? { s: supervisorText, in: printfText(text) } : {}),
      env,
      h: follows ? (text === '' ? 'none' : 'text') : 'raw',
      once: this.#once ? '1' : '',
      stay: holds ? '1' : '',
      long: words.length + env.length > surelyShortChars ? '1' : '',
    });
    const script = {
      values: `${values}set -- ${words}\n`,
      ...(plan.mode === '' ? { text: plainLaunchText } : { text: becomingLaunchText, manyLines: true }),
      ownSession: true,
    };
    const startedMs = clock.monotonicMs();
    const source = request.stdinSource && { prefix: plan.stdinPrefix, open: request.stdinSource };
    const timedOut = await this.#guard(request, signal, (inner) =>
      this.#followAll(mark, script, inner, { ...(source && { source }), follows, holds }),
    );
    return this.#result(timedOut, request, () => clock.monotonicMs() - startedMs);
  }

  /** Follows a command that another process of oaops has started. */
  async attach(signal: AbortSignal): Promise<ProcessResult> {
    this.#sent = true;
    const mark = this.#shell.mark();
    await this.#guard(undefined, signal, (inner) =>
      this.#followAll(mark, this.#attachScript(mark), inner, { follows: true }),
    );
    return this.#result(false, undefined, () => 0);
  }

  /** Launches or attaches, and attaches again as long as sessions get lost. */
  async #followAll(mark: string, script: Script, signal: AbortSignal, channel: ChannelUse = {}): Promise<void> {
    const { clock, reattachMs = 300_000 } = this.#options;
    const { source } = channel;
    await this.#followOnce(mark, script, signal, channel);
    // What was still to come on its stdin is lost: the command may take the half that it has for the whole.
    if (this.#ended === undefined && source) throw this.#lost(undefined);
    let lostAtMs = clock.monotonicMs();
    let pauseMs = 200;
    while (this.#ended === undefined) {
      signal.throwIfAborted();
      const before = this.#receivedBytes;
      try {
        const again = this.#shell.mark();
        await this.#followOnce(again, this.#attachScript(again), signal, { follows: true });
      } catch (error) {
        if (!isTransient(error) || clock.monotonicMs() - lostAtMs > reattachMs) throw this.#lost(error);
      }
      if (this.#ended !== undefined) return;
      if (this.#receivedBytes > before) {
        lostAtMs = clock.monotonicMs();
        pauseMs = 200;
      }
      if (clock.monotonicMs() - lostAtMs > reattachMs) throw this.#lost(undefined);
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(5000, pauseMs * 1.6);
    }
  }

  async #followOnce(mark: string, script: Script, signal: AbortSignal, channel: ChannelUse = {}): Promise<void> {
    const queue = this.#queue.signal;
    const beforeSending = () => {
      if (!this.#sent) queue.throwIfAborted();
      this.#sent = true;
    };
    this.#ended = await this.#shell.run(
      script,
      { mark, onOut: (chunk) => this.#out.push(chunk), onErr: (chunk) => this.#err.push(chunk) },
      signal,
      {
        opening: this.#sent ? signal : AbortSignal.any([signal, queue]),
        beforeSending,
        ...(channel.source && { source: channel.source }),
        ...(channel.follows && { follows: true }),
        ...(channel.holds && { onHeld: (held: HeldChannel) => (this.held = held) }),
      },
    );
  }

  /** As on the local machine: on timeout or abort the tree is ended there, and its exit code still waited for. */
  async #guard(
    request: ProcessRequest | undefined,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    signal.throwIfAborted();
    const { clock } = this.#options;
    const giveUp = new AbortController();
    let ending: Promise<void> | undefined;
    let tree: Promise<void> | undefined;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const deadline = startDeadline(clock, request?.timeoutMs, signal, () => {
      if (!this.#sent) {
        this.#ended = 'failed command-not-started';
        ending = Promise.resolve();
        this.#queue.abort();
        return;
      }
      tree ??= this.#endTree(request?.become);
      ending ??= tree
        // The follower has a moment to bring the exit code.
        .then(() => clock.sleep(5000, deadline.over).catch(() => {}))
        .then(
          () =>
            giveUp.abort(
              new OaopsError('session-lost', `no answer from ${this.#shell.name} after the command was ended`),
            ),
          failed.reject,
        );
    });
    try {
      await Promise.race([work(giveUp.signal), failed.promise]);
      // The exit code of the command may be there before its stubborn children are gone.
      await tree;
    } catch (error) {
      if (ending === undefined || !(giveUp.signal.aborted || this.#queue.signal.aborted)) throw error;
    } finally {
      deadline.release();
      giveUp.abort();
    }
    return deadline.timedOut;
  }

  async #endTree(become: BecomeSpec | undefined): Promise<void> {
    const graceMs = this.#options.graceMs ?? 5000;
    const values = {
      u: this.#name,
      s: endTreeText,
      g: String(Math.ceil(graceMs / 100)),
      m: become?.method ?? '',
      w: become?.user ?? '',
    };
    const left = await this.#shell.ask(values, endText, AbortSignal.timeout(30_000 + graceMs), true);
    assertEnded(this.#shell.name, left);
  }

  #result(timedOut: boolean, request: ProcessRequest | undefined, durationMs: () => number): ProcessResult {
    const exit = parseExit(this.#ended ?? '');
    if (!exit && !timedOut && this.#ended === 'missing') throw this.#lost(undefined);
    return unitResult({
      target: this.#shell.name,
      unit: this.#name,
      exit,
      timedOut,
      request,
      durationMs,
      outputs: () => ({ stdout: this.#out.finish(), stderr: this.#err.finish() }),
    });
  }

  get #receivedBytes(): number {
    return this.#out.totalBytes + this.#err.totalBytes;
  }

  #attachScript(mark: string): Script {
    const values = {
      n: mark,
      u: this.#name,
      o1: String(this.#out.totalBytes),
      o2: String(this.#err.totalBytes),
      once: this.#once ? '1' : '',
    };
    return { values: assignments(values), text: attachText };
  }

  #lost(cause: unknown): OaopsError {
    if (cause instanceof OaopsError && cause.code.startsWith('host-key')) return cause;
    return new OaopsError(
      'session-lost',
      `the connection to ${this.#shell.name} was lost and the outcome of the command is not known`,
      {
        next: 'Resume the run when the host answers again: it looks for what became of the command.',
        details: { target: this.#shell.name, unit: this.#name },
        cause,
      },
    );
  }
}

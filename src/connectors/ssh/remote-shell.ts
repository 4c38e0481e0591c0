import { setImmediate } from 'node:timers/promises';
import { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import { HeldChannel } from './held-channel.ts';
import { MarkedStream } from './marked-stream.ts';
import type { HostPool, OpenChannel } from './pool.ts';
import { directWay, plainWay, type Script, type ScriptWay } from './script-way.ts';
import { assignments, type StdinSource, transfer } from './transfer.ts';

/** Exit code of a script that has not got all its values (see `bootstrapText`). */
const notWhole = 98;

/** Where outputs go, and the mark that they stand between. */
export interface Outputs {
  mark: string;
  /** A promise holds the stream back until it is kept. */
  onOut: (chunk: Buffer) => void | Promise<void>;
  onErr: (chunk: Buffer) => void;
}

interface RunOptions {
  urgent?: boolean;
  opening?: AbortSignal;
  beforeSending?: () => void;
  source?: StdinSource;
  /** Goes on with lines on stdin (see `transfer`). */
  follows?: boolean;
  /** The script ends by waiting for a word, and its channel is handed over. */
  onHeld?: (held: HeldChannel) => void;
}

/**
 * Scripts run by /bin/sh on the far side, each in a channel of its own. The login shell reads one fixed line; the values go in
 * on the channel, so they show up in no process list.
 */
export class RemoteShell {
  readonly name: string;
  readonly #pool: HostPool;
  readonly #random: RandomSource;

  constructor(name: string, pool: HostPool, random: RandomSource) {
    this.name = name;
    this.#pool = pool;
    this.#random = random;
  }

  /** Text that nobody can foresee. */
  mark(): string {
    return `oaops-${Buffer.from(this.#random(16)).toString('hex')}`;
  }

  /**
   * Runs a script that puts its outputs between marks. `beforeSending` is called when the channel is open and nothing has
   * been sent; it may throw. Gives what followed the last mark, or undefined when that has not come: the session was lost.
   */
  async run(
    given: Script | string,
    outputs: Outputs,
    signal: AbortSignal,
    options: RunOptions = {},
  ): Promise<string | undefined> {
    const script = typeof given === 'string' ? { values: '', text: given } : given;
    const direct = typeof given === 'string' ? undefined : directWay(script);
    if (direct && this.#pool.takesScripts) {
      const answer = await this.#runBy(direct, outputs, signal, options, true);
      if (answer !== 'not-taken') return answer?.trailer;
      this.#pool.takesScripts = false;
    }
    const answer = await this.#runBy(plainWay(script), outputs, signal, options, false);
    return answer === 'not-taken' ? undefined : answer?.trailer;
  }

  /** `not-taken` when nothing has happened and another way may be tried. */
  async #runBy(
    way: ScriptWay,
    { mark, onOut, onErr }: Outputs,
    signal: AbortSignal,
    options: RunOptions,
    mayTryAgain: boolean,
  ): Promise<{ trailer: string } | 'not-taken' | undefined> {
    const { source, follows, onHeld } = options;
    let open: OpenChannel;
    try {
      open = await this.#pool.exec(way.command, options.opening ?? signal, options.urgent);
    } catch (error) {
      // A server may take no commands as long as that.
      if (mayTryAgain && error instanceof OaopsError && error.code === 'ssh-session-refused') return 'not-taken';
      throw error;
    }
    const { channel, hasExited, isConnected } = open;
    try {
      options.beforeSending?.();
    } catch (error) {
      channel.close();
      throw error;
    }
    const out = new MarkedStream(mark, onOut);
    const err = new MarkedStream(mark, onErr);
    const held = new HeldChannel(channel);
    const text = way.stdin(this.mark());
    await transfer(channel, text, out, err, signal, {
      ...(source && { source }),
      ...(follows && { follows }),
      holds: !!onHeld,
    });
    if (onHeld && held.isOpen) onHeld(this.#pool.hold(held));
    if (hasExited() && !out.begun) {
      // A connection that is lost closes its channels first.
      await setImmediate();
      if (isConnected()) {
        // What a start file has read of the values is gone either way.
        if (mayTryAgain && !source && held.exitCode !== notWhole) return 'not-taken';
        throw this.#notRun(out.before || err.before);
      }
    }
    return out.complete && err.complete ? { trailer: err.trailer } : undefined;
  }

  /** Every script says its mark before it does anything: without it, nothing has happened. */
  #notRun(said: string): OaopsError {
    const words = said.split('\n')[0]!.slice(0, 200);
    return new OaopsError(
      'ssh-shell-unusable',
      `${this.name} lets us log in, but its login shell ran no command${words === '' ? '' : `: ${words}`}`,
      {
        next: 'Give the account a shell that runs "/bin/sh -c" (not nologin), and see that its start files do not end it or read its input.',
        details: { target: this.name },
      },
    );
  }

  /** Runs a script that only asks or tidies; gives what it printed. Tried once more when the connection was lost. */
  async ask(values: Record<string, string>, text: string, signal: AbortSignal, urgent = false): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const mark = this.mark();
      const chunks: Buffer[] = [];
      const outputs = { mark, onOut: (chunk: Buffer) => void chunks.push(Buffer.from(chunk)), onErr: () => {} };
      try {
        const script = { values: assignments({ n: mark, ...values }), text };
        const trailer = await this.run(script, outputs, signal, { urgent });
        if (trailer !== undefined) return Buffer.concat(chunks).toString().trim();
      } catch (error) {
        if (!isTransient(error) || attempt >= 2) throw error;
      }
      if (attempt >= 2)
        throw new OaopsError('session-lost', `the connection to ${this.name} was lost`, {
          next: 'Try again when the network is stable.',
        });
    }
  }
}

/** Failures of a connection that another try may not meet. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof OaopsError && ['host-unreachable', 'session-lost', 'ssh-handshake-failed'].includes(error.code)
  );
}

import { setImmediate } from 'node:timers/promises';
import { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import { posixQuote } from '../process/quote.ts';
import { bootstrapText } from '../process/supervisor.ts';
import { HeldChannel } from './held-channel.ts';
import { MarkedStream } from './marked-stream.ts';
import type { HostPool } from './pool.ts';
import { assignments, type StdinSource, transfer } from './transfer.ts';

const command = `/bin/sh -c ${posixQuote(bootstrapText)}`;

/** Where outputs go, and the mark that they stand between. */
export interface Outputs {
  mark: string;
  /** A promise holds the stream back until it is kept. */
  onOut: (chunk: Buffer) => void | Promise<void>;
  onErr: (chunk: Buffer) => void;
}

/**
 * Scripts run by /bin/sh on the far side, each in a channel of its own. The login shell reads one fixed line; the script and
 * what follows it on stdin go in on the channel, so they show up in no process list.
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
   * been sent; it may throw. With `onHeld` the script ends by waiting for a word, and its channel is handed over. Gives what followed the last mark, or undefined when that has not come: the session was lost.
   */
  async run(
    script: string,
    { mark, onOut, onErr }: Outputs,
    signal: AbortSignal,
    options: {
      urgent?: boolean;
      opening?: AbortSignal;
      beforeSending?: () => void;
      source?: StdinSource;
      onHeld?: (held: HeldChannel) => void;
    } = {},
  ): Promise<string | undefined> {
    const { channel, hasExited, isConnected } = await this.#pool.exec(
      command,
      options.opening ?? signal,
      options.urgent,
    );
    try {
      options.beforeSending?.();
    } catch (error) {
      channel.close();
      throw error;
    }
    const out = new MarkedStream(mark, onOut);
    const err = new MarkedStream(mark, onErr);
    const { source, onHeld } = options;
    const held = new HeldChannel(channel);
    await transfer(channel, script, out, err, this.mark(), signal, { ...(source && { source }), holds: !!onHeld });
    if (onHeld && held.isOpen) onHeld(this.#pool.hold(held));
    if (hasExited() && !out.begun) {
      // A connection that is lost closes its channels first.
      await setImmediate();
      if (isConnected()) throw this.#notRun(out.before || err.before);
    }
    return out.complete && err.complete ? err.trailer : undefined;
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
  async ask(script: string, signal: AbortSignal, urgent = false): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const mark = this.mark();
      const chunks: Buffer[] = [];
      const outputs = { mark, onOut: (chunk: Buffer) => void chunks.push(Buffer.from(chunk)), onErr: () => {} };
      try {
        const trailer = await this.run(assignments({ n: mark }) + script, outputs, signal, { urgent });
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

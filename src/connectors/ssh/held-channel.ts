import type { ClientChannel } from 'ssh2';

/** How long a script may take after its word. */
const longestEndMs = 10_000;

/** A channel whose script has said everything, and waits for one more word on its stdin; at its end it leaves all as it is. */
export class HeldChannel {
  readonly #channel: ClientChannel;
  readonly #closed: Promise<void>;
  #isOpen = true;
  /** Of the script; undefined as long as it runs, and when the connection was lost. */
  #exitCode: number | undefined;

  /** To be made before the channel is used: its end is not told twice. */
  constructor(channel: ClientChannel) {
    this.#channel = channel;
    channel.once('exit', (code: number | null) => {
      this.#exitCode = code ?? undefined;
    });
    this.#closed = new Promise((resolve) => {
      channel.once('close', () => {
        this.#isOpen = false;
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#channel.writableEnded;
  }

  /** Resolves when the channel is closed. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Gives the word, and waits for the end of the script. @returns whether the script says that it has done what it was told */
  async say(word: string): Promise<boolean> {
    if (this.isOpen) {
      this.#channel.end(`${word}\n`);
      // A server keeps a channel open as long as somebody on the far side holds its outputs.
      const slow = setTimeout(() => this.#channel.close(), longestEndMs);
      await this.#closed;
      clearTimeout(slow);
    }
    return this.#exitCode === 0;
  }

  /** Without the word. */
  letGo(): void {
    if (this.isOpen) this.#channel.end();
  }
}

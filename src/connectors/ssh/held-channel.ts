import type { ClientChannel } from 'ssh2';

/** How long a script may take after its word. */
const longestEndMs = 10_000;

/** A channel whose script has said everything, and waits for one more word on its stdin; at its end it leaves all as it is. */
export class HeldChannel {
  readonly #channel: ClientChannel;
  readonly #closed: Promise<void>;
  #isOpen = true;

  /** To be made before the channel is used: its end is not told twice. */
  constructor(channel: ClientChannel) {
    this.#channel = channel;
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

  /** Gives the word, and waits for the end of the script. @returns false when the channel was let go of before, or did not end */
  async say(word: string): Promise<boolean> {
    if (!this.isOpen) return false;
    this.#channel.end(`${word}\n`);
    // A server keeps a channel open as long as somebody on the far side holds its outputs.
    const slow = setTimeout(() => this.#channel.close(), longestEndMs);
    const startedMs = performance.now();
    await this.#closed;
    clearTimeout(slow);
    return performance.now() - startedMs < longestEndMs;
  }

  /** Without the word. */
  letGo(): void {
    if (this.isOpen) this.#channel.end();
  }
}

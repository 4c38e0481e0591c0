/** Unused for longer than that a connection is not used again: what stands between may have forgotten it without a word. */
const longestIdleMs = 60_000;

/** One connection that is used again and again. */
export class KeptConnection<T extends { close(): void }> {
  readonly #open: () => Promise<T>;
  readonly #nowMs: () => number;
  #kept: { source: T; sinceMs: number } | undefined;
  #isClosed = false;

  constructor(open: () => Promise<T>, nowMs: () => number) {
    this.#open = open;
    this.#nowMs = nowMs;
  }

  /** For one user at a time, who gives it back or closes it. `isKept`: it was used before, and may have been lost since. */
  async take(): Promise<{ source: T; isKept: boolean }> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept && this.#nowMs() - kept.sinceMs <= longestIdleMs) return { source: kept.source, isKept: true };
    kept?.source.close();
    return { source: await this.#open(), isKept: false };
  }

  /** Only when all went well with it. */
  give(source: T): void {
    if (this.#isClosed || this.#kept) source.close();
    else this.#kept = { source, sinceMs: this.#nowMs() };
  }

  close(): void {
    this.#isClosed = true;
    this.#kept?.source.close();
    this.#kept = undefined;
  }
}

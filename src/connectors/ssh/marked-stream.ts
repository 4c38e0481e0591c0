const mostNoiseChars = 300;

/**
 * Finds a random mark in a stream: what comes before the first mark line is dropped (login scripts of csh and others
 * print there), what stands between is handed on, what follows the second one is kept as the trailer.
 */
export class MarkedStream {
  readonly #mark: Buffer;
  readonly #onData: (chunk: Buffer) => void | Promise<void>;
  #state: 'before' | 'inside' | 'after' = 'before';
  #held: Buffer = Buffer.alloc(0);
  #trailer = '';
  #before = '';

  constructor(mark: string, onData: (chunk: Buffer) => void | Promise<void>) {
    this.#mark = Buffer.from(mark);
    this.#onData = onData;
  }

  get begun(): boolean {
    return this.#state !== 'before';
  }

  /** The beginning of what came before the first mark, for messages. */
  get before(): string {
    return (this.#before + (this.begun ? '' : this.#held.toString('latin1'))).trim();
  }

  /** True when the second mark has come: nothing is missing. */
  get complete(): boolean {
    return this.#state === 'after';
  }

  /** True when the line of the second mark has come to its end. */
  get hasTrailer(): boolean {
    return this.#trailer.includes('\n');
  }

  /** Text after the second mark, without white space around it. */
  get trailer(): string {
    return this.#trailer.trim();
  }

  /** A promise when the receiver wants no more before it is kept; the bytes of the chunk must stay as they are until then. */
  push(chunk: Buffer): void | Promise<void> {
    if (this.#state === 'after') {
      this.#trailer += chunk.toString('latin1');
      return;
    }
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    const at = bytes.indexOf(this.#state === 'before' ? Buffer.concat([this.#mark, Buffer.from('\n')]) : this.#mark);
    if (at < 0) {
      const keep = partialLength(bytes, this.#mark, this.#state === 'before' ? 1 : 0);
      this.#held = Buffer.from(bytes.subarray(bytes.length - keep));
      if (this.#state === 'inside')
        return bytes.length > keep ? this.#onData(bytes.subarray(0, bytes.length - keep)) : undefined;
      if (this.#before.length < mostNoiseChars)
        this.#before += bytes.toString('utf8', 0, Math.min(bytes.length - keep, mostNoiseChars));
      return;
    }
    this.#held = Buffer.alloc(0);
    if (this.#state === 'before') {
      this.#state = 'inside';
      const rest = bytes.subarray(at + this.#mark.length + 1);
      return rest.length > 0 ? this.push(rest) : undefined;
    }
    this.#state = 'after';
    this.#trailer += bytes.toString('latin1', at + this.#mark.length);
    return at > 0 ? this.#onData(bytes.subarray(0, at)) : undefined;
  }
}

/** Length of the longest end of `bytes` that could be the beginning of the mark. */
function partialLength(bytes: Buffer, mark: Buffer, extra: number): number {
  for (let length = Math.min(bytes.length, mark.length - 1 + extra); length > 0; length--) {
    const end = bytes.subarray(bytes.length - length);
    if (end.equals(mark.subarray(0, Math.min(length, mark.length)))) return length;
  }
  return 0;
}

const blockBytes = 512;

/**
 * Watches a tar stream and compares every header with what the manifest will say: at the announced block, a regular
 * file of the announced name and size (ustar, POSIX.1-1988). A manifest that points anywhere else must never be written.
 */
export class TarCheck {
  readonly #expected: { block: number; length: number }[] = [];
  #next = 0;
  #offset = 0;
  #header: Buffer = Buffer.alloc(0);

  /** Announces a member in the order of the stream. */
  expect(block: number, length: number): void {
    this.#expected.push({ block, length });
  }

  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const member = this.#expected[this.#next];
      const start = member === undefined ? Number.POSITIVE_INFINITY : member.block * blockBytes;
      if (this.#offset < start) {
        const skip = Math.min(chunk.length - at, start - this.#offset);
        this.#offset += skip;
        at += skip;
        continue;
      }
      const take = Math.min(chunk.length - at, start + blockBytes - this.#offset);
      const part = Buffer.from(chunk.buffer, chunk.byteOffset + at, take);
      this.#header = this.#header.length === 0 ? part : Buffer.concat([this.#header, part]);
      this.#offset += take;
      at += take;
      if (this.#header.length === blockBytes) {
        this.#compare(member!);
        this.#header = Buffer.alloc(0);
        this.#next++;
      }
    }
  }

  /** Returns the length of the stream. */
  end(): number {
    const last = this.#expected.at(-1);
    const end = last === undefined ? 0 : (last.block + 1 + Math.ceil(last.length / blockBytes)) * blockBytes;
    if (this.#next !== this.#expected.length || this.#offset !== end + 2 * blockBytes)
      throw new Error(`tar stream of ${this.#offset} bytes instead of ${end + 2 * blockBytes}`);
    return this.#offset;
  }

  // Digit by digit: texts made of each header would cost as much as the tar library takes to write it.
  #compare(member: { block: number; length: number }): void {
    const header = this.#header;
    const name = numberAt(header, 0, 100, 10);
    const size = numberAt(header, 124, 12, 8);
    if (name !== member.block || size !== member.length || header[156] !== 0x30)
      throw new Error(`tar member ${member.block} of ${member.length} bytes came out as ${name} of ${size} bytes`);
  }
}

/** A field of digits, ended by NUL or a space; NaN for anything else. */
function numberAt(header: Buffer, start: number, length: number, base: 8 | 10): number {
  let value = 0;
  for (let at = start; at < start + length; at++) {
    const byte = header[at]!;
    if (at > start && (byte === 0 || byte === 0x20)) return value;
    const digit = byte - 0x30;
    if (digit < 0 || digit >= base) return Number.NaN;
    value = value * base + digit;
  }
  return value;
}

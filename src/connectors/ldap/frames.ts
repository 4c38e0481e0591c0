/** Every message of LDAP is a SEQUENCE (RFC 4511 section 5.1), whose length stands in its first bytes. */
const sequence = 0x30;
/** The tag, the length of the length, and the length. */
const longestHeader = 6;
/** A group with a million members has some 100 MB. Whoever announces more would have it waited for, and kept in memory. */
const longestMessageBytes = 256 * 1024 * 1024;

/** Cuts what arrives into messages. Pieces of a long one, such as a group with a hundred thousand members, are joined once. */
export class Frames {
  #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes of the message that is arriving, with its header; undefined: not known yet. */
  #wanted: number | undefined;

  /** The messages that are whole now. @throws Error for what is no message */
  *push(data: Buffer): Generator<Buffer, void, void> {
    this.#pieces.push(data);
    this.#held += data.length;
    for (;;) {
      if (this.#wanted === undefined && this.#held > 0) this.#wanted = lengthOf(this.#join(longestHeader));
      if (this.#wanted === undefined || this.#held < this.#wanted) return;
      const all = this.#join(this.#held);
      const message = all.subarray(0, this.#wanted);
      this.#pieces = [all.subarray(this.#wanted)];
      this.#held -= this.#wanted;
      this.#wanted = undefined;
      yield message;
    }
  }

  /** The first bytes in one piece, so many as there are. */
  #join(bytes: number): Buffer {
    const first = this.#pieces[0]!;
    if (first.length >= bytes || this.#pieces.length === 1) return first;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}

function lengthOf(header: Buffer): number | undefined {
  // Another protocol: its second letter is no length that is waited for.
  if (header[0] !== sequence) throw new Error('a message begins with a SEQUENCE');
  const first = header[1];
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const bytes = first - 0x80;
  if (bytes === 0 || bytes > 4) throw new Error('a message has a length of at most four bytes');
  if (header.length < 2 + bytes) return undefined;
  const length = header.readUIntBE(2, bytes);
  if (length > longestMessageBytes) throw new Error('a message has at most 256 MiB');
  return 2 + bytes + length;
}

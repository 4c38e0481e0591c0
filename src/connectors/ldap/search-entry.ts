import { isUtf8 } from 'node:buffer';
import type { LdapValue } from '../../accounts/ports.ts';

/** An entry of a search as the server sent it. */
export interface RawEntry {
  messageId: number;
  name: string;
  attributes: { type: string; values: LdapValue[] }[];
}

const [integer, octetString, sequence, set, searchResultEntry] = [0x02, 0x04, 0x30, 0x31, 0x64];

/**
 * Reads a SearchResultEntry (RFC 4511 section 4.5.2) out of a whole message; undefined: it is a message of another kind. The library makes an object
 * for each value, of which a group may have a hundred thousand. Values are texts where they are UTF-8, but for attributes with `;binary`.
 * @throws Error for what is no message
 */
export function searchEntryOf(message: Buffer): RawEntry | undefined {
  const reader = new Reader(message);
  reader.enter(sequence);
  const id = reader.enter(integer);
  if (id === reader.at || id - reader.at > 4) throw new Error('the number of a message is an integer of 31 bits');
  const messageId = message.readUIntBE(reader.at, id - reader.at);
  reader.at = id;
  if (message[reader.at] !== searchResultEntry) return undefined;
  reader.enter(searchResultEntry);
  const name = reader.text();
  const attributes: RawEntry['attributes'] = [];
  const end = reader.enter(sequence);
  while (reader.at < end) {
    reader.enter(sequence);
    const type = reader.text();
    const isBinary = /;binary$/i.test(type);
    const values: LdapValue[] = [];
    const last = reader.enter(set);
    while (reader.at < last) values.push(reader.value(isBinary));
    attributes.push({ type, values });
  }
  return { messageId, name, attributes };
}

class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Goes to the first byte inside of an element. @returns where it ends */
  enter(tag: number): number {
    const bytes = this.#bytes;
    if (bytes[this.at] !== tag) throw new Error(`an element ${tag} is missing`);
    let length = bytes[this.at + 1] ?? 0x80;
    this.at += 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size === 0 || size > 4 || this.at + size > bytes.length) throw new Error('a length has at most four bytes');
      length = bytes.readUIntBE(this.at, size);
      this.at += size;
    }
    const end = this.at + length;
    if (end > bytes.length) throw new Error('an element goes beyond its message');
    return end;
  }

  text(): string {
    const end = this.enter(octetString);
    // What cannot be read is not replaced: two entries would have one name.
    if (!isUtf8(this.#bytes.subarray(this.at, end))) throw new Error('an element that is a text is UTF-8');
    const text = this.#bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  value(isBinary: boolean): LdapValue {
    const end = this.enter(octetString);
    const from = this.at;
    this.at = end;
    const bytes = this.#bytes;
    if (!isBinary) {
      let at = from;
      while (at < end && bytes[at]! < 0x80) at++;
      if (at === end) return bytes.toString('latin1', from, end);
      if (isUtf8(bytes.subarray(from, end))) return bytes.toString('utf8', from, end);
    }
    return new Uint8Array(bytes.subarray(from, end));
  }
}

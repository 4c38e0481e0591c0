import { type Cipheriv, createCipheriv, createHash } from 'node:crypto';

/** Bytes and numbers that are the same for the same seed on every machine: the key stream of AES-256 in counter mode, a gigabyte in a second. */
export class Seeded {
  readonly #stream: Cipheriv;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(seed: string) {
    this.#stream = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  }

  /** Bytes that no compressor makes smaller. */
  bytes(length: number): Buffer {
    return this.#stream.update(Buffer.alloc(length));
  }

  /** A whole number from 0 up to, not including, `below`. */
  integer(below: number): number {
    if (this.#at === this.#block.length) {
      this.#block = this.bytes(64 * 1024);
      this.#at = 0;
    }
    const value = this.#block.readUInt32LE(this.#at);
    this.#at += 4;
    return value % below;
  }

  /** Words of a vocabulary of 4,096: compresses about as well as office documents do. */
  text(length: number): Buffer {
    const words = Array.from({ length: 4096 }, () => {
      const letters = this.bytes(2 + this.integer(7)).map((byte) => 97 + (byte % 26));
      return `${String.fromCharCode(...letters)} `;
    });
    let out = '';
    while (out.length < length) out += words[this.integer(4096)]!;
    return Buffer.from(out.slice(0, length), 'latin1');
  }
}

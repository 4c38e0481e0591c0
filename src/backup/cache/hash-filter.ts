/** Room for so many hashes beyond those known at the start. */
const growth = 1_000_000;
const bitsPerHash = 16;
const probes = 4;

/**
 * A Bloom filter of sha256 hashes: "certainly not there" or "perhaps". With 16 bits a hash about 0.3 % are "perhaps" in vain;
 * when more come than planned that share rises and nothing else happens.
 */
export class HashFilter {
  readonly #bits: Uint32Array;
  readonly #mask: number;

  constructor(expected: number) {
    const bits = 2 ** Math.min(32, Math.ceil(Math.log2((expected + growth) * bitsPerHash)));
    this.#bits = new Uint32Array(bits / 32);
    this.#mask = bits - 1;
  }

  add(sha256: string): void {
    for (let probe = 0; probe < probes; probe++) {
      const bit = this.#bit(sha256, probe);
      this.#bits[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  mayHold(sha256: string): boolean {
    for (let probe = 0; probe < probes; probe++) {
      const bit = this.#bit(sha256, probe);
      if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  /** A hash is random already: each probe takes 32 bits of it. */
  #bit(sha256: string, probe: number): number {
    return (Number.parseInt(sha256.slice(probe * 8, probe * 8 + 8), 16) & this.#mask) >>> 0;
  }
}

import {
  type CipherChaCha20Poly1305,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { damaged } from '../format/damaged.ts';

/** Payload of an age file (age-encryption.org/v1, "Payload"): STREAM with ChaCha20-Poly1305. */
export const chunkBytes = 64 * 1024;
export const tagBytes = 16;
export const nonceBytes = 16;
const storedChunkBytes = chunkBytes + tagBytes;

/** Key of the payload from the file key of the header and the 16 bytes after the header. */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** 11 bytes of counter, then 1 for the last chunk, else 0. */
function chunkNonce(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/**
 * Encrypts a payload piece by piece. `push` and `end` hand the stored bytes to `emit` in order; the first bytes are the nonce.
 * node:crypto because it is ten times as fast as the age library's own stream.
 */
export class AgeEncryptor {
  /** An object made once: bytes would be turned into one for each chunk. */
  readonly #key: KeyObject;
  readonly #emit: (bytes: Buffer) => void;
  readonly #pending = Buffer.allocUnsafe(chunkBytes);
  #used = 0;
  #index = 0;

  constructor(fileKey: Uint8Array, emit: (bytes: Buffer) => void) {
    const nonce = randomBytes(nonceBytes);
    this.#key = createSecretKey(payloadKey(fileKey, nonce));
    this.#emit = emit;
    emit(nonce);
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    // A full chunk waits until more comes, because the last one is marked. Those before it are encrypted where they lie.
    while (this.#used + bytes.length - at > chunkBytes) {
      const cipher = this.#cipher(false);
      const take = chunkBytes - this.#used;
      if (this.#used > 0) this.#emit(cipher.update(this.#pending.subarray(0, this.#used)));
      if (take > 0) this.#emit(cipher.update(bytes.subarray(at, at + take)));
      this.#finish(cipher);
      this.#used = 0;
      at += take;
    }
    this.#pending.set(at === 0 ? bytes : bytes.subarray(at), this.#used);
    this.#used += bytes.length - at;
  }

  end(): void {
    const cipher = this.#cipher(true);
    this.#emit(cipher.update(this.#pending.subarray(0, this.#used)));
    this.#finish(cipher);
    this.#used = 0;
  }

  #cipher(last: boolean): CipherChaCha20Poly1305 {
    return createCipheriv('chacha20-poly1305', this.#key, chunkNonce(this.#index++, last), { authTagLength: tagBytes });
  }

  #finish(cipher: CipherChaCha20Poly1305): void {
    cipher.final();
    this.#emit(cipher.getAuthTag());
  }
}

/** Where a chunk is stored, from the start of the object. */
export function storedChunk(
  headerBytes: number,
  storedBytes: number,
  index: number,
): { offset: number; length: number } {
  const offset = headerBytes + nonceBytes + index * storedChunkBytes;
  return { offset, length: Math.min(storedChunkBytes, storedBytes - offset) };
}

/** Which stored bytes of an age payload hold the plain bytes `[from, to)`. Offsets count from the start of the object. */
export interface ChunkRange {
  offset: number;
  length: number;
}

/** `headerBytes` is the length of the age header; `storedBytes` the size of the whole object. */
export function chunkRange(headerBytes: number, storedBytes: number, from: number, to: number): ChunkRange {
  const start = headerBytes + nonceBytes;
  const firstChunk = Math.floor(from / chunkBytes);
  const lastChunk = Math.floor(Math.max(from, to - 1) / chunkBytes);
  const offset = start + firstChunk * storedChunkBytes;
  const end = Math.min(storedBytes, start + (lastChunk + 1) * storedChunkBytes);
  return { offset, length: end - offset };
}

/** Length of the plain payload of an age file. */
export function plainLength(headerBytes: number, storedBytes: number): number {
  const payload = storedBytes - headerBytes - nonceBytes;
  const chunks = Math.ceil(payload / storedChunkBytes);
  const plain = payload - chunks * tagBytes;
  if (chunks < 1 || plain < 0) throw damaged('an age file is too short');
  return plain;
}

/**
 * Decrypts chunks one after the other. `lastChunk` is the number of the last chunk of the whole payload; with
 * `push` any cut of the stored bytes may be handed in. Throws `repository-damaged` when a tag is wrong.
 */
export class AgeDecryptor {
  readonly #key: KeyObject;
  readonly #lastChunk: number;
  #index = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(key: Uint8Array, lastChunk: number) {
    this.#key = createSecretKey(key);
    this.#lastChunk = lastChunk;
  }

  /** Plain bytes of the chunks completed by these stored bytes. */
  push(stored: Uint8Array): Buffer {
    const bytes =
      this.#rest.length === 0
        ? Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
        : Buffer.concat([this.#rest, stored]);
    const out: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= storedChunkBytes) {
      out.push(this.#open(bytes.subarray(at, at + storedChunkBytes)));
      at += storedChunkBytes;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return out.length === 1 ? out[0]! : Buffer.concat(out);
  }

  /** Plain bytes of the last chunk when it is a short one. Throws when chunks of the payload are missing. */
  end(): Buffer {
    const plain = this.#rest.length > 0 ? this.#open(this.#rest) : Buffer.alloc(0);
    if (this.#index !== this.#lastChunk + 1) throw damaged('an age file is cut');
    return plain;
  }

  #open(chunk: Buffer): Buffer {
    if (this.#index > this.#lastChunk) throw damaged('an age file has wrong chunks');
    const plain = openChunk(this.#key, this.#index, this.#index === this.#lastChunk, chunk);
    this.#index++;
    return plain;
  }
}

/**
 * Plain bytes of one stored chunk, in memory that nothing else uses.
 * @throws OaopsError `repository-damaged` when the tag is wrong
 */
export function openChunk(key: KeyObject, index: number, last: boolean, chunk: Uint8Array): Buffer {
  if (chunk.length < tagBytes) throw damaged('an age file has wrong chunks');
  const decipher = createDecipheriv('chacha20-poly1305', key, chunkNonce(index, last), { authTagLength: tagBytes });
  const bodyEnd = chunk.length - tagBytes;
  decipher.setAuthTag(chunk.subarray(bodyEnd));
  const plain = decipher.update(chunk.subarray(0, bodyEnd));
  try {
    decipher.final();
  } catch {
    throw damaged(`chunk ${index} of an age file does not match its tag`);
  }
  return plain;
}

/** Number of the last chunk of a payload. */
export function lastChunkOf(headerBytes: number, storedBytes: number): number {
  return Math.max(0, Math.ceil((storedBytes - headerBytes - nonceBytes) / storedChunkBytes) - 1);
}

import {
  type CipherChaCha20Poly1305,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { giveBack } from '../../core/give-back.ts';
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

/**
 * Plain bytes of a whole age file, in memory of their own, with the key of its payload.
 * @throws OaopsError `repository-damaged` when a tag is wrong
 */
export function openPayload(stored: Uint8Array, headerBytes: number, key: Uint8Array): Buffer {
  const plain = Buffer.allocUnsafeSlow(plainLength(headerBytes, stored.length));
  const secret = createSecretKey(key);
  const last = lastChunkOf(headerBytes, stored.length);
  let at = 0;
  for (let index = 0; index <= last; index += 1) {
    const { offset, length } = storedChunk(headerBytes, stored.length, index);
    const chunk = openChunk(secret, index, index === last, stored.subarray(offset, offset + length));
    at += chunk.copy(plain, at);
    giveBack(chunk);
  }
  return plain;
}

/** Number of the last chunk of a payload. */
export function lastChunkOf(headerBytes: number, storedBytes: number): number {
  return Math.max(0, Math.ceil((storedBytes - headerBytes - nonceBytes) / storedChunkBytes) - 1);
}

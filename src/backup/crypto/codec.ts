import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { giveBack } from '../../core/give-back.ts';
import { maxPlainBytes, unreadableFrame } from '../format/damaged.ts';
import { type Identities, identityMissing, newAgeHeader } from './age-header.ts';
import { AgeEncryptor, openPayload } from './age-stream.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export const zstdOptions = (level: number) => ({
  params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
});

/** Text of a block or manifest to its stored bytes. `recipients` empty = no encryption. */
export async function encodeObject(plain: Uint8Array, recipients: readonly string[]): Promise<Buffer> {
  const packed = await compressText(plain);
  return recipients.length === 0 ? packed : await encryptBytes(packed, recipients);
}

/** One zstd frame, decompressed again and compared. */
export async function compressText(plain: Uint8Array): Promise<Buffer> {
  const packed = await compress(plain, zstdOptions(3));
  const check = await decompress(packed, { maxOutputLength: plain.length + 1 });
  if (Buffer.compare(check, plain) !== 0) throw new Error('zstd did not give back what was compressed');
  // Some MiB for each block of a manifest: given back at once, little else makes the garbage collector run there.
  if (check.length === check.buffer.byteLength) (check.buffer as ArrayBuffer).transfer(0);
  return packed;
}

export async function encryptBytes(plain: Uint8Array, recipients: readonly string[]): Promise<Buffer> {
  const { header, fileKey } = await newAgeHeader(recipients);
  const out: Buffer[] = [header];
  const encryptor = new AgeEncryptor(fileKey, (bytes) => out.push(bytes));
  encryptor.push(plain);
  encryptor.end();
  return Buffer.concat(out);
}

/** How stored objects are read: with the private keys, or clear. */
export interface Reading {
  encryption: 'age' | 'none';
  identities: Identities | undefined;
}

/** Plain bytes of a block or manifest. The caller has compared the sha256 of the stored bytes. */
export async function decodeObject(stored: Uint8Array, reading: Reading): Promise<Buffer> {
  const packed = reading.encryption === 'none' ? stored : await decryptBytes(stored, reading.identities);
  // As much as text mostly becomes: room is got in few steps, and memory that is not written to costs nothing.
  const chunkSize = Math.min(4 * 1024 * 1024, Math.max(64 * 1024, 4 * packed.length));
  try {
    return await decompress(packed, { maxOutputLength: maxPlainBytes, chunkSize });
  } catch {
    throw unreadableFrame();
  } finally {
    if (packed !== stored) giveBack(packed as Buffer);
  }
}

export async function decryptBytes(stored: Uint8Array, identities: Identities | undefined): Promise<Buffer> {
  if (identities === undefined) throw identityMissing();
  const { key, headerBytes } = await identities.payloadKey(stored);
  return openPayload(stored, headerBytes, key);
}

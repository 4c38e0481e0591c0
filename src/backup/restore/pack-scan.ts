import { zstdDecompressSync } from 'node:zlib';
import { sha256Hex } from '../../core/json.ts';
import { ageHeaderLength, type Identities, identityMissing } from '../crypto/age-header.ts';
import { plainLength } from '../crypto/age-stream.ts';
import { decryptBytes } from '../crypto/codec.ts';
import { damaged } from '../format/damaged.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { frameBytes } from './pack-source.ts';

const magic = 0xfd2fb528;

/**
 * How to read a pack whose line in the tables was lost, from the whole pack: the lengths of its zstd frames stand in their
 * block headers (RFC 8878, sections 3.1.1 and 3.1.1.2).
 * @throws OaopsError `repository-damaged` when the bytes are not those of the pack, `identity-missing`, `wrong-key`
 */
export async function scanPack(
  sha256: string,
  stored: Uint8Array,
  encrypted: boolean,
  identities: Identities | undefined,
): Promise<PackInfo> {
  if (sha256Hex(stored) !== sha256) throw damaged(`pack ${sha256} has other content`);
  if (encrypted && !identities) throw identityMissing();
  const headerBytes = encrypted ? (ageHeaderLength(stored) ?? 0) : 0;
  const packed = encrypted
    ? await decryptBytes(stored, identities)
    : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (encrypted && packed.length !== plainLength(headerBytes, stored.length)) throw damaged(`pack ${sha256} is cut`);
  const frames: number[] = [];
  let lastAt = 0;
  for (let at = 0; at < packed.length; at += frames.at(-1)!) {
    frames.push(frameLength(packed, at));
    lastAt = at;
  }
  // Every frame but the last holds as much as fits.
  const last = frames.length === 0 ? 0 : lengthOf(packed.subarray(lastAt));
  const tarBytes = Math.max(0, frames.length - 1) * frameBytes + last;
  return { sha256, storedBytes: stored.length, headerBytes, tarBytes, frames };
}

function lengthOf(frame: Uint8Array): number {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: frameBytes }).length;
  } catch {
    throw damaged("the last zstd frame of a pack can't be decompressed");
  }
}

function frameLength(bytes: Buffer, start: number): number {
  const cut = () => damaged('a pack ends within a zstd frame');
  if (start + 6 > bytes.length) throw cut();
  if (bytes.readUInt32LE(start) !== magic) throw damaged('a pack holds something that is no zstd frame');
  const descriptor = bytes[start + 4]!;
  const single = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = start + 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let last = false; !last; ) {
    if (at + 3 > bytes.length) throw cut();
    const header = bytes.readUIntLE(at, 3);
    last = (header & 1) === 1;
    // A block of one byte repeated stores that byte only.
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  if ((descriptor & 4) !== 0) at += 4;
  if (at > bytes.length) throw cut();
  return at - start;
}

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ObjectBody } from '../../backup/ports.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { bodyMismatch, objectTruncated } from '../../core/object-names.ts';

interface Announced {
  sha256: string;
  sizeBytes: number;
  onProgress?: (bytes: number) => void;
}

const chunkBytes = 1024 * 1024;

/** The body of one PUT. The last piece goes out only when the whole is what was announced. */
export async function requestBody(
  name: string,
  body: ObjectBody,
  announced: Announced,
): Promise<Uint8Array | Readable> {
  if ('bytes' in body) {
    if (body.bytes.length !== announced.sizeBytes) throw wrongSize(name, body.bytes.length, announced.sizeBytes);
    if (sha256Hex(body.bytes) !== announced.sha256) throw bodyMismatch(name, 'its sha256 is not the one announced');
    return body.bytes;
  }
  if (announced.sizeBytes === 0) return new Uint8Array();
  return Readable.from(fileChunks(name, body.file, announced), { objectMode: false, highWaterMark: chunkBytes });
}

async function* fileChunks(name: string, file: string, announced: Announced): AsyncIterable<Uint8Array> {
  const handle = await open(file, 'r').catch((error) => {
    throw new OaopsError('spool-read-failed', `${file} can't be read: ${messageOf(error)}`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    if (size !== announced.sizeBytes) throw wrongSize(name, size, announced.sizeBytes);
    const hash = createHash('sha256');
    let done = 0;
    while (done < size) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - done));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, done);
      if (bytesRead === 0) throw wrongSize(name, done, size);
      const piece = chunk.subarray(0, bytesRead);
      hash.update(piece);
      done += bytesRead;
      if (done === size && hash.digest('hex') !== announced.sha256)
        throw bodyMismatch(name, 'its sha256 is not the one announced');
      yield piece;
      announced.onProgress?.(done);
    }
  } finally {
    await handle.close();
  }
}

function wrongSize(name: string, found: number, wanted: number): OaopsError {
  return bodyMismatch(name, `it has ${found} bytes instead of ${wanted}`);
}

/** All bytes of an answer, exactly `wantedBytes` of them, in `memory` when it is large enough; anything else is `object-truncated`, worth another try. */
export async function responseBytes(
  location: string,
  name: string,
  stream: AsyncIterable<Uint8Array>,
  wantedBytes: number,
  memory?: Uint8Array,
): Promise<Uint8Array> {
  const whole =
    memory && memory.length >= wantedBytes ? memory.subarray(0, wantedBytes) : Buffer.allocUnsafe(wantedBytes);
  let filled = 0;
  for await (const chunk of stream) {
    if (filled + chunk.length > wantedBytes)
      throw passing(objectTruncated(location, name, wantedBytes, filled + chunk.length));
    whole.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < wantedBytes) throw passing(objectTruncated(location, name, wantedBytes, filled));
  return whole;
}

/** Marks an error as one that a second try may cure. */
export function passing(error: OaopsError): OaopsError {
  error.details['passing'] = true;
  return error;
}

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { OaopsError } from '../core/errors.ts';

/**
 * The bytes of a file, or no bytes when there are more than `maxBytes`: a file of many gigabytes is not read to be
 * refused. A named pipe is refused, for it would be waited for until somebody writes; `<(command)` of a shell works.
 * @throws OaopsError `not-a-file` for a device that cannot be read as a file; errors of the system
 */
export function readCapped(path: string, maxBytes: number): { bytes?: Uint8Array; sizeBytes: number } {
  // A named pipe would block at open until somebody writes; the descriptors of the process have their writer already.
  const inherited = /^\/(dev\/(stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/.test(path);
  const handle = openSync(path, inherited ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(handle);
    if (!inherited && !stat.isFile() && !stat.isDirectory()) {
      const what = stat.isFIFO() ? 'a named pipe' : stat.isSocket() ? 'a socket' : 'a device';
      throw new OaopsError('not-a-file', `this is ${what}, not a file`);
    }
    if (stat.isFile() && stat.size > maxBytes) return { sizeBytes: stat.size };
    const chunks: Buffer[] = [];
    let left = maxBytes + 1;
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, stat.isFile() ? Math.max(stat.size + 1, 4096) : 64 * 1024));
      const length = readSync(handle, chunk, 0, chunk.length, null);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
      left -= length;
    }
    const sizeBytes = maxBytes + 1 - left;
    return left === 0 ? { sizeBytes } : { bytes: Buffer.concat(chunks), sizeBytes };
  } finally {
    closeSync(handle);
  }
}

/** As `readCapped`, from a stream such as standard input. */
export async function readStreamCapped(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { errnoOf, OaopsError } from './errors.ts';

/**
 * sha256 and size of a local file, read as a stream.
 * @throws OaopsError `file-missing`; other system errors as they are
 */
export async function hashLocalFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    await pipeline(
      createReadStream(path),
      async (source: AsyncIterable<Buffer>) => {
        for await (const chunk of source) {
          hash.update(chunk);
          sizeBytes += chunk.length;
        }
      },
      signal ? { signal } : {},
    );
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new OaopsError('file-missing', `there is no file ${path}`, { cause: error });
    throw error;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

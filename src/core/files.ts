import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makePrivateDir } from './private-dir.ts';

export { makePrivateDir } from './private-dir.ts';

/** Copies a file into `dir` under its own name (mode 0600), and tells digest and size of what was copied. */
export async function copyIntoDir(
  source: string,
  dir: string,
): Promise<{ name: string; path: string; sha256: string; sizeBytes: number }> {
  if (!(await stat(source)).isFile()) throw new Error(`${source} is not a regular file`);
  makePrivateDir(dir);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  const name = basename(source);
  const path = join(dir, name);
  await pipeline(createReadStream(source), meter, createWriteStream(path, { mode: 0o600, flush: true }));
  return { name, path, sha256: hash.digest('hex'), sizeBytes };
}

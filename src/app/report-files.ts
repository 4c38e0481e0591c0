import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, messageOf, OaopsError } from '../core/errors.ts';
import { matchesPattern } from '../core/patterns.ts';
import type { FileDoor } from '../inspect/ports.ts';

/** More files than this are no reports. */
const mostFiles = 1000;

/** Files on this machine that others write, such as reports of scanners. */
export const reportFiles: FileDoor = {
  async find(pattern) {
    const folder = dirname(pattern);
    const name = basename(pattern);
    const names = /[*?]/.test(name) ? (await entriesOf(folder)).filter((entry) => matchesPattern(name, entry)) : [name];
    if (names.length > mostFiles)
      throw new OaopsError('too-many-files', `there are more than ${mostFiles} files ${pattern}`);
    const found = [];
    for (const path of names.map((entry) => join(folder, entry))) {
      const seen = await statOf(path);
      if (seen?.isFile()) found.push({ path, sizeBytes: seen.size, modifiedMs: seen.mtimeMs });
    }
    if (found.length === 0) throw new OaopsError('file-missing', `there is no file ${pattern}`);
    return found;
  },
  async *read(path, maxBytes) {
    let read = 0;
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
        read += (chunk as Buffer).length;
        if (read > maxBytes)
          throw new OaopsError(
            'file-too-large',
            `${path} is larger than ${maxBytes} bytes, which is the most that is read`,
          );
        yield chunk as Buffer;
      }
    } catch (error) {
      throw error instanceof OaopsError ? error : unreadable(path, error);
    }
  },
};

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): OaopsError {
  return new OaopsError('file-unreadable', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
}

import { readFile, stat } from 'node:fs/promises';
import { errnoOf, messageOf, OaopsError } from '../core/errors.ts';

/** A file on this machine, whole; null where there is none. @throws OaopsError `file-unreadable`, `file-too-large` */
export async function smallFile(path: string, maxBytes: number): Promise<Uint8Array | null> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes)
      throw new OaopsError(
        'file-too-large',
        `${path} is larger than ${maxBytes} bytes, which is the most that is read`,
      );
    return await readFile(path);
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    if (errnoOf(error) === 'ENOENT') return null;
    throw new OaopsError('file-unreadable', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

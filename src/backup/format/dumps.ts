import type { ByteString } from './byte-string.ts';

/**
 * The top folder of dumps in a snapshot: databases and outputs of commands, which have no path of their own. Relative to `/`;
 * nothing of a real folder of this name is backed up together with dumps.
 */
export const dumpFolder: ByteString = '.oaops-dumps';

/** Describes the dumps of one source: how they were made, and how to load them. */
export const dumpFactsName = 'source.json';

/** Path of a source's folder, or of a file in it, relative to `/`. */
export function dumpPath(source: string, file?: string): ByteString {
  const folder = `${dumpFolder}/${source}`;
  return file === undefined ? folder : `${folder}/${Buffer.from(file).toString('latin1')}`;
}

/** Whether a path, relative to `/`, is one of dumps: there is no such file on the machine that was backed up. */
export function isDumpPath(path: ByteString): boolean {
  return path === dumpFolder || path.startsWith(`${dumpFolder}/`);
}

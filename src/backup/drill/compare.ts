import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { type ByteString, forFs, fromBytes, toText } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import { Selection } from '../restore/selection.ts';

export interface Comparison {
  files: number;
  bytes: number;
  /** What is not as the manifest says; at most 100 are named. */
  differences: string[];
  different: number;
}

/** Reads every restored file from the disk again and compares type, size, link target and sha256 with the manifest. */
export async function compareWithManifest(
  root: ByteString,
  entries: AsyncIterable<Entry>,
  include: readonly string[],
  signal: AbortSignal,
): Promise<Comparison> {
  const result: Comparison = { files: 0, bytes: 0, differences: [], different: 0 };
  const selection = new Selection(include, []);
  let sinceRest = 0;
  for await (const entry of entries) {
    if (
      !selection.has(entry.path) ||
      entry.type === 's' ||
      entry.flags.includes('above') ||
      entry.flags.includes('unreadable')
    )
      continue;
    const difference = differenceOf(`${root}/${entry.path}`, entry);
    if (difference !== undefined) {
      result.different += 1;
      if (result.differences.length < 100) result.differences.push(`/${toText(entry.path)}: ${difference}`);
    }
    if (entry.type === 'f') {
      result.files += 1;
      result.bytes += entry.size;
      sinceRest += entry.size;
    }
    if (sinceRest > 32 * 1024 * 1024) {
      sinceRest = 0;
      // Lets signals through.
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  return result;
}

function differenceOf(path: ByteString, entry: Entry): string | undefined {
  try {
    const found = lstatSync(forFs(path));
    switch (entry.type) {
      case 'd':
        return found.isDirectory() ? undefined : 'it is no folder';
      case 'l':
        return found.isSymbolicLink() && fromBytes(readlinkSync(forFs(path), { encoding: 'buffer' })) === entry.target
          ? undefined
          : 'it is not the same link';
      case 'f':
        if (!found.isFile()) return 'it is no file';
        if (found.size !== entry.size) return `it has ${found.size} bytes instead of ${entry.size}`;
        return entry.size === 0 || hashOf(path) === entry.sha256 ? undefined : 'its content has another sha256';
      default:
        return undefined;
    }
  } catch (error) {
    return messageOf(error).startsWith('ENOENT') ? 'it is missing' : messageOf(error);
  }
}

const buffer = Buffer.allocUnsafe(1024 * 1024);

function hashOf(path: ByteString): string {
  const hash = createHash('sha256');
  const fd = openSync(forFs(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

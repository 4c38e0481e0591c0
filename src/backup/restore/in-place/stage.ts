import { createHash } from 'node:crypto';
import type { ByteString } from '../../format/byte-string.ts';

const prefix = '.oaops-restore.';

/**
 * Where the new form of an object lies until it takes the place of the old one: beside it, under a name that the same restore
 * finds again after it was killed.
 * @param content what it will hold: a hash, a link target
 */
export function stagedPath(path: ByteString, content: string): ByteString {
  const slash = path.lastIndexOf('/');
  const digest = createHash('sha256').update(`${path}\0${content}`, 'latin1').digest('hex').slice(0, 32);
  return `${path.slice(0, slash + 1)}${prefix}${digest}`;
}

/** A name that only `stagedPath` gives: what a killed restore left. */
export function isStagedName(name: ByteString): boolean {
  return /^\.oaops-restore\.[0-9a-f]{32}$/.test(name);
}

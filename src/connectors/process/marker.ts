import { createHash } from 'node:crypto';

/**
 * Name of the marker folder of a unit: readable, and safe as a file name, whatever the key holds; the hash makes it
 * unique, and its fixed length at the end keeps one from being the beginning of another. Also the value of OAOPS_UNIT.
 */
export function markerName(key: string): string {
  const readable = key
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[.-]+/, '_')
    .slice(0, 80);
  return `${readable}-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

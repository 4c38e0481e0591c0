import { crc32 } from 'node:zlib';
import { damaged } from '../format/damaged.ts';

/**
 * Checksum of a row over its fields. SQLite has none: a changed bit in a number leaves a row that looks right, and the next manifest
 * would name a wrong place. CRC-32 is against accidents; who can write to the cache can write to the sources' account too.
 */
export function rowChecksum(...fields: readonly (string | number)[]): number {
  return crc32(fields.join('\0'));
}

/** @throws OaopsError `repository-damaged`, which the cache tells as `CacheDamaged` */
export function checkRow(checksum: number, ...fields: readonly (string | number)[]): void {
  if (rowChecksum(...fields) !== checksum) throw damaged('a row does not have its checksum');
}

import { realpathSync } from 'node:fs';
import { type ByteString, fromBytes } from '../format/byte-string.ts';

/**
 * Folders that a backup must not hold although they lie in its sources: the repository, which would be stored in itself and grow
 * with every run, and the spool and the cache, whose files come and go meanwhile. Absolute real paths; those that are not
 * there are left out.
 */
export function ownPlaces(folders: readonly string[]): ReadonlySet<ByteString> {
  const places = new Set<ByteString>();
  for (const folder of folders) {
    try {
      places.add(fromBytes(realpathSync.native(folder, { encoding: 'buffer' })));
    } catch {
      // Not there: nothing of it can be found.
    }
  }
  return places;
}

/** Those of the places that lie in one of the roots (relative to `/`; `.` is `/`). */
export function placesWithin(places: ReadonlySet<ByteString>, roots: readonly ByteString[]): ByteString[] {
  return [...places].filter((place) => roots.some((root) => root === '.' || place.startsWith(`/${root}/`)));
}

import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { type ByteString, forFs, fromBytes, fromText, toText } from '../format/byte-string.ts';
import { comparePaths } from '../format/path-order.ts';

export interface Sources {
  /** Absolute paths as they were given, made absolute. */
  given: ByteString[];
  /** Where the walk begins: relative to `/`, in manifest order, none inside another. `.` is `/`. */
  roots: ByteString[];
  missing: { path: ByteString; message: string }[];
}

/**
 * Finds the source paths. Folders on the way are resolved, so that the manifest names real places; a path that is itself a
 * symbolic link gives the link and what it points to, because a backup of the bare link would look full and be empty.
 * Throws `sources-missing` (exit 1) when none of them exists: an empty backup must not pass for a success.
 */
export function findSources(paths: readonly (string | Uint8Array)[], cwd: string): Sources {
  if (paths.length === 0)
    throw usageError('sources-none', 'no path to back up is given', { next: 'Name at least one folder or file.' });
  const bytes = paths.map((path) => (typeof path === 'string' ? fromText(path) : fromBytes(path)));
  // Slashes and dots are ASCII, so paths of bytes are resolved like those of text.
  const given = bytes.map((path) => resolve(fromText(cwd), path));
  const missing: Sources['missing'] = [];
  const found = new Set<ByteString>();
  for (const path of new Set(given)) {
    try {
      for (const real of realPlaces(path)) found.add(real);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      missing.push({ path, message: messageOf(error).replace(/, \w+ '.*$/, '') });
    }
  }
  if (found.size === 0) {
    const names = missing.map(({ path }) => toText(path)).join(', ');
    throw new OaopsError('sources-missing', `nothing to back up: ${names} cannot be found`, {
      next: 'Check the paths and whether the file systems are mounted.',
      details: { missing: missing.map(({ path, message }) => ({ path: toText(path), message })) },
    });
  }
  const sorted = [...found].sort(comparePaths);
  const roots = sorted.filter((path) => !sorted.some((other) => other !== path && contains(other, path)));
  return { given, roots, missing };
}

function realPlaces(path: ByteString): ByteString[] {
  if (path === '/') return ['.'];
  const parent = realpathBytes(dirname(path));
  const own = join(parent, basename(path));
  const stats = lstatSync(forFs(own));
  const places = [own.slice(1)];
  if (stats.isSymbolicLink()) {
    readlinkSync(forFs(own));
    places.push(realpathBytes(own).slice(1) || '.');
  }
  return places;
}

function realpathBytes(path: ByteString): ByteString {
  return fromBytes(realpathSync.native(forFs(path), { encoding: 'buffer' }));
}

function join(folder: ByteString, name: ByteString): ByteString {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

function contains(folder: ByteString, path: ByteString): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}

/** The folders above a root, outermost first; `/` itself is not one of them. */
export function foldersAbove(root: ByteString): ByteString[] {
  const above: ByteString[] = [];
  for (let slash = root.indexOf('/'); slash >= 0; slash = root.indexOf('/', slash + 1))
    above.push(root.slice(0, slash));
  return above;
}

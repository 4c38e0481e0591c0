import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAbsent, rephrase } from './files.ts';

/** Unfinished files lie here, on the same file system as the objects; never listed. */
export const temporaryFolder = '.tmp';

/** All files of `folder` (relative to `root`) and below whose name starts with `prefix`, in byte order of whole names. */
export async function* walk(
  root: string,
  folder: string,
  prefix: string,
): AsyncIterable<{ name: string; sizeBytes: number; modifiedMs: number }> {
  let entries: { key: string; name: string; directory: boolean }[];
  try {
    entries = (await readdir(join(root, folder), { withFileTypes: true })).map((entry) => {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      return { key: entry.isDirectory() ? `${name}/` : name, name, directory: entry.isDirectory() };
    });
  } catch (error) {
    if (isAbsent(error)) return;
    throw rephrase(error, root);
  }
  // A folder sorts as if its slash were part of the name: that is the byte order of whole names.
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, name, directory } of entries) {
    // `.tmp`, and what file systems and NAS boxes leave behind (`.snapshot`, `.nfs0001`).
    if (basename(name).startsWith('.')) continue;
    if (directory) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(root, name, prefix);
      continue;
    }
    if (!name.startsWith(prefix)) continue;
    const found = await lstat(join(root, name)).catch((error) => {
      if (isAbsent(error)) return undefined;
      throw rephrase(error, root, name);
    });
    if (found?.isFile()) yield { name, sizeBytes: found.size, modifiedMs: found.mtimeMs };
  }
}

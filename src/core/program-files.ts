import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Sources run as they are (`.ts`); built, they are bundled into `dist/`, where a module no longer knows its own place. */
const built = !import.meta.url.endsWith('.ts');

/** Folder of package.json. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the program has no package.json');
    folder = parent;
  }
  return folder;
}

/** The file of each thread below `dist/`, by its name in the sources. Put in by the build (bin/bundle.ts). */
declare const builtThreads: Readonly<Record<string, string>>;

/**
 * A module that is started as a thread of its own: the one of this build, also when there is a newer one by now.
 * @param name as `src/backup/restore/worker`: from the package's folder, without its extension. The build has to know it (bin/bundle.ts).
 */
export function threadFile(name: string): URL {
  const root = packageRoot();
  return pathToFileURL(built ? join(root, 'dist', builtThreads[name]!) : join(root, `${name}.ts`));
}

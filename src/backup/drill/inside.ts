import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A path of the source host in the restored copy. A link that leads out of it would show live data, so it is refused. */
export function inside(root: string, file: string): string {
  const path = realpathSync(join(root, resolve('/', file)));
  if (!path.startsWith(`${realpathSync(root)}/`)) throw new Error(`${file} leads out of the restored copy`);
  return path;
}

import { type ByteString, toText } from '../format/byte-string.ts';
import { damaged } from '../format/damaged.ts';
import type { EntryType } from '../format/entry.ts';
import { comparePaths } from '../format/path-order.ts';

/**
 * Accepts the paths of a manifest one by one, or refuses the whole manifest. It relies on the order of the format: each path comes
 * once, and directly or indirectly after the folder that holds it. So a path that is absolute, has `..`, repeats, or
 * lies in something that is no folder (a symbolic link above all) can't be built from what is accepted.
 */
export class PathGuard {
  #previous: ByteString | undefined;
  #folders: ByteString[] = [];

  /** @throws OaopsError `repository-damaged` (exit 9) */
  accept(path: ByteString, type: EntryType): void {
    if (path !== '.') {
      const parts = path.split('/');
      if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0')) {
        throw damaged(`the manifest names the path ${JSON.stringify(toText(path).slice(0, 200))}`);
      }
    } else if (type !== 'd') throw damaged('the manifest says that / is no folder');
    if (this.#previous !== undefined && comparePaths(this.#previous, path) >= 0) {
      throw damaged(`the manifest is out of order at ${JSON.stringify(toText(path).slice(0, 200))}`);
    }
    this.#previous = path;
    if (path === '.') return;
    while (this.#folders.length > 0 && !path.startsWith(`${this.#folders.at(-1)}/`)) this.#folders.pop();
    const parent = path.lastIndexOf('/') < 0 ? undefined : path.slice(0, path.lastIndexOf('/'));
    if (parent !== this.#folders.at(-1)) {
      throw damaged(`the manifest puts ${JSON.stringify(toText(path).slice(0, 200))} into something that is no folder`);
    }
    if (type === 'd') this.#folders.push(path);
  }
}

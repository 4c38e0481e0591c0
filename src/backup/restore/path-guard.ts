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
  readonly #lost: { first: ByteString; last: ByteString }[] = [];

  /**
   * The entries from `first` to `last` could not be read. Folders among them may be missed by what follows.
   * @throws OaopsError `repository-damaged` (exit 9) when the range is out of order
   */
  skip(first: ByteString, last: ByteString): void {
    this.#inOrder(first);
    if (comparePaths(first, last) > 0) throw damaged('the manifest names a block that ends before it begins');
    this.#previous = last;
    this.#lost.push({ first, last });
  }

  /**
   * Gives the folders above `path` that were lost, from the top: whatever stood there in the manifest, only a folder can hold
   * this path, and no later entry can have their names.
   * @throws OaopsError `repository-damaged` (exit 9)
   */
  accept(path: ByteString, type: EntryType): ByteString[] {
    if (path !== '.') {
      const parts = path.split('/');
      if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0')) {
        throw damaged(`the manifest names the path ${JSON.stringify(toText(path).slice(0, 200))}`);
      }
    } else if (type !== 'd') throw damaged('the manifest says that / is no folder');
    this.#inOrder(path);
    this.#previous = path;
    if (path === '.') return [];
    while (this.#folders.length > 0 && !path.startsWith(`${this.#folders.at(-1)}/`)) this.#folders.pop();
    const implied = this.#between(this.#folders.at(-1), path);
    if (implied.some((folder) => !this.#isLost(folder))) {
      throw damaged(`the manifest puts ${JSON.stringify(toText(path).slice(0, 200))} into something that is no folder`);
    }
    this.#folders.push(...implied);
    if (type === 'd') this.#folders.push(path);
    return implied;
  }

  #inOrder(path: ByteString): void {
    if (this.#previous === undefined || comparePaths(this.#previous, path) < 0) return;
    throw damaged(`the manifest is out of order at ${JSON.stringify(toText(path).slice(0, 200))}`);
  }

  /** The folders below `folder` that hold `path`, from the top. */
  #between(folder: ByteString | undefined, path: ByteString): ByteString[] {
    const found: ByteString[] = [];
    const from = folder === undefined ? 0 : folder.length + 1;
    for (let at = path.indexOf('/', from); at >= 0; at = path.indexOf('/', at + 1)) found.push(path.slice(0, at));
    return found;
  }

  #isLost(folder: ByteString): boolean {
    return this.#lost.some(({ first, last }) => comparePaths(first, folder) <= 0 && comparePaths(folder, last) <= 0);
  }
}

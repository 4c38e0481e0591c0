import type { ByteString } from '../format/byte-string.ts';
import { compileExcludes } from '../scan/exclude.ts';

/**
 * Which entries of a manifest to restore. Patterns are those of backup excludes: an absolute path, or a name anywhere.
 * What lies in an included folder is included, what lies in an excluded one is not; exclude wins.
 */
export class Selection {
  readonly #included: (path: ByteString) => boolean;
  readonly #excluded: (path: ByteString) => boolean;
  #insideIncluded: ByteString | undefined;
  #insideExcluded: ByteString | undefined;

  constructor(include: readonly string[], exclude: readonly string[]) {
    this.#included = include.length === 0 ? () => true : compileExcludes(include);
    this.#excluded = compileExcludes(exclude);
  }

  /** Must be asked in manifest order. */
  has(path: ByteString): boolean {
    if (this.#insideExcluded !== undefined && path.startsWith(this.#insideExcluded)) return false;
    const absolute = path === '.' ? '/' : `/${path}`;
    if (this.#excluded(absolute)) {
      this.#insideExcluded = `${path}/`;
      return false;
    }
    if (this.#insideIncluded !== undefined && path.startsWith(this.#insideIncluded)) return true;
    if (!this.#included(absolute)) return false;
    this.#insideIncluded = path === '.' ? '' : `${path}/`;
    return true;
  }
}

import { type ByteString, fromText } from '../format/byte-string.ts';
import { comparePaths } from '../format/path-order.ts';
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

/** As `Selection`, for paths in any order: a path with the folders above it. */
export function isWanted(select: {
  include: readonly string[];
  exclude: readonly string[];
}): (path: ByteString) => boolean {
  const isIncluded = select.include.length === 0 ? () => true : compileExcludes(select.include);
  const isExcluded = compileExcludes(select.exclude);
  return (path) => {
    let included = false;
    for (let at = path.indexOf('/'); ; at = path.indexOf('/', at + 1)) {
      const absolute = path === '.' ? '/' : `/${at < 0 ? path : path.slice(0, at)}`;
      if (isExcluded(absolute)) return false;
      included ||= isIncluded(absolute);
      if (at < 0) return included;
    }
  };
}

/**
 * Whether something that is included may lie between two paths of a manifest. Only plain absolute paths can rule it out: a
 * pattern, or a name without a slash, may fit anywhere.
 */
export function mayHold(include: readonly string[], first: ByteString, last: ByteString): boolean {
  if (include.length === 0) return true;
  return include.some((pattern) => {
    const trimmed = pattern.trim().replace(/\/+$/, '');
    if (!trimmed.startsWith('/') || /[*?[]/.test(trimmed)) return true;
    const path = fromText(trimmed.slice(1));
    const isBelow = (one: ByteString) => one === path || one.startsWith(`${path}/`);
    // What the path holds follows it without a gap, so the range is apart, begins in it, or comes upon its beginning.
    return isBelow(first) || (comparePaths(first, path) <= 0 && comparePaths(path, last) <= 0);
  });
}

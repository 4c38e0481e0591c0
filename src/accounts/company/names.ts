import { matchesPattern } from '../../core/patterns.ts';
import { comparableEntry } from '../matching/comparable.ts';

const wildcard = /[*?]/;

/** Things that are listed by name or pattern, compared without regard to case and to the spelling of DNs; thousands of plain names cost as little as one. */
export class NameList<T> {
  readonly #plain = new Map<string, { order: number; value: T }[]>();
  readonly #patterns: { pattern: string; order: number; value: T }[] = [];

  constructor(entries: Iterable<readonly [pattern: string, value: T]>) {
    let order = 0;
    for (const [name, value] of entries) {
      const pattern = comparableEntry(name);
      const one = { order: order++, value };
      if (wildcard.test(pattern)) this.#patterns.push({ pattern, ...one });
      else this.#plain.set(pattern, [...(this.#plain.get(pattern) ?? []), one]);
    }
  }

  get isEmpty(): boolean {
    return this.#plain.size === 0 && this.#patterns.length === 0;
  }

  /** All that fit one of the names, in the order of the list. */
  all(...names: readonly string[]): T[] {
    if (this.isEmpty) return [];
    const found = new Map<number, T>();
    for (const each of names) {
      const name = comparableEntry(each);
      for (const { order, value } of this.#plain.get(name) ?? []) found.set(order, value);
      for (const { pattern, order, value } of this.#patterns)
        if (matchesPattern(pattern, name)) found.set(order, value);
    }
    return [...found].sort(([a], [b]) => a - b).map(([, value]) => value);
  }

  has(name: string): boolean {
    if (this.isEmpty) return false;
    const key = comparableEntry(name);
    return this.#plain.has(key) || this.#patterns.some(({ pattern }) => matchesPattern(pattern, key));
  }
}

/** A list that only says yes or no. */
export function nameSet(names: readonly string[]): NameList<string> {
  return new NameList(names.map((name) => [name, name] as const));
}

/** A check of an inspection as it is being made. */
export interface Draft {
  check: string;
  with: Record<string, unknown>;
  /** Milliseconds. */
  timeoutMs?: number;
}

type Text = string | number | boolean;

/**
 * The attributes of one test of a gossfile. What is not taken is told of: nothing is dropped in silence. Values may be matchers ("{gt: 5}"), of which
 * only those are understood that have a counterpart.
 */
export class Attributes {
  readonly #values: Record<string, unknown>;
  readonly #taken = new Set(['title', 'meta', 'skip']);
  readonly #tell: (note: string) => void;
  readonly of: string;

  /** `of` names the test in notes. */
  constructor(of: string, values: Record<string, unknown>, tell: (note: string) => void) {
    this.of = of;
    this.#values = values;
    this.#tell = tell;
  }

  /** Says something about this test. */
  note(why: string): void {
    this.#tell(`${this.of}: ${why}`);
  }

  /** Takes a value; undefined when there is none, or it is empty. */
  raw(key: string): unknown {
    this.#taken.add(key);
    const value = this.#values[key];
    return value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value;
  }

  /** Left without a word: it has no meaning here. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#taken.add(key);
  }

  flag(key: string): boolean | undefined {
    return this.#typed(key, (value) => (typeof value === 'boolean' ? value : undefined));
  }

  number(key: string): number | undefined {
    return this.#typed(key, (value) => {
      const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : undefined;
    });
  }

  text(key: string): string | undefined {
    return this.#typed(key, (value) => (isText(value) ? String(value) : undefined));
  }

  /** One text or a list; a list in a matcher such as `consist-of` is taken, and which one it was told. */
  list(key: string, matchers: readonly string[] = []): { items: string[]; matcher: string | undefined } | undefined {
    return this.#typed(key, (value) => {
      const [matcher, inner] = matcherOf(value);
      if (matcher !== undefined && !matchers.includes(matcher)) return undefined;
      const items = Array.isArray(inner) ? inner : [inner];
      return items.every(isText) ? { items: items.map(String), matcher } : undefined;
    });
  }

  /** Says of what nobody has taken that it is left out. */
  rest(): void {
    for (const key of Object.keys(this.#values))
      if (!this.#taken.has(key) && this.raw(key) !== undefined) this.leaveOut(key);
  }

  leaveOut(key: string): void {
    this.note(`"${key}" is left out`);
  }

  #typed<T>(key: string, read: (value: unknown) => T | undefined): T | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const found = read(value);
    if (found === undefined) this.note(`"${key}" has a value that is not understood, and is left out`);
    return found;
  }
}

function matcherOf(value: unknown): [string | undefined, unknown] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [undefined, value];
  const entries = Object.entries(value);
  return entries.length === 1 ? [entries[0]![0], entries[0]![1]] : ['', value];
}

function isText(value: unknown): value is Text {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Patterns of Goss: a text, `/a regular expression/`, either with `!` before it; a backslash takes the meaning from `!` and `/`. */
export function patternsOf(
  items: readonly string[],
  attributes: Attributes,
): { contains: string[]; absent: string[]; matches: string[] } {
  const found = { contains: [] as string[], absent: [] as string[], matches: [] as string[] };
  for (const item of items) {
    const not = item.startsWith('!');
    const pattern = not ? item.slice(1) : item;
    const expression = /^\/(.*)\/$/s.exec(pattern)?.[1];
    if (expression === undefined) (not ? found.absent : found.contains).push(pattern.replace(/^\\(?=[!/\\])/, ''));
    else if (not || !isExpression(expression)) attributes.note(`the pattern ${item} is left out`);
    else found.matches.push(expression);
  }
  return found;
}

function isExpression(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

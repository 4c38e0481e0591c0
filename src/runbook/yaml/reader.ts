import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { RuleId } from '../rules.ts';
import type { Limits } from './text.ts';

export type Path = (string | number)[];

/** A range of the text, as offsets. */
export type Range = readonly [start: number, end: number];

/** Reports something at a range of the text. */
export type Tell = (rule: RuleId, range: Range, message: string, next?: string) => void;

/** Turns nodes into plain data; reports what YAML allows and runbooks do not. */
export class Reader {
  capped = false;
  /** Mappings and lists that hold less than the author wrote: one of two with the same key, or an unquoted {{ ... }}. */
  readonly partial = new WeakSet<object>();
  /** True when anything is in `partial`, or a value was left out. */
  anyLeftOut = false;
  readonly #tell: Tell;
  readonly #limits: Limits;
  readonly #anchors = new Map<string, Node>();
  readonly #aliases = new Map<Alias, Node>();
  readonly #open = new Set<Node>();
  #expanded = 0;
  /** Depth of aliases being replaced: what lies below one was reported where it is written. */
  #inAlias = 0;
  /** Where the outermost alias being replaced stands. */
  #outermost: Range | undefined;

  readonly #text: string;

  constructor(text: string, limits: Limits, tell: Tell) {
    this.#text = text;
    this.#limits = limits;
    this.#tell = tell;
  }

  /** The node that an alias stands for; any other node is itself. */
  target(node: unknown): unknown {
    return isAlias(node) ? this.#aliases.get(node) : node;
  }

  read(node: unknown): unknown {
    if (this.capped) return null;
    if (++this.#expanded > this.#limits.maxExpandedNodes) {
      this.capped = true;
      this.#tell(
        'yaml-alias-bomb',
        this.#outermost ?? [0, 0],
        `aliases expand to more than ${this.#limits.maxExpandedNodes} values`,
        'Write the values out, or put them into a file of their own.',
      );
      return null;
    }
    if (isAlias(node)) return this.#readAlias(node);
    if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      if (node.tag !== undefined && this.#inAlias === 0 && isExplicitTag(node)) {
        const [start, end] = rangeOfNode(node)!;
        const before = this.#text.slice(Math.max(0, start - 1000), start);
        const written = /(!\S*)\s+(?:&\S+\s+)?$/.exec(before);
        const at = written ? start - before.length + written.index : start;
        this.#tell(
          'yaml-tag',
          written ? [at, at + written[1]!.length] : [start, end],
          `the tag ${written?.[1] ?? node.tag} is not allowed`,
          'Remove the tag: runbooks hold plain text, numbers, true, false, lists and mappings.',
        );
      }
    }
    if (isMap(node)) return this.#within(node, () => this.#readMap(node));
    if (isSeq(node)) {
      const items = this.#within(node, () => node.items.map((item) => this.read(item)));
      return node.tag !== undefined && isExplicitTag(node) ? this.#leaveOut(items) : items;
    }
    if (isScalar(node)) return this.#readScalar(node);
    return null;
  }

  #within<T>(node: Node, read: () => T): T {
    this.#open.add(node);
    try {
      return read();
    } finally {
      this.#open.delete(node);
    }
  }

  #readAlias(alias: Alias): unknown {
    const known = this.#aliases.get(alias) ?? this.#anchors.get(alias.source);
    const range = rangeOfNode(alias)!;
    if (known === undefined) {
      this.#tell(
        'yaml-alias',
        range,
        `no anchor &${alias.source} stands before this alias`,
        'Define the anchor above its first use; a text that starts with * must be quoted.',
      );
      return null;
    }
    if (this.#open.has(known)) {
      this.#tell('yaml-alias', range, `the anchor &${alias.source} contains itself`, 'Write the inner value out.');
      return null;
    }
    this.#aliases.set(alias, known);
    if (this.#inAlias === 0) this.#outermost = range;
    this.#inAlias++;
    try {
      return this.read(known);
    } finally {
      this.#inAlias--;
    }
  }

  #readMap(map: YAMLMap): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    if (map.tag !== undefined && isExplicitTag(map)) this.#leaveOut(result);
    const first = new Map<string, Range>();
    for (const pair of map.items) {
      const range = rangeOfNode(pair.key) ?? rangeOfNode(map)!;
      const key = this.#readKey(pair, range);
      const value = this.read(pair.value);
      if (key === undefined) {
        this.#leaveOut(result);
        continue;
      }
      const earlier = first.get(key);
      if (earlier !== undefined) {
        const isStep = key === 'id';
        if (this.#inAlias === 0)
          this.#tell(
            'yaml-duplicate-key',
            range,
            `the key "${key}" stands here for the second time`,
            isStep
              ? 'Start a new item with "- ", or remove one of the two.'
              : 'Remove one of the two, or merge their values.',
          );
        // Two items have become one: nothing more can be said of either.
        if (isStep) this.capped = true;
        this.#leaveOut(result[key]);
        // What one of two names needs or reads may stand in the other.
        if (isMapping(result[key]) && isMapping(value)) result[key] = this.#leaveOut({ ...value, ...result[key] });
        continue;
      }
      first.set(key, range);
      result[key] = value;
    }
    return result;
  }

  #leaveOut<T>(value: T): T {
    this.anyLeftOut = true;
    if (value !== null && typeof value === 'object') this.partial.add(value);
    return value;
  }

  #readKey(pair: Pair, range: Range): string | undefined {
    const node = isAlias(pair.key) ? this.#anchors.get(pair.key.source) : pair.key;
    if (!isScalar(node)) {
      if (this.#inAlias === 0) {
        const template = isMap(node) && node.flow;
        this.#tell(
          'yaml-key',
          range,
          'a mapping or a list is used as a key',
          template
            ? 'Quote a text that starts with { ; an expression is written ${{ ... }}.'
            : 'Use a plain word as the key.',
        );
      }
      return undefined;
    }
    if (isAlias(pair.key)) this.#aliases.set(pair.key, node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    // A key such as 404 or true keeps the form in which it was written.
    const key = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    if (key === '<<' && node.type === 'PLAIN') {
      if (this.#inAlias === 0)
        this.#tell(
          'yaml-merge-key',
          range,
          'merge keys (<<) are not part of YAML 1.2',
          'Write the keys out, or use an alias for a whole value.',
        );
      return undefined;
    }
    if (key === '' || key === '__proto__') {
      if (this.#inAlias === 0)
        this.#tell(
          'yaml-key',
          range,
          key === '' ? 'a key is empty' : 'the key "__proto__" is not allowed',
          key === '' ? 'Give the value a key.' : 'Give it another name.',
        );
      return undefined;
    }
    return key;
  }

  #readScalar(node: Scalar): unknown {
    const { value } = node;
    if (typeof value === 'number') {
      const whole = /^[-+]?\d+$/.test(node.source ?? '') || /^0[xo]/.test(node.source ?? '');
      if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
        if (this.#inAlias === 0)
          this.#tell(
            'yaml-number',
            rangeOfNode(node)!,
            `${node.source ?? value} is not a number that can be kept exactly`,
            `If it is meant as text, quote it: "${node.source ?? value}".`,
          );
        return 0;
      }
      return value;
    }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    return node.source ?? String(value);
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Composed nodes carry a tag only when the text has one; collections and core scalars get none. */
function isExplicitTag(node: { tag?: string }): boolean {
  return node.tag !== undefined && node.tag !== '!';
}

/** Offsets of a node's text. */
export function rangeOfNode(node: unknown): Range | undefined {
  const range = (node as Node | null)?.range;
  return range ? [range[0], range[1]] : undefined;
}

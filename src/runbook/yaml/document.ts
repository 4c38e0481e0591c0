import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { RuleId } from '../rules.ts';
import type { Finding } from '../types.ts';
import { explainSyntax } from './syntax.ts';
import { defaultLimits, findingAt, type Limits } from './text.ts';

export type Path = (string | number)[];

/** A range of the text, as offsets. */
export type Range = readonly [start: number, end: number];

/** A parsed YAML document: plain data, and where each piece of it stands in the text. */
export interface YamlDocument {
  file: string;
  text: string;
  /** Plain JSON data; keys are strings, aliases replaced. `undefined` when the text is no YAML at all. */
  data: unknown;
  /** False when the text is broken so that `data` may be nested otherwise than the author means. */
  sound: boolean;
  findings: Finding[];
  /** Range of the value at `path`, or of the nearest node above it that exists; `key` = of its key. */
  rangeOf(path: Path, part?: 'key' | 'value'): Range;
  /** The scalar at `path`, for its source form; undefined when there is no scalar. */
  scalarAt(path: Path): Scalar | undefined;
  /** A finding whose place is a range of the text. */
  finding(rule: RuleId, range: Range, message: string, next?: string): Finding;
}

/** Parses one YAML 1.2 document (core schema) within `limits`. Never throws on any text. */
export function parseYaml(text: string, file: string, limits: Limits = defaultLimits): YamlDocument {
  const lines = new LineCounter();
  const findings: Finding[] = [];
  const finding = (rule: RuleId, [start, end]: Range, message: string, next?: string): Finding => {
    const from = lines.linePos(Math.min(start, text.length));
    const to = lines.linePos(Math.max(start, Math.min(end, text.length)));
    const place = {
      file,
      line: Math.max(1, from.line),
      col: Math.max(1, from.col),
      endLine: Math.max(1, to.line),
      endCol: Math.max(1, to.col),
    };
    return findingAt(rule, place, message, next);
  };
  const broken = (): YamlDocument => ({
    file,
    text,
    data: undefined,
    sound: false,
    findings,
    rangeOf: () => [0, 0],
    scalarAt: () => undefined,
    finding,
  });

  const documents = compose(text, lines, limits, (rule, range, message, next) =>
    findings.push(finding(rule, range, message, next)),
  );
  if (documents === undefined) return broken();
  const document = documents[0];
  if (!document || document.contents === null) {
    if (findings.length === 0)
      findings.push(
        finding('file-empty', [0, 0], 'the file is empty', 'Run "oaops runbook new" to start from a template.'),
      );
    return broken();
  }
  const second = documents[1];
  if (second) {
    const next = 'Keep one runbook per file: move what follows "---" to a file of its own.';
    findings.push(
      finding(
        'yaml-multi-document',
        [documentStart(text, second), second.range[1]],
        'the file holds more than one YAML document',
        next,
      ),
    );
  }

  let sound = true;
  const seenLines = new Set<number>();
  for (const error of [...documents.flatMap((d) => d.errors), ...document.warnings]) {
    if (error.code === 'TAG_RESOLVE_FAILED') continue;
    const { rule, message, next, structural } = explainSyntax(error, text);
    const found = finding(rule, error.pos, message, next);
    sound &&= !structural;
    // One mistake makes the parser complain several times in a line: the first one is the cause.
    if (seenLines.has(found.line)) continue;
    seenLines.add(found.line);
    findings.push(found);
  }
  const version = document.directives?.yaml;
  if (version?.explicit && version.version !== '1.2') {
    const at = Math.max(0, text.indexOf('%YAML'));
    const next = 'Remove the line: runbooks are YAML 1.2, where no, on and 09:30 are plain text.';
    findings.push(
      finding('yaml-directive', [at, at + '%YAML 1.1'.length], `the file asks for YAML ${version.version}`, next),
    );
  }

  const reader = new Reader(limits, (rule, range, message, next) => findings.push(finding(rule, range, message, next)));
  const data = reader.read(document.contents as Node);
  return {
    file,
    text,
    data,
    sound: sound && !reader.capped,
    findings,
    rangeOf: (path, part = 'value') => locate(reader, document.contents as Node, path, part),
    scalarAt: (path) => {
      const node = find(reader, document.contents as Node, path);
      return isScalar(node) ? node : undefined;
    },
    finding,
  };
}

type Tell = (rule: RuleId, range: Range, message: string, next?: string) => void;

/**
 * Text to documents. Depth and size are watched while the parser (which keeps its own stack) is fed token by token:
 * composing is recursive, so a document that is too deep must never reach it.
 */
function compose(text: string, lines: LineCounter, limits: Limits, tell: Tell): Document.Parsed[] | undefined {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > limits.maxNodes * 4) {
      tell(
        'yaml-too-many-nodes',
        [parser.offset, parser.offset],
        `the document has more than about ${limits.maxNodes} values`,
        'Split it, or put data into files of their own.',
      );
      return undefined;
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    // A level takes one entry of the stack, two where a list item starts a mapping; the document itself and a scalar take more.
    if (parser.stack.length > limits.maxDepth + 3) {
      tell(
        'yaml-depth',
        [parser.offset, parser.offset],
        `values are nested deeper than ${limits.maxDepth} levels`,
        'Flatten the structure.',
      );
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  // The library looks for duplicate keys by comparing all pairs; the reader below does it in one pass.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    merge: false,
    keepSourceTokens: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  return [...composer.compose(tokens)] as Document.Parsed[];
}

function documentStart(text: string, document: Document.Parsed): number {
  // The range starts after the "---" line's marker; point at the marker.
  const marker = text.lastIndexOf('---', document.range[0] + 3);
  return marker >= 0 ? marker : document.range[0];
}

/** Turns nodes into plain data; reports what YAML allows and runbooks do not. */
class Reader {
  capped = false;
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

  constructor(limits: Limits, tell: Tell) {
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
        this.#tell(
          'yaml-tag',
          rangeOfNode(node)!,
          `the tag ${node.tag} is not allowed`,
          'Remove the tag: runbooks hold plain text, numbers, true, false, lists and mappings.',
        );
      }
    }
    if (isMap(node)) return this.#within(node, () => this.#readMap(node));
    if (isSeq(node)) return this.#within(node, () => node.items.map((item) => this.read(item)));
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
    const first = new Map<string, Range>();
    for (const pair of map.items) {
      const range = rangeOfNode(pair.key) ?? rangeOfNode(map)!;
      const key = this.#readKey(pair, range);
      const value = this.read(pair.value);
      if (key === undefined) continue;
      const earlier = first.get(key);
      if (earlier !== undefined) {
        if (this.#inAlias === 0)
          this.#tell(
            'yaml-duplicate-key',
            range,
            `the key "${key}" stands here for the second time`,
            'Remove one of the two, or merge their values.',
          );
        continue;
      }
      first.set(key, range);
      result[key] = value;
    }
    return result;
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
          'Give the value a key.',
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

/** Composed nodes carry a tag only when the text has one; collections and core scalars get none. */
function isExplicitTag(node: { tag?: string }): boolean {
  return node.tag !== undefined && node.tag !== '!';
}

function rangeOfNode(node: unknown): Range | undefined {
  const range = (node as Node | null)?.range;
  return range ? [range[0], range[1]] : undefined;
}

function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  const wanted = String(key);
  return map.items.find(({ key: node }) => isScalar(node) && (node.value === wanted || node.source === wanted));
}

function find(reader: Reader, root: Node, path: Path): unknown {
  let node: unknown = root;
  for (const key of path) {
    node = reader.target(node);
    if (isMap(node)) node = pairOf(node, key)?.value;
    else if (isSeq(node)) node = node.items[Number(key)];
    else return undefined;
  }
  return reader.target(node);
}

/** The range for `path`; where the path leaves the document, the key of the last mapping on the way, else that node. */
function locate(reader: Reader, root: Node, path: Path, part: 'key' | 'value'): Range {
  let node: unknown = root;
  let place: Range = firstOf(root);
  for (const [index, key] of path.entries()) {
    node = reader.target(node);
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = pairOf(node, key);
      if (!pair) return place;
      const keyRange = rangeOfNode(pair.key) ?? place;
      node = pair.value;
      const valueRange = rangeOfNode(node);
      const empty = isScalar(node) && node.value === null && (node.source ?? '') === '';
      // A collection is pointed at by its key: its own range can be a hundred lines.
      const useKey = valueRange === undefined || empty || (last ? part === 'key' || isMap(node) || isSeq(node) : true);
      place = useKey ? keyRange : valueRange;
    } else if (isSeq(node)) {
      if (node.items[Number(key)] === undefined) return place;
      node = node.items[Number(key)];
      const target = reader.target(node);
      place = isAlias(node)
        ? rangeOfNode(node)!
        : isMap(target) || isSeq(target)
          ? firstOf(target)
          : (rangeOfNode(node) ?? place);
    } else return place;
  }
  return place;
}

/** A collection without a key of its own (the document, a list item) is pointed at by its first key or item. */
function firstOf(node: Node): Range {
  if (isMap(node) && node.items[0]) return rangeOfNode(node.items[0].key) ?? rangeOfNode(node)!;
  if (isSeq(node) && node.items[0] && !isMap(node.items[0]) && !isSeq(node.items[0]))
    return rangeOfNode(node.items[0]) ?? rangeOfNode(node)!;
  const range = rangeOfNode(node) ?? [0, 0];
  return isScalar(node) ? range : [range[0], Math.min(range[0] + 1, range[1])];
}

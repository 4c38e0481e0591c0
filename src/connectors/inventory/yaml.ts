import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Position } from '../../core/errors.ts';
import {
  addHost,
  expandRanges,
  groupOf,
  hostAndPort,
  inventoryError,
  type RawInventory,
  refuseVault,
  type Vars,
} from './model.ts';

/** A mapping node with its members as [key, value node, place of the key]. */
type Entry = [string, Node | null, Position];

/** Reads one YAML text and gives places for its nodes. */
class Source {
  readonly root: Node | null;
  readonly #file: string;
  readonly #lines = new LineCounter();
  #merging = 0;
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(file: string, text: string) {
    this.#file = file;
    // Encrypted values are found by their tag and refused, not decoded.
    const vault = { tag: '!vault', resolve: (value: string) => `$ANSIBLE_VAULT ${value}` };
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      customTags: [vault, { tag: '!unsafe', resolve: (value: string) => value }],
      uniqueKeys: true,
      version: '1.1',
    });
    const [error] = this.#document.errors;
    if (error) {
      const [start] = error.linePos ?? [{ line: 1, col: 1 }];
      throw inventoryError(
        'syntax',
        error.message
          .split('\n')[0]!
          .replace(/ at line .*$/, '')
          .toLowerCase(),
        { file, line: start.line, col: start.col },
      );
    }
    visit(this.#document, {
      Scalar: (_key, scalar) => {
        if (scalar.type === 'PLAIN' && scalar.source !== undefined && isTextForAnsible(scalar.value, scalar.source))
          scalar.value = scalar.source;
      },
    });
    this.root = this.#document.contents;
  }

  at(node: Node | null | undefined): Position {
    const place = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { file: this.#file, line: Math.max(1, place.line), col: Math.max(1, place.col) };
  }

  resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  entries(node: Node | null, what: string): Entry[] {
    const resolved = this.resolve(node);
    if (resolved === null || (isScalar(resolved) && resolved.value === null)) return [];
    if (!isMap(resolved)) throw inventoryError('shape', `${what} is not a mapping`, this.at(resolved));
    const own: Entry[] = [];
    const merged: Entry[] = [];
    for (const pair of (resolved as YAMLMap<Node, Node | null>).items) {
      const value = this.resolve(pair.value);
      if (nameOf(pair.key) === '<<') merged.push(...this.#merged(value, what));
      else own.push([nameOf(pair.key), value, this.at(pair.key)]);
    }
    // What is written here wins over what is merged in, and the first of several merged mappings over the others.
    const known = new Set(own.map(([key]) => key));
    for (const entry of merged) {
      if (known.has(entry[0])) continue;
      known.add(entry[0]);
      own.push(entry);
    }
    return own;
  }

  /** YAML 1.1 merge key: one mapping or a list of them. */
  #merged(value: Node | null, what: string): Entry[] {
    this.#merging++;
    if (this.#merging > 100) throw inventoryError('shape', `${what} merges itself`, this.at(value));
    const parts = isSeq(value) ? value.items.map((item) => this.resolve(item as Node)) : [value];
    const entries = parts.flatMap((part) => this.entries(part, what));
    this.#merging--;
    return entries;
  }

  /** As `entries`; a text alone is a mapping with that one key. */
  members(node: Node | null, what: string): Entry[] {
    const resolved = this.resolve(node);
    if (isScalar(resolved) && typeof resolved.value === 'string') return [[resolved.value, null, this.at(resolved)]];
    return this.entries(resolved, what);
  }

  strings(node: Node | null, what: string): [string, Position][] {
    const resolved = this.resolve(node);
    if (resolved === null || (isScalar(resolved) && resolved.value === null)) return [];
    if (isMap(resolved)) return this.entries(resolved, what).map(([key, , at]) => [key, at]);
    if (!isSeq(resolved)) throw inventoryError('shape', `${what} is not a list`, this.at(resolved));
    return resolved.items.map((item) => [nameOf(item as Node), this.at(item as Node)]);
  }

  value(node: Node | null): unknown {
    const resolved = this.resolve(node);
    return resolved === null ? null : resolved.toJS(this.#document, { maxAliasCount: 100 });
  }

  vars(node: Node | null, what: string, into: Vars): void {
    for (const [key, value, at] of this.entries(node, what)) {
      const plain = this.value(value);
      refuseVaultDeep(plain, key, at);
      into.set(key, { value: plain, at });
    }
  }
}

/**
 * Ansible reads YAML by PyYAML, which takes fewer words for numbers and truth values than YAML 1.1 does: `1e3`, `y` and
 * `e1` are text. Dates stay as they are written.
 */
function isTextForAnsible(value: unknown, source: string): boolean {
  if (value instanceof Date) return true;
  if (typeof value === 'boolean') return /^[yn]$/i.test(source);
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'number') return false;
  const text = source.trim();
  return !(
    /^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(:[0-5]?[0-9])*)$/.test(text) ||
    /^[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*)$/.test(
      text,
    )
  );
}

/** Names are text as written, whatever YAML takes them for (`01`, `no`, `e1`). */
function nameOf(node: Node): string {
  const { source, value } = node as Scalar;
  return typeof value === 'string' ? value : (source ?? String(value));
}

function refuseVaultDeep(value: unknown, name: string, at: Position): void {
  refuseVault(value, name, at);
  if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) refuseVaultDeep(item, `${name}.${key}`, at);
}

const ownKeys = new Set(['apiVersion', 'kind', 'hosts', 'groups', 'vars']);

/**
 * An inventory in YAML: our own (`hosts:`, `groups:`, `vars:` at the top) or Ansible's (groups at the top).
 * @throws OaopsError `inventory-syntax`, `inventory-shape`, `inventory-key`, `inventory-range`, `inventory-vault`
 */
export function parseYamlInventory(file: string, text: string, inventory: RawInventory): void {
  const source = new Source(file, text);
  const top = source.entries(source.root, 'the inventory');
  const isOwn = top.some(([key]) => key === 'hosts' || key === 'groups') && top.every(([key]) => ownKeys.has(key));
  if (isOwn) parseOwn(source, top, inventory);
  else for (const [name, node] of top) parseAnsibleGroup(source, name, node, inventory);
}

/** Variables of a file below group_vars or host_vars. */
export function parseVarsFile(file: string, text: string, into: Vars): void {
  if (text.trimStart().startsWith('$ANSIBLE_VAULT')) refuseVault(text, 'the whole file', { file, line: 1, col: 1 });
  const source = new Source(file, text);
  source.vars(source.root, 'the file', into);
}

function parseAnsibleGroup(
  source: Source,
  name: string,
  node: Node | null,
  inventory: RawInventory,
  around: readonly (Node | null)[] = [],
): void {
  const group = groupOf(inventory, name);
  const here = source.resolve(node);
  if (here !== null && around.includes(here))
    throw inventoryError('group-circle', `the group "${name}" contains itself`, source.at(here));
  for (const [key, value, at] of source.entries(node, `group "${name}"`)) {
    if (key === 'hosts') {
      for (const [written, vars, place] of source.members(value, `"hosts" of group "${name}"`)) {
        const { name: pattern, port } = hostAndPort(written);
        for (const host of expandRanges(pattern, place)) {
          group.hosts.add(host);
          const hostVars = addHost(inventory, host, place);
          if (port !== undefined) hostVars.set('ansible_port', { value: port, at: place });
          source.vars(vars, `host "${pattern}"`, hostVars);
        }
      }
    } else if (key === 'children') {
      for (const [child, inner, place] of source.members(value, `"children" of group "${name}"`)) {
        group.children.set(child, place);
        parseAnsibleGroup(source, child, inner, inventory, [...around, here]);
      }
    } else if (key === 'vars') source.vars(value, `"vars" of group "${name}"`, group.vars);
    else throw inventoryError('key', `"${key}" is not a part of a group`, at, 'A group has hosts, children and vars.');
  }
}

/** Keys of a host in our own form, and the variables they stand for. */
const ownHostKeys: Record<string, string> = {
  host: 'ansible_host',
  port: 'ansible_port',
  user: 'ansible_user',
  identityFile: 'ansible_ssh_private_key_file',
  connection: 'ansible_connection',
  password: 'ansible_password',
  proxyJump: 'oaops_proxy_jump',
  become: 'oaops_become',
};

function parseOwn(source: Source, top: readonly Entry[], inventory: RawInventory): void {
  for (const [key, node] of top) {
    if (key === 'vars') source.vars(node, '"vars"', groupOf(inventory, 'all').vars);
    if (key === 'hosts') {
      for (const [pattern, value, at] of source.entries(node, '"hosts"')) {
        for (const host of expandRanges(pattern, at)) parseOwnHost(source, host, value, at, inventory);
      }
    }
    if (key === 'groups')
      for (const [name, value] of source.entries(node, '"groups"')) parseOwnGroup(source, name, value, inventory);
  }
}

function parseOwnHost(source: Source, host: string, node: Node | null, at: Position, inventory: RawInventory): void {
  const vars = addHost(inventory, host, at);
  for (const [key, value, place] of source.entries(node, `host "${host}"`)) {
    if (key === 'vars') source.vars(value, `"vars" of host "${host}"`, vars);
    else if (Object.hasOwn(ownHostKeys, key)) vars.set(ownHostKeys[key]!, { value: source.value(value), at: place });
    else
      throw inventoryError(
        'key',
        `"${key}" is not a part of a host`,
        place,
        `A host has ${Object.keys(ownHostKeys).join(', ')} and vars.`,
      );
  }
}

function parseOwnGroup(source: Source, name: string, node: Node | null, inventory: RawInventory): void {
  const group = groupOf(inventory, name);
  const members = (value: Node | null) => {
    for (const [pattern, at] of source.strings(value, `"hosts" of group "${name}"`)) {
      for (const host of expandRanges(pattern, at)) {
        if (!inventory.hosts.has(host))
          throw inventoryError(
            'host-unknown',
            `group "${name}" names the host "${host}", which is not under hosts`,
            at,
          );
        group.hosts.add(host);
      }
    }
  };
  if (isSeq(source.resolve(node))) {
    members(node);
    return;
  }
  for (const [key, value, at] of source.entries(node, `group "${name}"`)) {
    if (key === 'hosts') members(value);
    else if (key === 'children')
      for (const [child, place] of source.strings(value, `"children" of group "${name}"`))
        group.children.set(child, place);
    else if (key === 'vars') source.vars(value, `"vars" of group "${name}"`, group.vars);
    else throw inventoryError('key', `"${key}" is not a part of a group`, at, 'A group has hosts, children and vars.');
  }
}

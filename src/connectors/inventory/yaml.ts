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
import { addHost, expandRanges, groupOf, inventoryError, type RawInventory, refuseVault, type Vars } from './model.ts';

/** A mapping node with its members as [key, value node, place of the key]. */
type Entry = [string, Node | null, Position];

/** Reads one YAML text and gives places for its nodes. */
class Source {
  readonly root: Node | null;
  readonly #file: string;
  readonly #lines = new LineCounter();
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
    // "e1" is no number; the library's YAML 1.1 takes it for one that is not a number.
    visit(this.#document, {
      Scalar: (_key, scalar) => {
        if (Number.isNaN(scalar.value) && scalar.source && !/nan/i.test(scalar.source)) scalar.value = scalar.source;
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
    return (resolved as YAMLMap<Node, Node | null>).items.map((pair) => [
      nameOf(pair.key),
      this.resolve(pair.value),
      this.at(pair.key),
    ]);
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

function parseAnsibleGroup(source: Source, name: string, node: Node | null, inventory: RawInventory): void {
  const group = groupOf(inventory, name);
  for (const [key, value, at] of source.entries(node, `group "${name}"`)) {
    if (key === 'hosts') {
      for (const [pattern, vars, place] of source.entries(value, `"hosts" of group "${name}"`)) {
        for (const host of expandRanges(pattern, place)) {
          group.hosts.add(host);
          source.vars(vars, `host "${pattern}"`, addHost(inventory, host, place));
        }
      }
    } else if (key === 'children') {
      for (const [child, inner] of source.entries(value, `"children" of group "${name}"`)) {
        group.children.add(child);
        parseAnsibleGroup(source, child, inner, inventory);
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
      for (const [child] of source.strings(value, `"children" of group "${name}"`)) group.children.add(child);
    else if (key === 'vars') source.vars(value, `"vars" of group "${name}"`, group.vars);
    else throw inventoryError('key', `"${key}" is not a part of a group`, at, 'A group has hosts, children and vars.');
  }
}

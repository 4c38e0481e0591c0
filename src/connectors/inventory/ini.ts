import type { Position } from '../../core/errors.ts';
import {
  addHost,
  expandRanges,
  groupOf,
  hostAndPort,
  inventoryError,
  type RawInventory,
  refuseVault,
} from './model.ts';
import { pythonLiteral } from './python-literal.ts';

/**
 * An Ansible inventory in INI form, read into `inventory`.
 * @throws OaopsError `inventory-syntax`, `inventory-range`, `inventory-vault`, `inventory-group-undefined` with the position
 */
export function parseIni(file: string, text: string, inventory: RawInventory): void {
  let group = 'ungrouped';
  let kind: 'hosts' | 'children' | 'vars' = 'hosts';
  /** Groups that were named before any section made them. */
  const undefinedYet = new Map<string, Position>();
  const mention = (name: string, at: Position) => {
    if (!inventory.groups.has(name) && name !== 'ungrouped') undefinedYet.set(name, at);
  };
  text.split(/\r?\n/).forEach((raw, index) => {
    const col = raw.search(/\S/) + 1;
    const at: Position = { file, line: index + 1, col: Math.max(1, col) };
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const section = /^\[([^\]:]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
    if (section && !(kind === 'hosts' && /^\[[^\]]*:[^\]]*\]\S/.test(line))) {
      const suffix = section[2] ?? 'hosts';
      if (suffix !== 'hosts' && suffix !== 'children' && suffix !== 'vars')
        throw inventoryError(
          'syntax',
          `"[${section[1]}:${suffix}]" is not a section`,
          at,
          'Sections are [group], [group:children] and [group:vars].',
        );
      group = section[1]!.trim();
      kind = suffix;
      if (kind === 'vars') mention(group, at);
      else undefinedYet.delete(group);
      groupOf(inventory, group);
      return;
    }
    if (line.startsWith('[') && !line.includes(']'))
      throw inventoryError('syntax', 'the section does not end with ]', at);
    if (kind === 'hosts') hostLine(inventory, group, line, at);
    else if (kind === 'children') {
      const [child] = words(line, at);
      if (child === undefined) return;
      mention(child, at);
      groupOf(inventory, child);
      groupOf(inventory, group).children.set(child, at);
    } else varLine(inventory, group, line, at);
  });
  for (const [name, at] of undefinedYet)
    throw inventoryError(
      'group-undefined',
      `there is no group "${name}"`,
      at,
      `Add a section [${name}], or correct the name: its hosts would be missing without a word.`,
    );
}

function hostLine(inventory: RawInventory, group: string, line: string, at: Position): void {
  const [pattern, ...pairs] = words(line, at);
  if (pattern === undefined) return;
  const { name, port } = hostAndPort(pattern);
  for (const host of expandRanges(name, at)) {
    const vars = addHost(inventory, host, at);
    groupOf(inventory, group).hosts.add(host);
    if (port !== undefined) vars.set('ansible_port', { value: port, at });
    for (const pair of pairs) {
      const equals = pair.indexOf('=');
      if (equals < 1)
        throw inventoryError(
          'syntax',
          `"${pair}" after the host is not name=value`,
          at,
          'Give each host a line of its own, variables as name=value.',
        );
      const key = pair.slice(0, equals);
      const value = pythonLiteral(pair.slice(equals + 1));
      refuseVault(value, key, at);
      vars.set(key, { value, at });
    }
  }
}

function varLine(inventory: RawInventory, group: string, line: string, at: Position): void {
  const equals = line.indexOf('=');
  if (equals < 1) throw inventoryError('syntax', `"${line}" is not name=value`, at);
  const key = line.slice(0, equals).trim();
  // The rest of the line is the value, as for Ansible: a # in plain text is a part of it.
  const value = pythonLiteral(line.slice(equals + 1).trim());
  refuseVault(value, key, at);
  groupOf(inventory, group).vars.set(key, { value, at });
}

/** Words of a line as a POSIX shell splits them, up to a comment; as for Ansible, that may begin inside a word. */
function words(line: string, at: Position): string[] {
  const result: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && /["\\]/.test(line[i + 1] ?? '')) word += line[++i]!;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\' && i + 1 < line.length) word = (word ?? '') + line[++i]!;
    else if (/\s/.test(char)) {
      if (word !== undefined) result.push(word);
      word = undefined;
    } else if (char === '#') break;
    else word = (word ?? '') + char;
  }
  if (quote !== '') throw inventoryError('syntax', `the quotation mark ${quote} is not closed`, at);
  if (word !== undefined) result.push(word);
  return result;
}

import { isIPv6 } from 'node:net';
import { type OaopsError, type Position, usageError } from '../../core/errors.ts';

/** Variables with the places they were written at, for messages. */
export type Vars = Map<string, { value: unknown; at: Position }>;

export interface RawGroup {
  hosts: Set<string>;
  /** With the places they are named at. */
  children: Map<string, Position>;
  vars: Vars;
}

/** What inventory files say, before anything is inherited. */
export interface RawInventory {
  hosts: Map<string, { vars: Vars; at: Position }>;
  groups: Map<string, RawGroup>;
}

export function emptyInventory(): RawInventory {
  return { hosts: new Map(), groups: new Map([['all', emptyGroup()]]) };
}

function emptyGroup(): RawGroup {
  return { hosts: new Set(), children: new Map(), vars: new Map() };
}

export function groupOf(inventory: RawInventory, name: string): RawGroup {
  let group = inventory.groups.get(name);
  if (!group) {
    group = emptyGroup();
    inventory.groups.set(name, group);
  }
  return group;
}

export function addHost(inventory: RawInventory, name: string, at: Position): Vars {
  let host = inventory.hosts.get(name);
  if (!host) {
    host = { vars: new Map(), at };
    inventory.hosts.set(name, host);
  }
  return host.vars;
}

export function inventoryError(code: string, message: string, position: Position, next?: string): OaopsError {
  return usageError(`inventory-${code}`, message, { position, ...(next !== undefined && { next }) });
}

/** `host:2222`; an IPv6 address needs brackets to have a port. */
export function hostAndPort(pattern: string): { name: string; port?: number } {
  const ipv6 = /^\[([0-9a-fA-F:]+:[0-9a-fA-F:.]*)\](?::(\d+))?$/.exec(pattern);
  if (ipv6 && isIPv6(ipv6[1]!)) return { name: ipv6[1]!, ...(ipv6[2] !== undefined && { port: Number(ipv6[2]) }) };
  const plain = /^((?:[^:[\]]|\[[^\]]*\])+):(\d{1,5})$/.exec(pattern);
  return plain ? { name: plain[1]!, port: Number(plain[2]) } : { name: pattern };
}

/**
 * Names of a host pattern with ranges: `web[01:50]`, `db-[a:c]`, `n[1:9:2]`, several in one name.
 * @throws OaopsError `inventory-range`
 */
export function expandRanges(pattern: string, at: Position): string[] {
  const match = /^([^[]*)\[([^\]]*)\](.*)$/s.exec(pattern);
  // IPv6 addresses in brackets are no ranges.
  if (!match || (match[1] === '' && isIPv6(match[2]!))) return [pattern];
  const [, before, range, after] = match;
  const items = rangeItems(range!, pattern, at);
  const rests = expandRanges(after!, at);
  if (items.length * rests.length > maxRangeHosts) throw tooMany(pattern, at);
  return items.flatMap((item) => rests.map((rest) => `${before}${item}${rest}`));
}

const maxRangeHosts = 100_000;

function tooMany(pattern: string, at: Position): OaopsError {
  return inventoryError('range', `"${pattern}" names more than ${maxRangeHosts} hosts`, at, 'Write smaller ranges.');
}

/** The order in which Ansible goes through letters: [a:C] is a to z, then A to C. */
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function rangeItems(range: string, pattern: string, at: Position): string[] {
  const [from, to, stepText, more] = range.split(':');
  const bad = (why: string) =>
    inventoryError('range', `"${pattern}" is not a range of hosts: ${why}`, at, 'Write web[01:50] or db-[a:f].');
  const step = stepText === undefined ? 1 : Number(stepText);
  if (more !== undefined || to === undefined || from === undefined || to === '')
    throw bad('it needs a first and a last');
  if (!Number.isInteger(step) || step < 1) throw bad('the step is not a number above 0');
  const first = from === '' ? '0' : from;
  const items: string[] = [];
  if (/^\d+$/.test(first) && /^\d+$/.test(to)) {
    if (Number(to) < Number(first)) throw bad('the last comes before the first');
    if ((Number(to) - Number(first)) / step >= maxRangeHosts) throw tooMany(pattern, at);
    // A leading zero asks for numbers of equal width.
    const width = first.startsWith('0') && first.length > 1 ? first.length : 0;
    if (width > 0 && to.length !== width) throw bad('first and last have different lengths');
    for (let n = Number(first); n <= Number(to); n += step) items.push(String(n).padStart(width, '0'));
    return items;
  }
  if (/^[A-Za-z]$/.test(first) && /^[A-Za-z]$/.test(to)) {
    const last = letters.indexOf(to);
    if (last < letters.indexOf(first)) throw bad('the last comes before the first');
    for (let i = letters.indexOf(first); i <= last; i += step) items.push(letters[i]!);
    return items;
  }
  throw bad('first and last are neither numbers nor letters');
}

/** @throws OaopsError `inventory-vault`: nothing here can open it, and a wrong value must not be used */
export function refuseVault(value: unknown, name: string, at: Position): void {
  if (typeof value === 'string' && value.trimStart().startsWith('$ANSIBLE_VAULT')) {
    throw inventoryError(
      'vault',
      `"${name}" is encrypted with Ansible Vault, which oaops does not open`,
      at,
      'Put the secret where a reference can name it: env:NAME, file:/path or cred:NAME.',
    );
  }
}

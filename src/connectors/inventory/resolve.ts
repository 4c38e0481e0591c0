import type { Position } from '../../core/errors.ts';
import type { Target } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { inventoryError, type RawGroup, type RawInventory, type Vars } from './model.ts';

/** Variables of files beside the inventory, by group or host. */
export interface FileVars {
  groups: Map<string, Vars>;
  hosts: Map<string, Vars>;
}

/** Hosts as targets, in the order they were first named, with all they inherit. */
export function resolveTargets(inventory: RawInventory, files: FileVars, warn: (message: string) => void): Target[] {
  refuseCircles(inventory);
  const parents = parentsOf(inventory);
  const depths = new Map<string, number>();
  const priorities = new Map([...inventory.groups].map(([name, group]) => [name, takePriority(name, group)]));
  const targets: Target[] = [];
  for (const [name, host] of inventory.hosts) {
    const groups = groupsOf(name, inventory, parents);
    // Ansible's order: all, then parents before children, equals by ansible_group_priority and name; inline before files;
    // host last.
    const ordered = [
      'all',
      ...groups
        .filter((group) => group !== 'all')
        .sort(
          (a, b) =>
            depthOf(a, parents, depths) - depthOf(b, parents, depths) ||
            (priorities.get(a) ?? 1) - (priorities.get(b) ?? 1) ||
            (a < b ? -1 : 1),
        ),
    ];
    const vars: Vars = new Map();
    for (const group of ordered) merge(vars, inventory.groups.get(group)?.vars);
    for (const group of ordered) merge(vars, files.groups.get(group));
    merge(vars, host.vars);
    merge(vars, files.hosts.get(name));
    const target = targetOf(name, vars, groups.filter((group) => group !== 'all').sort(), warn);
    if (target) targets.push(target);
  }
  return targets;
}

function merge(into: Vars, from: Vars | undefined): void {
  for (const [key, entry] of from ?? []) into.set(key, entry);
}

function parentsOf(inventory: RawInventory): Map<string, string[]> {
  const parents = new Map<string, string[]>();
  for (const [name, group] of inventory.groups) {
    for (const child of group.children.keys()) parents.set(child, [...(parents.get(child) ?? []), name]);
  }
  return parents;
}

function groupsOf(host: string, inventory: RawInventory, parents: Map<string, string[]>): string[] {
  const found = new Set<string>();
  const visit = (group: string): void => {
    if (found.has(group)) return;
    found.add(group);
    for (const parent of parents.get(group) ?? []) visit(parent);
  };
  for (const [name, group] of inventory.groups) if (group.hosts.has(host)) visit(name);
  // As for Ansible: who is in no other group is ungrouped, and only he.
  found.delete('ungrouped');
  if (found.size === 0 || (found.size === 1 && found.has('all'))) found.add('ungrouped');
  return [...found];
}

/** How far below `all`, by the longest way. */
function depthOf(group: string, parents: Map<string, string[]>, known: Map<string, number>): number {
  const before = known.get(group);
  if (before !== undefined) return before;
  const above = (parents.get(group) ?? []).filter((parent) => parent !== 'all');
  const depth = 1 + Math.max(0, ...above.map((parent) => depthOf(parent, parents, known)));
  known.set(group, depth);
  return depth;
}

/** @throws OaopsError `inventory-group-circle` at the place that closes the circle */
function refuseCircles(inventory: RawInventory): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return;
    const here = [...path, name];
    for (const [child, at] of inventory.groups.get(name)?.children ?? []) {
      if (here.includes(child))
        throw inventoryError(
          'group-circle',
          `the group "${child}" contains itself: ${[...here.slice(here.indexOf(child)), child].join(', ')}`,
          at,
          'Take one of them out of the children of the other.',
        );
      visit(child, here);
    }
    done.add(name);
  };
  for (const name of inventory.groups.keys()) visit(name, []);
}

/** `ansible_group_priority` orders groups of one depth (default 1) and is no variable of their hosts. */
function takePriority(name: string, group: RawGroup): number {
  const entry = group.vars.get('ansible_group_priority');
  if (!entry) return 1;
  group.vars.delete('ansible_group_priority');
  const priority = Number(entry.value);
  if (Number.isInteger(priority)) return priority;
  throw inventoryError('priority', `ansible_group_priority of "${name}" is not a number`, entry.at);
}

const secretNames = /^ansible_(become_pass(word)?|password|ssh_pass(word)?|sudo_pass|su_pass|.*_passphrase)$/;

function targetOf(name: string, vars: Vars, groups: string[], warn: (message: string) => void): Target | undefined {
  const first = (...names: string[]) => names.map((key) => vars.get(key)).find((entry) => entry !== undefined);
  const text = (...names: string[]): string | undefined => {
    const entry = first(...names);
    if (entry === undefined || entry.value === null || entry.value === '') return undefined;
    return plain(String(entry.value), names[0]!, entry.at);
  };
  const connection = text('ansible_connection') ?? (name === 'localhost' ? 'local' : 'ssh');
  if (
    !['local', 'ssh', 'smart', 'paramiko', 'paramiko_ssh', 'ansible.builtin.ssh', 'ansible.builtin.local'].includes(
      connection,
    )
  ) {
    warn(`host "${name}" has the connection "${connection}", which oaops does not have; it is left out`);
    return undefined;
  }
  const portEntry = first('ansible_port', 'ansible_ssh_port');
  const port = portEntry?.value === undefined || portEntry.value === null ? undefined : Number(portEntry.value);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw inventoryError('port', `the port of "${name}" is not a number from 1 to 65535`, portEntry!.at);
  const user = text('ansible_user', 'ansible_ssh_user');
  const identityFile = text('ansible_ssh_private_key_file', 'ansible_private_key_file');
  const proxyJump = text('oaops_proxy_jump') ?? jumpOf(name, vars, warn);
  const password = secretRef(
    first('ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'),
    `the password of "${name}"`,
  );
  const become = becomeOf(name, vars, text);
  return {
    name,
    connection: connection.endsWith('local') ? 'local' : 'ssh',
    host: text('ansible_host', 'ansible_ssh_host') ?? name,
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(identityFile !== undefined && { identityFile }),
    ...(password !== undefined && { password }),
    ...(proxyJump !== undefined && { proxyJump }),
    groups,
    vars: Object.fromEntries(
      [...vars]
        .filter(([key]) => !secretNames.test(key) && !key.startsWith('oaops_'))
        .map(([key, entry]) => [key, entry.value]),
    ),
    ...(become && { become }),
  };
}

function becomeOf(name: string, vars: Vars, text: (...names: string[]) => string | undefined): BecomeSpec | undefined {
  const own = vars.get('oaops_become');
  if (own) {
    const {
      method = 'sudo',
      user = 'root',
      password,
    } = (own.value ?? {}) as { method?: string; user?: string; password?: unknown };
    const ref = secretRef(
      password === undefined ? undefined : { value: password, at: own.at },
      `become.password of "${name}"`,
    );
    return { method: methodOf(method, name, own.at), user, ...(ref !== undefined && { password: ref }) };
  }
  const asked = vars.get('ansible_become') ?? vars.get('ansible_sudo');
  if (!asked || !/^(true|yes|on|1)$/i.test(String(asked.value))) return undefined;
  const password = secretRef(
    vars.get('ansible_become_password') ?? vars.get('ansible_become_pass') ?? vars.get('ansible_sudo_pass'),
    `the become password of "${name}"`,
  );
  return {
    method: methodOf(text('ansible_become_method') ?? 'sudo', name, asked.at),
    user: text('ansible_become_user', 'ansible_sudo_user') ?? 'root',
    ...(password !== undefined && { password }),
  };
}

function methodOf(method: string, name: string, at: Position): BecomeSpec['method'] {
  const short = method.replace(/^(ansible\.builtin|community\.general)\./, '');
  if (short === 'sudo' || short === 'doas' || short === 'su') return short;
  throw inventoryError(
    'become-method',
    `"${name}" has the become method "${method}"`,
    at,
    'Possible are sudo, doas and su.',
  );
}

/** A reference, or a lookup of an environment variable as Ansible writes it; a written password would end up in every plan. */
function secretRef(entry: { value: unknown; at: Position } | undefined, what: string): string | undefined {
  if (entry === undefined || entry.value === null || entry.value === '') return undefined;
  const value =
    typeof entry.value === 'object' && 'secret' in (entry.value as object)
      ? String((entry.value as { secret: unknown }).secret)
      : String(entry.value);
  const lookup = /^\{\{\s*lookup\(\s*['"](?:ansible\.builtin\.)?env['"]\s*,\s*['"]([A-Za-z_]\w*)['"]\s*\)\s*\}\}$/.exec(
    value.trim(),
  );
  if (lookup) return `env:${lookup[1]}`;
  if (/^(env:[A-Za-z_]\w*|file:.+|cred:[\w.:@-]+|prompt:.*)$/.test(value)) return value;
  throw inventoryError(
    'plain-password',
    `${what} is written in the inventory`,
    entry.at,
    'Write a reference instead: env:NAME, file:/path or cred:NAME.',
  );
}

/** A value that decides where we connect must not be a template, which nothing here evaluates. */
function plain(value: string, name: string, at: Position): string {
  if (!/\{\{|\{%/.test(value)) return value;
  throw inventoryError(
    'template',
    `"${name}" is a template: ${value}`,
    at,
    'Write the value itself; templates of Ansible are not evaluated.',
  );
}

/** ProxyJump out of ssh arguments; the others are told about, because leaving them out may change where we end up. */
function jumpOf(name: string, vars: Vars, warn: (message: string) => void): string | undefined {
  let jump: string | undefined;
  for (const key of ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args']) {
    const entry = vars.get(key);
    if (typeof entry?.value !== 'string') continue;
    const rest = plain(entry.value, key, entry.at)
      .replace(/(?:^|\s)(?:-J\s*|-o\s*["']?ProxyJump[= ]\s*)["']?([^\s"']+)["']?/gi, (_whole, hop: string) => {
        jump ??= hop;
        return ' ';
      })
      .trim();
    if (rest !== '') warn(`${entry.at.file}:${entry.at.line}: ${key} of "${name}" is not followed: ${rest}`);
  }
  return jump;
}

import { isUtf8 } from 'node:buffer';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import type { Inventory } from '../../engine/ports.ts';
import { parseIni } from './ini.ts';
import { emptyInventory, inventoryError, type RawInventory, type Vars } from './model.ts';
import { type FileVars, resolveTargets } from './resolve.ts';
import { parseVarsFile, parseYamlInventory } from './yaml.ts';

export interface LoadedInventory {
  inventory: Inventory;
  /** What was left out or not followed. */
  warnings: string[];
}

/** Endings that Ansible leaves out in an inventory folder (INVENTORY_IGNORE_EXTS). */
const leftOut = new Set([
  ...['.orig', '.cfg', '.retry', '.pyc', '.pyo', '.bak', '.swp', '.rpm'],
  ...['.md', '.txt', '.rst', '.ini'],
]);
/** Names below group_vars and host_vars end so, or in nothing. */
const varsEndings = new Set(['', '.yml', '.yaml', '.json']);

/** The inventory of one text; `files` are variables of other files. Pure. */
export function parseInventory(
  file: string,
  text: string,
  files: FileVars = { groups: new Map(), hosts: new Map() },
): LoadedInventory {
  const raw = emptyInventory();
  parseInto(file, text, raw);
  return finish(raw, files, [{ file, sha256: sha256Hex(text) }]);
}

/**
 * An inventory file or a folder of them, with group_vars and host_vars beside it.
 * @throws OaopsError `inventory-missing`, `inventory-script` and those of parsing (exit 2)
 */
export function loadInventory(path: string): LoadedInventory {
  const raw = emptyInventory();
  const sources: Inventory['sources'] = [];
  const files: FileVars = { groups: new Map(), hosts: new Map() };
  const isFolder = statOf(path).isDirectory();
  const warnings: string[] = [];
  for (const file of isFolder ? filesOf(path, (left) => warnings.push(left)) : [path]) {
    const text = readText(file);
    sources.push({ file, sha256: sha256Hex(text) });
    refuseScript(file, text);
    parseInto(file, text, raw);
  }
  const base = isFolder ? path : dirname(path);
  readVars(join(base, 'group_vars'), files.groups, sources);
  readVars(join(base, 'host_vars'), files.hosts, sources);
  return finish(raw, files, sources, warnings);
}

function finish(
  raw: RawInventory,
  files: FileVars,
  sources: Inventory['sources'],
  warnings: string[] = [],
): LoadedInventory {
  const hosts = resolveTargets(raw, files, (message) => warnings.push(message));
  return { inventory: { sources, hosts }, warnings };
}

function parseInto(file: string, text: string, raw: RawInventory): void {
  if (isYaml(file, text)) parseYamlInventory(file, text, raw);
  else parseIni(file, text, raw);
}

/** By its ending; without one by the first line that says something. */
function isYaml(file: string, text: string): boolean {
  const ending = extname(file).toLowerCase();
  if (['.yml', '.yaml', '.json'].includes(ending)) return true;
  if (ending === '.ini') return false;
  const line = text.split(/\r?\n/).find((candidate) => candidate.trim() !== '' && !/^\s*[#;]/.test(candidate)) ?? '';
  return /^(---|\{|[\w.-]+:\s*(#.*)?$)/.test(line);
}

/** A dynamic inventory would have to be run; nothing is run here. */
function refuseScript(file: string, text: string): void {
  if (!text.startsWith('#!')) return;
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return;
  }
  throw inventoryError(
    'script',
    'the inventory is a program, and is not run',
    { file, line: 1, col: 1 },
    `Save its output: ansible-inventory -i ${file} --list --yaml > inventory.yaml`,
  );
}

/** `group_vars/web.yml`, `group_vars/web`, or a folder `group_vars/web/` with several. */
function readVars(folder: string, into: Map<string, Vars>, sources: Inventory['sources']): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder).sort()) {
    if (entry.startsWith('.') || leftOut.has(extname(entry)) || entry.endsWith('~')) continue;
    const path = join(folder, entry);
    const isFolder = statOf(path).isDirectory();
    const name = isFolder ? entry : entry.replace(/\.(ya?ml|json)$/, '');
    const vars: Vars = into.get(name) ?? new Map();
    into.set(name, vars);
    for (const file of isFolder ? filesOf(path).filter((inner) => varsEndings.has(extname(inner))) : [path]) {
      const text = readText(file);
      sources.push({ file, sha256: sha256Hex(text) });
      parseVarsFile(file, text, vars);
    }
  }
}

/** Files of a folder and of those below it, in the order of their names. */
function filesOf(folder: string, told: (message: string) => void = () => {}): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name): string[] => {
      if (name.startsWith('.') || name.endsWith('~') || ['group_vars', 'host_vars'].includes(name)) return [];
      const path = join(folder, name);
      if (leftOut.has(extname(name))) {
        // Whoever calls an inventory "hosts.ini" would miss its hosts without a word.
        if (extname(name) === '.ini') told(`${path} is left out: in a folder, Ansible reads no files that end in .ini`);
        return [];
      }
      const stat = statOf(path);
      return stat.isDirectory() ? filesOf(path, told) : stat.isFile() ? [path] : [];
    });
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw missing(path, error);
  }
}

function readText(path: string): string {
  try {
    if (!statSync(path).isFile()) throw notText(path, 'it is not a regular file');
    const bytes = readFileSync(path);
    if (!isUtf8(bytes) || bytes.includes(0)) throw notText(path, 'it is not UTF-8 text');
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw missing(path, error);
  }
}

/** Hosts read out of a program, or names with replaced characters, would be wrong hosts. */
function notText(path: string, why: string): Error {
  return usageError('inventory-unreadable', `${path} is no inventory: ${why}`, {
    next: 'Name a text file in UTF-8, or a folder of them; the output of a program is saved first.',
  });
}

function missing(path: string, error: unknown): Error {
  const why =
    errnoOf(error) === 'ENOENT'
      ? `there is no inventory ${path}`
      : `the inventory ${basename(path)} cannot be read (${errnoOf(error) ?? error})`;
  return usageError('inventory-missing', why, { next: 'Check the name in the runbook or in the configuration.' });
}

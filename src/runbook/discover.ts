import { closeSync, globSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { errnoOf, messageOf } from '../core/errors.ts';
import type { Finding } from './types.ts';
import { findingAt } from './yaml/text.ts';

/** What paths, folders and globs of a command line stand for. */
export interface Discovered {
  /** Files to check, each once, in the order of the arguments and then by name. */
  files: string[];
  /** YAML files of folders and globs that are no runbooks: inventories, manifests of Kubernetes, ... */
  skipped: string[];
  /** Arguments that stand for nothing, and folders and names that cannot be read. */
  findings: Finding[];
}

const yamlName = /\.ya?ml$/i;

/**
 * Finds the runbooks below files, folders (all YAML files in them, at any depth) and globs, as seen from `cwd`. `kinds` are
 * the known ones, which tell a runbook from other files of the Kubernetes shape.
 */
export function discoverRunbooks(paths: readonly string[], cwd: string, kinds: readonly string[]): Discovered {
  const found: Discovered = { files: [], skipped: [], findings: [] };
  const seen = new Set<string>();
  const add = (file: string, named: boolean): void => {
    const absolute = resolve(cwd, file);
    if (seen.has(absolute)) return;
    seen.add(absolute);
    // A file that the user names is checked whatever is in it.
    if (named || looksLikeRunbook(absolute, kinds)) found.files.push(file);
    else found.skipped.push(file);
  };
  const missing = (path: string, message: string, next: string): void => {
    found.findings.push(findingAt('file-unreadable', { file: path, line: 1, col: 1 }, message, next));
  };
  for (const path of paths) {
    const stat = statOf(resolve(cwd, path));
    if (stat?.isDirectory()) {
      const unreadable = found.findings.length;
      const files = yamlFilesBelow(resolve(cwd, path), path, (file, why) => missing(file, why.message, why.next));
      if (files.length === 0 && found.findings.length === unreadable)
        missing(path, 'no YAML file lies in this folder', 'Name a folder with .yaml or .yml files.');
      for (const file of files) add(file, false);
    } else if (stat) add(path, true);
    else if (/[*?[{]/.test(path)) {
      // A shell would give the folders that match too; hidden ones and node_modules are left out as everywhere.
      const matches = globSync(path, { cwd, exclude: (name) => isLeftOut(basename(name)) }).sort();
      const files = matches.flatMap((match) => {
        const absolute = resolve(cwd, match);
        if (statOf(absolute)?.isDirectory()) return yamlFilesBelow(absolute, match, () => {});
        return yamlName.test(match) && statOf(absolute)?.isFile() ? [match] : [];
      });
      if (files.length === 0)
        missing(path, 'no YAML file matches this pattern', 'Check the pattern; ** stands for any folders.');
      for (const file of files) add(file, false);
    } else missing(path, 'there is no such file or folder', 'Check the path.');
  }
  return found;
}

/** Tells of a folder or a name that cannot be read. */
type Tell = (path: string, why: { message: string; next: string }) => void;

function isLeftOut(name: string): boolean {
  return (name.startsWith('.') && name !== '.' && name !== '..') || name === 'node_modules';
}

/**
 * YAML files below a folder, by name; hidden folders and `node_modules` are left out. Symbolic links to folders are not
 * followed. Without `tell`, a folder that cannot be read is an error of the system.
 */
export function yamlFilesBelow(folder: string, shown = folder, tell?: Tell): string[] {
  const entries = entriesOf(folder, shown, tell).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (isLeftOut(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return yamlFilesBelow(path, join(shown, entry.name), tell);
    if (!yamlName.test(entry.name)) return [];
    if (entry.name.includes('\ufffd') && statOf(path) === undefined && !entry.isSymbolicLink()) {
      tell?.(join(shown, entry.name), { message: "the file's name is not UTF-8", next: 'Rename it.' });
      return [];
    }
    // A link to a file that is gone is told when it is read; one to a folder is not followed.
    const isFile = entry.isFile() || (entry.isSymbolicLink() && statOf(path)?.isFile() !== false);
    return isFile ? [join(shown, entry.name)] : [];
  });
}

function entriesOf(folder: string, shown: string, tell: Tell | undefined) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (!tell) throw error;
    const message = errnoOf(error) === 'EACCES' ? 'no permission to read the folder' : messageOf(error);
    tell(shown, { message, next: 'Check its owner and mode.' });
    return [];
  }
}

/**
 * Inventories and the like lie beside runbooks. A broken runbook must not be taken for one, so one of `apiVersion` and
 * `kind` at the top is enough; both must be foreign for a manifest of Kubernetes. What cannot be read, or is in another
 * encoding, is left to the check, which says so.
 */
function looksLikeRunbook(file: string, kinds: readonly string[]): boolean {
  const head = headOf(file);
  if (head === undefined || head.includes('\u0000')) return true;
  // The keys stand at the start of a line, or right after the brace of a document in braces.
  const text = head.replace(/^\u00ef\u00bb\u00bf/, '');
  const topLevel = (key: string): string | undefined =>
    new RegExp(`^(?:\\{ ?)?["']?${key}["']? {0,9}:[ \\t"']{0,9}([^\\s"'#,}]{0,99})`, 'm').exec(text)?.[1];
  const apiVersion = topLevel('apiVersion');
  const kind = topLevel('kind');
  if (apiVersion === undefined || kind === undefined) return apiVersion !== undefined || kind !== undefined;
  return /^oaops/i.test(apiVersion) || kinds.includes(kind);
}

/** The start of a file, byte by byte; undefined when it cannot be read. The keys looked for stand at the top. */
function headOf(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return undefined;
    const handle = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(1024 * 1024);
      return buffer.toString('latin1', 0, readSync(handle, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Links that lead in a circle, folders that may not be searched.
    return undefined;
  }
}

import { globSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Finding } from './types.ts';
import { findingAt } from './yaml/text.ts';

/** What paths, folders and globs of a command line stand for. */
export interface Discovered {
  /** Files to check, each once, in the order of the arguments and then by name. */
  files: string[];
  /** YAML files of folders and globs that are no runbooks: neither `apiVersion` nor `kind` stands in them. */
  skipped: string[];
  /** Arguments that stand for nothing. */
  findings: Finding[];
}

const yamlName = /\.ya?ml$/i;

/** Finds the runbooks below files, folders (all YAML files in them, at any depth) and globs, as seen from `cwd`. */
export function discoverRunbooks(paths: readonly string[], cwd: string): Discovered {
  const found: Discovered = { files: [], skipped: [], findings: [] };
  const seen = new Set<string>();
  const add = (file: string, named: boolean): void => {
    const absolute = resolve(cwd, file);
    if (seen.has(absolute)) return;
    seen.add(absolute);
    // A file that the user names is checked whatever is in it.
    if (named || looksLikeRunbook(absolute)) found.files.push(file);
    else found.skipped.push(file);
  };
  const missing = (path: string, message: string, next: string): void => {
    found.findings.push(findingAt('file-unreadable', { file: path, line: 1, col: 1 }, message, next));
  };
  for (const path of paths) {
    const stat = statOf(resolve(cwd, path));
    if (stat?.isDirectory()) {
      const files = yamlFilesBelow(resolve(cwd, path), path);
      if (files.length === 0)
        missing(path, 'no YAML file lies in this folder', 'Name a folder with .yaml or .yml files.');
      for (const file of files) add(file, false);
    } else if (stat) add(path, true);
    else if (/[*?[{]/.test(path)) {
      const matches = globSync(path, { cwd }).filter(
        (match) => yamlName.test(match) && statOf(resolve(cwd, match))?.isFile(),
      );
      if (matches.length === 0)
        missing(path, 'no YAML file matches this pattern', 'Check the pattern; ** stands for any folders.');
      for (const match of matches.sort()) add(match, false);
    } else missing(path, 'there is no such file or folder', 'Check the path.');
  }
  return found;
}

/** YAML files below a folder, by name; hidden folders and `node_modules` are left out. Symbolic links to folders are not followed. */
export function yamlFilesBelow(folder: string, shown = folder): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return yamlFilesBelow(path, join(shown, entry.name));
    const isFile = entry.isFile() || (entry.isSymbolicLink() && statOf(path)?.isFile() === true);
    return isFile && yamlName.test(entry.name) ? [join(shown, entry.name)] : [];
  });
}

/** Inventories and the like lie beside runbooks. A broken runbook must not be taken for one, so one of the two keys is enough. */
function looksLikeRunbook(file: string): boolean {
  try {
    if (statSync(file).size > 64 * 1024 * 1024) return true;
    return /^[\s{]*["']?(apiVersion|kind)["']?\s*:/m.test(readFileSync(file, 'latin1'));
  } catch {
    return true;
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

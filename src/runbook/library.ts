import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { usageError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { yamlFilesBelow } from './discover.ts';
import { type RunbookHeader, readHeader } from './header.ts';

/** Where a runbook comes from; the first of these that has a name wins. */
export type LibraryOrigin = 'environment' | 'configuration' | 'shipped';

export interface LibraryFolder {
  folder: string;
  origin: LibraryOrigin;
}

/** One runbook of the library, by its header. */
export interface LibraryEntry extends RunbookHeader {
  name: string;
  file: string;
  origin: LibraryOrigin;
  /** File of the runbook of the same name that is used instead of this one. */
  shadowedBy?: string;
  /** Files of the same name that this one is used instead of. */
  shadows: string[];
}

/**
 * Folders in the order in which names are looked up: `OAOPS_RUNBOOK_PATH` (colon-separated), `runbooks:` of the
 * configuration, the shipped ones.
 */
export function libraryFolders(sources: {
  path?: string | undefined;
  configured?: readonly string[];
  shipped: string;
  cwd: string;
}): LibraryFolder[] {
  const fromPath = (sources.path ?? '').split(delimiter).filter((folder) => folder !== '');
  const all: LibraryFolder[] = [
    ...fromPath.map((folder) => ({ folder, origin: 'environment' as const })),
    ...(sources.configured ?? []).map((folder) => ({ folder, origin: 'configuration' as const })),
    { folder: sources.shipped, origin: 'shipped' },
  ];
  const seen = new Set<string>();
  return all
    .map((entry) => ({
      ...entry,
      folder: isAbsolute(entry.folder) ? entry.folder : resolve(sources.cwd, entry.folder),
    }))
    .filter(({ folder }) => !seen.has(folder) && seen.add(folder));
}

/** All runbooks of the folders, by name, shadowed ones after the one that is used. Folders that are missing are left out. */
export function listRunbooks(folders: readonly LibraryFolder[]): LibraryEntry[] {
  const used = new Map<string, LibraryEntry>();
  const all: LibraryEntry[] = [];
  for (const { folder, origin } of folders) {
    if (!existsSync(folder)) continue;
    // What cannot be read is no reason to list nothing; validation tells of it.
    for (const file of yamlFilesBelow(folder, folder, () => {})) {
      const head = headOf(file);
      if (head === undefined) continue;
      const header = readHeader(head);
      if (header.apiVersion === undefined && header.kind === undefined) continue;
      const name = header.name ?? '';
      const first = used.get(name);
      const entry: LibraryEntry = {
        ...header,
        name,
        file,
        origin,
        shadows: [],
        ...(first ? { shadowedBy: first.file } : {}),
      };
      if (first) first.shadows.push(file);
      else if (name !== '') used.set(name, entry);
      all.push(entry);
    }
  }
  return all.sort((a, b) =>
    a.name === b.name
      ? Number(a.shadowedBy !== undefined) - Number(b.shadowedBy !== undefined)
      : a.name < b.name
        ? -1
        : 1,
  );
}

/**
 * The file that `NAME|FILE` stands for. A file has a slash or ends in .yaml or .yml; everything else is a name.
 * @throws OaopsError `runbook-not-found` (exit 2) with the nearest known name
 */
export function findRunbook(
  nameOrFile: string,
  folders: readonly LibraryFolder[],
  cwd: string,
): { file: string; entry?: LibraryEntry } {
  if (nameOrFile.includes('/') || /\.ya?ml$/i.test(nameOrFile)) {
    const file = resolve(cwd, nameOrFile);
    if (existsSync(file) && statSync(file).isFile()) return { file: nameOrFile };
    throw usageError('runbook-not-found', `there is no runbook file ${nameOrFile}`, {
      next: 'Check the path, or name a runbook of "oaops runbook list".',
    });
  }
  const entries = listRunbooks(folders);
  const entry = entries.find(({ name, shadowedBy }) => name === nameOrFile && shadowedBy === undefined);
  if (entry) return { file: entry.file, entry };
  const close = nearest(
    nameOrFile,
    entries.map(({ name }) => name),
  );
  const asFile = existsSync(join(cwd, nameOrFile)) ? ` For the file in this folder write ./${nameOrFile}.` : '';
  throw usageError('runbook-not-found', `there is no runbook "${nameOrFile}"`, {
    next: `${close === undefined ? 'Run "oaops runbook list" to see all.' : `Did you mean "${close}"?`}${asFile}`,
  });
}

/** The header stands at the top; a file of many megabytes is not read for it. Undefined when it cannot be read. */
function headOf(file: string): string | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(Math.min(statSync(file).size, 256 * 1024));
      const length = readSync(handle, buffer, 0, buffer.length, 0);
      return buffer.toString('utf8', 0, length).replace(/^\uFEFF/, '');
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

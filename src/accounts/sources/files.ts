import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { matchesPattern } from '../../core/patterns.ts';
import type { AccountDoors } from '../ports.ts';

/** The file of a source, whole. */
export interface SourceFile {
  /** As messages name it. */
  shown: string;
  bytes: Uint8Array;
  modifiedMs: number;
  /** Path or pattern, absolute. */
  address: string;
  problems: string[];
}

const byNumbers = new Intl.Collator('en', { numeric: true });

/**
 * Reads the file of a source. With `*` in its name it is the last one by name, numbers compared as numbers, because exports carry their day in the
 * name, and a copy or a backup changes times. Symbolic links are followed.
 * @throws OaopsError `source-file` (exit 2; exit 3 when the folder cannot be read or holds no such file) and those of the door
 */
export async function readSourceFile(file: string, doors: AccountDoors, maxBytes: number): Promise<SourceFile> {
  const address = isAbsolute(file) ? file : resolve(doors.baseDir, file);
  const chosen = file.includes('*') ? await newest(file, address) : { path: address, shown: file, problems: [] };
  const { bytes, modifiedMs } = await doors.readFile(chosen.path, maxBytes);
  return { shown: chosen.shown, bytes, modifiedMs, address, problems: chosen.problems };
}

async function newest(file: string, address: string): Promise<{ path: string; shown: string; problems: string[] }> {
  const folder = dirname(address);
  if (folder.includes('*')) {
    throw usageError('source-file', `only the name of a file may hold *, not its folder: ${file}`, {
      next: 'Name the folder.',
    });
  }
  const names = (await namesIn(folder)).filter(
    (name) => !/^(\.|~\$)/.test(name) && matchesPattern(basename(address), name),
  );
  const found: { name: string; modifiedMs: number }[] = [];
  for (const name of names) {
    const about = await stat(join(folder, name)).catch(() => undefined);
    if (about?.isFile()) found.push({ name, modifiedMs: about.mtimeMs });
  }
  const last = found.toSorted((a, b) => byNumbers.compare(a.name, b.name) || (a.name < b.name ? -1 : 1)).at(-1);
  if (!last) {
    throw new OaopsError('source-file', `there is no file ${file}`, {
      exitCode: ExitCode.incomplete,
      next: 'Look whether the export came, and whether "file" of the source is right.',
    });
  }
  const later = found.find(({ modifiedMs }) => modifiedMs > last.modifiedMs);
  return {
    path: join(folder, last.name),
    shown: join(dirname(file), last.name),
    problems: later ? [`${last.name} was read, the last one by name; ${later.name} was changed later`] : [],
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new OaopsError('source-file', `the folder ${folder} cannot be read (${errnoOf(error)})`, {
      exitCode: ExitCode.incomplete,
      next: 'Look whether the export came, and whether "file" of the source is right.',
      cause: error,
    });
  }
}

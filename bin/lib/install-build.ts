import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import Database from 'better-sqlite3';

/** Files that are loaded by names with a hash of their content: two builds can lie side by side. */
export const chunks = 'chunks';

/** In each build: its files, with the packages that each of them holds. */
export const contentsFile = 'packages.json';

const longestInstallMs = 60_000;

/**
 * Puts a finished build in the place of another one that may be running: at no moment a file is missing, or written in
 * part. Chunks of the build before stay until the next one, because a running program still loads them; older ones go. A
 * build that changes nothing is no next one: what runs may still be of the one before it. Two at once take turns.
 * @param fresh folder of the new build, on the same file system as `dist`; gone afterwards.
 */
export function installBuild(fresh: string, dist: string): void {
  alone(dirname(fresh), () => install(fresh, dist));
}

/** Holds all other builds back until the work is done. A lock of SQLite: the system frees it whatever becomes of us. */
export function alone(folder: string, work: () => void): void {
  const lock = new Database(join(folder, 'install.lock'), { timeout: longestInstallMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    work();
  } finally {
    lock.close();
  }
}

function install(fresh: string, dist: string): void {
  const contents = join(dist, contentsFile);
  const before = filesOf(contents);
  const now = filesBelow(fresh);
  // Chunks first: an entry that is there finds all that it loads.
  const isChunk = (file: string) => file.startsWith(chunks + sep);
  // The list of files last: what it says is there.
  const order = (file: string) => (isChunk(file) ? 0 : file === contentsFile ? 2 : 1);
  for (const file of [...now].sort((a, b) => order(a) - order(b))) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(fresh, file), join(dist, file));
  }
  rmSync(fresh, { recursive: true });
  // Other entries go at once: what lies in dist/commands is a command.
  const kept = new Set([...now, ...before.filter(isChunk)]);
  const changed = before.filter(isChunk).sort().join() !== now.filter(isChunk).sort().join();
  for (const file of filesBelow(dist)) {
    if (!kept.has(file) && (changed || !isChunk(file))) rmSync(join(dist, file), { force: true });
  }
}

/** What the build before consists of; nothing when its list is missing or cut. */
function filesOf(contents: string): string[] {
  try {
    return Object.keys(JSON.parse(readFileSync(contents, 'utf8')) as object);
  } catch {
    return [];
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

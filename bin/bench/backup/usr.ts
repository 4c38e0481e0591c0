import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type Dirent, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A larger /usr is thinned out to this, so that a round ends in minutes. */
const limitBytes = 0.75 * 1024 ** 3;

/** One file with all its names, so that hard links are taken whole or not at all. */
interface Inode {
  names: string[];
  bytes: number;
}

export function copyOfUsr(root: string, scale: number): string {
  const share = copyThinnedOut('/usr', root, limitBytes * scale);
  return share === 1 ? 'a copy of /usr' : `a copy of ${(share * 100).toPrecision(2)} % of the files of /usr`;
}

/**
 * Copies a folder with modes, times, symbolic and hard links; when it is larger than the limit only so many files, in the order
 * of a hash of their names. Gives the share of the files that was copied.
 */
export function copyThinnedOut(from: string, root: string, limit: number): number {
  const inodes = [...inodesBelow(from).values()];
  const fitting = thinnedOut(inodes, limit);
  const chosen = fitting.flatMap(({ names }) => names);
  // Pipes of the shell carry it, so that hard links stay: cp(1) knows no list of files.
  const list = `${root}.list`;
  writeFileSync(list, chosen.map((name) => `${name.slice(from.length + 1)}\0`).join(''));
  const read = 'tar -C "$2" -H posix --ignore-failed-read --no-recursion --null -T "$1" -cf -';
  const copy = `set -o pipefail; ${read} | tar -C "$0" -xpf - && rm "$1"`;
  execFileSync('bash', ['-c', copy, root, list, from], { stdio: ['ignore', 'ignore', 'inherit'] });
  return fitting.length / inodes.length;
}

function inodesBelow(folder: string): Map<number, Inode> {
  const inodes = new Map<number, Inode>();
  const { dev } = lstatSync(folder);
  const visit = (dir: string) => {
    for (const entry of entriesOf(dir)) {
      const path = join(dir, entry.name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.dev !== dev) continue;
      if (entry.isDirectory()) visit(path);
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      const known = inodes.get(stat.ino);
      if (known) known.names.push(path);
      else inodes.set(stat.ino, { names: [path], bytes: stat.size });
    }
  };
  visit(folder);
  return inodes;
}

/** In the order of names, so that the first name of a file is the same everywhere. A folder that this user may not read is left out. */
function entriesOf(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function thinnedOut(inodes: readonly Inode[], limit: number): readonly Inode[] {
  if (inodes.reduce((sum, { bytes }) => sum + bytes, 0) <= limit) return inodes;
  const ordered = inodes.map((inode) => ({ inode, order: hash(inode.names[0]!) })).sort((a, b) => a.order - b.order);
  let room = limit;
  return ordered.flatMap(({ inode }) => {
    // One file must not stand for the whole.
    if (inode.bytes > Math.min(room, limit / 10)) return [];
    room -= inode.bytes;
    return [inode];
  });
}

function hash(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE();
}

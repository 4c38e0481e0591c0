import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { changeRows, insertRows, makeDump } from './dump.ts';
import { Seeded } from './seeded.ts';
import { copyOfUsr } from './usr.ts';

/** What is backed up. Made once, and changed between the rounds: every tool sees the same bytes in the same round. */
export interface Corpus {
  name: CorpusName;
  /** What it is, for the reader of the figures. */
  text: string;
  root: string;
  /** What happens between two backups, in this order; `round` seeds it. Each is measured as an operation of its own. */
  changes: readonly { operation: 'changed' | 'inserted'; make(round: string): void }[];
}

export const corpusNames = ['usr', 'small', 'dump', 'media'] as const;
export type CorpusName = (typeof corpusNames)[number];

/** Makes a corpus in the folder `root`, which does not exist yet; `scale` 1 is the full size. */
export function makeCorpus(name: CorpusName, root: string, scale: number): Corpus {
  mkdirSync(root);
  if (name === 'dump') {
    const file = join(root, 'oa.sql');
    const rows = makeDump(file, 1024 ** 3 * scale);
    return {
      name,
      text: `one SQL dump of ${rows.toLocaleString('en')} rows`,
      root,
      changes: [
        { operation: 'changed', make: (round) => changeRows(file, round) },
        { operation: 'inserted', make: (round) => insertRows(file, round) },
      ],
    };
  }
  const text = { usr: copyOfUsr, small: makeSmallFiles, media: makeMedia }[name](root, scale);
  const files = regularFiles(root);
  return { name, text, root, changes: [{ operation: 'changed', make: (round) => changeFiles(files, round) }] };
}

/** A hundred files to a folder, 200 bytes to 20 kB, most of them below 2 kB; each tenth does not compress. */
function makeSmallFiles(root: string, scale: number): string {
  const seeded = new Seeded('small');
  const pool = seeded.text(4 * 1024 * 1024);
  const count = Math.round(100_000 * scale);
  for (let n = 0; n < count; n++) {
    const folder = Math.floor(n / 100);
    const dir = join(root, String(folder % 40), String(folder));
    if (n % 100 === 0) mkdirSync(dir, { recursive: true });
    const bytes = 200 + Math.floor(20_000 * (seeded.integer(1000) / 1000) ** 4);
    const from = seeded.integer(pool.length - bytes);
    writeFileSync(join(dir, `${n}.txt`), n % 10 === 9 ? seeded.bytes(bytes) : pool.subarray(from, from + bytes));
  }
  return 'small files of text, each tenth of random bytes';
}

/** Files of 1 to 20 MiB of random bytes, as photographs, films and archives are. */
function makeMedia(root: string, scale: number): string {
  const seeded = new Seeded('media');
  const count = Math.max(2, Math.round(50 * scale));
  for (let n = 0; n < count; n++) {
    const bytes = 1024 ** 2 + seeded.integer(19 * 1024 ** 2);
    writeFileSync(join(root, `${n}.jpg`), seeded.bytes(bytes));
  }
  return 'files of 1 to 20 MiB that do not compress';
}

/** Overwrites 64 bytes in the middle of one file in a hundred. */
function changeFiles(files: readonly string[], round: string): void {
  const seeded = new Seeded(`change ${round}`);
  const chosen = new Set<string>();
  const count = Math.max(1, Math.round(files.length / 100));
  while (chosen.size < count) chosen.add(files[seeded.integer(files.length)]!);
  for (const file of chosen) {
    const fd = openSync(file, 'r+');
    writeSync(fd, seeded.bytes(32).toString('hex'), Math.floor(fstatSync(fd).size / 2));
    closeSync(fd);
  }
}

function regularFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Regular files, each name of a hard link counted, and their bytes. */
export function sizeOfTree(folder: string): { files: number; bytes: number } {
  const files = regularFiles(folder);
  return { files: files.length, bytes: files.reduce((sum, file) => sum + lstatSync(file).size, 0) };
}

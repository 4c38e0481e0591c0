import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface WorkFolder {
  dir: string;
  /** For the record: `in memory`, or what is slower. */
  text: string;
}

/** Runs `work` in a folder of its own, in memory when it has room for `bytes`: programs are to be measured, not a disk. */
export async function withWorkFolder<T>(bytes: number, work: (folder: WorkFolder) => Promise<T>): Promise<T> {
  if (!existsSync('/usr/bin/time')) throw new Error('GNU time is not installed (Debian package: time)');
  const inMemory = room('/dev/shm') > bytes && freemem() > bytes;
  const parent = inMemory ? '/dev/shm' : tmpdir();
  if (room(parent) < bytes) throw new Error(`there is no room for ${Math.ceil(bytes / 1024 ** 3)} GiB in ${parent}`);
  const dir = mkdtempSync(join(parent, 'oaops-bench-'));
  try {
    return await work({ dir, text: inMemory ? 'in memory (/dev/shm)' : `on the file system of ${parent}` });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function room(folder: string): number {
  if (!existsSync(folder)) return 0;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

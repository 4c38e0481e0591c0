import { closeSync, fsyncSync, openSync } from 'node:fs';

export { fsyncDir } from '../../core/durable-file.ts';

/** Waits until the contents of a file are on the disk. */
export function fsyncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

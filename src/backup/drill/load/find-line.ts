import { closeSync, openSync, readSync } from 'node:fs';

/** The first of these beginnings that a line of the file has; the file may be of any size. */
export function lineBeginning(file: string, beginnings: readonly string[]): string | undefined {
  const longest = Math.max(...beginnings.map((one) => one.length)) + 1;
  const wanted = beginnings.map((one) => ({ one, bytes: Buffer.from(`\n${one}`) }));
  const buffer = Buffer.alloc(4 * 1024 * 1024);
  // As if the file began after a line end.
  buffer[0] = 0x0a;
  let kept = 1;
  const fd = openSync(file, 'r');
  try {
    for (;;) {
      const got = readSync(fd, buffer, kept, buffer.length - kept, null);
      if (got === 0) return undefined;
      const view = buffer.subarray(0, kept + got);
      const found = wanted.find(({ bytes }) => view.includes(bytes));
      if (found) return found.one;
      kept = Math.min(longest, view.length);
      view.copy(buffer, 0, view.length - kept);
    }
  } finally {
    closeSync(fd);
  }
}

/** The first bytes of a file, as Latin-1. */
export function beginningOf(file: string, bytes: number): string {
  const fd = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('latin1', 0, readSync(fd, buffer, 0, bytes, 0));
  } finally {
    closeSync(fd);
  }
}

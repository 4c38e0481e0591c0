import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** A file that was changed so shortly ago may be changed again without another time of change (the clock of a file system is coarse). */
const settledNs = 2_000_000_000n;

/** Keeps what was made of the content of files, as long as these are unchanged: 50 hosts have one known_hosts. */
export class FileCache<T> {
  readonly #make: (content: Buffer, path: string) => T;
  readonly #known = new Map<string, { state: string; value: T }>();

  constructor(make: (content: Buffer, path: string) => T) {
    this.#make = make;
  }

  /** @throws as readFileSync */
  read(path: string): T {
    const fd = openSync(path, 'r');
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true });
      const state = [dev, ino, size, mtimeNs, ctimeNs].join();
      const known = this.#known.get(path);
      if (known?.state === state) return known.value;
      const value = this.#make(readFileSync(fd), path);
      if (BigInt(Date.now()) * 1_000_000n - ctimeNs > settledNs) this.#known.set(path, { state, value });
      return value;
    } finally {
      closeSync(fd);
    }
  }
}

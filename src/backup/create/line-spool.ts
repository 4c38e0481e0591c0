import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

const chunkBytes = 1024 * 1024;
/** Lines that wait for so long that the garbage collector moves them about cost more than a write. */
const pendingBytes = 64 * 1024;

/**
 * Lines of the manifest in order, on disk while the packs they name have no names yet: memory stays flat however many there
 * are. A file of the spool, 0600, unlinked at once so that no crash leaves it behind.
 */
export class LineSpool {
  readonly #fd: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #lines = 0;
  #isClosed = false;

  constructor(file: string) {
    this.#fd = openSync(file, 'wx+', 0o600);
    unlinkSync(file);
  }

  get isEmpty(): boolean {
    return this.#lines === 0;
  }

  push(line: string): void {
    this.#pending.push(line);
    this.#pendingBytes += line.length + 1;
    this.#lines++;
    if (this.#pendingBytes >= pendingBytes) this.#flush();
  }

  /** All lines in order; ends the spool. */
  *drain(): Generator<string> {
    this.#flush();
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let offset = 0;
    let rest = '';
    for (;;) {
      const read = readSync(this.#fd, buffer, 0, chunkBytes, offset);
      if (read === 0) break;
      offset += read;
      const lines = (rest + buffer.toString('latin1', 0, read)).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    // The number is given to the next file that is opened: closed twice, it would be that file which is closed.
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(`${this.#pending.join('\n')}\n`, 'latin1');
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

import { closeSync, openSync, readSync } from 'node:fs';

/** Number of requests by HTTP method. */
export type Requests = Readonly<Record<string, number>>;

/** Reads on in the access log, where the gateway writes a line when a request has ended. */
export class AccessLog {
  readonly #file: string;
  #at = 0;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  /** Requests up to the one to the path `mark`, which is not counted. */
  async takeUntil(mark: string): Promise<Requests> {
    const counts: Record<string, number> = {};
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline) {
      const lines = (this.#rest + this.#readOn()).split('\n');
      this.#rest = lines.pop()!;
      for (const [i, line] of lines.entries()) {
        const [, method, path] = / beast: .*? "([A-Z]+) (\S+) HTTP/.exec(line) ?? [];
        if (path === mark) {
          this.#rest = [...lines.slice(i + 1), this.#rest].join('\n');
          return counts;
        }
        if (method !== undefined) counts[method] = (counts[method] ?? 0) + 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the access log of the S3 server does not go on');
  }

  #readOn(): string {
    const fd = openSync(this.#file, 'r');
    try {
      let text = '';
      const buffer = Buffer.alloc(1024 * 1024);
      for (let read = readSync(fd, buffer, 0, buffer.length, this.#at); read > 0; ) {
        text += buffer.toString('latin1', 0, read);
        this.#at += read;
        read = readSync(fd, buffer, 0, buffer.length, this.#at);
      }
      return text;
    } finally {
      closeSync(fd);
    }
  }
}

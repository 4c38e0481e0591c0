import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { ProcessRequest, ProcessResult } from '../../engine/ports.ts';
import { OutputCapture } from './capture.ts';

const chunkBytes = 256 * 1024;

/** Reads the `out` and `err` files of a marker folder as they grow. */
export class OutputFollower {
  readonly #dir: string;
  readonly #captures: Record<'out' | 'err', OutputCapture>;
  readonly #files: Partial<Record<'out' | 'err', FileHandle>> = {};
  readonly #positions = { out: 0, err: 0 };
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);

  constructor(dir: string, onOutput?: ProcessRequest['onOutput']) {
    this.#dir = dir;
    this.#captures = {
      out: new OutputCapture(onOutput && ((text, goesOn) => onOutput('stdout', text, goesOn))),
      err: new OutputCapture(onOutput && ((text, goesOn) => onOutput('stderr', text, goesOn))),
    };
  }

  /** Reads what is new; true when there was something. */
  async drain(): Promise<boolean> {
    const out = await this.#drainFile('out');
    const err = await this.#drainFile('err');
    return out || err;
  }

  /** Follows until `ended` resolves, then reads the rest. */
  async follow(ended: Promise<unknown>, clock: Clock): Promise<void> {
    const finished = new AbortController();
    const end = ended.finally(() => finished.abort()).catch(() => {});
    let pauseMs = 10;
    while (!finished.signal.aborted) {
      pauseMs = (await this.drain()) ? 10 : Math.min(250, pauseMs * 1.5);
      await clock.sleep(pauseMs, finished.signal).catch(() => {});
    }
    await end;
    await this.drain();
  }

  finish(): Pick<ProcessResult, 'stdout' | 'stderr'> {
    return { stdout: this.#captures.out.finish(), stderr: this.#captures.err.finish() };
  }

  async close(): Promise<void> {
    await Promise.all([this.#files.out?.close(), this.#files.err?.close()]);
  }

  async #drainFile(name: 'out' | 'err'): Promise<boolean> {
    const capture = this.#captures[name];
    this.#files[name] ??= await open(join(this.#dir, name), 'r');
    const file = this.#files[name];
    // Up to the size of now: a child left in the background may go on writing for ever.
    const { size } = await file.stat();
    // A command that opens its output by name ("> /dev/stderr") empties the file: what comes now stands at its beginning.
    if (size < this.#positions[name]) this.#positions[name] = 0;
    const before = capture.totalBytes;
    while (this.#positions[name] < size) {
      const length = Math.min(chunkBytes, size - this.#positions[name]);
      const { bytesRead } = await file.read(this.#buffer, 0, length, this.#positions[name]);
      if (bytesRead === 0) break;
      this.#positions[name] += bytesRead;
      capture.push(this.#buffer.subarray(0, bytesRead));
    }
    return capture.totalBytes > before;
  }
}

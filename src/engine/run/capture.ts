import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { sha256Hex } from '../../core/json.ts';
import type { Redactor } from '../../core/redaction.ts';
import type { JournalRow } from '../../record/types.ts';

/** How much of each stream is kept from the beginning, and as much again from the end. */
export const keptBytes = 64 * 1024;

/** Longest line that is held back until its end is seen. */
const heldChars = 64 * 1024;

/** Even what seems to be secrets without a gap is passed on at this length. */
const mostHeldChars = 1024 * 1024;

/** Lines that came at once are passed on together, up to about so much. */
const togetherChars = 64 * 1024;

type Stream = 'stdout' | 'stderr';

/**
 * Output of one attempt on its way out: cut at line ends before it is redacted, so that a secret that arrives in two pieces
 * is still found; passed on as events; kept as capped files with the digest of what is kept.
 */
export class OutputCapture {
  readonly #redactor: Redactor;
  readonly #pass: (stream: Stream, text: string) => void;
  readonly #held: Record<Stream, string> = { stdout: '', stderr: '' };
  /** Whole lines that are to be passed on; of one stream only, so that the order of the two is kept. */
  #ready: { stream: Stream; text: string } | undefined;
  readonly #kept: Record<Stream, { head: string; tail: string; length: number; bytes: number }> = {
    stdout: { head: '', tail: '', length: 0, bytes: 0 },
    stderr: { head: '', tail: '', length: 0, bytes: 0 },
  };

  constructor(redactor: Redactor, pass: (stream: Stream, text: string) => void) {
    this.#redactor = redactor;
    this.#pass = pass;
  }

  write(stream: Stream, text: string): void {
    if (this.#held[stream] === '' && text.endsWith('\n')) {
      this.#collect(stream, text);
      return;
    }
    const held = this.#held[stream] + text;
    let end = held.lastIndexOf('\n') + 1;
    // The end of a long line may be the beginning of a secret: that much stays here.
    if (held.length - end > heldChars) end += this.#redactor.safeLength(held.slice(end));
    if (held.length - end > mostHeldChars) {
      this.#held[stream] = '';
      this.flush();
      this.#release(stream, this.#redactor.redactCut(held, 'end'));
      return;
    }
    this.#held[stream] = held.slice(end);
    if (end > 0) this.#collect(stream, held.slice(0, end));
  }

  /** Passes on what is still held and writes the files. */
  close(dir: string, prefix: string): JournalRow['outputs'] {
    this.flush();
    const files: JournalRow['outputs'] = [];
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#held[stream] !== '') this.#release(stream, this.#held[stream]);
      this.#held[stream] = '';
      const { head, length, bytes } = this.#kept[stream];
      const tail = this.#kept[stream].tail.slice(-keptBytes);
      if (length === 0) continue;
      const leftOut = length - head.length - tail.length;
      const content = leftOut > 0 ? `${head}\n[... ${leftOut} characters left out ...]\n${tail}` : head + tail;
      const name = `${prefix}.${stream}.txt`;
      writeFileDurable(join(dir, name), content);
      files.push({ name, sha256: sha256Hex(content), totalBytes: bytes, truncated: leftOut > 0 });
    }
    return files;
  }

  /**
   * Each line by itself would cost a redaction and an event: of a command that prints millions of short ones, minutes in which
   * no signal is heard.
   */
  #collect(stream: Stream, text: string): void {
    if (this.#ready && this.#ready.stream !== stream) this.flush();
    if (this.#ready) this.#ready.text += text;
    else {
      this.#ready = { stream, text };
      queueMicrotask(() => this.flush());
    }
    if (this.#ready.text.length >= togetherChars) this.flush();
  }

  /** Passes on the whole lines that are there, so that what happened later is told later. */
  flush(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready) this.#release(ready.stream, ready.text);
  }

  #release(stream: Stream, text: string): void {
    const clean = this.#redactor.redact(text);
    const kept = this.#kept[stream];
    kept.length += clean.length;
    kept.bytes += Buffer.byteLength(clean);
    const room = keptBytes - kept.head.length;
    kept.head += clean.slice(0, Math.max(0, room));
    if (clean.length > room) kept.tail += clean.slice(Math.max(0, room));
    // Cut now and then only: each cut copies all of it.
    if (kept.tail.length > 16 * keptBytes) kept.tail = kept.tail.slice(-keptBytes);
    this.#pass(stream, clean);
  }
}

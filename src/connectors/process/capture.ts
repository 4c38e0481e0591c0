import { createHash, type Hash } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { CapturedOutput } from '../../engine/ports.ts';

/** Bytes kept from each end of an output; the middle is counted and hashed only. */
export const headBytes = 64 * 1024;
export const tailBytes = 64 * 1024;

/** Longest text handed to `onOutput` at once: a line without an end must not fill the memory. */
const longestLineChars = 64 * 1024;

/** Takes an output of any size in flat memory: head, tail, length, sha256, and whole lines as they come. */
export class OutputCapture {
  readonly #head: Buffer[] = [];
  #headLength = 0;
  #tail: Buffer[] = [];
  #tailLength = 0;
  #total = 0;
  readonly #hash: Hash = createHash('sha256');
  readonly #decoder = new StringDecoder('utf8');
  #line = '';
  readonly #onLine: ((text: string, goesOn: boolean) => void) | undefined;

  constructor(onLine?: (text: string, goesOn: boolean) => void) {
    this.#onLine = onLine;
  }

  get totalBytes(): number {
    return this.#total;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#total += chunk.length;
    this.#hash.update(chunk);
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#headLength < headBytes) {
      const part = Buffer.from(rest.subarray(0, headBytes - this.#headLength));
      this.#head.push(part);
      this.#headLength += part.length;
      rest = rest.subarray(part.length);
    }
    if (rest.length > 0) this.#pushTail(rest);
    if (this.#onLine) this.#pushLines(this.#decoder.write(Buffer.from(chunk)));
  }

  /** The result; call once, when nothing more comes. */
  finish(): CapturedOutput {
    if (this.#onLine) {
      this.#pushLines(this.#decoder.end());
      if (this.#line !== '') this.#onLine(this.#line, false);
      this.#line = '';
    }
    const head = Buffer.concat(this.#head);
    const tailAll = Buffer.concat(this.#tail);
    const tail = tailAll.subarray(Math.max(0, tailAll.length - tailBytes));
    const truncated = this.#total > head.length + tail.length;
    const sha256 = this.#hash.digest('hex');
    if (!truncated) {
      // Cut at a character, so that head + tail reads as the whole.
      const whole = Buffer.concat([head, tail]);
      const cut = characterStart(whole, head.length);
      return {
        head: whole.toString('utf8', 0, cut),
        tail: whole.toString('utf8', cut),
        truncated,
        totalBytes: this.#total,
        sha256,
      };
    }
    return {
      head: head.toString('utf8', 0, characterStart(head, head.length)),
      tail: tail.toString('utf8', firstCharacter(tail)),
      truncated,
      totalBytes: this.#total,
      sha256,
    };
  }

  #pushTail(bytes: Buffer): void {
    // Copied: the caller may use its buffer again.
    const copy = Buffer.from(bytes.length > tailBytes ? bytes.subarray(bytes.length - tailBytes) : bytes);
    this.#tail.push(copy);
    this.#tailLength += copy.length;
    // Joined only when twice too long or in too many pieces, so that the cost stays linear.
    if (this.#tailLength > 2 * tailBytes || this.#tail.length > 256) {
      const joined = Buffer.concat(this.#tail);
      const kept = Buffer.from(joined.subarray(Math.max(0, joined.length - tailBytes)));
      this.#tail = [kept];
      this.#tailLength = kept.length;
    }
  }

  #pushLines(text: string): void {
    if (text === '') return;
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#onLine?.(line.endsWith('\r') ? line.slice(0, -1) : line, false);
    while (this.#line.length > longestLineChars) {
      this.#onLine?.(this.#line.slice(0, longestLineChars), true);
      this.#line = this.#line.slice(longestLineChars);
    }
  }
}

/** Start of the UTF-8 character that would be cut by a cut at `end`, or `end` when none is. */
function characterStart(bytes: Buffer, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? end - back : end;
  }
  return end;
}

/** Index of the first byte that starts a character (at most 3 continuation bytes are left out). */
function firstCharacter(bytes: Buffer): number {
  let index = 0;
  while (index < 3 && index < bytes.length && (bytes[index]! & 0b1100_0000) === 0b1000_0000) index++;
  return index;
}

/** The whole text of an output that was not cut, or head and tail with a line between that says what is missing. */
export function outputText(output: CapturedOutput): string {
  if (!output.truncated) return output.head + output.tail;
  const missing = output.totalBytes - Buffer.byteLength(output.head) - Buffer.byteLength(output.tail);
  return `${output.head}\n[${missing} bytes left out]\n${output.tail}`;
}

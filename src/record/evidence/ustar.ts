import { type FileHandle, open, stat } from 'node:fs/promises';
import { OaopsError, usageError } from '../../core/errors.ts';

/** POSIX ustar: header and contents come in blocks of this size. */
export const blockBytes = 512;
const endBytes = 2 * blockBytes;

/** Member names that a bundle may hold: relative, plain ASCII, short enough for one header. */
const memberName = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._@+~-]+(?:\/[A-Za-z0-9._@+~-]+)*$/;

export function isMemberName(name: string): boolean {
  return name.length <= 100 && memberName.test(name);
}

/**
 * The only header a member of a bundle may have: regular file, mode 0644, owner 0, no names. Comparing whole headers
 * finds what a lenient tar reader passes over (padding, terminators, extensions).
 */
export function ustarHeader(member: { name: string; sizeBytes: number; mtimeS: number }): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')} `;
  header.write(member.name, 0, 'latin1');
  header.write(octal(0o644, 6), 100);
  header.write(octal(0, 6), 108);
  header.write(octal(0, 6), 116);
  header.write(octal(member.sizeBytes, 11), 124);
  header.write(octal(member.mtimeS, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(octal(0, 6), 329);
  header.write(octal(0, 6), 337);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0`, 148);
  return header;
}

export interface BundleMember {
  name: string;
  sizeBytes: number;
  mtimeS: number;
}

/**
 * Reads a bundle from front to back and accepts nothing but the exact form that `oaops runs evidence` writes. Writes
 * nothing anywhere. Everything wrong is thrown as OaopsError `bundle-altered` (exit 9).
 */
export class BundleReader {
  readonly #file: FileHandle;
  readonly #sizeBytes: number;
  #offset = 0;
  #left = 0;

  private constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  static async open(path: string): Promise<BundleReader> {
    // Before it is opened: a named pipe would wait for its writer.
    if (!(await stat(path)).isFile())
      throw usageError('evidence-unreadable', `${path} is not a regular file`, {
        next: 'Name the bundle itself; a pipe can be stored in a file first.',
      });
    const file = await open(path, 'r');
    return new BundleReader(file, (await file.stat()).size);
  }

  /** The next member, or undefined at a proper end. The one before must have been read to its end. */
  async next(): Promise<BundleMember | undefined> {
    const header = await this.#block(blockBytes, 'a member header');
    if (header.every((byte) => byte === 0)) {
      const rest = await this.#block(endBytes - blockBytes, 'the end');
      if (this.#offset !== this.#sizeBytes || !rest.every((byte) => byte === 0))
        throw altered('there is something after the end');
      return undefined;
    }
    const nul = header.indexOf(0);
    const name = header.toString('latin1', 0, Math.min(nul === -1 ? 100 : nul, 100));
    const member = { name, sizeBytes: octalOf(header, 124), mtimeS: octalOf(header, 136) };
    if (!isMemberName(name) || !ustarHeader(member).equals(header))
      throw altered(`the header at byte ${this.#offset - blockBytes} is not one of a bundle`);
    if (member.sizeBytes > this.#sizeBytes - this.#offset) throw altered(`${name} is cut off`);
    this.#left = member.sizeBytes;
    return member;
  }

  /** The contents of the present member, in pieces. */
  async *content(): AsyncIterable<Buffer> {
    const size = this.#left;
    while (this.#left > 0) {
      const piece = await this.#block(Math.min(this.#left, 256 * 1024), 'contents');
      this.#left -= piece.length;
      yield piece;
    }
    const padding = await this.#block((blockBytes - (size % blockBytes)) % blockBytes, 'padding');
    if (!padding.every((byte) => byte === 0)) throw altered(`the padding before byte ${this.#offset} was changed`);
  }

  /** Whole contents of a member that is held in memory. */
  async bytes(member: BundleMember, maxBytes: number): Promise<Buffer> {
    if (member.sizeBytes > maxBytes)
      throw altered(`${member.name} is larger than any of its kind (${member.sizeBytes} bytes)`);
    const pieces: Buffer[] = [];
    for await (const piece of this.content()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #block(length: number, what: string): Promise<Buffer> {
    if (this.#offset + length > this.#sizeBytes) throw altered(`it ends in the middle of ${what}`);
    const buffer = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#file.read(buffer, done, length - done, this.#offset + done);
      if (bytesRead === 0) throw altered(`it ends in the middle of ${what}`);
      done += bytesRead;
    }
    this.#offset += length;
    return buffer;
  }
}

export function altered(message: string): OaopsError {
  return new OaopsError('bundle-altered', message, { exitCode: 9 });
}

function octalOf(header: Buffer, at: number): number {
  const text = header.toString('latin1', at, at + 11);
  return /^[0-7]{11}$/.test(text) ? Number.parseInt(text, 8) : -1;
}

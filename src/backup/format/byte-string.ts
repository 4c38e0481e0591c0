/**
 * Names on disk are bytes. Inside the backup room they are *byte strings*: JavaScript strings with one character (0 to 255)
 * per byte, the `latin1` encoding of Node.js. They compare, sort and hash as the bytes do and cost one byte per character.
 * Turn them into a Buffer for file system calls, and into text only for people.
 */
export type ByteString = string;

/** For file system calls. */
export function toBytes(value: ByteString): Buffer {
  return Buffer.from(value, 'latin1');
}

export function fromBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The same in memory of its own: a part of a longer string keeps all of that in memory. */
export function detached(value: ByteString): ByteString {
  return toBytes(value).toString('latin1');
}

/** Text as its UTF-8 bytes. */
export function fromText(text: string): ByteString {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** For people: UTF-8 where it is valid, U+FFFD elsewhere. */
export function toText(value: ByteString): string {
  return isAscii(value) ? value : toBytes(value).toString('utf8');
}

/** For JSON: `{path}`, or `{path, pathBase64}` when the bytes are not valid UTF-8 (then `path` is for reading only). */
export function pathForJson(value: ByteString): { path: string; pathBase64?: string } {
  const text = toText(value);
  return fromText(text) === value ? { path: text } : { path: text, pathBase64: toBytes(value).toString('base64') };
}

/**
 * The form in which a path reaches a file system call: a plain string when it is ASCII (the fast way of Node.js), else
 * bytes, because a string would be encoded as UTF-8.
 */
export function forFs(value: ByteString): string | Buffer {
  return isAscii(value) ? value : toBytes(value);
}

function isAscii(value: string): boolean {
  return !/[^\x00-\x7f]/.test(value);
}

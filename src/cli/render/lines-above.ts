/** A stream that others write to as well. */
export interface WritableTerminal {
  write(text: string): unknown;
}

type Write = (chunk: string | Uint8Array, ...rest: unknown[]) => unknown;

const lineFeed = 0x0a;

/**
 * Calls `before` ahead of each write to the stream, which is one of whole lines: the beginning of a line is kept back until
 * its end is written, or until this ends.
 * @returns what ends it.
 */
export function linesAbove(stream: WritableTerminal, before: () => void): () => void {
  const original = stream.write as unknown as Write;
  let held: Uint8Array = new Uint8Array();
  const write: Write = (chunk, ...rest) => {
    const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8';
    const bytes = Buffer.concat([held, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk]);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    held = bytes.subarray(end);
    const written = rest.filter((each) => typeof each === 'function');
    if (end > 0) {
      before();
      return original.call(stream, bytes.subarray(0, end), ...written);
    }
    for (const callback of written) process.nextTick(callback as () => void);
    return true;
  };
  stream.write = write as WritableTerminal['write'];
  return () => {
    stream.write = original as WritableTerminal['write'];
    if (held.length > 0) original.call(stream, held);
  };
}

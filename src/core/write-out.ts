import type { Writable } from 'node:stream';

/** Streams that failed. Standard output itself forgets: Node.js makes it writable again after each error. */
const failed = new WeakSet<Writable>();
const watched = new WeakSet<Writable>();

/**
 * Writes no faster than the stream takes it, so that a long list stays off the memory. False when it takes nothing any
 * more (its reader went away, the disk is full): then go on with nothing that only makes more output. Who opened the
 * stream listens to its `error` and tells it.
 */
export async function writeOut(stream: Writable, text: string): Promise<boolean> {
  if (!watched.has(stream)) {
    watched.add(stream);
    stream.once('error', () => failed.add(stream));
  }
  if (failed.has(stream) || stream.destroyed) return false;
  if (stream.write(text)) return true;
  // Not only for `drain`: after an error it never comes.
  await new Promise<void>((resolve) => {
    const ended = () => {
      for (const name of ['drain', 'error', 'close']) stream.off(name, ended);
      resolve();
    };
    for (const name of ['drain', 'error', 'close']) stream.on(name, ended);
  });
  return !failed.has(stream) && !stream.destroyed;
}

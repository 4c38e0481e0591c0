/** Less is not worth the call; and the empty buffers of Node.js may share one memory. */
const leastBytes = 4096;

/**
 * Gives the memory of a buffer back now; nobody may use the buffer any more. Memory outside of the heap does not make the
 * garbage collector run in time, and when it does, it marks the whole heap for a few MiB. Small buffers share theirs with others
 * (`Buffer.poolSize`): they are left alone, and so is one that is only a part of its memory.
 */
export function giveBack(buffer: Buffer): void {
  const memory = buffer.buffer as ArrayBuffer;
  // zlib fills buffers that are one byte longer than what it was asked for, see PackSource.
  if (buffer.length >= leastBytes && buffer.byteOffset === 0 && memory.byteLength <= buffer.length + 1)
    memory.transfer(0);
}

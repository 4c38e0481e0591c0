import type { ObjectStore } from '../ports.ts';
import { frameBytes } from './pack-source.ts';

const smallSliceBytes = 4 * 1024 * 1024;
const largeSliceBytes = 5 * 1024 * 1024;

/**
 * A pack is read and worked on in slices of about this size, so that memory does not hang on the size of packs. A request to a
 * server takes as long as to read some MiB.
 */
export function sliceBytesOf(store: Pick<ObjectStore, 'kind'>): number {
  return store.kind === 's3' ? largeSliceBytes : smallSliceBytes;
}

/** A slice ends behind the frame in which its last content ends, and behind the chunk of the encryption in which that ends. */
const capacity = largeSliceBytes + frameBytes + 256 * 1024;

/**
 * Memory that slices are read into, used again and again: pages that are new to the process are dear where it runs in a virtual
 * machine (a third of the time of a restore of large files), and what is given back to the system is new each time.
 * There is as much of it as there are slices under way.
 */
export class SliceMemory {
  readonly #free: ArrayBuffer[] = [];

  take(): Buffer {
    const memory = this.#free.pop();
    return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(capacity);
  }

  /** Nobody may use it any more. */
  give(memory: ArrayBuffer): void {
    this.#free.push(memory);
  }
}

/** Told by its odd size: memory is another object after each move to another thread. */
export function isSliceMemory(memory: ArrayBuffer): boolean {
  return memory.byteLength === capacity;
}

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A walk, or a directory that is read, leaves garbage and keeps little: with its usual growth the heap of V8 would take 200 MiB for what fits into 60. The nursery stays as
 * it is: grown, it holds more garbage. (`bin/run.js` asks for a small one from the start; `node bin/run.js` does not get that far.)
 * @param growthPercent how much more the heap may hold before it is marked again. 80 for a backup: less takes no less memory at
 *   its peak, which others hold. 40 for a restore: with a hundred thousand files that makes 270 MiB of 355, in the same time. 20 for accounts: of a hundred thousand nearly everything is kept, and 330 MiB become 300.
 */
export function collectGarbageEarly(growthPercent: 20 | 40 | 80): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Smaller heaps are left alone: collecting takes ten milliseconds of them, too. */
const largeBytes = 64 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * Takes away what was let go, where a phase of work has ended that held much. V8 would wait until the heap has grown by a share of what it holds,
 * and marks beside the work: on a busy machine it comes late, and the heap would grow by all of the garbage.
 */
export function collectGarbageNow(): void {
  if (getHeapStatistics().used_heap_size < largeBytes) return;
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/**
 * Makes glibc keep freed memory for the next buffer instead of giving it back to the system page by page: it learns how much to keep from
 * the largest block that was freed (mallopt(3), "dynamic mmap threshold": twice its size, of blocks of 32 MiB at most). Nothing of this one is ever touched.
 */
export function keepFreedMemory(): void {
  (Buffer.allocUnsafeSlow(4 * 1024 * 1024).buffer as ArrayBuffer).transfer(0);
}

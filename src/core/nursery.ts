import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: ((options: { type: 'minor' }) => void) | undefined;

/**
 * Collects the garbage that was made lately, in a few ms: for who makes large buffers faster than the garbage collector, which
 * sees the small objects in front of them, looks after them, and who cannot know when each is done with (else: `giveBack`).
 */
export function collectNursery(): void {
  if (!collect) {
    // The function is there in contexts that are made while the flag is set.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as typeof collect;
    setFlagsFromString('--no-expose-gc');
  }
  collect!({ type: 'minor' });
}

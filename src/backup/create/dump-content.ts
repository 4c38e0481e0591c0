import { createHash } from 'node:crypto';
import type { DumpSink } from '../sources/run-dumps.ts';
import { Chunker } from './chunker.ts';
import { isZero } from './content-store.ts';
import type { StoredContent } from './entry-line.ts';
import type { Packer } from './packer.ts';

/** Puts the bytes of one dump into packs as they come, in chunks that its content makes. Memory does not grow with it. */
export function dumpSink(packer: Packer): DumpSink<StoredContent> {
  const all = createHash('sha256');
  const pieces: StoredContent['pieces'] = [];
  let sizeBytes = 0;
  const chunker = new Chunker(async (chunk) => {
    const last = pieces.at(-1);
    if (isZero(chunk)) {
      if (last && 'hole' in last) last.hole += chunk.length;
      else pieces.push({ hole: chunk.length });
      return;
    }
    const room = await packer.room(chunk.length);
    chunk.copy(room);
    pieces.push(packer.add(room.subarray(0, chunk.length)));
  });
  return {
    async write(bytes) {
      sizeBytes += bytes.length;
      all.update(bytes);
      await chunker.push(bytes);
    },
    async finish() {
      await chunker.finish();
      if (sizeBytes === 0) return { sizeBytes, sha256: undefined, content: undefined };
      const sha256 = all.digest('hex');
      return { sizeBytes, sha256, content: { sha256, pieces } };
    },
  };
}

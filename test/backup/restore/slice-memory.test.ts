import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { fetchPieces } from '../../../src/backup/restore/fetch.ts';
import { isSliceMemory, SliceMemory } from '../../../src/backup/restore/slice-memory.ts';
import { ReadThrough } from '../../../src/backup/verify/read-through.ts';

const frameBytes = 1024 * 1024;

describe('memory of slices', () => {
  it('is used again, also after it was moved to another thread and back', () => {
    const memory = new SliceMemory();
    const first = memory.take();
    first[0] = 7;
    const moved = structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] }) as ArrayBuffer;
    expect(isSliceMemory(moved)).toBe(true);
    memory.give(moved);
    expect(memory.take()[0]).toBe(7);
    expect(memory.take().buffer).not.toBe(moved);
  });

  it('holds all ranges of a slice side by side, as far as there is room', async () => {
    // Two frames that lie further apart than what is fetched for nothing.
    const frames = [1000, ...Array.from({ length: 300 }, () => 1024), 500];
    const all = Buffer.from(Array.from({ length: frames.reduce((sum, bytes) => sum + bytes, 0) }, (_, at) => at % 251));
    const pack = { sha256: 'a', headerBytes: 0, storedBytes: all.length, tarBytes: frames.length * frameBytes, frames };
    const store = {
      get: async (_: string, range: { offset: number; length: number }, __: unknown, memory: Uint8Array) => {
        const bytes = memory.subarray(0, range.length);
        bytes.set(all.subarray(range.offset, range.offset + range.length));
        return bytes;
      },
    } as unknown as ObjectStore;
    const memory = new SliceMemory();
    const piece = (frame: number) => ({ member: frame * 2048, length: 100, sha256: '', uses: [] });
    const { segments } = await fetchPieces(store, pack as never, [piece(0), piece(301)], {
      identities: undefined,
      keys: new Map(),
      signal: new AbortController().signal,
      memory,
    });
    expect(segments).toHaveLength(2);
    expect(new Set(segments.map(({ bytes }) => bytes.buffer)).size).toBe(1);
    for (const { offset, bytes } of segments)
      expect(all.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true);
  });

  it('comes back when nothing could be fetched', async () => {
    const memory = new SliceMemory();
    const first = memory.take().buffer as ArrayBuffer;
    memory.give(first);
    const pack = { sha256: 'a', headerBytes: 0, storedBytes: 10, tarBytes: frameBytes, frames: [10] };
    const store = { get: () => Promise.reject(new Error('it is cut')) } as unknown as ObjectStore;
    const piece = { member: 0, length: 100, sha256: '', uses: [] };
    const access = { identities: undefined, keys: new Map(), signal: new AbortController().signal, memory };
    await expect(fetchPieces(store, pack as never, [piece], access)).rejects.toThrow('it is cut');
    expect(memory.take().buffer).toBe(first);
  });

  it('is not taken for the header of a pack', async () => {
    const memory = new SliceMemory();
    const first = memory.take().buffer as ArrayBuffer;
    memory.give(first);
    const store = {
      kind: 'directory',
      get: async (_: string, { length }: { length: number }, __: unknown, room = new Uint8Array(length)) =>
        room.subarray(0, length),
    } as unknown as ObjectStore;
    const reading = new ReadThrough(store, 'packs/x', 500_000, { signal: new AbortController().signal, memory });
    await reading.segments(0, 300);
    expect(memory.take().buffer).toBe(first);
    memory.give(first);
    const [slice] = await reading.segments(300, 500_000);
    expect(slice!.bytes.buffer).toBe(first);
  });
});

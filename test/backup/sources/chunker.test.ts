import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chunker, chunkSizes } from '../../../src/backup/create/chunker.ts';

async function chunksOf(bytes: Buffer, pieceBytes: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  const chunker = new Chunker(async (chunk) => void chunks.push(Buffer.from(chunk)));
  for (let at = 0; at < bytes.length; at += pieceBytes) await chunker.push(bytes.subarray(at, at + pieceBytes));
  await chunker.finish();
  return chunks;
}

const hashes = (chunks: Buffer[]) => chunks.map((chunk) => createHash('sha256').update(chunk).digest('hex'));

describe('chunks by content', () => {
  it('put together are the stream, whatever pieces it came in, and are cut alike', async () => {
    const bytes = randomBytes(9 * 1024 * 1024 + 17);
    const whole = await chunksOf(bytes, bytes.length);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1000, max: 3_000_000 }), async (pieceBytes) => {
        const chunks = await chunksOf(bytes, pieceBytes);
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
        expect(hashes(chunks)).toEqual(hashes(whole));
      }),
      { numRuns: 12 },
    );
  });

  it('keep to their sizes', async () => {
    for (const bytes of [randomBytes(12 * 1024 * 1024), Buffer.alloc(9 * 1024 * 1024, 7)]) {
      const chunks = await chunksOf(bytes, 65_536);
      for (const chunk of chunks.slice(0, -1)) {
        expect(chunk.length).toBeGreaterThanOrEqual(chunkSizes.minBytes);
        expect(chunk.length).toBeLessThanOrEqual(chunkSizes.maxBytes);
      }
    }
  });

  it('of an empty stream are none, of a short one are itself', async () => {
    expect(await chunksOf(Buffer.alloc(0), 1)).toEqual([]);
    expect(await chunksOf(Buffer.from('short'), 5)).toEqual([Buffer.from('short')]);
  });

  it('are found again behind an insertion', async () => {
    const bytes = randomBytes(24 * 1024 * 1024);
    const changed = Buffer.concat([
      bytes.subarray(0, 5_000_000),
      Buffer.from('inserted rows'),
      bytes.subarray(5_000_000),
    ]);
    const before = new Set(hashes(await chunksOf(bytes, 1 << 20)));
    const after = hashes(await chunksOf(changed, 1 << 20));
    expect(after.filter((hash) => !before.has(hash)).length).toBeLessThanOrEqual(3);
  });

  it('are cut where they always were: other boundaries would store every dump again', async () => {
    const bytes = Buffer.alloc(6 * 1024 * 1024);
    let state = 12_345;
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bytes[i] = state >>> 16;
    }
    expect((await chunksOf(bytes, bytes.length)).map((chunk) => chunk.length)).toMatchInlineSnapshot(`
      [
        408121,
        726759,
        701456,
        527316,
        676536,
        562582,
        542844,
        653001,
        1025774,
        467067,
      ]
    `);
  });
});

import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { isDense, maxStoredFrameBytes, ZstdSlot } from '../../../src/backup/create/zstd-slot.ts';
import { frameBytes } from '../../../src/backup/format/repository-config.ts';

const slots: ZstdSlot[] = [];
const slotOf = (level: number) => {
  const slot = new ZstdSlot(level);
  slots.push(slot);
  return slot;
};
afterEach(() => {
  for (const slot of slots.splice(0)) slot.close();
});

async function frame(slot: ZstdSlot, raw: Buffer, dense: boolean): Promise<Buffer> {
  const into = Buffer.alloc(maxStoredFrameBytes);
  return into.subarray(0, await slot.frame(raw, into, dense));
}

const random = randomBytes(frameBytes);
/** Words of a small language: level 3 finds more in it than level 1. */
const text = Buffer.from(
  Array.from(randomBytes(frameBytes / 4), (byte) => `w${((byte * 7919) % 509).toString(36).padStart(2, 'x')} `).join(
    '',
  ),
).subarray(0, frameBytes);

test('frames are those of the level asked for, whatever the frame before was like', async () => {
  const slot = slotOf(3);
  const plain = await frame(slot, text, false);
  expect(await frame(slot, random, true)).toHaveLength((await frame(slot, random, false)).length);
  expect(await frame(slot, text, true)).toEqual(plain);
  expect(plain.length).toBeLessThan((await frame(slotOf(1), text, false)).length);
});

test.each([true, false])('a frame gives its bytes back (quick look: %s)', async (dense) => {
  const slot = slotOf(7);
  for (const raw of [random, text, random.subarray(0, 1000), Buffer.from('x')])
    expect(zstdDecompressSync(await frame(slot, raw, dense))).toEqual(Buffer.from(raw));
});

test('what gets smaller by less than an eighth is dense', () => {
  expect(isDense(frameBytes + 13, frameBytes)).toBe(true);
  expect(isDense((frameBytes * 15) / 16, frameBytes)).toBe(true);
  expect(isDense((frameBytes * 7) / 8, frameBytes)).toBe(false);
  expect(isDense(0, frameBytes)).toBe(false);
});

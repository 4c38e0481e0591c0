import { expect, it } from 'vitest';
import { collectNursery } from '../../src/core/nursery.ts';

it('frees large buffers that nobody holds any more', () => {
  collectNursery();
  const before = process.memoryUsage().arrayBuffers;
  for (let made = 0; made < 16; made += 1) Buffer.allocUnsafeSlow(1024 * 1024).fill(1);
  expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(12 * 1024 * 1024);
  collectNursery();
  // The memory itself is freed by another thread, which the next collection waits for.
  collectNursery();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  expect((globalThis as { gc?: unknown }).gc).toBeUndefined();
});

import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { collectGarbageNow } from '../../src/core/heap.ts';

const usedMib = () => getHeapStatistics().used_heap_size / 2 ** 20;

test('what was let go is taken away at once', () => {
  collectGarbageNow();
  const before = usedMib();
  let held: unknown[] | undefined = Array.from({ length: 1_000_000 }, (_, at) => ({ at, text: `text ${at}` }));
  expect(usedMib() - before).toBeGreaterThan(60);
  expect(held.length).toBe(1_000_000);
  held = undefined;
  collectGarbageNow();
  expect(usedMib() - before).toBeLessThan(30);
});

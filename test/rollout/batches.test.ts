import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxBatchMembers } from '../../src/engine/plan/batch-limit.ts';
import { makeBatches } from '../../src/rollout/batches.ts';
import { users } from './rolling.ts';

describe('batches', () => {
  it('repeat the last size, and the last one is short', () => {
    const sizes = makeBatches(users(1203), [5, 50, 500]).map(({ members }) => members.length);
    expect(sizes).toEqual([5, 50, 500, 500, 148]);
  });

  it.each([501, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('of %d are refused', (size) => {
    expect(() => makeBatches(users(3), [5, size])).toThrow(/batch of .* is not allowed; a batch has 1 to 500 members/);
  });

  it('of nobody are refused', () => {
    expect(() => makeBatches([], [5])).toThrow('the population is empty');
  });

  it('with somebody twice are refused', () => {
    expect(() => makeBatches([...users(3), ...users(1)], [5])).toThrow('"u0001" is twice in the population');
  });

  it('hold everybody once, in order, never more than 500, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.integer({ min: 1, max: maxBatchMembers }), { minLength: 1, maxLength: 5 }),
        (count, sizes) => {
          const batches = makeBatches(users(count), sizes);
          expect(batches.flatMap(({ members }) => members)).toEqual(users(count));
          expect(batches.every(({ members }) => members.length >= 1 && members.length <= 500)).toBe(true);
          expect(batches.map(({ number }) => number)).toEqual(batches.map((_, index) => index + 1));
          for (const [index, { members }] of batches.slice(0, -1).entries())
            expect(members).toHaveLength(sizes[Math.min(index, sizes.length - 1)]!);
        },
      ),
    );
  });
});

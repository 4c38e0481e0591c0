import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetSchema, countOf, toleranceOf } from '../../src/rollout/budget.ts';

describe('a budget', () => {
  it.each([
    ['2%', 50, 1],
    ['2%', 49, 0],
    ['2%', 500, 10],
    ['2%', 148, 2],
    ['0.1%', 1000, 1],
    ['0.1%', 999, 0],
    ['29%', 100, 29],
    ['100%', 7, 7],
    ['0%', 500, 0],
    [3, 5, 3],
    [3, 1, 3],
  ])('of %s in %d allows %d', (share, of, allowed) => {
    expect(countOf(share, of)).toBe(allowed);
  });

  it('never allows more than the share that was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 100_000 }), (tenths, of) => {
        const allowed = countOf(`${Math.floor(tenths / 10)}.${tenths % 10}%`, of);
        expect(allowed * 1000).toBeLessThanOrEqual(tenths * of);
        expect((allowed + 1) * 1000).toBeGreaterThan(tenths * of);
      }),
    );
  });

  it('has its total from its batches when none is written, and from the population otherwise', () => {
    const sizes = [5, 50, 500, 500, 148];
    expect(toleranceOf(budgetSchema.parse({ perBatch: '2%' }), 500, sizes)).toMatchObject({ perBatch: 10, total: 23 });
    expect(toleranceOf(budgetSchema.parse({ perBatch: 1, total: '1%' }), 5, sizes)).toMatchObject({
      perBatch: 1,
      total: 12,
    });
    expect(toleranceOf(budgetSchema.parse(undefined), 5, sizes)).toEqual({
      perBatch: 0,
      total: 0,
      unreachable: 'failure',
    });
  });

  it.each(['101%', '-1%', '2 %', '%', '1e1%', -1, 1.5])('of %s is refused', (perBatch) => {
    expect(budgetSchema.safeParse({ perBatch }).success).toBe(false);
  });
});

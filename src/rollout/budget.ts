import { z } from 'zod';
import type { Tolerance } from '../runbook/types.ts';

const percentSchema = z
  .string()
  .regex(/^(100|\d{1,2})(\.\d+)?%$/, { error: 'not a count or a share; write a number such as 3, or "2%"' });

export const shareSchema = z
  .union([z.int().nonnegative(), percentSchema])
  .describe('A count, or a share such as "2%", rounded down.');

/** One rule: nothing new is started when failures exceed the budget. */
export const budgetSchema = z
  .strictObject({
    perBatch: shareSchema.default(0).describe('Members that may fail in one batch; a share is of the batch.'),
    total: shareSchema
      .optional()
      .describe('In all batches; a share is of the population. Default: as many as perBatch allows in each.'),
    consecutive: z.int().nonnegative().optional().describe('One after the other.'),
    unreachable: z
      .enum(['failure', 'tolerated'])
      .default('failure')
      .describe('Whether a member that cannot be reached counts as failed.'),
  })
  .default({ perBatch: 0, unreachable: 'failure' })
  .describe('Failures that are put up with. A batch of which every member failed has failed whatever is written here.');
export type BudgetSpec = z.infer<typeof budgetSchema>;

/** The numbers for one batch: shares are rounded down, so that a budget never allows more than was written. */
export function toleranceOf(budget: BudgetSpec, batchSize: number, sizes: readonly number[]): Tolerance {
  const population = sizes.reduce((sum, size) => sum + size, 0);
  return {
    perBatch: countOf(budget.perBatch, batchSize),
    total:
      budget.total === undefined
        ? sizes.reduce((sum, size) => sum + countOf(budget.perBatch, size), 0)
        : countOf(budget.total, population),
    ...(budget.consecutive === undefined ? {} : { consecutive: budget.consecutive }),
    unreachable: budget.unreachable,
  };
}

/** Shares in millionths of a per cent and whole numbers: 0.1 % of 1000 is 1, whatever binary fractions make of it. */
export function countOf(share: number | string, of: number): number {
  if (typeof share === 'number') return share;
  const [whole = '0', fraction = ''] = share.slice(0, -1).split('.');
  const millionths = BigInt(whole + fraction.slice(0, 6).padEnd(6, '0'));
  return Number((millionths * BigInt(of)) / 100_000_000n);
}

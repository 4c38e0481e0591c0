import { z } from 'zod';
import { durationSchema } from '../../runbook/schema/common.ts';

const keepCount = z.int().min(1).max(100_000).optional();

/** `spec.retention` of the kind Backup and `rules` of the action `backup.prune`. */
export const retentionSchema = z
  .strictObject({
    keepWithin: durationSchema.optional().describe('All snapshots of this long, counted back from the newest one.'),
    keepLast: keepCount.describe('The last so many, and as many good ones.'),
    keepHourly: keepCount.describe('The newest of each of the last so many hours that have one.'),
    keepDaily: keepCount.describe('The same of days.'),
    keepWeekly: keepCount.describe('The same of weeks, which begin on Monday.'),
    keepMonthly: keepCount.describe('The same of months.'),
    keepYearly: keepCount.describe('The same of years.'),
  })
  .refine((rules) => Object.values(rules).some((value) => value !== undefined), {
    error: 'no rule; write at least one, such as keepWithin: 30d',
  });

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** As it may be written in a runbook: `30d`, `36h`. */
export function durationText(ms: number): string {
  const [unit, size] = units.find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

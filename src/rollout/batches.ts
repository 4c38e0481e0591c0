import { usageError } from '../core/errors.ts';
import { maxBatchMembers } from '../engine/plan/batch-limit.ts';
import type { Member, PlannedBatch } from '../engine/plan/plan-types.ts';

/**
 * Cuts a population into batches of these sizes, the last size repeating, in the order of the members. Nobody is in two batches and nobody is
 * left out.
 * @throws OaopsError `batch-too-large`, `member-twice`, `population-empty` (exit 2)
 */
export function makeBatches(members: readonly Member[], sizes: readonly number[]): PlannedBatch[] {
  for (const size of sizes) {
    if (Number.isInteger(size) && size >= 1 && size <= maxBatchMembers) continue;
    throw usageError(
      'batch-too-large',
      `a batch of ${size} is not allowed; a batch has 1 to ${maxBatchMembers} members`,
    );
  }
  if (members.length === 0) {
    throw usageError('population-empty', 'the population is empty', {
      next: 'Look at its source and filter: an empty population is never rolled out to.',
    });
  }
  const seen = new Set<string>();
  for (const { id } of members) {
    if (seen.has(id)) throw usageError('member-twice', `"${id}" is twice in the population`);
    seen.add(id);
  }
  const batches: PlannedBatch[] = [];
  for (let from = 0; from < members.length; ) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)]!;
    batches.push({ number: batches.length + 1, members: members.slice(from, from + size) });
    from += size;
  }
  return batches;
}

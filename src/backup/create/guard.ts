import type { Guard, SnapshotCounts } from '../format/snapshot-header.ts';

/** When a snapshot is so unlike the last good one that a person should look: an empty mount, files made unreadable by an intruder. */
export interface GuardLimits {
  /** Fewer files, or fewer bytes, by more than this. */
  maxShrinkPercent?: number | undefined;
  /** More than this is not as it was, in files and in bytes. */
  maxChangePercent?: number | undefined;
}

/** What a new snapshot is compared with. */
export interface GuardBase {
  /** Counts of the last good snapshot. */
  good: SnapshotCounts | undefined;
  /** Guard of a newer snapshot that nobody accepted. */
  pending: Guard | undefined;
}

/** Smaller trees change by large shares every day. */
const fewFiles = 10;
const fewBytes = 1024 * 1024;

/**
 * Compares the counts of a new snapshot with those of the last good one. What was only renamed, or got another owner, is no
 * change: the bytes are known. What was deleted is no change either, it shrinks.
 */
export function guardOf(
  now: SnapshotCounts,
  { good: before, pending }: GuardBase,
  limits: GuardLimits | undefined,
  /** False when everything was read and stored without a snapshot to compare with: that all is new says nothing. */
  comparable = true,
): Guard | undefined {
  if (!before || !limits || (before.files < fewFiles && before.bytes < fewBytes)) return undefined;
  const { maxShrinkPercent, maxChangePercent } = limits;
  const shrank = Math.max(1 - share(now.files, before.files), 1 - share(now.bytes, before.bytes)) * 100;
  if (maxShrinkPercent !== undefined && shrank > maxShrinkPercent) return { kind: 'shrank', percent: rounded(shrank) };
  if (!comparable) return pending?.kind === 'changed' ? pending : undefined;
  // What a guarded snapshot stored is not stored again, and has changed all the same.
  const added = pending?.kind === 'changed' ? 1 : share(now.dataAddedBytes, before.bytes);
  const changed = Math.min(1 - share(now.filesUnchanged, before.files), added) * 100;
  if (maxChangePercent !== undefined && changed > maxChangePercent)
    return { kind: 'changed', percent: Math.min(100, rounded(changed)) };
  return undefined;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function rounded(percent: number): number {
  return Math.max(0, Math.round(percent));
}

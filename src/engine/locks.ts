import { OaopsError } from '../core/errors.ts';
import type { Fence, HeldLock, RecordStore } from '../record/types.ts';
import { isAdHoc } from './plan/ad-hoc.ts';
import { isLockHeld } from './service-refusals.ts';

/**
 * Two locks: one keeps runs of a runbook from overlapping (not ad hoc ones), the other is the run's own and fences its commits. `beside`: whether
 * the run can do something without the first, when another run has it; `alone` is false then.
 * @throws OaopsError `lock-held` (exit 11)
 */
export async function withRunLocks<T>(
  { locks, runs }: Pick<RecordStore, 'locks' | 'runs'>,
  { id, runbook, beside = false }: { id: string; runbook: string; beside?: false | (() => Promise<boolean>) },
  work: (fence: Fence, lost: AbortSignal, inputsBefore: number, alone: boolean) => Promise<T>,
): Promise<T> {
  const inputsBefore = (await runs.inputs(id)).length;
  let outer: HeldLock | undefined;
  let alone = true;
  try {
    if (!isAdHoc(runbook)) outer = await locks.acquire(`runbook:${runbook}`, `run ${id}`);
  } catch (error) {
    if (!isLockHeld(error)) throw error;
    if (!beside || !(await beside())) throw await heldByRollout(runs, error);
    alone = false;
  }
  try {
    const inner = await locks.acquire(`run:${id}`, `run ${id}`);
    try {
      const lost = outer ? AbortSignal.any([inner.lost, outer.lost]) : inner.lost;
      return await work(inner.fence, lost, inputsBefore, alone);
    } finally {
      await inner.release();
    }
  } finally {
    await outer?.release();
  }
}

/** A rollout whose watch is followed keeps its lock for days: it is paused, not waited for. */
async function heldByRollout(runs: RecordStore['runs'], error: OaopsError): Promise<OaopsError> {
  const { owner } = error.details as { owner?: { purpose?: string } };
  const id = /^run (\S+)$/.exec(owner?.purpose ?? '')?.[1];
  const row = id === undefined ? undefined : await runs.get(id);
  if (row?.kind !== 'Rollout') return error;
  return new OaopsError(error.code, error.message, {
    exitCode: error.exitCode,
    next: `"oaops patch pause ${row.id} --reason TEXT" lets it end what is under way; then run again.`,
    details: error.details,
    cause: error,
  });
}

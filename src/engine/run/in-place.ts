import type { JournalRow } from '../../record/types.ts';
import type { JournalView } from '../journal/journal-state.ts';
import type { Plan } from '../plan/plan-types.ts';
import { isDone } from './scope.ts';

/**
 * The attempts of a unit whose effect may be in place, oldest first; none: there is nothing to take back.
 *
 * In a rollout that is every attempt that began, since the unit was last taken back: what failed, timed out or was killed half-way may have
 * left its change half in place, and an undo has to cope with that. Elsewhere it is the last attempt when it went well: a step of a procedure that
 * fails must leave things as they were, or has a handler.
 */
export function changesOf(plan: Pick<Plan, 'batches'>, view: JournalView, step: string, unit: string): JournalRow[] {
  if (plan.batches === undefined) {
    const last = view.last(step, unit);
    return last && isDone(last) && !view.isUndone(last) ? [last] : [];
  }
  const undone = view.of(step, unit, 'undo').findLast(({ status }) => status === 'undone')?.seq ?? 0;
  const rows = view.of(step, unit).filter(({ seq }) => seq > undone);
  // What became of these was found out later, in rows of their own.
  const settled = new Set(rows.map(({ args }) => (args as { settles?: number } | null)?.settles));
  return rows.filter((row) => mayHaveChanged(row) && !settled.has(row.seq));
}

/** Nobody knows, or nobody looked yet, how it ended. */
export function isOpen({ status }: JournalRow): boolean {
  return status === null || status === 'unknown';
}

function mayHaveChanged(row: JournalRow): boolean {
  const { started } = (row.result ?? {}) as { started?: boolean };
  switch (row.status) {
    case 'failed':
    case 'timed-out':
    case 'aborted':
      return started !== false;
    case 'unreachable':
      return started === true;
    case 'skipped':
    case 'waiting':
      return false;
    default:
      return true;
  }
}

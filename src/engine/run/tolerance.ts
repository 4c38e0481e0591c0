import type { UnitStatus } from '../../core/events.ts';
import type { Tolerance } from '../../runbook/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import { isFailure } from '../journal/journal-state.ts';
import type { PlannedUnit } from '../plan/plan-types.ts';

/** Why nothing new is started any more: which limit, how many failures, how many it allows. */
export interface Exceeded {
  limit: 'batch' | 'total' | 'consecutive' | 'whole-batch';
  failures: number;
  allowed: number;
}

/**
 * Counts the members of a rollout that failed, by batch and in all. A member counts once, in however many steps of its batch it
 * failed. Counted from the journal when a run goes on, so that a resumed run has the failures of the one before.
 */
export class FailureBook {
  readonly #failed = new Map<number, Set<string>>();
  readonly #tolerated = new Set<string>();
  #total = 0;
  #inARow = 0;

  /** What the journal says, in the order in which the units ended. */
  static of(run: Pick<RunContext, 'steps' | 'journal'>): FailureBook {
    const book = new FailureBook();
    const ends = [...run.steps.values()].flatMap((state) =>
      state.step.tolerance === undefined
        ? []
        : (state.units ?? []).flatMap((unit) => {
            const row = run.journal.view.last(state.step.id, unit.id);
            const counts = row?.status && !(isFailure(row.status) && run.journal.view.forgiven(row));
            return counts ? [{ state, unit, status: row.status!, seq: row.seq }] : [];
          }),
    );
    for (const { state, unit, status } of ends.sort((a, b) => a.seq - b.seq)) book.note(state, unit, status);
    return book;
  }

  /** A unit has ended. */
  note({ step }: StepState, unit: PlannedUnit, status: UnitStatus | 'pending'): void {
    if (step.tolerance === undefined || step.batch === undefined) return;
    const member = memberOf(unit);
    if (status === 'ok' || status === 'incomplete') this.#inARow = 0;
    if (!isFailure(status as never)) return;
    if (status === 'unreachable' && step.tolerance.unreachable === 'tolerated') {
      this.#tolerated.add(`${step.batch} ${member}`);
      return;
    }
    let failed = this.#failed.get(step.batch);
    if (!failed) {
      failed = new Set();
      this.#failed.set(step.batch, failed);
    }
    if (failed.has(member)) return;
    failed.add(member);
    this.#total += 1;
    this.#inARow += 1;
  }

  /** Its earlier steps failed, so that the later ones of the batch make no sense for it. */
  hasFailed(batch: number, unit: PlannedUnit): boolean {
    const member = memberOf(unit);
    return this.#failed.get(batch)?.has(member) === true || this.#tolerated.has(`${batch} ${member}`);
  }

  /** The limit that is exceeded, if any; a limit of N allows N. `members`: how many the batch has. */
  exceeded(tolerance: Tolerance, batch: number, members: number): Exceeded | undefined {
    const failures = this.#failed.get(batch)?.size ?? 0;
    if (failures > tolerance.perBatch) return { limit: 'batch', failures, allowed: tolerance.perBatch };
    if (this.#total > tolerance.total) return { limit: 'total', failures: this.#total, allowed: tolerance.total };
    if (tolerance.consecutive !== undefined && this.#inARow > tolerance.consecutive)
      return { limit: 'consecutive', failures: this.#inARow, allowed: tolerance.consecutive };
    if (members > 0 && failures >= members) return { limit: 'whole-batch', failures, allowed: members - 1 };
    return undefined;
  }
}

/** For people. */
export function exceededText({ limit, failures, allowed }: Exceeded): string {
  if (limit === 'whole-batch') return `every member of the batch failed (${failures})`;
  const where = { batch: 'in this batch', total: 'in all batches', consecutive: 'one after the other' }[limit];
  return `${failures} failures ${where}, the budget allows ${allowed}`;
}

/** A user by the id of the item, a host by its name. */
function memberOf(unit: PlannedUnit): string {
  const item = unit.item as { id?: unknown } | null | undefined;
  return typeof item?.id === 'string' ? item.id : unit.target;
}

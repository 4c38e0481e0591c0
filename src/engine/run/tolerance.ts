import type { UnitStatus } from '../../core/events.ts';
import type { Tolerance } from '../../runbook/types.ts';
import type { RunContext, StepState } from '../deps.ts';
import { isFailure, unitPath } from '../journal/journal-state.ts';
import type { PlannedStep, PlannedUnit } from '../plan/plan-types.ts';
import { decideNext } from './unit-decision.ts';
import { isDeferred, rootsOf } from './values.ts';

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
  /** Could not be reached, and that is put up with; but nothing was done for them. */
  readonly #tolerated = new Map<number, Set<string>>();
  /** Ends that were counted: a step that a resumed run goes through again gives them again. */
  readonly #noted = new Map<string, string>();
  #total = 0;
  #inARow = 0;
  /** The longest row of failures: one that was too long stays so, whoever ends well later. */
  #longest = 0;

  /** What the journal says, in the order in which the units ended. One that is tried again has not ended. */
  static of(run: Pick<RunContext, 'steps' | 'journal'>): FailureBook {
    const book = new FailureBook();
    const { view } = run.journal;
    const entrySeq = view.rows.at(-1)?.seq ?? 0;
    const ends = [...run.steps.values()].flatMap((state) =>
      state.step.tolerance === undefined
        ? []
        : (state.units ?? []).flatMap((unit) => {
            const next = decideNext(view, state.step, unit.id, entrySeq);
            return next.do === 'end' ? [{ state, unit, status: next.status, row: next.row }] : [];
          }),
    );
    ends.sort(({ row: a }, { row: b }) => compare(a.endedAt ?? '', b.endedAt ?? '') || a.seq - b.seq);
    for (const { state, unit, status } of ends) book.note(state, unit, status);
    return book;
  }

  /** A unit has ended. */
  note({ step }: StepState, unit: PlannedUnit, status: UnitStatus | 'pending'): void {
    if (step.tolerance === undefined || step.batch === undefined) return;
    const path = unitPath(step.id, unit.id);
    if (this.#noted.get(path) === status) return;
    this.#noted.set(path, status);
    const member = memberOf(step, unit);
    if (status === 'ok' || status === 'incomplete') this.#inARow = 0;
    if (!isFailure(status as never)) return;
    if (status === 'unreachable' && step.tolerance.unreachable === 'tolerated') {
      setOf(this.#tolerated, step.batch).add(member);
      return;
    }
    const failed = setOf(this.#failed, step.batch);
    if (failed.has(member)) return;
    failed.add(member);
    this.#total += 1;
    this.#inARow += 1;
    this.#longest = Math.max(this.#longest, this.#inARow);
  }

  /** Its earlier steps failed, so that the later ones of the batch make no sense for it. */
  hasFailed(batch: number, step: PlannedStep, unit: PlannedUnit): boolean {
    const member = memberOf(step, unit);
    return this.#failed.get(batch)?.has(member) === true || this.#tolerated.get(batch)?.has(member) === true;
  }

  /** The limit that is exceeded, if any; a limit of N allows N. `members`: how many the batch has. */
  exceeded(tolerance: Tolerance, batch: number, members: number): Exceeded | undefined {
    const failures = this.#failed.get(batch)?.size ?? 0;
    if (failures > tolerance.perBatch) return { limit: 'batch', failures, allowed: tolerance.perBatch };
    if (this.#total > tolerance.total) return { limit: 'total', failures: this.#total, allowed: tolerance.total };
    if (tolerance.consecutive !== undefined && this.#longest > tolerance.consecutive)
      return { limit: 'consecutive', failures: this.#longest, allowed: tolerance.consecutive };
    const failed = this.#failed.get(batch) ?? new Set();
    const untouched = new Set([...failed, ...(this.#tolerated.get(batch) ?? [])]).size;
    if (members > 0 && untouched >= members) return { limit: 'whole-batch', failures: untouched, allowed: members - 1 };
    return undefined;
  }
}

function setOf(sets: Map<number, Set<string>>, batch: number): Set<string> {
  let found = sets.get(batch);
  if (!found) {
    found = new Set();
    sets.set(batch, found);
  }
  return found;
}

/** For people. */
export function exceededText({ limit, failures, allowed }: Exceeded): string {
  if (limit === 'whole-batch') return `every member of the batch failed (${failures})`;
  const where = { batch: 'in this batch', total: 'in all batches', consecutive: 'one after the other' }[limit];
  return `${failures} failures ${where}, the budget allows ${allowed}`;
}

/** Of a step that is done for each member: the member, by its id or as the item itself; of one on hosts: the host. */
export function memberOf(step: Pick<PlannedStep, 'units'>, unit: PlannedUnit): string {
  if (!isDeferred(step.units) || !isOfBatch(step.units.$expr)) return unit.target;
  if (typeof unit.item === 'string') return unit.item;
  const { id } = (unit.item ?? {}) as { id?: unknown };
  // By its place in the list, which is the same on each target.
  return typeof id === 'string' ? id : unit.id.slice(unit.target.length);
}

/** A list of which everything stands in the plan. */
export function isOfBatch(expression: string): boolean {
  const roots = rootsOf(expression);
  return roots.has('batch') && !roots.has('steps');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { StepStatus } from '../../core/events.ts';
import { oneLine } from '../../core/plain-text.ts';
import type { RunContext, StepState } from '../deps.ts';
import { isFailure } from '../journal/journal-state.ts';
import { memberIdOf } from '../plan/member-of.ts';
import type { PlannedUnit } from '../plan/plan-types.ts';
import { exceededText, FailureBook } from './tolerance.ts';
import type { UnitEnd } from './unit.ts';

/** How a step stands when nothing more can be done with it in this process. */
export interface StepEnd {
  status: StepStatus | 'pending';
  message?: string;
  next?: string;
  /** Of the failures, when they agree. */
  exitCode?: number;
  wakeAtMs?: number;
  failedTargets: string[];
}

/** One status from many: what needs attention first wins. `name`: what a unit is called for people. */
export function combine(ends: Map<PlannedUnit, UnitEnd>, name: (unit: PlannedUnit) => string): StepEnd {
  const all = [...ends];
  const failedTargets = [
    ...new Set(all.filter(([, end]) => isFailure(end.status as never)).map(([unit]) => unit.target)),
  ];
  const first = (...statuses: UnitEnd['status'][]) => all.find(([, end]) => statuses.includes(end.status));
  const say = (status: StepEnd['status'], found: [PlannedUnit, UnitEnd]): StepEnd => {
    const [unit, end] = found;
    const sameStatus = all.filter(([, other]) => other.status === end.status);
    const message =
      end.message === undefined
        ? undefined
        : all.length === 1 && unit.target === 'localhost'
          ? end.message
          : `${name(unit)}: ${end.message}${sameStatus.length > 1 ? ` (and ${sameStatus.length - 1} more)` : ''}`;
    const wakeTimes = all.flatMap(([, other]) => (other.wakeAtMs === undefined ? [] : [other.wakeAtMs]));
    const codes = new Set(
      all.filter(([, other]) => isFailure(other.status as never)).map(([, other]) => other.exitCode),
    );
    const [code] = codes;
    return {
      status,
      failedTargets,
      ...(message === undefined ? {} : { message }),
      ...(end.next === undefined ? {} : { next: end.next }),
      ...(status === 'failed' && codes.size === 1 && code !== undefined ? { exitCode: code } : {}),
      ...(status === 'waiting' && wakeTimes.length > 0 ? { wakeAtMs: Math.min(...wakeTimes) } : {}),
    };
  };
  const unknown = first('unknown');
  if (unknown) return say('unknown', unknown);
  const failed = first('failed', 'timed-out', 'unreachable');
  if (failed) return say('failed', failed);
  const waiting = first('waiting');
  if (waiting) return say('waiting', waiting);
  const open = first('pending', 'aborted');
  if (open) return { status: 'pending', failedTargets, message: 'stopped before it ended' };
  const incomplete = first('incomplete');
  if (incomplete) return say('incomplete', incomplete);
  if (all.length === 0) return { status: 'skipped', failedTargets, message: 'no units' };
  return { status: all.every(([, end]) => end.status === 'skipped') ? 'skipped' : 'ok', failedTargets };
}

/** A unit for a member of a batch is called by the member's id: nobody knows the numbers of units. */
export function namesIn({ plan }: Pick<RunContext, 'plan'>, { step }: Pick<StepState, 'step'>) {
  return ({ id }: Pick<PlannedUnit, 'id'>): string => oneLine(memberIdOf(plan, step, id) ?? id);
}

/** Failures within the budget make a step incomplete; one more, and it has failed. */
export function withinTolerance(run: RunContext, state: StepState, ends: Map<PlannedUnit, UnitEnd>): StepEnd {
  const name = namesIn(run, state);
  const whole = combine(ends, name);
  if (whole.status !== 'failed') return whole;
  const { tolerance, batch } = state.step;
  const exceeded = bookOf(run).exceeded(tolerance!, batch!, membersOf(run, batch!));
  if (exceeded) return { ...whole, message: `${exceededText(exceeded)}; ${whole.message ?? 'failed'}` };
  const rest = combine(new Map([...ends].filter(([, end]) => !isFailure(end.status as never))), name);
  if (rest.status !== 'ok' && rest.status !== 'skipped') return rest;
  return {
    status: 'incomplete',
    failedTargets: whole.failedTargets,
    message: `${whole.message ?? 'failed'}, within the budget`,
  };
}

const books = new WeakMap<RunContext['steps'], FailureBook>();

/** One for all steps of this execution. */
export function bookOf(run: RunContext): FailureBook {
  let book = books.get(run.steps);
  if (!book) {
    book = FailureBook.of(run);
    books.set(run.steps, book);
  }
  return book;
}

export function membersOf(run: RunContext, batch: number): number {
  return run.plan.batches?.[batch - 1]?.members.length ?? 0;
}

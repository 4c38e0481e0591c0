import type { Phase } from '../../core/events.ts';
import type { JournalRow, RunInputRow } from '../../record/types.ts';

/** Name of the row that holds the items of a deferred `forEach`; no unit can have this name. */
export const itemsUnit = '*';

/** What a person decided about a unit whose fate is unknown: `oaops runs resume RUN --unit STEP/UNIT --as ...`. */
export interface Decision {
  as: 'done' | 'failed' | 'retry';
  by: string;
  /** The journal row that the decision is about. */
  seq: number;
  phase: Phase;
}

/** Requests to a run, as bodies of `control` rows. */
export type Control =
  | { action: 'decide'; decision: Decision }
  /** Stop the run at the next checkpoint; it ends as aborted. */
  | { action: 'abort'; reason: string }
  /** Failures up to this row no longer count: the failed units are run again. */
  | { action: 'retry-failed'; seq: number }
  /** Start nothing new until somebody says so. */
  | { action: 'pause'; reason: string }
  | { action: 'unpause' }
  /** Do these batches again, which a person had taken back. */
  | { action: 'redo'; batches: number[] }
  /** Begun although other rollouts of the runbook were not over, or taken back although newer ones changed the same. */
  | { action: 'beside'; reason: string; runs: string[] }
  /** Take back what was done; stays in force until the run ends. */
  | { action: 'undo'; request: UndoRequest }
  /** That has been done, and the run goes on with what is left. */
  | { action: 'undo-over' };

export interface UndoRequest {
  /** Absent = each step's own scope. */
  scope?: 'target' | 'batch' | 'all';
  /** Targets of scope `target`: those that failed, or those a person named. */
  targets: string[];
  /** Batches of scope `batch`: those in which a step failed, or those a person named. */
  batches?: number[];
  /** `failure`: the run does it by itself; `person`: somebody asked for it, which also answers mode `ask`. */
  cause: 'failure' | 'person';
  by: string;
  /** The step whose failure asked for it. */
  failedStep?: string;
  /** Asked for in the watch of a rollout, which then goes on without these batches. */
  goesOn?: true;
}

/** A run's journal and inputs in memory, indexed: what the engine decides by. */
export class JournalView {
  readonly rows: JournalRow[] = [];
  #inputs: readonly RunInputRow[] = [];
  readonly #byUnit = new Map<string, JournalRow[]>();
  readonly #steps = new Set<string>();
  #forgivenSeq = 0;

  constructor(rows: readonly JournalRow[], inputs: readonly RunInputRow[]) {
    for (const row of rows) this.add(row);
    this.inputs = inputs;
  }

  /** A row that was just committed. Its later change is made on the same object. */
  add(row: JournalRow): void {
    this.rows.push(row);
    this.#steps.add(row.step);
    const key = unitPath(row.step, row.unit);
    const list = this.#byUnit.get(key);
    if (list) list.push(row);
    else this.#byUnit.set(key, [row]);
  }

  /** It has begun. */
  hasStep(step: string): boolean {
    return this.#steps.has(step);
  }

  get inputs(): readonly RunInputRow[] {
    return this.#inputs;
  }

  set inputs(inputs: readonly RunInputRow[]) {
    this.#inputs = inputs;
    this.#forgivenSeq = Math.max(
      0,
      ...controls(inputs).map((control) => (control.action === 'retry-failed' ? control.seq : 0)),
    );
  }

  /** The unit's rows of a phase, oldest first. */
  of(step: string, unit: string, phase: Phase = 'do'): JournalRow[] {
    return (this.#byUnit.get(unitPath(step, unit)) ?? []).filter((row) => row.phase === phase);
  }

  last(step: string, unit: string, phase: Phase = 'do'): JournalRow | undefined {
    return this.of(step, unit, phase).at(-1);
  }

  nextAttempt(step: string, unit: string, phase: Phase): number {
    return Math.max(0, ...this.of(step, unit, phase).map((row) => row.attempt)) + 1;
  }

  /** Failed attempts that still count against `retry.attempts`; a `verify` that says no is one. */
  failures(step: string, unit: string): number {
    const done = this.of(step, unit);
    // A verify that looked at an interrupted attempt is no failure of the step.
    const judged = this.of(step, unit, 'verify').filter((verify) => {
      const before = done.findLast((row) => row.seq < verify.seq);
      return before?.status === 'ok' || before?.status === 'incomplete';
    });
    return [...done, ...judged].filter((row) => isFailure(row.status) && !this.forgiven(row)).length;
  }

  forgiven(row: JournalRow): boolean {
    return row.seq <= this.#forgivenSeq;
  }

  /** True when a verify row after this one says that the effect is in place. */
  verifiedAfter(row: JournalRow): boolean {
    return this.of(row.step, row.unit, 'verify').some((verify) => verify.seq > row.seq && verify.status === 'ok');
  }

  /** The effect of this attempt was taken back later. */
  isUndone(row: JournalRow): boolean {
    const undo = this.last(row.step, row.unit, 'undo');
    return undo !== undefined && undo.seq > row.seq && undo.status === 'undone';
  }

  /** Units whose last attempt has no result, or one that nobody knows. */
  openRows(): JournalRow[] {
    return [...this.#byUnit.values()].flatMap((rows) => {
      return (['do', 'undo'] as const).flatMap((phase) => {
        const last = rows.filter((row) => row.phase === phase).at(-1);
        const open = last && (last.status === null || last.status === 'unknown');
        // Taken back since, whatever it had come to.
        return open && !(phase === 'do' && this.isUndone(last)) ? [last] : [];
      });
    });
  }

  /** When the unit was first started, since it last failed: waits and deadlines count from there, whatever happened since. */
  firstStartedAtMs(step: string, unit: string): number | undefined {
    const rows = this.of(step, unit);
    const since = rows.findLast((row) => isFailure(row.status))?.seq ?? 0;
    const first = rows.find((row) => row.seq > since);
    return first ? Date.parse(first.startedAt) : undefined;
  }

  /** Inputs of a kind for a unit, made since it last failed, or ended well before a run that is tried again: an answer counts once. */
  inputsFor(kind: RunInputRow['kind'], step: string, unit: string): RunInputRow[] {
    const failed = this.of(step, unit).findLast(
      (row) => isFailure(row.status) || (row.status === 'ok' && this.forgiven(row)),
    );
    return this.inputs.filter(
      (row) =>
        row.kind === kind &&
        row.step === step &&
        (row.unit === unit || row.unit === '') &&
        (failed === undefined || isAfter(row, failed)),
    );
  }

  decisionFor(row: JournalRow): Decision | undefined {
    for (const control of controls(this.inputs)) {
      if (control.action === 'decide' && control.decision.seq === row.seq) return control.decision;
    }
    return undefined;
  }

  /** Why the run is paused, if it is. */
  paused(): { by: string; reason: string } | undefined {
    const row = this.inputs.findLast(
      ({ kind, body }) => kind === 'control' && ['pause', 'unpause'].includes((body as Control).action),
    );
    const control = row?.body as Control | undefined;
    return control?.action === 'pause' ? { by: row!.by, reason: control.reason } : undefined;
  }

  /** The undo in force: the last one asked for. */
  undoRequest(): UndoRequest | undefined {
    const last = controls(this.inputs).findLast(
      ({ action }) => action === 'undo' || action === 'undo-over' || action === 'retry-failed',
    );
    return last?.action === 'undo' ? last.request : undefined;
  }
}

/** `step/unit`, as people write it. */
export function unitPath(step: string, unit: string): string {
  return `${step}/${unit}`;
}

/** What a person said to a unit, with the journal row that waited for it: the order of rows does not depend on a clock. */
export function spokenTo<T extends object>(row: Pick<JournalRow, 'seq'>, body: T): T & { waitingSeq: number } {
  return { ...body, waitingSeq: row.seq };
}

/** True when the input was given after this row had ended. The wall clock may have been set back between the two. */
function isAfter(input: RunInputRow, row: JournalRow): boolean {
  const { waitingSeq } = input.body as { waitingSeq?: number };
  // Inputs that earlier versions stored have only their time.
  return waitingSeq === undefined ? row.endedAt === null || input.at > row.endedAt : waitingSeq > row.seq;
}

/** Requests among the inputs of a run, in order. */
export function controls(inputs: readonly RunInputRow[]): Control[] {
  return inputs.filter((row) => row.kind === 'control').map((row) => row.body as Control);
}

/** Ended, and not well. */
export function isFailure(status: JournalRow['status']): boolean {
  return status === 'failed' || status === 'timed-out' || status === 'unreachable';
}

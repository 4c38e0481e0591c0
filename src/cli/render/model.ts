import type { Phase, RunEvent, RunStatus, StartedStep, StepStatus, UnitStatus } from '../../core/events.ts';

export interface UnitView {
  unit: string;
  target: string;
  /** Of a rollout, where the unit is for one. */
  member?: string;
  status: UnitStatus | 'running';
  phase: Phase;
  attempt: number;
  startedMs: number;
  durationMs?: number;
  message?: string;
  next?: string;
  progress?: { done?: number; total?: number; measure: 'bytes' | 'files' | 'steps'; sinceMs: number; message?: string };
}

export interface StepView {
  id: string;
  name: string;
  status: StepStatus | 'running' | 'planned';
  startedMs?: number;
  durationMs?: number;
  message?: string;
  /** How many units there will be, as far as known. */
  unitCount: number;
  /** Changes nothing: there is nothing of it to take back. */
  reads: boolean;
  /** Of a rollout: the batch that it is for, and its name without that. */
  batch?: StartedStep['batch'];
  /** A gate takes so many, each a unit. */
  samples?: number;
  units: Map<string, UnitView>;
  /** Grows with every event of the step. */
  changes: number;
}

export interface RunView {
  run: string;
  runbook: string;
  version: string;
  resumed: boolean;
  steps: StepView[];
  status: RunStatus;
  message?: string;
  next?: string;
  durationMs?: number;
}

/** What a run looks like after the events so far; the live display is drawn from this. */
export class RunModel {
  readonly view: RunView = { run: '', runbook: '', version: '', resumed: false, steps: [], status: 'running' };
  /** A rollout has thousands of steps, and every event names one. */
  #byId = new Map<string, StepView>();

  apply(event: RunEvent): void {
    const { view } = this;
    switch (event.event) {
      case 'run.started': {
        const { run, runbook, version, resumed } = event;
        Object.assign(view, { run, runbook, version, resumed });
        view.steps = event.steps.map((step) => ({
          id: step.id,
          name: step.name,
          status: 'planned',
          unitCount: step.units ?? 1,
          reads: step.effect === 'read',
          ...(step.batch ? { batch: step.batch } : {}),
          ...(step.samples === undefined ? {} : { samples: step.samples }),
          units: new Map(),
          changes: 0,
        }));
        this.#byId = new Map(view.steps.map((step) => [step.id, step]));
        break;
      }
      case 'step.started': {
        const step = this.step(event.step, event.name);
        Object.assign(step, { status: 'running', startedMs: Date.parse(event.time), unitCount: event.units });
        break;
      }
      case 'unit.started': {
        const { unit, target, member, phase, attempt } = event;
        const startedMs = Date.parse(event.time);
        this.step(event.step).units.set(unit, {
          ...{ unit, target, phase, attempt, status: 'running', startedMs },
          ...(member === undefined ? {} : { member }),
        });
        break;
      }
      case 'unit.progress': {
        const unit = this.step(event.step).units.get(event.unit);
        if (!unit) break;
        const measure = event.measure ?? 'steps';
        // A new measure or a counter that starts again is a new stage: rate and time left count from its beginning.
        const same = unit.progress?.measure === measure && (event.done ?? 0) >= (unit.progress.done ?? 0);
        const sinceMs = same ? unit.progress!.sinceMs : Date.parse(event.time);
        unit.progress = { ...event, measure, sinceMs };
        break;
      }
      case 'unit.ended': {
        const unit = this.step(event.step).units.get(event.unit);
        const { status, durationMs, message, next, phase, attempt, target } = event;
        const ended = { unit: event.unit, target, phase, attempt, status, durationMs };
        const startedMs = unit?.startedMs ?? Date.parse(event.time) - durationMs;
        this.step(event.step).units.set(event.unit, {
          ...ended,
          startedMs,
          ...(event.member === undefined ? {} : { member: event.member }),
          ...(message ? { message } : {}),
          ...(next ? { next } : {}),
        });
        break;
      }
      case 'unit.retry': {
        const unit = this.step(event.step).units.get(event.unit);
        if (unit) unit.message = event.message;
        break;
      }
      case 'step.ended': {
        const { status, durationMs, message } = event;
        Object.assign(this.step(event.step), { status, durationMs, ...(message ? { message } : {}) });
        break;
      }
      case 'run.ended': {
        const { status, durationMs, message, next } = event;
        Object.assign(view, { status, durationMs, ...(message ? { message } : {}), ...(next ? { next } : {}) });
        break;
      }
      case 'unit.output':
      case 'run.warning':
        break;
    }
    if ('step' in event) this.step(event.step).changes += 1;
  }

  /** The step of that id; one that the plan did not name (a resumed run's handler) is added. */
  step(id: string, name = id): StepView {
    const known = this.#byId.get(id);
    if (known) return known;
    const step: StepView = { id, name, status: 'planned', unitCount: 1, reads: false, units: new Map(), changes: 0 };
    this.view.steps.push(step);
    this.#byId.set(id, step);
    return step;
  }
}

export function hasEnded(step: StepView): boolean {
  return step.status !== 'planned' && step.status !== 'running';
}

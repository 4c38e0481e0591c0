import { paint } from '../color.ts';
import { text } from '../texts/texts.ts';
import type { RunView, StepView, UnitView } from './model.ts';
import { displayWidth, pad } from './width.ts';
import { statusIcon, statusPaint, statusWord, type Wording } from './words.ts';

export type BatchState =
  | 'not-started'
  | 'running'
  | 'waiting'
  | 'unknown'
  | 'ok'
  | 'incomplete'
  | 'failed'
  | 'aborted'
  | 'undone'
  | 'undo-failed';

/** A batch of a rollout as the table shows it. */
export interface BatchView {
  number: number;
  members: number;
  state: BatchState;
  /** What is under way, or what has ended badly. */
  detail: string;
}

/** Steps of each batch, in the order of the plan; empty when the run is no rollout. */
export function stepsByBatch(view: RunView): Map<number, StepView[]> {
  const found = new Map<number, StepView[]>();
  for (const step of view.steps) {
    if (!step.batch) continue;
    const steps = found.get(step.batch.number);
    if (steps) steps.push(step);
    else found.set(step.batch.number, [step]);
  }
  return found;
}

/** Where a batch stands by what this process has seen of it. `over`: nothing more comes. */
export function batchView(how: Wording, steps: readonly StepView[], over: boolean): BatchView {
  const { number, members } = steps[0]!.batch!;
  const state = stateOf(steps, over);
  return { number, members, state, detail: detailOf(how, steps, state) };
}

/** The table's line of a batch: `batch 2 of 5   50 members  running   enable 12/50`. */
export function batchLine(how: Wording, batch: BatchView, count: number): string {
  const name = text(how.lang, 'batch.name', { number: String(batch.number).padStart(String(count).length), count });
  const members = text(how.lang, 'batch.members', { count: String(batch.members).padStart(3) });
  const word = statusWord(how, batch.state);
  const state = paint(how.color, statusPaint(batch.state), word) + ' '.repeat(Math.max(0, 11 - displayWidth(word)));
  return `${name}  ${pad(members, displayWidth(text(how.lang, 'batch.members', { count: '500' })))}  ${state}  ${batch.detail}`.trimEnd();
}

/** The whole table: what stays on the screen when the run has ended. */
export function batchTable(how: Wording, view: RunView): string[] {
  const batches = stepsByBatch(view);
  return [...batches.values()].map((steps) => {
    const batch = batchView(how, steps, true);
    return `${statusIcon(how, batch.state)} ${batchLine(how, batch, batches.size)}`;
  });
}

function stateOf(steps: readonly StepView[], over: boolean): BatchState {
  const undo = undoOf(steps);
  if (undo.running) return 'running';
  if (undo.failed) return 'undo-failed';
  if (undo.undone > 0) return undo.left > 0 ? (over ? 'incomplete' : 'running') : 'undone';
  const has = (...statuses: StepView['status'][]) => steps.some(({ status }) => statuses.includes(status));
  if (has('running')) return 'running';
  for (const status of ['failed', 'unknown', 'waiting'] as const) if (has(status)) return status;
  if (steps.every(({ status }) => status === 'planned' || status === 'not-started')) return 'not-started';
  if (has('planned', 'not-started', 'aborted')) return over ? 'aborted' : 'running';
  return has('incomplete') ? 'incomplete' : 'ok';
}

interface UndoView {
  running: boolean;
  failed: boolean;
  undone: number;
  /** Changes that this process saw made and that are still there. */
  left: number;
}

/** What is being taken back, or was. */
function undoOf(steps: readonly StepView[]): UndoView {
  const found = { running: false, failed: false, undone: 0, left: 0 };
  for (const step of steps) {
    for (const { phase, status } of step.units.values()) {
      if (phase !== 'undo') found.left += status === 'ok' && step.samples === undefined && !step.reads ? 1 : 0;
      else if (status === 'running') found.running = true;
      else if (status === 'undone') found.undone += 1;
      else found.failed = true;
    }
  }
  return found;
}

function detailOf(how: Wording, steps: readonly StepView[], state: BatchState): string {
  switch (state) {
    case 'running':
      return steps.flatMap((step) => underWay(how, step)).join('  ') || leftText(how, steps);
    case 'failed':
    case 'unknown':
    case 'waiting': {
      const step = steps.find(({ status }) => status === state)!;
      return `${step.batch!.name}${gateCount(step)}${step.message ? `: ${step.message}` : ''}`;
    }
    case 'undo-failed': {
      const failed = steps.find((step) => [...step.units.values()].some(({ status }) => status === 'undo-failed'));
      return failed?.batch?.name ?? '';
    }
    case 'ok':
    case 'incomplete':
      return leftText(how, steps) || [...failures(how, steps), ...gatesPassed(how, steps)].join(', ');
    default:
      return '';
  }
}

/** `enable 12/50`, `undo enable 1/3`, `health 2/6`: of a gate, its samples. */
function underWay(how: Wording, step: StepView): string[] {
  const units = [...step.units.values()];
  const undo = units.filter(({ phase }) => phase === 'undo');
  const { name } = step.batch!;
  if (undo.some(({ status }) => status === 'running')) {
    const done = undo.filter(({ status }) => status !== 'running').length;
    return [`${text(how.lang, 'phase.undo')} ${name} ${done}/${Math.max(units.length, step.unitCount)}`];
  }
  if (step.status !== 'running') return [];
  if (step.samples !== undefined) return [`${name}${gateCount(step)}`];
  const done = units.filter(({ status }) => status !== 'running').length;
  return [step.unitCount > 1 ? `${name} ${done}/${step.unitCount}` : name];
}

function gateCount({ samples, units }: StepView): string {
  return samples === undefined ? '' : ` ${samplesTaken([...units.values()])}/${samples}`;
}

/** Samples are numbered: those that an earlier process took are counted by the number of the last. */
export function samplesTaken(units: readonly UnitView[]): number {
  const numbers = units.flatMap(({ unit, status }) => {
    const number = /^sample-(\d+)$/.exec(unit)?.[1];
    return number === undefined ? [] : [Number(number) - (status === 'running' || status === 'waiting' ? 1 : 0)];
  });
  return Math.max(0, ...numbers);
}

/** Of a batch that was taken back in part. */
function leftText(how: Wording, steps: readonly StepView[]): string {
  const { undone, left } = undoOf(steps);
  return undone === 0 || left === 0 ? '' : text(how.lang, 'batch.left', { undone, left });
}

function failures(how: Wording, steps: readonly StepView[]): string[] {
  const bad = ['failed', 'timed-out', 'unreachable'];
  const failed = new Set<string>();
  for (const step of steps) {
    if (step.samples !== undefined) continue;
    for (const { unit, status } of step.units.values()) if (bad.includes(status)) failed.add(unit);
  }
  return failed.size === 0 ? [] : [text(how.lang, 'batch.failed', { count: failed.size })];
}

function gatesPassed(how: Wording, steps: readonly StepView[]): string[] {
  const passed = steps.filter(({ samples, status }) => samples !== undefined && status === 'ok').length;
  return passed === 0 ? [] : [text(how.lang, passed === 1 ? 'batch.gate' : 'batch.gates', { count: passed })];
}

import { formatDuration } from '../../core/units.ts';
import { paint } from '../color.ts';
import { text } from '../texts/texts.ts';
import { batchLine, batchView, samplesTaken, stepsByBatch } from './batches.ts';
import { hasEnded, type RunModel, type StepView, type UnitView } from './model.ts';
import { clip } from './width.ts';
import { progressText, showsUnits, statusIcon, statusWord, type Wording } from './words.ts';

/** More running units than this are counted, not listed: fifty hosts must fit a terminal. */
const listedUnits = 8;
/** Lines of the screen that the list leaves to what was printed before it. */
const freeLines = 2;
/** Batches that have ended and still stand above the one under way, where there is no room for all. */
const endedBefore = 2;

export type RowState = 'planned' | 'running' | 'ended-well' | 'ended-badly';

/** Nothing is under way in it, and nothing more is planned. */
export function isEnded(state: RowState | undefined): boolean {
  return state === 'ended-well' || state === 'ended-badly';
}

/** One row of the live list: a step, or a batch of a rollout with all its steps. */
export interface LiveRow {
  key: string;
  state: RowState;
  title: string;
  /** Lines below it: units under way and those in trouble. */
  output: string;
}

export interface Screen {
  columns?: number;
  rows?: number;
}

/** The row that shows this step. */
export function rowKey(step: StepView): string {
  return step.batch ? `batch-${step.batch.number}` : step.id;
}

/**
 * What fits on the screen, in the order of the plan: steps that have not ended, and the batches of a rollout whether they have or not, as a table.
 * What is under way comes first where there is no room for all. `more`: rows left out.
 */
export function liveRows(
  how: Wording,
  model: RunModel,
  screen: Screen,
  nowMs: number,
): { rows: LiveRow[]; more: number } {
  const { view } = model;
  const batches = stepsByBatch(view);
  const all: { row: LiveRow; lines: number }[] = [];
  const seen = new Set<number>();
  for (const step of view.steps) {
    if (step.batch && seen.has(step.batch.number)) continue;
    if (!step.batch && hasEnded(step)) continue;
    if (step.batch) seen.add(step.batch.number);
    const steps = step.batch ? batches.get(step.batch.number)! : [step];
    const row = step.batch ? batchRow(how, steps, batches.size, screen, nowMs) : stepRow(how, step, screen, nowMs);
    all.push({ row, lines: row.state === 'running' ? linesOf(steps, screen) : 1 });
  }
  return choose(all, (screen.rows ?? 24) - freeLines - 1);
}

function choose(all: readonly { row: LiveRow; lines: number }[], room: number): { rows: LiveRow[]; more: number } {
  const shown = new Set(all.filter(({ row }) => row.state === 'running'));
  const first = all.findIndex(({ row }) => row.state === 'running' || row.state === 'planned');
  const ended = all.filter(({ row }) => isEnded(row.state));
  const near = ended.filter((one) => all.indexOf(one) < first).slice(-endedBefore);
  const planned = all.filter(({ row }) => row.state === 'planned');
  const inOrder = [...all.filter(({ row }) => row.state === 'ended-badly'), ...near, ...planned, ...ended];
  let left = Math.max(1, room - [...shown].reduce((sum, { lines }) => sum + lines, 0));
  const candidates = [...new Set(inOrder)];
  // One line tells how many are left out.
  if (candidates.length > left) left -= 1;
  for (const candidate of candidates.slice(0, left)) shown.add(candidate);
  if (shown.size === 0 && all.length > 0) shown.add(all[0]!);
  return { rows: all.filter((one) => shown.has(one)).map(({ row }) => row), more: all.length - shown.size };
}

function stepRow(how: Wording, step: StepView, screen: Screen, nowMs: number): LiveRow {
  const state = step.status === 'running' ? 'running' : 'planned';
  return {
    key: rowKey(step),
    state,
    title: stepTitle(how, step, nowMs),
    output: state === 'running' ? outputOf(how, [step], screen, nowMs) : '',
  };
}

/** Of batches in which nothing is under way: a large rollout has many, and hundreds of units in each. */
const settled = new WeakMap<StepView, { seen: string; row: LiveRow }>();

function batchRow(how: Wording, steps: readonly StepView[], count: number, screen: Screen, nowMs: number): LiveRow {
  const [first] = steps;
  const seen = `${screen.columns} ${steps.reduce((sum, { changes }) => sum + changes, 0)}`;
  const known = settled.get(first!);
  if (known?.seen === seen) return known.row;
  const batch = batchView(how, steps, false);
  const title = clip(batchLine(how, batch, count), (screen.columns ?? 80) - 4);
  const running = steps.filter(underWay);
  const state = stateOf(batch.state, running.length > 0);
  const output = state === 'running' ? outputOf(how, running, screen, nowMs) : '';
  const row = { key: rowKey(first!), state, title, output };
  if (state !== 'running') settled.set(first!, { seen, row });
  return row;
}

function stateOf(state: string, isUnderWay: boolean): RowState {
  if (isUnderWay || state === 'running') return 'running';
  if (state === 'not-started' || state === 'waiting') return 'planned';
  return state === 'ok' || state === 'undone' || state === 'incomplete' ? 'ended-well' : 'ended-badly';
}

/** Also what is being taken back after its step has ended. */
function underWay(step: StepView): boolean {
  if (step.status === 'running') return true;
  for (const unit of step.units.values()) if (unit.status === 'running') return true;
  return false;
}

/** How many lines a running row takes: its title, and its units as far as they are listed. */
function linesOf(steps: readonly StepView[], screen: Screen): number {
  const units = steps.filter(underWay).reduce((sum, { unitCount }) => sum + Math.max(1, unitCount), 0);
  return 1 + Math.min(Math.max(1, units), listedLines(screen));
}

function listedLines({ rows }: Screen): number {
  return Math.max(1, Math.min(listedUnits, Math.floor((rows ?? 24) / 2) - 2));
}

function stepTitle(how: Wording, step: StepView, nowMs: number): string {
  const elapsed =
    step.startedMs === undefined ? '' : `  ${formatDuration(Math.floor((nowMs - step.startedMs) / 1000) * 1000)}`;
  const units = [...step.units.values()];
  const done =
    step.samples === undefined ? units.filter(({ status }) => status !== 'running').length : samplesTaken(units);
  const of = step.samples ?? step.unitCount;
  const count = of > 1 ? `  ${done}/${of}` : '';
  return `${step.name}${count}${elapsed === '  0 ms' ? '' : paint(how.color, 'dim', elapsed)}`;
}

function unitLine(how: Wording, step: StepView, unit: UnitView, nowMs: number): string {
  // The title of a batch says that it is taken back.
  if (step.batch && step.unitCount === 1 && !unit.message && !unit.progress) return '';
  const who = showsUnits(step) ? `${unit.member ?? unit.unit}  ` : '';
  const phase = unit.phase === 'do' ? '' : `${text(how.lang, `phase.${unit.phase}`)}  `;
  const attempt = unit.attempt > 1 ? `#${unit.attempt}  ` : '';
  if (unit.status !== 'running')
    return `${who}${statusIcon(how, unit.status)} ${statusWord(how, unit.status)}${unit.message ? `  ${unit.message}` : ''}`;
  return `${who}${phase}${attempt}${progressText(how, unit, nowMs) || unit.message || ''}`;
}

function outputOf(how: Wording, steps: readonly StepView[], screen: Screen, nowMs: number): string {
  const units = steps.flatMap((step) => [...step.units.values()].map((unit) => ({ step, unit })));
  const running = units.filter(({ unit }) => unit.status === 'running');
  const troubled = units.filter(({ unit }) => !['running', 'ok', 'skipped', 'undone'].includes(unit.status));
  const shown = [...troubled.slice(-3), ...running].slice(0, listedLines(screen) - 1);
  const columns = (screen.columns ?? 80) - 8;
  const lines = shown
    .map(({ step, unit }) => clip(unitLine(how, step, unit, nowMs).trim(), columns))
    .filter((line) => line !== '');
  const more = running.length + Math.min(3, troubled.length) - shown.length;
  return [...lines, ...(more > 0 ? [`… +${more}`] : [])].join('\n');
}

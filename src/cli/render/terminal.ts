import type { EventSink, RunEvent } from '../../core/events.ts';
import { formatDuration } from '../../core/units.ts';
import { paint } from '../color.ts';
import { text } from '../texts/texts.ts';
import { hasEnded, RunModel, type StepView, type UnitView } from './model.ts';
import { clip } from './width.ts';
import {
  endedRunLines,
  endedStepLines,
  progressText,
  showsUnits,
  startedRunLine,
  statusIcon,
  statusWord,
  type Wording,
} from './words.ts';

/** More running units than this are counted, not listed: fifty hosts must fit a terminal. */
const listedUnits = 8;
const redrawEveryMs = 100;

export interface TerminalRenderer {
  sink: EventSink;
  /** Takes the live part off the screen, so that a prompt can be asked; the next event brings it back. */
  suspend(): Promise<void>;
  close(): Promise<void>;
}

export interface TerminalOptions {
  verbose: boolean;
  stdout: NodeJS.WriteStream;
  nowMs: () => number;
}

/** A task of the live list, as far as it is driven from here. */
interface LiveTask {
  title: string;
  output: string;
  state$(state: 'WAITING' | 'STARTED'): void;
  finish(): void;
}

/**
 * A live task list (listr2) of the steps that have not ended, below lines of those that have. Lines of ended steps are
 * ordinary text: they stay in the scroll-back and in what `script` records.
 */
export async function terminalRenderer(how: Wording, options: TerminalOptions): Promise<TerminalRenderer> {
  const { Listr, ListrTaskState } = await import('listr2');
  const model = new RunModel();
  const printed = new Set<string>();
  const tasks = new Map<string, LiveTask>();
  let live: Promise<unknown> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waiting: string[] = [];

  const begin = () => {
    const steps = model.view.steps.filter((step) => !hasEnded(step));
    if (live || steps.length === 0) return;
    const list = new Listr(
      steps.map((step) => ({
        title: title(step),
        rendererOptions: { outputBar: 1 },
        task: (_: unknown, wrapper: unknown) => {
          // listr2 starts every task at once here; which of them really runs is the engine's matter.
          const task = (wrapper as { task: { state$: string; title$: string; output$: string } }).task;
          task.state$ = step.status === 'running' ? ListrTaskState.STARTED : ListrTaskState.WAITING;
          return new Promise<void>((finish) => {
            tasks.set(step.id, {
              set title(words: string) {
                task.title$ = words;
              },
              set output(words: string) {
                task.output$ = words;
              },
              state$: (state) => {
                task.state$ = ListrTaskState[state];
              },
              finish,
            });
          });
        },
      })),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: 'default',
        rendererOptions: { clearOutput: true, formatOutput: 'truncate' },
      },
    );
    live = list.run();
    timer = setInterval(redraw, redrawEveryMs);
    timer.unref();
  };

  const title = (step: StepView): string => {
    const elapsed =
      step.startedMs === undefined
        ? ''
        : `  ${formatDuration(Math.floor((options.nowMs() - step.startedMs) / 1000) * 1000)}`;
    const done = [...step.units.values()].filter((unit) => unit.status !== 'running').length;
    const count = step.unitCount > 1 ? `  ${done}/${step.unitCount}` : '';
    return `${step.name}${count}${elapsed === '  0 ms' ? '' : paint(how.color, 'dim', elapsed)}`;
  };

  const unitLine = (step: StepView, unit: UnitView): string => {
    const who = showsUnits(step) ? `${unit.unit}  ` : '';
    const phase = unit.phase === 'do' ? '' : `${text(how.lang, `phase.${unit.phase}`)}  `;
    const attempt = unit.attempt > 1 ? `#${unit.attempt}  ` : '';
    if (unit.status !== 'running')
      return `${who}${statusIcon(how, unit.status)} ${statusWord(how, unit.status)}${unit.message ? `  ${unit.message}` : ''}`;
    return `${who}${phase}${attempt}${progressText(how, unit, options.nowMs()) || unit.message || ''}`;
  };

  const output = (step: StepView): string => {
    const units = [...step.units.values()];
    const running = units.filter((unit) => unit.status === 'running');
    const troubled = units.filter((unit) => !['running', 'ok', 'skipped', 'undone'].includes(unit.status));
    const shown = [...troubled.slice(-3), ...running].slice(0, listedUnits);
    const columns = (options.stdout.columns ?? 80) - 8;
    const lines = shown.map((unit) => clip(unitLine(step, unit).trim(), columns)).filter((line) => line !== '');
    const more = running.length + Math.min(3, troubled.length) - shown.length;
    return [...lines, ...(more > 0 ? [`… +${more}`] : [])].join('\n');
  };

  const redraw = () => {
    for (const [id, task] of tasks) {
      const step = model.step(id);
      if (step.status !== 'running') continue;
      task.state$('STARTED');
      task.title = title(step);
      const words = output(step);
      if (words) task.output = words;
    }
  };

  /** Ends the live part and prints what has ended since, in the order of the plan. */
  const settle = async (all: boolean) => {
    if (live) {
      clearInterval(timer);
      for (const task of tasks.values()) task.finish();
      await live;
      live = undefined;
      tasks.clear();
    }
    for (const line of waiting) options.stdout.write(`${line}\n`);
    waiting = [];
    for (const step of model.view.steps) {
      if (printed.has(step.id) || !(hasEnded(step) || all)) continue;
      printed.add(step.id);
      for (const line of endedStepLines(how, step)) options.stdout.write(`${line}\n`);
    }
  };

  // Settling is asynchronous and events are not: they queue up behind one another.
  let queue = Promise.resolve();
  const later = (work: () => Promise<void> | void) => {
    queue = queue.then(work);
    return queue;
  };

  const show = async (event: RunEvent) => {
    switch (event.event) {
      case 'run.started':
        options.stdout.write(`${startedRunLine(how, model.view)}\n`);
        begin();
        break;
      case 'step.started':
        begin();
        redraw();
        break;
      case 'step.ended':
        await settle(false);
        if (model.view.status === 'running') begin();
        break;
      case 'unit.output':
        if (options.verbose)
          waiting.push(
            ...event.text
              .replace(/\n$/, '')
              .split('\n')
              .map((line) => paint(how.color, 'dim', `  ${event.unit} | ${line}`)),
          );
        break;
      case 'run.warning':
        waiting.push(paint(how.color, 'yellow', text(how.lang, 'run.warning', { message: event.message })));
        break;
      case 'run.ended':
        await settle(true);
        for (const line of endedRunLines(how, model.view)) options.stdout.write(`${line}\n`);
        break;
      default:
        break;
    }
  };

  return {
    sink: (event) => {
      model.apply(event);
      void later(() => show(event));
    },
    suspend: () => later(() => settle(false)),
    close: () => later(() => settle(false)),
  };
}

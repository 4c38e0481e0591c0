import type { EventSink, RunEvent } from '../../core/events.ts';
import { formatDuration } from '../../core/units.ts';
import { paint } from '../color.ts';
import { text } from '../texts/texts.ts';
import { liveFrame } from './live-frame.ts';
import { hasEnded, RunModel, type StepView, type UnitView } from './model.ts';
import { clip } from './width.ts';
import {
  endedRunLines,
  endedStepLines,
  notStartedLines,
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
/** Lines of the screen that the list leaves to what was printed before it. */
const freeLines = 2;

export interface TerminalRenderer {
  sink: EventSink;
  /** Takes the live part off the screen, so that a prompt can be asked; nothing is shown until `resume`. */
  suspend(): Promise<void>;
  resume(): void;
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
}

/**
 * A live task list (listr2) of the steps that have not ended, below lines of those that have. Lines of ended steps are
 * ordinary text: they stay in the scroll-back and in what `script` records.
 */
export async function terminalRenderer(how: Wording, options: TerminalOptions): Promise<TerminalRenderer> {
  const { DefaultRenderer, Listr, ListrLogger, ListrTaskState, ProcessOutput } = await import('listr2');
  const model = new RunModel();
  const printed = new Set<string>();
  const tasks = new Map<string, LiveTask>();
  let live: { ended: Promise<unknown>; finish: () => void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waiting: string[] = [];
  const frame = liveFrame(options.stdout, { hidesCursor: true });
  /** listr2 would keep back what others write until the list is over; the frame puts it above. */
  class OpenOutput extends ProcessOutput {
    override hijack() {}
    override release() {}
  }
  const processOutput = new OpenOutput(options.stdout);
  /** listr2's list, but not its way to draw over it, which goes wrong when the terminal gets narrower. */
  class LiveList extends DefaultRenderer {
    #due = false;
    #over = false;
    /** Is called for each change of a task: those made together are drawn together. */
    override update() {
      if (this.#due) return;
      this.#due = true;
      queueMicrotask(() => {
        this.#due = false;
        if (!this.#over) frame.draw(this.create().split('\n'));
      });
    }
    override end() {
      this.#over = true;
      frame.clear();
      super.end();
    }
  }

  /** What fits on the screen: running steps before planned ones, in the order of the plan. */
  const listed = (): { steps: StepView[]; more: number } => {
    const open = model.view.steps.filter((step) => !hasEnded(step));
    const running = open.filter((step) => step.status === 'running');
    const room = Math.max(
      1,
      (options.stdout.rows ?? 24) - freeLines - 1 - running.reduce((sum, step) => sum + linesOf(step), 0),
    );
    const planned = open.filter((step) => step.status !== 'running');
    const shown = new Set([...running, ...planned.slice(0, planned.length > room ? room - 1 : room)]);
    return { steps: open.filter((step) => shown.has(step)), more: open.length - shown.size };
  };

  const begin = () => {
    const { steps, more } = listed();
    if (live || steps.length === 0) return;
    // One promise ends all tasks: also those that listr2 has not called yet.
    let finish = () => {};
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const known = (step: StepView) => ({
      title: title(step),
      rendererOptions: { outputBar: 1 },
      task: (_: unknown, wrapper: unknown) => {
        // listr2 starts every task at once here; which of them really runs is the engine's matter.
        const task = (wrapper as { task: { state$: string; title$: string; output$: string } }).task;
        task.state$ = step.status === 'running' ? ListrTaskState.STARTED : ListrTaskState.WAITING;
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
        });
        return over;
      },
    });
    const rest = {
      title: paint(how.color, 'dim', `… +${more}`),
      task: (_: unknown, wrapper: unknown) => {
        (wrapper as { task: { state$: string } }).task.state$ = ListrTaskState.WAITING;
        return over;
      },
    };
    const list = new Listr([...steps.map(known), ...(more > 0 ? [rest] : [])], {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: LiveList,
      rendererOptions: { clearOutput: true, formatOutput: 'truncate', logger: new ListrLogger({ processOutput }) },
    });
    live = { ended: list.run(), finish };
    timer = setInterval(redraw, redrawEveryMs);
    timer.unref();
  };

  /** How many lines a running step takes: its title, and its units as far as they are listed. */
  const linesOf = (step: StepView): number => 1 + (step.unitCount > 1 ? Math.min(step.unitCount, listedLines()) : 1);
  const listedLines = () => Math.max(1, Math.min(listedUnits, Math.floor((options.stdout.rows ?? 24) / 2) - 2));

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
    const shown = [...troubled.slice(-3), ...running].slice(0, listedLines() - 1);
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
      live.finish();
      await live.ended;
      live = undefined;
      tasks.clear();
    }
    for (const line of waiting) options.stdout.write(`${line}\n`);
    waiting = [];
    const notStarted: StepView[] = [];
    for (const step of model.view.steps) {
      if (printed.has(step.id) || !(hasEnded(step) || all)) continue;
      printed.add(step.id);
      if (step.status === 'not-started' || step.status === 'planned') {
        notStarted.push(step);
        continue;
      }
      for (const line of endedStepLines(how, step)) options.stdout.write(`${line}\n`);
    }
    if (notStarted.length > 0) for (const line of notStartedLines(how, notStarted)) options.stdout.write(`${line}\n`);
  };

  // Settling is asynchronous and events are not: they queue up behind one another.
  let queue = Promise.resolve();
  let resume = () => {};
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
        if (live && !tasks.has(event.step)) await settle(false);
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
        options.stdout.write(
          `${paint(how.color, 'yellow', text(how.lang, 'run.warning', { message: event.message }))}\n`,
        );
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
    suspend: async () => {
      await later(() => settle(false));
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      resume = release;
      void later(() => held);
    },
    resume: () => {
      resume();
      if (model.view.status === 'running') void later(begin);
    },
    close: () => {
      resume();
      return later(() => settle(false));
    },
  };
}

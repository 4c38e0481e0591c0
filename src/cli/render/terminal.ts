import type { EventSink, RunEvent } from '../../core/events.ts';
import { paint } from '../color.ts';
import { text } from '../texts/texts.ts';
import { batchTable } from './batches.ts';
import { liveFrame } from './live-frame.ts';
import { isEnded, type LiveRow, liveRows, type RowState, rowKey } from './live-rows.ts';
import { hasEnded, RunModel, type StepView } from './model.ts';
import { endedRunLines, endedStepLines, notStartedLines, startedRunLine, type Wording } from './words.ts';

const redrawEveryMs = 100;

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
  shown: LiveRow;
  show(row: LiveRow): void;
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
  let rowsInList = 0;
  const taskStates: Record<RowState, string> = {
    planned: ListrTaskState.WAITING,
    running: ListrTaskState.STARTED,
    'ended-well': ListrTaskState.COMPLETED,
    'ended-badly': ListrTaskState.FAILED,
  };
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
        // Before all tasks have been called, they look as if nothing had begun.
        if (!this.#over && tasks.size >= rowsInList) frame.draw(this.create().split('\n'));
      });
    }
    override end() {
      this.#over = true;
      frame.clear();
      super.end();
    }
  }

  const rowsNow = () => liveRows(how, model, options.stdout, options.nowMs());

  const begin = () => {
    const { rows, more } = rowsNow();
    if (live || rows.length === 0) return;
    rowsInList = rows.length;
    // One promise ends all tasks: also those that listr2 has not called yet.
    let finish = () => {};
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const known = (row: LiveRow) => ({
      title: row.title,
      rendererOptions: { outputBar: 1 },
      task: (_: unknown, wrapper: unknown) => {
        // listr2 starts every task at once here; which of them really runs is the engine's matter.
        const task = (wrapper as { task: { state$: string; title$: string; output$: string } }).task;
        const set = (state: RowState) => {
          task.state$ = taskStates[state];
        };
        set(row.state);
        tasks.set(row.key, {
          shown: row,
          show(next) {
            if (next.state !== this.shown.state) set(next.state);
            if (next.title !== this.shown.title) task.title$ = next.title;
            // A task that has ended has nowhere to put it.
            if (next.state === 'running' && next.output !== this.shown.output) task.output$ = next.output;
            this.shown = next;
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
    const list = new Listr([...rows.map(known), ...(more > 0 ? [rest] : [])], {
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

  const redraw = () => {
    const { rows } = rowsNow();
    // Taken back after it had ended: listr2 does not begin a task again.
    const begunAgain = rows.some(({ key, state }) => state === 'running' && isEnded(tasks.get(key)?.shown.state));
    if (begunAgain) void later(restart);
    else for (const row of rows) tasks.get(row.key)?.show(row);
  };

  const restart = async () => {
    if (!live) return;
    await settle(false);
    begin();
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
        // The table of batches tells it.
        if (!step.batch) notStarted.push(step);
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
        if (!tasks.has(rowKey(model.step(event.step)))) await settle(false);
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
        for (const line of batchTable(how, model.view)) options.stdout.write(`${line}\n`);
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

import { inForeground } from './foreground.ts';
import { type Frame, type FrameTerminal, frameOn } from './frame.ts';
import { linesAbove, type WritableTerminal } from './lines-above.ts';

/** A terminal of this process when it has a descriptor; tests have others. */
export type LiveTerminal = FrameTerminal & WritableTerminal & { fd?: number; isTTY?: boolean };

/** A frame in the terminal that others write to as well, and that can be taken away from this process. */
export interface LiveFrame {
  /** What is to be seen from now on, until `clear`. */
  draw(lines: readonly string[]): void;
  /** Takes the lines away. */
  clear(): void;
}

const showCursor = '\u001b[?25h';
const hideCursor = '\u001b[?25l';

/**
 * As long as something is to be seen: lines that this process writes to stdout and stderr come above it; when the process is
 * suspended or ends, it stands above what comes next, and the cursor is shown; a background job draws nothing.
 */
export function liveFrame(stream: LiveTerminal, options: { hidesCursor?: boolean } = {}): LiveFrame {
  const ours = stream.fd !== undefined;
  let lines: readonly string[] = [];
  let write: (text: string) => unknown = () => {};
  let close: (() => void) | undefined;
  let due = false;
  let hidden = false;
  const terminal: FrameTerminal = {
    get columns() {
      return stream.columns!;
    },
    get rows() {
      return stream.rows!;
    },
    write: (text) => write(text),
  };
  let frame: Frame = frameOn(terminal);
  const hide = (wanted: boolean) => {
    if (options.hidesCursor && wanted !== hidden) write(wanted ? hideCursor : showCursor);
    hidden = wanted;
  };

  const show = () => {
    due = false;
    if (lines.length === 0 || (ours && !inForeground())) return;
    hide(true);
    frame.draw(lines);
  };
  const stand = () => {
    if (!ours || inForeground()) {
      // Whole once more: the terminal has put the ^Z or ^\ that was typed into the first line.
      frame = frameOn(terminal);
      frame.draw(lines);
    }
    frame.leave();
    hide(false);
  };
  const showAnew = () => {
    // The shell has written since, and has its own cursor; the frame begins where that is.
    frame = frameOn(terminal);
    hidden = false;
    show();
  };
  /** The signal does what it does to everybody, but the terminal is given back before. */
  const giveBack = (signal: 'SIGTSTP' | 'SIGQUIT') => {
    stand();
    process.off(signal, giveBack);
    // Not SIGSTOP: where nobody could wake this process up again, the system ignores SIGTSTP. It returns after SIGCONT.
    process.kill(process.pid, signal);
    process.on(signal, giveBack);
    showAnew();
  };

  const open = () => {
    write = stream.write.bind(stream) as typeof write;
    const others = ours ? [process.stdout, process.stderr].filter((other) => other.isTTY) : [];
    const before = () => {
      frame.clear();
      if (due) return;
      due = true;
      queueMicrotask(show);
    };
    const ends = [...new Set<WritableTerminal>([stream, ...others])].map((each) => linesAbove(each, before));
    const leaveForGood = () => {
      stand();
      // The beginning of a line that was kept back: its end does not come any more.
      for (const end of ends) end();
    };
    process.on('exit', leaveForGood).on('SIGTSTP', giveBack).on('SIGQUIT', giveBack).on('SIGCONT', showAnew);
    close = () => {
      process.off('exit', leaveForGood).off('SIGTSTP', giveBack).off('SIGQUIT', giveBack).off('SIGCONT', showAnew);
      for (const end of ends) end();
      close = undefined;
    };
  };

  return {
    draw(next) {
      if (next.length === 0) return this.clear();
      lines = next;
      if (!close) open();
      show();
    },
    clear() {
      lines = [];
      if (!close) return;
      frame.clear();
      hide(false);
      close();
    },
  };
}

import { oneLine } from '../../core/plain-text.ts';
import { type LiveTerminal, liveFrame } from './live-frame.ts';
import { clip } from './width.ts';

/** What is being done, on one line of a terminal; taken off when disposed. */
export interface StatusLine extends Disposable {
  show: (text: string) => void;
}

/** Shows nothing where `on` is false or there is no terminal. */
export function statusLineOn(stream: LiveTerminal, on: boolean): StatusLine {
  const shown = on && stream.isTTY === true;
  const frame = liveFrame(stream);
  return {
    show(text) {
      if (!shown) return;
      if (text === '') frame.clear();
      else frame.draw([clip(oneLine(text), (stream.columns || 80) - 1)]);
    },
    [Symbol.dispose]: () => frame.clear(),
  };
}
